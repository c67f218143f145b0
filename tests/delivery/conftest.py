"""A small dataset, assayed by hand: documents, rows, salted leaves and root."""

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

import pytest

from exchange.delivery.lot_table import LotTable, lot_statements, lots_certified, read_lot_table
from exchange.delivery.manifest import build_lots
from exchange.vocabulary.documents import Document
from exchange.vocabulary.merkle import document_salt, leaf_hash, merkle_root

SECRET = b"the dataset's secret"


class Row(NamedTuple):
    path: str
    record: int
    sha256: bytes
    utf8_bytes: int
    rtu: int


class Span(NamedTuple):
    number: int
    first: int
    end: int


class Dataset(NamedTuple):
    documents: list[Document]
    rows: list[Row]
    leaves: list[bytes]
    root: bytes

    @staticmethod
    def of(texts: Sequence[str]) -> "Dataset":
        """Each word counts as one token."""
        documents = [Document("set.jsonl", number, text) for number, text in enumerate(texts)]
        rows = [
            Row(path, record, hashlib.sha256(text.encode()).digest(), len(text.encode()), len(text.split()))
            for path, record, text in documents
        ]
        leaves = [leaf_hash(document_salt(SECRET, n), text.encode()) for n, text in enumerate(texts)]
        return Dataset(documents, rows, leaves, merkle_root(leaves))

    def lots(self, spans: Sequence[Span], lot_rtu: int) -> list[tuple[bytes, bytes]]:
        """Manifest and blob of each."""
        return list(build_lots("QA", lot_rtu, self.documents, self.rows, self.leaves, SECRET, spans))

    def table(self, spans: Sequence[Span], lot_rtu: int) -> LotTable:
        """What a certificate would say of the lots."""
        stated = read_lot_table(lots_certified(lot_rtu, lot_statements(self.rows, self.leaves, spans)))
        assert stated is not None
        return stated


@pytest.fixture(scope="session")
def dataset_of():
    return Dataset.of


@pytest.fixture(scope="session")
def span_of():
    return Span
