"""Sketches: a keyed sample of a text collection's shingles, by which two collections that never meet are compared.

Every shingle is hashed under a key; the sketch keeps the hashes that lie in the lowest 2^-rate of all (FracMinHash). A
shingle is therefore in the samples of both collections or of neither, and what share of one occurs in the other shows
in the samples. Who picks texts without knowing the key picks them blindly as to what is sampled, so each key is drawn
when the texts it is for are fixed.

A listed dataset's sketch also tells how many tokens each shingle stands for: a document's tokens are spread evenly over
its shingles. These weights run over powers of ten, so the tokens are summed up by stratum (weights of equal bit length)
over all shingles, sampled or not.
"""

from collections.abc import Collection, Iterable
from hashlib import blake2b
from typing import Any, NamedTuple, NoReturn

import numpy as np
import numpy.typing as npt

from exchange.assay.duplicates import shingles
from exchange.assay.errors import SketchError
from exchange.assay.sketch_files import Header, join_file, split_file

HASH = "BLAKE2b of 8 bytes, salted with the key, as a little-endian integer"
KEY_BYTES = 16
CORPUS_FORMAT = "tlx-sketch/1"
LISTED_FORMAT = "tlx-listed-sketch/1"
MICRO = 1_000_000
"""Weights are in millionths of an RTU."""
SAMPLED = 8_192
"""The least hashes that a dataset's sketch is to have, where it has so many shingles."""
LEAST_RATE_LOG2 = 2
MOST_RATE_LOG2 = 40
POPULATION = 1 << 21
"""Shingles over which strata are summed; of a dataset with more, as many are sampled."""
_PENDING = 1 << 20

Hashes = npt.NDArray[np.uint64]
Weights = npt.NDArray[np.int64]


class Sketch(NamedTuple):
    """Rising hashes under `key`, each below 2^(64 - rate_log2)."""

    key: bytes
    rate_log2: int
    hashes: Hashes

    def thinned(self, rate_log2: int) -> "Sketch":
        """The part that a sketch of this, lower rate would have."""
        return Sketch(self.key, rate_log2, self.hashes[: _count_below(self.hashes, rate_log2)])

    def document(self) -> bytes:
        return join_file(_head(CORPUS_FORMAT, self), self.hashes)


class ListedSketch(NamedTuple):
    """A dataset's sketch with each hash's weight; `strata` has all weights summed up, by bit length of the weight."""

    sketch: Sketch
    weights: Weights
    strata: dict[int, int]

    @property
    def total(self) -> int:
        return sum(self.strata.values())

    def thinned(self, rate_log2: int) -> "ListedSketch":
        sketch = self.sketch.thinned(rate_log2)
        return ListedSketch(sketch, self.weights[: len(sketch.hashes)], self.strata)

    def document(self) -> bytes:
        strata = {str(bits): total for bits, total in self.strata.items()}
        return join_file(_head(LISTED_FORMAT, self.sketch) | {"strata": strata}, self.sketch.hashes, self.weights)


def parameters() -> dict[str, Any]:
    """What a certificate says of how sketches are made."""
    return {
        "hash": HASH,
        "least_rate_log2": LEAST_RATE_LOG2,
        "sampled": SAMPLED,
        "population": POPULATION,
    }


def shingle_hashes(key: bytes, distinct: Collection[str]) -> Hashes:
    """One hash for each of a document's distinct shingles, in their order."""
    digests = b"".join([blake2b(each.encode(), digest_size=8, salt=key).digest() for each in distinct])
    return np.frombuffer(digests, dtype="<u8")


class Sketcher:
    """The sketch of a corpus, document by document, in bounded memory.

    Where it would have more than `limit` hashes, it goes down to half the rate, as often as it takes.
    """

    def __init__(self, key: bytes, rate_log2: int, limit: int) -> None:
        self._key = key
        self._rate_log2 = rate_log2
        self._limit = limit
        self._pending: list[Hashes] = []
        self._count = 0
        self._kept: Hashes = np.empty(0, dtype=np.uint64)

    def add(self, text: str) -> None:
        hashes = shingle_hashes(self._key, shingles(text))
        sampled = hashes[_are_below(hashes, self._rate_log2)]
        self._pending.append(sampled)
        self._count += len(sampled)
        if self._count > _PENDING:
            self._merge()

    def sketch(self) -> Sketch:
        self._merge()
        return Sketch(self._key, self._rate_log2, self._kept)

    def _merge(self) -> None:
        self._kept = np.unique(np.concatenate([self._kept, *self._pending]))
        while len(self._kept) > self._limit:
            self._rate_log2 += 1
            self._kept = self._kept[: _count_below(self._kept, self._rate_log2)]
        self._pending, self._count = [], 0


class DatasetSketcher:
    """A dataset's sketch, document by document, in bounded memory.

    It goes over all shingles with their weights, or over a sample where they are too many. The rate is chosen, unless
    it is named, so that SAMPLED to twice as many hashes are kept, and never more than every fourth.
    """

    def __init__(self, key: bytes, rate_log2: int | None = None) -> None:
        self._key = key
        self._wanted_log2 = rate_log2
        self._total = 0
        self._rate_log2 = 0
        self._pending: list[tuple[Hashes, Weights]] = []
        self._count = 0

    def add(self, distinct: Collection[str], rtu: int) -> None:
        """A document's distinct shingles, and its RTU."""
        if not distinct:
            return
        hashes, weight = shingle_hashes(self._key, distinct), rtu * MICRO // len(distinct)
        self._total += weight * len(hashes)
        sampled = hashes[_are_below(hashes, self._rate_log2)]
        self._pending.append((sampled, np.full(len(sampled), weight, dtype=np.int64)))
        self._count += len(sampled)
        if self._count > POPULATION + _PENDING:
            self._merge()

    def sketch(self) -> ListedSketch:
        self._merge()
        ((hashes, weights),) = self._pending
        distinct = len(hashes) << self._rate_log2
        chosen = max(LEAST_RATE_LOG2, (distinct // SAMPLED).bit_length() - 1)
        rate_log2 = max(chosen if self._wanted_log2 is None else self._wanted_log2, self._rate_log2)
        count = _count_below(hashes, rate_log2)
        strata = _strata(weights, self._total)
        return ListedSketch(Sketch(self._key, rate_log2, hashes[:count]), weights[:count], strata)

    def _merge(self) -> None:
        none = np.empty(0, dtype=np.uint64), np.empty(0, dtype=np.int64)
        hashes, weights = _summed(*map(np.concatenate, zip(none, *self._pending, strict=True)))
        while len(hashes) > POPULATION:
            self._rate_log2 += 1
            hashes = hashes[: _count_below(hashes, self._rate_log2)]
        self._pending, self._count = [(hashes, weights[: len(hashes)])], len(hashes)


def sketch_corpus(key: bytes, rate_log2: int, texts: Iterable[str], limit: int = POPULATION) -> Sketch:
    sketcher = Sketcher(key, rate_log2, limit)
    for text in texts:
        sketcher.add(text)
    return sketcher.sketch()


def sketch_dataset(key: bytes, documents: Iterable[tuple[str, int]], rate_log2: int | None = None) -> ListedSketch:
    """Of documents given as (canonical text, RTU)."""
    sketcher = DatasetSketcher(key, rate_log2)
    for text, rtu in documents:
        sketcher.add(shingles(text), rtu)
    return sketcher.sketch()


def read_sketch(content: bytes) -> Sketch:
    """A corpus's sketch as it comes over the wire; SketchError SKETCH_MALFORMED."""
    header, (hashes,) = split_file(content, CORPUS_FORMAT, ("<u8",))
    return _checked(header, hashes)


def read_listed(content: bytes) -> ListedSketch:
    """A dataset's sketch as `ListedSketch.document` writes it; SketchError SKETCH_MALFORMED."""
    header, (hashes, weights) = split_file(content, LISTED_FORMAT, ("<u8", "<i8"))
    strata = header.get("strata")
    if not isinstance(strata, dict):
        _malformed("it has no strata")
    return ListedSketch(_checked(header, hashes), weights, {int(bits): int(total) for bits, total in strata.items()})


def _summed(hashes: Hashes, weights: Weights) -> tuple[Hashes, Weights]:
    """Each hash once, rising, with the sum of its weights."""
    order = np.argsort(hashes, kind="stable")
    hashes, weights = hashes[order], weights[order]
    starts = np.flatnonzero(np.append(True, hashes[1:] != hashes[:-1])) if len(hashes) else np.empty(0, dtype=np.int64)
    return hashes[starts], np.add.reduceat(weights, starts) if len(starts) else weights


def _strata(weights: Weights, total: int) -> dict[int, int]:
    """Weights summed up by bit length, and scaled to the whole where they are of a sample."""
    bits = bit_lengths(weights)
    sums = {int(each): int(weights[bits == each].sum()) for each in np.unique(bits)}
    sampled = sum(sums.values())
    return {each: summed * total // sampled for each, summed in sums.items()} if sampled else {}


def bit_lengths(weights: Weights) -> npt.NDArray[np.int64]:
    """Exact, unlike a logarithm."""
    powers = np.array([1 << bits for bits in range(63)], dtype=np.int64)
    return np.searchsorted(powers, weights, side="right").astype(np.int64)


def _are_below(hashes: Hashes, rate_log2: int) -> npt.NDArray[np.bool_]:
    if not rate_log2:
        return np.ones(len(hashes), dtype=np.bool_)
    return hashes < np.uint64(1 << (64 - rate_log2))


def _count_below(rising: Hashes, rate_log2: int) -> int:
    return int(np.searchsorted(rising, np.uint64(1 << (64 - rate_log2)))) if rate_log2 else len(rising)


def _head(name: str, sketch: Sketch) -> Header:
    return {"format": name, "hashes": len(sketch.hashes), "key": sketch.key.hex(), "rate_log2": sketch.rate_log2}


def _checked(header: Header, hashes: Hashes) -> Sketch:
    key, rate_log2 = header.get("key"), header.get("rate_log2")
    if not isinstance(key, str) or type(rate_log2) is not int or not 1 <= rate_log2 <= MOST_RATE_LOG2:
        _malformed("key or rate is missing, or of the wrong kind")
    try:
        raw = bytes.fromhex(key)
    except ValueError:
        raw = b""
    if len(raw) != KEY_BYTES:
        _malformed(f"the key is not {KEY_BYTES} bytes in hex")
    if len(hashes) and (bool((hashes[1:] <= hashes[:-1]).any()) or int(hashes[-1]) >> (64 - rate_log2)):
        _malformed("the hashes do not rise, or lie outside the rate")
    return Sketch(raw, rate_log2, hashes)


def _malformed(detail: str) -> NoReturn:
    raise SketchError("SKETCH_MALFORMED", detail)
