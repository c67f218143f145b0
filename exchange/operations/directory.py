"""Who and what there is, in memory: from the SQL rows at start, from events ever after.

Written on the sequencer's thread before the answer to a command is given, so whoever has an answer finds here what it
changed; read from any thread.
"""

from typing import Any

import numpy as np
from sqlalchemy import Connection, Table, select

from exchange.operations.directory_events import HANDLERS
from exchange.operations.entries import (
    AccountEntry,
    AssetEntry,
    BaseEntry,
    EntitlementEntry,
    InstrumentEntry,
    KeyEntry,
    ParticipantEntry,
    PoolEntry,
    UserEntry,
    made,
)
from exchange.store import tables
from exchange.vocabulary import events as ev
from exchange.vocabulary.codec import EVENT_BYTES, EVENTS, KIND_OFFSET, NO_DIGEST


class Directory:
    """Tables by id, and the few ways to look something up by its name."""

    def __init__(self) -> None:
        self.killed = 0
        """Whether the whole venue is."""
        self.policies = NO_DIGEST
        """The policy set that was adopted last."""
        self.participants: dict[int, ParticipantEntry] = {}
        self.users: dict[int, UserEntry] = {}
        self.keys: dict[int, KeyEntry] = {}
        self.accounts: dict[int, AccountEntry] = {}
        self.assets: dict[int, AssetEntry] = {}
        self.bases: dict[int, BaseEntry] = {}
        self.pools: dict[int, PoolEntry] = {}
        self.pooled: dict[int, dict[int, int]] = {}
        """Of each pool, its claims not yet delivered by base, the first pooled first."""
        self.pooling_keys: dict[tuple[int, str], bytes] = {}
        """The gate's decision by (account, key) of claims pooled."""
        self.instruments: dict[int, InstrumentEntry] = {}
        self.entitlements: dict[tuple[int, int, int], EntitlementEntry] = {}
        self.delivered: dict[tuple[int, int], frozenset[int]] = {}
        """Lot numbers by (participant, base)."""
        self.permits: dict[bytes, tuple[bytes, ...]] = {}
        """Decisions recorded in favour, by their subject: evidence attached to datasets."""
        self.delivery_keys: dict[tuple[int, str], tuple[int, bytes]] = {}
        """Sequence and the gate's decision by (account, key) of deliveries taken."""
        self._symbols: dict[str, int] = {}
        self._assets: dict[str, int] = {}
        self._listings: dict[bytes, int] = {}
        self._instruments_of: dict[int, int] = {}
        self._fingerprints: dict[bytes, int] = {}

    def load(self, connection: Connection) -> None:
        """Fill from tables that are level with the machine; call once, before any event."""
        self._load_entries(connection)
        for row in connection.execute(select(tables.entitlements).where(tables.entitlements.c.ended_ns == 0)):
            self.entitlements[row.account, row.instrument, row.side] = made(EntitlementEntry, row)
        for row in connection.execute(select(tables.poolings).order_by(tables.poolings.c.sequence)):
            self._pool(row)
        for row in connection.execute(select(tables.deliveries)):
            self._deliver(row)
        recorded = tables.decisions.c.event_kind == ev.DecisionRecorded.KIND
        for row in connection.execute(select(tables.decisions).where(recorded).order_by(tables.decisions.c.sequence)):
            self._decide(row)

    def _load_entries(self, connection: Connection) -> None:
        def rows(table: Table) -> Any:
            return connection.execute(select(table))

        for venue in rows(tables.venue):
            self.killed, self.policies = venue.killed, venue.policies
        self.participants = {row.participant: made(ParticipantEntry, row) for row in rows(tables.participants)}
        self.users = {row.user_id: made(UserEntry, row, user=row.user_id) for row in rows(tables.users)}
        self.accounts = {row.account: made(AccountEntry, row) for row in rows(tables.accounts)}
        for row in rows(tables.keys):
            revoked = row.revoked_ns > 0
            self._add_key(made(KeyEntry, row, key=row.key_id, user=row.user_id, revoked=revoked))
        for row in rows(tables.assets):
            if not row.is_claim:
                self._add_asset(made(AssetEntry, row))
        for row in rows(tables.bases):
            self._add_base(made(BaseEntry, row))
        self.pools = {row.pool: made(PoolEntry, row) for row in rows(tables.pools)}
        for row in rows(tables.instruments):
            self._add_instrument(made(InstrumentEntry, row))

    def apply(self, events: bytes) -> None:
        """Take in a batch of events; what is frequent is passed over without being decoded."""
        kinds = np.frombuffer(events, np.uint8)[KIND_OFFSET::EVENT_BYTES]
        for position in np.flatnonzero(np.isin(kinds, list(HANDLERS))).tolist():
            event = EVENTS.decode(events, position * EVENT_BYTES)
            if not event.flags & ev.REPLAYED:
                HANDLERS[event.KIND](self, event)

    def by_symbol(self, symbol: str) -> InstrumentEntry | None:
        return self.instruments.get(self._symbols.get(symbol, 0))

    def instrument_of(self, base: int) -> InstrumentEntry | None:
        return self.instruments.get(self._instruments_of.get(base, 0))

    def base_of(self, listing: bytes) -> BaseEntry | None:
        """The base that was issued on a listing's dossier."""
        return self.bases.get(self._listings.get(listing, 0))

    def claimed(self, asset: int) -> BaseEntry | PoolEntry:
        """What claims of this asset are on: a base, or a pool."""
        return self.bases.get(asset) or self.pools[asset]

    def claims(self) -> list[tuple[int, BaseEntry | PoolEntry]]:
        """Every asset of claims, with what they are on."""
        return [*list(self.bases.items()), *list(self.pools.items())]

    def pool_named(self, name: str) -> PoolEntry | None:
        """By the symbol of its instrument, by its code, or by its id."""
        product = self.by_symbol(name)
        if product is not None:
            return self.pools.get(product.base)
        return next((each for each in list(self.pools.values()) if name in (each.code, str(each.pool))), None)

    def asset(self, code: str) -> AssetEntry | None:
        return self.assets.get(self._assets.get(code, 0))

    def key_of(self, fingerprint: bytes) -> KeyEntry | None:
        """By the digest of its public id."""
        return self.keys.get(self._fingerprints.get(fingerprint, 0))

    def accounts_of(self, participant: int) -> list[AccountEntry]:
        return [entry for entry in list(self.accounts.values()) if entry.participant == participant]

    def codes(self) -> frozenset[str]:
        """The codes of assets and bases and the symbols of instruments: all that is taken."""
        bases = {entry.code for entry in list(self.bases.values())} | {each.code for each in list(self.pools.values())}
        return frozenset(bases | set(self._assets) | set(self._symbols))

    def _add_key(self, entry: KeyEntry) -> None:
        self.keys[entry.key] = entry
        self._fingerprints[entry.fingerprint] = entry.key

    def _add_asset(self, entry: AssetEntry) -> None:
        self.assets[entry.asset] = entry
        self._assets[entry.code] = entry.asset

    def _add_base(self, entry: BaseEntry) -> None:
        self.bases[entry.base] = entry
        self._listings[entry.listing] = entry.base

    def _add_instrument(self, entry: InstrumentEntry) -> None:
        self.instruments[entry.instrument] = entry
        self._symbols[entry.symbol] = entry.instrument
        self._instruments_of[entry.base] = entry.instrument

    def _deliver(self, delivery: Any) -> None:
        place = (delivery.participant, delivery.base)
        self.delivered[place] = self.delivered.get(place, frozenset()) | {delivery.lot}
        self.delivery_keys[delivery.account, delivery.key] = (delivery.sequence, delivery.decision)
        if delivery.pool:
            self.pooled[delivery.pool][delivery.base] -= 1

    def _pool(self, pooling: Any) -> None:
        bases = self.pooled.setdefault(pooling.pool, {})
        bases[pooling.base] = bases.get(pooling.base, 0) + pooling.claims
        self.pooling_keys[pooling.account, pooling.key] = pooling.decision

    def _decide(self, recorded: Any) -> None:
        if recorded.permitted:
            self.permits[recorded.subject] = (*self.permits.get(recorded.subject, ()), recorded.decision)
