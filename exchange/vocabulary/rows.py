"""The rows of the state's tables, one class a table, key fields first; `state` writes and reads them."""

from typing import Annotated

from exchange.vocabulary.codec import I32, I64, NO_DIGEST, U8, U16, U32, U64, Bytes16, Bytes64, Digest, Row, table

Code16 = Annotated[bytes, "16s"]
Code32 = Annotated[bytes, "32s"]
Code40 = Annotated[bytes, "40s"]
Bytes256 = Annotated[bytes, "256s"]


@table(1)
class VenueRow(Row):
    """The one row of counters of the whole venue."""

    rules_version: U32 = 1
    last_place: U64 = 0
    killed: U8 = 0
    policies: Digest = NO_DIGEST


@table(2)
class AssetRow(Row):
    """A cash asset, or the claims on a base, which are the asset of the base's id with scale 0; withdrawals above
    `approval_above` need a second user."""

    asset: U64 = 0
    is_claim: U8 = 0
    scale: U8 = 0
    approval_above: I64 = 0
    code: Code16 = b""


@table(3)
class ParticipantRow(Row):
    participant: U64 = 0
    owner: U64 = 0
    state: U8 = 0
    killed: U8 = 0
    expires_at_ns: I64 = 0


@table(4)
class UserRow(Row):
    user: U64 = 0
    participant: U64 = 0
    roles: U8 = 0


@table(5)
class KeyRow(Row):
    key: U64 = 0
    user: U64 = 0
    scopes: U8 = 0
    revoked: U8 = 0
    expires_at_ns: I64 = 0
    fingerprint: Digest = b""


@table(6)
class AccountRow(Row):
    """`blocked` is why, bit by bit: 1 by an operator, 2 with its participant, 4 with the venue."""

    account: U64 = 0
    participant: U64 = 0
    max_open_orders: U32 = 0
    max_client_ids: U32 = 0
    blocked: U8 = 0
    dead_man_ns: I64 = 0


@table(7)
class BalanceRow(Row):
    """`total` includes what is `held`. Account 0 is the venue's, where its fees are."""

    account: U64 = 0
    asset: U64 = 0
    total: I64 = 0
    held: I64 = 0


@table(8)
class BaseRow(Row):
    base: U64 = 0
    issuer: U64 = 0
    lots: U32 = 0
    copies: U32 = 0
    lot_rtu: I64 = 0
    issued: U8 = 0
    is_pool: U8 = 0
    code: Code16 = b""


@table(9)
class DeliveryRow(Row):
    """Lot number `lot` of a base was delivered to a participant, out of `account`, by the command `sequence`."""

    base: U64 = 0
    participant: U64 = 0
    lot: U32 = 0
    account: U64 = 0
    sequence: U64 = 0
    decision: Digest = b""
    key: Code40 = b""
    pool: U64 = 0


@table(10)
class InstrumentRow(Row):
    instrument: U64 = 0
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
    symbol: Code32 = b""
    phase: U8 = 0
    trading_day: I32 = 0
    freezes_at_ns: I64 = 0
    ends_at_ns: I64 = 0
    reference_price_ticks: I64 = 0
    last_price_ticks: I64 = 0
    last_trade_id: U64 = 0
    product_sequence: U64 = 0
    cause: U8 = 0
    killed: U8 = 0
    schedule: Digest = NO_DIGEST


@table(11)
class EntitlementRow(Row):
    account: U64 = 0
    instrument: U64 = 0
    side: U8 = 0
    entitlement: U64 = 0
    purpose: U8 = 0
    min_days: U16 = 0
    position_limit_lots: I64 = 0
    expires_at_ns: I64 = 0
    decision: Digest = b""


@table(12)
class LastDayRow(Row):
    """The last trading day on which a beneficial owner traded this side of an instrument."""

    owner: U64 = 0
    instrument: U64 = 0
    side: U8 = 0
    trading_day: I32 = 0


@table(13)
class TransferRow(Row):
    """`state` is 1 begun, 2 confirmed, 3 aborted."""

    transfer: U64 = 0
    account: U64 = 0
    asset: U64 = 0
    amount: I64 = 0
    withdrawal: U8 = 0
    state: U8 = 0
    key: Code40 = b""


@table(14)
class OrderRow(Row):
    """An order that rests, one that waits outside the book (no `place`), or one that is done and still remembered
    (`done_ns` not zero). `fee_num` is in its two 64-bit halves; the client order ids are the first and the last given.
    """

    order_id: U64 = 0
    account: U64 = 0
    instrument: U64 = 0
    side: U8 = 0
    type: U8 = 0
    tif: U8 = 0
    self_trade: U8 = 0
    post_only: U8 = 0
    done_reason: U8 = 0
    triggered: U8 = 0
    price_ticks: I64 = 0
    lots: I64 = 0
    leaves_lots: I64 = 0
    display_lots: I64 = 0
    hidden_lots: I64 = 0
    stop_price_ticks: I64 = 0
    funds_minor: I64 = 0
    expire_at_ns: I64 = 0
    cum_lots: I64 = 0
    cum_notional_minor: I64 = 0
    fee_num_high: U64 = 0
    fee_num_low: U64 = 0
    fee_minor: I64 = 0
    hold: I64 = 0
    maker_ppm: U32 = 0
    taker_ppm: U32 = 0
    place: U64 = 0
    decision: U64 = 0
    created_ns: I64 = 0
    done_ns: I64 = 0
    client_order_id: Code40 = b""
    last_client_order_id: Code40 = b""
    fingerprint: Bytes16 = b""


@table(15)
class OrderOptionsRow(Row):
    """What an order has besides, as in `OrderOptions`; `exit` is the order that closes the
    `closed_lots` that a bracket's entry has filled."""

    order_id: U64 = 0
    entry: U64 = 0
    exit: U64 = 0
    closed_lots: I64 = 0
    peg: U8 = 0
    offset_ticks: I64 = 0
    cap_ticks: I64 = 0
    trail_ticks: I64 = 0
    mark_ticks: I64 = 0
    exit_price_ticks: I64 = 0
    exit_stop_ticks: I64 = 0


@table(16)
class OfferRow(Row):
    """To whom an open offer goes, as in `MakeOffer`; the rest of it is its `OrderRow`."""

    offer: U64 = 0
    part: U8 = 0
    to: Bytes64 = b""


@table(17)
class GuardRow(Row):
    guard: U64 = 0
    account: U64 = 0


@table(18)
class TradeRow(Row):
    """A trade that may still be busted or adjusted."""

    instrument: U64 = 0
    trade_id: U64 = 0
    timestamp_ns: I64 = 0
    buyer: U64 = 0
    seller: U64 = 0
    price_ticks: I64 = 0
    lots: I64 = 0
    notional_minor: I64 = 0
    buyer_fee_minor: I64 = 0
    seller_fee_minor: I64 = 0
    match_type: U8 = 0
    busted: U8 = 0


@table(19)
class ProposalRow(Row):
    """The encoded command that waits, and the user who made it."""

    proposal: U64 = 0
    user: U64 = 0
    command: Bytes256 = b""


@table(20)
class PooledRow(Row):
    """Claims on a base that were pooled and not yet delivered; `position` numbers a pool's bases as they came."""

    pool: U64 = 0
    position: U32 = 0
    base: U64 = 0
    claims: I64 = 0


@table(21)
class PoolingRow(Row):
    """Claims on a base turned into claims on a pool by the command of this sequence; kept for its key."""

    pooling: U64 = 0
    account: U64 = 0
    base: U64 = 0
    pool: U64 = 0
    claims: I64 = 0
    decision: Digest = b""
    key: Code40 = b""
