"""Participants, users, keys and accounts, and how an operator stops them."""

from exchange.vocabulary.codec import COMMANDS, I64, NO_DIGEST, U8, U16, U32, U64, Bytes16, Digest
from exchange.vocabulary.commands.base import Command


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

    reason: U16 = 0
    evidence: Digest = NO_DIGEST


@COMMANDS.register(17)
class UnblockAccount(Command):
    reason: U16 = 0
    evidence: Digest = NO_DIGEST


@COMMANDS.register(18)
class Kill(Command):
    """Cancel everything and block: of `participant`, of the header's instrument, or where both are zero of the venue.

    A killed participant's accounts are blocked, a killed instrument is halted and stays so, a killed venue is both
    throughout, until `Unkill`. `reason` is a `Cause`.
    """

    participant: U64 = 0
    reason: U16 = 0
    evidence: Digest = NO_DIGEST


@COMMANDS.register(19)
class Unkill(Command):
    """Lift the kill of the same participant, instrument or venue; what was cancelled stays so. A proposal, unless the
    venue itself asks."""

    participant: U64 = 0
    reason: U16 = 0
    evidence: Digest = NO_DIGEST
