import pytest
from small_venue import SmallVenue
from sqlalchemy import select, update

from exchange.store import tables
from exchange.store.errors import StoreError
from exchange.store.projection import Projection
from exchange.store.reconcile import reconcile
from exchange.vocabulary.instruments import Side


@pytest.fixture
def traded():
    venue = SmallVenue().open()
    venue.apply(venue.order(venue.vendor, Side.SELL, 500, 10), venue.order(venue.buyer, Side.BUY, 500, 4))
    venue.apply(venue.order(venue.other, Side.BUY, 490, 3))
    return venue


@pytest.fixture
def projected(database, traded):
    Projection(database).apply(traded.batches)
    return database


@pytest.mark.parametrize("from_postings", [True, False])
def test_books_that_agree(projected, traded, from_postings):
    outcome = reconcile(projected, traded.sequence, traded.engine.balances(), from_postings=from_postings)
    assert outcome.agrees
    assert (outcome.sequence, outcome.compared) == (traded.sequence, len(traded.engine.balances()))


def test_books_at_another_sequence_are_not_compared(projected, traded):
    with pytest.raises(StoreError, match=f"at sequence {traded.sequence}, the machine at {traded.sequence + 1}"):
        reconcile(projected, traded.sequence + 1, traded.engine.balances())


def test_what_only_the_engine_has_is_named(projected, traded):
    outcome = reconcile(projected, traded.sequence, [*traded.engine.balances(), (999, traded.cny, 5, 2)])
    (difference,) = outcome.differences
    assert (difference.account, difference.engine, difference.balances) == (999, (5, 2), (0, 0))


def test_what_only_the_books_have_is_named(projected, traded):
    missing = [row for row in traded.engine.balances() if row[0] != traded.other]
    (difference,) = reconcile(projected, traded.sequence, missing).differences
    assert (difference.account, difference.engine) == (traded.other, (0, 0))
    assert difference.postings == difference.balances == (1_000_000, 14_700 + 29)


def test_a_changed_hold_is_named_though_the_total_is_right(projected, traded):
    rows = [(account, asset, total, 0) for account, asset, total, _ in traded.engine.balances()]
    outcome = reconcile(projected, traded.sequence, rows)
    assert {each.account for each in outcome.differences} == {traded.vendor, traded.other}


def test_a_posting_that_was_tampered_with_is_named(projected, traded):
    table = tables.postings
    with projected.begin() as connection:
        line = connection.execute(select(table).where(table.c.account == traded.buyer).limit(1)).one()
        mine = (table.c.sequence == line.sequence, table.c.line == line.line)
        connection.execute(update(table).where(*mine).values(amount=line.amount + 1))
    outcome = reconcile(projected, traded.sequence, traded.engine.balances())
    assert not outcome.agrees
    (difference,) = outcome.differences
    assert (difference.account, difference.asset) == (traded.buyer, traded.cny)
    assert difference.engine == difference.balances != difference.postings
    assert outcome.unbalanced == {traded.cny: 1}


def test_tables_that_are_ahead_are_read_as_they_stood(database):
    venue = SmallVenue().open()
    projection = Projection(database)
    projection.apply(venue.batches)
    sequence, owned = venue.sequence, venue.engine.balances()
    venue.apply(venue.order(venue.vendor, Side.SELL, 500, 3))
    venue.apply(venue.order(venue.buyer, Side.BUY, 500, 2))
    projection.apply(venue.batches[-2:])
    assert reconcile(database, sequence, owned).agrees
    assert reconcile(database, venue.sequence, venue.engine.balances()).agrees
    assert not reconcile(database, sequence, venue.engine.balances()).agrees
