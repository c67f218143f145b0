"""RTU-1, the reference token unit: one token of a pinned vocabulary, counted on canonical text.

The vocabulary is the 151,643 ranks published with Qwen, known by its SHA-256 alone; whoever holds another file counts
another unit. Each document is encoded whole and alone, with no special tokens: cutting documents into chunks of 2,000
characters would count 0.6 % more. tiktoken's count decides; quicktok, an independent implementation, must agree.
"""

import binascii
import hashlib
import re

import quicktok
import tiktoken

from exchange.assay.errors import CountError, VocabularyError

RTU_VERSION = "RTU-1"
VOCABULARY_SHA256 = "b2b1b8dfb5cc5f024bafc373121c6aba3f66f9a5a0269e243470a1de16a33186"
VOCABULARY_RANKS = 151_643
# As published with the vocabulary: every digit is a token of its own, and a word takes one leading sign or space.
SPLIT_PATTERN = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
# tiktoken's splitter panics beyond a million; no document of use comes near.
LONGEST_BLANK_CHARS = 500_000
_BLANKS = re.compile(r"[^\S\r\n]+")


class TokenCounter:
    """Counts RTU-1 of canonical text; made from the vocabulary's bytes and refused for any others."""

    def __init__(self, vocabulary: bytes) -> None:
        """Raises VocabularyError unless `vocabulary` is the file of RTU-1."""
        found = hashlib.sha256(vocabulary).hexdigest()
        if found != VOCABULARY_SHA256:
            raise VocabularyError("VOCABULARY_UNKNOWN", f"SHA-256 {found}; RTU-1 is {VOCABULARY_SHA256}")
        self._encoding = tiktoken.Encoding(
            RTU_VERSION, pat_str=SPLIT_PATTERN, mergeable_ranks=_ranks(vocabulary), special_tokens={}
        )
        self._second = quicktok.get_encoding("qwen3")

    def count(self, text: str) -> int:
        """Tokens of one document in canonical text; none for an empty one. Text like `<|endoftext|>` is text.

        Raises CountError for a run of more than half a million blanks, which exhausts the splitter's stack.
        """
        check_countable(text)
        return len(self._encoding.encode_ordinary(text))

    def second_count(self, text: str) -> int:
        """The second implementation's count, which decides nothing."""
        count: int = self._second.count(text)
        return count

    def checked_count(self, text: str) -> int:
        """As `count`; raises CountError where the second implementation counts differently."""
        first, second = self.count(text), self.second_count(text)
        if first != second:
            raise CountError("TOKENIZER_DISAGREEMENT", f"tiktoken counts {first}, quicktok {second}")
        return first


def check_countable(text: str) -> None:
    """Raises CountError where no tokenizer can split the text."""
    if len(text) > LONGEST_BLANK_CHARS and _longest_blank(text) > LONGEST_BLANK_CHARS:
        raise CountError("TEXT_NOT_COUNTABLE", f"a run of over {LONGEST_BLANK_CHARS} blanks")


def _longest_blank(text: str) -> int:
    return max(map(len, _BLANKS.findall(text)), default=0)


def _ranks(vocabulary: bytes) -> dict[bytes, int]:
    """The file has a line `base64(token) rank` for each token; its hash is already known to be right."""
    try:
        pairs = (line.split() for line in vocabulary.splitlines())
        ranks = {binascii.a2b_base64(token): int(rank) for token, rank in pairs}
    except ValueError as error:
        raise AssertionError("the pinned vocabulary does not parse") from error
    assert len(ranks) == VOCABULARY_RANKS
    return ranks
