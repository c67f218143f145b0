"""The life of a listing from collection to withdrawal: its states, and the moves that are legal between them."""

from enum import StrEnum


class ListingState(StrEnum):
    COLLECTED = "collected"
    PROCESSED = "processed"
    ASSAYED = "assayed"
    LISTED = "listed"
    TRADING = "trading"
    SUSPENDED = "suspended"
    RECALLED = "recalled"
    WITHDRAWN = "withdrawn"


class Move(StrEnum):
    """What happens to a listing. The last three are an operator's, and each leaves a record of why."""

    PROCESS = "process"
    ASSAY = "assay"
    LIST = "list"
    OPEN = "open"
    SUSPEND = "suspend"
    RESUME = "resume"
    RECALL = "recall"
    REINSTATE = "reinstate"
    WITHDRAW = "withdraw"


_S, _M = ListingState, Move

# What is reinstated is suspended still: to trade again is another decision. Withdrawn is for ever; what is offered anew
# is a new listing, with another assay. Claims stay where they are in every state: withdrawing them is another act.
LEGAL_MOVES: dict[tuple[ListingState, Move], ListingState] = {
    (_S.COLLECTED, _M.PROCESS): _S.PROCESSED,
    (_S.PROCESSED, _M.ASSAY): _S.ASSAYED,
    (_S.ASSAYED, _M.LIST): _S.LISTED,
    (_S.LISTED, _M.OPEN): _S.TRADING,
    (_S.LISTED, _M.RECALL): _S.RECALLED,
    (_S.LISTED, _M.WITHDRAW): _S.WITHDRAWN,
    (_S.TRADING, _M.SUSPEND): _S.SUSPENDED,
    (_S.TRADING, _M.RECALL): _S.RECALLED,
    (_S.TRADING, _M.WITHDRAW): _S.WITHDRAWN,
    (_S.SUSPENDED, _M.RESUME): _S.TRADING,
    (_S.SUSPENDED, _M.RECALL): _S.RECALLED,
    (_S.SUSPENDED, _M.WITHDRAW): _S.WITHDRAWN,
    (_S.RECALLED, _M.REINSTATE): _S.SUSPENDED,
    (_S.RECALLED, _M.WITHDRAW): _S.WITHDRAWN,
}
FINAL_STATES = frozenset({_S.WITHDRAWN})
RECORDED_MOVES = frozenset({_M.RECALL, _M.REINSTATE, _M.WITHDRAW})
"""Moves that a person makes, for a reason that is kept."""
UNDELIVERABLE = frozenset({_S.RECALLED, _S.WITHDRAWN})
"""States in which nothing is traded, shown or delivered."""


class LifecycleError(Exception):
    """ILLEGAL_MOVE: the listing's state does not allow the move; the listing stays as it is."""

    code = "ILLEGAL_MOVE"

    def __init__(self, state: ListingState, move: Move) -> None:
        self.detail = (
            f"a listing that is {state} has no move {move!s}; it may {', '.join(moves_from(state)) or 'not move'}"
        )
        super().__init__(f"{self.code}: {self.detail}")


def moved(state: ListingState, move: Move) -> ListingState:
    """The state after `move`; LifecycleError where the table has none."""
    if (state, move) not in LEGAL_MOVES:
        raise LifecycleError(state, move)
    return LEGAL_MOVES[state, move]


def moves_from(state: ListingState) -> tuple[Move, ...]:
    return tuple(move for origin, move in LEGAL_MOVES if origin is state)
