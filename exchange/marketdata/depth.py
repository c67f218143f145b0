"""The public book of one instrument, rebuilt from its events: price levels, and the orders within them.

Nothing here is asked of the engine. A book starts from the rows of a snapshot and follows the public events, whose
`product_sequence` must run without a gap; that it does is an assertion, because a hole here is a bug and never a
condition to live with.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple
from zlib import crc32

from sortedcontainers import SortedDict

from exchange.vocabulary.events import (
    RESTS,
    WAITS,
    Event,
    OrderEvent,
    OrderReplayed,
    PhaseSet,
    ReferencePriceSet,
    Trade,
    TradeBusted,
    Uncrossed,
)
from exchange.vocabulary.instruments import MatchType, OrderType, Side
from exchange.vocabulary.rows import OrderRow
from exchange.vocabulary.wire import Scales

_BUY: Final = int(Side.BUY)
_NEGOTIATED: Final = int(MatchType.NEGOTIATED)
_MARKET: Final = int(OrderType.MARKET)
_PUBLIC: Final = (Trade, OrderEvent, PhaseSet, ReferencePriceSet, Uncrossed, TradeBusted)
CHECKSUM_LEVELS: Final = 10


class Quote(NamedTuple):
    """One price level as everyone may see it."""

    price_ticks: int
    lots: int
    orders: int


class PublicOrder(NamedTuple):
    """One resting order without its owner. Its public id is its place, which a new slice or a new price changes."""

    public_id: int
    price_ticks: int
    lots: int


@dataclass(slots=True)
class _Level:
    lots: int = 0
    places: dict[int, int] = field(default_factory=dict)
    """Lots by place, in the order in which they trade."""


class Change(NamedTuple):
    """A level as it stands after an event; no lots means that the level is gone."""

    side: int
    price_ticks: int
    lots: int


class DepthSide:
    """Levels of one side; iterating goes from the best price to the worst."""

    def __init__(self, side: int) -> None:
        self.side = side
        self._levels: SortedDict[int, _Level] = SortedDict()
        self._sign = -1 if side == _BUY else 1

    def __len__(self) -> int:
        return len(self._levels)

    def set(self, price_ticks: int, place: int, lots: int) -> None:
        """What stands at `place` is `lots` from now on; zero takes it away."""
        key = self._sign * price_ticks
        level = self._levels.get(key)
        if level is None:
            level = self._levels[key] = _Level()
        level.lots += lots - level.places.get(place, 0)
        if lots:
            level.places[place] = lots
        else:
            del level.places[place]
        if not level.places:
            assert level.lots == 0, "a level without orders holds lots"
            del self._levels[key]

    def lots(self, price_ticks: int) -> int:
        level = self._levels.get(self._sign * price_ticks)
        return level.lots if level else 0

    def quotes(self, count: int | None = None) -> Iterator[Quote]:
        """The best `count` levels, or all."""
        for key in self._levels.islice(0, count):
            level = self._levels[key]
            yield Quote(self._sign * key, level.lots, len(level.places))

    def orders(self) -> Iterator[PublicOrder]:
        for key, level in self._levels.items():
            for place, lots in level.places.items():
                yield PublicOrder(place, self._sign * key, lots)


class Resting(NamedTuple):
    """What everyone sees of a resting order: side, price, place, which is its public id, and the lots it shows."""

    side: int
    price_ticks: int
    place: int
    lots: int


class Depth:
    """The book of one instrument. `sequence` is the product sequence of the last event seen."""

    def __init__(self, sequence: int = 0) -> None:
        self.sequence = sequence
        self.time_ns = 0
        self.bids = DepthSide(_BUY)
        self.asks = DepthSide(int(Side.SELL))
        self._resting: dict[int, Resting] = {}

    @classmethod
    def from_rows(cls, sequence: int, rows: Iterable[OrderRow]) -> "Depth":
        """From a snapshot's orders of this instrument, done ones among them."""
        depth = cls(sequence)
        resting = (row for row in rows if row.done_ns == 0 and row.place and row.type != _MARKET)
        for row in sorted(resting, key=lambda row: row.place):
            depth._put(row.order_id, row.side, row.price_ticks, row.place, row.leaves_lots - row.hidden_lots)
        return depth

    def side(self, side: int) -> DepthSide:
        return self.bids if side == _BUY else self.asks

    def apply(self, event: Event) -> list[Change]:
        """Follow one event of this instrument; returns the levels that it changed, as they stand after it."""
        if isinstance(event, OrderReplayed) or not isinstance(event, _PUBLIC):
            return []
        if isinstance(event, OrderEvent) and event.flags & WAITS:
            return []
        assert event.product_sequence == self.sequence + 1, (
            f"product sequence {event.product_sequence} follows {self.sequence}"
        )
        self.sequence, self.time_ns = event.product_sequence, event.timestamp_ns
        if isinstance(event, Trade):
            return self._trade(event)
        return self._order(event) if isinstance(event, OrderEvent) else []

    def resting(self, order_id: int) -> Resting | None:
        """How a resting order shows; None where it does not rest."""
        return self._resting.get(order_id)

    def checksum(self, scales: Scales) -> int:
        def smallest_units(side: DepthSide) -> list[tuple[int, int]]:
            quotes = side.quotes(CHECKSUM_LEVELS)
            return [(quote.price_ticks * scales.tick_minor, quote.lots * scales.lot_rtu) for quote in quotes]

        return checksum(smallest_units(self.asks), smallest_units(self.bids))

    def _trade(self, trade: Trade) -> list[Change]:
        """In continuous trading the maker shows less; in an uncross both sides may have stood in the book."""
        if trade.match_type == _NEGOTIATED:
            return []
        orders = (trade.maker_order_id, trade.taker_order_id)
        return [change for order_id in orders for change in self._less(order_id, trade.lots)]

    def _less(self, order_id: int, lots: int) -> Iterator[Change]:
        """An order that shows at all shows so much less. What an iceberg shows next comes with an event of its own."""
        resting = self._resting.pop(order_id, None)
        if resting is None:
            return
        left = max(0, resting.lots - lots)
        side = self.side(resting.side)
        side.set(resting.price_ticks, resting.place, left)
        if left:
            self._resting[order_id] = resting._replace(lots=left)
        yield Change(resting.side, resting.price_ticks, side.lots(resting.price_ticks))

    def _order(self, event: OrderEvent) -> list[Change]:
        """Take what stood before out of the book and put what stands now into it."""
        touched: dict[int, None] = {}
        stays = bool(event.flags & RESTS)
        before = self._resting.pop(event.order_id, None)
        if before is not None:
            if not (stays and before.place == event.place and before.price_ticks == event.price_ticks):
                self.side(before.side).set(before.price_ticks, before.place, 0)
            touched[before.price_ticks] = None
        if stays:
            self._put(event.order_id, event.side, event.price_ticks, event.place, event.leaves_lots - event.hidden_lots)
            touched[event.price_ticks] = None
        side = self.side(event.side)
        return [Change(event.side, price, side.lots(price)) for price in touched]

    def _put(self, order_id: int, side: int, price_ticks: int, place: int, lots: int) -> None:
        self._resting[order_id] = Resting(side, price_ticks, place, lots)
        self.side(side).set(price_ticks, place, lots)


def checksum(asks: Iterable[tuple[int, int]], bids: Iterable[tuple[int, int]]) -> int:
    """CRC32 of the top ten asks low to high, then bids high to low, each (price, size) in its smallest units.

    As integers they are the decimals without point and leading zeros, which is what is summed.
    """
    text = "".join(f"{price}{size}" for levels in (asks, bids) for price, size in levels)
    return crc32(text.encode())
