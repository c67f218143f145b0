"""The vault: every document the exchange keeps, in a folder, under the SHA-256 of its bytes."""

import contextlib
import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

_DIGEST = re.compile(r"[0-9a-f]{64}")


class VaultError(Exception):
    """`code` is stable:

    BAD_DIGEST      not 64 lower-case hex digits
    NOT_STORED      no document has this digest
    CORRUPT         the bytes on the disk are not those that were put; they are not given out
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


class Vault:
    """Documents are never changed and never removed. `put` returns once the bytes survive a loss of power.

    Safe for many threads and processes at once: a document appears whole, by a rename, or not at all.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._incoming = folder / "incoming"
        self._incoming.mkdir(parents=True, exist_ok=True)

    def put(self, content: bytes) -> str:
        """Store `content` durably and return its digest in hex; what is there already and whole is left as it is."""
        digest = hashlib.sha256(content).hexdigest()
        place = self._place(digest)
        if not _is_whole(place, content):
            self._make_folder(place.parent)
            self._write(content, place)
        # Another writer may have renamed the document a moment ago and not yet synced the folder.
        _sync(place.parent)
        return digest

    def get(self, digest: str) -> bytes:
        """The document, checked against its digest."""
        try:
            content = self.path(digest).read_bytes()
        except FileNotFoundError:
            raise VaultError("NOT_STORED", digest) from None
        if hashlib.sha256(content).hexdigest() != digest:
            raise VaultError("CORRUPT", digest)
        return content

    def has(self, digest: str) -> bool:
        return self._place(digest).is_file()

    def path(self, digest: str) -> Path:
        """Where the document lies, unchecked; NOT_STORED where it does not."""
        place = self._place(digest)
        if not place.is_file():
            raise VaultError("NOT_STORED", digest)
        return place

    @contextlib.contextmanager
    def open(self, digest: str) -> Iterator[BinaryIO]:
        """The document as a stream, for what is too large to hold at once; checked before the first byte is given."""
        with self.path(digest).open("rb") as stream:
            if hashlib.file_digest(stream, "sha256").hexdigest() != digest:
                raise VaultError("CORRUPT", digest)
            stream.seek(0)
            yield stream

    def _place(self, digest: str) -> Path:
        if not _DIGEST.fullmatch(digest):
            raise VaultError("BAD_DIGEST", repr(digest[:80]))
        return self.folder / digest[:2] / digest

    def _make_folder(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        _sync(self.folder)

    def _write(self, content: bytes, place: Path) -> None:
        temporary = self._incoming / uuid4().hex
        try:
            with temporary.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(place)
        finally:
            temporary.unlink(missing_ok=True)


def _is_whole(place: Path, content: bytes) -> bool:
    """Whether the document is there as it should be; one that the disk has damaged is written again."""
    try:
        return place.stat().st_size == len(content) and place.read_bytes() == content
    except FileNotFoundError:
        return False


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
