import pytest
from small_venue import SmallVenue
from sqlalchemy import select, update

from exchange.store import tables
from exchange.store.errors import StoreError
from exchange.store.projection import Projection
from exchange.store.reconcile import reconcile
from exchange.vocabulary import commands as c
from exchange.vocabulary.instruments import MatchType, OrderType, Side
from exchange.vocabulary.reasons import DoneReason


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


@pytest.mark.parametrize("from_postings", [True, False])
def test_books_agree_after_negotiated_trades(database, traded, from_postings):
    venue = traded
    made = venue.offer(venue.vendor, Side.SELL, 700, 9, (venue.buyer, venue.other), part=1)
    venue.apply(made)
    offer = venue.sequence * 16
    venue.apply(c.AcceptOffer(account=venue.buyer, offer=offer, lots=2), venue.offer(venue.buyer, Side.BUY, 300, 5))
    bid = venue.sequence * 16
    venue.apply(c.AcceptOffer(account=venue.other, offer=offer, lots=3), c.AcceptOffer(account=venue.vendor, offer=bid))
    venue.apply(venue.offer(venue.buyer, Side.BUY, 200, 5), c.WithdrawOffer(account=venue.vendor, offer=offer))
    Projection(database).apply(venue.batches)
    outcome = reconcile(database, venue.sequence, venue.engine.balances(), from_postings=from_postings)
    assert outcome.agrees, outcome
    assert not outcome.unbalanced


def test_offers_and_acceptances_stand_in_the_records_as_orders_of_their_own_type(database, traded):
    venue = traded
    venue.apply(venue.offer(venue.vendor, Side.SELL, 700, 6, part=1))
    offer = venue.sequence * 16
    venue.apply(c.AcceptOffer(account=venue.buyer, offer=offer, lots=2))
    acceptance = venue.sequence * 16
    Projection(database).apply(venue.batches)
    with database.connect() as connection:
        order = tables.orders.c
        shown = select(order.order_id, order.leaves_lots, order.cum_lots, order.done_reason, order.hold)
        rows = connection.execute(shown.where(order.type == OrderType.OFFER).order_by(order.order_id)).all()
        (match,) = connection.execute(select(tables.trades.c.match_type).where(tables.trades.c.price_ticks == 700))
    assert [tuple(row) for row in rows] == [
        (offer, 4, 2, 0, 4),
        (acceptance, 0, 2, int(DoneReason.FILLED), 0),
    ]
    assert match.match_type == MatchType.NEGOTIATED


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
