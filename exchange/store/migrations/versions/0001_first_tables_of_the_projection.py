"""First tables of the projection.

Written out here, not imported: a migration stays what it was when the tables change.
"""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_TYPES: dict[str, Any] = {
    "big": sa.BigInteger(),
    "small": sa.SmallInteger(),
    "whole": sa.Integer(),
    "text16": sa.String(16),
    "text32": sa.String(32),
    "text40": sa.String(40),
    "bytes32": sa.LargeBinary(32),
}

_Columns = list[tuple[str, str]]
_TABLES: list[tuple[str, str, _Columns, list[str]]] = [
    (
        "accounts",
        "account",
        [("big", "participant owner max_open_orders max_client_ids"), ("small", "blocked"), ("big", "opened_ns")],
        ["participant"],
    ),
    (
        "adjustments",
        "sequence event_index",
        [
            ("big", "instrument trade_id quote payer payee amount timestamp_ns"),
            ("small", "reason"),
            ("bytes32", "evidence"),
        ],
        ["instrument trade_id"],
    ),
    ("assets", "asset", [("small", "is_claim scale"), ("text16", "code"), ("big", "defined_ns")], []),
    ("balances", "account asset bucket", [("big", "amount")], []),
    (
        "bases",
        "base",
        [
            ("big", "issuer lots copies lot_rtu issued_claims withdrawn_claims defined_ns"),
            ("small", "withheld"),
            ("text16", "code"),
            ("bytes32", "listing certificate decision"),
        ],
        [],
    ),
    (
        "busts",
        "sequence event_index",
        [("big", "instrument trade_id"), ("small", "reason"), ("bytes32", "evidence")],
        [],
    ),
    (
        "decisions",
        "sequence event_index",
        [
            ("small", "event_kind permitted"),
            ("big", "account instrument base timestamp_ns"),
            ("bytes32", "subject decision"),
        ],
        ["decision"],
    ),
    (
        "deliveries",
        "base participant lot",
        [("big", "pool account sequence event_index timestamp_ns"), ("bytes32", "decision"), ("text40", "key")],
        ["account sequence"],
    ),
    (
        "entitlements",
        "entitlement",
        [
            ("big", "account instrument"),
            ("small", "side purpose expired"),
            ("whole", "min_days"),
            ("big", "position_limit_lots expires_at_ns granted_ns ended_ns"),
            ("bytes32", "decision end_decision"),
        ],
        ["account instrument side"],
    ),
    (
        "instruments",
        "instrument",
        [
            ("text32", "symbol"),
            ("big", "base quote tick_minor lot_rtu minor_per_tick_lot max_lots"),
            ("big", "max_notional_minor maker_ppm taker_ppm auction_ppm negotiated_ppm"),
            ("big", "collar_ppm static_band_ppm dynamic_band_ppm max_holders"),
            ("small", "modes killed phase"),
            ("whole", "trading_day"),
            ("big", "reference_price_ticks defined_ns"),
            ("small", "cause"),
            ("big", "ends_at_ns overridden_ns scheduled_ns"),
            ("bytes32", "schedule"),
        ],
        [],
    ),
    (
        "interventions",
        "sequence event_index",
        [
            ("small", "event_kind reason"),
            ("big", "actor account participant instrument timestamp_ns"),
            ("bytes32", "evidence"),
        ],
        [],
    ),
    (
        "keys",
        "key_id",
        [
            ("big", "user_id participant"),
            ("small", "scopes"),
            ("big", "expires_at_ns registered_ns revoked_ns"),
            ("bytes32", "fingerprint"),
        ],
        [],
    ),
    (
        "order_options",
        "order_id",
        [("small", "peg"), ("big", "entry offset_ticks cap_ticks trail_ticks exit_price_ticks exit_stop_ticks")],
        [],
    ),
    (
        "orders",
        "order_id",
        [
            ("big", "account instrument decision place"),
            ("small", "side type tif self_trade post_only done_reason"),
            ("big", "price_ticks lots leaves_lots cum_lots cum_notional_minor fee_minor hold"),
            ("big", "display_lots stop_price_ticks expire_at_ns funds_minor created_ns done_ns"),
            ("text40", "client_order_id last_client_order_id"),
        ],
        ["account client_order_id", "account order_id"],
    ),
    (
        "participants",
        "participant",
        [
            ("big", "owner"),
            ("small", "state killed"),
            ("big", "expires_at_ns registered_ns"),
            ("bytes32", "profile evidence"),
        ],
        [],
    ),
    (
        "phases",
        "instrument sequence event_index",
        [
            ("small", "phase old_phase reason"),
            ("whole", "trading_day"),
            ("big", "actor timestamp_ns"),
            ("bytes32", "evidence"),
        ],
        [],
    ),
    (
        "poolings",
        "sequence",
        [("big", "account base pool claims timestamp_ns"), ("bytes32", "decision"), ("text40", "key")],
        ["account sequence"],
    ),
    ("pools", "pool", [("big", "lot_rtu defined_ns"), ("text16", "code"), ("bytes32", "listing decision")], []),
    (
        "postings",
        "sequence event_index line",
        [("big", "timestamp_ns account asset"), ("small", "bucket entry"), ("big", "amount balance")],
        ["account asset sequence"],
    ),
    (
        "proposals",
        "proposal",
        [
            ("big", "user_id account instrument subject amount proposed_ns ended_ns ended_by"),
            ("small", "command_kind reason state end_reason"),
            ("bytes32", "evidence policies end_evidence"),
        ],
        ["state proposal"],
    ),
    ("refusals", "reason command_kind", [("big", "refused last_sequence last_ns")], []),
    (
        "trades",
        "instrument trade_id",
        [
            ("big", "sequence event_index timestamp_ns product_sequence base quote price_ticks"),
            ("big", "lots notional_minor account maker_account taker_order_id maker_order_id"),
            ("big", "taker_fee_minor maker_fee_minor taker_decision maker_decision"),
            ("small", "taker_side match_type bust_reason"),
            ("big", "bust_sequence"),
        ],
        ["account sequence", "maker_account sequence", "sequence event_index"],
    ),
    (
        "transfers",
        "transfer",
        [
            ("big", "account asset amount"),
            ("small", "withdrawal state"),
            ("text40", "key"),
            ("big", "begun_ns ended_ns"),
        ],
        ["account transfer"],
    ),
    (
        "users",
        "user_id",
        [("big", "participant"), ("small", "roles"), ("bytes32", "person"), ("big", "registered_ns")],
        [],
    ),
    ("venue", "id", [("small", "killed"), ("bytes32", "policies")], []),
    ("watermark", "id", [("big", "sequence timestamp_ns")], []),
    ("withdrawal_limits", "asset", [("big", "amount sequence")], []),
]
"""Name, key columns (all "big"), other columns by type, indexes by their columns."""


def upgrade() -> None:
    for name, keys, columns, indexes in _TABLES:
        layout = {"sqlite_with_rowid": False} if name == "postings" else {}
        key = sa.PrimaryKeyConstraint(*keys.split(), name=f"pk_{name}")
        op.create_table(name, *_columns(keys, columns), key, **layout)
        for index in indexes:
            op.create_index(f"ix_{name}_{index.replace(' ', '_')}", name, index.split())
    is_open = sa.text("done_ns = 0")
    op.create_index("ix_orders_open", "orders", ["account", "order_id"], sqlite_where=is_open, postgresql_where=is_open)


def _columns(keys: str, columns: _Columns) -> Iterator[sa.Column[Any]]:
    for name in keys.split():
        yield sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False)
    for kind, names in columns:
        for name in names.split():
            yield sa.Column(name, _TYPES[kind], nullable=False)


def downgrade() -> None:
    for name, *_ in _TABLES:
        op.drop_table(name)
