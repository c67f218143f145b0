"""Tokens in other vocabularies beside RTU-1, as factors of conversion.

Counting all of them on every document would cost a third of the assay, so a sample that nobody chooses is counted:
the first documents, and after those one of eight by SHA-256.
"""

from collections.abc import Callable
from functools import cache

import quicktok

# By quicktok's name, with the stem of its file.
VOCABULARIES = {"cl100k_base": "cl100k", "llama3": "llama3", "o200k_base": "o200k"}
FIRST_DOCUMENTS = 64
ONE_OF = 8


def is_counted(index: int, sha256: bytes) -> bool:
    return index < FIRST_DOCUMENTS or sha256[0] % ONE_OF == 0


def other_counts(text: str) -> tuple[int, ...]:
    """Tokens in each vocabulary, in order of name; text like a special token is text."""
    return tuple([count(text) for count in _counters()])


@cache
def _counters() -> list[Callable[[str], int]]:
    return [quicktok.get_encoding(name).count for name in sorted(VOCABULARIES)]
