"""The venue as a whole: its rules, its policies, the passing of time, and what waits for a second user."""

from exchange.vocabulary.codec import COMMANDS, I64, NO_DIGEST, U16, U32, U64, Digest
from exchange.vocabulary.commands.base import Command


@COMMANDS.register(1)
class SetRulesVersion(Command):
    """Rules change here and nowhere else; a version this code does not know is refused."""

    rules_version: U32 = 1
    reason: U16 = 0
    evidence: Digest = NO_DIGEST


@COMMANDS.register(2)
class Clock(Command):
    """Nothing but time passing, so that timers need no traffic."""


@COMMANDS.register(3)
class AdoptPolicies(Command):
    """The gate decides by the policy set of this digest from here on. A proposal, unless the venue itself asks."""

    policies: Digest = NO_DIGEST
    reason: U16 = 0
    evidence: Digest = NO_DIGEST


@COMMANDS.register(4)
class SetWithdrawalLimit(Command):
    """Withdrawals of `asset` above `amount` leave on a second user's approval only. A proposal, as `AdoptPolicies`."""

    asset: U64 = 0
    amount: I64 = 0
    reason: U16 = 0
    evidence: Digest = NO_DIGEST


@COMMANDS.register(5)
class Approve(Command):
    """Carry out what another user proposed, as if that command came now; the reason is the second user's."""

    proposal: U64 = 0
    reason: U16 = 0
    evidence: Digest = NO_DIGEST


@COMMANDS.register(6)
class Reject(Command):
    """Drop a proposal; whoever made it may take it back so."""

    proposal: U64 = 0
    reason: U16 = 0
    evidence: Digest = NO_DIGEST
