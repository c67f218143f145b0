"""Where a leaked file came from: the listed lots that its documents are in, and who was delivered those lots."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from exchange.assay.errors import SketchError
from exchange.assay.tracing import Flags, match_documents, read_document_sketches
from exchange.operations.delivering import PROJECTION_TIMEOUT_S
from exchange.operations.dossier import DOCUMENTS, read_dossier
from exchange.operations.entries import BaseEntry
from exchange.operations.refusals import OperationRefused
from exchange.runtime import Exchange
from exchange.store.errors import StoreError
from exchange.store.reader import Row


class Holding(NamedTuple):
    """A lot's delivery: to whom, for which account, and when, in nanoseconds after 1970."""

    participant: int
    account: int
    delivery: int
    delivered_ns: int


@dataclass(frozen=True, slots=True)
class TracedLot:
    """A lot, how many of its documents leaked exactly and nearly, and the deliveries of it, the first first."""

    base: int
    lot: int
    documents: int
    exact: int
    near: int
    holdings: tuple[Holding, ...]


class Trace(NamedTuple):
    """Of `documents` leaked, how many were found exactly and nearly in what was listed; lots by base and number."""

    documents: int
    exact: int
    near: int
    lots: list[TracedLot]

    def holders(self) -> list[tuple[int, int, int]]:
        """(participant, lots, leaked documents of these) of everyone with a delivery, the most documents first."""
        found: dict[int, tuple[int, int]] = {}
        for lot in self.lots:
            for participant in {holding.participant for holding in lot.holdings}:
                lots, documents = found.get(participant, (0, 0))
                found[participant] = lots + 1, documents + lot.exact + lot.near
        ranked = [(participant, *counts) for participant, counts in found.items()]
        return sorted(ranked, key=lambda each: (-each[2], each[0]))


def trace(exchange: Exchange, content: bytes) -> Trace:
    """Compare a leaked file's document sketches with every listed dataset's. OperationRefused SKETCH_MALFORMED."""
    try:
        leaked = read_document_sketches(content)
    except SketchError as error:
        raise OperationRefused(error.code, error.detail) from None
    if not exchange.projector.wait_for(exchange.sequence, PROJECTION_TIMEOUT_S):
        raise StoreError("the records are behind")
    exact, near = (np.zeros(leaked.size, dtype=np.bool_) for _ in range(2))
    lots: list[TracedLot] = []
    for entry in sorted(exchange.directory.bases.values(), key=lambda each: each.base):
        dossier = read_dossier(exchange.vault, entry.listing)
        if DOCUMENTS not in dossier.sketches:
            continue
        listed = read_document_sketches(exchange.vault.get(dossier.sketches[DOCUMENTS]))
        matches = match_documents(leaked, listed)
        exact |= matches.leaked_exact
        near |= matches.leaked_near
        lots += _lots(
            exchange, entry, [lot.documents for lot in dossier.lots], matches.listed_exact, matches.listed_near
        )
    return Trace(leaked.size, int(exact.sum()), int((near & ~exact).sum()), lots)


def _lots(exchange: Exchange, entry: BaseEntry, sizes: Sequence[int], exact: Flags, near: Flags) -> Iterator[TracedLot]:
    """The lots of a dataset that anything leaked of; `sizes` are their documents, in the order of the flags."""
    if not (exact.any() or near.any()):
        return
    rows = exchange.register.deliveries(base=entry.base)
    for lot, (first, end) in enumerate(pairwise([0, *np.cumsum(sizes).tolist()])):
        counts = int(exact[first:end].sum()), int(near[first:end].sum())
        if any(counts):
            held = tuple(_holding(row) for row in reversed(rows) if row["lot"] == lot)
            yield TracedLot(entry.base, lot, end - first, *counts, held)


def _holding(row: Row) -> Holding:
    return Holding(row["participant"], row["account"], row["sequence"], row["timestamp_ns"])
