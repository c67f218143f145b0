"""Personal data made up by rule: numbers with right and with wrong check digits, and the words they stand among.

The check digits are computed here once more, from the standards, so that a mistake in the detector's own is seen.
"""

from random import Random

from simulations.planted.kinds import Kind

_PROVINCES = (11, 12, 13, 31, 32, 33, 37, 41, 44, 51, 61)
_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def _resident_id(random: Random) -> str:
    """GB 11643: sum of digit times 2^(17 − place) mod 11, the check digit making the whole 1."""
    birth = f"{random.randrange(1950, 2010)}{random.randrange(1, 13):02d}{random.randrange(1, 29):02d}"
    body = f"{random.choice(_PROVINCES)}{random.randrange(100, 9_999):04d}{birth}{random.randrange(1_000):03d}"
    total = sum(int(digit) << 17 - place for place, digit in enumerate(body))
    return body + "0123456789X"[(12 - total) % 11]


def _card(random: Random) -> str:
    """ISO/IEC 7812: every second digit from the right doubled, the sum a multiple of ten."""
    prefix, size = random.choice((("6222", 19), ("6217", 19), ("6228", 19), ("6225", 16), ("4539", 16), ("5412", 16)))
    body = prefix + "".join(str(random.randrange(10)) for _ in range(size - 5))
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(body))]
    digits = body + str(-sum(value - 9 if value > 9 else value for value in doubled) % 10)
    separator = random.choice(("", "", " ", "-"))
    return separator.join(digits[start : start + 4] for start in range(0, size, 4))


def _mobile(random: Random) -> str:
    digits = f"1{random.randrange(3, 10)}{random.randrange(10**9):09d}"
    grouped = f"{digits[:3]} {digits[3:7]} {digits[7:]}"
    return random.choice((digits, digits, grouped, grouped.replace(" ", "-"), f"+86 {digits}", f"86-{digits}"))


def _email(random: Random) -> str:
    names = ("li.wei", "zhang_min", "a.keller", "maria", "wang2019", "j-smith", "tom+lists")
    hosts = ("qq.com", "163.com", "uni-example1.edu", "mail.gov.cn", "firma.de", "lab.ac.uk", "startup.io")
    return f"{random.choice(names)}{random.randrange(100)}@{random.choice(hosts)}"


def _public_ipv4(random: Random) -> str:
    first = random.choice((8, 23, 45, 61, 101, 114, 139, 185))
    return f"{first}.{random.randrange(1, 255)}.{random.randrange(1, 255)}.{random.randrange(1, 255)}"


def _iban(random: Random) -> str:
    country, size = random.choice((("DE", 18), ("FR", 23), ("ES", 20), ("AT", 16)))
    account = "".join(str(random.randrange(10)) for _ in range(size))
    as_number = "".join(str(int(character, 36)) for character in account + country + "00")
    whole = f"{country}{98 - int(as_number) % 97:02d}{account}"
    separator = random.choice(("", " "))
    return separator.join(whole[start : start + 4] for start in range(0, len(whole), 4))


def _passport_line(random: Random) -> str:
    """ICAO 9303-4, the second line of a passport."""
    number = "".join(random.choice("ABCDEFGH0123456789") for _ in range(9))
    birth = f"{random.randrange(40, 99):02d}{random.randrange(1, 13):02d}{random.randrange(1, 29):02d}"
    expiry = f"{random.randrange(26, 36):02d}{random.randrange(1, 13):02d}{random.randrange(1, 29):02d}"
    optional = "<" * 14
    first, second = number + _icao(number), birth + _icao(birth)
    third, fourth = expiry + _icao(expiry), optional + _icao(optional)
    return f"{first}UTO{second}{random.choice('MF')}{third}{fourth}{_icao(first + second + third + fourth)}"


def _icao(field: str) -> str:
    weights = (7, 3, 1)
    values = [0 if character == "<" else int(character, 36) for character in field]
    return str(sum(value * weights[place % 3] for place, value in enumerate(values)) % 10)


def _uscc(random: Random) -> str:
    """GB 32100: weights 3^place mod 31."""
    body = f"91{random.choice(_PROVINCES)}{random.randrange(10**4):04d}"
    body += "".join(random.choice(_USCC_ALPHABET) for _ in range(9))
    total = sum(_USCC_ALPHABET.index(character) * pow(3, place, 31) for place, character in enumerate(body))
    return body + _USCC_ALPHABET[-total % 31]


def _wrong_check(value: str, random: Random) -> str:
    """The value with its last digit changed, so that its shape is right and its check is not."""
    place = max(place for place, character in enumerate(value) if character.isdigit())
    return value[:place] + str((int(value[place]) + random.randrange(1, 9)) % 10) + value[place + 1 :]


def _wrong_id(random: Random) -> str:
    value = _resident_id(random)
    return value[:17] + random.choice([c for c in "0123456789X" if c != value[17]])


def _wrong_uscc(random: Random) -> str:
    value = _uscc(random)
    return value[:17] + random.choice([c for c in _USCC_ALPHABET if c != value[17]])


def _short_mobile(random: Random) -> str:
    return random.choice((f"12{random.randrange(10**9):09d}", f"13{random.randrange(10**8):08d}"))


def _reserved_email(random: Random) -> str:
    return random.choice(("someone@example.com", "a@b.test", "icon@2x.png", "root@localhost", "np.dot(X@W.T)"))


def _private_ipv4(random: Random) -> str:
    tail = f"{random.randrange(255)}.{random.randrange(255)}"
    return random.choice((f"192.168.{tail}", f"127.0.{tail}", f"10.1.{tail}", f"8.8.{random.randrange(256, 999)}.8"))


_ID_WORDS = {"en": "ID number {}, checked", "zh": "身份证号：{}，已核对", "code": 'id_number = "{}"'}
_CARD_WORDS = {"en": "paid by card {} today", "zh": "银行卡号：{}，已付款", "code": 'bank_card = "{}"'}
_PHONE_WORDS = {"en": "call me on {} please", "zh": "联系电话：{}。", "code": 'phone = "{}"'}
_MAIL_WORDS = {"en": "write to {} for more.", "zh": "邮箱{}，欢迎来信", "code": "# author: {}"}
_IP_WORDS = {"en": "login from {} at noon", "zh": "来自{}的访问", "code": 'host = "{}"'}
_IBAN_WORDS = {"en": "IBAN {} of the firm", "zh": "账号{}。", "code": 'iban = "{}"'}
_MRZ_WORDS = {"en": "scanned line:\n{}\n", "zh": "护照：\n{}\n", "code": 'mrz = "{}"'}
_USCC_WORDS = {"en": "tax code {} of the firm", "zh": "统一社会信用代码：{}。", "code": 'uscc = "{}"'}
_BARE = {"en": "then {} again", "zh": "编码{}。", "code": "x = {}"}

PERSONAL_KINDS: tuple[Kind, ...] = (
    Kind("cn_resident_id", _resident_id, _wrong_id, _ID_WORDS),
    Kind("bank_card", _card, lambda random: _wrong_check(_card(random), random), _CARD_WORDS),
    Kind("cn_mobile", _mobile, _short_mobile, _PHONE_WORDS),
    Kind("email", _email, _reserved_email, _MAIL_WORDS),
    Kind("ipv4", _public_ipv4, _private_ipv4, _IP_WORDS),
    Kind("iban", _iban, lambda random: _wrong_check(_iban(random), random), _IBAN_WORDS),
    Kind("passport_mrz", _passport_line, lambda random: _wrong_check(_passport_line(random), random), _MRZ_WORDS),
    Kind("cn_uscc", _uscc, _wrong_uscc, _USCC_WORDS),
)
# Numbers whose own check says little, without a word near that says what they are: left alone by rule, and told of.
BARE_KINDS: tuple[Kind, ...] = (
    Kind("bank_card", _card, lambda random: _wrong_check(_card(random), random), _BARE, "no word near"),
    Kind("cn_mobile", lambda random: _mobile(random)[-11:], _short_mobile, _BARE, "no word near"),
)
