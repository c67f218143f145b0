"""The life of a listing: its states, and the moves that are legal between them."""

from enum import StrEnum


class ListingState(StrEnum):
    SUBMITTED = "submitted"
    ASSAYED = "assayed"
    REFUSED = "refused"
    ADMITTED = "admitted"
    ISSUED = "issued"
    SUSPENDED = "suspended"
    RECALLED = "recalled"
    WITHDRAWN = "withdrawn"


class Move(StrEnum):
    """What happens to a listing; `refuse` and `admit` carry the gate's decision, the others an actor's command."""

    ASSAY = "assay"
    REFUSE = "refuse"
    ADMIT = "admit"
    ISSUE = "issue"
    SUSPEND = "suspend"
    RESUME = "resume"
    RECALL = "recall"
    WITHDRAW = "withdraw"


_S, _M = ListingState, Move

# A resumed listing goes back to where it was suspended from: only issued ones trade, so only they can be suspended.
# A refused listing ends: what is amended is a new submission with another digest. Claims cannot be called back, so an
# issued listing is recalled (deliveries still owed, nothing sold on), and withdrawn only before issue.
LEGAL_MOVES: dict[tuple[ListingState, Move], ListingState] = {
    (_S.SUBMITTED, _M.ASSAY): _S.ASSAYED,
    (_S.SUBMITTED, _M.REFUSE): _S.REFUSED,
    (_S.SUBMITTED, _M.WITHDRAW): _S.WITHDRAWN,
    (_S.ASSAYED, _M.ADMIT): _S.ADMITTED,
    (_S.ASSAYED, _M.REFUSE): _S.REFUSED,
    (_S.ASSAYED, _M.WITHDRAW): _S.WITHDRAWN,
    (_S.ADMITTED, _M.ISSUE): _S.ISSUED,
    (_S.ADMITTED, _M.REFUSE): _S.REFUSED,
    (_S.ADMITTED, _M.WITHDRAW): _S.WITHDRAWN,
    (_S.ISSUED, _M.SUSPEND): _S.SUSPENDED,
    (_S.ISSUED, _M.RECALL): _S.RECALLED,
    (_S.SUSPENDED, _M.RESUME): _S.ISSUED,
    (_S.SUSPENDED, _M.RECALL): _S.RECALLED,
}
FINAL_STATES = frozenset({_S.REFUSED, _S.RECALLED, _S.WITHDRAWN})
TRADED_STATES = frozenset({_S.ISSUED})


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
