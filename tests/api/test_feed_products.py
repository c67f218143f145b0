"""The public channels of one product: whoever reads, however slowly, holds the book."""

import pytest
from feed_rig import ORDER_IDS, Rig
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.vocabulary import commands as c
from exchange.vocabulary.instruments import Side

STEPS = st.tuples(st.integers(0, 9), st.integers(0, 11), st.integers(0, 8), st.integers(1, 5))
TURNS = st.lists(
    st.one_of(STEPS, STEPS, STEPS, st.just("flush"), st.tuples(st.just("read"), st.integers(0, 2), st.integers(0, 4))),
    max_size=80,
)


def book_of(rig):
    """Both sides of the real book, on the wire."""
    scales = rig.book.scales
    sides = {"buy": rig.book.depth.bids, "sell": rig.book.depth.asks}
    return {
        name: [[scales.price(quote.price_ticks), scales.size(quote.lots)] for quote in side.quotes()]
        for name, side in sides.items()
    }


def assert_level(rig, reader):
    """The reader, having read everything, holds the book as it stands."""
    assert reader.book.sequence == rig.book.sequence
    assert {side: reader.book.levels(side) for side in ("buy", "sell")} == book_of(rig)


@pytest.fixture
def rig():
    return Rig()


@settings(max_examples=60, deadline=None)
@given(turns=TURNS)
def test_conflated_books_stay_level_whoever_reads_when_and_with_whatever_room(turns):
    rig = Rig()
    readers = [
        rig.reader("level2"),
        rig.reader("level2", max_waiting_bytes=4096),
        rig.reader("level2_raw", max_waiting_bytes=1 << 22),
    ]
    for turn in turns:
        if turn == "flush":
            rig.flush()
        elif turn[0] == "read":
            readers[turn[1]].read(turn[2])
        else:
            rig.trade(turn)
    rig.flush()
    for reader in readers:
        reader.read()
        assert_level(rig, reader)


@settings(max_examples=20, deadline=None)
@given(steps=st.lists(STEPS, min_size=10, max_size=60), joins=st.lists(st.integers(0, 59), max_size=5))
def test_whoever_joins_at_any_moment_is_level_with_all_others(steps, joins):
    rig = Rig()
    readers = [rig.reader("level2")]
    for number, step in enumerate(steps):
        readers += [rig.reader("level2") for joined in joins if joined == number]
        rig.trade(step)
    rig.flush()
    for reader in readers:
        reader.read()
        assert_level(rig, reader)


def test_the_raw_book_tells_each_event_and_its_sequence_runs_by_one(rig):
    reader = rig.reader("level2_raw")
    for number in range(20):
        rig.trade((number % 10, number, number % 7, 2))
    first, *updates = reader.read()
    assert [each["sequence"] for each in updates] == list(range(first["sequence"] + 1, rig.book.sequence + 1))
    assert all(each["prev_sequence"] == each["sequence"] - 1 for each in updates)


def test_many_changes_within_one_window_are_one_update(rig):
    reader = rig.reader("level2")
    reader.read()
    for price in (101, 102, 101):
        rig.place(rig.venue.vendor, Side.SELL, price, 1)
    assert reader.read() == []
    rig.flush()
    (update,) = reader.read()
    assert update["changes"] == [["sell", "101.00", "0.200000"], ["sell", "102.00", "0.100000"]]


def test_everyone_gets_the_same_text_which_is_written_once(rig):
    readers = [rig.reader("level2", "matches", "level2_raw", "full") for _ in range(3)]
    for reader in readers:
        reader.read()
    rig.place(rig.venue.vendor, Side.SELL, 101, 2)
    rig.place(rig.venue.buyer, Side.BUY, 101, 1)
    rig.flush()
    taken = [[reader.connection.take() for _ in range(8)] for reader in readers]
    assert None not in taken[0]
    for texts in taken[1:]:
        assert all(text is first for text, first in zip(texts, taken[0], strict=True))


def test_a_trade_is_a_match_with_the_makers_side_and_public_id(rig):
    maker = rig.place(rig.venue.vendor, Side.SELL, 101, 2)
    public_id = rig.book.depth.resting(maker).place
    reader = rig.reader("matches")
    rig.place(rig.venue.buyer, Side.BUY, 102, 2)
    (match,) = reader.read()
    assert (match["type"], match["side"], match["price"], match["size"]) == ("match", "sell", "101.00", "0.200000")
    assert match["maker_order_id"] == str(public_id)
    assert match["sequence"] == rig.book.sequence


def test_whoever_subscribes_to_matches_hears_the_last_one(rig):
    rig.place(rig.venue.vendor, Side.SELL, 101, 1)
    rig.place(rig.venue.buyer, Side.BUY, 101, 1)
    (last,) = rig.reader("matches").read()
    assert (last["type"], last["trade_id"]) == ("last_match", 1)


def test_tickers_come_with_trades_and_once_a_window(rig):
    reader = rig.reader("ticker")
    reader.read()
    rig.place(rig.venue.vendor, Side.SELL, 101, 3)
    rig.flush()
    assert reader.read() == [], "nothing traded"
    for _ in range(2):
        rig.place(rig.venue.buyer, Side.BUY, 101, 1)
    rig.flush()
    (ticker,) = reader.read()
    assert (ticker["trade_id"], ticker["price"], ticker["best_ask"]) == (2, "101.00", "101.00")
    rig.reader("level2")
    rig.place(rig.venue.vendor, Side.SELL, 105, 1)
    rig.flush()
    assert reader.read() == [], "what traded before is told already"


def test_a_negotiated_trade_is_a_match_that_changes_no_book_and_no_ticker(rig):
    reader, raw = rig.reader("matches", "ticker", "full"), rig.reader("level2_raw")
    reader.read(), raw.read()
    rig.apply(rig.venue.offer(rig.venue.vendor, Side.SELL, 150, 2))
    rig.apply(c.AcceptOffer(account=rig.venue.buyer, offer=rig.venue.sequence * ORDER_IDS))
    rig.flush()
    heard = reader.read()
    assert [each["type"] for each in heard] == ["match", "match"], "on each channel one"
    assert {(each["match_type"], each["price"], each["sequence"]) for each in heard} == {
        ("negotiated", "150.00", rig.book.sequence)
    }
    assert not {"maker_order_id", "order_id"} & set(heard[0])
    (update,) = raw.read()
    assert (update["changes"], update["sequence"]) == ([], rig.book.sequence)


def test_a_busted_trade_is_told_and_the_ticker_goes_back_to_the_trade_before(rig):
    for price in (120, 125):
        rig.place(rig.venue.vendor, Side.SELL, price, 3)
        rig.place(rig.venue.buyer, Side.BUY, price, 2)
        rig.cancel(rig.venue.vendor, (rig.venue.sequence - 1) * 16)
    reader = rig.reader("matches", "ticker")
    reader.read()
    rig.apply(c.BustTrade(instrument=rig.venue.instrument, trade_id=2))
    rig.flush()
    bust, ticker = reader.read()
    assert (bust["type"], bust["trade_id"], bust["price"], bust["size"]) == ("bust", 2, "125.00", "0.200000")
    assert bust["sequence"] == rig.book.sequence
    assert bust["traded_at"] < bust["time"]
    assert (ticker["price"], ticker["volume_24h"], ticker["high_24h"]) == ("120.00", "0.200000", "120.00")


def test_whoever_subscribes_after_a_bust_hears_the_last_trade_that_stands(rig):
    rig.place(rig.venue.vendor, Side.SELL, 120, 3)
    rig.place(rig.venue.buyer, Side.BUY, 120, 1)
    rig.place(rig.venue.buyer, Side.BUY, 120, 2)
    rig.apply(c.BustTrade(instrument=rig.venue.instrument, trade_id=2))
    (last,) = rig.reader("matches").read()
    assert last["trade_id"] == 1


def test_a_heartbeat_tells_the_last_sequence_and_trade(rig):
    reader = rig.reader("heartbeat")
    reader.read()
    rig.place(rig.venue.vendor, Side.SELL, 101, 3)
    rig.feed.beat()
    (heartbeat,) = reader.read()
    assert (heartbeat["sequence"], heartbeat["last_trade_id"]) == (rig.book.sequence, 0)


def test_whoever_has_left_hears_nothing_more(rig):
    reader = rig.reader("level2", "level2_raw", "matches", "ticker", "heartbeat", "full")
    reader.read()
    rig.place(rig.venue.vendor, Side.SELL, 101, 3)
    rig.flush()
    for channel in ("level2", "level2_raw", "matches", "ticker", "heartbeat", "full"):
        rig.feed.remove(channel, reader.connection)
    reader.read()
    rig.place(rig.venue.buyer, Side.BUY, 101, 1)
    rig.flush()
    rig.feed.beat()
    assert reader.read() == []
