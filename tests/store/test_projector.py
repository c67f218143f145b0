import sqlite3
import threading
import time

import pytest
from small_venue import Batch, SmallVenue

from exchange.store.errors import StoreError
from exchange.store.projection import Projection
from exchange.store.projector import Projector
from exchange.store.reconcile import reconcile
from exchange.vocabulary import commands as c
from exchange.vocabulary.instruments import Side


class Failures(list):
    def __call__(self, failure):
        self.append(failure)


@pytest.fixture
def failures():
    return Failures()


@pytest.fixture
def projector(database, failures):
    projector = Projector(Projection(database), failures)
    yield projector
    projector.close(5)


def test_what_is_offered_can_soon_be_read(database, projector):
    projector.start()
    venue = SmallVenue().open()
    venue.apply(venue.order(venue.vendor, Side.SELL, 500, 10), venue.order(venue.buyer, Side.BUY, 500, 4))
    for batch in venue.batches:
        projector.offer(batch)
    assert projector.wait_for(venue.sequence, 10)
    assert (projector.watermark, projector.lag) == (venue.sequence, 0)
    assert reconcile(database, venue.sequence, venue.engine.balances()).agrees


def test_lag_counts_sequences_and_waiting_is_bounded(projector):
    venue = SmallVenue().open()
    for batch in venue.batches:
        projector.offer(batch)
    assert projector.lag == venue.sequence
    assert not projector.wait_for(1, 0.01)
    projector.start()
    assert projector.wait_for(venue.sequence, 10)


def test_batches_gather_unless_someone_waits(projector, monkeypatch):
    monkeypatch.setattr("exchange.store.projector.GATHER_S", 30)
    projector.start()
    venue = SmallVenue().open()
    for batch in venue.batches:
        projector.offer(batch)
    time.sleep(0.05)
    assert projector.lag == venue.sequence
    assert projector.wait_for(venue.sequence, 10)


def test_queued_batches_share_transactions(database, projector, monkeypatch):
    venue = SmallVenue().open()
    for _ in range(200):
        venue.apply(c.Clock())
    calls, apply = [], Projection.apply
    monkeypatch.setattr(Projection, "apply", lambda self, batches: calls.append(len(batches)) or apply(self, batches))
    for batch in venue.batches:
        projector.offer(batch)
    projector.start()
    assert projector.wait_for(venue.sequence, 10)
    assert calls == [len(venue.batches)]


def test_closing_applies_what_is_queued(database, failures):
    projector = Projector(Projection(database), failures)
    venue = SmallVenue().open()
    for batch in venue.batches:
        projector.offer(batch)
    projector.start()
    assert projector.close(10)
    assert Projection(database).watermark == venue.sequence


def test_a_failure_is_told_and_stops_everything(projector, failures):
    projector.start()
    projector.offer(Batch(b"", 7, 1))
    with pytest.raises(StoreError, match="has stopped"):
        projector.wait_for(7, 10)
    with pytest.raises(StoreError, match="has stopped"):
        projector.offer(Batch(b"", 8, 1))
    projector.close(5)
    (failure,) = failures
    assert "sequences 1 to 6 are missing" in str(failure)


def test_a_database_that_is_away_is_tried_until_it_is_back(database, projector, failures):
    venue = SmallVenue().open()
    with database.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout = 10")  # The pool hands this connection to the projector.
    locker = sqlite3.connect(database.url.database, isolation_level=None)
    locker.execute("BEGIN IMMEDIATE")
    for batch in venue.batches:
        projector.offer(batch)
    projector.start()
    assert not projector.wait_for(1, 0.3)
    assert projector.unavailable is not None
    assert projector.lag == venue.sequence
    locker.execute("ROLLBACK")
    assert projector.wait_for(venue.sequence, 10)
    assert projector.unavailable is None
    assert not failures
    locker.close()


def test_closing_while_the_database_is_away_says_what_was_not_written(database, failures):
    projector = Projector(Projection(database), failures)
    with database.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout = 10")
    locker = sqlite3.connect(database.url.database, isolation_level=None)
    locker.execute("BEGIN IMMEDIATE")
    projector.start()
    projector.offer(SmallVenue().apply(c.Clock()))
    while projector.unavailable is None:
        time.sleep(0.01)
    assert not projector.close(5)
    assert "away" in str(failures[0])
    locker.close()


def test_a_table_that_is_not_there_is_no_passing_trouble(database, projector, failures):
    with database.begin() as connection:
        connection.exec_driver_sql("DROP TABLE trades")
    venue = SmallVenue().open()
    venue.apply(venue.order(venue.vendor, Side.SELL, 500, 10), venue.order(venue.buyer, Side.BUY, 500, 4))
    for batch in venue.batches:
        projector.offer(batch)
    projector.start()
    with pytest.raises(StoreError):
        projector.wait_for(venue.sequence, 10)
    assert "no such table" in str(failures[0])


def test_many_wait_at_once(projector):
    venue = SmallVenue().open()
    reached = []
    waiters = [
        threading.Thread(target=lambda s=s: reached.append(projector.wait_for(s, 10))) for s in (1, 5, venue.sequence)
    ]
    for waiter in waiters:
        waiter.start()
    projector.start()
    for batch in venue.batches:
        projector.offer(batch)
    for waiter in waiters:
        waiter.join()
    assert reached == [True] * 3
