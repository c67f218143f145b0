"""What happened to assets, bases, instruments and trades done before."""

from exchange.vocabulary.codec import EVENTS, I32, I64, NO_DIGEST, U8, U16, U32, U64, Digest, Text16, Text32
from exchange.vocabulary.events.base import Event


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
    reason: U16 = 0
    evidence: Digest = NO_DIGEST


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


@EVENTS.register(27)
class ScheduleAssigned(Event):
    schedule: Digest = NO_DIGEST
    reason: U16 = 0
    evidence: Digest = NO_DIGEST


@EVENTS.register(28)
class PoolDefined(Event):
    """Claims on the pool are the asset of the same id."""

    pool: U64 = 0
    lot_rtu: I64 = 0
    code: Text16 = ""
    listing: Digest = NO_DIGEST
    decision: Digest = NO_DIGEST


@EVENTS.register(80)
class TradeBusted(Event):
    """A trade was reversed whole: claims back to the seller, cash to the buyer, fees to both. A public event of the
    instrument."""

    trade_id: U64 = 0
    product_sequence: U64 = 0
    base: U64 = 0
    quote: U64 = 0
    price_ticks: I64 = 0
    lots: I64 = 0
    notional_minor: I64 = 0
    buyer: U64 = 0
    seller: U64 = 0
    buyer_fee_minor: I64 = 0
    seller_fee_minor: I64 = 0
    traded_ns: I64 = 0
    match_type: U8 = 0
    reason: U16 = 0
    evidence: Digest = NO_DIGEST


@EVENTS.register(81)
class TradeAdjusted(Event):
    """Cash moved between the parties of a trade."""

    trade_id: U64 = 0
    quote: U64 = 0
    payer: U64 = 0
    payee: U64 = 0
    amount: I64 = 0
    reason: U16 = 0
    evidence: Digest = NO_DIGEST
