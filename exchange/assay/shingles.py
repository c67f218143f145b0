"""Shingles of many documents at once, as 64-bit hashes: no string is made for any of them.

A shingle is five units: characters where words are not divided by spaces, else words. A word is hashed from its
characters, a shingle from its five units; both sums are polynomials modulo 2^64 with mixing before and after, so that
equal shingles meet and others do so once in 2^64. Blanks are those of `str.split`.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from exchange.assay.language import is_cjk

SHINGLE_CHARS_CJK = 5
SHINGLE_WORDS = 5
HASH = "tlx shingle 1"

Hashes = npt.NDArray[np.uint64]
Offsets = npt.NDArray[np.int64]
_LAST_BLANK = 0x3000
_BLANK = np.array([chr(point).isspace() for point in range(_LAST_BLANK + 2)])
_CHARACTER_FACTOR = np.uint64(0xD1342543DE82EF95)
_CHARACTER_INVERSE = np.uint64(pow(int(_CHARACTER_FACTOR), -1, 2**64))
_UNIT_FACTOR = np.uint64(0x9E3779B97F4A7C15)
# As many as a part of the dataset has characters, so that they are raised once.
_LEAST_POWERS = 1 << 19
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)


class Shingles(NamedTuple):
    """The shingles of document i are `hashes[offsets[i] : offsets[i + 1]]`, in order of place and with repeats."""

    hashes: Hashes
    offsets: Offsets


def shingle_hashes(texts: Sequence[str]) -> Shingles:
    """A text shorter than a shingle is one; blank text has none."""
    by_character = [is_cjk(text) for text in texts]
    characters = _windows(*_characters([text for text, flag in zip(texts, by_character, strict=True) if flag]))
    words = _windows(*_words([text for text, flag in zip(texts, by_character, strict=True) if not flag]))
    return _interleaved(characters, words, np.array(by_character, dtype=bool))


def _characters(texts: Sequence[str]) -> tuple[Hashes, Offsets]:
    """A unit for each character, and where each text's begin."""
    offsets = np.cumsum([0, *map(len, texts)], dtype=np.int64)
    return _mixed(_code_points("".join(texts))), offsets


def _words(texts: Sequence[str]) -> tuple[Hashes, Offsets]:
    """A unit for each word, and where each text's begin."""
    points = _code_points("\n".join(["", *texts, ""]))
    blank = _BLANK[np.minimum(points, _LAST_BLANK + 1)]
    edges = np.flatnonzero(blank[1:] != blank[:-1]) + 1
    starts, ends = edges[::2], edges[1::2]
    factors, inverses = _powers(max(_LEAST_POWERS, 1 << (len(points) - 1).bit_length()))
    sums = np.zeros(len(points) + 1, dtype=np.uint64)
    np.cumsum(_mixed(points) * factors[: len(points)], out=sums[1:])
    first_places = np.cumsum([1, *(len(text) + 1 for text in texts)], dtype=np.int64)
    return _mixed((sums[ends] - sums[starts]) * inverses[starts]), np.searchsorted(starts, first_places)


def _windows(units: Hashes, offsets: Offsets) -> Shingles:
    """Every five units in a row of one text; where it has fewer, those it has."""
    counts = np.diff(offsets)
    padding = SHINGLE_WORDS - 1
    padded = np.zeros(len(units) + padding * len(counts) + padding, dtype=np.uint64)
    text_of = np.repeat(np.arange(len(counts)), counts)
    places = np.arange(len(units)) + padding * text_of
    padded[places] = units
    hashes = padded[: len(padded) - padding].copy()
    for step in range(1, SHINGLE_WORDS):
        hashes *= _UNIT_FACTOR
        hashes += padded[step : len(padded) - padding + step]
    shingles = np.where(counts > padding, counts - padding, np.minimum(counts, 1))
    kept = np.arange(len(units)) - offsets[:-1][text_of] < shingles[text_of]
    return Shingles(_mixed(hashes[places[kept]]), np.append(0, np.cumsum(shingles)))


def _interleaved(ones: Shingles, others: Shingles, is_one: npt.NDArray[np.bool_]) -> Shingles:
    """The texts of both in their first order."""
    if not is_one.any():
        return others
    if is_one.all():
        return ones
    counts = np.zeros(len(is_one), dtype=np.int64)
    counts[is_one], counts[~is_one] = np.diff(ones.offsets), np.diff(others.offsets)
    of_one = np.repeat(is_one, counts)
    hashes = np.empty(len(of_one), dtype=np.uint64)
    hashes[of_one], hashes[~of_one] = ones.hashes, others.hashes
    return Shingles(hashes, np.append(0, np.cumsum(counts)))


def _code_points(text: str) -> npt.NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le"), dtype="<u4")


def _mixed(values: npt.NDArray[np.unsignedinteger]) -> Hashes:
    """SplitMix64's finaliser: every bit of the value sways every bit of the result."""
    mixed = values.astype(np.uint64) + _UNIT_FACTOR
    mixed ^= mixed >> np.uint64(30)
    mixed *= _MIX_1
    mixed ^= mixed >> np.uint64(27)
    mixed *= _MIX_2
    mixed ^= mixed >> np.uint64(31)
    return mixed


@lru_cache(maxsize=2)
def _powers(count: int) -> tuple[Hashes, Hashes]:
    """The first powers of the factor of characters, and their inverses modulo 2^64."""
    factors, inverses = np.ones((2, count), dtype=np.uint64)
    np.cumprod(np.full(count - 1, _CHARACTER_FACTOR), out=factors[1:])
    np.cumprod(np.full(count - 1, _CHARACTER_INVERSE), out=inverses[1:])
    return factors, inverses
