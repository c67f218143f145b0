"""Call auctions, from the first order that joins to the uncross (rule 16 and the table of phases)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from venue import FOK, IOC, Venue, kinds, refusal

from exchange.vocabulary import commands
from exchange.vocabulary.clearing import Quantities, clear
from exchange.vocabulary.events import OrderDone, PhaseSet, Trade, Uncrossed
from exchange.vocabulary.instruments import Mode, OrderFlag, OrderType, Phase, Side, TimeInForce
from exchange.vocabulary.reasons import DoneReason
from exchange.vocabulary.rows import OrderRow
from simulations.sandbox import Terms

BUY, SELL, MARKET = Side.BUY, Side.SELL, OrderType.MARKET
AT_OPEN, AT_CLOSE = TimeInForce.AT_OPEN, TimeInForce.AT_CLOSE
SECOND_NS = 1_000_000_000


def calling(phase=Phase.OPENING_AUCTION, **terms):
    """A venue in a call, or in another phase on the way there, with a band of 10 % round 100."""
    venue = Venue(terms=Terms(static_band_ppm=100_000, **terms))
    venue.does(commands.SetReferencePrice(instrument=venue.instrument, price_ticks=100))
    if phase in {Phase.PRE_OPEN, Phase.OPENING_AUCTION}:
        venue.phase(Phase.CLOSED)
        venue.phase(Phase.PRE_OPEN)
    if phase not in {Phase.PRE_OPEN, Phase.CONTINUOUS}:
        venue.phase(phase)
    return venue


def move(venue, phase, **times):
    return venue.does(commands.SetPhase(instrument=venue.instrument, phase=phase, **times))


def market(venue, account, side, lots, tif=IOC):
    return venue.does(venue.order(account, side, 0, lots, tif, type=MARKET))


def printed(answers):
    """(price, lots) of each trade."""
    return [(each.price_ticks, each.lots) for each in answers if isinstance(each, Trade)]


def ends(answers):
    return [(each.order_id, DoneReason(each.reason).name) for each in answers if isinstance(each, OrderDone)]


def test_orders_cross_in_a_call_and_nothing_trades_before_its_end():
    venue = calling()
    venue.buy(venue.bob, 105, 10)
    assert kinds(venue.sell(venue.ann, 95, 10)) == ["OrderAccepted"]
    answers = move(venue, Phase.CONTINUOUS)
    assert kinds(answers) == ["PhaseSet", "Uncrossed", "Trade"]
    assert printed(answers) == [(100, 10)], "the nearest to the reference price of all that fit"
    assert venue.book() == {"bids": [], "asks": []}


def test_both_sides_pay_the_auction_fee():
    venue = calling()
    venue.buy(venue.bob, 105, 1_000)
    venue.sell(venue.ann, 95, 1_000)
    (trade,) = [each for each in move(venue, Phase.CONTINUOUS) if isinstance(each, Trade)]
    assert (trade.maker_fee_minor, trade.taker_fee_minor) == (50, 50), "500 ppm of 100,000"


def test_the_later_place_counts_as_the_taker():
    venue = calling()
    venue.sell(venue.ann, 95, 10)
    venue.buy(venue.bob, 105, 10)
    (trade,) = [each for each in move(venue, Phase.CONTINUOUS) if isinstance(each, Trade)]
    assert (trade.maker_account, trade.account, trade.taker_side) == (venue.ann, venue.bob, BUY)


def test_market_orders_go_first_then_better_prices_then_earlier_places():
    venue = calling()
    venue.buy(venue.bob, 101, 5)
    early = venue.last_order
    venue.buy(venue.bob, 101, 5)
    venue.buy(venue.bob, 103, 5)
    better = venue.last_order
    market(venue, venue.bob, BUY, 5)
    first = venue.last_order
    venue.sell(venue.ann, 99, 17)
    answers = move(venue, Phase.CONTINUOUS)
    buyers = [each.maker_order_id for each in answers if isinstance(each, Trade)]
    assert buyers == [first, better, early, early + 16]
    assert printed(answers) == [(101, 5), (101, 5), (101, 5), (101, 2)], "too many bids: the highest price"


def test_what_is_left_of_market_and_auction_orders_ends_and_the_rest_stays():
    venue = calling()
    market(venue, venue.bob, BUY, 5)
    joined = venue.last_order
    venue.buy(venue.bob, 104, 5, AT_OPEN)
    only = venue.last_order
    venue.buy(venue.bob, 103, 5)
    assert ends(move(venue, Phase.CONTINUOUS)) == [(joined, "AUCTION_ENDED"), (only, "AUCTION_ENDED")]
    assert [price for price, _, _ in venue.book()["bids"]] == [103]
    assert venue.balance(venue.bob)[1] == 103 * 5 + 1


def test_a_market_order_in_a_call_holds_at_the_far_edge_of_the_band():
    venue = calling()
    market(venue, venue.bob, BUY, 10)
    assert venue.balance(venue.bob)[1] == 10 * 110 + 1
    bare = Venue()
    bare.phase(Phase.CLOSING_AUCTION)
    assert refusal(market(bare, bare.bob, BUY, 10)) == "NO_REFERENCE_PRICE"


def test_icebergs_trade_whole_and_keep_their_place():
    venue = calling()
    venue.sell(venue.ann, 100, 30, display_lots=5)
    iceberg = venue.last_order
    venue.sell(venue.ann, 100, 5)
    venue.buy(venue.bob, 100, 22)
    answers = move(venue, Phase.CONTINUOUS)
    assert printed(answers) == [(100, 22)]
    assert [order for _, _, order in venue.book()["asks"]] == [iceberg, iceberg + 16]
    hidden = {row.order_id: row.hidden_lots for row in venue.rows(OrderRow)}
    assert hidden[iceberg] == 3, "of the 8 lots left 5 show"


def test_own_orders_shrink_each_other_in_an_uncross_whatever_their_mode():
    venue = calling()
    venue.buy(venue.bob, 105, 10)
    venue.sell(venue.bob, 95, 4)
    venue.sell(venue.ann, 95, 10)
    answers = move(venue, Phase.CONTINUOUS)
    assert [lots for _, lots in printed(answers)] == [6]
    assert {reason for _, reason in ends(answers)} == {"SELF_TRADE"}


NOT_IN_CALLS = dict.fromkeys(["pre", "opening", "volatility", "closing"], "TIF_NOT_IN_PHASE")
REFUSED = {
    # What is refused in which phase; it is taken in all others that are open.
    "limit": {},
    "ioc": NOT_IN_CALLS,
    "fok": NOT_IN_CALLS,
    "market": {},
    "at open": dict.fromkeys(["volatility", "closing", "continuous"], "TIF_NOT_IN_PHASE"),
    "at close": {},
    "stop": {},
}
PHASES = {
    "pre": Phase.PRE_OPEN,
    "opening": Phase.OPENING_AUCTION,
    "volatility": Phase.VOLATILITY_AUCTION,
    "closing": Phase.CLOSING_AUCTION,
    "continuous": Phase.CONTINUOUS,
    "halted": Phase.HALTED,
    "cancel only": Phase.CANCEL_ONLY,
    "closed": Phase.CLOSED,
}
SHUT = {"halted": "INSTRUMENT_HALTED", "cancel only": "CANCEL_ONLY", "closed": "INSTRUMENT_CLOSED"}


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("what", REFUSED)
def test_each_phase_takes_what_the_table_says(phase, what):
    venue = calling(PHASES[phase])
    if phase == "continuous":
        venue.sell(venue.ann, 100, 50)
    order = {
        "limit": lambda: venue.buy(venue.bob, 99, 5),
        "ioc": lambda: venue.buy(venue.bob, 100, 5, IOC),
        "fok": lambda: venue.buy(venue.bob, 100, 5, FOK),
        "market": lambda: market(venue, venue.bob, BUY, 5),
        "at open": lambda: venue.buy(venue.bob, 100, 5, AT_OPEN),
        "at close": lambda: venue.buy(venue.bob, 100, 5, AT_CLOSE),
        "stop": lambda: venue.does(venue.order(venue.bob, BUY, 0, 5, type=OrderType.STOP, stop_price_ticks=105)),
    }
    assert refusal(order[what]()) == SHUT.get(phase, REFUSED[what].get(phase, ""))


def test_orders_for_the_close_wait_unseen_and_join_when_it_comes():
    venue = calling(Phase.CONTINUOUS)
    venue.sell(venue.ann, 100, 10, AT_CLOSE)
    market(venue, venue.bob, BUY, 10, AT_CLOSE)
    assert venue.book() == {"bids": [], "asks": []}
    assert kinds(move(venue, Phase.CLOSING_AUCTION)) == ["PhaseSet", "OrderRested", "OrderRested"]
    assert printed(move(venue, Phase.CLOSED)) == [(100, 10)]


def test_a_market_order_for_the_close_takes_the_edge_of_the_band_as_it_is_then():
    venue = calling(Phase.CONTINUOUS)
    rich, poor = venue.trader(cash_minor=2_202), venue.trader(cash_minor=2_201)
    market(venue, rich, BUY, 10, AT_CLOSE)
    market(venue, poor, BUY, 10, AT_CLOSE)
    assert venue.balance(rich) == (2_202, 1_101)
    venue.does(commands.SetReferencePrice(instrument=venue.instrument, price_ticks=200))
    assert ends(move(venue, Phase.CLOSING_AUCTION)) == [(venue.sequence * 16 - 32, "OUTSIDE_BAND")]
    assert venue.balance(rich) == (2_202, 2_202) and venue.balance(poor) == (2_201, 0)
    venue.sell(venue.ann, 180, 10)
    assert printed(move(venue, Phase.CLOSED)) == [(200, 10)]
    assert venue.balance(rich) == (201, 0)


def test_an_iceberg_that_traded_nothing_in_an_uncross_tells_nothing():
    venue = calling()
    venue.sell(venue.ann, 99, 10)
    venue.sell(venue.ann, 99, 10, display_lots=2)
    venue.buy(venue.bob, 99, 10)
    assert kinds(move(venue, Phase.CONTINUOUS)) == ["PhaseSet", "Uncrossed", "Trade"]


def test_a_halt_ends_what_lived_for_the_call_it_interrupts_and_a_close_all_such():
    venue = calling()
    venue.buy(venue.bob, 100, 5, AT_OPEN)
    venue.buy(venue.bob, 99, 5, AT_CLOSE)
    market(venue, venue.bob, BUY, 5)
    assert len(ends(move(venue, Phase.HALTED))) == 2
    assert len(ends(move(venue, Phase.CLOSED))) == 1


def test_nothing_is_taken_back_once_a_call_is_frozen():
    venue = calling(Phase.PRE_OPEN)
    move(venue, Phase.OPENING_AUCTION, freezes_at_ns=venue.now_ns + SECOND_NS)
    venue.buy(venue.bob, 100, 5)
    order = venue.last_order
    assert refusal(venue.amend(venue.bob, order, lots=4)) == ""
    venue.now_ns += 2 * SECOND_NS
    assert refusal(venue.cancel(venue.bob, order)) == "AUCTION_FROZEN"
    assert refusal(venue.amend(venue.bob, order, lots=3)) == "AUCTION_FROZEN"
    assert kinds(venue.does(commands.MassCancel(account=venue.bob))) == ["MassCanceled"]
    assert refusal(venue.sell(venue.ann, 101, 5)) == "", "more may still come"


def test_a_call_whose_time_is_over_uncrosses_by_itself():
    venue = calling(Phase.PRE_OPEN)
    move(venue, Phase.OPENING_AUCTION, ends_at_ns=venue.now_ns + SECOND_NS)
    venue.buy(venue.bob, 100, 5)
    venue.sell(venue.ann, 100, 5)
    venue.now_ns += 2 * SECOND_NS
    assert kinds(venue.does(commands.Clock())) == ["PhaseSet", "Uncrossed", "Trade", "ClockTicked"]


def test_stops_wait_through_a_call_and_enter_after_the_uncross_that_triggers_them():
    venue = calling()
    venue.does(venue.order(venue.bob, BUY, 0, 5, type=OrderType.STOP, stop_price_ticks=100))
    venue.sell(venue.ann, 100, 10)
    venue.buy(venue.bob, 100, 3)
    assert kinds(move(venue, Phase.CONTINUOUS)) == ["PhaseSet", "Uncrossed", "Trade", "OrderTriggered", "Trade"]


def test_post_only_rests_in_a_call_even_where_it_crosses():
    venue = calling()
    venue.sell(venue.ann, 100, 5)
    assert refusal(venue.buy(venue.bob, 101, 5, flags=OrderFlag.POST_ONLY)) == ""


@pytest.mark.parametrize("phase", [Phase.CONTINUOUS, Phase.VOLATILITY_AUCTION])
def test_an_order_for_the_close_needs_the_licence_for_calls(phase):
    venue = Venue(terms=Terms(modes=int(Mode.CONTINUOUS)))
    if phase is not Phase.CONTINUOUS:
        venue.phase(phase)
    assert not refusal(venue.sell(venue.ann, 100, 5))
    assert refusal(venue.sell(venue.ann, 100, 5, AT_CLOSE)) == "MODE_NOT_LICENSED"


def test_in_a_single_seller_auction_only_the_issuer_sells():
    venue = Venue(terms=Terms(modes=int(Mode.SINGLE_SELLER_AUCTION | Mode.CONTINUOUS)))
    venue.phase(Phase.CLOSING_AUCTION)
    assert refusal(venue.sell(venue.ann, 100, 5)) == "MODE_NOT_LICENSED"
    assert refusal(venue.sell(venue.issuer, 100, 5)) == ""
    assert refusal(venue.buy(venue.bob, 100, 5)) == ""


def opened_at_100(**terms):
    """A venue whose last trade was at 100, with a dynamic band of 2 %."""
    venue = Venue(terms=Terms(dynamic_band_ppm=20_000, **terms))
    venue.phase(Phase.CLOSING_AUCTION)
    venue.buy(venue.bob, 100, 1)
    venue.sell(venue.ann, 100, 1)
    for phase in (Phase.CLOSED, Phase.HALTED, Phase.CONTINUOUS):
        venue.phase(phase)
    return venue


def test_a_trade_outside_the_dynamic_band_does_not_happen_and_a_volatility_auction_begins():
    venue = opened_at_100(volatility_s=60)
    for price in (101, 102, 103):
        venue.sell(venue.ann, price, 5)
    assert refusal(venue.buy(venue.bob, 103, 15, FOK)) == "FOK_NOT_FILLABLE", "only what lies within counts"
    answers = venue.buy(venue.bob, 103, 12)
    assert printed(answers) == [(101, 5), (102, 5)]
    assert kinds(answers) == ["OrderAccepted", "Trade", "Trade", "PhaseSet", "OrderRested"]
    told = answers[3]
    assert isinstance(told, PhaseSet) and told.ends_at_ns == venue.now_ns + 60 * SECOND_NS
    venue.now_ns += 61 * SECOND_NS
    assert printed(venue.does(commands.Clock())) == [(103, 2)]


def test_own_orders_outside_the_dynamic_band_start_no_volatility_auction():
    venue = opened_at_100()
    venue.sell(venue.ann, 110, 5)
    assert kinds(venue.buy(venue.ann, 110, 3)) == ["OrderAccepted", "OrderAmended", "OrderDone"]
    venue.sell(venue.bob, 110, 1)
    assert "PhaseSet" in kinds(venue.buy(venue.ann, 110, 3))


def test_a_market_order_that_meets_the_dynamic_band_ends_there():
    venue = opened_at_100()
    venue.sell(venue.ann, 103, 5)
    answers = market(venue, venue.bob, BUY, 3)
    assert kinds(answers) == ["OrderAccepted", "PhaseSet", "OrderDone"]
    assert answers[-1].reason == DoneReason.VOLATILITY


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.tuples(st.booleans(), st.integers(90, 110), st.integers(1, 30), st.integers(0, 5)), max_size=12),
    st.integers(0, 20),
    st.integers(0, 20),
)
def test_an_uncross_trades_the_optimum_and_leaves_nothing_crossed(orders, market_buys, market_sells):
    venue = calling()
    for buys, price, lots, display in orders:
        account = venue.bob if buys else venue.ann
        venue.does(venue.order(account, BUY if buys else SELL, price, lots, display_lots=min(display, lots)))
    if market_buys:
        market(venue, venue.bob, BUY, market_buys)
    if market_sells:
        market(venue, venue.ann, SELL, market_sells)
    sides = [Quantities((p, lots) for b, p, lots, _ in orders if b is buys) for buys in (True, False)]
    best = clear(*sides, market_buys, market_sells, (90, 110), 100)
    answers = move(venue, Phase.CONTINUOUS)
    told = [each for each in answers if isinstance(each, Uncrossed)]
    assert [(each.price_ticks, each.lots, each.imbalance_lots) for each in told] == ([tuple(best)] if best else [])
    assert sum(lots for _, lots in printed(answers)) == (best.lots if best else 0)
    assert {price for price, _ in printed(answers)} <= {best.price_ticks if best else 0}
