import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.vocabulary.units import format_scaled, minor_per_tick_lot, parse_scaled, round_half_even
from exchange.vocabulary.wire import InexactError, Scales, iso_time

SCALES = Scales(tick_minor=20, quote_scale=2, lot_rtu=450_000)


@given(st.integers(-(10**30), 10**30), st.integers(0, 18))
def test_a_decimal_reads_back_exactly(value, scale):
    text = format_scaled(value, scale)
    if len(text) <= 40:
        assert parse_scaled(text, scale) == value


@pytest.mark.parametrize("text", ["", "-", ".", "1e5", "NaN", "inf", "+1", "1,000", "1_000", " 1", "0x10", "١", "1.2.3",
                                  "9" * 41])  # fmt: skip
def test_what_is_no_plain_decimal_is_refused(text):
    with pytest.raises(ValueError, match="not a decimal number"):
        parse_scaled(text, 2)


def test_digits_beyond_the_scale_are_refused_unless_they_are_zero():
    assert parse_scaled("1.2300", 2) == 123
    with pytest.raises(ValueError, match="more than 2 decimal places"):
        parse_scaled("1.234", 2)


@given(st.integers(-(10**12), 10**12), st.integers(1, 10**6))
def test_rounding_goes_to_the_nearest_and_ties_to_even(numerator, denominator):
    rounded = round_half_even(numerator, denominator)
    off = 2 * abs(rounded * denominator - numerator)
    assert off < denominator or (off == denominator and rounded % 2 == 0)


@pytest.mark.parametrize(
    ("tick_minor", "lot_rtu", "worth"), [(20, 450_000, 9), (1, 1_000_000, 1), (1, 450_000, None), (0, 450_000, None)]
)
def test_a_tick_on_a_lot_is_a_whole_number_or_nothing(tick_minor, lot_rtu, worth):
    assert minor_per_tick_lot(tick_minor, lot_rtu) == worth


@given(st.integers(1, 10**9))
def test_prices_and_sizes_read_back_from_the_wire(number):
    assert SCALES.ticks(SCALES.price(number)) == number
    assert SCALES.lots(SCALES.size(number)) == number


def test_what_is_finer_than_a_tick_or_a_lot_is_inexact():
    for read, text in ((SCALES.ticks, "0.21"), (SCALES.ticks, "0.201"), (SCALES.lots, "0.450001")):
        with pytest.raises(InexactError):
            read(text)


def test_times_are_utc_to_the_microsecond():
    assert iso_time(1_795_509_000_123_456_789) == "2026-11-24T08:30:00.123456Z"
