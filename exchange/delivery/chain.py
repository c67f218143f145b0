"""An append-only file of records, each line chained to the one before by its SHA-256."""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Generic, Self, TypeVar

from exchange.delivery.canonical import canonical_json, parse_canonical

FIRST_PREVIOUS: Final = "0" * 64

T = TypeVar("T")


class BrokenLogError(Exception):
    """`code` is stable:

    LOG_BROKEN          a record was altered: a line is missing, changed or out of order
    """

    code = "LOG_BROKEN"

    def __init__(self, detail: str) -> None:
        super().__init__(f"{self.code}: {detail}")
        self.detail = detail


class ChainedLog(Generic[T]):
    """Records of one dataclass, synced before they count.

    A torn last line, of a machine that died while writing, is cut: nothing was done for it. Any other damage is
    LOG_BROKEN. One writer at a time: the process that holds the data folder.
    """

    def __init__(self, path: Path, kind: type[T]) -> None:
        kept_bytes, self._previous = _checked_end(path, kind)
        self._file = path.open("ab")
        self._file.truncate(kept_bytes)

    def append(self, record: T) -> None:
        told: dict[str, Any] = asdict(record)  # type: ignore[call-overload]
        line = canonical_json({**told, "previous": self._previous})
        self._file.write(line + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())
        self._previous = hashlib.sha256(line).hexdigest()

    @property
    def head(self) -> str:
        """The SHA-256 of the last line; published, it fixes every line before it."""
        return self._previous

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def read_chain(path: Path, kind: type[T]) -> Iterator[T]:
    """The whole lines of a log, the chain checked as they come."""
    previous = FIRST_PREVIOUS
    for number, line in enumerate(_whole_lines(path)):
        record, previous = _read_line(line, previous, number, kind)
        yield record


def _checked_end(path: Path, kind: type[Any]) -> tuple[int, str]:
    """Bytes of the whole lines, and the SHA-256 of the last one."""
    kept_bytes, previous = 0, FIRST_PREVIOUS
    for number, line in enumerate(_whole_lines(path)):
        _, previous = _read_line(line, previous, number, kind)
        kept_bytes += len(line) + 1
    return kept_bytes, previous


def _whole_lines(path: Path) -> Iterator[bytes]:
    if not path.exists():
        return
    with path.open("rb") as file:
        for line in file:
            if line.endswith(b"\n"):
                yield line[:-1]


def _read_line(line: bytes, previous: str, number: int, kind: type[T]) -> tuple[T, str]:
    try:
        stated = parse_canonical(line)
        follows = stated.pop("previous")
        record = kind(**stated)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise BrokenLogError(f"line {number}: {error}") from None
    if follows != previous:
        raise BrokenLogError(f"line {number} does not follow the line before it")
    return record, hashlib.sha256(line).hexdigest()
