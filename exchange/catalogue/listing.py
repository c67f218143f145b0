"""A listing: what a vendor states about a dataset, read from its Croissant metadata; and the files held against it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from exchange.assay.recipe import Recipe
from exchange.vocabulary.instruments import Purpose

MAXIMUM_FILE_BYTES = 256 * 2**20
DATA_LEVELS = ("general", "important", "core", "state-secret")
DATASET_CLASSES = ("tongshi", "hangye-tongshi", "hangye-zhuanshi")
ACQUISITIONS = ("open", "self-collected", "commercial", "crawled", "synthetic", "public-data")
LICENCE_EVIDENCE = "licence-file"
CONSENT_EVIDENCE = "separate-consent"
NO_PERSONAL_DATA = frozenset({"none", "no", "无"})


class ListingError(Exception):
    """A listing or its files are refused. `code` is stable:

    BAD_JSON                no JSON, or JSON that is too large, too deep, or ambiguous
    BAD_CONTEXT             a `@context` that is remote, or gives a word we read another meaning
    BAD_CROISSANT           the Croissant validator refuses it; the detail is its report
    MISSING_FIELD           a field that the exchange requires is absent or empty
    BAD_FIELD               a field with a value that is not of those allowed
    BAD_LICENCE             a licence that leads to no SPDX identifier
    UNSUPPORTED_TERMS       an offer with a term that the gate could not enforce, so would silently drop
    BAD_RECIPE              documents cannot be taken as the record set says
    UNSAFE_PATH             a path that is absolute, climbs, has a scheme or leads out of the folder
    FILE_MISSING            a file stated and not given
    FILE_TOO_LARGE          a file over the limit
    FILE_SIZE_MISMATCH      a file whose size is not the stated one
    FILE_HASH_MISMATCH      a file whose SHA-256 is not the stated one
    BAD_CARD                a dataset card whose front matter is no YAML, or has no such configuration
    NO_DATA_FILES           a folder without files that documents are taken from
    TOO_MANY_FILES          a folder with more files than are looked at
    WHICH_FORMAT            files of several formats where one recipe is to serve them all
    NO_TEXT_FIELD           records without a field that could be inferred as their text
    ARCHIVE_DAMAGED         an archive that is corrupt or cut short, or names a path twice
    ARCHIVE_UNSUPPORTED     an encrypted archive, or of another kind than zip, tar, tar.gz, tar.zst, gzip or zstd
    ARCHIVE_TOO_LARGE       an archive over its limits of entries, folders, bytes unpacked, or bytes to its own size
    ARCHIVE_LIES            an archive whose content is not of the size it states, or whose members share their bytes
    ARCHIVE_UNSAFE_PATH     an archive with a path that leads out of the folder, a link or a device
    ARCHIVE_NESTED          an archive in an archive, where documents would have to be taken out of it
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A file as stated; `path` is its place inside the dataset's folder, `size_bytes` None where not stated exactly."""

    id: str
    path: str
    encoding_format: str
    sha256: str
    size_bytes: int | None


@dataclass(frozen=True, slots=True)
class Source:
    """What the dataset was derived from, with the SPDX id of its licence where stated, and how it was come by."""

    id: str
    licence: str | None
    acquisition: str = "open"


@dataclass(frozen=True, slots=True)
class Evidence:
    """A file of the folder that is to prove something, and the kind of thing: `licence-file`, `contract`, …"""

    kind: str
    path: str


@dataclass(frozen=True, slots=True)
class Terms:
    """The offered licence as ODRL states it; codes without their prefix (`CN`, `sell`, `compensate`)."""

    purposes: Purpose
    territory: tuple[str, ...]
    prohibitions: tuple[str, ...]
    duties: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """A listing that was read and found well formed; whether it is admitted is the gate's to say.

    `sources` and `evidence` may be empty: no listing without them is admitted, but it is the gate that names the law.
    """

    name: str
    version: str
    description: str
    creator: str
    licence: str
    date_published: str
    url: str
    languages: tuple[str, ...]
    keywords: tuple[str, ...]
    files: tuple[FileEntry, ...]
    sources: tuple[Source, ...]
    terms: Terms
    personal_data: str
    collection: str
    evidence: tuple[Evidence, ...]
    data_level: str
    dataset_class: str
    sector: str | None
    profile: str | None
    lot_rtu: int | None
    copies: int | None
    recipe: Recipe
    sha256: str
    """SHA-256, in hex, of the metadata as received."""

    @property
    def declares_personal_data(self) -> bool:
        return self.personal_data.strip().lower() not in NO_PERSONAL_DATA

    def evidence_of(self, kind: str) -> tuple[str, ...]:
        """Paths of the evidence of one kind, such as `licence-file` or `separate-consent`."""
        return tuple(evidence.path for evidence in self.evidence if evidence.kind == kind)


def safe_path(path: str) -> str:
    """`path` in its plain relative form; UNSAFE_PATH unless it stays below the folder on every system."""
    parts = PurePosixPath(path).parts
    is_unsafe = (
        not parts
        or path.startswith("/")
        or ".." in parts
        or any(character in path for character in "\\:\0")
        or any(ord(character) < 32 for character in path)
        or len(path.encode(errors="replace")) > 512
    )
    if is_unsafe:
        raise ListingError("UNSAFE_PATH", repr(path[:200]))
    return "/".join(parts)


def verify_files(
    listing: Listing, given: Path | Mapping[str, bytes], limit_bytes: int = MAXIMUM_FILE_BYTES
) -> dict[str, bytes]:
    """The bytes of every file and every evidence the listing names, each equal to its stated SHA-256 and size.

    `given` is a folder or the files by path. The bytes returned are those that were hashed, so nothing can change
    between the check and the use. Evidence that is not among the files has no stated hash and only has to be there.
    """
    verified = {}
    for entry in listing.files:
        content = _read(given, entry.path, limit_bytes)
        _check_entry(entry, len(content), hashlib.sha256(content).hexdigest())
        verified[entry.path] = content
    for evidence in listing.evidence:
        if evidence.path not in verified:
            verified[evidence.path] = _read(given, evidence.path, limit_bytes)
    return verified


def verify_in_place(listing: Listing, folder: Path) -> None:
    """The same for files that are only streamed, on a machine where nobody else changes them meanwhile."""
    for entry in listing.files:
        with _place(folder, entry.path).open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
            size_bytes = file.tell()
        _check_entry(entry, size_bytes, found)


def _check_entry(entry: FileEntry, size_bytes: int, found: str) -> None:
    if entry.size_bytes is not None and size_bytes != entry.size_bytes:
        detail = f"{entry.path} has {size_bytes} bytes, stated are {entry.size_bytes}"
        raise ListingError("FILE_SIZE_MISMATCH", detail)
    if found != entry.sha256:
        raise ListingError("FILE_HASH_MISMATCH", f"{entry.path} has {found}, stated is {entry.sha256}")


def _read(given: Path | Mapping[str, bytes], path: str, limit_bytes: int) -> bytes:
    if isinstance(given, Path):
        return _read_in_folder(given, path, limit_bytes)
    if path not in given:
        raise ListingError("FILE_MISSING", path)
    content = given[path]
    if len(content) > limit_bytes:
        raise ListingError("FILE_TOO_LARGE", f"{path} has {len(content)} bytes, over {limit_bytes}")
    return content


def _place(folder: Path, path: str) -> Path:
    place = (folder / safe_path(path)).resolve()
    if not place.is_relative_to(folder.resolve()):
        raise ListingError("UNSAFE_PATH", f"{path} leads out of its folder")
    if not place.is_file():
        raise ListingError("FILE_MISSING", path)
    return place


def _read_in_folder(folder: Path, path: str, limit_bytes: int) -> bytes:
    with _place(folder, path).open("rb") as file:
        content = file.read(limit_bytes + 1)
    if len(content) > limit_bytes:
        raise ListingError("FILE_TOO_LARGE", f"{path} has over {limit_bytes} bytes")
    return content
