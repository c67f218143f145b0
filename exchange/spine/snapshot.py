"""Snapshots of the machine, so that a start need not replay everything. Losing one costs time, and nothing else.

A file is a header, with the digest of what follows, and the snapshot. One that does not read is passed over for the one
before.
"""

import hashlib
import os
import struct
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

import structlog

MAGIC: Final = b"TLXSNAPS"
VERSION: Final = 1
KEPT: Final = 3
SUFFIX: Final = ".snapshot"
_HEADER: Final = struct.Struct("<8sII Q Q 32s")
"""Magic, version, zero, sequence, bytes, SHA-256 of the sequence and the snapshot."""


class SnapshotFolder:
    """The newest few snapshots."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._log = structlog.get_logger("snapshots")

    def write(self, sequence: int, snapshot: bytes) -> None:
        """Keep the state after `sequence`, durable on return, and let the oldest go. Raises OSError."""
        path = self._folder / f"{sequence:020d}{SUFFIX}"
        draft = path.with_suffix(".new")
        header = _HEADER.pack(MAGIC, VERSION, 0, sequence, len(snapshot), _digest(sequence, snapshot))
        try:
            with draft.open("wb") as file:
                file.write(header + snapshot)
                file.flush()
                os.fsync(file.fileno())
            draft.rename(path)
        except OSError:
            with suppress(OSError):
                draft.unlink()
            raise
        for old in self._paths()[KEPT:]:
            old.unlink()

    def newest(self, at_most: int) -> bytes | None:
        """The newest whole snapshot at or before a sequence; damaged ones are named in the log and passed over."""
        for path in self._paths():
            if int(path.stem) <= at_most:
                snapshot = _read(path)
                if snapshot is not None:
                    return snapshot
                self._log.error("snapshot is damaged, the one before is taken", path=str(path))
        return None

    def sequences(self) -> Iterator[int]:
        """Where snapshots stand, newest first."""
        return (int(path.stem) for path in self._paths())

    def _paths(self) -> list[Path]:
        return sorted((p for p in self._folder.glob(f"*{SUFFIX}") if p.stem.isdigit()), reverse=True)


def _read(path: Path) -> bytes | None:
    """The snapshot in a file, or None where the file is not as it was written."""
    content = path.read_bytes()
    if len(content) < _HEADER.size:
        return None
    magic, version, rest, sequence, size, digest = _HEADER.unpack_from(content)
    snapshot = content[_HEADER.size :]
    stated = (magic, version, rest, sequence, size)
    if stated != (MAGIC, VERSION, 0, int(path.stem), len(snapshot)) or digest != _digest(sequence, snapshot):
        return None
    return snapshot


def _digest(sequence: int, snapshot: bytes) -> bytes:
    return hashlib.sha256(sequence.to_bytes(8, "little") + snapshot).digest()
