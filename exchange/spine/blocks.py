"""One block of the journal: commands that were made durable together, chained to the block before.

The header holds the digest of what follows, and the next header holds the digest of this one: one SHA-256 vouches for
all of history.
"""

import hashlib
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from exchange.vocabulary.codec import COMMAND_BYTES

MAGIC: Final = b"TLXBLOCK"
VERSION: Final = 1
FIRST_CHAIN: Final = bytes(32)
"""What the first block of all names as the one before."""

MAX_COMMANDS: Final = 1 << 16
MAX_BLOBS: Final = 1 << 10
MAX_BLOBS_BYTES: Final = 4 << 20

_HEADER: Final = struct.Struct("<8sHHIQQIIII32s32s")
"""Magic, version, flags, header bytes, epoch, first sequence, commands, blobs, their bytes, zero, payload, previous."""
_CHECKSUM: Final = struct.Struct("<I")
HEADER_BYTES: Final = _HEADER.size + _CHECKSUM.size
_BLOB_BYTES: Final = struct.Struct("<I")


class BlockError(ValueError):
    """Content that is no whole block."""


@dataclass(frozen=True, slots=True)
class Header:
    """`previous` and `payload` are SHA-256; `epoch` counts the writers that have had the journal open."""

    epoch: int
    first_sequence: int
    commands: int
    blobs: int
    blobs_bytes: int
    payload: bytes
    previous: bytes

    @property
    def payload_bytes(self) -> int:
        return self.commands * COMMAND_BYTES + self.blobs_bytes

    @property
    def content_bytes(self) -> int:
        return HEADER_BYTES + self.payload_bytes

    @property
    def last_sequence(self) -> int:
        return self.first_sequence + self.commands - 1

    def encode(self) -> bytes:
        packed = _HEADER.pack(
            MAGIC,
            VERSION,
            0,
            HEADER_BYTES,
            self.epoch,
            self.first_sequence,
            self.commands,
            self.blobs,
            self.blobs_bytes,
            0,
            self.payload,
            self.previous,
        )
        return packed + _CHECKSUM.pack(zlib.crc32(packed))

    @property
    def digest(self) -> bytes:
        """The name of the block, which the next one carries."""
        return hashlib.sha256(self.encode()).digest()


def decode_header(content: bytes) -> Header:
    """Raises BlockError where `content` does not begin with a whole header of this version."""
    if len(content) < HEADER_BYTES:
        raise BlockError("too short for a header")
    packed = content[: _HEADER.size]
    if _CHECKSUM.unpack_from(content, _HEADER.size)[0] != zlib.crc32(packed):
        raise BlockError("the header's checksum is wrong")
    magic, version, flags, size, epoch, first, commands, blobs, blobs_bytes, rest, payload, previous = _HEADER.unpack(
        packed
    )
    if magic != MAGIC or version != VERSION or flags or size != HEADER_BYTES or rest:
        raise BlockError(f"no block of version {VERSION}")
    if not 0 < commands <= MAX_COMMANDS or blobs > MAX_BLOBS or blobs_bytes > MAX_BLOBS_BYTES + 4 * MAX_BLOBS:
        raise BlockError("the header's counts are out of bounds")
    return Header(epoch, first, commands, blobs, blobs_bytes, payload, previous)


def build(
    epoch: int, first_sequence: int, commands: bytes, blobs: Sequence[bytes], previous: bytes
) -> tuple[Header, bytes]:
    """The header of a new block, and the block's content."""
    section = b"".join(_BLOB_BYTES.pack(len(blob)) + blob for blob in blobs)
    payload = commands + section
    header = Header(
        epoch,
        first_sequence,
        len(commands) // COMMAND_BYTES,
        len(blobs),
        len(section),
        hashlib.sha256(payload).digest(),
        previous,
    )
    return header, header.encode() + payload


@dataclass(frozen=True, slots=True)
class Block:
    """A block that was read and found whole."""

    header: Header
    commands: bytes
    blobs: tuple[bytes, ...]


def decode(content: bytes) -> Block:
    """The block in `content`, which may be padded; BlockError where its payload is not what its header says."""
    header = decode_header(content)
    payload = content[HEADER_BYTES : header.content_bytes]
    if hashlib.sha256(payload).digest() != header.payload:
        raise BlockError("the payload's digest is wrong")
    if any(content[header.content_bytes :]):
        raise BlockError("the padding is not zero")
    split = header.commands * COMMAND_BYTES
    return Block(header, payload[:split], _blobs(payload[split:], header.blobs))


def _blobs(section: bytes, count: int) -> tuple[bytes, ...]:
    blobs, offset = [], 0
    for _ in range(count):
        (size,) = _BLOB_BYTES.unpack_from(section, offset)
        offset += _BLOB_BYTES.size + size
        blobs.append(section[offset - size : offset])
    if offset != len(section):
        raise BlockError("the blobs do not fill their section")
    return tuple(blobs)
