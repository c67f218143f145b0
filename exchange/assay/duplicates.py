"""Exact and near duplicates among the documents of one dataset.

Exact: equal SHA-256 of canonical text. Near: the share of shingles two documents have in common (Jaccard) is estimated
from MinHash digests of 128 slots (Broder 1997); candidates come from banding (32 bands of 4 slots: a pair at the
threshold is missed once in 6,000), the estimate is checked, and clusters are joined. All results are integers and do
not depend on the order in which documents were scanned.
"""

import hashlib
from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from rensa import RMinHash

from exchange.assay.language import is_cjk
from exchange.assay.shingles import SHINGLE_CHARS_CJK, SHINGLE_WORDS, shingle_hashes

SLOTS = 128
SEED = 42
ALGORITHM = "rensa RMinHash 2"
THRESHOLD_PPM = 700_000
BANDS = 32
SLOTS_PER_BAND = SLOTS // BANDS
# In a bucket, each document is compared with the first 32 of it only, so that a set of a million like documents stays
# linear; those are joined through the first ones anyway.
COMPARED_PER_BUCKET = 32
DIGEST_BYTES = SLOTS * 4
SHA256_BYTES = 32
_EQUAL_SLOTS = -(-THRESHOLD_PPM * SLOTS // 1_000_000)
_BLOCK_ROWS = 65_536

_MIX = np.uint64(0x9E37_79B9_7F4A_7C15)

Digests = npt.NDArray[np.uint32]
_Keys = npt.NDArray[np.uint64]
Scratch = Callable[[int, int], AbstractContextManager[_Keys]]
"""Makes a table of u64 of so many rows and columns, which may lie in a file."""
_Indexes = npt.NDArray[np.int64]


class Duplicates(NamedTuple):
    """`exact` and `near` flag, for each document, whether an earlier one is equal to it or in its cluster.

    An exact duplicate is a near one too. `clusters` gives each document the index of its cluster's first document.
    """

    exact: bytearray
    near: bytearray
    clusters: "array[int]"


def shingles(text: str) -> set[str]:
    """Runs of five characters where words are not divided by spaces, else of five words; short texts are one run."""
    if is_cjk(text):
        return {text[i : i + SHINGLE_CHARS_CJK] for i in range(max(1, len(text) - SHINGLE_CHARS_CJK + 1))}
    words = text.split()
    if len(words) <= SHINGLE_WORDS:
        return {" ".join(words)} if words else set()
    columns = (words[offset:] for offset in range(SHINGLE_WORDS))
    return set(map(" ".join, zip(*columns, strict=False)))


def minhash_digests(texts: Sequence[str]) -> bytes:
    """One digest of 128 little-endian u32 for each text's shingles, one after another; of blank text, all bits set."""
    if not texts:
        return b""
    found = shingle_hashes(texts)
    matrix = RMinHash.digest_matrix_from_flat_token_hashes(found.hashes, found.offsets.astype(np.uint64), SLOTS, SEED)
    return np.array(matrix.to_rows(), dtype="<u4").tobytes()


def duplicates_among(texts: Sequence[str]) -> Duplicates:
    """Of texts at hand."""
    sha256s = b"".join([hashlib.sha256(text.encode()).digest() for text in texts])
    table = np.frombuffer(sha256s, dtype=np.uint8).reshape(-1, SHA256_BYTES)
    return find_duplicates(table, np.frombuffer(minhash_digests(texts), dtype="<u4").reshape(-1, SLOTS))


def find_duplicates(sha256s: npt.NDArray[np.uint8], digests: Digests, scratch: Scratch | None = None) -> Duplicates:
    """Flags and clusters of documents given by SHA-256 and, in the same order, by MinHash digest; a row for each.

    Rows are read in blocks, so both may be files mapped into memory, as may be what `scratch` makes.
    """
    count = len(digests)
    sha256_words = sha256s.view("<u8")
    clusters = _Clusters(count)
    first, later = _equal_rows(digests.view("<u8"), _row_keys(digests))
    clusters.join(first, later)
    distinct = np.setdiff1d(np.arange(count), later, assume_unique=True)
    _join_similar(digests, distinct, clusters, scratch or _in_memory)
    roots = clusters.roots(np.arange(count))
    exact = np.zeros(count, dtype=np.uint8)
    exact[_equal_rows(sha256_words, sha256_words[:, 0])[1]] = 1
    near = roots != np.arange(count)
    return Duplicates(bytearray(exact), bytearray(near.astype(np.uint8)), array("q", roots.tobytes()))


def _in_memory(rows: int, columns: int) -> AbstractContextManager[_Keys]:
    return nullcontext(np.zeros((rows, columns), dtype=np.uint64))


def _row_keys(digests: Digests) -> _Keys:
    """One number for each row."""
    keys = np.zeros(len(digests), dtype=np.uint64)
    for start in range(0, len(digests), _BLOCK_ROWS):
        block = digests[start : start + _BLOCK_ROWS]
        for slot in range(SLOTS):
            keys[start : start + len(block)] = keys[start : start + len(block)] * _MIX + block[:, slot]
    return keys


def _equal_rows(rows: _Keys, keys: _Keys) -> tuple[_Indexes, _Indexes]:
    """Each row that an earlier one is equal to, with the first such, where equal rows have equal keys."""
    firsts, laters = list[int](), list[int]()
    order, starts, ends = _runs(keys)
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        seen: dict[bytes, int] = {}
        for index in order[start:end].tolist():
            first = seen.setdefault(rows[index].tobytes(), index)
            if first != index:
                firsts.append(first)
                laters.append(index)
    return np.array(firsts, dtype=np.int64), np.array(laters, dtype=np.int64)


def _join_similar(digests: Digests, distinct: _Indexes, clusters: "_Clusters", scratch: Scratch) -> None:
    """Join the `distinct` rows that share a band and agree in enough slots."""
    with scratch(BANDS, len(distinct)) as bands:
        for start in range(0, len(distinct), _BLOCK_ROWS):
            block = digests[distinct[start : start + _BLOCK_ROWS]]
            for band in range(BANDS):
                bands[band, start : start + len(block)] = band_keys(block, band)
        for band in range(BANDS):
            for first, later in _bucket_pairs(bands[band]):
                _join_pairs(digests, distinct[first], distinct[later], clusters)


def _join_pairs(digests: Digests, first: _Indexes, later: _Indexes, clusters: "_Clusters") -> None:
    for start in range(0, len(first), _BLOCK_ROWS):
        left, right = first[start : start + _BLOCK_ROWS], later[start : start + _BLOCK_ROWS]
        apart = clusters.roots(left) != clusters.roots(right)
        left, right = left[apart], right[apart]
        alike = (digests[left] == digests[right]).sum(axis=1) >= _EQUAL_SLOTS
        clusters.join(left[alike], right[alike])


def band_keys(rows: Digests, band: int) -> _Keys:
    """One number for each row's band. Two bands that meet in one by chance only cost a comparison."""
    keys = np.zeros(len(rows), dtype=np.uint64)
    for slot in range(band * SLOTS_PER_BAND, (band + 1) * SLOTS_PER_BAND):
        keys = keys * _MIX + rows[:, slot]
    return keys


def _bucket_pairs(keys: _Keys) -> Iterator[tuple[_Indexes, _Indexes]]:
    """Pairs of rows with one key, each later one with the first of its bucket, then with the second, and so on."""
    order, starts, ends = _runs(keys)
    sizes = ends - starts
    firsts = np.repeat(starts, sizes)
    places = np.arange(len(firsts)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    for compared in range(COMPARED_PER_BUCKET):
        kept = places > compared
        firsts, places = firsts[kept], places[kept]
        if not len(places):
            return
        yield order[firsts + compared], order[firsts + places]


def _runs(keys: _Keys) -> tuple[_Indexes, _Indexes, _Indexes]:
    """Rows in order of key, then of place, and where each run of several with one key starts and ends."""
    order = np.argsort(keys, kind="stable")
    edges = np.flatnonzero(np.diff(keys[order])) + 1
    starts, ends = np.append(0, edges), np.append(edges, len(keys))
    shared = ends - starts > 1
    return order, starts[shared], ends[shared]


class _Clusters:
    """Union-find in which the smallest index stands for its cluster."""

    def __init__(self, size: int) -> None:
        self._parents = array("q", np.arange(size).tobytes())
        self._table = np.frombuffer(self._parents, dtype=np.int64)

    def roots(self, indexes: _Indexes) -> _Indexes:
        """The first index of each one's cluster."""
        roots = self._table[indexes]
        while True:
            above = self._table[roots]
            if np.array_equal(above, roots):
                return roots
            roots = above

    def join(self, left: _Indexes, right: _Indexes) -> None:
        for pair in zip(left.tolist(), right.tolist(), strict=True):
            low, high = sorted(map(self._first, pair))
            self._parents[high] = low

    def _first(self, index: int) -> int:
        parents = self._parents
        while parents[index] != index:
            parents[index] = parents[parents[index]]
            index = parents[index]
        return index
