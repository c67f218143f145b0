import pytest
from small_venue import SmallVenue
from sqlalchemy import select

from exchange.store import tables
from exchange.store.projection import Projection
from exchange.vocabulary.instruments import Side


def rows(database, table):
    with database.connect() as connection:
        return connection.execute(select(table)).all()


@pytest.fixture
def traded():
    venue = SmallVenue().open()
    venue.apply(venue.order(venue.vendor, Side.SELL, 500, 10))
    venue.apply(venue.order(venue.buyer, Side.BUY, 500, 4))
    return venue


def test_a_trade_is_settled_in_the_tables_as_in_the_engine(database, traded):
    projection = Projection(database)
    projection.apply(traded.batches)
    assert projection.watermark == traded.sequence
    owned = {}
    for account, asset, bucket, amount in rows(database, tables.balances):
        if bucket in {110, 120} or bucket == 210:
            total, held = owned.get((account, asset), (0, 0))
            owned[account, asset] = total + amount, held + amount * (bucket == 120)
    got = {(*key, *value) for key, value in owned.items() if value != (0, 0)}
    assert got == set(traded.engine.balances())
