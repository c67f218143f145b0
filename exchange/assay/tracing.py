"""Where documents came from: their hashes and MinHash digests against those of listed lots.

A document is found exactly by the SHA-256 of its canonical text, unless it is blank, else nearly where its estimated
Jaccard similarity to a listed one is at least a half: lower than among duplicates, since what leaks has often been
edited. Banding misses one in eight pairs of just a half, and one in a thousand of 0.65.
"""

import hashlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from exchange.assay.duplicates import (
    BANDS,
    COMPARED_PER_BUCKET,
    DIGEST_BYTES,
    SLOTS,
    Digests,
    band_keys,
    minhash_digests,
)
from exchange.assay.errors import SketchError
from exchange.assay.sketch_files import join_file, split_file

FORMAT = "tlx-document-sketches/1"
NEAR_PPM = 500_000
SHA256_BYTES = 32
_EQUAL_SLOTS = -(-NEAR_PPM * SLOTS // 1_000_000)
_ROWS_COMPARED = 65_536
_KINDS = (f"V{SHA256_BYTES}", f"V{DIGEST_BYTES}")

Flags = npt.NDArray[np.bool_]


class DocumentSketches(NamedTuple):
    """SHA-256 and MinHash digest of each document, end to end."""

    sha256s: bytes
    digests: bytes

    @property
    def size(self) -> int:
        return len(self.sha256s) // SHA256_BYTES

    def hashes(self) -> list[bytes]:
        return [self.sha256s[start : start + SHA256_BYTES] for start in range(0, len(self.sha256s), SHA256_BYTES)]

    def document(self) -> bytes:
        """As it is kept and sent."""
        arrays = (np.frombuffer(part, dtype=kind) for part, kind in zip(self, _KINDS, strict=True))
        return join_file({"format": FORMAT, "hashes": self.size}, *arrays)

    def table(self) -> Digests:
        return np.frombuffer(self.digests, dtype="<u4").reshape(self.size, SLOTS)


class Matches(NamedTuple):
    """For each listed document, whether an equal one leaked, or a near one and no equal; of leaked ones likewise."""

    listed_exact: Flags
    listed_near: Flags
    leaked_exact: Flags
    leaked_near: Flags


def sketch_documents(texts: Sequence[str]) -> DocumentSketches:
    """Of documents in canonical text."""
    sha256s = b"".join(hashlib.sha256(text.encode()).digest() for text in texts)
    return DocumentSketches(sha256s, minhash_digests(texts))


def read_document_sketches(content: bytes) -> DocumentSketches:
    """SketchError SKETCH_MALFORMED, or SKETCH_TOO_SMALL where there is not one document."""
    _, (sha256s, digests) = split_file(content, FORMAT, _KINDS)
    if not len(sha256s):
        raise SketchError("SKETCH_TOO_SMALL", "there is no document")
    return DocumentSketches(sha256s.tobytes(), digests.tobytes())


def match_documents(leaked: DocumentSketches, listed: DocumentSketches) -> Matches:
    leaked_hashes, listed_hashes = leaked.hashes(), listed.hashes()
    # Blank documents are alike everywhere, and an empty file is in nearly every source tree: they show nothing.
    telling = (leaked_hashes[row] for row in _with_shingles(leaked.table()).tolist())
    common = set(telling) & set(listed_hashes)
    leaked_exact, listed_exact = (_in(common, hashes) for hashes in (leaked_hashes, listed_hashes))
    leaked_near, listed_near = (np.zeros(each.size, dtype=np.bool_) for each in (leaked, listed))
    for one, other in _near_pairs(leaked.table(), listed.table()):
        leaked_near[one] = listed_near[other] = True
    return Matches(listed_exact, listed_near & ~listed_exact, leaked_exact, leaked_near & ~leaked_exact)


def _in(common: set[bytes], hashes: list[bytes]) -> Flags:
    return np.array([each in common for each in hashes], dtype=np.bool_)


def _near_pairs(leaked: Digests, listed: Digests) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]:
    """Rows that agree in enough slots. A document without a shingle matches nothing."""
    rows = _with_shingles(leaked)
    for band in range(BANDS):
        keys, sought = band_keys(listed, band), band_keys(leaked[rows], band)
        order = np.argsort(keys, kind="stable")
        starts = np.searchsorted(keys[order], sought, side="left")
        ends = np.minimum(np.searchsorted(keys[order], sought, side="right"), starts + COMPARED_PER_BUCKET)
        counts = ends - starts
        ones = np.repeat(rows, counts)
        others = order[np.repeat(starts, counts) + _runs(counts)]
        for start in range(0, len(ones), _ROWS_COMPARED):
            one, other = ones[start : start + _ROWS_COMPARED], others[start : start + _ROWS_COMPARED]
            equal = (leaked[one] == listed[other]).sum(axis=1) >= _EQUAL_SLOTS
            yield one[equal], other[equal]


def _with_shingles(digests: Digests) -> npt.NDArray[np.int64]:
    """The rows of documents that have any; the digest of one without is all set bits."""
    return np.flatnonzero((digests != np.uint32(2**32 - 1)).any(axis=1))


def _runs(counts: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """0 up to each count, one run after another."""
    ends = np.cumsum(counts)
    return np.arange(int(ends[-1]) if len(ends) else 0, dtype=np.int64) - np.repeat(ends - counts, counts)
