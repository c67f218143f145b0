"""A proof that one document belongs to a lot: small, whole in itself, and silent about every other document.

It carries the document's salt, the path from its leaf to its lot's root, the path from the lot to the certificate's
root over lots, the path from the leaf to the dataset's Merkle root, and the certificate. Whoever has it, the document
and the assayer's key needs no server. What it tells of others are salted hashes, from which nobody guesses a text.
"""

import json
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Final

from exchange.assay.certificate import Certificate, verify_certificate
from exchange.assay.errors import CertificateError
from exchange.delivery.canonical import canonical_json, parse_canonical
from exchange.delivery.lot_table import LotStatement, read_lot_table
from exchange.delivery.verify import VerifiedLot
from exchange.vocabulary.documents import canonical_text
from exchange.vocabulary.merkle import SALT_BYTES, leaf_hash, merkle_proofs, root_of_proof

FORMAT: Final = "tlx-proof-1"
MAXIMUM_BYTES: Final = 2 * 2**20
MAXIMUM_PATH: Final = 64
_HEX: Final = re.compile(r"(?:[0-9a-f]{2})*")
_HASH_BYTES: Final = 32
_KEYS: Final = {"certificate", "document", "format", "lot", "lots_path", "path", "lot_path"}


class ProofError(Exception):
    """The proof does not show that the document belongs to the lot. `code` is stable, checked in this order:

    PROOF_MALFORMED     not a proof in canonical form
    PROOF_UNCERTIFIED   the certificate in it says nothing of lots, or nothing of a Merkle root
    PROOF_OF_ANOTHER    the document is not the one that was proved, or not in canonical text
    PROOF_NOT_IN_LOT    the document does not lead to the lot's root
    PROOF_NOT_CERTIFIED the certificate knows no such lot
    PROOF_NOT_IN_SET    the document does not lead to the dataset's Merkle root
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class ProvedDocument:
    """What is shown: the document with this index of the dataset is in this lot of the certified dataset."""

    index: int
    lot: LotStatement
    lot_rtu: int
    rtu: int | None
    certificate: Certificate


@dataclass(frozen=True, slots=True)
class _Stated:
    index: int
    salt: bytes
    leaf: bytes
    lot: LotStatement
    lot_path: list[bytes]
    lots_path: list[bytes]
    path: list[bytes]
    certificate: bytes


def prove_document(lot: VerifiedLot, index: int, certificate: bytes) -> bytes:
    """The proof's file for the document of a verified lot; `certificate` is the dataset's, verified."""
    place = index - lot.first_index
    assert 0 <= place < len(lot.documents), "a document of another lot"
    proof = {
        "certificate": json.loads(certificate),
        "document": {"index": index, "leaf": lot.leaves[place].hex(), "salt": lot.salts[place].hex()},
        "format": FORMAT,
        "lot": lot.statement._asdict(),
        "lot_path": _spelled(merkle_proofs(lot.leaves)[place]),
        "lots_path": _spelled(lot.lot_proof),
        "path": _spelled(lot.proofs[place]),
    }
    return canonical_json(proof)


def verify_proof(
    content: bytes,
    document: bytes,
    *,
    trusted_assayers: Collection[bytes],
    count_rtu: Callable[[str], int] | None = None,
) -> ProvedDocument:
    """What the proof shows of the document; ProofError, or CertificateError where the certificate is not trusted."""
    stated = _read(content)
    certificate = verify_certificate(stated.certificate, trusted_assayers=trusted_assayers, now_s=0)
    lots, root = read_lot_table(certificate.lots), certificate.assay.get("merkle_root")
    size = certificate.assay.get("documents")
    if lots is None or not isinstance(root, str) or type(size) is not int:
        raise ProofError("PROOF_UNCERTIFIED", "the certificate names no lots, or no Merkle root")
    text = _canonical(document)
    if leaf_hash(stated.salt, document) != stated.leaf:
        raise ProofError("PROOF_OF_ANOTHER", "the document and the salt do not give the leaf that was proved")
    lot = stated.lot
    if _root_in_lot(stated) != lot.root:
        raise ProofError("PROOF_NOT_IN_LOT", f"document {stated.index} does not lead to the root of lot {lot.lot}")
    if not lots.has(lot, stated.lots_path):
        raise ProofError("PROOF_NOT_CERTIFIED", f"lot {lot.lot} does not lead to the certificate's root of lots")
    proved = root_of_proof(stated.leaf, stated.index, size, stated.path)
    if proved is None or proved.hex() != root:
        raise ProofError("PROOF_NOT_IN_SET", f"document {stated.index} does not lead to the dataset's root")
    return ProvedDocument(stated.index, lot, lots.lot_rtu, count_rtu(text) if count_rtu else None, certificate)


def assayer_of(content: bytes) -> str:
    """The key, in hex, that a proof says its certificate was signed with; as untrusted as the proof."""
    try:
        return str(parse_canonical(content)["certificate"]["body"]["assayer"])
    except (KeyError, TypeError, ValueError):
        raise ProofError("PROOF_MALFORMED", f"not the shape of {FORMAT}") from None


def _root_in_lot(stated: _Stated) -> str | None:
    lot = stated.lot
    root = root_of_proof(stated.leaf, stated.index - lot.first, lot.end - lot.first, stated.lot_path)
    return root.hex() if root else None


def _canonical(document: bytes) -> str:
    try:
        text = document.decode()
    except UnicodeDecodeError as error:
        raise ProofError("PROOF_OF_ANOTHER", f"the document is not UTF-8 at byte {error.start}") from None
    if canonical_text(text) != text:
        raise ProofError("PROOF_OF_ANOTHER", "the document is not in canonical text")
    return text


def _read(content: bytes) -> _Stated:
    if len(content) > MAXIMUM_BYTES:
        raise ProofError("PROOF_MALFORMED", f"{len(content)} bytes; at most {MAXIMUM_BYTES}")
    try:
        stated: dict[str, Any] = _keyed(parse_canonical(content), _KEYS)
        document = _keyed(stated["document"], {"index", "leaf", "salt"})
        return _Stated(
            index=_number(document["index"]),
            salt=_bytes(document["salt"], SALT_BYTES),
            leaf=_bytes(document["leaf"], _HASH_BYTES),
            lot=_lot(stated["lot"]),
            lot_path=_path(stated["lot_path"]),
            lots_path=_path(stated["lots_path"]),
            path=_path(stated["path"]),
            certificate=canonical_json(stated["certificate"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError, CertificateError) as error:
        raise ProofError("PROOF_MALFORMED", str(error)[:200]) from None


def _keyed(stated: Any, keys: set[str]) -> Any:
    if not isinstance(stated, dict) or set(stated) != keys or stated.get("format", FORMAT) != FORMAT:
        raise ValueError(f"not the keys of {FORMAT}")
    return stated


def _lot(stated: Any) -> LotStatement:
    _keyed(stated, set(LotStatement._fields))
    numbers = {name: _number(stated[name]) for name in ("end", "first", "lot", "rtu")}
    return LotStatement(**numbers, root=_bytes(stated["root"], _HASH_BYTES).hex())


def _number(stated: Any) -> int:
    if type(stated) is not int or not 0 <= stated < 2**63:
        raise ValueError("a number out of range")
    return stated


def _bytes(stated: Any, size: int) -> bytes:
    if not isinstance(stated, str) or not _HEX.fullmatch(stated) or len(stated) != 2 * size:
        raise ValueError(f"no {size} bytes in hex")
    return bytes.fromhex(stated)


def _path(stated: Any) -> list[bytes]:
    if not isinstance(stated, list) or len(stated) > MAXIMUM_PATH:
        raise ValueError("a path is a list of at most 64 hashes")
    return [_bytes(node, _HASH_BYTES) for node in stated]


def _spelled(path: Collection[bytes]) -> list[str]:
    return [node.hex() for node in path]
