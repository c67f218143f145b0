"""The machine's state as tables: what a snapshot holds, and what a reader of events starts from.

A snapshot is a header, then each table in the order of its number: number, row width, row count, rows sorted by key.
`state_hash` is SHA-256 over all after the header, so that a refusal, which moves only the header's sequence, does not
change it.
"""

import hashlib
import struct
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple, TypeVar, cast

from exchange.vocabulary.codec import TABLES, Row

SNAPSHOT_MAGIC: Final = b"TLXSTATE"
SNAPSHOT_VERSION: Final = 1
_HEADER: Final = struct.Struct("<8sIIQq")
_TABLE: Final = struct.Struct("<IIQ")

T = TypeVar("T", bound=Row)


class SnapshotError(ValueError):
    """Bytes that are no snapshot of this version: wrong magic, unknown table, cut short, rows out of order."""


class State(NamedTuple):
    """A snapshot taken apart: the sequence and time it stands at, and its tables by row class."""

    sequence: int
    timestamp_ns: int
    tables: Mapping[type[Row], list[Row]]

    def rows(self, row: type[T]) -> list[T]:
        return cast(list[T], self.tables.get(row, []))


def encode_tables(tables: Mapping[type[Row], Iterable[Row | bytes]]) -> bytes:
    """Every table in the order of its number, empty ones too; the rows, some encoded already, come sorted by key."""
    parts = []
    for number, row in sorted(TABLES.items()):
        rows = [each if isinstance(each, bytes) else each.encode() for each in tables.get(row, ())]
        parts += [_TABLE.pack(number, row.STRUCT.size, len(rows)), *rows]
    return b"".join(parts)


def encode_snapshot(sequence: int, timestamp_ns: int, tables: bytes) -> bytes:
    return _HEADER.pack(SNAPSHOT_MAGIC, SNAPSHOT_VERSION, 0, sequence, timestamp_ns) + tables


def snapshot_hash(snapshot: bytes) -> bytes:
    """The state hash of the machine that a snapshot was taken of."""
    return hashlib.sha256(memoryview(snapshot)[_HEADER.size :]).digest()


def decode_snapshot(snapshot: bytes) -> State:
    """`SnapshotError` where the bytes are not a whole snapshot of this version."""
    try:
        magic, version, _, sequence, timestamp_ns = _HEADER.unpack_from(snapshot)
    except struct.error:
        raise SnapshotError("too short for a snapshot") from None
    if magic != SNAPSHOT_MAGIC or version != SNAPSHOT_VERSION:
        raise SnapshotError(f"not a snapshot of version {SNAPSHOT_VERSION}")
    return State(sequence, timestamp_ns, dict(_decode_tables(snapshot)))


def _decode_tables(snapshot: bytes) -> Iterator[tuple[type[Row], list[Row]]]:
    offset = _HEADER.size
    while offset < len(snapshot):
        try:
            number, width, count = _TABLE.unpack_from(snapshot, offset)
        except struct.error:
            raise SnapshotError("cut short within a table's head") from None
        row = TABLES.get(number)
        if row is None or row.STRUCT.size != width:
            raise SnapshotError(f"table {number} with rows of {width} bytes is unknown")
        offset += _TABLE.size
        end = offset + width * count
        if end > len(snapshot):
            raise SnapshotError(f"table {number} is cut short")
        names = [field.name for field in row.FIELDS]
        rows = row.STRUCT.iter_unpack(memoryview(snapshot)[offset:end])
        yield row, [row(**dict(zip(names, values, strict=True))) for values in rows]
        offset = end
