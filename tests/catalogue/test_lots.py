"""Packing of lots, and the lot sizes and ticks that are proposed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.catalogue.lots import (
    LOT_STEP_RTU,
    LotError,
    LotSpan,
    is_exact,
    pack_lots,
    propose_lot_rtu,
    propose_tick_minor,
    stranded_rtu,
)

RTUS = st.lists(st.integers(0, 5_000), max_size=300)


def test_documents_fill_a_lot_in_order_and_the_remainder_is_not_minted() -> None:
    assert pack_lots([4, 0, 7, 2, 10, 9], 10) == [LotSpan(0, 0, 3, 11), LotSpan(1, 3, 5, 12)]


def test_an_exactly_full_lot_closes_with_its_last_document() -> None:
    assert pack_lots([5, 5, 5, 5], 10) == [LotSpan(0, 0, 2, 10), LotSpan(1, 2, 4, 10)]


@given(RTUS, st.integers(1, 20_000))
def test_lots_are_whole_consecutive_and_no_document_too_long(rtus: list[int], lot_rtu: int) -> None:
    lots = pack_lots(rtus, lot_rtu)
    ends = [0, *(lot.end for lot in lots)]
    assert [lot.first for lot in lots] == ends[:-1]
    assert [lot.number for lot in lots] == list(range(len(lots)))
    for lot in lots:
        assert lot.rtu == sum(rtus[lot.first : lot.end]) >= lot_rtu
        assert sum(rtus[lot.first : lot.end - 1]) < lot_rtu
    assert sum(rtus[ends[-1] :]) < lot_rtu


@given(st.lists(st.integers(0, 60_000), max_size=60))
def test_a_proposed_size_makes_lots_and_strands_about_the_least(rtus: list[int]) -> None:
    if sum(rtus) < LOT_STEP_RTU:
        with pytest.raises(LotError, match="TOO_SMALL"):
            propose_lot_rtu(rtus)
        return
    proposed = propose_lot_rtu(rtus)
    sizes = range(LOT_STEP_RTU, max(sum(rtus) // 3, LOT_STEP_RTU) + 1, LOT_STEP_RTU)
    enough = min(3, max(len(pack_lots(rtus, size)) for size in sizes))
    eligible = [size for size in sizes if len(pack_lots(rtus, size)) >= enough]
    assert proposed in eligible
    assert stranded_rtu(rtus, proposed) <= min(stranded_rtu(rtus, size) for size in eligible) + sum(rtus) // 200


def test_even_documents_of_gsm8k_total_give_lots_of_450_000() -> None:
    assert propose_lot_rtu([181] * 7_490 + [220]) == 450_000


def test_one_document_larger_than_all_lots_still_makes_one() -> None:
    rtus = [35_000]
    assert propose_lot_rtu(rtus) == LOT_STEP_RTU
    assert pack_lots(rtus, LOT_STEP_RTU) == [LotSpan(0, 0, 1, 35_000)]


@pytest.mark.parametrize(
    ("lot_rtu", "tick"), [(1_000_000, 1), (450_000, 20), (10_000, 100), (130_000, 100), (500_000, 2), (1, 1_000_000)]
)
def test_the_smallest_exact_tick_is_proposed(lot_rtu: int, tick: int) -> None:
    assert propose_tick_minor(lot_rtu) == tick


@given(st.integers(1, 200).map(lambda steps: steps * LOT_STEP_RTU), st.integers(1, 10_000))
def test_a_proposed_tick_is_exact_and_not_finer_than_asked(lot_rtu: int, finest: int) -> None:
    tick = propose_tick_minor(lot_rtu, finest)
    assert tick >= finest
    assert is_exact(lot_rtu, tick)
    assert str(tick).rstrip("0") in {"1", "2", "5"}


@pytest.mark.parametrize(("lot_rtu", "finest"), [(0, 1), (-5, 1), (10_000, 0)])
def test_sizes_that_are_none_are_refused(lot_rtu: int, finest: int) -> None:
    with pytest.raises(LotError, match="BAD_SIZE"):
        propose_tick_minor(lot_rtu, finest)
    if lot_rtu <= 0:
        with pytest.raises(LotError, match="BAD_SIZE"):
            pack_lots([1], lot_rtu)
