"""What is traded, and when: assets, bases, pools, instruments, phases, schedules; corrections of trades."""

from exchange.vocabulary.codec import COMMANDS, I32, I64, NO_DIGEST, U8, U16, U32, U64, Digest, Text16, Text32
from exchange.vocabulary.commands.base import Command


@COMMANDS.register(20)
class DefineAsset(Command):
    """Define a cash asset: `code` as CNY, `scale` its decimal places."""

    code: Text16 = ""
    scale: U8 = 2


@COMMANDS.register(21)
class DefineBase(Command):
    """Define a base: one dataset edition under one licence, to be issued once to the header's account.

    `lots` lots of `lot_rtu` RTU each, in `copies` copies; the digests name the Croissant listing, the certificate and
    the gate's `list` decision.
    """

    lots: U32 = 0
    copies: U32 = 1
    lot_rtu: I64 = 0
    code: Text16 = ""
    listing: Digest = NO_DIGEST
    certificate: Digest = NO_DIGEST
    decision: Digest = NO_DIGEST


@COMMANDS.register(22)
class DefineInstrument(Command):
    """Define an instrument trading claims on `base` in cash asset `quote`, in phase `closed`.

    Fees in ppm of notional; `max_holders` zero means no cap; `modes` are `Mode` bits; a band of zero ppm is no band; a
    volatility auction lasts `volatility_s` seconds.
    """

    base: U64 = 0
    quote: U64 = 0
    tick_minor: I64 = 0
    lot_rtu: I64 = 0
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
    volatility_s: U32 = 300
    modes: U8 = 0
    symbol: Text32 = ""


@COMMANDS.register(23)
class SetPhase(Command):
    """Move the header's instrument to `phase`; `trading_day` counts days since 1970-01-01 on the venue's calendar.

    A new instrument is `closed`. A call may be told when its orders freeze and when it ends by itself; zero is never.
    `reason` is a `Cause`.
    """

    phase: U8 = 0
    trading_day: I32 = 0
    freezes_at_ns: I64 = 0
    ends_at_ns: I64 = 0
    reason: U16 = 0
    evidence: Digest = NO_DIGEST


@COMMANDS.register(24)
class SetReferencePrice(Command):
    price_ticks: I64 = 0
    reason: U16 = 0
    evidence: Digest = NO_DIGEST


@COMMANDS.register(25)
class RecordDecision(Command):
    """Put a gate decision that compiles to no other command into the journal: a listing refused or admitted.

    `subject` is the digest of the listing decided on; `permitted` is 0 or 1.
    """

    permitted: U8 = 0
    subject: Digest = NO_DIGEST
    decision: Digest = NO_DIGEST


@COMMANDS.register(26)
class AssignSchedule(Command):
    """The header's instrument follows the trading day that the document of this digest describes; none, no schedule."""

    schedule: Digest = NO_DIGEST
    reason: U16 = 0
    evidence: Digest = NO_DIGEST


@COMMANDS.register(27)
class DefinePool(Command):
    """Define a pool: claims on any lot of `lot_rtu` RTU certified to the class that document `listing` describes."""

    lot_rtu: I64 = 0
    code: Text16 = ""
    listing: Digest = NO_DIGEST
    decision: Digest = NO_DIGEST


@COMMANDS.register(28)
class BustTrade(Command):
    """Reverse a whole trade of the header's instrument, fees included, out of what both sides have free. A proposal,
    unless the venue itself asks."""

    trade_id: U64 = 0
    reason: U16 = 0
    evidence: Digest = NO_DIGEST


@COMMANDS.register(29)
class AdjustTrade(Command):
    """Move cash from one party of a trade to the other, `payer` to `payee`. A proposal, as `BustTrade`."""

    trade_id: U64 = 0
    payer: U64 = 0
    payee: U64 = 0
    amount: I64 = 0
    reason: U16 = 0
    evidence: Digest = NO_DIGEST
