"""What the call of one instrument would come to if it ended now (rule 16): price, size and imbalance.

It counts what the uncross counts: whole sizes of what stands in the book, hidden parts too, and the market orders that
have joined the call. Stops, and what waits for the close, stand nowhere and do not count. Orders are followed in every
phase, because what rests when a call begins is part of it; the price is looked for when somebody asks.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from exchange.vocabulary.bands import static_band
from exchange.vocabulary.clearing import Clearing, Quantities, clear
from exchange.vocabulary.events import (
    RESTS,
    WAITS,
    Event,
    OrderDone,
    OrderEvent,
    OrderReplayed,
    PhaseSet,
    ReferencePriceSet,
    Trade,
)
from exchange.vocabulary.instruments import CALLS, Cause, MatchType, OrderType, Phase, Side
from exchange.vocabulary.rows import InstrumentRow, OrderRow

_BUY, _SELL = int(Side.BUY), int(Side.SELL)
_MARKET: Final = int(OrderType.MARKET)
_NEGOTIATED: Final = int(MatchType.NEGOTIATED)
_ANY_PRICE: Final = 0
"""Where the lots of market orders are counted."""


class _Standing(NamedTuple):
    side: int
    price_ticks: int
    lots: int


class Indicative:
    """One instrument's call, with the times of its freeze and end, zero for none, and why the phase is what it is.

    `changes` counts events that may have moved something, for whoever wants to know whether to ask again.
    """

    def __init__(self, static_band_ppm: int = 0) -> None:
        self.phase: int = int(Phase.CLOSED)
        self.cause: int = int(Cause.NONE)
        self.freezes_at_ns = self.ends_at_ns = self.changes = 0
        self._band_ppm = static_band_ppm
        self._reference_ticks = self._last_ticks = 0
        self._standing: dict[int, _Standing] = {}
        self._lots: dict[int, dict[int, int]] = {_BUY: {}, _SELL: {}}
        self._clearing: Clearing | None = None
        self._clearing_of = 0

    @classmethod
    def from_rows(cls, terms: InstrumentRow, rows: Iterable[OrderRow]) -> "Indicative":
        """From a snapshot's orders of this instrument, done ones among them."""
        made = cls(terms.static_band_ppm)
        made.phase, made.freezes_at_ns, made.ends_at_ns = terms.phase, terms.freezes_at_ns, terms.ends_at_ns
        made.cause = terms.cause
        made._reference_ticks, made._last_ticks = terms.reference_price_ticks, terms.last_price_ticks
        for row in rows:
            if row.place and not row.done_ns:
                price = _ANY_PRICE if row.type == _MARKET else row.price_ticks
                made._put(row.order_id, _Standing(row.side, price, row.leaves_lots))
        made.changes = 1
        return made

    @property
    def reference_ticks(self) -> int:
        """What the static band lies round, zero where nothing is set."""
        return self._reference_ticks

    @property
    def runs(self) -> bool:
        """Whether the instrument is in a call."""
        return self.phase in CALLS

    def clearing(self) -> Clearing | None:
        """None where no call runs, or nothing would trade."""
        if not self.runs:
            return None
        if self._clearing_of != self.changes:
            self._clearing, self._clearing_of = self._clear(), self.changes
        return self._clearing

    def apply(self, event: Event) -> None:
        """Follow one event of this instrument, public or not."""
        if isinstance(event, OrderEvent):
            if isinstance(event, OrderReplayed):
                return
            self._order(event)
        elif isinstance(event, Trade):
            self._trade(event)
        elif isinstance(event, PhaseSet):
            self.phase, self.cause = event.phase, event.reason
            self.freezes_at_ns, self.ends_at_ns = event.freezes_at_ns, event.ends_at_ns
        elif isinstance(event, ReferencePriceSet):
            self._reference_ticks = event.price_ticks
        else:
            return
        self.changes += 1

    def _order(self, event: OrderEvent) -> None:
        """Where the order stands after the event. Of what waits outside the book only a market order that has joined
        the call has a place; the others stand nowhere."""
        price = None
        if event.flags & RESTS:
            price = event.price_ticks
        elif event.flags & WAITS and event.place and event.type == _MARKET:
            price = _ANY_PRICE
        if price is None or isinstance(event, OrderDone):
            self._take(event.order_id)
        else:
            self._put(event.order_id, _Standing(event.side, price, event.leaves_lots))

    def _trade(self, trade: Trade) -> None:
        """In continuous trading the maker stands, in an uncross both do, of a negotiated trade neither."""
        if trade.match_type != _NEGOTIATED:
            self._last_ticks = trade.price_ticks
        left = {trade.maker_order_id: trade.maker_leaves_lots, trade.taker_order_id: trade.taker_leaves_lots}
        for order_id, lots in left.items():
            standing = self._standing.get(order_id)
            if standing is not None:
                self._put(order_id, standing._replace(lots=lots))

    def _put(self, order_id: int, standing: _Standing) -> None:
        self._take(order_id)
        if standing.lots:
            self._standing[order_id] = standing
            lots = self._lots[standing.side]
            lots[standing.price_ticks] = lots.get(standing.price_ticks, 0) + standing.lots

    def _take(self, order_id: int) -> None:
        before = self._standing.pop(order_id, None)
        if before is None:
            return
        lots = self._lots[before.side]
        lots[before.price_ticks] -= before.lots
        if not lots[before.price_ticks]:
            del lots[before.price_ticks]

    def _clear(self) -> Clearing | None:
        return clear(
            self._priced(_BUY),
            self._priced(_SELL),
            self._lots[_BUY].get(_ANY_PRICE, 0),
            self._lots[_SELL].get(_ANY_PRICE, 0),
            static_band(self._reference_ticks, self._band_ppm),
            self._reference_ticks or self._last_ticks,
        )

    def _priced(self, side: int) -> Quantities:
        return Quantities((price, lots) for price, lots in self._lots[side].items() if price != _ANY_PRICE)
