"""The machine's state as tables: what a snapshot holds, and what a reader of events starts from.

A snapshot is a header, then each table in the order of its number: number, row width, row count, rows sorted by key.
`state_hash` is SHA-256 over all after the header, so that a refusal, which moves only the header's sequence, does not
change it.
"""

import hashlib
import struct
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Final, NamedTuple, TypeVar, cast

from exchange.vocabulary.codec import I32, I64, TABLES, U8, U16, U32, U64, Bytes16, Digest, Row, table

SNAPSHOT_MAGIC: Final = b"TLXSTATE"
SNAPSHOT_VERSION: Final = 1
_HEADER: Final = struct.Struct("<8sIIQq")
_TABLE: Final = struct.Struct("<IIQ")

Code16 = Annotated[bytes, "16s"]
Code32 = Annotated[bytes, "32s"]
Code40 = Annotated[bytes, "40s"]
T = TypeVar("T", bound=Row)


class SnapshotError(ValueError):
    """Bytes that are no snapshot of this version: wrong magic, unknown table, cut short, rows out of order."""


@table(1)
class VenueRow(Row):
    """The one row of counters of the whole venue."""

    rules_version: U32 = 1
    last_place: U64 = 0


@table(2)
class AssetRow(Row):
    """A cash asset, or the claims on a base, which are the asset of the base's id with scale 0."""

    asset: U64 = 0
    is_claim: U8 = 0
    scale: U8 = 0
    code: Code16 = b""


@table(3)
class ParticipantRow(Row):
    participant: U64 = 0
    owner: U64 = 0
    state: U8 = 0
    expires_at_ns: I64 = 0


@table(4)
class UserRow(Row):
    user: U64 = 0
    participant: U64 = 0
    roles: U8 = 0


@table(5)
class KeyRow(Row):
    key: U64 = 0
    user: U64 = 0
    scopes: U8 = 0
    revoked: U8 = 0
    expires_at_ns: I64 = 0
    fingerprint: Digest = b""


@table(6)
class AccountRow(Row):
    account: U64 = 0
    participant: U64 = 0
    max_open_orders: U32 = 0
    max_client_ids: U32 = 0
    blocked: U8 = 0


@table(7)
class BalanceRow(Row):
    """`total` includes what is `held`. Account 0 is the venue's, where its fees are."""

    account: U64 = 0
    asset: U64 = 0
    total: I64 = 0
    held: I64 = 0


@table(8)
class BaseRow(Row):
    base: U64 = 0
    issuer: U64 = 0
    lots: U32 = 0
    copies: U32 = 0
    lot_rtu: I64 = 0
    issued: U8 = 0
    code: Code16 = b""


@table(9)
class DeliveryRow(Row):
    """Lot number `lot` of a base was delivered to a participant, out of `account`, by the command `sequence`."""

    base: U64 = 0
    participant: U64 = 0
    lot: U32 = 0
    account: U64 = 0
    sequence: U64 = 0
    decision: Digest = b""
    key: Code40 = b""


@table(10)
class InstrumentRow(Row):
    instrument: U64 = 0
    base: U64 = 0
    quote: U64 = 0
    tick_minor: I64 = 0
    lot_rtu: I64 = 0
    minor_per_tick_lot: I64 = 0
    max_lots: I64 = 0
    max_notional_minor: I64 = 0
    maker_ppm: U32 = 0
    taker_ppm: U32 = 0
    auction_ppm: U32 = 0
    negotiated_ppm: U32 = 0
    collar_ppm: U32 = 0
    static_band_ppm: U32 = 0
    dynamic_band_ppm: U32 = 0
    max_holders: U32 = 0
    volatility_s: U32 = 0
    modes: U8 = 0
    symbol: Code32 = b""
    phase: U8 = 0
    trading_day: I32 = 0
    freezes_at_ns: I64 = 0
    ends_at_ns: I64 = 0
    reference_price_ticks: I64 = 0
    last_price_ticks: I64 = 0
    last_trade_id: U64 = 0
    product_sequence: U64 = 0


@table(11)
class EntitlementRow(Row):
    account: U64 = 0
    instrument: U64 = 0
    side: U8 = 0
    entitlement: U64 = 0
    purpose: U8 = 0
    min_days: U16 = 0
    position_limit_lots: I64 = 0
    expires_at_ns: I64 = 0
    decision: Digest = b""


@table(12)
class LastDayRow(Row):
    """The last trading day on which a beneficial owner traded this side of an instrument."""

    owner: U64 = 0
    instrument: U64 = 0
    side: U8 = 0
    trading_day: I32 = 0


@table(13)
class TransferRow(Row):
    """`state` is 1 begun, 2 confirmed, 3 aborted."""

    transfer: U64 = 0
    account: U64 = 0
    asset: U64 = 0
    amount: I64 = 0
    withdrawal: U8 = 0
    state: U8 = 0
    key: Code40 = b""


@table(14)
class OrderRow(Row):
    """An order that rests, one that waits outside the book (no `place`), or one that is done and still remembered
    (`done_ns` not zero).

    `fee_num` is in its two 64-bit halves; the client order ids are the first and the last one given.
    """

    order_id: U64 = 0
    account: U64 = 0
    instrument: U64 = 0
    side: U8 = 0
    type: U8 = 0
    tif: U8 = 0
    self_trade: U8 = 0
    post_only: U8 = 0
    done_reason: U8 = 0
    triggered: U8 = 0
    price_ticks: I64 = 0
    lots: I64 = 0
    leaves_lots: I64 = 0
    display_lots: I64 = 0
    hidden_lots: I64 = 0
    stop_price_ticks: I64 = 0
    funds_minor: I64 = 0
    expire_at_ns: I64 = 0
    cum_lots: I64 = 0
    cum_notional_minor: I64 = 0
    fee_num_high: U64 = 0
    fee_num_low: U64 = 0
    fee_minor: I64 = 0
    hold: I64 = 0
    maker_ppm: U32 = 0
    taker_ppm: U32 = 0
    place: U64 = 0
    decision: U64 = 0
    created_ns: I64 = 0
    done_ns: I64 = 0
    client_order_id: Code40 = b""
    last_client_order_id: Code40 = b""
    fingerprint: Bytes16 = b""


class State(NamedTuple):
    """A snapshot taken apart: the sequence and time it stands at, and its tables by row class."""

    sequence: int
    timestamp_ns: int
    tables: Mapping[type[Row], list[Row]]

    def rows(self, row: type[T]) -> list[T]:
        return cast(list[T], self.tables.get(row, []))


def encode_tables(tables: Mapping[type[Row], Iterable[Row]]) -> bytes:
    """Every table in the order of its number, empty ones too; the rows must come sorted by key."""
    parts = []
    for number, row in sorted(TABLES.items()):
        rows = [each.encode() for each in tables.get(row, ())]
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
