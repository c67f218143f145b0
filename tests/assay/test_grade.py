from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.assay.grade import INDICATORS, Measurement, grade_of, wilson_lower_ppm

samples = st.integers(1, 10**7).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@pytest.mark.parametrize(
    ("good", "n", "ppm"),
    # Without a defect the bound is n / (n + z²), z² = 2.706025. Of 4,000, 96.5 % seen is 96.0 % bounded.
    [(0, 10, 0), (10, 10, 787028), (1, 1, 269830), (3860, 4000, 959896), (3940, 4000, 981494)],
)
def test_known_lower_bounds(good: int, n: int, ppm: int) -> None:
    assert wilson_lower_ppm(good, n) == ppm


@given(samples)
def test_the_bound_is_that_of_the_formula(sample: tuple[int, int]) -> None:
    good, n = sample
    p, z = good / n, 1.645
    expected = (p + z * z / (2 * n) - z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))) / (1 + z * z / n)
    assert wilson_lower_ppm(good, n) == pytest.approx(max(0, expected) * 1_000_000, abs=1.01)


@given(samples)
def test_the_bound_never_exceeds_what_was_observed(sample: tuple[int, int]) -> None:
    good, n = sample
    assert 0 <= wilson_lower_ppm(good, n) <= good * 1_000_000 // n


@given(samples, st.integers(2, 100))
def test_the_same_share_in_a_larger_sample_is_bounded_higher(sample: tuple[int, int], times: int) -> None:
    good, n = sample
    assert wilson_lower_ppm(good * times, n * times) >= wilson_lower_ppm(good, n)


def measured(documentation: int, data: int, model: int) -> list[Measurement]:
    """One indicator in each dimension, with these scores in per mille."""
    return [
        Measurement("0101", 1000, 1000 - documentation),
        Measurement("0208", 1000, 1000 - data),
        Measurement("0301", 1000, 1000 - model),
    ]


@pytest.mark.parametrize(
    ("scores", "grade"),
    [
        ((950, 950, 950), "G1"),
        ((1000, 949, 1000), "G2"),
        ((1000, 1000, 900), "G2"),
        ((899, 1000, 1000), "G3"),
        ((1000, 800, 1000), "G3"),
        ((1000, 1000, 799), "ungraded"),
    ],
)
def test_the_grade_is_that_of_the_weakest_dimension(scores: tuple[int, int, int], grade: str) -> None:
    assert grade_of(measured(*scores)).grade == grade


def test_a_dimension_exactly_at_a_floor_has_its_grade() -> None:
    """Of 29/30 and 14/15 the mean is 95 %, though neither is a whole number of parts per million."""
    data = [Measurement("0201", 30, 1), Measurement("0208", 15, 1)]
    grading = grade_of([Measurement("0101", 1, 0), *data, Measurement("0301", 1, 0)])
    assert grading.scores_ppm["data"] == 950_000
    assert grading.grade == "G1"


def test_a_dimension_nobody_measured_caps_the_grade() -> None:
    grading = grade_of(measured(1000, 1000, 1000)[1:])
    assert grading.grade == "G2"
    assert set(grading.scores_ppm) == {"data", "model"}


def test_a_cap_does_not_lift_a_lower_grade() -> None:
    assert grade_of(measured(1000, 850, 1000)[1:]).grade == "G3"


def test_nothing_measured_is_ungraded() -> None:
    grading = grade_of([Measurement("0208", 0, 0)])
    assert grading.grade == "ungraded"
    assert grading.scores_ppm == {}
    assert grading.unmeasured == list(INDICATORS)


def test_what_nobody_measured_is_listed_and_left_out_of_the_mean() -> None:
    grading = grade_of([Measurement("0201", 10, 0), Measurement("0208", 10, 1), Measurement("0206", 0, 0)])
    assert grading.scores_ppm == {"data": 950_000}
    assert "0206" in grading.unmeasured
    assert "0201" not in grading.unmeasured


def test_a_sample_counts_by_its_lower_bound_and_a_full_scan_by_itself() -> None:
    assert Measurement("0304", 100, 2).score_ppm() == 980_000
    assert Measurement("0304", 100, 2, sampled=True).score_ppm() == wilson_lower_ppm(98, 100) < 980_000
