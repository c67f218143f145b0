"""Events, packed as they happen; a trade is remembered with the event that tells it.

Orders and trades are written field by field from the live objects: building a record object for each would cost more
than matching does. Everything rarer goes through `event` with a record of `exchange.vocabulary.events`.
"""

import struct
from collections.abc import Iterator

from exchange.matching.order_book import BUY, Order
from exchange.vocabulary import events
from exchange.vocabulary.codec import EVENT_BYTES, VERSION
from exchange.vocabulary.instruments import MatchType
from exchange.vocabulary.rows import TradeRow

_PACK_ORDER = events.OrderAccepted.STRUCT.pack
_PACK_TRADE = events.Trade.STRUCT.pack
_PACK_TRADE_ROW = TradeRow.STRUCT.pack
_PACK_REFUSED = events.CommandRefused.STRUCT.pack

ACCEPTED = events.OrderAccepted.KIND
RESTED = events.OrderRested.KIND
DONE = events.OrderDone.KIND
AMENDED = events.OrderAmended.KIND
REFRESHED = events.OrderRefreshed.KIND
TRIGGERED = events.OrderTriggered.KIND
_WAITS = events.WAITS
_INSTRUMENT = struct.Struct("<Q").unpack_from
_AT = next(field.offset for field in events.ClockTicked.FIELDS if field.name == "instrument")
REPLAYED_ORDER = events.OrderReplayed.KIND
_TRADE = events.Trade.KIND
_REFUSED = events.CommandRefused.KIND
_NEGOTIATED = int(MatchType.NEGOTIATED)


class EventWriter:
    """The events of one batch; `begin` sets the command whose header they carry."""

    def __init__(self) -> None:
        self.out = bytearray()
        self.sequence = 0
        self.timestamp_ns = 0
        self.actor = 0
        self.index = 0
        self.start = 0

    def begin(self, sequence: int, timestamp_ns: int, actor: int) -> None:
        self.sequence = sequence
        self.timestamp_ns = timestamp_ns
        self.actor = actor
        self.index = 0
        self.start = len(self.out)

    def touched(self) -> Iterator[int]:
        """Instruments of the command's events so far, in the order in which they come."""
        seen = {_INSTRUMENT(self.out, at + _AT)[0]: None for at in range(self.start, len(self.out), EVENT_BYTES)}
        yield from seen

    def take(self) -> bytes:
        written = bytes(self.out)
        self.out = bytearray()
        return written

    def event(self, record: events.Event) -> None:
        record.sequence = self.sequence
        record.timestamp_ns = self.timestamp_ns
        record.actor = self.actor
        record.index = self.index
        self.index += 1
        self.out += record.encode()

    def refused(
        self,
        reason: int,
        command_kind: int,
        account: int = 0,
        instrument: int = 0,
        decision: int = 0,
        subject: int = 0,
        client_order_id: bytes = b"",
        asset: int = 0,
        lacking: int = 0,
    ) -> None:
        """A command changed nothing; `client_order_id` must be printable ASCII or empty."""
        index = self.index
        self.index = index + 1
        self.out += _PACK_REFUSED(
            self.sequence,
            self.timestamp_ns,
            _REFUSED,
            VERSION,
            0,
            index,
            self.actor,
            account,
            instrument,
            reason,
            command_kind,
            decision,
            subject,
            asset,
            lacking,
            client_order_id,
        )

    def order(
        self,
        kind: int,
        order: Order,
        hold_change: int,
        old_price_ticks: int = 0,
        old_leaves_lots: int = 0,
        flags: int = 0,
        reason: int = 0,
    ) -> None:
        """An event of an order as it stands now, and the next public event of its instrument unless it is a replay or
        about an order that waits unseen."""
        terms = order.book.terms
        if kind == REPLAYED_ORDER or flags & _WAITS:
            product_sequence = 0
        else:
            product_sequence = terms.product_sequence = terms.product_sequence + 1
        index = self.index
        self.index = index + 1
        self.out += _PACK_ORDER(
            self.sequence,
            self.timestamp_ns,
            kind,
            VERSION,
            flags,
            index,
            self.actor,
            order.account.account,
            terms.instrument,
            order.order_id,
            product_sequence,
            order.place,
            order.decision,
            order.price_ticks,
            order.lots,
            order.leaves_lots,
            order.cum_lots,
            order.cum_notional_minor,
            order.fee_minor,
            order.hold,
            hold_change,
            old_price_ticks,
            old_leaves_lots,
            order.created_ns,
            order.display_lots,
            order.hidden_lots,
            order.stop_price_ticks,
            order.expire_at_ns,
            order.funds_minor,
            reason,
            order.side,
            order.type,
            order.tif,
            order.self_trade,
            order.post_only,
            order.last_client_order_id,
        )

    def trade(
        self,
        maker: Order,
        taker: Order,
        price_ticks: int,
        lots: int,
        notional_minor: int,
        fees_minor: tuple[int, int],
        hold_changes: tuple[int, int],
        match_type: int,
    ) -> None:
        """A settled fill; fees and hold changes are (maker's, taker's).

        It is remembered as a row packed at once, because hardly any trade is ever corrected. A negotiated price is no
        last price.
        """
        terms = maker.book.terms
        instrument, trade_id, now = terms.instrument, terms.last_trade_id + 1, self.timestamp_ns
        terms.product_sequence += 1
        terms.last_trade_id = trade_id
        if match_type != _NEGOTIATED:
            terms.last_price_ticks = price_ticks
        made, took = maker.account.account, taker.account.account
        maker_fee, taker_fee = fees_minor
        if taker.side == BUY:
            row = _PACK_TRADE_ROW(
                instrument, trade_id, now, took, made, price_ticks, lots, notional_minor, taker_fee, maker_fee,
                match_type, 0,
            )  # fmt: skip
        else:
            row = _PACK_TRADE_ROW(
                instrument, trade_id, now, made, took, price_ticks, lots, notional_minor, maker_fee, taker_fee,
                match_type, 0,
            )  # fmt: skip
        maker.book.trades.append(row)
        index = self.index
        self.index = index + 1
        self.out += _PACK_TRADE(
            self.sequence, now, _TRADE, VERSION, 0, index, self.actor, took, instrument, trade_id,
            terms.product_sequence, terms.base, terms.quote, price_ticks, lots, notional_minor, made, maker.order_id,
            taker.order_id, maker.leaves_lots, taker.leaves_lots, maker_fee, taker_fee, hold_changes[0],
            hold_changes[1], maker.cum_notional_minor, taker.cum_notional_minor, maker.fee_minor, taker.fee_minor,
            maker.decision, taker.decision, taker.side, match_type,
        )  # fmt: skip
