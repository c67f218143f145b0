"""Where documents come from, a folder or files handed in: each file opened as a stream of its content."""

import io
import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

from exchange.assay.recipe import DocumentError
from exchange.catalogue.archive import DEFAULT_LIMITS, UNPACK_LIMITS, ArchiveLimits
from exchange.catalogue.compression import SUFFIXES, Decompressed, compression_of
from exchange.catalogue.listing import ListingError, safe_path
from exchange.catalogue.unpacking import is_archive

TOOL_FOLDERS = frozenset({
    ".git", ".hg", ".svn", "__pycache__", ".venv", ".tox", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".cache",
    ".idea", ".vscode", "__MACOSX",
})  # fmt: skip
"""Folders that programs keep beside what people make: nothing in them is of a dataset."""


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file by its path in the folder. `suffix` is that of its content: `.jsonl` for `train.jsonl.gz`."""

    path: str
    suffix: str
    size_bytes: int

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class FolderSource:
    """Opens the files below `root`. A compressed one gives its content, within the limits of its own size."""

    root: Path
    limits: ArchiveLimits = UNPACK_LIMITS

    def stream(self, path: str) -> BinaryIO:
        place = self.root / safe_path(path)
        try:
            file = place.open("rb")
        except OSError as error:
            raise DocumentError("FILE_MISSING", f"{path}: {error.strerror}") from None
        return content_of(file, path, place.stat().st_size, self.limits)


@dataclass(frozen=True, slots=True)
class UploadSource:
    """The same for files that were handed in, so that both sides take the same documents."""

    files: Mapping[str, bytes]
    limits: ArchiveLimits = DEFAULT_LIMITS

    def stream(self, path: str) -> BinaryIO:
        if path not in self.files:
            raise DocumentError("FILE_MISSING", path)
        return content_of(io.BytesIO(self.files[path]), path, len(self.files[path]), self.limits)


def content_of(file: BinaryIO, path: str, size_bytes: int, limits: ArchiveLimits) -> BinaryIO:
    """The file itself, or what it holds compressed where its name says so."""
    if PurePosixPath(path).suffix.lower() not in SUFFIXES:
        return file
    compression = compression_of(file.read(8))
    file.seek(0)
    if compression is None:
        file.close()
        raise DocumentError("FILE_DAMAGED", f"{path} is neither gzip nor zstd, though its name says so")
    return cast(BinaryIO, Decompressed(file, compression, path, limits.unpacked_of(size_bytes), owned=True))


def find_files(root: Path, skipped: Counter[str], limits: ArchiveLimits = UNPACK_LIMITS) -> list[FoundFile]:
    """Every regular file below `root` in the order of paths; what is left out is counted by why in `skipped`.

    OSError for a folder that cannot be read: without its files it would be another set.
    """
    found: list[FoundFile] = []
    for folder, folders, names in os.walk(root, onerror=_raise):
        kept = [name for name in folders if name not in TOOL_FOLDERS and not (Path(folder) / name).is_symlink()]
        skipped["folder of tools, or a link"] += len(folders) - len(kept)
        folders[:] = kept
        for name in names:
            place = Path(folder) / name
            if place.is_symlink() or not place.is_file():
                skipped["link or device"] += 1
            elif name.startswith("."):
                skipped["hidden file"] += 1
            elif is_archive(name):
                skipped["archive, to be measured by itself"] += 1
            else:
                found.append(found_file(place, root))
        if len(found) > limits.entries:
            raise ListingError("TOO_MANY_FILES", f"over {limits.entries} files; hand in an archive, or a part")
    return sorted(found, key=lambda file: file.path)


def _raise(error: OSError) -> None:
    raise error


def found_file(place: Path, root: Path) -> FoundFile:
    path = place.relative_to(root).as_posix()
    suffixes = [suffix.lower() for suffix in PurePosixPath(path).suffixes]
    while suffixes and suffixes[-1] in SUFFIXES:
        suffixes.pop()
    return FoundFile(path, suffixes[-1] if suffixes else "", place.stat().st_size)
