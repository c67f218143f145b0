"""Price, time, fills, fees and settlement."""

from decimal import ROUND_HALF_EVEN, Decimal

from venue import FOK, IOC, Venue, kinds, refusal, trades

from exchange.vocabulary.events import OrderDone, Trade
from exchange.vocabulary.instruments import OrderFlag, OrderType, Side
from exchange.vocabulary.reasons import DoneReason
from simulations.sandbox import Terms


def test_a_passive_order_rests_and_says_so_in_one_event(venue):
    assert kinds(venue.sell(venue.ann, 100, 5)) == ["OrderAccepted"]
    assert venue.book() == {"bids": [], "asks": [(100, 5, venue.last_order)]}


def test_the_best_price_trades_before_an_earlier_one(venue):
    venue.sell(venue.ann, 102, 5)
    venue.sell(venue.ann, 101, 5)
    better = venue.last_order
    assert trades(venue.buy(venue.bob, 102, 5)) == [(better, 101, 5)]


def test_within_a_price_the_earliest_trades_first(venue):
    venue.sell(venue.ann, 101, 5)
    first = venue.last_order
    venue.sell(venue.ann, 101, 5)
    second = venue.last_order
    assert trades(venue.buy(venue.bob, 101, 7)) == [(first, 101, 5), (second, 101, 2)]


def test_a_trade_is_at_the_makers_price_for_a_buyer_and_for_a_seller(venue):
    venue.sell(venue.ann, 100, 1)
    assert trades(venue.buy(venue.bob, 110, 1))[0][1] == 100
    venue.buy(venue.ann, 90, 1)
    assert trades(venue.sell(venue.bob, 80, 1))[0][1] == 90


def test_a_partly_filled_maker_keeps_its_place(venue):
    venue.sell(venue.ann, 101, 5)
    first = venue.last_order
    venue.sell(venue.ann, 101, 5)
    venue.buy(venue.bob, 101, 2)
    assert trades(venue.buy(venue.bob, 101, 1)) == [(first, 101, 1)]


def test_a_cancelled_partly_filled_maker_leaves_a_level_that_the_next_sweep_passes(venue):
    venue.sell(venue.ann, 101, 5)
    first = venue.last_order
    venue.sell(venue.ann, 101, 5)
    second = venue.last_order
    venue.buy(venue.bob, 101, 2)
    venue.cancel(venue.ann, first)
    assert trades(venue.buy(venue.bob, 105, 9)) == [(second, 101, 5)]
    assert venue.book()["bids"][0][:2] == (105, 4)


def test_what_a_limit_order_cannot_take_rests_at_its_own_price(venue):
    venue.sell(venue.ann, 100, 3)
    assert kinds(venue.buy(venue.bob, 101, 5)) == ["OrderAccepted", "Trade", "OrderRested"]
    assert venue.book() == {"bids": [(101, 2, venue.last_order)], "asks": []}


def test_ioc_cancels_what_it_cannot_take(venue):
    venue.sell(venue.ann, 100, 3)
    answers = venue.buy(venue.bob, 100, 5, IOC)
    assert kinds(answers) == ["OrderAccepted", "Trade", "OrderDone"]
    done = answers[-1]
    assert isinstance(done, OrderDone)
    assert (done.reason, done.leaves_lots, done.hold) == (DoneReason.IOC_REMAINDER, 2, 0)
    assert venue.book() == {"bids": [], "asks": []}


def test_fok_trades_whole_over_several_levels_or_not_at_all(venue):
    venue.sell(venue.ann, 100, 3)
    venue.sell(venue.ann, 101, 3)
    before = venue.engine.state_hash()
    assert refusal(venue.buy(venue.bob, 101, 7, FOK)) == "FOK_NOT_FILLABLE"
    assert refusal(venue.buy(venue.bob, 100, 4, FOK)) == "FOK_NOT_FILLABLE"
    assert venue.engine.state_hash() == before
    assert [lots for _, _, lots in trades(venue.buy(venue.bob, 101, 6, FOK))] == [3, 3]


def test_a_market_order_takes_up_to_the_collar_and_never_rests(venue):
    venue.sell(venue.ann, 100, 1)
    venue.sell(venue.ann, 105, 1)
    venue.sell(venue.ann, 106, 1)
    answers = venue.buy(venue.bob, 0, 3, IOC, type=OrderType.MARKET)
    assert [price for _, price, _ in trades(answers)] == [100, 105]
    assert kinds(answers)[-1] == "OrderDone"


def test_a_market_sell_stops_at_its_collar_rounded_inward(venue):
    for price in (101, 96, 95):
        venue.buy(venue.ann, price, 1)
    assert [price for _, price, _ in trades(venue.sell(venue.bob, 0, 3, IOC, type=OrderType.MARKET))] == [101, 96]


def test_post_only_is_refused_where_it_would_trade_and_rests_where_not(venue):
    venue.sell(venue.ann, 100, 1)
    assert refusal(venue.buy(venue.bob, 100, 1, flags=OrderFlag.POST_ONLY)) == "POST_ONLY_WOULD_TAKE"
    assert kinds(venue.buy(venue.bob, 99, 1, flags=OrderFlag.POST_ONLY)) == ["OrderAccepted"]


def test_post_only_looks_at_prices_alone_whoever_owns_the_other_order(venue):
    venue.sell(venue.ann, 100, 1)
    assert refusal(venue.buy(venue.ann, 100, 1, flags=OrderFlag.POST_ONLY)) == "POST_ONLY_WOULD_TAKE"


def test_money_and_claims_change_hands_with_the_trade(venue):
    cash_ann, cash_bob = venue.balance(venue.ann)[0], venue.balance(venue.bob)[0]
    venue.sell(venue.ann, 10_000, 10)
    venue.buy(venue.bob, 10_000, 10)
    # 100,000 minor units; the maker pays 500 ppm, the taker 1,000 ppm.
    assert venue.balance(venue.ann) == (cash_ann + 100_000 - 50, 0)
    assert venue.balance(venue.bob) == (cash_bob - 100_000 - 100, 0)
    assert venue.balance(venue.ann, venue.base) == (990, 0)
    assert venue.balance(venue.bob, venue.base) == (1_010, 0)


def test_a_buy_holds_its_limit_and_fee_and_gets_the_improvement_back():
    venue = Venue(terms=Terms(maker_ppm=500, taker_ppm=1_000))
    total = venue.balance(venue.bob)[0]
    venue.sell(venue.ann, 1_000, 4)
    venue.buy(venue.bob, 2_000, 10)
    # 4 lots at 1,000 are paid with 4 of fee; 6 lots at 2,000 stay held with the fee they may cost:
    # round((4,000,000 + 12,000,000) / 10^6) - 4 = 12.
    assert venue.balance(venue.bob) == (total - 4_004, 12_012)


def test_ten_small_fills_cost_the_fee_of_one():
    venue = Venue(terms=Terms(maker_ppm=333, taker_ppm=777))
    for _ in range(10):
        venue.sell(venue.ann, 1_001, 1)
    fills = [each for each in venue.buy(venue.bob, 1_001, 10) if isinstance(each, Trade)]
    assert len(fills) == 10
    assert sum(each.taker_fee_minor for each in fills) == round_half_even_of(10_010 * 777)


def test_fees_round_half_to_even():
    venue = Venue(terms=Terms(maker_ppm=0, taker_ppm=500))
    fees = []
    for lots in (1, 3):
        venue.sell(venue.ann, 1_000, lots)
        fees.append(next(each for each in venue.buy(venue.bob, 1_000, lots) if isinstance(each, Trade)))
    assert [each.taker_fee_minor for each in fees] == [0, 2]


def round_half_even_of(fee_num: int) -> int:
    return int((Decimal(fee_num) / 1_000_000).quantize(Decimal(1), ROUND_HALF_EVEN))


def test_the_makers_fee_comes_out_of_what_it_receives(venue):
    total = venue.balance(venue.ann)[0]
    venue.buy(venue.ann, 10_000, 10)
    venue.sell(venue.bob, 10_000, 10)
    assert venue.balance(venue.ann) == (total - 100_050, 0)


def test_the_venue_earns_both_fees(venue):
    venue.sell(venue.ann, 10_000, 10)
    earned = venue.balance(0)[0]
    venue.buy(venue.bob, 10_000, 10)
    assert venue.balance(0)[0] == earned + 150


def test_a_trade_event_tells_both_sides_without_state(venue):
    venue.sell(venue.ann, 100, 5)
    maker = venue.last_order
    fill = next(each for each in venue.buy(venue.bob, 101, 7) if isinstance(each, Trade))
    assert (fill.maker_order_id, fill.taker_order_id) == (maker, venue.last_order)
    assert (fill.maker_account, fill.account, fill.taker_side) == (venue.ann, venue.bob, Side.BUY)
    assert (fill.maker_leaves_lots, fill.taker_leaves_lots) == (0, 2)
    assert (fill.base, fill.quote, fill.notional_minor) == (venue.base, venue.asset, 500)


def test_product_sequence_counts_public_events_without_a_gap(venue):
    venue.sell(venue.ann, 100, 5)
    first = venue.answers[0].product_sequence
    venue.buy(venue.bob, 101, 7)
    assert [event.product_sequence for event in venue.answers] == [first + 1, first + 2, first + 3]
