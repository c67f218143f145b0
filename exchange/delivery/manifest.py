"""A lot as it is delivered: the documents, and the manifest that proves each of them part of the certified dataset.

The blob is JSON lines of {index, path, record, text}, the manifest one JSON value; both in canonical form, so that the
same lot has the same digests whoever makes it.
"""

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any, Protocol

from exchange.delivery.canonical import canonical_json
from exchange.delivery.lot_table import Span, lot_proofs, lot_statements
from exchange.vocabulary.documents import Document
from exchange.vocabulary.merkle import document_salt, leaf_hash, merkle_proofs, merkle_root

MANIFEST_FORMAT = "tlx-lot-1"


class DocumentRow(Protocol):
    """What the assay found of one document."""

    @property
    def path(self) -> str: ...
    @property
    def record(self) -> int: ...
    @property
    def sha256(self) -> bytes: ...
    @property
    def utf8_bytes(self) -> int: ...
    @property
    def rtu(self) -> int: ...


def build_lots(
    base: str,
    lot_rtu: int,
    documents: Sequence[Document],
    rows: Sequence[DocumentRow],
    leaves: Sequence[bytes],
    secret: bytes,
    lots: Sequence[Span],
) -> Iterator[tuple[bytes, bytes]]:
    """The manifest and the blob of each lot of `base`, of `lot_rtu` nominally.

    `rows` and `leaves` are the assay's, one for each document of the dataset in order; `secret` salted the leaves.
    """
    assert len(documents) == len(rows) == len(leaves), "one row and one leaf for each document"
    root, paths = merkle_root(leaves), merkle_proofs(leaves)
    dataset = {"documents": len(leaves), "root": root.hex()}
    statements = lot_statements(rows, leaves, lots)
    for lot, stated, proof in zip(lots, statements, lot_proofs(statements), strict=True):
        indexes = range(lot.first, lot.end)
        blob = b"".join(_blob_line(index, documents[index]) for index in indexes)
        entries = [_entry(index, documents[index], rows[index], secret, leaves, paths) for index in indexes]
        manifest = {
            "actual_rtu": stated.rtu,
            "base": base,
            "blob": {"bytes": len(blob), "sha256": hashlib.sha256(blob).hexdigest()},
            "dataset": dataset,
            "documents": entries,
            "format": MANIFEST_FORMAT,
            "lot": lot.number,
            "lot_proof": [node.hex() for node in proof],
            "lot_root": stated.root,
            "nominal_rtu": lot_rtu,
            "unit": "RTU-1",
        }
        yield canonical_json(manifest), blob


def _blob_line(index: int, document: Document) -> bytes:
    line = {"index": index, "path": document.path, "record": document.record, "text": document.text}
    return canonical_json(line) + b"\n"


def _entry(
    index: int,
    document: Document,
    row: DocumentRow,
    secret: bytes,
    leaves: Sequence[bytes],
    paths: Sequence[Sequence[bytes]],
) -> dict[str, Any]:
    content, salt = document.text.encode(), document_salt(secret, index)
    assert (row.path, row.record, row.utf8_bytes) == (document.path, document.record, len(content)), "another's row"
    assert row.sha256 == hashlib.sha256(content).digest(), "another document's row"
    assert leaves[index] == leaf_hash(salt, content), "another document's leaf, or another secret"
    return {
        "index": index,
        "path": document.path,
        "proof": [node.hex() for node in paths[index]],
        "record": document.record,
        "rtu": row.rtu,
        "salt": salt.hex(),
        "sha256": row.sha256.hex(),
    }
