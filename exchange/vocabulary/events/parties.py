"""What happened to participants, users, keys and accounts."""

from exchange.vocabulary.codec import EVENTS, I64, NO_DIGEST, U8, U16, U32, U64, Bytes16, Digest
from exchange.vocabulary.events.base import Event


@EVENTS.register(10)
class ParticipantRegistered(Event):
    participant: U64 = 0
    owner: U64 = 0
    expires_at_ns: I64 = 0
    profile: Digest = NO_DIGEST


@EVENTS.register(11)
class ParticipantStateSet(Event):
    participant: U64 = 0
    state: U8 = 0
    evidence: Digest = NO_DIGEST


@EVENTS.register(12)
class UserRegistered(Event):
    user: U64 = 0
    participant: U64 = 0
    roles: U8 = 0
    person: Bytes16 = bytes(16)


@EVENTS.register(13)
class KeyRegistered(Event):
    key: U64 = 0
    user: U64 = 0
    participant: U64 = 0
    scopes: U8 = 0
    expires_at_ns: I64 = 0
    fingerprint: Digest = NO_DIGEST


@EVENTS.register(14)
class KeyRevoked(Event):
    key: U64 = 0


@EVENTS.register(15)
class AccountOpened(Event):
    """The header's account is the new one."""

    participant: U64 = 0
    owner: U64 = 0
    max_open_orders: U32 = 0
    max_client_ids: U32 = 0


@EVENTS.register(16)
class AccountBlocked(Event):
    reason: U16 = 0
    evidence: Digest = NO_DIGEST


@EVENTS.register(17)
class AccountUnblocked(Event):
    reason: U16 = 0
    evidence: Digest = NO_DIGEST


@EVENTS.register(18)
class Killed(Event):
    """A participant, the header's instrument, or with neither the venue; the orders that end follow."""

    participant: U64 = 0
    reason: U16 = 0
    evidence: Digest = NO_DIGEST


@EVENTS.register(19)
class Unkilled(Event):
    participant: U64 = 0
    reason: U16 = 0
    evidence: Digest = NO_DIGEST
