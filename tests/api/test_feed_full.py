"""The `full` channel: every order and trade, under public ids, one sequence after the other."""

import pytest
from feed_rig import Rig
from hypothesis import given, settings
from hypothesis import strategies as st
from test_feed_products import STEPS

from exchange.marketdata import messages
from exchange.vocabulary import commands as c
from exchange.vocabulary.instruments import OrderType, Phase, Side, TimeInForce


class OrderBook:
    """Follows `full` as clients of the dialect do: in sequence, passing over what carries none."""

    def __init__(self, snapshot):
        self.sequence = snapshot["sequence"]
        self.orders = {"buy": {}, "sell": {}}
        for side, rows in (("buy", snapshot["bids"]), ("sell", snapshot["asks"])):
            self.orders[side] = {order_id: [price, size] for price, size, order_id in rows}

    def hear(self, message):
        if "sequence" not in message:
            return
        assert message["sequence"] == self.sequence + 1
        self.sequence = message["sequence"]
        orders = self.orders.get(message.get("side"), {})
        if message["type"] == "open":
            orders[message["order_id"]] = [message["price"], message["remaining_size"]]
        elif message["type"] == "done":
            orders.pop(message.get("order_id"), None)
        elif message["type"] == "match":
            self._match(orders, message)
        elif message["type"] == "change" and "order_id" in message:
            del orders[message["order_id"]]
            new_id = message.get("new_order_id", message["order_id"])
            orders[new_id] = [message["new_price"], message["new_size"]]

    def _match(self, orders, message):
        order = orders[message["maker_order_id"]]
        left = round(float(order[1]) - float(message["size"]), 6)
        order[1] = f"{left:.6f}"
        if not left:
            del orders[message["maker_order_id"]]


@pytest.fixture
def rig():
    return Rig()


def told(rig, *commands):
    reader = rig.reader("full")
    rig.apply(*commands)
    return reader.read()


def order(rig, account, side, price, lots, **fields):
    return rig.venue.order(account, side, price, lots, **fields)


@settings(max_examples=50, deadline=None)
@given(steps=st.lists(STEPS, max_size=60))
def test_whoever_follows_the_sequences_holds_every_order_of_the_book(steps):
    rig = Rig()
    book = OrderBook(messages.book(rig.book.depth, rig.book.scales, 3))
    reader = rig.reader("full")
    for step in steps:
        rig.trade(step)
    for message in reader.read():
        book.hear(message)
    expected = OrderBook(messages.book(rig.book.depth, rig.book.scales, 3))
    assert (book.sequence, book.orders) == (expected.sequence, expected.orders)


def test_an_order_that_rests_is_received_then_open_under_its_public_id(rig):
    received, opened = told(rig, order(rig, rig.venue.vendor, Side.SELL, 101, 2))
    assert (received["type"], received["order_type"], received["size"]) == ("received", "limit", "0.200000")
    assert (opened["type"], opened["remaining_size"]) == ("open", "0.200000")
    (place,) = [public.public_id for public in rig.book.depth.asks.orders()]
    assert received["order_id"] == opened["order_id"] == str(place)


def test_a_fill_is_a_match_then_done_for_the_maker(rig):
    rig.place(rig.venue.vendor, Side.SELL, 101, 2)
    kinds = [each["type"] for each in told(rig, order(rig, rig.venue.buyer, Side.BUY, 101, 2))]
    assert kinds == ["received", "match", "done"]


def test_an_amend_to_another_price_names_the_new_public_id(rig):
    resting = rig.place(rig.venue.vendor, Side.SELL, 101, 2)
    (change,) = told(rig, c.AmendOrder(account=rig.venue.vendor, order_id=resting, price_ticks=105))
    assert change["order_id"] != change["new_order_id"]
    assert (change["old_price"], change["new_price"]) == ("101.00", "105.00")


def test_a_market_order_shows_no_price_and_its_rest_is_canceled(rig):
    rig.place(rig.venue.vendor, Side.SELL, 101, 1)
    market = order(rig, rig.venue.buyer, Side.BUY, 0, 3, type=OrderType.MARKET, tif=TimeInForce.IOC)
    received, _match, _filled, done = told(rig, market)
    assert "price" not in received and "price" not in done
    assert (done["type"], done["reason"]) == ("done", "canceled")


def test_a_bust_is_told_in_its_place_of_the_sequence_and_names_nobody(rig):
    rig.apply(order(rig, rig.venue.vendor, Side.SELL, 120, 3), order(rig, rig.venue.buyer, Side.BUY, 120, 3))
    (bust,) = told(rig, c.BustTrade(instrument=rig.venue.instrument, trade_id=1))
    assert (bust["type"], bust["sequence"]) == ("bust", rig.book.sequence)
    assert set(bust) == {"type", "product_id", "sequence", "trade_id", "size", "price", "traded_at", "time"}


def test_a_phase_is_told_in_its_place_of_the_sequence(rig):
    halted = c.SetPhase(instrument=rig.venue.instrument, phase=Phase.HALTED, trading_day=20_000)
    (phase,) = told(rig, halted)
    assert (phase["type"], phase["phase"], phase["sequence"]) == ("phase", "halted", rig.book.sequence)
    assert phase["cause"] == ""


def test_no_account_and_no_order_id_of_an_owner_is_ever_public(rig):
    private = set()
    reader = rig.reader("full", "matches", "level2_raw", "ticker")
    for number in range(60):
        rig.trade((number % 10, number * 7, number % 8, 2))
        private |= {str(each.order_id) for each in rig.market.portfolio.orders.open(rig.venue.vendor)}
        private |= {str(each.order_id) for each in rig.market.portfolio.orders.open(rig.venue.buyer)}
    ids = {"order_id", "maker_order_id", "new_order_id"}
    for message in reader.read():
        assert not {name for name in message if "account" in name or "profile" in name or "user" in name}
        shown = {value for name, value in message.items() if name in ids}
        assert not shown & private
