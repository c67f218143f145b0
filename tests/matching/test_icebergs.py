"""Icebergs show a slice at a time (rule 5), and self-trade prevention and fill-or-kill see the whole (rules 2, 11)."""

from venue import FOK, IOC, kinds, refusal, trades

from exchange.vocabulary import commands
from exchange.vocabulary.instruments import SelfTrade, Side
from exchange.vocabulary.rows import OrderRow


def shown(venue):
    """(price, shown lots) of every resting order, best and earliest first."""
    book = venue.book()
    hidden = {row.order_id: row.hidden_lots for row in venue.rows(OrderRow)}
    return {name: [(price, lots - hidden[order]) for price, lots, order in book[name]] for name in book}


def test_only_a_slice_shows(venue):
    venue.sell(venue.ann, 100, 50, display_lots=10)
    assert shown(venue)["asks"] == [(100, 10)]


def test_a_used_up_slice_goes_to_the_back_of_its_level(venue):
    venue.sell(venue.ann, 100, 30, display_lots=10)
    iceberg = venue.last_order
    venue.sell(venue.ann, 100, 5)
    plain = venue.last_order
    answers = venue.buy(venue.bob, 100, 12)
    assert trades(answers) == [(iceberg, 100, 10), (plain, 100, 2)]
    assert kinds(answers) == ["OrderAccepted", "Trade", "OrderRefreshed", "Trade"]
    assert [order for _, _, order in venue.book()["asks"]] == [plain, iceberg]


def test_an_aggressor_that_goes_on_meets_slice_after_slice(venue):
    venue.sell(venue.ann, 100, 25, display_lots=10)
    iceberg = venue.last_order
    assert trades(venue.buy(venue.bob, 100, 25)) == [(iceberg, 100, 10), (iceberg, 100, 10), (iceberg, 100, 5)]
    assert venue.book()["asks"] == []


def test_a_partly_used_slice_keeps_its_place(venue):
    venue.sell(venue.ann, 100, 30, display_lots=10)
    iceberg = venue.last_order
    venue.sell(venue.ann, 100, 5)
    venue.buy(venue.bob, 100, 4)
    assert venue.book()["asks"][0][2] == iceberg
    assert shown(venue)["asks"] == [(100, 6), (100, 5)]


def test_what_an_iceberg_takes_before_it_rests_is_not_sliced(venue):
    venue.sell(venue.ann, 100, 8)
    answers = venue.buy(venue.bob, 100, 30, display_lots=4)
    assert [lots for _, _, lots in trades(answers)] == [8]
    assert shown(venue)["bids"] == [(100, 4)]


def test_fill_or_kill_counts_hidden_size(venue):
    venue.sell(venue.ann, 100, 30, display_lots=1)
    assert refusal(venue.buy(venue.bob, 100, 31, FOK)) == "FOK_NOT_FILLABLE"
    assert sum(lots for _, _, lots in trades(venue.buy(venue.bob, 100, 30, FOK))) == 30


def test_fill_or_kill_does_not_count_what_hides_behind_an_own_order(venue):
    venue.sell(venue.ann, 100, 30, display_lots=5)
    venue.sell(venue.bob, 100, 1)
    newest = {"self_trade": SelfTrade.CANCEL_NEWEST}
    assert refusal(venue.buy(venue.bob, 100, 6, FOK, **newest)) == "FOK_NOT_FILLABLE"
    assert refusal(venue.buy(venue.bob, 100, 5, FOK, **newest)) == ""


def test_decrement_takes_hidden_lots_first(venue):
    venue.sell(venue.bob, 100, 30, display_lots=10)
    venue.buy(venue.bob, 100, 15, IOC, self_trade=SelfTrade.DECREMENT)
    assert venue.book()["asks"][0][1] == 15
    assert shown(venue)["asks"] == [(100, 10)]
    venue.buy(venue.bob, 100, 8, IOC, self_trade=SelfTrade.DECREMENT)
    assert shown(venue)["asks"] == [(100, 7)]


def test_a_smaller_iceberg_loses_hidden_lots_first_and_keeps_its_place(venue):
    venue.sell(venue.ann, 100, 30, display_lots=10)
    iceberg = venue.last_order
    venue.sell(venue.ann, 100, 5)
    venue.amend(venue.ann, iceberg, lots=12)
    assert shown(venue)["asks"] == [(100, 10), (100, 5)]
    venue.amend(venue.ann, iceberg, lots=7)
    assert shown(venue)["asks"] == [(100, 7), (100, 5)]


def test_another_shown_size_keeps_the_place_and_counts_from_the_next_slice(venue):
    venue.sell(venue.ann, 100, 30, display_lots=10)
    iceberg = venue.last_order
    venue.sell(venue.ann, 100, 5)
    venue.does(commands.AmendOrder(account=venue.ann, order_id=iceberg, display_lots=3))
    assert shown(venue)["asks"] == [(100, 10), (100, 5)]
    venue.buy(venue.bob, 100, 10)
    assert shown(venue)["asks"] == [(100, 5), (100, 3)]


def test_what_does_not_rest_cannot_hide(venue):
    assert refusal(venue.sell(venue.ann, 100, 30, IOC, display_lots=10)) == "BAD_COMBINATION"
    assert refusal(venue.sell(venue.ann, 100, 30, display_lots=31)) == "BAD_SIZE"
    assert refusal(venue.sell(venue.ann, 100, 30, display_lots=-1)) == "BAD_SIZE"


def test_a_cancelled_iceberg_frees_all_it_held(venue):
    before = venue.balance(venue.bob)
    venue.does(venue.order(venue.bob, Side.BUY, 90, 30, display_lots=5))
    venue.cancel(venue.bob, venue.last_order)
    assert venue.balance(venue.bob) == before
