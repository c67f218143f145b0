"""Entitlements, and claims from issue to delivery."""

from exchange.vocabulary.codec import COMMANDS, I64, NO_DIGEST, U8, U16, U32, U64, Digest, Text40
from exchange.vocabulary.commands.base import Command


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


@COMMANDS.register(62)
class PoolClaims(Command):
    """Turn `lots` free claims on `base` of the header's account into claims on `pool`.

    `decision` is the digest of the gate's decision that the base belongs to the pool's class; `key` makes a repeat
    harmless.
    """

    base: U64 = 0
    pool: U64 = 0
    lots: U32 = 0
    decision: Digest = NO_DIGEST
    key: Text40 = ""


@COMMANDS.register(63)
class WithholdBase(Command):
    """Stop the delivery of `base` and the pooling of claims on it, or with `withheld` 0 let them go on.

    `decision` is the digest of what says why.
    """

    base: U64 = 0
    withheld: U8 = 0
    decision: Digest = NO_DIGEST


@COMMANDS.register(64)
class WithdrawClaims(Command):
    """Burn `lots` free claims on `base` of the header's account, for which nothing is delivered.

    An issuer withdraws its own; an operator anyone's, as a proposal. `key` makes a repeat harmless.
    """

    base: U64 = 0
    lots: U32 = 0
    reason: U16 = 0
    evidence: Digest = NO_DIGEST
    key: Text40 = ""
