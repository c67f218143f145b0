"""What happened to orders and offers, and trades."""

from dataclasses import dataclass

from exchange.vocabulary.codec import EVENTS, I64, U8, U16, U64, Bytes64, Text40
from exchange.vocabulary.events.base import Event


@dataclass(slots=True, kw_only=True)
class OrderEvent(Event):
    """An order as it stands after the event; header account and instrument are the order's.

    `cum_*` count what traded so far and `fee_minor` what that cost; `hold` is what remains held for the order (minor
    units of the quote asset for a buy, lots for a sell) and `hold_change` this event's part of it. `old_price_ticks`
    and `old_leaves_lots` are what stood in the book before, zero where nothing did. Of `leaves_lots`, all but
    `hidden_lots` show. An event about an order that waits unseen has flag `WAITS` and no `product_sequence`.
    """

    order_id: U64 = 0
    product_sequence: U64 = 0
    place: U64 = 0
    decision: U64 = 0
    price_ticks: I64 = 0
    lots: I64 = 0
    leaves_lots: I64 = 0
    cum_lots: I64 = 0
    cum_notional_minor: I64 = 0
    fee_minor: I64 = 0
    hold: I64 = 0
    hold_change: I64 = 0
    old_price_ticks: I64 = 0
    old_leaves_lots: I64 = 0
    created_ns: I64 = 0
    display_lots: I64 = 0
    hidden_lots: I64 = 0
    stop_price_ticks: I64 = 0
    expire_at_ns: I64 = 0
    funds_minor: I64 = 0
    reason: U16 = 0
    side: U8 = 0
    type: U8 = 0
    tif: U8 = 0
    self_trade: U8 = 0
    post_only: U8 = 0
    client_order_id: Text40 = ""


@EVENTS.register(50)
class OrderAccepted(OrderEvent):
    """A new order. With flag `RESTS` it stands in the book untraded; else trades follow, then `rested` or `done`."""


@EVENTS.register(51)
class OrderRested(OrderEvent):
    """The remainder of an order that took, or of an amended one, joins the book."""


@EVENTS.register(52)
class OrderDone(OrderEvent):
    """An order ended otherwise than by its last fill, `reason` a `DoneReason`; its `leaves_lots` left the book."""


@EVENTS.register(53)
class OrderAmended(OrderEvent):
    """Price or size changed. With flag `RESTS` it stands in the book as told; without, it left and `rested` or trades
    follow. `reason` is `SELF_TRADE` where self-trade prevention shrank it."""


@EVENTS.register(54)
class OrderReplayed(OrderEvent):
    """The answer to a repeated request: the order it made, as it stands now. Changes nothing."""


@EVENTS.register(57)
class OrderRefreshed(OrderEvent):
    """The shown part of an iceberg was used up, and the next slice joined the back of its level."""


@EVENTS.register(58)
class OrderTriggered(OrderEvent):
    """A stop's price was reached, and it enters: trades, `rested` or `done` follow."""


@EVENTS.register(55)
class MassCanceled(Event):
    """Ends a mass cancel: how many orders the events before it ended."""

    canceled: U64 = 0


@EVENTS.register(56)
class Trade(Event):
    """One fill, settled. The header's account is the taker's; `taker_side` is its side.

    The buyer pays `notional_minor` plus its fee, the seller receives it less its fee, `lots` claims move. A maker with
    nothing left is done by this event; so is a taker.
    """

    trade_id: U64 = 0
    product_sequence: U64 = 0
    base: U64 = 0
    quote: U64 = 0
    price_ticks: I64 = 0
    lots: I64 = 0
    notional_minor: I64 = 0
    maker_account: U64 = 0
    maker_order_id: U64 = 0
    taker_order_id: U64 = 0
    maker_leaves_lots: I64 = 0
    taker_leaves_lots: I64 = 0
    maker_fee_minor: I64 = 0
    taker_fee_minor: I64 = 0
    maker_hold_change: I64 = 0
    taker_hold_change: I64 = 0
    maker_cum_notional_minor: I64 = 0
    taker_cum_notional_minor: I64 = 0
    maker_cum_fee_minor: I64 = 0
    taker_cum_fee_minor: I64 = 0
    maker_decision: U64 = 0
    taker_decision: U64 = 0
    taker_side: U8 = 0
    match_type: U8 = 0


@EVENTS.register(59)
class OrderOptions(Event):
    """What a trailing, pegged or bracket order has besides; follows its `accepted`, and that of a bracket's exit.

    `entry` is the bracket's order whose fills an exit closes; `mark_ticks` is the best price that a trailing stop has
    seen.
    """

    order_id: U64 = 0
    entry: U64 = 0
    peg: U8 = 0
    offset_ticks: I64 = 0
    cap_ticks: I64 = 0
    trail_ticks: I64 = 0
    mark_ticks: I64 = 0
    exit_price_ticks: I64 = 0
    exit_stop_ticks: I64 = 0


@EVENTS.register(63)
class DeadManSet(Event):
    fires_at_ns: I64 = 0


@EVENTS.register(64)
class DeadManFired(Event):
    """The account was not heard of in time: the events before it ended so many orders."""

    canceled: U64 = 0


@EVENTS.register(65)
class DisconnectArmed(Event):
    guard: U64 = 0


@EVENTS.register(66)
class DisconnectDisarmed(Event):
    guard: U64 = 0


@EVENTS.register(67)
class Disconnected(Event):
    """A guarded connection broke: the events before it ended so many orders."""

    guard: U64 = 0
    canceled: U64 = 0


@EVENTS.register(68)
class OrderChecked(Event):
    """The answer to a dry run: the order would be accepted, with this limit and hold, and trade so much at once."""

    price_ticks: I64 = 0
    lots: I64 = 0
    trades_lots: I64 = 0
    hold: I64 = 0
    side: U8 = 0
    type: U8 = 0
    tif: U8 = 0
    client_order_id: Text40 = ""


@EVENTS.register(69)
class OfferTerms(Event):
    """To whom an offer goes, as in `MakeOffer`; follows its `accepted`. After its `replayed` it has flag `REPLAYED`."""

    offer: U64 = 0
    part: U8 = 0
    to: Bytes64 = bytes(64)
