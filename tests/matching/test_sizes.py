"""A least size to trade, and buying for an amount (rules 3 and 7)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from venue import FOK, IOC, Venue, kinds, refusal, trades

from exchange.vocabulary.events import OrderDone
from exchange.vocabulary.instruments import OrderType, SelfTrade, Side
from exchange.vocabulary.reasons import DoneReason


def spend(venue, funds, **more):
    return venue.does(venue.order(venue.bob, Side.BUY, 0, 0, IOC, type=OrderType.MARKET, funds_minor=funds, **more))


def test_a_least_size_that_is_there_trades_and_more_than_that_too(venue):
    venue.sell(venue.ann, 100, 10)
    assert trades(venue.buy(venue.bob, 100, 20, IOC, min_lots=10)) != []
    assert venue.book()["asks"] == []


def test_a_least_size_that_is_not_there_is_refused_and_nothing_trades(venue):
    venue.sell(venue.ann, 100, 10)
    venue.sell(venue.ann, 101, 10)
    assert refusal(venue.buy(venue.bob, 100, 20, IOC, min_lots=11)) == "MIN_NOT_FILLABLE"
    assert len(venue.book()["asks"]) == 2


@pytest.mark.parametrize(
    ("mode", "least"),
    [
        (SelfTrade.CANCEL_NEWEST, 5),
        (SelfTrade.CANCEL_BOTH, 5),
        (SelfTrade.CANCEL_OLDEST, 15),
        (SelfTrade.DECREMENT, 12),
    ],
)
def test_a_least_size_foresees_self_trade_prevention(venue, mode, least):
    """5 of ann's, then 3 of its own, then 10 of ann's: 20 wanted less 3 that decrement takes leaves 15 to trade."""
    venue.sell(venue.ann, 100, 5)
    venue.sell(venue.bob, 100, 3)
    venue.sell(venue.ann, 101, 10)
    wanted = 15 if mode == SelfTrade.DECREMENT else 20
    too_much = {"min_lots": least + 1, "self_trade": mode}
    assert refusal(venue.buy(venue.bob, 101, wanted, IOC, **too_much)) == "MIN_NOT_FILLABLE"
    answers = venue.buy(venue.bob, 101, wanted, IOC, min_lots=least, self_trade=mode)
    assert sum(lots for _, _, lots in trades(answers)) == least


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(98, 102), st.integers(1, 9), st.integers(0, 4)), max_size=8),
    st.integers(98, 103),
    st.integers(1, 30),
    st.sampled_from(list(SelfTrade)),
)
def test_fill_or_kill_and_least_size_foresee_exactly_what_trades(resting, price, lots, mode):
    """The same order, first as IOC on a copy of the market, tells what there was to trade."""
    venue = Venue()
    for who, at, size, display in resting:
        seller = [venue.ann, venue.bob, venue.ann][who]
        venue.does(venue.order(seller, Side.SELL, at, size, display_lots=min(display, size)))
    snapshot = venue.engine.snapshot()
    ioc = venue.buy(venue.bob, price, lots, IOC, self_trade=mode)
    traded = sum(each for _, _, each in trades(ioc))
    for least in {1, traded, traded + 1, lots} - {0}:
        if least > lots:
            continue
        venue.engine = type(venue.engine).restore(snapshot)
        answers = venue.buy(venue.bob, price, lots, IOC, min_lots=least, self_trade=mode)
        assert refusal(answers) == ("" if traded >= least else "MIN_NOT_FILLABLE")
    venue.engine = type(venue.engine).restore(snapshot)
    answers = venue.buy(venue.bob, price, lots, FOK, self_trade=mode)
    assert refusal(answers) == ("" if traded == lots else "FOK_NOT_FILLABLE")


def test_funds_buy_the_most_whole_lots_that_they_pay_for_with_fees(venue):
    """10 lots at 100 cost 1,000 and a fee of 1; one more at 101 would cost 102 with its fee."""
    venue.sell(venue.ann, 100, 10)
    venue.sell(venue.ann, 101, 10)
    before = venue.balance(venue.bob)[0]
    answers = spend(venue, 1_102)
    assert [(price, lots) for _, price, lots in trades(answers)] == [(100, 10), (101, 1)]
    spent = before - venue.balance(venue.bob)[0]
    assert spent == 1_000 + 101 + 1
    assert venue.balance(venue.bob)[1] == 0


def test_what_funds_cannot_buy_is_free_again(venue):
    venue.sell(venue.ann, 100, 10)
    answers = spend(venue, 550)
    assert [lots for _, _, lots in trades(answers)] == [5]
    assert kinds(answers) == ["OrderAccepted", "Trade"], "the last fill ends it"
    assert venue.balance(venue.bob)[1] == 0


def test_funds_beyond_what_is_offered_end_as_a_remainder(venue):
    venue.sell(venue.ann, 100, 3)
    done = spend(venue, 100_000)[-1]
    assert isinstance(done, OrderDone) and done.reason == DoneReason.IOC_REMAINDER
    assert venue.balance(venue.bob)[1] == 0


def test_funds_for_not_even_one_lot_are_refused(venue):
    venue.sell(venue.ann, 100, 10)
    assert refusal(spend(venue, 100)) == "", "the fee of 0.1 rounds to nothing"
    assert refusal(spend(venue, 99)) == "FUNDS_TOO_SMALL"


def test_funds_stop_before_an_own_order(venue):
    venue.sell(venue.ann, 100, 1)
    venue.sell(venue.bob, 100, 10)
    venue.sell(venue.ann, 100, 10)
    answers = spend(venue, 1_000)
    assert [lots for _, _, lots in trades(answers)] == [1]
    assert answers[-1].reason == DoneReason.SELF_TRADE


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({"lots": 1}, "BAD_COMBINATION"),
        ({"side": Side.SELL}, "BAD_COMBINATION"),
        ({"tif": FOK}, "BAD_COMBINATION"),
        ({"min_lots": 1}, "BAD_COMBINATION"),
        ({"type": OrderType.LIMIT, "price": 100}, "BAD_COMBINATION"),
        ({"funds_minor": -1}, "BAD_SIZE"),
        ({"funds_minor": 2**60}, "BAD_SIZE"),
    ],
)
def test_funds_that_do_not_go_together_are_refused(venue, asked, reason):
    asked = {"type": OrderType.MARKET, "funds_minor": 1_000} | asked
    side, price, lots = asked.pop("side", Side.BUY), asked.pop("price", 0), asked.pop("lots", 0)
    tif = asked.pop("tif", IOC)
    assert refusal(venue.does(venue.order(venue.bob, side, price, lots, tif, **asked))) == reason


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(90, 110), st.integers(1, 9)), min_size=1, max_size=6),
    st.integers(80, 9_000),
)
def test_funds_are_never_overspent_and_leave_less_than_one_more_lot(asks, funds):
    venue = Venue()
    for price, lots in asks:
        venue.sell(venue.ann, price, lots)
    before = venue.balance(venue.bob)[0]
    answers = spend(venue, funds)
    spent = before - venue.balance(venue.bob)[0]
    assert 0 <= spent <= funds
    asks_left = venue.book()["asks"]
    collar = min(price for price, _ in asks) * 105 // 100
    if not refusal(answers) and asks_left and asks_left[0][0] <= collar:
        assert spent + asks_left[0][0] + 1 > funds
