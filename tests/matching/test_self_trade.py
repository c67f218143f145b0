"""Orders of one beneficial owner never trade; the incoming order's mode decides what happens instead."""

import pytest
from venue import FOK, Venue, kinds, refusal, trades

from exchange.vocabulary.events import OrderAmended, OrderDone
from exchange.vocabulary.instruments import SelfTrade
from exchange.vocabulary.reasons import DoneReason


def test_decrement_shrinks_both_and_cancels_what_reaches_zero(venue):
    venue.sell(venue.ann, 100, 5)
    answers = venue.buy(venue.ann, 100, 8)
    assert kinds(answers) == ["OrderAccepted", "OrderDone", "OrderAmended", "OrderRested"]
    assert venue.book() == {"bids": [(100, 3, venue.last_order)], "asks": []}
    done, amended = answers[1:3]
    assert isinstance(done, OrderDone)
    assert isinstance(amended, OrderAmended)
    assert (done.reason, amended.reason, amended.lots) == (DoneReason.SELF_TRADE, DoneReason.SELF_TRADE, 3)


def test_decrement_of_a_larger_resting_order_leaves_it_in_its_place(venue):
    venue.sell(venue.ann, 100, 8)
    resting = venue.last_order
    venue.buy(venue.ann, 100, 5)
    assert venue.book() == {"bids": [], "asks": [(100, 3, resting)]}
    assert venue.balance(venue.ann, venue.base) == (1_000, 3)


def test_decrement_takes_from_the_size_and_not_from_what_was_filled(venue):
    venue.sell(venue.ann, 100, 8)
    venue.buy(venue.bob, 100, 2)
    answers = venue.buy(venue.ann, 100, 5)
    resting = answers[1]
    assert isinstance(resting, OrderAmended)
    assert (resting.lots, resting.cum_lots, resting.leaves_lots) == (3, 2, 1)


def test_cancel_newest_ends_the_incoming_order_where_it_meets_its_own(venue):
    venue.sell(venue.bob, 100, 1)
    venue.sell(venue.ann, 100, 5)
    own = venue.last_order
    answers = venue.buy(venue.ann, 100, 8, self_trade=SelfTrade.CANCEL_NEWEST)
    assert [lots for _, _, lots in trades(answers)] == [1]
    assert answers[-1].leaves_lots == 7
    assert venue.book() == {"bids": [], "asks": [(100, 5, own)]}


def test_cancel_oldest_ends_the_resting_order_and_goes_on(venue):
    venue.sell(venue.ann, 100, 5)
    venue.sell(venue.bob, 100, 2)
    other = venue.last_order
    answers = venue.buy(venue.ann, 100, 2, self_trade=SelfTrade.CANCEL_OLDEST)
    assert trades(answers) == [(other, 100, 2)]
    assert venue.book() == {"bids": [], "asks": []}


def test_cancel_both_ends_both(venue):
    venue.sell(venue.ann, 100, 5)
    answers = venue.buy(venue.ann, 100, 2, self_trade=SelfTrade.CANCEL_BOTH)
    assert kinds(answers) == ["OrderAccepted", "OrderDone", "OrderDone"]
    assert venue.book() == {"bids": [], "asks": []}


def test_it_reaches_across_accounts_and_participants_of_one_owner():
    venue = Venue()
    parent = venue.participant()
    daughters = [venue.trader(claims=10, participant=venue.participant(owner=parent)) for _ in range(2)]
    venue.sell(daughters[0], 100, 5)
    assert trades(venue.buy(daughters[1], 100, 5)) == []


@pytest.mark.parametrize(
    ("mode", "answer"),
    [
        (SelfTrade.DECREMENT, "FOK_NOT_FILLABLE"),
        (SelfTrade.CANCEL_NEWEST, "FOK_NOT_FILLABLE"),
        (SelfTrade.CANCEL_BOTH, "FOK_NOT_FILLABLE"),
        (SelfTrade.CANCEL_OLDEST, ""),
    ],
)
def test_fill_or_kill_foresees_it(venue, mode, answer):
    venue.sell(venue.ann, 100, 5)
    venue.sell(venue.bob, 101, 5)
    assert refusal(venue.buy(venue.ann, 101, 5, FOK, self_trade=mode)) == answer
