"""Rows of bases, of pools, and of what became of claims on them."""

from exchange.vocabulary.codec import I32, I64, U8, U16, U32, U64, Digest, Row, table
from exchange.vocabulary.rows.widths import Code16, Code40


@table(8)
class BaseRow(Row):
    base: U64 = 0
    issuer: U64 = 0
    lots: U32 = 0
    copies: U32 = 0
    lot_rtu: I64 = 0
    issued: U8 = 0
    is_pool: U8 = 0
    withheld: U8 = 0
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
    pool: U64 = 0


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


@table(20)
class PooledRow(Row):
    """Claims on a base that were pooled and not yet delivered; `position` numbers a pool's bases as they came."""

    pool: U64 = 0
    position: U32 = 0
    base: U64 = 0
    claims: I64 = 0


@table(21)
class PoolingRow(Row):
    """Claims on a base turned into claims on a pool by the command of this sequence; kept for its key."""

    pooling: U64 = 0
    account: U64 = 0
    base: U64 = 0
    pool: U64 = 0
    claims: I64 = 0
    decision: Digest = b""
    key: Code40 = b""


@table(22)
class ClaimsWithdrawalRow(Row):
    """Claims burnt without a delivery by the command of this sequence; kept for its key."""

    withdrawal: U64 = 0
    account: U64 = 0
    base: U64 = 0
    claims: I64 = 0
    reason: U16 = 0
    evidence: Digest = b""
    key: Code40 = b""
