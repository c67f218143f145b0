"""What a certificate says of a dataset's origin: what the listing states, and what was there to show for it.

Statements are the vendor's; that each file has its stated hash, and which evidence was given, was checked.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

from exchange.catalogue.licence_evidence import LicenceFound
from exchange.catalogue.listing import LICENCE_EVIDENCE, Listing
from exchange.catalogue.sources import FolderSource

# A certificate stays a page, whatever a listing tells.
MAXIMUM_ROWS = 50
MAXIMUM_CHARS = 500


def provenance(listing: Listing, shown: Mapping[str, bytes]) -> dict[str, Any]:
    """Integers, strings, lists and objects. `shown` holds the evidence that was given, by path."""
    sources = [
        {"id": _cut(each.id), "acquisition": each.acquisition} | ({"licence": each.licence} if each.licence else {})
        for each in listing.sources
    ]
    evidence = [
        {"kind": each.kind, "path": each.path, "sha256": hashlib.sha256(shown[each.path]).hexdigest()}
        for each in listing.evidence
        if each.path in shown
    ]
    return {
        "metadata_sha256": listing.sha256,
        "licence": listing.licence,
        "sources": sources[:MAXIMUM_ROWS],
        "sources_stated": len(sources),
        "evidence": evidence[:MAXIMUM_ROWS],
        "evidence_given": len(evidence),
        "evidence_missing": [each.path for each in listing.evidence if each.path not in shown][:MAXIMUM_ROWS],
        "collection": _cut(listing.collection),
        "personal_data": _cut(listing.personal_data),
        "date_published": _cut(listing.date_published),
        "files": len(listing.files),
        "files_sha256": _files_digest(listing),
    }


def layout_provenance(source: FolderSource, licence: LicenceFound) -> dict[str, Any]:
    """The same of files without a listing: the licence that was found, where, and the files of its text."""
    evidence = [
        {"kind": LICENCE_EVIDENCE, "path": path, "sha256": _sha256_of(source, path)}
        for path in licence.files[:MAXIMUM_ROWS]
    ]
    told: dict[str, Any] = {"evidence": evidence, "evidence_given": len(licence.files)}
    if licence.identifier:
        told |= {"licence": licence.identifier, "licence_said_by": licence.said_by or ""}
    return told


def _sha256_of(source: FolderSource, path: str) -> str:
    digest = hashlib.sha256()
    with source.stream(path) as stream:
        while part := stream.read(1 << 20):
            digest.update(part)
    return digest.hexdigest()


def _files_digest(listing: Listing) -> str:
    """SHA-256 over one line `sha256 path` for each file, in the stated order."""
    digest = hashlib.sha256()
    for entry in listing.files:
        digest.update(f"{entry.sha256} {entry.path}\n".encode())
    return digest.hexdigest()


def _cut(text: str) -> str:
    return text if len(text) <= MAXIMUM_CHARS else text[:MAXIMUM_CHARS] + "…"
