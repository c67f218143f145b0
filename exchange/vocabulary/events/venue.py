"""Answers about the venue as a whole, and refusals."""

from exchange.vocabulary.codec import EVENTS, I64, NO_DIGEST, U8, U16, U32, U64, Digest, Text40
from exchange.vocabulary.events.base import Event


@EVENTS.register(1)
class CommandRefused(Event):
    """A command changed nothing. `decision` is the entitlement that answered, `subject` the order or transfer meant.

    Of a bust that cannot be, `subject` is the account that lacks so many of `asset`.
    """

    reason: U16 = 0
    command_kind: U8 = 0
    decision: U64 = 0
    subject: U64 = 0
    asset: U64 = 0
    lacking: I64 = 0
    client_order_id: Text40 = ""


@EVENTS.register(2)
class RulesVersionSet(Event):
    rules_version: U32 = 0
    reason: U16 = 0
    evidence: Digest = NO_DIGEST


@EVENTS.register(3)
class ClockTicked(Event):
    """Answers `clock`."""


@EVENTS.register(4)
class PoliciesAdopted(Event):
    policies: Digest = NO_DIGEST
    reason: U16 = 0
    evidence: Digest = NO_DIGEST


@EVENTS.register(5)
class WithdrawalLimitSet(Event):
    asset: U64 = 0
    amount: I64 = 0
    reason: U16 = 0
    evidence: Digest = NO_DIGEST


@EVENTS.register(6)
class Proposed(Event):
    """A command waits for a second user. `user` made it; `subject` is the trade, transfer, participant or rules version
    it is about, and the header's instrument is the command's. The header's account is whose money it is: an
    adjustment's payer, a withdrawal's account. `policies` are those to adopt."""

    proposal: U64 = 0
    user: U64 = 0
    subject: U64 = 0
    amount: I64 = 0
    command_kind: U8 = 0
    reason: U16 = 0
    evidence: Digest = NO_DIGEST
    policies: Digest = NO_DIGEST


@EVENTS.register(7)
class ProposalEnded(Event):
    """`user` approved it, and the events of the command follow, or rejected it (`approved` 0); the reason is theirs."""

    proposal: U64 = 0
    user: U64 = 0
    approved: U8 = 0
    reason: U16 = 0
    evidence: Digest = NO_DIGEST
