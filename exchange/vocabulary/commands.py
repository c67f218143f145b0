"""What may be asked of the machine. A class is a record kind; its docstring says what it does when accepted.

The header's `account` and `instrument` say whose order and which book; `actor` is the user or key that asks, `VENUE`
(0) the exchange itself. The id of what a command creates is the command's `sequence`.
"""

from exchange.vocabulary.codec import (
    COMMANDS,
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


class Command(Record):
    """Any command."""

    __slots__ = ()


@COMMANDS.register(1)
class SetRulesVersion(Command):
    """Rules change here and nowhere else; a version this code does not know is refused."""

    rules_version: U32 = 1


@COMMANDS.register(2)
class Clock(Command):
    """Nothing but time passing, so that timers need no traffic."""


@COMMANDS.register(10)
class RegisterParticipant(Command):
    """Create a participant in state `applied`; `owner` is its beneficial owner's participant, itself when zero.

    `profile` is the digest of the document with its facts (name, evidence); `expires_at_ns` ends the verification.
    """

    owner: U64 = 0
    expires_at_ns: I64 = 0
    profile: Digest = NO_DIGEST


@COMMANDS.register(11)
class SetParticipantState(Command):
    """Move a participant to a `ParticipantState`, on the evidence of a document."""

    participant: U64 = 0
    state: U8 = 0
    evidence: Digest = NO_DIGEST


@COMMANDS.register(12)
class RegisterUser(Command):
    """Create a user of a participant with `Role` bits; `person` is an opaque id into the erasable store."""

    participant: U64 = 0
    roles: U8 = 0
    person: Bytes16 = bytes(16)


@COMMANDS.register(13)
class RegisterKey(Command):
    """Create an API key of a user with `Scope` bits; `fingerprint` is the digest of its public id."""

    user: U64 = 0
    scopes: U8 = 0
    expires_at_ns: I64 = 0
    fingerprint: Digest = NO_DIGEST


@COMMANDS.register(14)
class RevokeKey(Command):
    key: U64 = 0


@COMMANDS.register(15)
class OpenAccount(Command):
    """Open an account of a participant, with its limits on orders that rest and on client order ids remembered."""

    participant: U64 = 0
    max_open_orders: U32 = 10_000
    max_client_ids: U32 = 1_000_000


@COMMANDS.register(16)
class BlockAccount(Command):
    """Refuse the account's new orders and cancel its resting ones."""

    evidence: Digest = NO_DIGEST


@COMMANDS.register(17)
class UnblockAccount(Command):
    evidence: Digest = NO_DIGEST


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
    `reason` is a `HaltReason`.
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


@COMMANDS.register(25)
class RecordDecision(Command):
    """Put a gate decision that compiles to no other command into the journal: a listing refused or admitted.

    `subject` is the digest of the listing decided on; `permitted` is 0 or 1.
    """

    permitted: U8 = 0
    subject: Digest = NO_DIGEST
    decision: Digest = NO_DIGEST


@COMMANDS.register(30)
class BeginDeposit(Command):
    """Announce cash coming in for the header's account; credited when confirmed. `key` makes a repeat harmless."""

    asset: U64 = 0
    amount: I64 = 0
    key: Text40 = ""


@COMMANDS.register(31)
class BeginWithdrawal(Command):
    """Hold cash to leave the header's account; debited when confirmed, released when aborted."""

    asset: U64 = 0
    amount: I64 = 0
    key: Text40 = ""


@COMMANDS.register(32)
class ConfirmTransfer(Command):
    transfer: U64 = 0


@COMMANDS.register(33)
class AbortTransfer(Command):
    transfer: U64 = 0


@COMMANDS.register(40)
class GrantEntitlement(Command):
    """The gate's verdict: the header's account may trade this side of the instrument, for a purpose, within limits.

    `position_limit_lots` bounds held + open + delivered; `min_days` is the least number of trading days between
    opposite trades. A new grant replaces the one before and keeps its counters.
    """

    side: U8 = 0
    purpose: U8 = 0
    min_days: U16 = 0
    position_limit_lots: I64 = 0
    expires_at_ns: I64 = 0
    decision: Digest = NO_DIGEST


@COMMANDS.register(41)
class RevokeEntitlement(Command):
    """Take an entitlement back and cancel the resting orders that it covered."""

    side: U8 = 0
    decision: Digest = NO_DIGEST


@COMMANDS.register(50)
class PlaceOrder(Command):
    """Place an order; header flags are `OrderFlag`s, the fields' values stand in `instruments`.

    `client_order_id` is 1-40 printable ASCII characters or empty; `fingerprint` is of the request's content, so that a
    repeat of the same request gets the first answer. Fields that an order does not use are zero.
    """

    side: U8 = 0
    type: U8 = 0
    tif: U8 = 0
    self_trade: U8 = 0
    price_ticks: I64 = 0
    lots: I64 = 0
    display_lots: I64 = 0
    min_lots: I64 = 0
    stop_price_ticks: I64 = 0
    funds_minor: I64 = 0
    expire_at_ns: I64 = 0
    client_order_id: Text40 = ""
    fingerprint: Bytes16 = bytes(16)


@COMMANDS.register(51)
class CancelOrder(Command):
    """Cancel by order id, or where that is zero by the account's client order id; no instrument is needed."""

    order_id: U64 = 0
    client_order_id: Text40 = ""


@COMMANDS.register(52)
class AmendOrder(Command):
    """Change an order, found as by `CancelOrder`: its price, total size, shown size, expiry or stop price; zero leaves
    a value as it is."""

    order_id: U64 = 0
    price_ticks: I64 = 0
    lots: I64 = 0
    display_lots: I64 = 0
    stop_price_ticks: I64 = 0
    expire_at_ns: I64 = 0
    client_order_id: Text40 = ""
    new_client_order_id: Text40 = ""


@COMMANDS.register(53)
class MassCancel(Command):
    """Cancel all orders of the header's account and instrument and of `side`; zero in any of them means every one."""

    side: U8 = 0


@COMMANDS.register(60)
class Issue(Command):
    """Mint lots x copies claims on `base` to its issuer's account, once."""

    base: U64 = 0


@COMMANDS.register(61)
class TakeDelivery(Command):
    """Burn `lots` free claims on `base` of the header's account and assign that many lots its participant lacks.

    `decision` is the digest of the gate's `deliver` decision; `key` makes a repeat harmless.
    """

    base: U64 = 0
    lots: U32 = 0
    decision: Digest = NO_DIGEST
    key: Text40 = ""
