"""Stops wait unseen, trigger on a trade at or through their price, and enter one by one (rule 6)."""

import pytest
from venue import IOC, Venue, kinds, refusal, trades

from exchange.vocabulary import commands
from exchange.vocabulary.events import OrderDone, OrderTriggered
from exchange.vocabulary.instruments import OrderFlag, OrderType, Phase, Side, TimeInForce
from exchange.vocabulary.reasons import DoneReason
from exchange.vocabulary.rows import OrderRow
from simulations.sandbox import Terms

STOP, STOP_LIMIT = OrderType.STOP, OrderType.STOP_LIMIT


def stop(venue, account, side, stop_price, lots, price=0, **more):
    kind = STOP_LIMIT if price else STOP
    return venue.does(venue.order(account, side, price, lots, type=kind, stop_price_ticks=stop_price, **more))


def trade_at(venue, price, lots=1):
    venue.sell(venue.ann, price, lots)
    return venue.buy(venue.bob, price, lots)


@pytest.fixture
def venue(venue):
    """The last trade was at 99."""
    trade_at(venue, 99)
    return venue


def triggered(answers):
    return [event.order_id for event in answers if isinstance(event, OrderTriggered)]


def ends(answers):
    return [(event.order_id, DoneReason(event.reason).name) for event in answers if isinstance(event, OrderDone)]


def test_a_stop_waits_outside_the_book_and_is_no_public_event(venue):
    (accepted,) = stop(venue, venue.bob, Side.BUY, 105, 10, price=106)
    assert accepted.product_sequence == 0
    assert venue.book() == {"bids": [], "asks": []}


@pytest.mark.parametrize(("side", "stop_price", "quiet", "loud"), [(Side.BUY, 105, 104, 105), (Side.SELL, 95, 96, 95)])
def test_a_trade_at_the_stop_price_triggers_and_one_before_it_does_not(venue, side, stop_price, quiet, loud):
    stop(venue, venue.bob, side, stop_price, 10, price=100)
    waiting = venue.last_order
    assert triggered(trade_at(venue, quiet)) == []
    assert triggered(trade_at(venue, loud)) == [waiting]


def test_every_print_of_a_command_counts_and_not_only_the_last(venue):
    stop(venue, venue.ann, Side.SELL, 98, 1, price=90)
    waiting = venue.last_order
    for price in (97, 99):
        venue.buy(venue.ann, price, 1)
    answers = venue.sell(venue.bob, 97, 2)
    assert [price for _, price, _ in trades(answers)][:2] == [99, 97]
    assert triggered(answers) == [waiting]


def test_a_stop_whose_price_was_reached_before_enters_at_once(venue):
    answers = stop(venue, venue.bob, Side.BUY, 99, 5, price=99)
    assert kinds(answers) == ["OrderAccepted", "OrderTriggered", "OrderRested"]


def test_a_plain_stop_takes_within_its_collar_and_never_rests(venue):
    stop(venue, venue.bob, Side.BUY, 100, 10)
    waiting = venue.last_order
    for price in (103, 105, 106):
        venue.sell(venue.ann, price, 3)
    venue.sell(venue.ann, 100, 1)
    answers = venue.buy(venue.bob, 100, 1)
    assert [price for maker, price, _ in trades(answers)] == [100, 103, 105], "the collar is 5 % of 100"
    assert ends(answers) == [(waiting, "IOC_REMAINDER")]


def test_a_plain_stop_with_nothing_opposite_ends_with_that_reason(venue):
    stop(venue, venue.bob, Side.BUY, 100, 10)
    assert ends(trade_at(venue, 100)) == [(venue.sequence * 16 - 32, "NO_LIQUIDITY")]


def test_triggered_stops_enter_lowest_id_first_and_what_they_trigger_merges_in(venue):
    """The second stop's trade at 90 triggers the other two, of which the one with the lower id enters first."""
    stop(venue, venue.ann, Side.SELL, 90, 1, price=80)
    by_cascade = venue.last_order
    stop(venue, venue.ann, Side.SELL, 98, 1, price=80)
    first = venue.last_order
    stop(venue, venue.ann, Side.SELL, 97, 1, price=80)
    last = venue.last_order
    for price in (98, 90, 89, 88):
        venue.buy(venue.bob, price, 1)
    answers = venue.sell(venue.ann, 98, 1)
    assert triggered(answers) == [first, by_cascade, last]
    assert [price for _, price, _ in trades(answers)] == [98, 90, 89, 88]


def test_a_halt_keeps_triggered_stops_and_they_enter_when_trading_returns(venue):
    stop(venue, venue.bob, Side.BUY, 100, 5, price=100)
    waiting = venue.last_order
    venue.phase(Phase.HALTED)
    venue.does(commands.AmendOrder(account=venue.bob, order_id=waiting, stop_price_ticks=99))
    assert refusal(venue.answers) == "INSTRUMENT_HALTED"
    venue.phase(Phase.CONTINUOUS)
    assert triggered(trade_at(venue, 100)) == [waiting]


def test_a_stop_is_held_for_at_its_limit_and_freed_when_cancelled(venue):
    before = venue.balance(venue.bob)
    stop(venue, venue.bob, Side.BUY, 100, 10)
    assert venue.balance(venue.bob)[1] == 10 * 105 + 1, "105 a lot, and 0.1 % of 1,050 to the nearest"
    venue.cancel(venue.bob, venue.last_order)
    assert venue.balance(venue.bob) == before


def test_a_moved_stop_triggers_at_its_new_price(venue):
    stop(venue, venue.bob, Side.BUY, 110, 5, price=110)
    waiting = venue.last_order
    venue.does(commands.AmendOrder(account=venue.bob, order_id=waiting, stop_price_ticks=104, price_ticks=105))
    assert triggered(venue.answers) == []
    venue.does(commands.AmendOrder(account=venue.bob, order_id=waiting, stop_price_ticks=99))
    assert triggered(venue.answers) == [waiting]


def test_a_post_only_stop_that_would_take_ends_with_that_reason(venue):
    stop(venue, venue.bob, Side.BUY, 100, 5, price=101, flags=OrderFlag.POST_ONLY)
    waiting = venue.last_order
    venue.sell(venue.ann, 101, 1)
    assert ends(trade_at(venue, 100)) == [(waiting, "POST_ONLY_WOULD_TAKE")]


def test_a_stop_limit_outside_the_band_by_then_ends_with_that_reason():
    venue = Venue(terms=Terms(static_band_ppm=100_000))
    stop(venue, venue.bob, Side.BUY, 100, 5, price=120)
    waiting = venue.last_order
    venue.does(commands.SetReferencePrice(instrument=venue.instrument, price_ticks=100))
    assert ends(trade_at(venue, 100)) == [(waiting, "OUTSIDE_BAND")]


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({"type": STOP}, "BAD_COMBINATION"),
        ({"type": STOP, "stop_price_ticks": 100, "price": 100}, "BAD_PRICE"),
        ({"type": STOP_LIMIT, "stop_price_ticks": 100}, "BAD_PRICE"),
        ({"type": STOP_LIMIT, "stop_price_ticks": -1, "price": 100}, "BAD_PRICE"),
        ({"type": STOP_LIMIT, "stop_price_ticks": 100, "price": 100, "tif": IOC}, "BAD_COMBINATION"),
        ({"type": OrderType.LIMIT, "stop_price_ticks": 100, "price": 100}, "BAD_COMBINATION"),
        ({"type": STOP, "stop_price_ticks": 100, "flags": OrderFlag.POST_ONLY}, "BAD_COMBINATION"),
        ({"type": STOP, "stop_price_ticks": 100, "display_lots": 1}, "BAD_COMBINATION"),
    ],
)
def test_stops_that_do_not_go_together_are_refused(venue, asked, reason):
    price, tif = asked.pop("price", 0), asked.pop("tif", TimeInForce.GTC)
    assert refusal(venue.does(venue.order(venue.bob, Side.BUY, price, 5, tif, **asked))) == reason


def test_waiting_stops_count_as_open_orders_and_a_mass_cancel_ends_them(venue):
    stop(venue, venue.bob, Side.BUY, 105, 10, price=106)
    venue.does(commands.MassCancel(account=venue.bob))
    assert kinds(venue.answers) == ["OrderDone", "MassCanceled"]
    assert all(row.done_ns for row in venue.rows(OrderRow) if row.account == venue.bob)


def test_a_stop_limit_that_rests_takes_another_stop_price_as_it_was_asked_for(venue):
    venue.sell(venue.ann, 100, 1)
    venue.buy(venue.bob, 100, 1)
    stop(venue, venue.bob, Side.BUY, 99, 5, price=98)
    resting = venue.last_order
    venue.does(commands.AmendOrder(account=venue.bob, order_id=resting, stop_price_ticks=97))
    [row] = [row for row in venue.rows(OrderRow) if row.order_id == resting]
    assert (row.stop_price_ticks, row.place > 0) == (97, True)
