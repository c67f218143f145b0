"""A listing's dossier: the document whose digest `define_base` and decisions on a listing name.

It holds by digest all that the listing consists of: the metadata as received, files, evidence, and for an admitted one
the certificate and each lot's manifest and blob; and the terms that its instrument gets. With it and the vault, a
listing is complete.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from exchange.compliance.decisions import canonical_json
from exchange.delivery.vault import Vault

DOSSIER_FORMAT: Final = "tlx-listing/1"
QUERY: Final = "query"
INVENTORY: Final = "inventory"
DOCUMENTS: Final = "documents"
NOVELTY: Final = "novelty"
"""Names among a dossier's sketches: what buyers are answered from, what later listings are compared with, what leaked
files are traced by, and the statement of what was new to the exchange."""


@dataclass(frozen=True, slots=True)
class LotDocuments:
    """A lot's number, its tokens and documents, and the SHA-256, in hex, of its manifest and its blob."""

    lot: int
    rtu: int
    manifest: str
    blob: str
    documents: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """Digests in hex. `account` is the issuer's, `submitted_by` who sent it in; `files` and `evidence` are by path.

    `sketches` are by the names above; of the documents in lots alone.
    """

    account: int
    submitted_by: int
    croissant: str
    certificate: str
    files: Mapping[str, str]
    evidence: Mapping[str, str]
    code: str = ""
    copies: int = 0
    lot_rtu: int = 0
    tick_minor: int = 0
    lots: tuple[LotDocuments, ...] = field(default=())
    sketches: Mapping[str, str] = field(default_factory=dict)

    def document(self) -> bytes:
        return canonical_json({"format": DOSSIER_FORMAT, **asdict(self), "lots": [asdict(lot) for lot in self.lots]})

    def lot(self, number: int) -> LotDocuments | None:
        return next((lot for lot in self.lots if lot.lot == number), None)


def read_dossier(vault: Vault, digest: bytes) -> Dossier:
    stated: dict[str, Any] = json.loads(vault.get(digest.hex()))
    assert stated.pop("format") == DOSSIER_FORMAT
    lots = tuple(LotDocuments(**lot) for lot in stated.pop("lots"))
    return Dossier(**stated, lots=lots)
