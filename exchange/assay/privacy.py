"""Personal data in a document, by pattern, checksum and the words around it.

A pattern alone finds a bank card in every table of numbers. A hit therefore needs its checksum, and where the checksum
is weak (Luhn passes one number in ten) or absent (a mobile number) also a word nearby that says what the number is.
"""

import re
import string
from collections.abc import Callable, Iterator
from ipaddress import IPv4Address
from typing import Literal, NamedTuple

from exchange.assay.checksums import (
    is_bank_card,
    is_iban,
    is_organisation_code,
    is_passport_line,
    is_resident_id,
)

Category = Literal["personal", "organisation", "secret", "word"]
CONTEXT_CHARS = 24
# Kinds that identify little by themselves and stand in the author lines of code and licences by intention: they are
# counted, and left to the gate, but do not by themselves make a lot undeliverable.
LOW_GRADE_KINDS = frozenset({"email", "ipv4"})


class Finding(NamedTuple):
    """One hit: where it is, in characters of the canonical text, and what it looks like masked; never the clear value.

    `sensitive` follows PIPL article 28: identity documents and financial accounts, whose leak harms the person.
    """

    kind: str
    document: int
    offset: int
    length: int
    masked: str
    category: Category
    sensitive: bool


class Recogniser(NamedTuple):
    """How one kind is found. Text with none of `gates` in its shape cannot match, which is seen at once."""

    kind: str
    pattern: re.Pattern[str]
    accepts: Callable[[str], bool]
    context: re.Pattern[str] | None
    category: Category
    sensitive: bool
    gates: tuple[bytes, ...]


def _always(_value: str) -> bool:
    return True


def _is_mail_address(address: str) -> bool:
    """Not one of the domains reserved for examples (RFC 2606), nor a picture's name such as `icon@2x.png`."""
    local, _, domain = address.rpartition("@")
    labels = domain.lower().split(".")
    reserved = labels[-2:-1] == ["example"] or labels[-1] in {"test", "invalid", "example", "localhost"}
    return (
        _TOP_LEVEL.fullmatch(labels[-1]) is not None
        and not reserved
        and ".." not in address
        and not local.startswith(".")
    )


def _is_public_address(address: str) -> bool:
    try:
        return IPv4Address(address).is_global
    except ValueError:
        return False


_TOP_LEVEL = re.compile(
    r"[a-z]{2}|com|org|net|edu|gov|mil|int|info|biz|name|pro|museum|aero|coop|jobs|mobi|travel|tel|cat|asia|post|app|dev"
    r"|blog|cloud|online|site|store|tech|xyz|top|club|shop|wang|email|science|academy|health|systems|network|digital"
)
_CARD_WORDS = re.compile(
    r"卡号|银行|账号|帐号|账户|帐户|开户|储蓄|信用卡|借记|付款|收款|转账|\b(?:card|bank|account|acct|visa|mastercard|unionpay|pay)",
    re.IGNORECASE,
)
_PHONE_WORDS = re.compile(
    r"手机|电话|联系|微信|号码|致电|拨打|咨询|热线|短信|来电|\b(?:tel|phone|mobile|cell|call|sms|whatsapp|wechat)",
    re.IGNORECASE,
)
_ADDRESS_WORDS = re.compile(r"(?<![a-z])ip(?![a-z])|地址|来自|\b(?:host|client|remote|login|from)\b", re.IGNORECASE)
_ORGANISATION_WORDS = re.compile(r"信用代码|税号|纳税|营业执照|公司|\b(?:uscc|credit code|tax)", re.IGNORECASE)
_AT = (b"@",)
RECOGNISERS: tuple[Recogniser, ...] = (
    Recogniser(
        "cn_resident_id",
        re.compile(
            r"(?<![0-9A-Za-z.])[1-8]\d{5}(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx]"
            r"(?![0-9A-Za-z])"
        ),
        is_resident_id,
        None,
        "personal",
        sensitive=True,
        gates=(b"0" * 17,),
    ),
    # Before cards: a group of an account number may pass for one, and its own check is the stronger.
    Recogniser(
        "iban",
        re.compile(r"(?<![0-9A-Za-z])[A-Z]{2}\d\d(?: ?[0-9A-Z]{4}){2,7}(?: ?[0-9A-Z]{1,3})?(?![0-9A-Za-z])"),
        is_iban,
        None,
        "personal",
        sensitive=True,
        gates=(b"AA00",),
    ),
    Recogniser(
        "bank_card",
        re.compile(
            r"(?<![\w.-])(?:3[47]\d\d[ -]?\d{6}[ -]?\d{5}|(?:62\d\d|4\d{3}|5[1-5]\d\d|2[2-7]\d\d|6011|65\d\d|35[2-8]\d)"
            r"(?:[ -]?\d{4}){2}[ -]?\d{1,7}(?:[ -]\d{1,3})?)(?![\w-]|\.\d)",
            re.ASCII,
        ),
        is_bank_card,
        _CARD_WORDS,
        "personal",
        sensitive=True,
        gates=(b"0" * 8, b"0000 0000", b"0000-0000"),
    ),
    Recogniser(
        "cn_mobile",
        re.compile(r"(?<![\w.+-])(?:(?:\+|00)?86[ -]?)?1[3-9]\d(?:\d{8}|[ -]\d{4}[ -]\d{4})(?![\w-]|\.\d)", re.ASCII),
        _always,
        _PHONE_WORDS,
        "personal",
        sensitive=False,
        gates=(b"0" * 11, b"000 0000", b"000-0000"),
    ),
    Recogniser(
        "email",
        re.compile(
            r"(?<![\w.+-])[A-Za-z0-9][\w.+-]{0,63}@(?:[A-Za-z0-9-]{1,63}\.){1,4}[A-Za-z]{2,24}(?![\w@-])", re.ASCII
        ),
        _is_mail_address,
        None,
        "personal",
        sensitive=False,
        gates=_AT,
    ),
    Recogniser(
        "ipv4",
        re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w]|\.\d)", re.ASCII),
        _is_public_address,
        _ADDRESS_WORDS,
        "personal",
        sensitive=False,
        gates=(b".0.", b".00.", b".000."),
    ),
    Recogniser(
        "passport_mrz",
        re.compile(r"(?<![0-9A-Z<])[A-Z0-9<]{9}\d[A-Z<]{3}\d{7}[MFX<]\d{7}[A-Z0-9<]{15}\d(?![0-9A-Z<])"),
        is_passport_line,
        None,
        "personal",
        sensitive=True,
        gates=(b"0" * 7,),
    ),
    Recogniser(
        "cn_uscc",
        re.compile(r"(?<![0-9A-Za-z])[0-9A-HJ-NP-RT-UW-Y]{2}\d{6}[0-9A-HJ-NP-RT-UW-Y]{10}(?![0-9A-Za-z])"),
        is_organisation_code,
        _ORGANISATION_WORDS,
        "organisation",
        sensitive=False,
        gates=(b"0" * 6,),
    ),
)
_GATES = tuple((gate, recogniser) for recogniser in RECOGNISERS for gate in recogniser.gates)
_SHAPES = bytes.maketrans(f"{string.digits}{string.ascii_uppercase}".encode(), b"0" * 10 + b"A" * 26)
_FULL_WIDTH = re.compile("[０-９＠]")
_PLAIN = {ord(plain) + 0xFEE0: plain for plain in f"{string.digits}{string.ascii_letters}@.+-"}
_FOREIGN_DIGIT = re.compile(r"[^\D0-9]")
_DIGIT_RUN = re.compile(r"\d[\d .-]{5}")


def find_personal_data(text: str, document: int) -> list[Finding]:
    """Personal data and organisation codes in one document, in order of place; overlapping hits keep the first kind.

    Full-width digits and letters, as Chinese keyboards give them, count as the plain ones.
    """
    if not text.isascii() and _FULL_WIDTH.search(text):
        text = text.translate(_PLAIN)
    shape = shape_of(text)
    opened = {recogniser.kind for gate, recogniser in _GATES if shape is None or gate in shape}
    if not opened:
        return []
    digits = _DIGIT_RUN.search(text) is not None
    findings: list[Finding] = []
    for recogniser in RECOGNISERS:
        if recogniser.kind in opened and (digits or recogniser.gates == _AT):
            findings += _hits(recogniser, text, document)
    return without_overlaps(findings)


def shape_of(text: str) -> bytes | None:
    """The text with each digit written 0 and each capital A; None for the rare one with digits of another script."""
    if not text.isascii() and _FOREIGN_DIGIT.search(text):
        return None
    return text.encode().translate(_SHAPES)


def _hits(recogniser: Recogniser, text: str, document: int) -> Iterator[Finding]:
    for match in recogniser.pattern.finditer(text):
        value = _accepted(recogniser, match[0])
        if not value:
            continue
        if recogniser.context and not value.startswith("+86") and not _near(recogniser.context, text, match):
            continue
        kind, category = recogniser.kind, recogniser.category
        yield Finding(kind, document, match.start(), len(value), mask(kind, value), category, recogniser.sensitive)


def _accepted(recogniser: Recogniser, value: str) -> str:
    """The value without such groups at its end as are none of it: a word after an account's number, a card's code."""
    while value and not recogniser.accepts(value):
        value = value.rpartition(" ")[0]
    return value


def _near(words: re.Pattern[str], text: str, match: re.Match[str]) -> bool:
    before = text[max(0, match.start() - CONTEXT_CHARS) : match.start()]
    return words.search(before) is not None or words.search(text, match.end(), match.end() + CONTEXT_CHARS) is not None


def mask(kind: str, value: str) -> str:
    """What may be shown of a hit: two characters at the start, one at the end, and how long it is."""
    if kind == "email":
        local, _, domain = value.rpartition("@")
        return f"{local[0]}***@***.{domain.rpartition('.')[2]}"
    return f"{value[:2]}{'*' * (min(len(value), 40) - 3)}{value[-1]}"


def without_overlaps(findings: list[Finding]) -> list[Finding]:
    """By place, dropping each hit that reaches into one found by an earlier recogniser."""
    kept: list[Finding] = []
    for finding in findings:
        end = finding.offset + finding.length
        if all(end <= other.offset or finding.offset >= other.offset + other.length for other in kept):
            kept.append(finding)
    return sorted(kept, key=lambda finding: finding.offset)
