"""What `tlx assay` is pointed at: a folder with metadata or without, one file, or an archive; all only streamed."""

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from api.cli.console import CommandError
from api.cli.folders import evidence_there, find_croissant
from exchange.assay.account import Account
from exchange.assay.documents import read_documents
from exchange.assay.streams import OFFLINE_LIMITS
from exchange.catalogue.croissant import read_listing
from exchange.catalogue.fields import class_of
from exchange.catalogue.layouts import NOT_YET_A_LISTING, Layout, Wishes, infer_layout, layout_of_metadata
from exchange.catalogue.listing import Listing, ListingError, verify_files, verify_in_place
from exchange.catalogue.provenance import layout_provenance
from exchange.catalogue.sources import FolderSource
from exchange.catalogue.unpacking import is_archive, unpack_archive
from exchange.operations.listing import declaration
from exchange.vocabulary.documents import Taken

UNLISTED = "unlisted"
"""The version of what has no metadata to state one."""


@dataclass(frozen=True, slots=True)
class Measured:
    """`documents` can be run through once; `account` then says what became of the files.

    One of `listing` and `layout` is there: documents are taken as the metadata states, or by an inferred recipe.
    """

    name: str
    version: str
    documents: Iterator[Taken]
    account: Account
    declared: Mapping[str, object]
    size_bytes: int
    listing: Listing | None
    layout: Layout | None


@contextmanager
def open_dataset(place: Path, croissant: Path | None, wishes: Wishes) -> Iterator[Measured]:
    """Raises CommandError, ListingError, DocumentError. An archive is unpacked beside the system's temporary files."""
    if not place.exists():
        raise CommandError("FILE_MISSING", f"{place} is not there")
    if not place.is_file() and not place.is_dir():
        raise CommandError("NOT_A_FILE", f"{place} is a pipe or a device, and a dataset is read more than once")
    # A certificate is UTF-8, and a name on a disk need not be.
    name = os.fsencode(place.resolve().name).decode(errors="replace")
    with ExitStack() as stack:
        if place.is_file() and is_archive(name):
            unpacked = Path(stack.enter_context(TemporaryDirectory(prefix="tlx-assay-")))
            unpack_archive(place, unpacked)
            place = _only_folder(unpacked)
        metadata = croissant or (_metadata_in(place) if place.is_dir() and wishes == Wishes() else None)
        yield _listed(place, metadata, name) if metadata else _laid_out(name, *infer_layout(place, wishes))


def _only_folder(folder: Path) -> Path:
    """Where all that was packed lies in one folder, that folder."""
    inside = list(folder.iterdir())
    return inside[0] if len(inside) == 1 and inside[0].is_dir() else folder


def _metadata_in(folder: Path) -> Path | None:
    try:
        return find_croissant(folder)
    except CommandError as error:
        if error.code != "NO_METADATA":
            raise
        return None


def _listed(folder: Path, croissant: Path, name: str) -> Measured:
    if not folder.is_dir():
        raise CommandError("NO_FOLDER", f"{folder} is no folder, and metadata names the files of one")
    received = croissant.read_bytes()
    try:
        listing = read_listing(received)
    except ListingError as error:
        if error.code not in NOT_YET_A_LISTING:
            raise
        return _laid_out(name, *layout_of_metadata(folder, received, error))
    verify_in_place(listing, folder)
    # The evidence is read whole: the certificate names its hashes.
    shown = verify_files(replace(listing, files=(), evidence=evidence_there(listing, folder)), folder)
    account = Account(listing.recipe)
    taken = read_documents(FolderSource(folder), listing.recipe, OFFLINE_LIMITS, account.encodings, account.kinds)
    size_bytes = _size_bytes(folder, listing.recipe.files)
    return Measured(
        listing.name, listing.version, taken, account, declaration(listing, shown), size_bytes, listing, None
    )


def _laid_out(name: str, source: FolderSource, layout: Layout) -> Measured:
    account = Account(layout.recipe, layout.skipped)
    taken = read_documents(source, layout.recipe, OFFLINE_LIMITS, account.encodings, account.kinds)
    declared: dict[str, object] = {
        "licence_evidence": bool(layout.licence.files),
        "provenance": layout_provenance(source, layout.licence),
    }
    if layout.language:
        declared["language"] = layout.language
    if told := class_of(layout.recipe.fields):
        declared["class"] = told
    size_bytes = _size_bytes(source.root, layout.recipe.files)
    return Measured(name, UNLISTED, taken, account, declared, size_bytes, None, layout)


def _size_bytes(root: Path, paths: tuple[str, ...]) -> int:
    return sum((root / path).stat().st_size for path in paths if (root / path).is_file())
