"""Amend and cancel (rules 8 and 9)."""

from venue import kinds, refusal, trades

from exchange.vocabulary import commands
from exchange.vocabulary.events import MassCanceled
from exchange.vocabulary.instruments import OrderFlag, Side


def test_a_smaller_size_keeps_the_place(venue):
    venue.sell(venue.ann, 100, 5)
    first = venue.last_order
    venue.sell(venue.ann, 100, 5)
    assert kinds(venue.amend(venue.ann, first, lots=3)) == ["OrderAmended"]
    assert trades(venue.buy(venue.bob, 100, 1)) == [(first, 100, 1)]
    assert venue.balance(venue.ann, venue.base) == (999, 7)


def test_a_larger_size_loses_the_place(venue):
    venue.sell(venue.ann, 100, 5)
    first = venue.last_order
    venue.sell(venue.ann, 100, 5)
    second = venue.last_order
    venue.amend(venue.ann, first, lots=6)
    assert venue.book()["asks"] == [(100, 5, second), (100, 6, first)]


def test_another_price_loses_the_place_and_holds_anew(venue):
    total = venue.balance(venue.ann)[0]
    venue.buy(venue.ann, 100, 10)
    venue.amend(venue.ann, venue.last_order, price=200)
    assert venue.balance(venue.ann) == (total, 2_002)


def test_an_amended_price_that_crosses_takes_at_the_makers_price(venue):
    venue.sell(venue.ann, 100, 4)
    ask = venue.last_order
    venue.buy(venue.bob, 90, 6)
    bid = venue.last_order
    answers = venue.amend(venue.bob, bid, price=105)
    assert kinds(answers) == ["OrderAmended", "Trade", "OrderRested"]
    assert trades(answers) == [(ask, 100, 4)]
    assert venue.book() == {"bids": [(105, 2, bid)], "asks": []}


def test_a_post_only_order_amended_into_crossing_stands_as_it_was(venue):
    venue.sell(venue.ann, 100, 4)
    venue.buy(venue.bob, 90, 6, flags=OrderFlag.POST_ONLY)
    bid = venue.last_order
    assert refusal(venue.amend(venue.bob, bid, price=100)) == "POST_ONLY_WOULD_TAKE"
    assert venue.book()["bids"] == [(90, 6, bid)]


def test_the_new_size_counts_what_is_filled_and_must_exceed_it(venue):
    venue.sell(venue.ann, 100, 5)
    ask = venue.last_order
    venue.buy(venue.bob, 100, 3)
    assert refusal(venue.amend(venue.ann, ask, lots=3)) == "BAD_SIZE"
    venue.amend(venue.ann, ask, lots=4)
    assert venue.book()["asks"] == [(100, 1, ask)]


def test_the_same_values_change_nothing(venue):
    venue.sell(venue.ann, 100, 5)
    before = venue.book()
    assert kinds(venue.amend(venue.ann, venue.last_order, price=100, lots=5)) == ["OrderAmended"]
    assert venue.book() == before


def test_an_amend_that_costs_more_than_there_is_is_refused(venue):
    venue.sell(venue.ann, 100, 5)
    order = venue.last_order
    assert refusal(venue.amend(venue.ann, order, lots=1_001)) == "INSUFFICIENT_CLAIMS"
    assert venue.book()["asks"] == [(100, 5, order)]


def test_a_new_client_order_id_finds_the_order_as_the_old_one_does(venue):
    venue.sell(venue.ann, 100, 5, client_order_id="old")
    venue.amend(venue.ann, venue.last_order, lots=4, new_client_order_id="new")
    for name, lots in (("new", 3), ("old", 2)):
        answer = venue.does(commands.AmendOrder(account=venue.ann, client_order_id=name, lots=lots))
        assert kinds(answer) == ["OrderAmended"]


def test_cancel_by_either_id_releases_the_hold(venue):
    venue.sell(venue.ann, 100, 5, client_order_id="mine")
    venue.does(commands.CancelOrder(account=venue.ann, client_order_id="mine"))
    assert venue.book() == {"bids": [], "asks": []}
    assert venue.balance(venue.ann, venue.base) == (1_000, 0)


def test_what_is_done_unknown_or_anothers_is_refused_by_name(venue):
    venue.sell(venue.ann, 100, 5)
    order = venue.last_order
    assert refusal(venue.cancel(venue.bob, order)) == "NOT_OWNER"
    assert refusal(venue.cancel(venue.ann, 12_345_678)) == "UNKNOWN_ORDER"
    venue.buy(venue.bob, 100, 5)
    assert refusal(venue.cancel(venue.ann, order)) == "TOO_LATE"
    assert refusal(venue.amend(venue.ann, order, lots=9)) == "TOO_LATE"


def test_mass_cancel_takes_one_side_of_one_account_and_no_more(venue):
    venue.sell(venue.ann, 100, 5)
    venue.buy(venue.ann, 90, 5)
    bid = venue.last_order
    venue.sell(venue.bob, 101, 5)
    other = venue.last_order
    answers = venue.does(commands.MassCancel(account=venue.ann, side=Side.SELL))
    assert isinstance(answers[-1], MassCanceled)
    assert answers[-1].canceled == 1
    assert venue.book() == {"bids": [(90, 5, bid)], "asks": [(101, 5, other)]}


def test_only_an_operator_cancels_across_accounts(venue):
    venue.sell(venue.ann, 100, 5)
    venue.buy(venue.bob, 90, 5)
    assert refusal(venue.does(commands.MassCancel(actor=999))) == "NOT_PERMITTED"
    venue.does(commands.MassCancel())
    assert venue.book() == {"bids": [], "asks": []}


def test_a_smaller_size_is_counted_against_the_position_limit_as_it_would_be(venue):
    buyer = venue.trader()
    venue.buy(buyer, 90, 10)
    bid = venue.last_order
    venue.entitle(buyer, position_limit_lots=5)
    assert refusal(venue.amend(buyer, bid, lots=6)) == "QUOTA_EXCEEDED"
    assert kinds(venue.amend(buyer, bid, lots=5)) == ["OrderAmended"]
