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


@dataclass(frozen=True, slots=True)
class LotDocuments:
    """A lot's number, its tokens, and the SHA-256, in hex, of its manifest and its blob."""

    lot: int
    rtu: int
    manifest: str
    blob: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """Digests in hex. `account` is the issuer's, `submitted_by` who sent it in; `files` and `evidence` are by path."""

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

    def document(self) -> bytes:
        return canonical_json({"format": DOSSIER_FORMAT, **asdict(self), "lots": [asdict(lot) for lot in self.lots]})

    def lot(self, number: int) -> LotDocuments | None:
        return next((lot for lot in self.lots if lot.lot == number), None)


def read_dossier(vault: Vault, digest: bytes) -> Dossier:
    stated: dict[str, Any] = json.loads(vault.get(digest.hex()))
    assert stated.pop("format") == DOSSIER_FORMAT
    lots = tuple(LotDocuments(**lot) for lot in stated.pop("lots"))
    return Dossier(**stated, lots=lots)
