"""Rows of the venue, of who takes part, and of their cash."""

from exchange.vocabulary.codec import I64, NO_DIGEST, U8, U32, U64, Digest, Row, table
from exchange.vocabulary.rows.widths import Bytes256, Code16, Code40


@table(1)
class VenueRow(Row):
    """The one row of counters of the whole venue."""

    rules_version: U32 = 1
    last_place: U64 = 0
    killed: U8 = 0
    policies: Digest = NO_DIGEST


@table(2)
class AssetRow(Row):
    """A cash asset, or the claims on a base, which are the asset of the base's id with scale 0; withdrawals above
    `approval_above` need a second user."""

    asset: U64 = 0
    is_claim: U8 = 0
    scale: U8 = 0
    approval_above: I64 = 0
    code: Code16 = b""


@table(3)
class ParticipantRow(Row):
    participant: U64 = 0
    owner: U64 = 0
    state: U8 = 0
    killed: U8 = 0
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
    """`blocked` is why, bit by bit: 1 by an operator, 2 with its participant, 4 with the venue."""

    account: U64 = 0
    participant: U64 = 0
    max_open_orders: U32 = 0
    max_client_ids: U32 = 0
    blocked: U8 = 0
    dead_man_ns: I64 = 0


@table(7)
class BalanceRow(Row):
    """`total` includes what is `held`. Account 0 is the venue's, where its fees are."""

    account: U64 = 0
    asset: U64 = 0
    total: I64 = 0
    held: I64 = 0


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


@table(17)
class GuardRow(Row):
    guard: U64 = 0
    account: U64 = 0


@table(19)
class ProposalRow(Row):
    """The encoded command that waits, and the user who made it."""

    proposal: U64 = 0
    user: U64 = 0
    command: Bytes256 = b""
