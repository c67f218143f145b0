"""One exchange from opening to closing, on real files, whatever breaks in between."""

import importlib.util
import json
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from exchange.matching.engine import Engine
from exchange.operations.asking import ask
from exchange.operations.bootstrap import bootstrap
from exchange.operations.entitling import request_entitlement
from exchange.operations.recovery import StartRefused
from exchange.runtime import Exchange, RecordsBehind, Settings
from exchange.spine.errors import JournalDamaged, Stopped
from exchange.spine.snapshot import SnapshotFolder
from exchange.store.errors import StoreError
from exchange.vocabulary.commands import AmendOrder, CancelOrder, Clock, PlaceOrder
from exchange.vocabulary.events import OrderAccepted
from exchange.vocabulary.instruments import Purpose, Side
from exchange.vocabulary.participants import VENUE
from exchange.vocabulary.units import NS_PER_SECOND


def _operations_venue():
    path = Path(__file__).parent / "operations" / "open_venue.py"
    spec = importlib.util.spec_from_file_location("operations_venue", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


venues = _operations_venue()
QUIET = {"clock_idle_s": 3600.0}
"""No clock of the exchange's own, where a test counts sequences."""


@pytest.fixture(scope="module")
def traded_folder(tmp_path_factory):
    """The folder of a venue with a market, stopped in good order; `expected` tells how it was left."""
    folder = tmp_path_factory.mktemp("traded") / "venue"
    exchange = venues.opened(folder, snapshot_every=10, **QUIET)
    there = venues.traded(exchange, lots=1)
    venues.order(exchange, there.vendor_account, there.listed.instrument, Side.SELL, 600, 1)
    exchange.close()
    return folder


@pytest.fixture
def folder(traded_folder, tmp_path):
    return Path(shutil.copytree(traded_folder, tmp_path / "venue"))


@pytest.fixture
def reopen(folder):
    """Open the folder as often as a test likes; what it leaves open is closed."""
    opened = []

    def open_it(*, started=True, **settings):
        exchange = Exchange.open(Settings(data_folder=folder, **{**QUIET, **settings}))
        opened.append(exchange)
        if started:
            exchange.start()
        return exchange

    yield open_it
    for exchange in opened:
        exchange.close()


def state_hash(exchange):
    """Of the machine as it was recovered."""
    return Engine.restore(exchange.opening_state).state_hash()


def left(exchange):
    """All that a start has to bring back: state, directory, records. Closes the exchange."""
    directory = venues.seen(exchange.directory)
    opening = state_hash(exchange)
    found = venues.records(exchange.database)
    exchange.close()
    return opening, directory, found


@pytest.fixture
def before(reopen):
    return left(reopen())


def refused_start(reopen, code):
    descriptors, threads = venues.count_fds(), threading.active_count()
    with pytest.raises(StartRefused) as caught:
        reopen()
    assert caught.value.code == code, str(caught.value)
    assert str(caught.value).startswith(f"{code}: ")
    assert (venues.count_fds(), threading.active_count()) == (descriptors, threads), "something was left open"
    return caught.value.detail


def resting_order(exchange):
    (instrument,) = exchange.directory.instruments
    (row,) = [row for row in exchange.history.orders() if row["price_ticks"] == 600]
    return instrument, row["account"], row["order_id"]


def a_bid(exchange, price_ticks=100):
    instrument, _, _ = resting_order(exchange)
    (buyer,) = (account for account, _, side in exchange.directory.entitlements if side == Side.BUY)
    return PlaceOrder(
        actor=VENUE, account=buyer, instrument=instrument, side=Side.BUY, type=1, tif=1, self_trade=1,
        price_ticks=price_ticks, lots=1,
    )  # fmt: skip


# A start that goes on.


def test_a_restart_goes_on_with_state_directory_and_records(reopen, before):
    exchange = reopen()
    assert left(exchange) == before
    assert left(reopen()) == before


def test_records_that_were_deleted_come_back_as_they_were(folder, reopen, before):
    for path in folder.glob("exchange.db*"):
        path.unlink()
    assert left(reopen()) == before


def test_without_snapshots_everything_is_replayed_to_the_same_state(folder, reopen, before):
    shutil.rmtree(folder / "snapshots")
    assert left(reopen()) == before


@pytest.mark.parametrize("damage", ["flipped", "short", "empty"])
def test_a_damaged_newest_snapshot_is_passed_over_to_the_same_state(folder, reopen, before, damage):
    newest, *older = sorted((folder / "snapshots").glob("*.snapshot"), reverse=True)
    content = bytearray(newest.read_bytes())
    content[len(content) // 2] ^= 1
    newest.write_bytes({"flipped": content, "short": content[:100], "empty": b""}[damage])
    assert SnapshotFolder(folder / "snapshots").newest(10**9) == _body(older[0])
    assert left(reopen()) == before


def _body(path):
    return SnapshotFolder(path.parent).newest(int(path.stem))


def test_a_snapshot_of_another_version_is_not_used(folder, reopen, before):
    (newest,) = list(SnapshotFolder(folder / "snapshots").sequences())[:1]
    for path in (folder / "snapshots").glob("*.snapshot"):
        path.unlink()
    SnapshotFolder(folder / "snapshots").write(newest, b"TLXSTATE of a later version")
    assert left(reopen()) == before


def test_records_that_were_behind_when_the_process_died_are_brought_level(folder, reopen, before):
    """A copy of SQL from earlier stands for a projection that was interrupted."""
    early = {path: path.read_bytes() for path in folder.glob("exchange.db*")}
    exchange = reopen()
    ask(exchange, a_bid(exchange))
    at_last = exchange.sequence
    exchange.projector.wait_for(at_last, 10)
    books = venues.records(exchange.database)
    exchange.close()
    for path in folder.glob("exchange.db*"):
        path.unlink()
    for path, content in early.items():
        path.write_bytes(content)
    again = reopen()
    assert again.sequence == at_last
    assert left(again)[2] == books != before[2]


def test_what_rested_before_a_restart_can_be_cancelled_after_it(reopen):
    exchange = reopen()
    _, account, order_id = resting_order(exchange)
    (answer,) = ask(exchange, CancelOrder(actor=VENUE, account=account, order_id=order_id))
    assert answer[-1].order_id == order_id
    assert exchange.reconcile().agrees


def test_a_listing_is_still_known_by_its_metadata_after_a_restart(reopen):
    exchange = reopen()
    assert list(exchange.listed.values()) == list(exchange.directory.bases)


# A start that is refused.


def test_a_second_process_on_the_same_folder_is_refused_and_told_who_has_it(folder, reopen):
    reopen(started=False)
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from exchange.runtime import Exchange, Settings, StartRefused\n"
        "try:\n"
        "    Exchange.open(Settings(data_folder=Path(sys.argv[1])))\n"
        "except StartRefused as refused:\n"
        "    sys.exit(str(refused))\n"
    )
    second = subprocess.run([sys.executable, "-c", program, folder], capture_output=True, text=True, check=False)
    owner = (folder / "lock").read_text().strip()
    assert second.returncode == 1
    assert second.stderr.startswith(f"FOLDER_IN_USE: process {owner} has ")


def test_records_ahead_of_the_journal_are_refused(folder, reopen):
    shutil.rmtree(folder / "journal")
    assert "the journal ends at 0" in refused_start(reopen, "DATABASE_AHEAD")


def test_records_of_another_journal_are_refused_though_their_books_are_alike(folder, reopen, tmp_path):
    """Two venues after the same first commands: no balance differs, every key does."""
    for name in ("one", "two"):
        venue = venues.opened(tmp_path / name, **QUIET)
        venue.close()
    (tmp_path / "one" / "exchange.db").replace(tmp_path / "two" / "exchange.db")
    with pytest.raises(StartRefused) as caught:
        Exchange.open(Settings(data_folder=tmp_path / "two"))
    assert caught.value.code == "DATABASE_FOREIGN"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE balances SET amount = amount + 1 WHERE rowid = (SELECT min(rowid) FROM balances WHERE amount > 0)",
        "UPDATE postings SET amount = amount - 1 WHERE sequence = (SELECT max(sequence) FROM postings)",
        "DELETE FROM postings WHERE sequence = (SELECT max(sequence) FROM postings)",
    ],
)
@pytest.mark.parametrize("snapshots", [True, False])
def test_records_that_were_tampered_with_are_refused(folder, reopen, statement, snapshots):
    with sqlite3.connect(folder / "exchange.db") as connection:
        assert connection.execute(statement).rowcount >= 1
    connection.close()
    if not snapshots:
        shutil.rmtree(folder / "snapshots")
    assert "balances differ" in refused_start(reopen, "BOOKS_DIFFER")


def test_a_damaged_journal_is_refused_and_nothing_starts(folder, reopen):
    (segment,) = (folder / "journal").glob("*.journal")
    content = bytearray(segment.read_bytes())
    content[2_000] ^= 1
    segment.write_bytes(content)
    descriptors, threads = venues.count_fds(), threading.active_count()
    with pytest.raises(JournalDamaged):
        reopen()
    assert (venues.count_fds(), threading.active_count()) == (descriptors, threads)


def _not_a_database(folder):
    (folder / "exchange.db").write_bytes(b"no database " * 1000)


def _of_a_later_version(folder):
    with sqlite3.connect(folder / "exchange.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()


def _altered_accesses(folder):
    (folder / "accesses.log").write_bytes(b'{"participant": 1}\n')


def _lost_dossier(folder):
    for path in (folder / "vault").glob("??/*"):
        if b"tlx-listing/1" in path.read_bytes():
            path.unlink()


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        (_not_a_database, "DATABASE_UNUSABLE"),
        (_of_a_later_version, "DATABASE_UNUSABLE"),
        (_altered_accesses, "LOG_BROKEN"),
        (_lost_dossier, "VAULT_INCOMPLETE"),
    ],
)
def test_what_does_not_open_is_refused_by_name_and_leaves_nothing_open(folder, reopen, damage, code):
    damage(folder)
    refused_start(reopen, code)
    refused_start(reopen, code)  # And not FOLDER_IN_USE.


@pytest.mark.parametrize(
    ("settings", "code"),
    [({"licence_profile": "none"}, "PROFILE_UNKNOWN"), ({"secrets_key": "not hex"}, "SECRETS_KEY_WRONG")],
)
def test_settings_that_cannot_be_are_refused_by_name(reopen, settings, code):
    refused_start(lambda: reopen(**settings), code)
    assert reopen().sequence


# Failing while it runs, and closing.


def test_a_projector_that_fails_stops_everything_and_closing_comes_to_an_end(folder, reopen):
    exchange = reopen()
    bid = a_bid(exchange)
    with exchange.database.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE orders RENAME TO orders_lost")
    exchange.submit(bid.encode()).result(10)
    assert exchange.failed.wait(10)
    assert "no such table" in str(exchange.failure)
    with pytest.raises(Stopped):
        exchange.submit(Clock(actor=VENUE).encode())
    with pytest.raises(StoreError):
        exchange.reconcile()
    started_s = time.monotonic()
    exchange.close()
    assert time.monotonic() - started_s < 5
    with sqlite3.connect(folder / "exchange.db") as connection:
        connection.execute("ALTER TABLE orders_lost RENAME TO orders")
    connection.close()
    again = reopen()
    assert again.sequence == exchange.sequence
    assert again.reconcile().agrees


def test_a_listener_that_fails_stops_everything_and_the_first_failure_is_told(reopen):
    exchange = reopen(started=False)
    exchange.subscribe(lambda batch: 1 // 0)
    exchange.start()
    with pytest.raises(Stopped):
        exchange.submit(Clock(actor=VENUE).encode()).result(10)
    assert exchange.failed.wait(10)
    exchange.fail(RuntimeError("later"))
    assert isinstance(exchange.failure, ZeroDivisionError)
    exchange.close()


def test_closing_twice_or_before_the_start_is_closing_once(reopen):
    descriptors, threads = venues.count_fds(), threading.active_count()
    for started in (False, True):
        exchange = reopen(started=started)
        exchange.close()
        exchange.close()
        assert (venues.count_fds(), threading.active_count()) == (descriptors, threads)
    with pytest.raises(Stopped):
        exchange.submit(Clock(actor=VENUE).encode())


def test_closing_finishes_what_was_submitted_and_brings_the_records_level(reopen):
    exchange = reopen()
    replies = [exchange.submit(Clock(actor=VENUE).encode()) for _ in range(500)]
    exchange.close()
    assert [reply.result(0).first_sequence for reply in replies][-1] == exchange.sequence
    assert exchange.projector.watermark == exchange.sequence


def test_whoever_has_an_answer_finds_its_effect_and_was_told_of_it_in_order(reopen):
    exchange = reopen(started=False)
    first, told = exchange.sequence + 1, []
    exchange.subscribe(lambda batch: told.append((batch.first_sequence, batch.count)))
    exchange.start()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: venues.member(exchange), range(8)))
    assert len(exchange.directory.accounts) == 8 + 3
    assert [start for start, _ in told] == [first, *(start + count for start, count in told[:-1])]


# Records that lag, and time that passes.


def test_records_far_behind_hold_new_orders_back_and_nothing_else(folder, reopen):
    exchange = reopen(max_projection_lag=3)
    _, account, order_id = resting_order(exchange)
    bid = a_bid(exchange)
    other = sqlite3.connect(folder / "exchange.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    while exchange.projector.lag <= 3:
        ask(exchange, Clock(actor=VENUE))
    amendment = AmendOrder(actor=VENUE, account=account, order_id=order_id, price_ticks=700)
    for order in (bid, amendment):
        with pytest.raises(RecordsBehind) as caught:
            exchange.submit(Clock(actor=VENUE).encode() + order.encode())
        assert caught.value.code == "RECORDS_BEHIND"
    sequence = exchange.sequence
    ask(exchange, CancelOrder(actor=VENUE, account=account, order_id=order_id))
    assert exchange.sequence == sequence + 1, "what was refused is not in the journal"
    other.execute("ROLLBACK")
    other.close()
    assert exchange.projector.wait_for(exchange.sequence, 20)
    (answer,) = ask(exchange, bid)
    assert isinstance(answer[-1], OrderAccepted)


def wait_until(holds, timeout_s=10):
    deadline = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < deadline, "it never came to hold"
        time.sleep(0.01)


def test_an_entitlement_ends_in_time_though_nobody_asks_for_anything(folder):
    ahead_ns = [0]
    settings = Settings(data_folder=folder, clock_idle_s=0.05, entitlement_days=2)
    exchange = Exchange.open(settings, clock=lambda: time.time_ns() + ahead_ns[0])
    exchange.start()
    try:
        (buyer,) = (account for account, _, side in exchange.directory.entitlements if side == Side.BUY)
        (instrument,) = exchange.directory.instruments
        request_entitlement(exchange, VENUE, buyer, instrument, Side.BUY, Purpose.TRAINING)
        ahead_ns[0] = 1 * 86_400 * NS_PER_SECOND
        sequence = exchange.sequence
        wait_until(lambda: exchange.sequence > sequence + 1)
        assert (buyer, instrument, Side.BUY) in exchange.directory.entitlements
        ahead_ns[0] = 2 * 86_400 * NS_PER_SECOND
        wait_until(lambda: (buyer, instrument, Side.BUY) not in exchange.directory.entitlements)
        assert (buyer, instrument, Side.SELL) not in exchange.directory.entitlements
        ahead_ns[0] = 0
        sequence = exchange.sequence
        wait_until(lambda: exchange.sequence > sequence)
    finally:
        exchange.close()
    again = Exchange.open(settings)
    assert (buyer, instrument, Side.BUY) not in again.directory.entitlements
    again.close()


def test_the_clock_leaves_the_first_command_to_the_rules(tmp_path):
    exchange = Exchange.open(Settings(data_folder=tmp_path / "new", clock_idle_s=0.01))
    exchange.start()
    try:
        time.sleep(0.1)
        assert exchange.sequence == 0
        key = json.loads(bootstrap(exchange).read_text())["key"]
        assert exchange.key_secrets.hmac_secret(key)
        sequence = exchange.sequence
        wait_until(lambda: exchange.sequence > sequence)
    finally:
        exchange.close()
