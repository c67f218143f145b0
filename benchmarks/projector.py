"""Postings a second from events into SQLite, beside the floor: the same rows by bare `sqlite3` in the same run.

    python benchmarks/projector.py [TRADES]

The stream is made up: two accounts trade, every trade a resting sell and a buy that takes it, in batches as a
group commit would give them. Both sides write a new file with WAL and `synchronous=FULL`.
"""

import sqlite3
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from exchange.store.database import open_database, sqlite_url
from exchange.store.projection import Projection
from exchange.vocabulary import events as ev
from exchange.vocabulary.instruments import MatchType, OrderType, Side, TimeInForce

ASSET, SELLER, BUYER, BASE, INSTRUMENT = 1, 2, 3, 4, 5
TICKS, LOTS, NOTIONAL, FEE = 500, 4, 20_000, 20
TRADES_A_BATCH = 50
BATCHES_A_TRANSACTION = 20


@dataclass(frozen=True)
class Batch:
    events: bytes
    first_sequence: int
    count: int


def opening(trades: int) -> Batch:
    cash = 2 * trades * (NOTIONAL + FEE)
    events = [
        ev.AssetDefined(sequence=1, asset=ASSET, scale=2, code="CNY"),
        ev.BaseDefined(sequence=2, account=SELLER, base=BASE, lots=LOTS * trades, copies=1, code="DATA"),
        ev.ClaimsIssued(sequence=3, account=SELLER, base=BASE, claims=LOTS * trades),
        ev.InstrumentDefined(sequence=4, instrument=INSTRUMENT, base=BASE, quote=ASSET, symbol="DATA-CNY"),
        ev.TransferBegun(sequence=5, account=BUYER, transfer=5, asset=ASSET, amount=cash, key="d"),
        ev.TransferConfirmed(sequence=6, account=BUYER, transfer=5, asset=ASSET, amount=cash, key="d"),
    ]
    return Batch(b"".join(event.encode() for event in events), 1, len(events))


def order(sequence: int, account: int, side: Side, hold: int) -> bytes:
    return ev.OrderAccepted(
        sequence=sequence, account=account, instrument=INSTRUMENT, order_id=16 * sequence, side=side, hold=hold,
        hold_change=hold, price_ticks=TICKS, lots=LOTS, leaves_lots=LOTS, type=OrderType.LIMIT, tif=TimeInForce.GTC,
        client_order_id=f"order-{sequence}",
    ).encode()  # fmt: skip


def trade(sequence: int, trade_id: int) -> bytes:
    return ev.Trade(
        sequence=sequence, index=1, account=BUYER, instrument=INSTRUMENT, trade_id=trade_id, base=BASE, quote=ASSET,
        price_ticks=TICKS, lots=LOTS, notional_minor=NOTIONAL, maker_account=SELLER, maker_order_id=16 * sequence - 16,
        taker_order_id=16 * sequence, maker_fee_minor=FEE, taker_fee_minor=FEE, maker_hold_change=-LOTS,
        taker_hold_change=-NOTIONAL - FEE, taker_side=Side.BUY, match_type=MatchType.CONTINUOUS,
    ).encode()  # fmt: skip


def batch(first_sequence: int, first_trade: int) -> Batch:
    events = []
    for n in range(TRADES_A_BATCH):
        sequence = first_sequence + 2 * n
        events.append(order(sequence, SELLER, Side.SELL, LOTS))
        events.append(order(sequence + 1, BUYER, Side.BUY, NOTIONAL + FEE))
        events.append(trade(sequence + 1, first_trade + n))
    return Batch(b"".join(events), first_sequence, 2 * TRADES_A_BATCH)


def project(path: Path, trades: int) -> tuple[int, float]:
    """Postings written, and seconds it took."""
    engine = open_database(sqlite_url(path))
    projection = Projection(engine)
    postings = projection.apply([opening(trades)])
    starts = range(0, trades, TRADES_A_BATCH)
    batches = [batch(7 + 2 * start, 1 + start) for start in starts]
    began = time.perf_counter()
    for start in range(0, len(batches), BATCHES_A_TRANSACTION):
        postings += projection.apply(batches[start : start + BATCHES_A_TRANSACTION])
    took = time.perf_counter() - began
    engine.dispose()
    return postings, took


def copy_bare(source: Path, target: Path, rows_a_transaction: int) -> float:
    """Seconds that bare `sqlite3` takes for the same postings, orders and trades in as many transactions."""
    database = sqlite3.connect(target, isolation_level=None)
    database.execute("ATTACH ? AS made", (str(source),))
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "cache_size=-65536"):
        database.execute(f"PRAGMA main.{pragma}")
    took = 0.0
    for table in ("postings", "orders", "trades"):
        for (sql,) in database.execute("SELECT sql FROM made.sqlite_master WHERE tbl_name = ?", (table,)).fetchall():
            if sql:
                database.execute(sql)
        rows = database.execute(f"SELECT * FROM made.{table}").fetchall()  # noqa: S608 - our own names.
        insert = f"INSERT INTO main.{table} VALUES ({','.join('?' * len(rows[0]))})"  # noqa: S608
        began = time.perf_counter()
        for start in range(0, len(rows), rows_a_transaction):
            database.execute("BEGIN")
            database.executemany(insert, rows[start : start + rows_a_transaction])
            database.execute("COMMIT")
        took += time.perf_counter() - began
    database.close()
    return took


def main() -> None:
    trades = int(sys.argv[1]) if len(sys.argv) > 1 else 30_000
    with tempfile.TemporaryDirectory() as folder:
        made, bare = Path(folder, "projected.db"), Path(folder, "bare.db")
        postings, took = project(made, trades)
        floor = copy_bare(made, bare, 7 * TRADES_A_BATCH * BATCHES_A_TRANSACTION)
    print(f"{trades:,} trades: {postings:,} postings, {2 * trades:,} orders and the trades themselves")
    print(f"projected from events   {took:6.2f} s  {postings / took:10,.0f} postings/s")
    print(f"floor, bare sqlite3     {floor:6.2f} s  {postings / floor:10,.0f} postings/s, rows ready-made")


if __name__ == "__main__":
    main()
