"""The SQL tables: a projection of the event stream, written by the projector alone.

Everything here can be deleted and made again from the journal. Columns have the names and units of the events they
come from; ids are sequences, so all integers fit 63 bits. No foreign keys: rows follow from events already judged.
"""

from typing import Any, Final

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, SmallInteger, String, Table

metadata: Final = MetaData(naming_convention={"pk": "pk_%(table_name)s", "ix": "ix_%(table_name)s_%(column_0_N_name)s"})


def _id(name: str) -> Column[int]:
    return Column(name, BigInteger, primary_key=True, autoincrement=False)


def _big(*names: str) -> list[Column[Any]]:
    return [Column(name, BigInteger, nullable=False) for name in names]


def _small(*names: str) -> list[Column[Any]]:
    return [Column(name, SmallInteger, nullable=False) for name in names]


def _whole(*names: str) -> list[Column[Any]]:
    return [Column(name, Integer, nullable=False) for name in names]


def _text(width: int, *names: str) -> list[Column[Any]]:
    return [Column(name, String(width), nullable=False) for name in names]


def _digest(*names: str) -> list[Column[Any]]:
    return [Column(name, LargeBinary(32), nullable=False) for name in names]


watermark: Final = Table("watermark", metadata, _id("id"), *_big("sequence", "timestamp_ns"))

venue: Final = Table("venue", metadata, _id("id"), *_small("killed"), *_digest("policies"))
"""One row: whether the venue is killed, and the policy set that was adopted last."""

postings: Final = Table(
    "postings",
    metadata,
    _id("sequence"),
    _id("event_index"),
    _id("line"),
    *_big("timestamp_ns", "account", "asset"),
    *_small("bucket", "entry"),
    *_big("amount", "balance"),
    Index(None, "account", "asset", "sequence"),
    sqlite_with_rowid=False,
)
"""`balance` is what the account owns of the asset after the line, held or not; for the venue's, that bucket."""

balances: Final = Table("balances", metadata, _id("account"), _id("asset"), _id("bucket"), *_big("amount"))

participants: Final = Table(
    "participants",
    metadata,
    _id("participant"),
    *_big("owner"),
    *_small("state", "killed"),
    *_big("expires_at_ns", "registered_ns"),
    *_digest("profile", "evidence"),
)

users: Final = Table(
    "users",
    metadata,
    _id("user_id"),
    *_big("participant"),
    *_small("roles"),
    *_digest("person"),
    *_big("registered_ns"),
)

keys: Final = Table(
    "keys",
    metadata,
    _id("key_id"),
    *_big("user_id", "participant"),
    *_small("scopes"),
    *_big("expires_at_ns", "registered_ns", "revoked_ns"),
    *_digest("fingerprint"),
)

accounts: Final = Table(
    "accounts",
    metadata,
    _id("account"),
    *_big("participant", "owner", "max_open_orders", "max_client_ids"),
    *_small("blocked"),
    *_big("opened_ns"),
    Index(None, "participant"),
)
"""`blocked` is why, bit by bit, as in the state."""

assets: Final = Table(
    "assets", metadata, _id("asset"), *_small("is_claim", "scale"), *_text(16, "code"), *_big("defined_ns")
)

bases: Final = Table(
    "bases",
    metadata,
    _id("base"),
    *_big("issuer", "lots", "copies", "lot_rtu", "issued_claims", "withdrawn_claims", "defined_ns"),
    *_small("withheld"),
    *_text(16, "code"),
    *_digest("listing", "certificate", "decision"),
)

pools: Final = Table(
    "pools",
    metadata,
    _id("pool"),
    *_big("lot_rtu", "defined_ns"),
    *_text(16, "code"),
    *_digest("listing", "decision"),
)
"""`listing` is the digest of the class."""

poolings: Final = Table(
    "poolings",
    metadata,
    _id("sequence"),
    *_big("account", "base", "pool", "claims", "timestamp_ns"),
    *_digest("decision"),
    *_text(40, "key"),
    Index(None, "account", "sequence"),
)
"""Claims on a base that became claims on a pool."""

instruments: Final = Table(
    "instruments",
    metadata,
    _id("instrument"),
    *_text(32, "symbol"),
    *_big("base", "quote", "tick_minor", "lot_rtu", "minor_per_tick_lot", "max_lots", "max_notional_minor"),
    *_big("maker_ppm", "taker_ppm", "auction_ppm", "negotiated_ppm"),
    *_big("collar_ppm", "static_band_ppm", "dynamic_band_ppm", "max_holders"),
    *_small("modes", "killed", "phase"),
    *_whole("trading_day"),
    *_big("reference_price_ticks", "defined_ns"),
    *_small("cause"),
    *_big("ends_at_ns", "overridden_ns", "scheduled_ns"),
    *_digest("schedule"),
)
"""`overridden_ns` is when a person last moved the phase, `scheduled_ns` when the schedule was assigned."""

entitlements: Final = Table(
    "entitlements",
    metadata,
    _id("entitlement"),
    *_big("account", "instrument"),
    *_small("side", "purpose", "expired"),
    *_whole("min_days"),
    *_big("position_limit_lots", "expires_at_ns", "granted_ns", "ended_ns"),
    *_digest("decision", "end_decision"),
    Index(None, "account", "instrument", "side"),
)

# An order as it stands; `done_ns` is zero while it is open. The client order ids are the first and the last given.
orders: Final = Table(
    "orders",
    metadata,
    _id("order_id"),
    *_big("account", "instrument", "decision", "place"),
    *_small("side", "type", "tif", "self_trade", "post_only", "done_reason"),
    *_big("price_ticks", "lots", "leaves_lots", "cum_lots", "cum_notional_minor", "fee_minor", "hold"),
    *_big("display_lots", "stop_price_ticks", "expire_at_ns", "funds_minor", "created_ns", "done_ns"),
    *_text(40, "client_order_id", "last_client_order_id"),
    Index(None, "account", "order_id"),
    Index(None, "account", "client_order_id"),
)
_OPEN: Final = orders.c.done_ns == 0
Index("ix_orders_open", orders.c.account, orders.c.order_id, sqlite_where=_OPEN, postgresql_where=_OPEN)

trades: Final = Table(
    "trades",
    metadata,
    _id("instrument"),
    _id("trade_id"),
    *_big("sequence", "event_index", "timestamp_ns", "product_sequence", "base", "quote"),
    *_big(
        "price_ticks",
        "lots",
        "notional_minor",
        "account",
        "maker_account",
        "taker_order_id",
        "maker_order_id",
    ),
    *_big("taker_fee_minor", "maker_fee_minor", "taker_decision", "maker_decision"),
    *_small("taker_side", "match_type", "bust_reason"),
    *_big("bust_sequence"),
    Index(None, "account", "sequence"),
    Index(None, "maker_account", "sequence"),
    Index(None, "sequence", "event_index"),
)
"""As in the event, `account` is the taker's; `bust_sequence` is zero while the trade stands."""

busts: Final = Table(
    "busts", metadata, _id("sequence"), _id("event_index"), *_big("instrument", "trade_id"), *_small("reason"),
    *_digest("evidence"),
)  # fmt: skip
"""Trades that were reversed whole."""

adjustments: Final = Table(
    "adjustments",
    metadata,
    _id("sequence"),
    _id("event_index"),
    *_big("instrument", "trade_id", "quote", "payer", "payee", "amount", "timestamp_ns"),
    *_small("reason"),
    *_digest("evidence"),
    Index(None, "instrument", "trade_id"),
)
"""Cash that moved from one party of a trade to the other."""

proposals: Final = Table(
    "proposals",
    metadata,
    _id("proposal"),
    *_big("user_id", "account", "instrument", "subject", "amount", "proposed_ns", "ended_ns", "ended_by"),
    *_small("command_kind", "reason", "state", "end_reason"),
    *_digest("evidence", "policies", "end_evidence"),
    Index(None, "state", "proposal"),
)
"""`state` is 1 waiting, 2 approved, 3 rejected; `ended_by` is the user who did that, `end_reason` why."""

interventions: Final = Table(
    "interventions",
    metadata,
    _id("sequence"),
    _id("event_index"),
    *_small("event_kind", "reason"),
    *_big("actor", "account", "participant", "instrument", "timestamp_ns"),
    *_digest("evidence"),
)
"""Blocks and kills, and how they were lifted; a kill that names neither participant nor instrument is the venue's."""

withdrawal_limits: Final = Table("withdrawal_limits", metadata, _id("asset"), *_big("amount", "sequence"))
"""Withdrawals of more take a second user; an asset that is not here has no limit."""

transfers: Final = Table(
    "transfers",
    metadata,
    _id("transfer"),
    *_big("account", "asset", "amount"),
    *_small("withdrawal", "state"),
    *_text(40, "key"),
    *_big("begun_ns", "ended_ns"),
    Index(None, "account", "transfer"),
)
"""`state` is 1 begun, 2 confirmed, 3 aborted."""

deliveries: Final = Table(
    "deliveries",
    metadata,
    _id("base"),
    _id("participant"),
    _id("lot"),
    *_big("pool", "account", "sequence", "event_index", "timestamp_ns"),
    *_digest("decision"),
    *_text(40, "key"),
    Index(None, "account", "sequence"),
)
"""`pool` is the one whose claim was burnt, zero where it was one on the base itself."""

decisions: Final = Table(
    "decisions",
    metadata,
    _id("sequence"),
    _id("event_index"),
    *_small("event_kind", "permitted"),
    *_big("account", "instrument", "base", "timestamp_ns"),
    *_digest("subject", "decision"),
    Index(None, "decision"),
)
"""Each digest of a gate decision that an event carried; `event_kind` tells what it was about."""

refusals: Final = Table(
    "refusals", metadata, _id("reason"), _id("command_kind"), *_big("refused", "last_sequence", "last_ns")
)

phases: Final = Table(
    "phases",
    metadata,
    _id("instrument"),
    _id("sequence"),
    _id("event_index"),
    *_small("phase", "old_phase", "reason"),
    *_whole("trading_day"),
    *_big("actor", "timestamp_ns"),
    *_digest("evidence"),
)
