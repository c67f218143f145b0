"""The indicative price against the engine: what it says just before a call ends is what the uncross then does."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.marketdata.indicative import Indicative
from exchange.vocabulary import commands as c
from exchange.vocabulary.clearing import Clearing
from exchange.vocabulary.events import WAITS, OrderAccepted, Trade, Uncrossed
from exchange.vocabulary.instruments import MatchType, OrderType, Phase, Side, TimeInForce
from exchange.vocabulary.rows import InstrumentRow, OrderRow
from exchange.vocabulary.state import decode_snapshot
from simulations.sandbox import Sandbox, Terms

BUY, SELL = Side.BUY, Side.SELL
IOC, AT_OPEN, AT_CLOSE = TimeInForce.IOC, TimeInForce.AT_OPEN, TimeInForce.AT_CLOSE
OPENING = ([Phase.CLOSED, Phase.PRE_OPEN, Phase.OPENING_AUCTION], Phase.CONTINUOUS)
CALLS = [
    OPENING,
    ([Phase.CLOSED, Phase.PRE_OPEN], Phase.CONTINUOUS),
    ([Phase.VOLATILITY_AUCTION], Phase.CONTINUOUS),
    ([Phase.VOLATILITY_AUCTION, Phase.CLOSING_AUCTION], Phase.CLOSED),
    ([Phase.HALTED, Phase.CLOSING_AUCTION], Phase.CLOSED),
]


KINDS = ("limit", "limit", "limit", "iceberg", "market", "at open", "at close", "market at close", "stop", "trailing")
KINDS += ("pegged", "either or", "bracket", "offer")


class Follower:
    """A venue with three traders of three owners, and the indicative price that follows its events."""

    def __init__(self, band_ppm=100_000, reference=100):
        self.venue = Sandbox(terms=Terms(static_band_ppm=band_ppm))
        self.traders = [self.venue.trader(claims=10_000) for _ in range(3)]
        if reference:
            self.venue.must(c.SetReferencePrice(instrument=self.venue.instrument, price_ticks=reference))
        self.indicative = rebuilt(self.venue)

    def apply(self, *commands):
        events = self.venue.apply(*commands)
        for event in events:
            if event.instrument == self.venue.instrument:
                self.indicative.apply(event)
        return events

    def place(self, side, price, lots, tif=TimeInForce.GTC, **fields):
        """By one of two traders, so that nobody meets an own order; returns the order's id."""
        self.apply(self.venue.order(self.traders[side - 1], side, price, lots, tif, **fields))
        return self.venue.sequence * 16

    def move(self, *phases):
        for phase in phases:
            events = self.apply(c.SetPhase(instrument=self.venue.instrument, phase=phase))
        return events


def rebuilt(venue):
    """Out of a snapshot alone."""
    state = decode_snapshot(venue.engine.snapshot())
    (terms,) = [row for row in state.rows(InstrumentRow) if row.instrument == venue.instrument]
    return Indicative.from_rows(terms, [row for row in state.rows(OrderRow) if row.instrument == venue.instrument])


def uncrossed(events):
    """What the uncross did; None where nothing traded."""
    found = [event for event in events if isinstance(event, Uncrossed)]
    return Clearing(found[0].price_ticks, found[0].lots, found[0].imbalance_lots) if found else None


@pytest.fixture
def follower():
    made = Follower()
    made.move(*OPENING[0])
    return made


ACTIONS = st.one_of(
    st.tuples(
        st.just("place"),
        st.sampled_from(Side),
        st.integers(0, 2),
        st.integers(94, 106),
        st.integers(1, 30),
        st.sampled_from(KINDS),
    ),
    st.tuples(st.just("amend"), st.integers(0, 40), st.integers(94, 106), st.integers(1, 30)),
    st.tuples(st.just("shrink"), st.integers(0, 40), st.just(0), st.integers(1, 5)),
    st.tuples(st.just("cancel"), st.integers(0, 40)),
    st.tuples(st.just("accept"), st.integers(0, 40), st.integers(0, 2)),
)


def command_of(follower, action, orders):
    """A command, maybe one that is refused; `orders` are (account, order id) of what was placed."""
    venue = follower.venue
    if action[0] == "place":
        _, side, which, price, lots, kind = action
        account, away = follower.traders[which], 2 if side == BUY else -2
        orders.append((account, (venue.sequence + 1) * 16))
        if kind == "offer":
            made = {"side": side, "price_ticks": price, "lots": lots, "part": 1}
            return c.MakeOffer(account=account, instrument=venue.instrument, **made)
        fields = {
            "iceberg": {"display_lots": 1 + lots // 4},
            "market": {"type": OrderType.MARKET, "tif": IOC},
            "at open": {"tif": AT_OPEN},
            "at close": {"tif": AT_CLOSE},
            "market at close": {"type": OrderType.MARKET, "tif": AT_CLOSE},
            "stop": {"type": OrderType.STOP_LIMIT, "stop_price_ticks": price},
            "trailing": {"type": OrderType.TRAILING_STOP, "trail_ticks": 1 + lots % 5},
            "pegged": {"type": OrderType.PEGGED, "peg": 1 + lots % 3},
            "either or": {"type": OrderType.OCO, "stop_price_ticks": price + away},
            "bracket": {"exit_price_ticks": price + away, "exit_stop_ticks": price - away},
        }.get(kind, {})
        unpriced = "market" in kind or kind == "trailing"
        return venue.order(account, side, 0 if unpriced else price, lots, **fields)
    account, order = orders[action[1] % len(orders)] if orders else (follower.traders[0], 0)
    if action[0] == "cancel":
        return c.CancelOrder(account=account, order_id=order)
    if action[0] == "accept":
        return c.AcceptOffer(account=follower.traders[action[2]], instrument=venue.instrument, offer=order)
    return c.AmendOrder(account=account, order_id=order, price_ticks=action[2], lots=action[3])


@settings(max_examples=150, deadline=None)
@given(
    before=st.lists(ACTIONS, max_size=15),
    during=st.lists(ACTIONS, max_size=30),
    call=st.sampled_from(CALLS),
    band_and_reference=st.sampled_from([(100_000, 100), (30_000, 101), (0, 0), (0, 97)]),
)
def test_what_is_told_just_before_a_call_ends_is_what_the_uncross_does(before, during, call, band_and_reference):
    follower, orders = Follower(*band_and_reference), []
    for action in before:
        follower.apply(command_of(follower, action, orders))
    assert follower.indicative.clearing() is None, "no call runs"
    follower.move(*call[0])
    for action in during:
        follower.apply(command_of(follower, action, orders))
        assert follower.indicative.clearing() == rebuilt(follower.venue).clearing()
    told = follower.indicative.clearing()
    assert told == uncrossed(follower.move(call[1]))
    assert follower.indicative.clearing() is None
    follower.move(Phase.PRE_OPEN if call[1] is Phase.CLOSED else Phase.VOLATILITY_AUCTION)
    for side, price in ((BUY, 104), (SELL, 98)):
        follower.place(side, price, 1_000)
        assert follower.indicative.clearing() == rebuilt(follower.venue).clearing(), "it followed the trades as well"


@settings(max_examples=40, deadline=None)
@given(first=st.lists(ACTIONS, max_size=15), then=st.lists(ACTIONS, max_size=15), call=st.sampled_from(CALLS))
def test_one_that_starts_from_a_snapshot_in_the_middle_of_a_call_tells_the_same(first, then, call):
    follower, orders = Follower(), []
    follower.move(*call[0])
    for action in first:
        follower.apply(command_of(follower, action, orders))
    follower.indicative = rebuilt(follower.venue)
    for action in then:
        follower.apply(command_of(follower, action, orders))
    told = follower.indicative.clearing()
    assert told == uncrossed(follower.move(call[1]))


def test_hidden_lots_and_joined_market_orders_count_and_stops_and_orders_for_the_close_do_not(follower):
    follower.place(SELL, 100, 30, display_lots=5)
    follower.place(BUY, 0, 12, IOC, type=OrderType.MARKET)
    follower.place(BUY, 101, 8, AT_OPEN)
    follower.place(BUY, 101, 50, AT_CLOSE)
    follower.place(BUY, 101, 50, type=OrderType.STOP_LIMIT, stop_price_ticks=101)
    assert follower.indicative.clearing() == (100, 20, -10)


def test_what_waited_for_the_close_counts_once_it_has_come(follower):
    follower.place(BUY, 101, 5, AT_CLOSE)
    follower.place(SELL, 0, 7, AT_CLOSE, type=OrderType.MARKET)
    follower.move(Phase.CONTINUOUS)
    assert follower.indicative.clearing() is None
    follower.move(Phase.CLOSING_AUCTION)
    assert follower.indicative.clearing() == (90, 5, -2), "too many asks: the lowest price of the band"


def test_without_a_reference_price_the_last_price_is_the_one_to_stay_near():
    follower = Follower(band_ppm=0, reference=0)
    follower.place(SELL, 98, 1)
    follower.place(BUY, 98, 1)
    follower.move(Phase.CLOSING_AUCTION)
    follower.place(SELL, 95, 5)
    follower.place(BUY, 105, 5)
    assert follower.indicative.clearing() == (98, 5, 0)
    follower.indicative.apply(Trade(price_ticks=103, match_type=MatchType.NEGOTIATED))
    assert follower.indicative.clearing() == (98, 5, 0), "a negotiated trade moves no price"


def test_the_price_is_looked_for_once_until_something_changes(follower, monkeypatch):
    follower.place(SELL, 100, 5)
    follower.place(BUY, 100, 5)
    first = follower.indicative.clearing()
    looked = []
    monkeypatch.setattr("exchange.marketdata.indicative.clear", lambda *told: looked.append(told))
    assert follower.indicative.clearing() is first
    follower.apply(c.Clock())
    assert follower.indicative.clearing() is first and not looked
    follower.place(BUY, 100, 1)
    assert follower.indicative.clearing() is None and len(looked) == 1


def test_what_waits_outside_the_book_and_is_no_market_order_does_not_count(follower):
    follower.place(SELL, 100, 5)
    for kind in (OrderType.STOP, OrderType.OFFER, 99):
        told = OrderAccepted(order_id=1, side=BUY, type=kind, price_ticks=100, leaves_lots=5, place=7, flags=WAITS)
        follower.indicative.apply(told)
    assert follower.indicative.clearing() is None
