"""Rules of quality for one document, by kind of data, and how the kind is chosen.

One set of rules for all data is wrong: those made for web prose accept 97 % of medical questions and answers, 43 % of
school mathematics, 12 % of good code and no work order at all. The profile used stands in the certificate.

Sources of the thresholds: web-prose, Gopher quality (Rae et al. 2021, table A1) and FineWeb's line rules; zh-prose, the
Chinese recipe of Data-Juicer; code, the filters of Codex (Chen et al. 2021, section 3.1). The rules for qa-sft and
short-record are the exchange's own.
"""

import math
import re
import string
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import islice

from exchange.assay.language import han_chars
from exchange.assay.mojibake import was_decoded_wrongly


class Page:
    """A document with its words and its lines, cut once for all rules; lines are stripped, and blank ones left out."""

    __slots__ = ("_lines", "_words", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._lines: list[str] | None = None
        self._words: list[str] | None = None

    @property
    def words(self) -> list[str]:
        if self._words is None:
            self._words = self.text.split()
        return self._words

    @property
    def lines(self) -> list[str]:
        if self._lines is None:
            self._lines = [line for line in map(str.strip, self.text.split("\n")) if line]
        return self._lines


Rule = Callable[[Page], bool]
PROFILE_SAMPLE_DOCUMENTS = 500
# Median length below which a set is one of short records; a Han character says about as much as three letters.
SHORT_RECORD_CHARS = 200
SHORT_RECORD_CHARS_HAN = 80

_STOP_WORDS = frozenset({"the", "be", "to", "of", "and", "that", "have", "with"})
_SENTENCE_ENDS = frozenset(".?!\"';。？！”；…")
_BULLETS = frozenset("•-*●·")
_CODE_LINE = re.compile(
    r"^\s*(?:def |class |import |from \w[\w.]* import|return\b|(?:if|for|while|else|try|elif) ?.*[:{]$|#include"
    r"|func |fn |public |private |const |let |var |[}\])]|@\w+|>>> |[\w.\[\], ]+ [+*/-]?= |\w[\w.]*\()",
)
# U+FFFD stands for bytes that were no text; C1 controls and the pairs below come of UTF-8 read in another encoding.
_MOJIBAKE = re.compile(r"[\ufffd\x80-\x84\x86-\x9f]|Ã[\x80-\xbf]|â€[\u0080-\u00bf™œ\u201c\u201d]|锟斤拷|烫烫烫|ï»¿")
_ASCII_LETTERS = string.ascii_letters.encode()
_ASCII_BLANKS = bytes(byte for byte in range(128) if chr(byte).isspace())
# What str.split takes for blanks and bytes.split does not.
_BLANKS = bytes.maketrans(b"\x1c\x1d\x1e\x1f", b"    ")
_NEITHER_LETTER_NOR_BLANK = bytes(set(range(128)).difference(_ASCII_LETTERS, _ASCII_BLANKS))
_NOT_ALPHANUMERIC = bytes(set(range(128)).difference(_ASCII_LETTERS, string.digits.encode()))
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def damaged_chars(text: str) -> int:
    """How many characters show a broken encoding."""
    damaged = len(_CONTROLS.findall(text))
    return damaged if text.isascii() else damaged + sum(map(len, _MOJIBAKE.findall(text)))


MOJIBAKE_LIMIT_PPM = 1_000


def is_garbled(text: str) -> bool:
    return damaged_chars(text) * 1_000_000 > MOJIBAKE_LIMIT_PPM * len(text) or was_decoded_wrongly(text)


def failed_rules(text: str, profile: str) -> list[str]:
    """Names of the profile's rules that the document breaks; an empty document breaks `empty` alone."""
    if not text.strip():
        return ["empty"]
    page = Page(text)
    return [name for name, holds in PROFILES[profile].items() if not holds(page)]


def choose_profile(texts: Sequence[str]) -> str:
    """The profile for a dataset whose declaration names none, from its first documents."""
    sample = sorted((text for text in islice(texts, PROFILE_SAMPLE_DOCUMENTS) if text.strip()), key=len)
    joined = "\n".join(text[:2_000] for text in sample)
    han = han_chars(joined) * 3 >= len(joined)
    shortest = SHORT_RECORD_CHARS_HAN if han else SHORT_RECORD_CHARS
    if not sample or len(sample[len(sample) // 2]) < shortest:
        return "short-record"
    if han:
        return "zh-prose"
    lines = [line for line in joined.split("\n") if line.strip()]
    return "code" if sum(map(bool, map(_CODE_LINE.match, lines))) * 5 >= len(lines) else "web-prose"


def _word_count_fits(page: Page) -> bool:
    return 50 <= len(page.words) <= 100_000


def _word_length_fits(page: Page) -> bool:
    return 3 * len(page.words) <= len("".join(page.words)) <= 10 * len(page.words)


def _few_symbols(page: Page) -> bool:
    text, words = page.text, len(page.words)
    return text.count("#") * 10 <= words and (text.count("...") + text.count("…")) * 10 <= words


def _few_bullets(page: Page) -> bool:
    lines = len(page.lines)
    bullets = sum([line[0] in _BULLETS for line in page.lines])
    trailing = 0
    if "..." in page.text or "…" in page.text:
        trailing = sum(line.endswith(("...", "…")) for line in page.lines)
    return bullets * 10 <= lines * 9 and trailing * 10 <= lines * 3


def _mostly_words(page: Page) -> bool:
    """Four fifths of the words hold a letter."""
    text, words = page.text, page.words
    if text.isascii():
        lettered = len(text.encode().translate(_BLANKS, _NEITHER_LETTER_NOR_BLANK).split())
    else:
        lettered = sum(any(map(str.isalpha, word)) for word in words)
    return lettered * 10 >= len(words) * 8


def _has_stop_words(page: Page) -> bool:
    """Two of them, in small letters or any."""
    if len(_STOP_WORDS.intersection(page.words)) >= 2:
        return True
    return len(_STOP_WORDS.intersection(page.text.lower().split())) >= 2


def _lines_end_in_punctuation(page: Page) -> bool:
    return sum([line[-1] in _SENTENCE_ENDS for line in page.lines]) * 100 >= len(page.lines) * 12


def _few_repeated_lines(page: Page) -> bool:
    """Gopher repetition: at most 30 % of the lines, and 20 % of the characters, in lines seen before."""
    lines = page.lines
    if len(set(lines)) == len(lines):
        return True
    counts = Counter(lines)
    repeated = sum(count - 1 for count in counts.values())
    chars = sum((count - 1) * len(line) for line, count in counts.items())
    return repeated * 10 <= len(lines) * 3 and chars * 5 <= sum(map(len, lines))


def _has_question_and_answer(page: Page) -> bool:
    """A record of at least two parts: the first line asks, the rest answers."""
    question, _, answer = page.text.strip().partition("\n")
    return bool(question.strip()) and bool(answer.strip())


def _has_letters(page: Page) -> bool:
    return any(map(str.isalpha, page.text))


def _is_not_one_character(page: Page) -> bool:
    return len(set(page.text.strip())) > 1


def _lines_are_short(page: Page) -> bool:
    """Generated and packed code has long lines: none over 1,000 characters, 100 on average.

    A text of n lines has n - 1 line feeds beside their characters.
    """
    lines = page.text.split("\n")
    return max(map(len, lines)) <= 1_000 and len(page.text) < 101 * len(lines)


def _quarter_alphanumeric(page: Page) -> bool:
    return _alphanumeric(page.text) * 4 >= len(page.text)


def _tenth_alphanumeric(page: Page) -> bool:
    """Mostly the first quarter alone has enough of them."""
    text = page.text
    return _alphanumeric(text[: len(text) // 4]) * 10 >= len(text) or _alphanumeric(text) * 10 >= len(text)


def _alphanumeric(text: str) -> int:
    if text.isascii():
        return len(text.encode().translate(None, _NOT_ALPHANUMERIC))
    return sum(map(str.isalnum, text))


def _not_generated(page: Page) -> bool:
    head = page.text[:2_000].lower()
    return not any(mark in head for mark in ("auto-generated", "autogenerated", "do not edit", "generated by"))


def _ten_characters(page: Page) -> bool:
    return len(page.text.strip()) >= 10


def _few_repeated_runs(page: Page) -> bool:
    """Data-Juicer's character repetition of 10: the √k commonest of k different runs hold at most 60 % of all."""
    text, every = page.text, max(len(page.text) - 9, 0)
    # With k different runs the commonest hold at most every - k + √k, so many different ones settle it; half the runs
    # are mostly enough to see that many.
    for step in (2, 1):
        different = len({text[start : start + 10] for start in range(0, every, step)})
        most_common = math.isqrt(different)
        if (every - different + most_common) * 10 <= every * 6:
            return True
    counts = sorted(Counter(text[start : start + 10] for start in range(every)).values(), reverse=True)
    repeated = sum(count > 1 for count in counts)
    return sum(counts[: min(most_common, repeated)]) * 10 <= every * 6


_PROSE_RULES: Mapping[str, Rule] = {
    "word_count": _word_count_fits,
    "word_length": _word_length_fits,
    "symbols": _few_symbols,
    "bullets": _few_bullets,
    "alphabetic_words": _mostly_words,
    "stop_words": _has_stop_words,
    "line_punctuation": _lines_end_in_punctuation,
    "repeated_lines": _few_repeated_lines,
}
PROFILES: Mapping[str, Mapping[str, Rule]] = {
    "web-prose": _PROSE_RULES,
    "qa-sft": {
        "question_and_answer": _has_question_and_answer,
        "letters": _has_letters,
        "length": _ten_characters,
        "repeated_lines": _few_repeated_lines,
    },
    "code": {
        "line_length": _lines_are_short,
        "alphanumeric": _quarter_alphanumeric,
        "generated": _not_generated,
    },
    "short-record": {"letters": _has_letters, "variety": _is_not_one_character},
    "zh-prose": {
        "alphanumeric": _tenth_alphanumeric,
        "length": _ten_characters,
        "repeated_runs": _few_repeated_runs,
    },
}
