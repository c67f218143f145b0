"""Journals small enough to break in every place, and a disk that fails when told to."""

import errno
from pathlib import Path

from exchange.spine.disk import Disk
from exchange.spine.journal import Journal
from exchange.spine.segments import stamp_all
from exchange.vocabulary.commands import Clock

SEGMENT_BYTES = 8_192
START_NS = 1_790_000_000_000_000_000


def clocks(first: int, count: int) -> bytes:
    """Stamped commands that ask for nothing."""
    commands = bytearray(Clock(actor=1).encode() * count)
    stamp_all(commands, first, START_NS + first)
    return bytes(commands)


def append(journal: Journal, *counts: int, blobs: tuple[bytes, ...] = ()) -> None:
    """One block of as many commands for each count."""
    for count in counts:
        journal.append(clocks(journal.last_sequence + 1, count), blobs)


def written(folder: Path, *counts: int, segment_bytes: int = SEGMENT_BYTES) -> Path:
    """A closed journal with blocks of so many commands; its last segment's path."""
    journal = Journal.open(folder, segment_bytes=segment_bytes)
    append(journal, *counts)
    journal.close()
    return max(folder.glob("*.journal"))


def contents(folder: Path) -> bytes:
    """All that a journal says when it is opened."""
    journal = Journal.open(folder)
    try:
        return b"".join(journal.read(0))
    finally:
        journal.close()


class FailingDisk(Disk):
    """Works until `failing` names the step that fails, with `error`."""

    def __init__(self) -> None:
        self.failing = ""
        self.error = errno.EIO
        self.calls: list[str] = []

    def _step(self, name: str) -> None:
        self.calls.append(name)
        if name == self.failing:
            raise OSError(self.error, f"{name} fails, as the test asks")

    def allocate(self, path: Path, size: int) -> None:
        self._step("allocate")
        super().allocate(path, size)

    def write(self, descriptor: int, content: bytes, offset: int) -> None:
        self._step("write")
        if self.failing == "short write":
            super().write(descriptor, content[: len(content) // 2], offset)
            raise OSError(f"wrote half of {len(content)} bytes")
        super().write(descriptor, content, offset)

    def sync(self, descriptor: int) -> None:
        self._step("sync")
        super().sync(descriptor)
