"""A dataset's folder on the vendor's side: its metadata, and the files and evidence that the metadata names."""

import json
from dataclasses import dataclass, replace
from pathlib import Path

from api.cli.console import CommandError
from exchange.catalogue.croissant import read_listing
from exchange.catalogue.listing import Evidence, Listing, verify_files
from exchange.catalogue.metadata import MAXIMUM_JSON_BYTES


@dataclass(frozen=True, slots=True)
class Folder:
    """`contents` are files and evidence by path, each file with the size and SHA-256 that the metadata states."""

    croissant: bytes
    listing: Listing
    contents: dict[str, bytes]

    @property
    def evidence(self) -> dict[str, bytes]:
        stated = {each.path for each in self.listing.evidence}
        return {path: content for path, content in self.contents.items() if path in stated}

    @property
    def files(self) -> dict[str, bytes]:
        """What is stated as a file of the dataset and is no evidence."""
        return {path: content for path, content in self.contents.items() if path not in self.evidence}


def read_folder(folder: Path, croissant: Path | None = None) -> Folder:
    """Raises CommandError, ListingError. Evidence that is named but absent is left out: it is the gate's to miss."""
    if not folder.is_dir():
        raise CommandError("NO_FOLDER", f"{folder} is no folder")
    received = (croissant or find_croissant(folder)).read_bytes()
    listing = read_listing(received)
    return Folder(received, listing, verify_files(replace(listing, evidence=evidence_there(listing, folder)), folder))


def evidence_there(listing: Listing, folder: Path) -> tuple[Evidence, ...]:
    return tuple(each for each in listing.evidence if (folder / each.path).is_file())


def find_croissant(folder: Path) -> Path:
    """The one JSON file in the folder that is Croissant metadata; CommandError where there is none, or several."""
    found = [path for path in sorted(folder.glob("*.json")) if path.is_file() and _is_croissant(path)]
    if not found:
        raise CommandError("NO_METADATA", f"{folder} has no Croissant metadata; name it with --croissant FILE")
    if len(found) > 1:
        names = ", ".join(path.name for path in found)
        raise CommandError("WHICH_METADATA", f"{folder} has {names}; name one with --croissant FILE")
    return found[0]


def _is_croissant(path: Path) -> bool:
    """By its name, whatever is in it; else by the standard it claims to conform to."""
    if path.name == "croissant.json" or path.name.endswith(".croissant.json"):
        return True
    if path.stat().st_size > MAXIMUM_JSON_BYTES:
        return False
    try:
        told = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        return False
    return isinstance(told, dict) and "conformsTo" in told and "distribution" in told
