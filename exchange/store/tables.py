"""The SQL tables: a projection of the event stream, written by the projector alone.

Everything here can be deleted and made again from the journal. Columns have the names and units of the events they
come from; ids are sequences, so all integers fit 63 bits. No foreign keys: rows follow from events already judged.
"""

from typing import Final

from sqlalchemy import Index, MetaData, Table

from exchange.store.columns import digests, integers, key, smalls, texts, wholes

metadata: Final = MetaData(naming_convention={"pk": "pk_%(table_name)s", "ix": "ix_%(table_name)s_%(column_0_N_name)s"})

watermark: Final = Table("watermark", metadata, key("id"), *integers("sequence", "timestamp_ns"))

venue: Final = Table("venue", metadata, key("id"), *smalls("killed"), *digests("policies"))
"""One row: whether the venue is killed, and the policy set that was adopted last."""

postings: Final = Table(
    "postings",
    metadata,
    key("sequence"),
    key("event_index"),
    key("line"),
    *integers("timestamp_ns", "account", "asset"),
    *smalls("bucket", "entry"),
    *integers("amount", "balance"),
    Index(None, "account", "asset", "sequence"),
    sqlite_with_rowid=False,
)
"""`balance` is what the account owns of the asset after the line, held or not; for the venue's, that bucket."""

balances: Final = Table("balances", metadata, key("account"), key("asset"), key("bucket"), *integers("amount"))

participants: Final = Table(
    "participants",
    metadata,
    key("participant"),
    *integers("owner"),
    *smalls("state", "killed"),
    *integers("expires_at_ns", "registered_ns"),
    *digests("profile", "evidence"),
)

users: Final = Table(
    "users",
    metadata,
    key("user_id"),
    *integers("participant"),
    *smalls("roles"),
    *digests("person"),
    *integers("registered_ns"),
)

keys: Final = Table(
    "keys",
    metadata,
    key("key_id"),
    *integers("user_id", "participant"),
    *smalls("scopes"),
    *integers("expires_at_ns", "registered_ns", "revoked_ns"),
    *digests("fingerprint"),
)

accounts: Final = Table(
    "accounts",
    metadata,
    key("account"),
    *integers("participant", "owner", "max_open_orders", "max_client_ids"),
    *smalls("blocked"),
    *integers("opened_ns"),
    Index(None, "participant"),
)
"""`blocked` is why, bit by bit, as in the state."""

assets: Final = Table(
    "assets", metadata, key("asset"), *smalls("is_claim", "scale"), *texts(16, "code"), *integers("defined_ns")
)

bases: Final = Table(
    "bases",
    metadata,
    key("base"),
    *integers("issuer", "lots", "copies", "lot_rtu", "issued_claims", "withdrawn_claims", "defined_ns"),
    *smalls("withheld"),
    *texts(16, "code"),
    *digests("listing", "certificate", "decision"),
)

pools: Final = Table(
    "pools",
    metadata,
    key("pool"),
    *integers("lot_rtu", "defined_ns"),
    *texts(16, "code"),
    *digests("listing", "decision"),
)
"""`listing` is the digest of the class."""

poolings: Final = Table(
    "poolings",
    metadata,
    key("sequence"),
    *integers("account", "base", "pool", "claims", "timestamp_ns"),
    *digests("decision"),
    *texts(40, "key"),
    Index(None, "account", "sequence"),
)
"""Claims on a base that became claims on a pool."""

instruments: Final = Table(
    "instruments",
    metadata,
    key("instrument"),
    *texts(32, "symbol"),
    *integers("base", "quote", "tick_minor", "lot_rtu", "minor_per_tick_lot", "max_lots", "max_notional_minor"),
    *integers("maker_ppm", "taker_ppm", "auction_ppm", "negotiated_ppm"),
    *integers("collar_ppm", "static_band_ppm", "dynamic_band_ppm", "max_holders"),
    *smalls("modes", "killed", "phase"),
    *wholes("trading_day"),
    *integers("reference_price_ticks", "defined_ns"),
    *smalls("cause"),
    *integers("ends_at_ns", "overridden_ns", "scheduled_ns"),
    *digests("schedule"),
)
"""`overridden_ns` is when a person last moved the phase, `scheduled_ns` when the schedule was assigned."""

entitlements: Final = Table(
    "entitlements",
    metadata,
    key("entitlement"),
    *integers("account", "instrument"),
    *smalls("side", "purpose", "expired"),
    *wholes("min_days"),
    *integers("position_limit_lots", "expires_at_ns", "granted_ns", "ended_ns"),
    *digests("decision", "end_decision"),
    Index(None, "account", "instrument", "side"),
)

# An order as it stands; `done_ns` is zero while it is open. The client order ids are the first and the last given.
orders: Final = Table(
    "orders",
    metadata,
    key("order_id"),
    *integers("account", "instrument", "decision", "place"),
    *smalls("side", "type", "tif", "self_trade", "post_only", "done_reason"),
    *integers("price_ticks", "lots", "leaves_lots", "cum_lots", "cum_notional_minor", "fee_minor", "hold"),
    *integers("display_lots", "stop_price_ticks", "expire_at_ns", "funds_minor", "created_ns", "done_ns"),
    *texts(40, "client_order_id", "last_client_order_id"),
    Index(None, "account", "order_id"),
    Index(None, "account", "client_order_id"),
)
_OPEN: Final = orders.c.done_ns == 0
Index("ix_orders_open", orders.c.account, orders.c.order_id, sqlite_where=_OPEN, postgresql_where=_OPEN)

order_options: Final = Table(
    "order_options",
    metadata,
    key("order_id"),
    *smalls("peg"),
    *integers("entry", "offset_ticks", "cap_ticks", "trail_ticks", "exit_price_ticks", "exit_stop_ticks"),
)
"""What trailing, pegged and bracket orders have besides."""

trades: Final = Table(
    "trades",
    metadata,
    key("instrument"),
    key("trade_id"),
    *integers("sequence", "event_index", "timestamp_ns", "product_sequence", "base", "quote"),
    *integers(
        "price_ticks",
        "lots",
        "notional_minor",
        "account",
        "maker_account",
        "taker_order_id",
        "maker_order_id",
    ),
    *integers("taker_fee_minor", "maker_fee_minor", "taker_decision", "maker_decision"),
    *smalls("taker_side", "match_type", "bust_reason"),
    *integers("bust_sequence"),
    Index(None, "account", "sequence"),
    Index(None, "maker_account", "sequence"),
    Index(None, "sequence", "event_index"),
)
"""As in the event, `account` is the taker's; `bust_sequence` is zero while the trade stands."""

busts: Final = Table(
    "busts", metadata, key("sequence"), key("event_index"), *integers("instrument", "trade_id"), *smalls("reason"),
    *digests("evidence"),
)  # fmt: skip
"""Trades that were reversed whole."""

adjustments: Final = Table(
    "adjustments",
    metadata,
    key("sequence"),
    key("event_index"),
    *integers("instrument", "trade_id", "quote", "payer", "payee", "amount", "timestamp_ns"),
    *smalls("reason"),
    *digests("evidence"),
    Index(None, "instrument", "trade_id"),
)
"""Cash that moved from one party of a trade to the other."""

proposals: Final = Table(
    "proposals",
    metadata,
    key("proposal"),
    *integers("user_id", "account", "instrument", "subject", "amount", "proposed_ns", "ended_ns", "ended_by"),
    *smalls("command_kind", "reason", "state", "end_reason"),
    *digests("evidence", "policies", "end_evidence"),
    Index(None, "state", "proposal"),
)
"""`state` is 1 waiting, 2 approved, 3 rejected; `ended_by` is the user who did that, `end_reason` why."""

interventions: Final = Table(
    "interventions",
    metadata,
    key("sequence"),
    key("event_index"),
    *smalls("event_kind", "reason"),
    *integers("actor", "account", "participant", "instrument", "timestamp_ns"),
    *digests("evidence"),
)
"""Blocks and kills, and how they were lifted; a kill that names neither participant nor instrument is the venue's."""

withdrawal_limits: Final = Table("withdrawal_limits", metadata, key("asset"), *integers("amount", "sequence"))
"""Withdrawals of more take a second user; an asset that is not here has no limit."""

transfers: Final = Table(
    "transfers",
    metadata,
    key("transfer"),
    *integers("account", "asset", "amount"),
    *smalls("withdrawal", "state"),
    *texts(40, "key"),
    *integers("begun_ns", "ended_ns"),
    Index(None, "account", "transfer"),
)
"""`state` is 1 begun, 2 confirmed, 3 aborted."""

deliveries: Final = Table(
    "deliveries",
    metadata,
    key("base"),
    key("participant"),
    key("lot"),
    *integers("pool", "account", "sequence", "event_index", "timestamp_ns"),
    *digests("decision"),
    *texts(40, "key"),
    Index(None, "account", "sequence"),
)
"""`pool` is the one whose claim was burnt, zero where it was one on the base itself."""

decisions: Final = Table(
    "decisions",
    metadata,
    key("sequence"),
    key("event_index"),
    *smalls("event_kind", "permitted"),
    *integers("account", "instrument", "base", "timestamp_ns"),
    *digests("subject", "decision"),
    Index(None, "decision"),
)
"""Each digest of a gate decision that an event carried; `event_kind` tells what it was about."""

refusals: Final = Table(
    "refusals", metadata, key("reason"), key("command_kind"), *integers("refused", "last_sequence", "last_ns")
)

phases: Final = Table(
    "phases",
    metadata,
    key("instrument"),
    key("sequence"),
    key("event_index"),
    *smalls("phase", "old_phase", "reason"),
    *wholes("trading_day"),
    *integers("actor", "timestamp_ns"),
    *digests("evidence"),
)
