"""What an order and an instrument may say, as the small integers that records carry."""

from enum import IntEnum, IntFlag
from typing import Final


class Side(IntEnum):
    BUY = 1
    SELL = 2


class OrderType(IntEnum):
    LIMIT = 1
    MARKET = 2
    STOP = 3
    STOP_LIMIT = 4
    TRAILING_STOP = 5
    PEGGED = 6
    OCO = 7
    OFFER = 8


class TimeInForce(IntEnum):
    GTC = 1
    IOC = 2
    FOK = 3
    DAY = 4
    GTD = 5
    AT_OPEN = 6
    AT_CLOSE = 7


class SelfTrade(IntEnum):
    """What the incoming order's owner wants where it would meet its own order."""

    DECREMENT = 1
    CANCEL_NEWEST = 2
    CANCEL_OLDEST = 3
    CANCEL_BOTH = 4


class Peg(IntEnum):
    """The price that a pegged order follows."""

    BEST_BID = 1
    BEST_ASK = 2
    MID = 3


class OrderFlag(IntFlag):
    """Flags of `place_order`."""

    POST_ONLY = 1
    DRY_RUN = 2


class Phase(IntEnum):
    CLOSED = 1
    PRE_OPEN = 2
    OPENING_AUCTION = 3
    CONTINUOUS = 4
    VOLATILITY_AUCTION = 5
    CLOSING_AUCTION = 6
    HALTED = 7
    CANCEL_ONLY = 8


CALLS: Final = frozenset({Phase.PRE_OPEN, Phase.OPENING_AUCTION, Phase.VOLATILITY_AUCTION, Phase.CLOSING_AUCTION})
"""Phases in which orders gather for an uncross and nothing trades."""


class Cause(IntEnum):
    """Why the venue or an operator stepped in."""

    NONE = 0
    SCHEDULE = 1
    VOLATILITY = 2
    OPERATOR = 3
    RECALL = 4
    REGULATOR = 5
    TECHNICAL = 6
    CONDUCT = 7
    RISK = 8


OF_ITSELF: Final = frozenset({Cause.NONE, Cause.SCHEDULE, Cause.VOLATILITY})
"""Causes of moves that no person made."""


class Mode(IntFlag):
    """Modes of trading that the venue's licence profile lets an instrument use."""

    CONTINUOUS = 1
    CALL_AUCTION = 2
    SINGLE_SELLER_AUCTION = 4
    NEGOTIATED = 8


class MatchType(IntEnum):
    CONTINUOUS = 1
    AUCTION = 2
    NEGOTIATED = 3


class Purpose(IntFlag):
    """What a buyer may use delivered data for, out of the licence's offer."""

    TRAINING = 1
    FINE_TUNING = 2
    EVALUATION = 4
    RETRIEVAL = 8
    RESEARCH = 16
