"""Who acts: states of a participant, roles of a user, scopes of a key."""

from enum import IntEnum, IntFlag


class ParticipantState(IntEnum):
    APPLIED = 1
    VERIFIED = 2
    ACTIVE = 3
    SUSPENDED = 4
    LEFT = 5


class Role(IntFlag):
    VENDOR = 1
    BUYER = 2
    OPERATOR = 4
    AUDITOR = 8


class Scope(IntFlag):
    VIEW = 1
    TRADE = 2
    TRANSFER = 4
    MANAGE = 8


VENUE = 0
"""The venue itself as an actor (set-up, timers) and, as an account, the holder of its fees."""

BY_OPERATOR, WITH_PARTICIPANT, WITH_VENUE = 1, 2, 4
"""Why an account is blocked, bit by bit: by an operator's command, by a kill of its participant, of the venue."""
