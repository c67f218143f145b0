"""The public book against the engine's own, and the checksum against its published vector."""

from zlib import crc32

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_venue import INTERVENTIONS, SmallVenue

from exchange.marketdata import messages
from exchange.marketdata.depth import Depth, checksum
from exchange.vocabulary import commands as c
from exchange.vocabulary.codec import EVENTS
from exchange.vocabulary.instruments import OrderFlag, OrderType, Phase, SelfTrade, Side, TimeInForce
from exchange.vocabulary.rows import InstrumentRow, OrderRow
from exchange.vocabulary.state import decode_snapshot
from exchange.vocabulary.units import parse_scaled
from exchange.vocabulary.wire import Scales

SCALES = Scales(tick_minor=100, quote_scale=2, lot_rtu=100_000)


class Follower:
    """A venue with a book that follows its events from the middle of its life."""

    def __init__(self):
        self.venue = SmallVenue().open(lots=10_000, cash=10**12)
        self.depth = rebuilt(self.venue)

    def apply(self, *commands):
        changes = []
        for event in EVENTS.decode_all(self.venue.apply(*commands).events):
            if event.instrument == self.venue.instrument:
                changes += self.depth.apply(event)
        return changes

    def place(self, account, side, price, lots, **fields):
        self.apply(self.venue.order(account, side, price, lots, **fields))
        return self.venue.sequence * 16


def rebuilt(venue):
    """The book out of a snapshot alone."""
    state = decode_snapshot(venue.engine.snapshot())
    (row,) = [row for row in state.rows(InstrumentRow) if row.instrument == venue.instrument]
    orders = [order for order in state.rows(OrderRow) if order.instrument == venue.instrument]
    return Depth.from_rows(row.product_sequence, orders)


def contents(depth):
    sides = (depth.bids, depth.asks)
    return depth.sequence, [list(side.quotes()) for side in sides], [list(side.orders()) for side in sides]


@pytest.fixture
def follower():
    return Follower()


def test_a_resting_order_shows_and_a_cancelled_one_is_gone(follower):
    order = follower.place(follower.venue.vendor, Side.SELL, 120, 3)
    assert [tuple(quote) for quote in follower.depth.asks.quotes()] == [(120, 3, 1)]
    changes = follower.apply(c.CancelOrder(account=follower.venue.vendor, order_id=order))
    assert [tuple(change) for change in changes] == [(Side.SELL, 120, 0)]
    assert not len(follower.depth.asks)


def test_a_trade_shrinks_the_makers_level_and_the_rest_of_the_taker_shows(follower):
    follower.place(follower.venue.vendor, Side.SELL, 120, 3)
    follower.place(follower.venue.buyer, Side.BUY, 121, 5)
    assert not len(follower.depth.asks)
    assert [tuple(quote) for quote in follower.depth.bids.quotes()] == [(121, 2, 1)]


def test_an_order_reduced_keeps_its_public_id_and_one_repriced_gets_another(follower):
    order = follower.place(follower.venue.vendor, Side.SELL, 120, 3)
    first = follower.depth.resting(order).place
    follower.apply(c.AmendOrder(account=follower.venue.vendor, order_id=order, lots=2))
    assert follower.depth.resting(order).place == first
    follower.apply(c.AmendOrder(account=follower.venue.vendor, order_id=order, price_ticks=130))
    assert follower.depth.resting(order).place != first
    assert [tuple(quote) for quote in follower.depth.asks.quotes()] == [(130, 2, 1)]


def test_a_hole_in_the_product_sequence_is_a_bug(follower):
    batch = follower.venue.apply(follower.venue.order(follower.venue.vendor, Side.SELL, 120, 3))
    (event,) = EVENTS.decode_all(batch.events)
    event.product_sequence += 1
    with pytest.raises(AssertionError, match="product sequence"):
        follower.depth.apply(event)


def test_the_checksum_is_that_of_the_known_vector():
    asks = [(5005 + 5 * step, 500) for step in range(10)]
    bids = [(price, 500) for price in (5000, 4995, 4990, 4980, 4975, 4970, 4965, 4960, 4955, 4950)]
    assert checksum(asks, bids) == 974947235


def test_the_checksum_of_a_book_is_that_of_the_strings_on_the_wire(follower):
    for step in range(12):
        follower.place(follower.venue.vendor, Side.SELL, 120 + step, 3 + step)
        follower.place(follower.venue.buyer, Side.BUY, 119 - step, 5 + step)
    told = messages.snapshot("MEDZH-CNY", follower.depth, SCALES)
    digits = [
        "".join(text.replace(".", "").lstrip("0") for text in level[:2])
        for side in ("asks", "bids")
        for level in told[side][:10]
    ]
    by_hand = crc32("".join(digits).encode())
    assert told["checksum"] == by_hand


ACTIONS = st.one_of(
    st.tuples(
        st.just("place"),
        st.integers(0, 2),
        st.sampled_from(Side),
        st.integers(95, 105),
        st.integers(1, 9),
        st.sampled_from(
            [TimeInForce.GTC, TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK, OrderType.MARKET, OrderFlag.POST_ONLY]
        ),
        st.sampled_from(SelfTrade),
    ),
    st.tuples(
        st.just("special"),
        st.integers(0, 2),
        st.sampled_from(Side),
        st.integers(95, 105),
        st.integers(1, 9),
        st.sampled_from(["iceberg", "stop", "stop limit", "funds", "at close"]),
    ),
    st.tuples(st.just("cancel"), st.integers(0, 30)),
    st.tuples(st.just("amend"), st.integers(0, 30), st.integers(0, 105), st.integers(0, 9)),
    st.tuples(st.just("mass"), st.integers(0, 2)),
    st.tuples(st.just("intervene"), st.sampled_from(INTERVENTIONS), st.integers(0, 8)),
    st.tuples(
        st.just("phase"),
        st.sampled_from(
            [Phase.CLOSING_AUCTION, Phase.VOLATILITY_AUCTION, Phase.HALTED, Phase.CONTINUOUS, Phase.CLOSED]
        ),
    ),
)


def command_of(venue, action, orders):
    accounts = (venue.vendor, venue.buyer, venue.other)
    match action:
        case ("place", who, side, price, lots, kind, stp):
            fields = {"self_trade": stp}
            if kind is OrderType.MARKET:
                fields |= {"type": kind, "tif": TimeInForce.IOC}
                price = 0
            elif kind is OrderFlag.POST_ONLY:
                fields |= {"flags": kind}
            else:
                fields |= {"tif": kind}
            orders.append((accounts[who], (venue.sequence + 1) * 16))
            return venue.order(accounts[who], side, price, lots, **fields)
        case ("special", who, *terms):
            orders.append((accounts[who], (venue.sequence + 1) * 16))
            return venue.special(accounts[who], *terms)
        case ("phase", phase):
            return venue.phase(phase)
        case ("intervene", *what):
            return venue.intervention(*what)
        case ("mass", who):
            return c.MassCancel(account=accounts[who])
        case (kind, number, *values):
            account, order = orders[number % len(orders)] if orders else (accounts[0], 0)
            if kind == "cancel":
                return c.CancelOrder(account=account, order_id=order)
            return c.AmendOrder(account=account, order_id=order, price_ticks=values[0], lots=values[1])


@settings(max_examples=40, deadline=None)
@given(st.lists(ACTIONS, max_size=60))
def test_a_book_that_followed_equals_one_out_of_a_snapshot(actions):
    follower, orders = Follower(), []
    for action in actions:
        follower.apply(command_of(follower.venue, action, orders))
    assert contents(follower.depth) == contents(rebuilt(follower.venue))


@settings(max_examples=40, deadline=None)
@given(st.lists(ACTIONS, max_size=60), st.integers(1, 7))
def test_a_book_out_of_updates_equals_the_book_that_was_asked_for(actions, every):
    """What a client does with a snapshot and the updates after it, however many events one update covers."""
    follower, orders = Follower(), []
    levels = {side: {} for side in ("buy", "sell")}
    sequence, pending = follower.depth.sequence, {}
    for number, action in enumerate(actions):
        for change in follower.apply(command_of(follower.venue, action, orders)):
            pending[change[:2]] = change
        if number % every == 0:
            told = messages.l2update("MEDZH-CNY", follower.depth, SCALES, pending.values(), sequence)
            assert told["prev_sequence"] == sequence
            sequence, pending = told["sequence"], {}
            take_in(levels, told["changes"])
    told = messages.l2update("MEDZH-CNY", follower.depth, SCALES, pending.values(), sequence)
    take_in(levels, told["changes"])
    book = messages.snapshot("MEDZH-CNY", follower.depth, SCALES)
    assert levels["buy"] == dict(book["bids"])
    assert levels["sell"] == dict(book["asks"])
    assert told["checksum"] == book["checksum"]


def take_in(levels, changes):
    for side, price, size in changes:
        if parse_scaled(size, 6):
            levels[side][price] = size
        else:
            levels[side].pop(price, None)
