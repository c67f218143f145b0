"""Batches of events into the tables, in one transaction with the watermark: exactly once, whatever is killed when."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple, Protocol

import numpy as np
from sqlalchemy import Connection, Engine, bindparam, insert, select, update

from exchange.ledger.balances import LedgerAccount, Posted, post
from exchange.ledger.postings import POSTING, Rows
from exchange.ledger.settlement import Market, markets_defined, settle
from exchange.store import tables
from exchange.store.database import insert_rows
from exchange.store.errors import StoreError
from exchange.store.interventions import write_interventions
from exchange.store.orders import write_orders, write_refusals, write_trades
from exchange.store.registry import write_registry
from exchange.vocabulary.codec import EVENT_BYTES, NO_DIGEST

_WATERMARK_ID: Final = 1
_VENUE_ID: Final = 1


class EventBatch(Protocol):
    """The events of `count` commands with consecutive sequences from `first_sequence`."""

    @property
    def events(self) -> bytes: ...
    @property
    def first_sequence(self) -> int: ...
    @property
    def count(self) -> int: ...


class _Memory(NamedTuple):
    """What projecting needs of the tables, held so that it reads nothing."""

    watermark: int
    markets: dict[int, Market]
    balances: dict[LedgerAccount, int]


class Projection:
    """The tables of one database, and the batches applied to them. Not safe for threads; one writer for all."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        with engine.begin() as connection:
            self._memory = _load(connection)

    @property
    def watermark(self) -> int:
        """The last sequence that is in the tables."""
        return self._memory.watermark

    def apply(self, batches: Sequence[EventBatch]) -> int:
        """Write what follows the watermark, all or nothing; returns the number of postings.

        Events at or before the watermark are skipped. Raises `StoreError` where sequences are missing, `LedgerError`
        where the books would not balance, SQLAlchemy's errors where the database does not answer; then nothing has
        changed, and the same call may be made again.
        """
        ends, events = self._fresh(batches)
        if not ends:
            return 0
        markets = self._memory.markets | markets_defined(events)
        rows = settle(events, markets, ends)
        posted = post(rows, self._memory.balances)
        with self._engine.begin() as connection:
            self._advance(connection, ends[-1], _last_time_ns(events))
            write_registry(connection, events)
            write_orders(connection, events)
            write_trades(connection, events)
            write_interventions(connection, events)
            write_refusals(connection, events)
            self._write_postings(connection, rows, posted)
        balances = self._memory.balances
        balances.update(posted.changes)
        self._memory = _Memory(ends[-1], markets, balances)
        return len(rows)

    def reload(self) -> None:
        """Read again where the tables stand: a commit that failed on the way back may have been made."""
        with self._engine.begin() as connection:
            self._memory = _load(connection)

    def _fresh(self, batches: Sequence[EventBatch]) -> tuple[list[int], bytes]:
        """The last sequences of the batches that are new, and their events after the watermark."""
        mark, ends, events = self.watermark, [], []
        for batch in batches:
            last = batch.first_sequence + batch.count - 1
            if batch.first_sequence > mark + 1:
                raise StoreError(f"events of sequences {mark + 1} to {batch.first_sequence - 1} are missing")
            if last > mark:
                events.append(_after(batch.events, mark))
                ends.append(last)
                mark = last
        return ends, b"".join(events)

    def _advance(self, connection: Connection, sequence: int, timestamp_ns: int) -> None:
        """Move the watermark first, from where this process left it: a second writer finds no such row."""
        table = tables.watermark
        there = (table.c.id == _WATERMARK_ID, table.c.sequence == self.watermark)
        moved = update(table).where(*there).values(sequence=sequence, timestamp_ns=timestamp_ns)
        if connection.execute(moved).rowcount != 1:
            raise StoreError(f"the watermark is no longer {self.watermark}: another process writes this database")

    def _write_postings(self, connection: Connection, rows: Rows, posted: Posted) -> None:
        columns = [rows[name].tolist() for name in POSTING.names or ()]
        insert_rows(connection, tables.postings, zip(*columns, posted.running.tolist(), strict=True))
        known = self._memory.balances
        changes = posted.changes.items()
        insert_rows(connection, tables.balances, [(*key, amount) for key, amount in changes if key not in known])
        changed = [_balance_values(key, amount) for key, amount in changes if key in known]
        if changed:
            table = tables.balances
            key_columns = zip(table.primary_key.columns, ("of_account", "of_asset", "of_bucket"), strict=True)
            row = [column == bindparam(name) for column, name in key_columns]
            connection.execute(update(table).where(*row).values(amount=bindparam("new_amount")), changed)


def _balance_values(key: LedgerAccount, amount: int) -> dict[str, Any]:
    account, asset, bucket = key
    return {"of_account": account, "of_asset": asset, "of_bucket": bucket, "new_amount": amount}


def _load(connection: Connection) -> _Memory:
    watermark = connection.execute(select(tables.watermark.c.sequence)).scalar()
    if watermark is None:
        first = {"id": _WATERMARK_ID, "sequence": 0, "timestamp_ns": 0}
        connection.execute(insert(tables.watermark), first)
        connection.execute(insert(tables.venue), {"id": _VENUE_ID, "killed": 0, "policies": NO_DIGEST})
    instruments = tables.instruments.c
    markets = connection.execute(select(instruments.instrument, instruments.base, instruments.quote))
    balances = connection.execute(select(tables.balances))
    return _Memory(
        watermark or 0,
        {instrument: Market(base, quote) for instrument, base, quote in markets},
        {LedgerAccount(*key): amount for *key, amount in balances},
    )


def _after(events: bytes, watermark: int) -> bytes:
    """The events whose sequence is above the watermark; sequences never fall within a stream."""
    headers = np.frombuffer(events, np.dtype([("sequence", "<u8"), ("rest", f"V{EVENT_BYTES - 8}")]))
    return events[EVENT_BYTES * int(np.searchsorted(headers["sequence"], np.uint64(watermark), side="right")) :]


def _last_time_ns(events: bytes) -> int:
    return int.from_bytes(events[-EVENT_BYTES + 8 : -EVENT_BYTES + 16], "little", signed=True) if events else 0
