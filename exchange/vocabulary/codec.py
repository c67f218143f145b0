"""Commands and events as fixed-width little-endian records, laid out once.

A record is a dataclass whose annotations carry the field's format; offsets follow from their order. Every record starts
with the header below and is padded with zeros to its family's width, so that a batch is an array: `numpy_dtype` reads
one without parsing. Readers of one kind in a hot loop use that kind's `STRUCT`; everyone else `encode` and `decode`.

A record family's width and a kind's layout change only with `VERSION`.
"""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from typing import Annotated, Any, ClassVar, Final, NamedTuple, Self, TypeVar, dataclass_transform, get_type_hints

import numpy as np

VERSION: Final = 1
COMMAND_BYTES: Final = 256
EVENT_BYTES: Final = 256

U8 = Annotated[int, "B"]
U16 = Annotated[int, "H"]
U32 = Annotated[int, "I"]
I32 = Annotated[int, "i"]
U64 = Annotated[int, "Q"]
I64 = Annotated[int, "q"]
Text16 = Annotated[str, "16s"]
Text32 = Annotated[str, "32s"]
Text40 = Annotated[str, "40s"]
Bytes16 = Annotated[bytes, "16s"]
Bytes64 = Annotated[bytes, "64s"]
Digest = Annotated[bytes, "32s"]

NO_DIGEST: Final = bytes(32)

STAMP: Final = struct.Struct("<Qq")
KIND_OFFSET: Final = 16


class RecordError(ValueError):
    """Bytes that are no record of the family: wrong length, unknown kind or version, text that is not ASCII."""


class Field(NamedTuple):
    name: str
    offset: int
    width: int
    format: str


@dataclass_transform(kw_only_default=True)
@dataclass(slots=True, kw_only=True)
class Record:
    """The common header. `sequence` and `timestamp_ns` (UTC) are the sequencer's; zero means none for every id.

    `index` numbers the events of one sequence from 0, and is zero in commands. `actor` is the user or key that asked.
    """

    KIND: ClassVar[int] = 0
    BYTES: ClassVar[int] = 0
    STRUCT: ClassVar[struct.Struct]
    FIELDS: ClassVar[tuple[Field, ...]] = ()

    sequence: U64 = 0
    timestamp_ns: I64 = 0
    flags: U16 = 0
    index: U32 = 0
    actor: U64 = 0
    account: U64 = 0
    instrument: U64 = 0

    def encode(self) -> bytes:
        """The record's bytes; `RecordError` where a value does not fit its field."""
        values = [getattr(self, field.name) for field in self.FIELDS if field.name not in {"kind", "version"}]
        try:
            values = [value.encode("ascii") if isinstance(value, str) else value for value in values]
            packed = self.STRUCT.pack(*values[:2], self.KIND, VERSION, *values[2:])
        except (struct.error, UnicodeEncodeError) as error:
            raise RecordError(f"{type(self).__name__}: {error}") from None
        for field, value in zip(self.FIELDS[4:], values[2:], strict=True):
            if isinstance(value, bytes) and len(value) > field.width:
                raise RecordError(f"{type(self).__name__}.{field.name} is longer than {field.width} bytes")
        return packed

    @classmethod
    def unpack(cls, buffer: bytes | memoryview, offset: int = 0) -> Self:
        sequence, timestamp_ns, _kind, _version, *rest = cls.STRUCT.unpack_from(buffer, offset)
        for position, field in enumerate(cls.FIELDS[4:]):
            if field.name in cls._text_fields():
                rest[position] = rest[position].rstrip(b"\0").decode("ascii")
        names = [field.name for field in cls.FIELDS[4:]]
        return cls(sequence=sequence, timestamp_ns=timestamp_ns, **dict(zip(names, rest, strict=True)))

    @classmethod
    def _text_fields(cls) -> frozenset[str]:
        return _TEXT_FIELDS[cls]


_TEXT_FIELDS: dict[type[Record], frozenset[str]] = {}

R = TypeVar("R", bound=Record)


def _annotated_formats(record: type[Any]) -> list[tuple[str, str]]:
    hints = get_type_hints(record, include_extras=True)
    return [(field.name, hints[field.name].__metadata__[0]) for field in fields(record)]


def _laid_out(formats: list[tuple[str, str]]) -> tuple[Field, ...]:
    offset, laid_out = 0, []
    for name, code in formats:
        laid_out.append(Field(name, offset, struct.calcsize("<" + code), code))
        offset += laid_out[-1].width
    return tuple(laid_out)


def numpy_dtype(layout: tuple[Field, ...], record_bytes: int) -> np.dtype[Any]:
    """A layout as a structured type; text and digests are raw bytes of their whole width."""
    codes = {"B": "u1", "H": "<u2", "I": "<u4", "i": "<i4", "Q": "<u8", "q": "<i8"}
    return np.dtype(
        {
            "names": [field.name for field in layout],
            "formats": [codes.get(field.format, f"V{field.width}") for field in layout],
            "offsets": [field.offset for field in layout],
            "itemsize": record_bytes,
        }
    )


class Family:
    """All records of one width: commands, or events."""

    def __init__(self, name: str, record_bytes: int) -> None:
        self.name = name
        self.record_bytes = record_bytes
        self.kinds: dict[int, type[Record]] = {}

    @dataclass_transform(kw_only_default=True)
    def register(self, kind: int) -> Callable[[type[R]], type[R]]:
        """Lay out the annotated class as the record of `kind`."""

        def lay_out(cls: type[R]) -> type[R]:
            record = dataclass(slots=True, kw_only=True)(cls)
            assert kind not in self.kinds, f"{self.name} kind {kind} is taken"
            self.kinds[kind] = record
            own = _annotated_formats(record)
            record.KIND, record.BYTES = kind, self.record_bytes
            record.FIELDS = _laid_out([*own[:2], ("kind", "B"), ("version", "B"), *own[2:]])
            used = record.FIELDS[-1].offset + record.FIELDS[-1].width
            assert used <= self.record_bytes, f"{record.__name__} needs {used} bytes"
            formats = "".join(field.format for field in record.FIELDS)
            record.STRUCT = struct.Struct(f"<{formats}{self.record_bytes - used}x")
            hints = get_type_hints(record, include_extras=True)
            _TEXT_FIELDS[record] = frozenset(f.name for f in fields(record) if hints[f.name].__origin__ is str)
            return record

        return lay_out

    def decode(self, buffer: bytes | memoryview, offset: int = 0) -> Record:
        """The record at `offset`; `RecordError` where there is none of this family and version."""
        if len(buffer) - offset < self.record_bytes:
            raise RecordError(f"a {self.name} record has {self.record_bytes} bytes")
        record = self.kinds.get(buffer[offset + KIND_OFFSET])
        if record is None:
            raise RecordError(f"unknown {self.name} kind {buffer[offset + KIND_OFFSET]}")
        if buffer[offset + KIND_OFFSET + 1] != VERSION:
            raise RecordError(f"{self.name} record version {buffer[offset + KIND_OFFSET + 1]}, this is {VERSION}")
        try:
            return record.unpack(buffer, offset)
        except UnicodeDecodeError:
            raise RecordError(f"{record.__name__} holds text that is not ASCII") from None

    def decode_all(self, batch: bytes | memoryview) -> Iterator[Record]:
        if len(batch) % self.record_bytes:
            raise RecordError(f"{len(batch)} bytes are no whole number of {self.name} records")
        for offset in range(0, len(batch), self.record_bytes):
            yield self.decode(batch, offset)

    def numpy_dtype(self, kind: int) -> np.dtype[Any]:
        """One kind's layout as a structured type of the family's width; select its rows by `kind` first."""
        return numpy_dtype(self.kinds[kind].FIELDS, self.record_bytes)


COMMANDS: Final = Family("command", COMMAND_BYTES)
EVENTS: Final = Family("event", EVENT_BYTES)


def stamp(batch: bytearray, position: int, sequence: int, timestamp_ns: int) -> None:
    """Write the sequencer's number and time into the command at `position` of an encoded batch."""
    STAMP.pack_into(batch, position * COMMAND_BYTES, sequence, timestamp_ns)


@dataclass(slots=True, kw_only=True)
class Row:
    """One row of a state table: no header, its own width, integers and raw bytes only, key fields first."""

    TABLE: ClassVar[int] = 0
    STRUCT: ClassVar[struct.Struct]
    FIELDS: ClassVar[tuple[Field, ...]] = ()

    def encode(self) -> bytes:
        return self.STRUCT.pack(*[getattr(self, field.name) for field in self.FIELDS])

    @classmethod
    def decode(cls, packed: bytes) -> Self:
        return cls(**dict(zip([field.name for field in cls.FIELDS], cls.STRUCT.unpack(packed), strict=True)))


TABLES: Final[dict[int, type[Row]]] = {}

T = TypeVar("T", bound=Row)


@dataclass_transform(kw_only_default=True)
def table(number: int) -> Callable[[type[T]], type[T]]:
    """Lay out the annotated class as the row of state table `number`."""

    def lay_out(cls: type[T]) -> type[T]:
        row = dataclass(slots=True, kw_only=True)(cls)
        assert number not in TABLES, f"table {number} is taken"
        TABLES[number] = row
        row.TABLE, row.FIELDS = number, _laid_out(_annotated_formats(row))
        row.STRUCT = struct.Struct("<" + "".join(field.format for field in row.FIELDS))
        return row

    return lay_out
