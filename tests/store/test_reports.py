import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_venue import START_NS, SmallVenue

from exchange.store.database import open_database, sqlite_url
from exchange.store.projection import Projection
from exchange.store.reports import Reports
from exchange.vocabulary import commands as c
from exchange.vocabulary.instruments import Side
from exchange.vocabulary.units import NS_PER_SECOND, parse_scaled


@pytest.fixture
def venue():
    venue = SmallVenue().open()
    venue.apply(venue.order(venue.vendor, Side.SELL, 500, 10))
    venue.apply(venue.order(venue.buyer, Side.BUY, 500, 4))
    venue.apply(c.TakeDelivery(account=venue.buyer, base=venue.base, lots=1, decision=bytes([1]) * 32, key="k"))
    return venue


@pytest.fixture
def reports(database, venue):
    Projection(database).apply(venue.batches)
    return Reports(database)


def test_statements_of_both_sides_of_a_trade(reports, venue):
    bought = reports.statement(venue.buyer, venue.cny)
    assert [(line.type, line.amount, line.balance) for line in bought.lines] == [
        ("transfer", "10000.00", "10000.00"),
        ("match", "-200.00", "9800.00"),
        ("fee", "-0.40", "9799.60"),
    ]
    sold = reports.statement(venue.vendor, venue.cny)
    assert [(line.type, line.amount) for line in sold.lines] == [("match", "200.00"), ("fee", "-0.20")]
    claims = reports.statement(venue.buyer, venue.base)
    assert [(line.type, line.amount) for line in claims.lines] == [("match", "4"), ("delivery", "-1")]
    assert (claims.asset, claims.closing) == ("MEDZH", "3")


def test_pooled_claims_leave_one_statement_for_another(database, venue):
    venue.open_pool()
    venue.apply(venue.pooling(venue.buyer, 2, "p"))
    venue.apply(c.TakeDelivery(account=venue.buyer, base=venue.pool, lots=1, decision=bytes([1]) * 32, key="g"))
    Projection(database).apply(venue.batches)
    reports = Reports(database)
    claims, graded = (reports.statement(venue.buyer, asset) for asset in (venue.base, venue.pool))
    assert [(line.type, line.amount) for line in claims.lines][-1] == ("pool", "-2")
    assert [(line.type, line.amount) for line in graded.lines] == [("pool", "2"), ("delivery", "-1")]
    assert (claims.closing, graded.asset, graded.closing) == ("1", "GRADED", "1")
    told = reports.trial_balance()
    assert not told.differences
    pooled = [line for line in told.lines if line.code.startswith("430")]
    assert [(line.code, line.credit) for line in pooled] == [("430-MEDZH", "1")]


def test_the_venues_statement_is_its_fees(reports, venue):
    assert reports.statement(0, venue.cny).closing == "0.60"


def test_a_statement_of_nothing_and_of_an_unknown_asset(reports, venue):
    empty = reports.statement(999, venue.cny)
    assert (empty.opening, empty.lines, empty.closing) == ("0.00", (), "0.00")
    assert reports.statement(venue.buyer, 999) is None


@settings(max_examples=15, deadline=None)
@given(cut=st.integers(0, 60))
def test_cut_anywhere_the_second_statement_opens_where_the_first_closed(tmp_path_factory, cut):
    venue = SmallVenue().open()
    for lots in range(1, 10):
        venue.apply(venue.order(venue.vendor, Side.SELL, 500, lots), venue.order(venue.buyer, Side.BUY, 500, lots))
    database = open_database(sqlite_url(tmp_path_factory.mktemp("cut") / "projection.db"))
    Projection(database).apply(venue.batches)
    reports, at_ns = Reports(database), START_NS + cut * NS_PER_SECOND
    first = reports.statement(venue.buyer, venue.cny, to_ns=at_ns)
    second = reports.statement(venue.buyer, venue.cny, from_ns=at_ns)
    whole = reports.statement(venue.buyer, venue.cny)
    assert first.closing == second.opening
    assert first.lines + second.lines == whole.lines
    assert second.closing == whole.closing
    database.dispose()


def test_contract_notes_of_both_sides_agree(reports, venue):
    bought, sold = (reports.contract_note(venue.instrument, 1, who) for who in (venue.buyer, venue.vendor))
    assert (bought.side, bought.net, sold.side, sold.net) == ("buy", "200.40", "sell", "199.80")
    assert (bought.symbol, bought.price, bought.size) == ("MEDZH-CNY", "500.00", "0.400000")
    assert bought.notional == sold.notional == "200.00"
    fees = parse_scaled(reports.statement(0, venue.cny).closing, 2)
    assert parse_scaled(bought.net, 2) - parse_scaled(sold.net, 2) == fees


def test_a_note_is_made_for_nobody_else(reports, venue):
    assert reports.contract_note(venue.instrument, 1, venue.other) is None
    assert reports.contract_note(venue.instrument, 2, venue.buyer) is None


def test_the_trial_balance_of_the_whole_venue(reports, venue):
    made = reports.trial_balance()
    assert made.differences == {}
    assert [(line.code, line.debit, line.credit) for line in made.lines] == [
        ("110-CNY", "0.00", "19999.40"),
        ("210-CNY", "0.00", "0.60"),
        ("310-CNY", "20000.00", "0.00"),
        ("110-MEDZH", "0", "93"),
        ("120-MEDZH", "0", "6"),
        ("410-MEDZH", "100", "0"),
        ("420-MEDZH", "0", "1"),
    ]
