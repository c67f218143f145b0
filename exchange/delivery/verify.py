"""Verifying a delivered lot from its bytes and the certificate's root alone: no server, no account, no network."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

from exchange.delivery.canonical import canonical_json, parse_canonical
from exchange.delivery.lot_table import LotStatement, LotTable
from exchange.delivery.manifest import MANIFEST_FORMAT
from exchange.vocabulary.documents import Document, canonical_text
from exchange.vocabulary.merkle import SALT_BYTES, leaf_hash, merkle_root, root_of_proof

_SALT = re.compile(rf"[0-9a-f]{{{2 * SALT_BYTES}}}")
_HASH = re.compile(r"[0-9a-f]{64}")
_LINE_KEYS = {"index", "path", "record", "text"}
_MANIFEST_SHAPE: dict[str, type] = {
    "actual_rtu": int,
    "base": str,
    "blob": dict,
    "dataset": dict,
    "documents": list,
    "format": str,
    "lot": int,
    "lot_proof": list,
    "lot_root": str,
    "nominal_rtu": int,
    "unit": str,
}
_ENTRY_SHAPE: dict[str, type] = {
    "index": int,
    "path": str,
    "proof": list,
    "record": int,
    "rtu": int,
    "salt": str,
    "sha256": str,
}


class LotMismatchError(Exception):
    """The lot is not what it should be. `code` is stable, and the checks are made in this order:

    MANIFEST_MALFORMED  not a manifest in canonical form
    HASH_MISMATCH       manifest, blob or a document has another SHA-256 than stated
    WRONG_ROOT          the manifest is of a dataset other than the certified one
    BLOB_MALFORMED      the blob is not canonical JSON lines of documents in canonical text
    DOCUMENT_COUNT      the blob has more or fewer documents than the manifest
    DOCUMENT_ORDER      documents are not consecutive, or not those the manifest names
    PROOF_MISMATCH      a document's path does not lead to the dataset's root
    LOT_ROOT_MISMATCH   the documents do not give the lot's own root
    RTU_MISMATCH        the tokens do not add up, are fewer than a lot, or a recount differs
    LOT_NOT_CERTIFIED   the certificate knows no lot of this number with these documents and tokens
    LOT_PACKING         the lot goes on behind the document that fills it
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class VerifiedLot:
    base: str
    lot: int
    nominal_rtu: int
    actual_rtu: int
    first_index: int
    documents: tuple[Document, ...]
    lot_root: bytes
    lot_proof: tuple[bytes, ...]
    leaves: tuple[bytes, ...]
    salts: tuple[bytes, ...]
    proofs: tuple[tuple[bytes, ...], ...]
    """Of each document: its salted leaf, the salt, and the path from the leaf to the dataset's root."""
    rtus: tuple[int, ...]
    dataset_documents: int

    @property
    def statement(self) -> LotStatement:
        end = self.first_index + len(self.documents)
        return LotStatement(end, self.first_index, self.lot, self.lot_root.hex(), self.actual_rtu)


def verify_lot(
    manifest: bytes,
    blob: bytes,
    dataset_root: bytes,
    *,
    manifest_sha256: str | None = None,
    count_rtu: Callable[[str], int] | None = None,
    certified: LotTable | None = None,
) -> VerifiedLot:
    """The lot's documents, each proved to be part of the dataset with `dataset_root`; LotMismatchError otherwise.

    The root does not cover the base's name, the lot's number and the token counts: `manifest_sha256`, out of the
    delivery, covers them all; `certified`, out of the certificate, covers all but the name and is held against the
    lot's own proof; and `count_rtu` counts the tokens again.
    """
    if manifest_sha256 is not None and hashlib.sha256(manifest).hexdigest() != manifest_sha256:
        raise LotMismatchError("HASH_MISMATCH", "the manifest is not the one that was delivered")
    stated = _read_manifest(manifest)
    if len(blob) != stated["blob"]["bytes"] or hashlib.sha256(blob).hexdigest() != stated["blob"]["sha256"]:
        raise LotMismatchError("HASH_MISMATCH", "the blob is not the one of the manifest")
    if stated["dataset"]["root"] != dataset_root.hex():
        raise LotMismatchError("WRONG_ROOT", f"the manifest is of dataset {stated['dataset']['root']}")
    entries = stated["documents"]
    lines = blob.removesuffix(b"\n").split(b"\n")
    if len(lines) != len(entries):
        raise LotMismatchError("DOCUMENT_COUNT", f"{len(lines)} documents, the manifest has {len(entries)}")
    first = entries[0]["index"]
    documents, leaves = [], []
    for index, (line, entry) in enumerate(zip(lines, entries, strict=True), first):
        document = _read_line(line, entry, index)
        documents.append(document)
        leaves.append(_proved_leaf(document, entry, dataset_root, stated["dataset"]["documents"]))
    if merkle_root(leaves).hex() != stated["lot_root"]:
        raise LotMismatchError("LOT_ROOT_MISMATCH", "the documents do not give the lot's root")
    _check_rtu(stated, documents, count_rtu)
    lot = _verified(stated, documents, leaves)
    if certified is not None:
        _check_certified(lot, certified)
    return lot


def _verified(stated: dict[str, Any], documents: list[Document], leaves: list[bytes]) -> VerifiedLot:
    entries = stated["documents"]
    return VerifiedLot(
        base=stated["base"],
        lot=stated["lot"],
        nominal_rtu=stated["nominal_rtu"],
        actual_rtu=stated["actual_rtu"],
        first_index=entries[0]["index"],
        documents=tuple(documents),
        lot_root=bytes.fromhex(stated["lot_root"]),
        lot_proof=_nodes(stated["lot_proof"]),
        leaves=tuple(leaves),
        salts=tuple(bytes.fromhex(entry["salt"]) for entry in entries),
        proofs=tuple(_nodes(entry["proof"]) for entry in entries),
        rtus=tuple(entry["rtu"] for entry in entries),
        dataset_documents=stated["dataset"]["documents"],
    )


def _check_certified(lot: VerifiedLot, certified: LotTable) -> None:
    if lot.nominal_rtu != certified.lot_rtu or not certified.has(lot.statement, lot.lot_proof):
        detail = f"lot {lot.lot} of documents {lot.first_index} to {lot.statement.end - 1} with {lot.actual_rtu} RTU"
        raise LotMismatchError("LOT_NOT_CERTIFIED", detail)
    if sum(lot.rtus[:-1]) >= lot.nominal_rtu:
        raise LotMismatchError("LOT_PACKING", f"lot {lot.lot} is full before its last document")


def _nodes(stated: list[str]) -> tuple[bytes, ...]:
    return tuple(bytes.fromhex(node) for node in stated)


def _read_manifest(manifest: bytes) -> dict[str, Any]:
    try:
        stated = parse_canonical(manifest)
    except ValueError as error:
        _malformed(str(error)[:200])
    _check_shape(stated, _MANIFEST_SHAPE, "manifest")
    _check_shape(stated["blob"], {"bytes": int, "sha256": str}, "blob")
    _check_shape(stated["dataset"], {"documents": int, "root": str}, "dataset")
    if stated["format"] != MANIFEST_FORMAT or not stated["documents"]:
        _malformed(f"format {stated['format']!r} with {len(stated['documents'])} documents")
    for entry in stated["documents"]:
        _check_shape(entry, _ENTRY_SHAPE, "document")
        if not all(isinstance(node, str) for node in entry["proof"]):
            _malformed("a proof is a list of hashes in hex")
    if not all(isinstance(node, str) and _HASH.fullmatch(node) for node in stated["lot_proof"]):
        _malformed("the lot's proof is a list of hashes in hex")
    return stated  # type: ignore[no-any-return]


def _check_shape(value: Any, shape: dict[str, type], what: str) -> None:
    if not isinstance(value, dict) or value.keys() != shape.keys():
        _malformed(f"{what} has other keys than {', '.join(shape)}")
    for key, kind in shape.items():
        if type(value[key]) is not kind:
            _malformed(f"{what}: {key} is no {kind.__name__}")


def _malformed(detail: str) -> NoReturn:
    raise LotMismatchError("MANIFEST_MALFORMED", detail)


def _read_line(line: bytes, entry: dict[str, Any], index: int) -> Document:
    try:
        stated = parse_canonical(line)
    except ValueError as error:
        raise LotMismatchError("BLOB_MALFORMED", f"document {index}: {str(error)[:200]}") from None
    if not isinstance(stated, dict) or stated.keys() != _LINE_KEYS or not isinstance(stated["text"], str):
        raise LotMismatchError("BLOB_MALFORMED", f"document {index} is no {', '.join(sorted(_LINE_KEYS))}")
    if canonical_text(stated["text"]) != stated["text"]:
        raise LotMismatchError("BLOB_MALFORMED", f"document {index} is not in canonical text")
    place = {"index": index, "path": entry["path"], "record": entry["record"]}
    if entry["index"] != index or canonical_json({**stated, "text": ""}) != canonical_json({**place, "text": ""}):
        raise LotMismatchError("DOCUMENT_ORDER", f"document {index} is not the one the manifest names there")
    return Document(entry["path"], entry["record"], stated["text"])


def _proved_leaf(document: Document, entry: dict[str, Any], root: bytes, size: int) -> bytes:
    content, index = document.text.encode(), entry["index"]
    if hashlib.sha256(content).hexdigest() != entry["sha256"]:
        raise LotMismatchError("HASH_MISMATCH", f"document {index}")
    if not _SALT.fullmatch(entry["salt"]) or not all(_HASH.fullmatch(node) for node in entry["proof"]):
        raise LotMismatchError("PROOF_MISMATCH", f"document {index}: salt or proof is not the hex of one")
    leaf = leaf_hash(bytes.fromhex(entry["salt"]), content)
    if root_of_proof(leaf, index, size, [bytes.fromhex(node) for node in entry["proof"]]) != root:
        raise LotMismatchError("PROOF_MISMATCH", f"document {index} is not part of the dataset")
    return leaf


def _check_rtu(stated: dict[str, Any], documents: list[Document], count_rtu: Callable[[str], int] | None) -> None:
    rtus = [entry["rtu"] for entry in stated["documents"]]
    if min(rtus) < 0 or sum(rtus) != stated["actual_rtu"] or sum(rtus) < stated["nominal_rtu"]:
        detail = f"documents have {sum(rtus)} RTU, stated are {stated['actual_rtu']}, a lot is {stated['nominal_rtu']}"
        raise LotMismatchError("RTU_MISMATCH", detail)
    for document, entry in zip(documents, stated["documents"], strict=True):
        if count_rtu is not None and count_rtu(document.text) != entry["rtu"]:
            raise LotMismatchError("RTU_MISMATCH", f"document {entry['index']} does not have {entry['rtu']} RTU")
