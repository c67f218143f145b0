"""The life of a listing as a table."""

import pytest

from exchange.catalogue.lifecycle import (
    FINAL_STATES,
    LEGAL_MOVES,
    LifecycleError,
    ListingState,
    Move,
    moved,
    moves_from,
)

S, M = ListingState, Move


def test_a_listing_goes_from_submission_to_issue_and_may_rest() -> None:
    state = S.SUBMITTED
    for move in (M.ASSAY, M.ADMIT, M.ISSUE, M.SUSPEND, M.RESUME, M.RECALL):
        state = moved(state, move)
    assert state is S.RECALLED


@pytest.mark.parametrize("state", S)
@pytest.mark.parametrize("move", M)
def test_every_move_is_in_the_table_or_refused_with_what_may_be_done(state: S, move: M) -> None:
    if (state, move) in LEGAL_MOVES:
        assert moved(state, move) is LEGAL_MOVES[state, move]
    else:
        with pytest.raises(LifecycleError, match="ILLEGAL_MOVE") as caught:
            moved(state, move)
        assert all(allowed in caught.value.detail for allowed in moves_from(state))


def test_nothing_issued_is_withdrawn_and_nothing_final_moves() -> None:
    assert M.WITHDRAW not in moves_from(S.ISSUED)
    assert all(not moves_from(state) for state in FINAL_STATES)
    assert all(moves_from(state) for state in S if state not in FINAL_STATES)


def test_every_state_can_be_reached_from_submission() -> None:
    reached = {S.SUBMITTED}
    for _ in S:
        reached |= {target for (origin, _move), target in LEGAL_MOVES.items() if origin in reached}
    assert reached == set(S)
