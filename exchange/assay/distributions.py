"""How documents spread over sizes, in bins that double: what a plot needs, and small enough for a certificate."""

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np


def length_histogram(rtus: Iterable[int]) -> list[dict[str, int]]:
    """Documents and tokens by a document's tokens: none, 1, 2 to 3, 4 to 7, … up to the largest, gaps included."""
    documents, tokens = Counter[int](), Counter[int]()
    for rtu in rtus:
        start = _bin(rtu)
        documents[start] += 1
        tokens[start] += rtu
    return [{"from_rtu": start, "documents": documents[start], "rtu": tokens[start]} for start in _bins(documents)]


def cluster_histogram(clusters: Sequence[int]) -> list[dict[str, int]]:
    """Clusters of two documents and more by their size: 2 to 3, 4 to 7, …; `clusters` names each document's."""
    number, documents = Counter[int](), Counter[int]()
    for size in np.unique(np.asarray(clusters), return_counts=True)[1].tolist():
        if size > 1:
            number[_bin(size)] += 1
            documents[_bin(size)] += size
    return [
        {"from_documents": start, "clusters": number[start], "documents": documents[start]} for start in _bins(number)
    ]


def _bin(size: int) -> int:
    return 1 << size.bit_length() - 1 if size else 0


def _bins(counts: Counter[int]) -> list[int]:
    """From the smallest bin with anything in it to the largest, without leaving one out."""
    if not counts:
        return []
    first, last = min(counts), max(counts)
    starts = [0, *(1 << power for power in range(last.bit_length()))]
    return [start for start in starts if first <= start <= last]
