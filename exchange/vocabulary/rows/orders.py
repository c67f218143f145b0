"""Rows of instruments, orders and trades."""

from exchange.vocabulary.codec import I32, I64, NO_DIGEST, U8, U32, U64, Bytes16, Bytes64, Digest, Row, table
from exchange.vocabulary.rows.widths import Code32, Code40


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
