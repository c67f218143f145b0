"""The journal: what was asked, in the order it was answered, durable before anyone hears of it.

    folder
      0000000001.journal  full        each of one stated size, allocated before it is needed
      0000000002.journal  written to
      spare               the next one's space

One process writes a journal; whoever opens one holds the lock of its data folder. The first failed write or sync ends
it: a sync that failed once proves nothing when it succeeds later.
"""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import Final, Self

from exchange.spine.blocks import Block, build
from exchange.spine.disk import Disk
from exchange.spine.errors import JournalDamaged, JournalFailed, JournalFull
from exchange.spine.sectors import SECTOR_BYTES, frame
from exchange.spine.segments import (
    Position,
    SegmentHeader,
    SegmentReader,
    first_sequence_of,
    last_timestamp_ns_of,
    segment_name,
    segment_paths,
)
from exchange.vocabulary.codec import COMMAND_BYTES

SEGMENT_BYTES: Final = 16 << 20
SPARE: Final = "spare"
SPARE_RETRY_S: Final = 1.0
JOURNAL_ID_BYTES: Final = 16


class Journal:
    """Open for appending. `epoch` is this writer's, one more than the last that wrote."""

    def __init__(self, folder: Path, disk: Disk, segment_bytes: int) -> None:
        """Use `open`."""
        self.epoch = 0
        self._folder = folder
        self._disk = disk
        self._segment_bytes = segment_bytes
        self._position = Position()
        self._number = 0
        self._journal = b""
        self._descriptor = -1
        self._offset = 0
        self._failure: JournalFailed | None = None
        self._allocator = ThreadPoolExecutor(1, "journal-space")
        self._spare: Future[Path]
        self._full = False
        self._retry_at_s = 0.0

    @classmethod
    def open(cls, folder: Path, *, disk: Disk | None = None, segment_bytes: int = SEGMENT_BYTES) -> Self:
        """Read all of it, cut what a crash left unfinished, and be ready to append.

        `segment_bytes` is a new journal's, and stays. Raises JournalDamaged where the bytes are not what was written,
        JournalFull where a first segment finds no space.
        """
        assert segment_bytes % SECTOR_BYTES == 0, "segments are whole sectors"
        folder.mkdir(parents=True, exist_ok=True)
        journal = cls(folder, disk or Disk(), segment_bytes)
        for draft in folder.glob("*.new"):
            draft.unlink()
        paths = segment_paths(folder)
        if paths:
            journal._continue(paths)
        else:
            journal._begin()
        journal.epoch = journal._position.epoch + 1
        journal._prepare_spare()
        wait([journal._spare])
        return journal

    def _continue(self, paths: list[Path]) -> None:
        for reader in _readers(paths, self._position):
            for _ in reader.blocks():
                pass
        self._number, self._journal = reader.header.number, reader.header.journal
        self._offset, self._segment_bytes = reader.end, reader.header.segment_bytes
        self._descriptor = self._disk.open(reader.path)
        if reader.torn:
            self._guard(lambda: self._disk.clear(self._descriptor, reader.end, self._segment_bytes))

    def _begin(self) -> None:
        self._journal = os.urandom(JOURNAL_ID_BYTES)
        try:
            self._disk.allocate(self._folder / SPARE, self._segment_bytes)
        except OSError as error:
            raise JournalFull(f"no space for the first segment: {error}") from None
        self._start_segment(self._folder / SPARE)

    @property
    def last_sequence(self) -> int:
        return self._position.next_sequence - 1

    @property
    def timestamp_ns(self) -> int:
        """The time of the last command, before which none may be dated."""
        return self._position.timestamp_ns

    @property
    def full(self) -> bool:
        """Whether there is no space for the next segment, so that the rest of this one is a reserve.

        Asked again after a while, it looks again.
        """
        if self._spare.done():
            self._full = self._spare.exception() is not None
            if self._full and time.monotonic() >= self._retry_at_s:
                self._prepare_spare()
        return self._full

    def append(self, commands: bytes, blobs: Sequence[bytes] = ()) -> None:
        """Make stamped commands durable, as one block. Raises JournalFailed, and JournalFull with nothing written."""
        if self._failure is not None:
            raise self._failure
        position = self._position
        first = first_sequence_of(commands)
        assert first == position.next_sequence, f"sequence {first} after {position.next_sequence - 1}"
        header, content = build(self.epoch, first, commands, blobs, position.digest)
        sectors = frame(content)
        assert SECTOR_BYTES + len(sectors) <= self._segment_bytes, "a block is larger than a segment"
        if self._offset + len(sectors) > self._segment_bytes:
            self._roll()
        self._guard(lambda: self._write(sectors))
        self._offset += len(sectors)
        position.next_sequence, position.digest = header.last_sequence + 1, header.digest
        position.timestamp_ns = last_timestamp_ns_of(commands)

    def _write(self, sectors: bytes) -> None:
        self._disk.write(self._descriptor, sectors, self._offset)
        self._disk.sync(self._descriptor)

    def read(self, after: int) -> Iterator[bytes]:
        """The commands after a sequence, one block's at a time. Not while appending."""
        for block in read_blocks(self._folder, after):
            skipped = max(0, after + 1 - block.header.first_sequence)
            yield block.commands[skipped * COMMAND_BYTES :]

    def close(self) -> None:
        """Let go of the files. Everything appended is durable already."""
        self._allocator.shutdown()
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _roll(self) -> None:
        try:
            spare = self._spare.result()
        except OSError as error:
            raise JournalFull(f"no space for the next segment: {error}") from None
        os.close(self._descriptor)
        self._descriptor = -1
        self._start_segment(spare)
        self._prepare_spare()

    def _start_segment(self, spare: Path) -> None:
        self._number += 1
        header = SegmentHeader(
            self._number, self._journal, self._position.next_sequence, self._segment_bytes, self._position.digest
        )
        path = self._folder / segment_name(self._number)

        def start() -> None:
            self._descriptor = self._disk.open(spare)
            self._disk.write(self._descriptor, header.encode(), 0)
            self._disk.sync(self._descriptor)
            self._disk.rename(spare, path)

        self._guard(start)
        self._offset = SECTOR_BYTES

    def _prepare_spare(self) -> None:
        self._retry_at_s = time.monotonic() + SPARE_RETRY_S
        self._spare = self._allocator.submit(self._allocate_spare)

    def _allocate_spare(self) -> Path:
        """The next segment's space, always written anew: what stands there may be a segment that was nearly begun."""
        spare = self._folder / SPARE
        if spare.exists() and spare.stat().st_size == self._segment_bytes:
            descriptor = self._disk.open(spare)
            try:
                self._disk.clear(descriptor, 0, self._segment_bytes)
            finally:
                os.close(descriptor)
        else:
            self._disk.allocate(spare, self._segment_bytes)
        return spare

    def _guard(self, step: Callable[[], None]) -> None:
        try:
            step()
        except OSError as error:
            self._failure = JournalFailed(f"segment {self._number}, byte {self._offset}: {error}")
            raise self._failure from error


def read_blocks(folder: Path, after: int = 0) -> Iterator[Block]:
    """Every block with a command after a sequence, chained and checked. Raises JournalDamaged."""
    for reader in _readers(segment_paths(folder), Position()):
        for block in reader.blocks():
            if block.header.last_sequence > after:
                yield block


def _readers(paths: Sequence[Path], position: Position) -> Iterator[SegmentReader]:
    journal = None
    for path in paths:
        reader = SegmentReader(path, position, last=path == paths[-1])
        if journal is not None and reader.header.journal != journal:
            raise JournalDamaged(f"{path} is of another journal")
        journal = reader.header.journal
        yield reader
