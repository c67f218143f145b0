"""One file of the journal: a header sector, then blocks in order, then space that was never written.

Reading is strict. What a crash leaves is one block of which some sector is still unwritten, at the very end, in the
last file; anything else that does not read is damage, and is refused.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from exchange.spine.blocks import (
    FIRST_CHAIN,
    HEADER_BYTES,
    MAX_BLOBS,
    MAX_BLOBS_BYTES,
    MAX_COMMANDS,
    Block,
    BlockError,
    Header,
    decode,
    decode_header,
)
from exchange.spine.errors import JournalDamaged
from exchange.spine.sectors import MARKER, SECTOR_BYTES, UNWRITTEN, frame, markers, sectors_of, set_bits, unframe
from exchange.vocabulary.codec import COMMAND_BYTES, STAMP

MAGIC: Final = b"TLXSEGMT"
VERSION: Final = 1
_HEADER: Final = struct.Struct("<8sHHI16sQQ32s")
_CHECKSUM: Final = struct.Struct("<I")
_STAMPS: Final = np.dtype({"names": ["sequence", "timestamp_ns"], "formats": ["<u8", "<i8"], "itemsize": COMMAND_BYTES})
_MAX_BLOCK_BYTES: Final = SECTOR_BYTES * sectors_of(
    HEADER_BYTES + MAX_COMMANDS * COMMAND_BYTES + MAX_BLOBS_BYTES + 4 * MAX_BLOBS
)


@dataclass(frozen=True, slots=True)
class SegmentHeader:
    """`journal` names the journal a segment belongs to; `previous` is the digest of the last block before it."""

    number: int
    journal: bytes
    first_sequence: int
    segment_bytes: int
    previous: bytes

    def encode(self) -> bytes:
        """The segment's first sector."""
        packed = _HEADER.pack(
            MAGIC, VERSION, 0, self.number, self.journal, self.first_sequence, self.segment_bytes, self.previous
        )
        return frame(packed + _CHECKSUM.pack(zlib.crc32(packed)))


@dataclass(slots=True)
class Position:
    """Where the journal stands after a block: the next sequence, the last time, the digest to chain to."""

    next_sequence: int = 1
    timestamp_ns: int = 0
    epoch: int = 0
    digest: bytes = FIRST_CHAIN


def segment_name(number: int) -> str:
    return f"{number:010d}.journal"


def segment_paths(folder: Path) -> list[Path]:
    """All segments in order. Raises JournalDamaged where one is missing."""
    paths = sorted(folder.glob("*.journal"))
    for number, path in enumerate(paths, 1):
        if path.name != segment_name(number):
            raise JournalDamaged(f"{folder / segment_name(number)} is missing")
    return paths


class SegmentReader:
    """Reads one segment's blocks from `position` on, moving it; `end` is then where the next block would stand."""

    def __init__(self, path: Path, position: Position, *, last: bool) -> None:
        """Read and check the header. Raises JournalDamaged."""
        self.path = path
        self.position = position
        self.end = SECTOR_BYTES
        self.torn = False
        self._last = last
        self._data = path.read_bytes()
        self.header = self._read_header()

    def _read_header(self) -> SegmentHeader:
        content = unframe(self._data[:SECTOR_BYTES]) if len(self._data) >= SECTOR_BYTES else b""
        if not content or zlib.crc32(content[: _HEADER.size]) != _CHECKSUM.unpack_from(content, _HEADER.size)[0]:
            raise self._damage("its header does not read")
        magic, version, _, number, journal, first, size, previous = _HEADER.unpack_from(content)
        header = SegmentHeader(number, journal, first, size, previous)
        if magic != MAGIC or version != VERSION or header.encode() != self._data[:SECTOR_BYTES]:
            raise self._damage(f"its header is not of version {VERSION}")
        if size != len(self._data):
            raise self._damage(f"it holds {len(self._data)} of {size} bytes")
        if self.path.name != segment_name(number):
            raise self._damage(f"it is segment {number}")
        if first != self.position.next_sequence or previous != self.position.digest:
            raise self._damage("it does not follow the segment before")
        return header

    def blocks(self) -> Iterator[Block]:
        """Every whole block. Raises JournalDamaged."""
        while self.end < len(self._data):
            header = self._block_header()
            if header is None:
                break
            end = self.end + SECTOR_BYTES * sectors_of(header.content_bytes)
            if end > len(self._data):
                raise self._damage("a block runs over its end")
            marks = markers(self._data[self.end : end])
            if UNWRITTEN in marks:
                self._check_torn(end)
                break
            if marks.strip(bytes([MARKER])):
                raise self._damage("a sector's marker is wrong")
            block = self._decode(unframe(self._data[self.end : end]))
            self._follow(block)
            self.end = end
            yield block

    def _block_header(self) -> Header | None:
        """None where nothing more was written, or where what was begun lacks its header."""
        sector = self._data[self.end : self.end + SECTOR_BYTES]
        if sector[-1] == UNWRITTEN:
            if any(self._data[self.end :]):
                self._check_torn(self.end + _MAX_BLOCK_BYTES)
                if set_bits(self._data[self.end :]) < 2:
                    raise self._damage("a bit is set where nothing was written")
            return None
        if sector[-1] != MARKER:
            raise self._damage("a sector's marker is wrong")
        try:
            return decode_header(unframe(sector))
        except BlockError as error:
            raise self._damage(str(error)) from None

    def _check_torn(self, end: int) -> None:
        """A write that was cut short: in the last file, nothing after it, each sector written or not."""
        if not self._last:
            raise self._damage("a block is cut short, and blocks follow it")
        if any(self._data[end:]):
            raise self._damage("something stands after a block that was cut short")
        if set(markers(self._data[self.end :])) - {MARKER, UNWRITTEN}:
            raise self._damage("a sector's marker is wrong")
        self.torn = True

    def _decode(self, content: bytes) -> Block:
        try:
            return decode(content)
        except (BlockError, struct.error) as error:
            raise self._damage(str(error)) from None

    def _follow(self, block: Block) -> None:
        """The block continues the chain, and its commands are numbered without a gap, at times that never go back."""
        header, position = block.header, self.position
        if header.previous != position.digest or header.first_sequence != position.next_sequence:
            raise self._damage("a block does not follow the one before")
        if header.epoch < position.epoch:
            raise self._damage(f"epoch {header.epoch} follows epoch {position.epoch}")
        stamps = np.frombuffer(block.commands, _STAMPS)
        numbers = np.arange(header.first_sequence, header.first_sequence + header.commands, dtype=np.uint64)
        times = np.concatenate(([position.timestamp_ns], stamps["timestamp_ns"]))
        if (stamps["sequence"] != numbers).any() or (np.diff(times) < 0).any():
            raise self._damage("a block's commands are out of order")
        self.position.next_sequence = header.last_sequence + 1
        self.position.timestamp_ns = int(times[-1])
        self.position.epoch = header.epoch
        self.position.digest = header.digest

    def _damage(self, what: str) -> JournalDamaged:
        return JournalDamaged(f"{self.path}, byte {self.end}: {what}")


def stamp_all(commands: bytearray, first_sequence: int, timestamp_ns: int) -> None:
    """Number encoded commands from `first_sequence` and date them."""
    stamps = np.frombuffer(commands, _STAMPS)
    stamps["sequence"] = np.arange(first_sequence, first_sequence + len(stamps), dtype=np.uint64)
    stamps["timestamp_ns"] = timestamp_ns


def first_sequence_of(commands: bytes) -> int:
    sequence: int = STAMP.unpack_from(commands)[0]
    return sequence


def last_timestamp_ns_of(commands: bytes) -> int:
    timestamp_ns: int = STAMP.unpack_from(commands, len(commands) - COMMAND_BYTES)[1]
    return timestamp_ns
