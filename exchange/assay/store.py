"""The facts of all documents: in memory while they are few, beyond that in nameless files, read part by part.

What stays in memory of a dataset of any size is some 120 bytes a document while duplicates are looked for; its text
never does.
"""

import tempfile
import weakref
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Generic, TypeVar, overload

import msgspec
import numpy as np
import numpy.typing as npt

from exchange.assay.duplicates import SHA256_BYTES, SLOTS, Digests, Duplicates, find_duplicates
from exchange.assay.scan import ScannedDocument

T = TypeVar("T")

HELD_BYTES = 64 * 2**20
"""A table of more lies in a file and is mapped."""
Scanned = tuple[list[ScannedDocument], bytes]

HELD_DOCUMENTS = 50_000
"""Facts of as many stay in memory, some 50 MB of them."""
_DECODER = msgspec.msgpack.Decoder(Scanned)


@contextmanager
def scratch_table(folder: Path | None, rows: int, columns: int) -> Iterator[npt.NDArray[np.uint64]]:
    """A table of zeros: in memory if small, else in a nameless file in `folder`, or where the system keeps such."""
    if rows * columns * 8 <= HELD_BYTES:
        yield np.zeros((rows, columns), dtype=np.uint64)
        return
    with tempfile.TemporaryFile(dir=folder) as file:
        yield np.memmap(file, dtype=np.uint64, mode="w+", shape=(rows, columns))


def packed(scanned: Scanned) -> bytes:
    return msgspec.msgpack.encode(scanned)


def unpacked(content: bytes) -> Scanned:
    """Raises ValueError where `content` is something else."""
    scanned: Scanned = _DECODER.decode(content)
    return scanned


class View(Sequence[T], Generic[T]):
    """What `look` makes of each document's facts, made anew each time it is asked for."""

    def __init__(self, store: "Store", look: Callable[[ScannedDocument], T]) -> None:
        self._store = store
        self._look = look

    def __len__(self) -> int:
        return len(self._store)

    def __iter__(self) -> Iterator[T]:
        return map(self._look, self._store)

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> list[T]: ...
    def __getitem__(self, index: int | slice) -> T | list[T]:
        if isinstance(index, slice):
            return [self._look(self._store[place]) for place in range(*index.indices(len(self)))]
        return self._look(self._store[index])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]  # Compared by content, like a list.


class Store(Sequence[ScannedDocument]):
    """Scanned parts in order. `folder` takes the files, or the place where the system keeps such."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._starts: list[int] = []
        self._parts: list[list[ScannedDocument] | tuple[int, int]] = []
        self._count = 0
        self._digests = _Spool(folder)
        self._sha256s = _Spool(folder)
        self._facts = _Spool(folder)
        self._last: tuple[int, list[ScannedDocument]] = (-1, [])

    def add(self, scanned: Scanned) -> None:
        facts, digests = scanned
        self._starts.append(self._count)
        self._count += len(facts)
        self._digests.append(digests)
        self._sha256s.append(b"".join([document.sha256 for document in facts]))
        self._parts.append(
            facts if self._count <= HELD_DOCUMENTS else self._facts.append(msgspec.msgpack.encode((facts, b"")))
        )

    def duplicates(self) -> Duplicates:
        return find_duplicates(self.sha256s(), self.digests(), partial(scratch_table, self._folder))

    def digests(self) -> Digests:
        return self._digests.rows("<u4", SLOTS)

    def sha256s(self) -> npt.NDArray[np.uint8]:
        return self._sha256s.rows("u1", SHA256_BYTES)

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[ScannedDocument]:
        for number in range(len(self._parts)):
            yield from self._part(number)

    @overload
    def __getitem__(self, index: int) -> ScannedDocument: ...
    @overload
    def __getitem__(self, index: slice) -> list[ScannedDocument]: ...
    def __getitem__(self, index: int | slice) -> ScannedDocument | list[ScannedDocument]:
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(self._count))]
        place = range(self._count)[index]
        number = bisect_right(self._starts, place) - 1
        if self._last[0] != number:
            self._last = number, self._part(number)
        return self._last[1][place - self._starts[number]]

    def _part(self, number: int) -> list[ScannedDocument]:
        part = self._parts[number]
        return part if isinstance(part, list) else unpacked(self._facts.read(*part))[0]


class _Spool:
    """Bytes one after another: in memory while they are few, then in a nameless file."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._held = bytearray()
        self._file: Any = None
        self._size = 0

    def append(self, content: bytes) -> tuple[int, int]:
        """Where it lies, for `read`."""
        place = self._size, len(content)
        self._size += len(content)
        if self._file is None and self._size <= HELD_DOCUMENTS * SLOTS * 4:
            self._held += content
            return place
        if self._file is None:
            self._file = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115 - closed with this.
            weakref.finalize(self, self._file.close)
            self._file.write(self._held)
            self._held = bytearray()
        self._file.write(content)
        return place

    def read(self, offset: int, size: int) -> bytes:
        if self._file is None:
            return bytes(self._held[offset : offset + size])
        self._file.seek(offset)
        content: bytes = self._file.read(size)
        self._file.seek(0, 2)
        return content

    def rows(self, kind: str, width: int) -> npt.NDArray[Any]:
        """All of it as a table, mapped and not read where it is a file."""
        if self._file is None:
            return np.frombuffer(self._held, dtype=kind).reshape(-1, width)
        self._file.flush()
        table: npt.NDArray[Any] = np.memmap(self._file, dtype=kind, mode="r").reshape(-1, width)
        return table
