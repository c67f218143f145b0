"""One exchange while it runs, whatever breaks in between, until it is closed."""

import json
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from stopped_venue import a_bid, resting_order, venues

from exchange.operations.asking import ask
from exchange.operations.bootstrap import bootstrap
from exchange.operations.entitling import request_entitlement
from exchange.runtime import Exchange, RecordsBehind, Settings
from exchange.spine.errors import Stopped
from exchange.store.errors import StoreError
from exchange.vocabulary.commands import AmendOrder, CancelOrder, Clock
from exchange.vocabulary.events import OrderAccepted
from exchange.vocabulary.instruments import Purpose, Side
from exchange.vocabulary.participants import VENUE
from exchange.vocabulary.units import NS_PER_SECOND


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
