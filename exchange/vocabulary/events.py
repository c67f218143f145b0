"""What happened. An event's id is (`sequence`, `index`): it carries its command's sequence, time and actor.

Order and trade events carry all that a reader needs without state: sizes left and done, money so far, and the change of
what is held. `product_sequence` counts the public events of one instrument without a gap.
"""

from dataclasses import dataclass

from exchange.vocabulary.codec import (
    EVENTS,
    I32,
    I64,
    NO_DIGEST,
    U8,
    U16,
    U32,
    U64,
    Bytes16,
    Digest,
    Record,
    Text16,
    Text32,
    Text40,
)


class Event(Record):
    """Any event."""

    __slots__ = ()


@EVENTS.register(1)
class CommandRefused(Event):
    """A command changed nothing. `decision` is the entitlement that answered, `subject` the order or transfer meant."""

    reason: U16 = 0
    command_kind: U8 = 0
    decision: U64 = 0
    subject: U64 = 0
    client_order_id: Text40 = ""


@EVENTS.register(2)
class RulesVersionSet(Event):
    rules_version: U32 = 0


@EVENTS.register(3)
class ClockTicked(Event):
    """Answers `clock`."""


@EVENTS.register(10)
class ParticipantRegistered(Event):
    participant: U64 = 0
    owner: U64 = 0
    expires_at_ns: I64 = 0
    profile: Digest = NO_DIGEST


@EVENTS.register(11)
class ParticipantStateSet(Event):
    participant: U64 = 0
    state: U8 = 0
    evidence: Digest = NO_DIGEST


@EVENTS.register(12)
class UserRegistered(Event):
    user: U64 = 0
    participant: U64 = 0
    roles: U8 = 0
    person: Bytes16 = bytes(16)


@EVENTS.register(13)
class KeyRegistered(Event):
    key: U64 = 0
    user: U64 = 0
    participant: U64 = 0
    scopes: U8 = 0
    expires_at_ns: I64 = 0
    fingerprint: Digest = NO_DIGEST


@EVENTS.register(14)
class KeyRevoked(Event):
    key: U64 = 0


@EVENTS.register(15)
class AccountOpened(Event):
    """The header's account is the new one."""

    participant: U64 = 0
    owner: U64 = 0
    max_open_orders: U32 = 0
    max_client_ids: U32 = 0


@EVENTS.register(16)
class AccountBlocked(Event):
    evidence: Digest = NO_DIGEST


@EVENTS.register(17)
class AccountUnblocked(Event):
    evidence: Digest = NO_DIGEST


@EVENTS.register(20)
class AssetDefined(Event):
    """A cash asset; the claims on a base are the asset of the base's own id."""

    asset: U64 = 0
    scale: U8 = 0
    code: Text16 = ""


@EVENTS.register(21)
class BaseDefined(Event):
    """The header's account is the issuer's; claims on the base are the asset of the same id."""

    base: U64 = 0
    lots: U32 = 0
    copies: U32 = 0
    lot_rtu: I64 = 0
    code: Text16 = ""
    listing: Digest = NO_DIGEST
    certificate: Digest = NO_DIGEST
    decision: Digest = NO_DIGEST


@EVENTS.register(22)
class InstrumentDefined(Event):
    """The header's instrument is the new one."""

    base: U64 = 0
    quote: U64 = 0
    tick_minor: I64 = 0
    lot_rtu: I64 = 0
    minor_per_tick_lot: I64 = 0
    max_lots: I64 = 0
    max_notional_minor: I64 = 0
    maker_ppm: U32 = 0
    taker_ppm: U32 = 0
    auction_ppm: U32 = 0
    negotiated_ppm: U32 = 0
    collar_ppm: U32 = 0
    static_band_ppm: U32 = 0
    dynamic_band_ppm: U32 = 0
    max_holders: U32 = 0
    volatility_s: U32 = 0
    modes: U8 = 0
    symbol: Text32 = ""


@EVENTS.register(23)
class PhaseSet(Event):
    """A public event of the instrument."""

    product_sequence: U64 = 0
    phase: U8 = 0
    old_phase: U8 = 0
    trading_day: I32 = 0
    freezes_at_ns: I64 = 0
    ends_at_ns: I64 = 0
    reason: U16 = 0
    evidence: Digest = NO_DIGEST


@EVENTS.register(24)
class ReferencePriceSet(Event):
    """A public event of the instrument."""

    product_sequence: U64 = 0
    price_ticks: I64 = 0


@EVENTS.register(25)
class DecisionRecorded(Event):
    permitted: U8 = 0
    subject: Digest = NO_DIGEST
    decision: Digest = NO_DIGEST


@EVENTS.register(26)
class Uncrossed(Event):
    """A call auction found its price; the trades follow. A public event of the instrument.

    `imbalance_lots` is what stays unmatched at that price, positive on the bid side.
    """

    product_sequence: U64 = 0
    price_ticks: I64 = 0
    lots: I64 = 0
    imbalance_lots: I64 = 0


@dataclass(slots=True, kw_only=True)
class TransferEvent(Event):
    """A deposit or withdrawal of the header's account, as it stands after the event."""

    transfer: U64 = 0
    asset: U64 = 0
    amount: I64 = 0
    withdrawal: U8 = 0
    key: Text40 = ""


@EVENTS.register(30)
class TransferBegun(TransferEvent):
    """A withdrawal's amount is held from here; a deposit changes no balance yet. A repeat has flag `REPLAYED`."""


@EVENTS.register(31)
class TransferConfirmed(TransferEvent):
    """A deposit's amount is added; a withdrawal's held amount leaves."""


@EVENTS.register(32)
class TransferAborted(TransferEvent):
    """A withdrawal's held amount is free again."""


@EVENTS.register(40)
class EntitlementGranted(Event):
    """The entitlement's id is `sequence`; orders that it covers carry that as their `decision`."""

    side: U8 = 0
    purpose: U8 = 0
    min_days: U16 = 0
    position_limit_lots: I64 = 0
    expires_at_ns: I64 = 0
    decision: Digest = NO_DIGEST


@EVENTS.register(41)
class EntitlementEnded(Event):
    """Revoked, or expired where `expired` is 1; the orders it covered end after this event."""

    side: U8 = 0
    expired: U8 = 0
    entitlement: U64 = 0
    decision: Digest = NO_DIGEST


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


@EVENTS.register(60)
class ClaimsIssued(Event):
    """Claims on `base` came into being in the header's account."""

    base: U64 = 0
    claims: I64 = 0


@EVENTS.register(61)
class LotDelivered(Event):
    """One claim of the header's account was burnt and lot number `lot` (from 0) is its participant's to open."""

    base: U64 = 0
    participant: U64 = 0
    lot: U32 = 0
    decision: Digest = NO_DIGEST
    key: Text40 = ""


REPLAYED = 1
"""Header flag of an answer given again: nothing happened now."""
RESTS = 2
"""Header flag of an order event after which the order stands in the book as told."""
WAITS = 4
"""Header flag of an event about an order outside the book that nobody but its owner sees."""
