"""The few things the journal asks of a disk, in one place, so that tests can let each of them fail."""

import os
from pathlib import Path
from typing import Final

_ZEROS: Final = bytes(1 << 20)


class Disk:
    """Files of allocated space, written in place. Every method raises OSError."""

    def allocate(self, path: Path, size: int) -> None:
        """A new file of `size` zeros, durable under its name. Written once, so that later syncs write data alone."""
        draft = path.with_name(path.name + ".new")
        descriptor = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            os.posix_fallocate(descriptor, 0, size)
            self.clear(descriptor, 0, size)
        except OSError:
            draft.unlink()
            raise
        finally:
            os.close(descriptor)
        self.rename(draft, path)

    def clear(self, descriptor: int, start: int, end: int) -> None:
        """Zeros from `start` to `end`, durable on return."""
        for offset in range(start, end, len(_ZEROS)):
            self.write(descriptor, _ZEROS[: end - offset], offset)
        self.sync(descriptor)

    def open(self, path: Path) -> int:
        return os.open(path, os.O_RDWR)

    def write(self, descriptor: int, content: bytes, offset: int) -> None:
        """All of `content` at `offset`; a short write is an error, for what is missing cannot be known to fit."""
        written = os.pwrite(descriptor, content, offset)
        if written != len(content):
            raise OSError(f"wrote {written} of {len(content)} bytes")

    def sync(self, descriptor: int) -> None:
        os.fdatasync(descriptor)

    def rename(self, old: Path, new: Path) -> None:
        """Durable on return."""
        old.rename(new)
        folder = os.open(new.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
