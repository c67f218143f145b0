"""The life of a listing as a table."""

import pytest

from exchange.catalogue.lifecycle import (
    FINAL_STATES,
    LEGAL_MOVES,
    RECORDED_MOVES,
    LifecycleError,
    ListingState,
    Move,
    moved,
    moves_from,
)

S, M = ListingState, Move


def test_a_listing_goes_from_collection_to_withdrawal_and_may_rest() -> None:
    state = S.COLLECTED
    for move in (M.PROCESS, M.ASSAY, M.LIST, M.OPEN, M.SUSPEND, M.RESUME, M.RECALL, M.REINSTATE, M.WITHDRAW):
        state = moved(state, move)
    assert state is S.WITHDRAWN


@pytest.mark.parametrize("state", S)
@pytest.mark.parametrize("move", M)
def test_every_move_is_in_the_table_or_refused_with_what_may_be_done(state: S, move: M) -> None:
    if (state, move) in LEGAL_MOVES:
        assert moved(state, move) is LEGAL_MOVES[state, move]
    else:
        with pytest.raises(LifecycleError, match="ILLEGAL_MOVE") as caught:
            moved(state, move)
        assert all(allowed in caught.value.detail for allowed in moves_from(state))


def test_only_what_is_withdrawn_never_moves_again() -> None:
    assert all(not moves_from(state) for state in FINAL_STATES)
    assert all(moves_from(state) for state in S if state not in FINAL_STATES)


def test_what_is_not_listed_yet_is_neither_recalled_nor_withdrawn() -> None:
    for state in (S.COLLECTED, S.PROCESSED, S.ASSAYED):
        assert not RECORDED_MOVES & set(moves_from(state))


def test_every_state_can_be_reached_from_collection() -> None:
    reached = {S.COLLECTED}
    for _ in S:
        reached |= {target for (origin, _move), target in LEGAL_MOVES.items() if origin in reached}
    assert reached == set(S)
