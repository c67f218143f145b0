"""Archives from outside: zip, tar.gz, or gzip of one file, unpacked in memory within limits checked as bytes come."""

import gzip
import io
import struct
import tarfile
import zipfile
import zlib
from dataclasses import dataclass

from exchange.catalogue.listing import ListingError, safe_path

# An end record with the longest comment, and the zip64 locator before it; an entry with a path as long as may be.
_TAIL_BYTES = 22 + 0xFFFF + 20
_ENTRY_BYTES = 46 + 512 + 128
_END_OF_DIRECTORY = b"PK\x05\x06"
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_SYMBOLIC_LINK = 0o120000
_TAR_MARK = slice(257, 262), b"ustar"


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """Packed and unpacked bytes in all, number of entries, and folders in a path."""

    packed_bytes: int = 256 * 2**20
    unpacked_bytes: int = 512 * 2**20
    entries: int = 10_000
    depth: int = 16


DEFAULT_LIMITS = ArchiveLimits()


def read_archive(
    archive: bytes, limits: ArchiveLimits = DEFAULT_LIMITS, gzip_name: str = "content"
) -> dict[str, bytes]:
    """The files of an archive by path; an archive within it stays one file. A gzip file of anything but a tar has the
    name `gzip_name`.

    ListingError: BAD_ARCHIVE, ARCHIVE_TOO_LARGE, UNSAFE_PATH. Sizes the archive declares are only believed to refuse
    early: what counts are the bytes that come out.
    """
    if len(archive) > limits.packed_bytes:
        raise ListingError("ARCHIVE_TOO_LARGE", f"{len(archive)} bytes packed, over {limits.packed_bytes}")
    if archive.startswith(b"\x1f\x8b"):
        content = _gunzip(archive, limits.unpacked_bytes)
        place, mark = _TAR_MARK
        return _untar(content, limits) if content[place] == mark else {safe_path(gzip_name): content}
    if not archive.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        raise ListingError("BAD_ARCHIVE", "neither zip nor gzip")
    _check_directory(archive, limits)
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as packed:
            return _unzip(packed, limits)
    except (zipfile.BadZipFile, zlib.error, EOFError, struct.error, ValueError, OSError, NotImplementedError) as error:
        raise ListingError("BAD_ARCHIVE", str(error)[:300]) from None


def _unzip(packed: zipfile.ZipFile, limits: ArchiveLimits) -> dict[str, bytes]:
    members = [member for member in packed.infolist() if not member.is_dir()]
    if len(members) > limits.entries:
        raise ListingError("ARCHIVE_TOO_LARGE", f"{len(members)} entries, over {limits.entries}")
    declared = sum(member.file_size for member in members)
    if declared > limits.unpacked_bytes:
        raise ListingError("ARCHIVE_TOO_LARGE", f"declares {declared} bytes, over {limits.unpacked_bytes}")
    files: dict[str, bytes] = {}
    left_bytes = limits.unpacked_bytes
    for member in members:
        path = _member_path(member, limits)
        if path in files:
            raise ListingError("BAD_ARCHIVE", f"{path} is there twice")
        with packed.open(member) as stream:
            content = stream.read(left_bytes + 1)
        left_bytes -= len(content)
        if left_bytes < 0:
            raise ListingError("ARCHIVE_TOO_LARGE", f"unpacks to over {limits.unpacked_bytes} bytes")
        files[path] = content
    return files


def _untar(content: bytes, limits: ArchiveLimits) -> dict[str, bytes]:
    """The files of a tar that is in memory as a whole, so they can be no larger than it is."""
    files: dict[str, bytes] = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as packed:
            for number, member in enumerate(packed, 1):
                if number > limits.entries:
                    raise ListingError("ARCHIVE_TOO_LARGE", f"over {limits.entries} entries")
                if not member.isdir():
                    path = _tar_path(member, limits)
                    if path in files:
                        raise ListingError("BAD_ARCHIVE", f"{path} is there twice")
                    files[path] = _tar_content(packed, member)
    except (tarfile.TarError, EOFError, ValueError, OSError) as error:
        raise ListingError("BAD_ARCHIVE", str(error)[:300]) from None
    return files


def _tar_path(member: tarfile.TarInfo, limits: ArchiveLimits) -> str:
    path = _plain_path(member.name, limits)
    if not member.isreg() or member.issparse():
        raise ListingError("UNSAFE_PATH", f"{path} is a link, a device or has holes")
    return path


def _tar_content(packed: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    stream = packed.extractfile(member)
    assert stream is not None, "a regular file has content"
    content = stream.read()
    if len(content) != member.size:
        raise ListingError("BAD_ARCHIVE", f"{member.name[:200]} is cut short")
    return content


def _plain_path(stated: str, limits: ArchiveLimits) -> str:
    path = safe_path(stated)
    if path.count("/") >= limits.depth:
        raise ListingError("ARCHIVE_TOO_LARGE", f"{path[:200]} lies over {limits.depth} folders deep")
    return path


def _member_path(member: zipfile.ZipInfo, limits: ArchiveLimits) -> str:
    path = _plain_path(member.filename, limits)
    if member.external_attr >> 16 & 0o170000 == _SYMBOLIC_LINK:
        raise ListingError("UNSAFE_PATH", f"{path} is a link")
    if member.flag_bits & 0x1:
        raise ListingError("BAD_ARCHIVE", f"{path} is encrypted")
    if member.compress_type not in _METHODS:
        raise ListingError("BAD_ARCHIVE", f"{path} is packed by a method other than deflate")
    return path


def _check_directory(archive: bytes, limits: ArchiveLimits) -> None:
    """Refuse a directory too large to hold before it is parsed: every place where one may be said to end is asked."""
    tail = archive[-_TAIL_BYTES:]
    if b"PK\x06\x07" in tail:
        raise ListingError("BAD_ARCHIVE", "a zip64 archive, which none within the limits needs to be")
    place = tail.find(_END_OF_DIRECTORY)
    while place >= 0:
        record = tail[place : place + 22]
        if len(record) == 22 and struct.unpack_from("<L", record, 12)[0] > limits.entries * _ENTRY_BYTES:
            raise ListingError("ARCHIVE_TOO_LARGE", f"a directory of far over {limits.entries} entries")
        place = tail.find(_END_OF_DIRECTORY, place + 1)


def _gunzip(archive: bytes, limit_bytes: int) -> bytes:
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(archive)) as stream:
            content = stream.read(limit_bytes + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise ListingError("BAD_ARCHIVE", str(error)[:300]) from None
    if len(content) > limit_bytes:
        raise ListingError("ARCHIVE_TOO_LARGE", f"unpacks to over {limit_bytes} bytes")
    return content
