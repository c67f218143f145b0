"""Exact and near duplicates among the documents of one dataset.

Exact: equal SHA-256 of canonical text. Near: the share of shingles two documents have in common (Jaccard) is estimated
from MinHash digests of 128 slots (Broder 1997); candidates come from banding (32 bands of 4 slots: a pair at the
threshold is missed once in 6,000), the estimate is checked, and clusters are joined. All results are integers and do
not depend on the order in which documents were scanned.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from rensa import RMinHash

from exchange.assay.language import is_cjk

SLOTS = 128
SEED = 42
ALGORITHM = "rensa RMinHash 2"
SHINGLE_CHARS_CJK = 5
SHINGLE_WORDS = 5
THRESHOLD_PPM = 700_000
BANDS = 32
SLOTS_PER_BAND = SLOTS // BANDS
# In a bucket, each document is compared with the first 32 of it only, so that a set of a million like documents stays
# linear; those are joined through the first ones anyway.
COMPARED_PER_BUCKET = 32
DIGEST_BYTES = SLOTS * 4
_EQUAL_SLOTS = -(-THRESHOLD_PPM * SLOTS // 1_000_000)

_MIX = np.uint64(0x9E37_79B9_7F4A_7C15)

Digests = npt.NDArray[np.uint32]


class Duplicates(NamedTuple):
    """`exact` and `near` flag, for each document, whether an earlier one is equal to it or in its cluster.

    An exact duplicate is a near one too. `clusters` gives each document the index of its cluster's first document.
    """

    exact: list[bool]
    near: list[bool]
    clusters: list[int]


def shingles(text: str) -> set[str]:
    """Runs of five characters where words are not divided by spaces, else of five words; short texts are one run."""
    if is_cjk(text):
        return {text[i : i + SHINGLE_CHARS_CJK] for i in range(max(1, len(text) - SHINGLE_CHARS_CJK + 1))}
    words = text.split()
    if len(words) <= SHINGLE_WORDS:
        return {" ".join(words)} if words else set()
    columns = (words[offset:] for offset in range(SHINGLE_WORDS))
    return set(map(" ".join, zip(*columns, strict=False)))


def minhash_digests(shingle_sets: Sequence[set[str]]) -> bytes:
    """One digest of 128 little-endian u32 for each set, one after another; an empty set has all bits set."""
    if not shingle_sets:
        return b""
    rows = RMinHash.digest_matrix_from_token_sets(shingle_sets, SLOTS, SEED).to_rows()
    return np.array(rows, dtype="<u4").tobytes()


def find_duplicates(sha256s: Sequence[bytes], digests: bytes) -> Duplicates:
    """Flags and clusters of documents given by SHA-256 and, in the same order, by MinHash digest."""
    table = np.frombuffer(digests, dtype="<u4").reshape(len(sha256s), SLOTS)
    clusters = _Clusters(len(sha256s))
    distinct: dict[bytes, int] = {}
    for index in range(len(sha256s)):
        clusters.join(distinct.setdefault(digests[index * DIGEST_BYTES : (index + 1) * DIGEST_BYTES], index), index)
    for first, later in _similar_pairs(table, np.array(list(distinct.values()), dtype=np.int64)):
        clusters.join(first, later)
    roots = [clusters.first(index) for index in range(len(sha256s))]
    return Duplicates(_repeats(sha256s), [root != index for index, root in enumerate(roots)], roots)


def _repeats(sha256s: Sequence[bytes]) -> list[bool]:
    seen: set[bytes] = set()
    flags = []
    for sha256 in sha256s:
        flags.append(sha256 in seen)
        seen.add(sha256)
    return flags


def _similar_pairs(table: Digests, distinct: npt.NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Pairs among the `distinct` rows, the earlier first, that share a band and agree in enough slots."""
    rows = table[distinct]
    codes: set[int] = set()
    for band in range(BANDS):
        codes.update(_bucket_pairs(band_keys(rows, band), len(rows)))
    pairs = np.array(sorted(codes), dtype=np.int64)
    for start in range(0, len(pairs), 65_536):
        first, later = np.divmod(pairs[start : start + 65_536], len(rows))
        equal = (rows[first] == rows[later]).sum(axis=1) >= _EQUAL_SLOTS
        yield from zip(distinct[first[equal]].tolist(), distinct[later[equal]].tolist(), strict=True)


def band_keys(rows: Digests, band: int) -> npt.NDArray[np.uint64]:
    """One number for each row's band. Two bands that meet in one by chance only cost a comparison."""
    keys = np.zeros(len(rows), dtype=np.uint64)
    for slot in range(band * SLOTS_PER_BAND, (band + 1) * SLOTS_PER_BAND):
        keys = keys * _MIX + rows[:, slot]
    return keys


def _bucket_pairs(keys: npt.NDArray[np.uint64], count: int) -> Iterable[int]:
    """Pairs of rows with one key, each as earlier * count + later."""
    order = np.argsort(keys, kind="stable")
    edges = np.flatnonzero(np.diff(keys[order])) + 1
    starts, ends = np.append(0, edges), np.append(edges, len(keys))
    shared = ends - starts > 1
    for start, end in zip(starts[shared].tolist(), ends[shared].tolist(), strict=True):
        bucket = order[start:end].tolist()
        for place, later in enumerate(bucket):
            for first in bucket[: min(place, COMPARED_PER_BUCKET)]:
                yield first * count + later


class _Clusters:
    """Union-find in which the smallest index stands for its cluster."""

    def __init__(self, size: int) -> None:
        self._parents = list(range(size))

    def first(self, index: int) -> int:
        while self._parents[index] != index:
            self._parents[index] = self._parents[self._parents[index]]
            index = self._parents[index]
        return index

    def join(self, left: int, right: int) -> None:
        low, high = sorted((self.first(left), self.first(right)))
        self._parents[high] = low
