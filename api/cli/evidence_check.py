"""An evidence pack opened beside delivered lots: held against its own manifest, the certificate and the lots."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from exchange.assay.account import recipe_statement
from exchange.catalogue.archive import ArchiveLimits, read_archive
from exchange.catalogue.croissant import read_listing
from exchange.catalogue.listing import Listing, ListingError
from exchange.delivery.evidence_pack import EvidencePack, EvidencePackError, read_pack
from exchange.delivery.folder import FolderError, read_plain
from exchange.delivery.verify import VerifiedLot
from exchange.vocabulary.instruments import Purpose

LIMITS: Final = ArchiveLimits(depth=16)
CERTIFICATE: Final = "certificate.json"
_NAMED: Final = {"dataset": "croissant.json", "certificate": CERTIFICATE, "listing": "dossier.json"}
"""What the manifest names by SHA-256 outside of its list of files, and where it is."""
_SEEN_ELSEWHERE: Final = ("encodings", "skipped_files")


@dataclass(frozen=True, slots=True)
class PackComplaint:
    """`code` is stable:

    PACK_OF_ANOTHER     the pack is of another certificate than the lots
    PACK_CONTRADICTED   documents of the pack contradict one another, the certificate, or the lots
    """

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Ruling:
    """A decision of the gate: what was asked, whether it was permitted, and each rule that spoke with its article."""

    action: str
    permitted: bool
    rules: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class CheckedPack:
    """What the pack says of rights and duties, as far as it opened; `complaints` is what is wrong with it."""

    name: str
    state: str
    """Where the listing stood when the pack was made, as `admitted` or `recalled`; empty where it does not say."""
    listing: Listing | None
    rulings: tuple[Ruling, ...]
    laws: tuple[tuple[str, str, str], ...]
    """The rules in force: each with its article and its text."""
    files: int
    left_out: Mapping[str, str]
    complaints: tuple[PackComplaint, ...]

    @property
    def purposes(self) -> list[str]:
        allowed = self.listing.terms.purposes if self.listing else Purpose(0)
        return [str(purpose.name).lower().replace("_", "-") for purpose in Purpose if purpose in allowed]


def check_pack(
    path: Path, certificate: bytes, signer: str, lots: Sequence[VerifiedLot], manifests: Mapping[int, str]
) -> CheckedPack:
    """The pack, opened as hostile; what is wrong with it is among its complaints, and never raised.

    `manifests` has the SHA-256 of the manifest of each delivered lot.
    """
    try:
        content = read_plain(path, LIMITS.packed_bytes)
        read_archive(content, LIMITS)
        pack = read_pack(content)
    except (FolderError, ListingError, EvidencePackError) as error:
        return _unopened(path, PackComplaint(error.code, error.detail))
    if pack.files.get(CERTIFICATE) != certificate:
        return _unopened(path, PackComplaint("PACK_OF_ANOTHER", "its certificate is not the one of the lots"))
    listing, complaints = None, list[PackComplaint]()
    try:
        listing = read_listing(pack.files["croissant.json"])
    except (ListingError, KeyError) as error:
        complaints.append(PackComplaint("PACK_CONTRADICTED", f"no listing in it: {error}"[:300]))
    for complaint in _contradictions(pack, listing, json.loads(certificate), signer, lots, manifests):
        complaints.append(PackComplaint("PACK_CONTRADICTED", complaint[:300]))
    return CheckedPack(
        name=path.name,
        state=str(_parsed(pack, "lifecycle.json").get("state", ""))[:40],
        listing=listing,
        rulings=tuple(_rulings(pack)),
        laws=tuple(_laws(pack)),
        files=len(pack.files),
        left_out={str(name): str(why) for name, why in _table(pack.about, "left_out").items()},
        complaints=tuple(complaints),
    )


def _unopened(path: Path, complaint: PackComplaint) -> CheckedPack:
    return CheckedPack(path.name, "", None, (), (), 0, {}, (complaint,))


def _contradictions(
    pack: EvidencePack,
    listing: Listing | None,
    certificate: Mapping[str, Any],
    signer: str,
    lots: Sequence[VerifiedLot],
    manifests: Mapping[int, str],
) -> Iterator[str]:
    for name, place in _NAMED.items():
        if pack.about.get(name) != _sha256(pack.files.get(place, b"")):
            yield f"{place} is not the {name} that its manifest names"
    for place, content in pack.files.items():
        if place.startswith("decisions/") and place != f"decisions/{_sha256(content)}.json":
            yield f"{place} does not have the SHA-256 that it is named by"
    decision = f"decisions/{pack.about.get('decision')}.json"
    if decision not in pack.files and decision not in _table(pack.about, "left_out"):
        yield "the decision that admitted the listing is neither in it nor left out"
    if _parsed(pack, "assayer.json").get("public_key") != signer:
        yield f"assayer.json names another key than {signer}"
    yield from _against_dossier(pack, manifests)
    if listing is not None:
        yield from _against_listing(listing, certificate["body"]["assay"], lots)


def _against_dossier(pack: EvidencePack, manifests: Mapping[int, str]) -> Iterator[str]:
    """The dossier names by SHA-256 all that the listing consists of: documents, evidence and lots."""
    dossier = _parsed(pack, "dossier.json")
    for name, key in (("croissant", "dataset"), ("certificate", "certificate")):
        if dossier.get(name) != pack.about.get(key):
            yield f"the dossier is of another {name}"
    stated = {lot.get("lot"): lot.get("manifest") for lot in _rows(dossier, "lots")}
    for number, sha256 in manifests.items():
        if stated.get(number) != sha256:
            yield f"the dossier has another manifest for lot {number}"
    evidence = _table(dossier, "evidence")
    for place, content in pack.files.items():
        folder, _, path = place.partition("/")
        if folder in ("licences", "evidence") and evidence.get(path) != _sha256(content):
            yield f"{place} is not the evidence that the dossier names"


def _against_listing(listing: Listing, assay: Mapping[str, Any], lots: Sequence[VerifiedLot]) -> Iterator[str]:
    """The certificate is of the dataset that the metadata describes, its documents taken as that says."""
    if (listing.name, listing.version) != (assay.get("name"), assay.get("version")):
        yield f"the metadata is of {listing.name} {listing.version}"
    taken = {name: value for name, value in _table(assay, "taken").items() if name not in _SEEN_ELSEWHERE}
    if taken != recipe_statement(listing.recipe):
        yield "the certificate's documents were taken by another recipe than the metadata's"
    if assay.get("declared_language") != listing.languages[0]:
        yield f"the certificate was made for another language than {listing.languages[0]}"
    places = {path: number for number, path in enumerate(listing.recipe.files)}
    for lot in lots:
        order = [(places.get(document.path, -1), document.record) for document in lot.documents]
        if any(place < 0 for place, _ in order):
            yield f"lot {lot.lot} has documents of a file that the metadata does not name"
        if sorted(order) != order:
            yield f"lot {lot.lot} has its documents in another order than the metadata's files"


def _rulings(pack: EvidencePack) -> Iterator[Ruling]:
    for place in sorted(pack.files):
        if place.startswith("decisions/"):
            told = _parsed(pack, place)
            spoke = tuple(_rule(reason) for reason in _rows(told, "reasons"))
            yield Ruling(str(told.get("action", ""))[:40], told.get("permitted") is True, spoke)


def _laws(pack: EvidencePack) -> Iterator[tuple[str, str, str]]:
    for rule in _rows(_parsed(pack, "rules.json"), "rules"):
        yield _rule(rule)


def _rule(told: Mapping[str, Any]) -> tuple[str, str, str]:
    rule, law, text = (str(told.get(name, ""))[:400] for name in ("rule", "law", "text"))
    return rule, law, text


def _parsed(pack: EvidencePack, place: str) -> Mapping[str, Any]:
    """A document of the pack, empty where it is not there or no object."""
    try:
        told = json.loads(pack.files.get(place, b"{}"))
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _table(told: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = told.get(name)
    return value if isinstance(value, dict) else {}


def _rows(told: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    value = told.get(name)
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
