"""Check digits of numbers that identify people, cards, accounts and organisations.

They make the difference between a number that looks like an identity and one that is: a random run of 18 digits with a
possible birth date passes the resident identity check once in eleven times, and nothing else in ordinary text does.
"""

from datetime import date

from stdnum import iban, luhn
from stdnum.cn import uscc

# GB 11643-1999: weights of the first 17 digits, and the check characters by remainder.
_RESIDENT_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_RESIDENT_CHECKS = "10X98765432"
# GB/T 2260: the provinces, municipalities and regions, by the first two digits.
_PROVINCES = frozenset(
    {*range(11, 16), *range(21, 24), *range(31, 38), *range(41, 47), *range(50, 55), *range(61, 66), 71, 81, 82, 83}
)
# Numbers that card schemes publish for testing; they belong to nobody.
_TEST_CARDS = frozenset(
    {
        "4111111111111111",
        "4242424242424242",
        "4012888888881881",
        "5555555555554444",
        "5105105105105100",
        "5500000000000004",
        "378282246310005",
        "371449635398431",
        "340000000000009",
        "378734493671000",
        "3530111333300000",
        "3566002020360505",
        "6011000990139424",
        "6011111111111117",
        "6200000000000005",
    }
)


def is_resident_id(number: str) -> bool:
    """A citizen identity number (GB 11643): province, a possible date of birth, check character (mod 11)."""
    if int(number[:2]) not in _PROVINCES or not _is_date(number[6:14]):
        return False
    total = sum(weight * int(digit) for weight, digit in zip(_RESIDENT_WEIGHTS, number[:17], strict=True))
    return _RESIDENT_CHECKS[total % 11] == number[17].upper()


def is_bank_card(number: str) -> bool:
    """A card number (ISO/IEC 7812): 13 to 19 digits of a known scheme with the Luhn check, and no test number."""
    digits = "".join(filter(str.isdigit, number))
    if digits in _TEST_CARDS or not 13 <= len(digits) <= 19 or len(set(digits)) < 4:
        return False
    if digits.startswith("62") and len(digits) < 16:
        return False
    return bool(luhn.is_valid(digits))


def is_organisation_code(code: str) -> bool:
    """A unified social credit code (GB 32100): mod 31 over an alphabet without I, O, S, V and Z."""
    return bool(uscc.is_valid(code))


def is_iban(number: str) -> bool:
    """An international bank account number (ISO 13616): the rearranged number is 1 mod 97, in its country's form."""
    compact = number.replace(" ", "")
    rearranged = compact[4:] + compact[:4]
    remainder = int("".join(str(int(character, 36)) for character in rearranged)) % 97
    return remainder == 1 and bool(iban.is_valid(compact, check_country=False))


def is_passport_line(line: str) -> bool:
    """The second line of a passport's machine-readable zone (ICAO 9303-4): number, birth and expiry checks."""
    fields = ((0, 9), (13, 19), (21, 27))
    if not all(_icao_check(line[start:end]) == line[end] for start, end in fields):
        return False
    return _icao_check(line[0:10] + line[13:20] + line[21:43]) == line[43]


def _icao_check(field: str) -> str:
    """ICAO 9303-3, 4.9: weights 7, 3, 1; letters count from 10, the filler `<` counts 0."""
    values = (0 if character == "<" else int(character, 36) for character in field)
    return str(sum(value * (7, 3, 1)[place % 3] for place, value in enumerate(values)) % 10)


def _is_date(digits: str) -> bool:
    try:
        date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return False
    return True
