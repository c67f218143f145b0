"""The check digits against python-stdnum, an independent implementation, and known examples."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import iban
from stdnum.cn import ric

from exchange.assay.checksums import (
    is_bank_card,
    is_iban,
    is_organisation_code,
    is_passport_line,
    is_resident_id,
)

RESIDENT_ID = "11010519491231002X"


def test_the_standards_own_resident_id_is_valid() -> None:
    assert is_resident_id(RESIDENT_ID)
    assert is_resident_id(RESIDENT_ID.lower())


@pytest.mark.parametrize(
    "number",
    ["110105194912310021", "11010519491331002X", "11010519490230002X", "99010519491231002X", "00010519491231002X"],
    ids=["check", "month", "day", "province", "zero"],
)
def test_a_resident_id_wrong_in_one_thing_is_not(number: str) -> None:
    assert not is_resident_id(number)


@given(st.integers(0, 999), st.dates())
def test_resident_ids_have_the_check_character_of_an_independent_implementation(order: int, born: object) -> None:
    body = f"440106{str(born).replace('-', '')}{order:03d}"
    check = ric.calc_check_digit(body + "0")
    assert [digit for digit in "0123456789X" if is_resident_id(body + digit)] == [check]


@pytest.mark.parametrize("number", ["6222021234567890128", "6222 0212 3456 7890 128", "4539578763621486"])
def test_cards_with_a_luhn_digit_are_valid(number: str) -> None:
    assert is_bank_card(number)


@pytest.mark.parametrize(
    "number",
    ["6222021234567890127", "4111111111111111", "4242424242424242", "62220212345", "6262626262626262"],
    ids=["luhn", "test number", "test number", "short", "few digits"],
)
def test_wrong_and_published_test_cards_are_not(number: str) -> None:
    assert not is_bank_card(number)


@given(st.integers(0, 10**12 - 1), st.integers(1, 9))
def test_no_single_wrong_digit_passes_a_card(account: int, error: int) -> None:
    body = f"6225{account:012d}"
    valid = [f"{body}{digit}" for digit in range(10) if is_bank_card(f"{body}{digit}")]
    assert len(valid) == 1
    wrong = f"{body[:-1]}{(int(body[-1]) + error) % 10}{valid[0][-1]}"
    assert not is_bank_card(wrong)


def test_organisation_codes_are_checked_by_their_last_character() -> None:
    assert is_organisation_code("91110000600037341L")
    assert not is_organisation_code("91110000600037341M")


@pytest.mark.parametrize(
    "number", ["GB82 WEST 1234 5698 7654 32", "DE89370400440532013000", "FR1420041010050500013M02606"]
)
def test_ibans_agree_with_an_independent_implementation(number: str) -> None:
    assert is_iban(number)
    assert iban.is_valid(number)
    assert not is_iban(number[:-1] + ("1" if number[-1] != "1" else "2"))


# The specimen of ICAO Doc 9303-4.
PASSPORT_LINE = "L898902C36UTO7408122F1204159ZE184226B<<<<<10"


def test_the_specimen_passport_line_is_valid() -> None:
    assert is_passport_line(PASSPORT_LINE)


@pytest.mark.parametrize("place", [0, 9, 13, 19, 21, 27, 28, 43])
def test_a_passport_line_with_one_wrong_character_is_not(place: int) -> None:
    other = "3" if PASSPORT_LINE[place] != "3" else "4"
    assert not is_passport_line(PASSPORT_LINE[:place] + other + PASSPORT_LINE[place + 1 :])
