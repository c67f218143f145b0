"""The directory of a zip archive, looked at before anything in it is unpacked."""

import io
import struct
import zipfile
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import BinaryIO

from exchange.catalogue.listing import ListingError

# An end record with the longest comment, and the zip64 locator before it; an entry with a path as long as may be.
_TAIL_BYTES = 22 + 0xFFFF + 20
_ENTRY_BYTES = 46 + 512 + 128
_LOCAL_HEADER_BYTES = 30
_END_OF_DIRECTORY = b"PK\x05\x06"
_END_OF_DIRECTORY_64 = b"PK\x06\x06"
_LOCATOR_64 = b"PK\x06\x07"
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_SYMBOLIC_LINK = 0o120000


def check_directory(file: BinaryIO, entries: int) -> None:
    """Refuse a directory too large to hold before it is parsed: every place where one may be said to end is asked."""
    size_bytes = file.seek(0, io.SEEK_END)
    file.seek(max(size_bytes - _TAIL_BYTES, 0))
    tail = file.read()
    file.seek(0)
    for mark, layout, place_of_size in ((_END_OF_DIRECTORY, "<L", 12), (_END_OF_DIRECTORY_64, "<Q", 40)):
        place = tail.find(mark)
        while place >= 0:
            found = tail[place + place_of_size : place + place_of_size + struct.calcsize(layout)]
            is_whole = len(found) == struct.calcsize(layout)
            # Of 32 bits all set, the 64 of the other record are meant.
            if is_whole and entries * _ENTRY_BYTES < struct.unpack(layout, found)[0] != 2**32 - 1:
                raise ListingError("ARCHIVE_TOO_LARGE", f"a directory of far over {entries} entries")
            place = tail.find(mark, place + 1)
    if _LOCATOR_64 in tail and _END_OF_DIRECTORY_64 not in tail:
        raise ListingError("ARCHIVE_UNSUPPORTED", "its zip64 directory does not end where it should")


def member_problem(members: Sequence[zipfile.ZipInfo]) -> Iterator[tuple[str, str]]:
    """What no honest archive has, as code and detail: links, ciphers, other methods, members that share their bytes."""
    for member in members:
        name = member.filename[:200]
        if member.external_attr >> 16 & 0o170000 == _SYMBOLIC_LINK:
            yield "ARCHIVE_UNSAFE_PATH", f"{name} is a link"
        if member.flag_bits & 0x1:
            yield "ARCHIVE_UNSUPPORTED", f"{name} is encrypted"
        if member.compress_type not in _METHODS:
            yield "ARCHIVE_UNSUPPORTED", f"{name} is packed by a method other than deflate"
    ordered = sorted(members, key=lambda member: member.header_offset)
    for before, after in pairwise(ordered):
        if before.header_offset + _LOCAL_HEADER_BYTES + before.compress_size > after.header_offset:
            yield "ARCHIVE_LIES", f"{after.filename[:200]} lies within {before.filename[:200]}"
