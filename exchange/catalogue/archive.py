"""Archives from outside: zip, or gzip of one file, unpacked in memory within limits that are checked as bytes come."""

import io
import struct
import zipfile
import zlib
from dataclasses import dataclass

from exchange.catalogue.listing import ListingError, safe_path

_CHUNK_BYTES = 2**16
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_SYMBOLIC_LINK = 0o120000


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
    """The files of an archive by path; an archive within it stays one file. A gzip file has the name `gzip_name`.

    ListingError: BAD_ARCHIVE, ARCHIVE_TOO_LARGE, UNSAFE_PATH. Sizes the archive declares are only believed to refuse
    early: what counts are the bytes that come out.
    """
    if len(archive) > limits.packed_bytes:
        raise ListingError("ARCHIVE_TOO_LARGE", f"{len(archive)} bytes packed, over {limits.packed_bytes}")
    if archive.startswith(b"\x1f\x8b"):
        return {safe_path(gzip_name): _gunzip(archive, limits.unpacked_bytes)}
    if not archive.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        raise ListingError("BAD_ARCHIVE", "neither zip nor gzip")
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


def _member_path(member: zipfile.ZipInfo, limits: ArchiveLimits) -> str:
    path = safe_path(member.filename)
    if path.count("/") >= limits.depth:
        raise ListingError("ARCHIVE_TOO_LARGE", f"{path[:200]} lies over {limits.depth} folders deep")
    if member.external_attr >> 16 & 0o170000 == _SYMBOLIC_LINK:
        raise ListingError("UNSAFE_PATH", f"{path} is a link")
    if member.flag_bits & 0x1:
        raise ListingError("BAD_ARCHIVE", f"{path} is encrypted")
    if member.compress_type not in _METHODS:
        raise ListingError("BAD_ARCHIVE", f"{path} is packed by a method other than deflate")
    return path


def _gunzip(archive: bytes, limit_bytes: int) -> bytes:
    """Every member of a gzip file, one after the other; bytes after the last are corruption, not padding."""
    unpacked = bytearray()
    rest = archive
    while rest:
        stream = zlib.decompressobj(wbits=31)
        while rest and not stream.eof:
            try:
                unpacked += stream.decompress(rest, _CHUNK_BYTES)
            except zlib.error as error:
                raise ListingError("BAD_ARCHIVE", str(error)) from None
            rest = stream.unconsumed_tail or stream.unused_data
            if len(unpacked) > limit_bytes:
                raise ListingError("ARCHIVE_TOO_LARGE", f"unpacks to over {limit_bytes} bytes")
        if not stream.eof:
            raise ListingError("BAD_ARCHIVE", "the gzip stream ends too early")
    return bytes(unpacked)
