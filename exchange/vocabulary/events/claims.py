"""What happened to entitlements and claims."""

from exchange.vocabulary.codec import EVENTS, I64, NO_DIGEST, U8, U16, U32, U64, Digest, Text40
from exchange.vocabulary.events.base import Event


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


@EVENTS.register(60)
class ClaimsIssued(Event):
    """Claims on `base` came into being in the header's account."""

    base: U64 = 0
    claims: I64 = 0


@EVENTS.register(61)
class LotDelivered(Event):
    """One claim of the header's account was burnt and lot number `lot` (from 0) is its participant's to open.

    With a `pool`, the claim was one on that.
    """

    base: U64 = 0
    pool: U64 = 0
    participant: U64 = 0
    lot: U32 = 0
    decision: Digest = NO_DIGEST
    key: Text40 = ""


@EVENTS.register(62)
class ClaimsPooled(Event):
    """Claims of the header's account on `base` became claims on `pool`. A repeat has flag `REPLAYED`."""

    base: U64 = 0
    pool: U64 = 0
    claims: I64 = 0
    decision: Digest = NO_DIGEST
    key: Text40 = ""


@EVENTS.register(70)
class BaseWithheld(Event):
    """Nothing of `base` is delivered or pooled from now on, or with `withheld` 0 it is again."""

    base: U64 = 0
    withheld: U8 = 0
    decision: Digest = NO_DIGEST


@EVENTS.register(71)
class ClaimsWithdrawn(Event):
    """Claims of the header's account on `base` were burnt, and nothing is delivered for them. A repeat has flag
    `REPLAYED`."""

    base: U64 = 0
    claims: I64 = 0
    reason: U16 = 0
    evidence: Digest = NO_DIGEST
    key: Text40 = ""
