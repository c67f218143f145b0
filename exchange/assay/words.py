"""Sensitive words of a list that the operator supplies: where they stand, by category, and never what they are.

The product ships no list: what is sensitive is a matter of law and place, and the operator's to answer for
(TC260-003 asks for at least 10,000 words in 17 categories). A hit is a reason to look, not a verdict.
"""

import hashlib
from typing import NamedTuple

from ahocorasick_rs import AhoCorasick

from exchange.assay.errors import WordListError
from exchange.assay.privacy import Finding
from exchange.vocabulary.documents import canonical_text

MAXIMUM_BYTES = 32 * 2**20
MAXIMUM_WORD_CHARS = 100
MAXIMUM_CATEGORY_CHARS = 40
UNSORTED = "unsorted"
KIND_PREFIX = "word:"
# TC260-003, 5.1: what holds over 5 % of illegal content is not to be taken in.
DOCUMENTS_LIMIT_PPM = 50_000
# From here on scripts write words without spaces between, so that a word may begin and end anywhere.
_FIRST_UNSPACED = 0x2E80


class SensitiveWords(NamedTuple):
    """A list made ready: the automaton over its words, and the category of each of them."""

    sha256: str
    words: tuple[str, ...]
    categories: tuple[str, ...]
    automaton: AhoCorasick

    def find(self, text: str, document: int) -> list[Finding]:
        """Whole words in any case; of overlapping ones the first, and of those the longest."""
        folded = _fold(text)
        found = [
            (start, end, word)
            for word, start, end in self.automaton.find_matches_as_indexes(folded, overlapping=True)
            if _stands_alone(folded, start, end)
        ]
        findings: list[Finding] = []
        free_from = 0
        for start, end, word in sorted(found, key=lambda hit: (hit[0], -hit[1])):
            if start >= free_from:
                findings.append(self._finding(word, document, start, end - start))
                free_from = end
        return findings

    def _finding(self, word: int, document: int, offset: int, length: int) -> Finding:
        kind = KIND_PREFIX + self.categories[word]
        return Finding(kind, document, offset, length, "*" * length, "word", sensitive=False)


def read_word_list(content: bytes) -> SensitiveWords:
    """UTF-8 text: a word a line; `[category]` on a line of its own is the category of those after it, `#` a remark.

    A word that is there twice keeps its first category. Raises WordListError.
    """
    if len(content) > MAXIMUM_BYTES:
        raise WordListError("WORDS_INVALID", f"{len(content)} bytes, over {MAXIMUM_BYTES}")
    try:
        lines = canonical_text(content.decode("utf-8-sig")).split("\n")
    except UnicodeDecodeError as error:
        raise WordListError("WORDS_INVALID", f"byte {error.start} is not UTF-8") from None
    categories: dict[str, str] = {}
    category = UNSORTED
    for number, line in enumerate(lines, start=1):
        told = line.strip()
        if told.startswith("[") and told.endswith("]"):
            category = _checked(told[1:-1].strip(), MAXIMUM_CATEGORY_CHARS, number)
        elif told and not told.startswith("#"):
            categories.setdefault(_fold(_checked(told, MAXIMUM_WORD_CHARS, number)), category)
    if not categories:
        raise WordListError("WORDS_INVALID", "there is no word in it")
    return SensitiveWords(
        hashlib.sha256(content).hexdigest(),
        tuple(categories),
        tuple(categories.values()),
        AhoCorasick(list(categories)),
    )


def _checked(text: str, limit: int, number: int) -> str:
    if not 0 < len(text) <= limit:
        raise WordListError("WORDS_INVALID", f"line {number}: {len(text)} characters, not 1 to {limit}")
    return text


def _fold(text: str) -> str:
    """Lower case, each character in its place; one whose lower case is longer stays as it is."""
    lower = text.lower()
    if len(lower) == len(text):
        return lower
    return "".join(folded if len(folded := character.lower()) == 1 else character for character in text)


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Not a part of a longer word, where the script divides words."""
    return not (
        (start > 0 and _is_spaced_letter(text[start]) and _is_spaced_letter(text[start - 1]))
        or (end < len(text) and _is_spaced_letter(text[end - 1]) and _is_spaced_letter(text[end]))
    )


def _is_spaced_letter(character: str) -> bool:
    return ord(character) < _FIRST_UNSPACED and (character.isalnum() or character == "_")
