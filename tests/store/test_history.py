import pytest
from small_venue import SmallVenue

from exchange.store.history import History
from exchange.store.projection import Projection
from exchange.vocabulary import commands as c
from exchange.vocabulary.instruments import Side


@pytest.fixture
def venue():
    """Five trades of 1 to 5 lots: the buyer takes the odd ones, the other buyer the even ones."""
    venue = SmallVenue().open()
    venue.ask = 16 * venue.make(venue.order(venue.vendor, Side.SELL, 500, 20, client_order_id="ask"))
    for lots in range(1, 6):
        taker = venue.buyer if lots % 2 else venue.other
        venue.apply(venue.order(taker, Side.BUY, 500, lots, client_order_id=f"take-{lots}"))
    venue.bid = 16 * venue.make(venue.order(venue.buyer, Side.BUY, 400, 7, client_order_id="bid"))
    return venue


@pytest.fixture
def history(database, venue):
    Projection(database).apply(venue.batches)
    return History(database)


def test_orders_come_newest_first_by_account_and_state(history, venue):
    mine = history.orders(venue.buyer)
    assert [row["client_order_id"] for row in mine] == ["bid", "take-5", "take-3", "take-1"]
    assert [row["order_id"] for row in history.orders(venue.buyer, is_open=True)] == [venue.bid]
    assert len(history.orders(venue.buyer, is_open=False)) == 3
    assert len(history.orders(instrument=venue.instrument)) == 7
    assert history.orders(instrument=999) == []


def test_pages_join_without_gap_or_overlap(history, venue):
    whole, pages, before = history.orders(), [], None
    while page := history.orders(before=before, limit=3):
        pages += page
        before = page[-1]["order_id"]
    assert pages == whole


def test_an_order_is_found_by_either_of_its_ids(history, venue):
    assert history.order(venue.ask)["leaves_lots"] == 5
    assert history.order(999) is None
    assert history.order_of_client(venue.vendor, "ask")["order_id"] == venue.ask
    assert history.order_of_client(venue.buyer, "ask") is None


def test_fills_are_those_of_either_side(history, venue):
    assert [row["lots"] for row in history.fills(venue.buyer)] == [5, 3, 1]
    assert [row["lots"] for row in history.fills(venue.other)] == [4, 2]
    assert [row["lots"] for row in history.fills(venue.vendor, limit=2)] == [5, 4]
    assert [row["lots"] for row in history.fills(venue.vendor, order_id=venue.ask)] == [5, 4, 3, 2, 1]
    assert history.fills(venue.vendor, venue.instrument + 1) == []


def test_fills_page_by_event(history, venue):
    newest = history.fills(venue.vendor, limit=2)[-1]
    older = history.fills(venue.vendor, before=(newest["sequence"], newest["event_index"]))
    assert [row["lots"] for row in older] == [3, 2, 1]


def test_trades_lie_between_the_ids_given(history, venue):
    assert [row["trade_id"] for row in history.trades(venue.instrument)] == [5, 4, 3, 2, 1]
    assert [row["trade_id"] for row in history.trades(venue.instrument, before=4, after=1)] == [3, 2]
    assert history.trade(venue.instrument, 3)["lots"] == 3
    assert history.trade(venue.instrument, 6) is None


def test_the_ledger_tells_each_change_with_its_trade_and_what_was_left(history, venue):
    lines = history.ledger(venue.buyer, venue.cny)
    told = [(row["amount"], row["balance"], row["trade_id"]) for row in lines]
    assert told == [
        (-50, 954_910, 5),
        (-25_000, 954_960, 5),
        (-30, 979_960, 3),
        (-15_000, 979_990, 3),
        (-10, 994_990, 1),
        (-5_000, 995_000, 1),
        (1_000_000, 1_000_000, None),
    ]


def test_the_ledger_pages_by_line(history, venue):
    whole = history.ledger(venue.buyer, venue.cny)
    place = tuple(whole[2][name] for name in ("sequence", "event_index", "line"))
    assert history.ledger(venue.buyer, venue.cny, before=place) == whole[3:]


def test_the_venues_ledger_is_its_fees(history, venue):
    lines = history.ledger(0, venue.cny)
    assert lines[0]["balance"] == sum(row["amount"] for row in lines) == 150 + 75


def test_holds_are_the_open_orders_that_hold(history, venue):
    (hold,) = history.holds(venue.buyer)
    assert (hold["order_id"], hold["hold"]) == (venue.bid, 28_000 + 56)
    assert [row["hold"] for row in history.holds(venue.vendor)] == [5]
    assert history.holds(venue.other) == []


def test_balances_are_available_and_held(history, venue):
    held = {(row["asset"], row["bucket"]): row["amount"] for row in history.balances(venue.buyer)}
    assert held == {
        (venue.cny, 110): 954_910 - 28_056,
        (venue.cny, 120): 28_056,
        (venue.base, 110): 9,
    }


def test_transfers_are_told_with_their_state(database, history, venue):
    leaving = venue.make(c.BeginWithdrawal(account=venue.buyer, asset=venue.cny, amount=5, key="w"))
    venue.apply(c.AbortTransfer(transfer=leaving))
    Projection(database).apply(venue.batches)
    withdrawn, deposited = history.transfers(venue.buyer)
    assert (withdrawn["transfer"], withdrawn["withdrawal"], withdrawn["state"]) == (leaving, 1, 3)
    assert (deposited["withdrawal"], deposited["state"], deposited["amount"]) == (0, 2, 1_000_000)
    assert withdrawn["ended_ns"] > withdrawn["begun_ns"]
    assert len(history.transfers()) == 3
    assert [row["transfer"] for row in history.transfers(venue.buyer, before=leaving)] == [deposited["transfer"]]


def test_reads_tell_the_sequence_they_show(history, venue):
    assert history.watermark() == venue.sequence


def test_an_empty_database_stands_at_zero(database):
    assert History(database).watermark() == 0
