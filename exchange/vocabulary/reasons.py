"""Refusals: named values, never exceptions. A number, once given, keeps its meaning for ever.

The order in which a command's reasons are checked is contract; it stands with each command in
`docs/reference/refusals.md`, and `ORDER_CHECKS` is that order for orders.
"""

from enum import IntEnum


class Reason(IntEnum):
    NONE = 0

    # Orders, in the order they are checked.
    UNKNOWN_INSTRUMENT = 1
    UNKNOWN_ACCOUNT = 2
    BAD_SIDE = 3
    BAD_TYPE = 4
    BAD_TIF = 5
    BAD_COMBINATION = 6
    BAD_PRICE = 7
    BAD_SIZE = 8
    DUPLICATE_CLIENT_ORDER_ID = 9
    TOO_MANY_CLIENT_IDS = 10
    ACCOUNT_BLOCKED = 11
    NOT_ENTITLED = 12
    ENTITLEMENT_EXPIRED = 13
    QUOTA_EXCEEDED = 14
    TOO_EARLY = 15
    TOO_MANY_HOLDERS = 16
    INSTRUMENT_CLOSED = 17
    INSTRUMENT_HALTED = 18
    CANCEL_ONLY = 19
    MODE_NOT_LICENSED = 20
    TIF_NOT_IN_PHASE = 21
    NO_REFERENCE_PRICE = 22
    PRICE_OUTSIDE_BAND = 23
    SIZE_ABOVE_MAXIMUM = 24
    NOTIONAL_ABOVE_MAXIMUM = 25
    TOO_MANY_OPEN_ORDERS = 26
    NO_LIQUIDITY = 27
    FUNDS_TOO_SMALL = 28
    INSUFFICIENT_FUNDS = 29
    INSUFFICIENT_CLAIMS = 30
    POST_ONLY_WOULD_TAKE = 31
    FOK_NOT_FILLABLE = 32
    MIN_NOT_FILLABLE = 33

    # Amend and cancel, before an amend passes the groups of an order.
    UNKNOWN_ORDER = 40
    NOT_OWNER = 41
    TOO_LATE = 42
    AUCTION_FROZEN = 43

    # Every other command.
    NOT_PERMITTED = 50
    UNKNOWN_PARTICIPANT = 51
    UNKNOWN_USER = 52
    UNKNOWN_KEY = 53
    UNKNOWN_ASSET = 54
    UNKNOWN_BASE = 55
    UNKNOWN_TRANSFER = 56
    UNKNOWN_OWNER = 57
    UNKNOWN_ENTITLEMENT = 58
    BAD_STATE = 59
    BAD_VALUE = 60
    DUPLICATE_CODE = 61
    DUPLICATE_TRANSFER_KEY = 62
    BAD_INSTRUMENT = 63
    BAD_PHASE = 64
    BAD_AMOUNT = 65
    BALANCE_TOO_LARGE = 66
    ALREADY_ISSUED = 67
    NOTHING_LEFT_TO_DELIVER = 68
    NO_DECISION = 69
    UNKNOWN_RULES_VERSION = 71
    CROSSED_BOOK = 72
    UNKNOWN_OFFER = 73
    SELF_TRADE = 74
    UNKNOWN_TRADE = 75
    BUST_IMPOSSIBLE = 76
    UNKNOWN_PROPOSAL = 77
    SAME_USER = 78
    UNKNOWN_GUARD = 79
    UNKNOWN_POOL = 80
    KILLED = 81
    WITHHELD = 82


class DoneReason(IntEnum):
    """Why an order ended; on the wire all but `FILLED` read as canceled, with this as the detail."""

    NONE = 0
    FILLED = 1
    CANCELED = 2
    MASS_CANCELED = 3
    IOC_REMAINDER = 4
    SELF_TRADE = 5
    ENTITLEMENT_REVOKED = 6
    ENTITLEMENT_EXPIRED = 7
    ACCOUNT_BLOCKED = 8
    OUTSIDE_BAND = 9
    EXPIRED = 10
    DAY_ENDED = 11
    NO_LIQUIDITY = 12
    POST_ONLY_WOULD_TAKE = 13
    AUCTION_ENDED = 14
    VOLATILITY = 15
    DEAD_MAN = 16
    DISCONNECTED = 17
    KILLED = 18
    INSUFFICIENT_FUNDS = 19
    EXITED = 20


ORDER_CHECKS = tuple(Reason(number) for number in range(1, 34))


def message(reason: Reason) -> str:
    """A sentence for people: the name in words."""
    return reason.name.replace("_", " ").capitalize()
