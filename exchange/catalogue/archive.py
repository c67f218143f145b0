"""Archives from outside: zip, tar and compressed tar, member by member, within limits checked as bytes come.

Nothing an archive says of itself is believed: its sizes are held against what comes out, and its paths are only taken
where they stay below the folder. Members of an archive are never opened as archives in turn.
"""

import io
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from struct import error as struct_error
from typing import BinaryIO

from exchange.assay.recipe import DocumentError
from exchange.catalogue.compression import Decompressed, compression_of
from exchange.catalogue.listing import ListingError, safe_path
from exchange.catalogue.zip_directory import check_directory, member_problem

PIECE_BYTES = 1 << 20
_TAR_MARK = slice(257, 262), b"ustar"
_HEAD_BYTES = 512
_ANY_SIZE = 2**62
_ARCHIVE_CODES = {
    "FILE_TOO_LARGE": "ARCHIVE_TOO_LARGE",
    "FILE_DAMAGED": "ARCHIVE_DAMAGED",
    "READER_MISSING": "ARCHIVE_UNSUPPORTED",
}


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """Packed and unpacked bytes in all, entries, folders in a path, and how many times its size an archive may give.

    The ratio counts only beyond `free_bytes`: what is small does no harm.
    """

    packed_bytes: int = 256 * 2**20
    unpacked_bytes: int = 512 * 2**20
    entries: int = 10_000
    depth: int = 16
    ratio: int = 200
    free_bytes: int = 64 * 2**20

    def unpacked_of(self, packed_bytes: int) -> int:
        """What may come out of an archive of this size."""
        return min(self.unpacked_bytes, max(self.free_bytes, self.ratio * packed_bytes))


DEFAULT_LIMITS = ArchiveLimits()
UNPACK_LIMITS = ArchiveLimits(packed_bytes=2**40, unpacked_bytes=64 * 2**30, entries=200_000, depth=32)
"""For an archive on one's own machine, which is unpacked to disk."""

Member = tuple[str, Iterator[bytes]]
"""A file of an archive: its path, and its content in pieces, to be taken before the next member."""


def read_archive(
    archive: bytes, limits: ArchiveLimits = DEFAULT_LIMITS, gzip_name: str = "content"
) -> dict[str, bytes]:
    """The files of an archive by path; an archive within it stays one file. A gzip or zstd file of anything but a tar
    has the name `gzip_name`. ListingError ARCHIVE_…: see archive_members.
    """
    return {path: b"".join(pieces) for path, pieces in archive_members(io.BytesIO(archive), limits, gzip_name)}


def archive_members(file: BinaryIO, limits: ArchiveLimits, single_name: str = "content") -> Iterator[Member]:
    """Each file of an archive. ListingError:

    ARCHIVE_DAMAGED, ARCHIVE_UNSUPPORTED, ARCHIVE_TOO_LARGE, ARCHIVE_LIES, ARCHIVE_UNSAFE_PATH. Sizes that an archive
    declares serve only to refuse it early, and as a lie where something else comes out.
    """
    packed_bytes = file.seek(0, io.SEEK_END)
    file.seek(0)
    head = file.read(_HEAD_BYTES)
    file.seek(0)
    if packed_bytes > limits.packed_bytes:
        raise ListingError("ARCHIVE_TOO_LARGE", f"{packed_bytes} bytes packed, over {limits.packed_bytes}")
    guard = _Guard(limits, limits.unpacked_of(packed_bytes))
    with _named_errors():
        if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
            yield from _zip_members(file, limits, guard)
        elif compression := compression_of(head):
            yield from _compressed_members(file, compression, single_name, guard)
        elif _is_tar(head):
            yield from _tar_members(file, guard)
        else:
            raise ListingError("ARCHIVE_DAMAGED", "neither zip, tar, gzip nor zstd")


@contextmanager
def _named_errors() -> Iterator[None]:
    try:
        yield
    except DocumentError as error:
        raise ListingError(_ARCHIVE_CODES[error.code], error.detail) from None
    except NotImplementedError as error:
        raise ListingError("ARCHIVE_UNSUPPORTED", str(error)[:300]) from None
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, struct_error, ValueError, OSError) as error:
        raise ListingError("ARCHIVE_DAMAGED", str(error)[:300]) from None


class _Guard:
    """What has come out of one archive so far, held against its limits."""

    def __init__(self, limits: ArchiveLimits, unpacked_bytes: int) -> None:
        self._limits = limits
        self.unpacked_bytes = unpacked_bytes
        self._left_bytes = unpacked_bytes
        self._paths = set[str]()

    def path(self, stated: str) -> str:
        """The member's path in its plain form, where it is the first of it."""
        try:
            path = safe_path(stated)
        except ListingError as error:
            raise ListingError("ARCHIVE_UNSAFE_PATH", error.detail) from None
        if path.count("/") >= self._limits.depth:
            raise ListingError("ARCHIVE_TOO_LARGE", f"{path[:200]} lies over {self._limits.depth} folders deep")
        if path in self._paths:
            raise ListingError("ARCHIVE_DAMAGED", f"{path} is there twice")
        self._paths.add(path)
        if len(self._paths) > self._limits.entries:
            raise ListingError("ARCHIVE_TOO_LARGE", f"over {self._limits.entries} entries")
        return path

    def pieces(self, stream: BinaryIO, path: str, stated_bytes: int | None) -> Iterator[bytes]:
        """The content, counted; ARCHIVE_LIES as soon as it is longer than stated, or at its end where it is shorter."""
        given_bytes = 0
        with _named_errors():
            while piece := stream.read(PIECE_BYTES):
                given_bytes += len(piece)
                self._left_bytes -= len(piece)
                if self._left_bytes < 0:
                    raise ListingError("ARCHIVE_TOO_LARGE", f"unpacks to over {self.unpacked_bytes} bytes")
                if stated_bytes is not None and given_bytes > stated_bytes:
                    break
                yield piece
        if stated_bytes is not None and given_bytes != stated_bytes:
            raise ListingError("ARCHIVE_LIES", f"{path} is not of the {stated_bytes} bytes it is said to have")


def _zip_members(file: BinaryIO, limits: ArchiveLimits, guard: _Guard) -> Iterator[Member]:
    check_directory(file, limits.entries)
    with zipfile.ZipFile(file) as packed:
        members = [member for member in packed.infolist() if not member.is_dir()]
        if len(members) > limits.entries:
            raise ListingError("ARCHIVE_TOO_LARGE", f"{len(members)} entries, over {limits.entries}")
        declared = sum(member.file_size for member in members)
        if declared > guard.unpacked_bytes:
            raise ListingError("ARCHIVE_TOO_LARGE", f"declares {declared} bytes, over {guard.unpacked_bytes}")
        for complaint in member_problem(members):
            raise ListingError(*complaint)
        for member in members:
            path, stated_bytes = guard.path(member.filename), member.file_size
            # zipfile would cut what is longer than stated, and call it whole.
            member.file_size = _ANY_SIZE
            with packed.open(member) as stream:
                yield path, guard.pieces(stream, path, stated_bytes)  # type: ignore[arg-type]


def _compressed_members(file: BinaryIO, compression: str, name: str, guard: _Guard) -> Iterator[Member]:
    with Decompressed(file, compression, "the archive", guard.unpacked_bytes) as stream:
        is_tar = _is_tar(stream.read(_HEAD_BYTES))
    file.seek(0)
    with Decompressed(file, compression, "the archive", guard.unpacked_bytes) as stream:
        if is_tar:
            yield from _tar_members(stream, guard)
        else:
            path = guard.path(name)
            yield path, guard.pieces(stream, path, None)


def _is_tar(head: bytes) -> bool:
    place, mark = _TAR_MARK
    return head[place] == mark


def _tar_members(stream: BinaryIO, guard: _Guard) -> Iterator[Member]:
    with tarfile.open(fileobj=stream, mode="r|") as packed:
        for member in packed:
            if member.isdir():
                continue
            path = guard.path(member.name)
            if not member.isreg() or member.issparse():
                raise ListingError("ARCHIVE_UNSAFE_PATH", f"{path} is a link, a device or has holes")
            content = packed.extractfile(member)
            assert content is not None, "a regular file has content"
            yield path, guard.pieces(content, path, member.size)  # type: ignore[arg-type]
