"""Orders that end by themselves: GTD at its time, DAY with the trading day (rules 2, 18, phases)."""

from venue import kinds, refusal

from exchange.vocabulary import commands
from exchange.vocabulary.events import OrderDone
from exchange.vocabulary.instruments import OrderType, Phase, Side, TimeInForce
from exchange.vocabulary.reasons import DoneReason

GTD, DAY = TimeInForce.GTD, TimeInForce.DAY
SECOND_NS = 1_000_000_000


def wait(venue, ns):
    """Let time pass, and let the clock tell it."""
    venue.now_ns += ns
    return venue.does(commands.Clock())


def test_an_order_good_till_a_time_ends_with_the_first_command_after_it(venue):
    expire = venue.now_ns + SECOND_NS
    venue.buy(venue.bob, 100, 5, GTD, expire_at_ns=expire)
    order = venue.last_order
    venue.now_ns = expire - 1_000
    assert kinds(venue.does(commands.Clock())) == ["ClockTicked"], "due is what lies before now"
    ended, _ = venue.does(commands.Clock())
    assert isinstance(ended, OrderDone)
    assert (ended.order_id, ended.reason, ended.sequence) == (order, DoneReason.EXPIRED, venue.sequence)
    assert venue.balance(venue.bob)[1] == 0


def test_of_several_that_are_due_the_earlier_time_and_then_the_lower_id_ends_first(venue):
    expire = venue.now_ns + SECOND_NS
    for later in (2, 1, 1):
        venue.buy(venue.bob, 100, 5, GTD, expire_at_ns=expire + later)
    first = venue.last_order - 32
    ended = [event.order_id for event in wait(venue, 2 * SECOND_NS) if isinstance(event, OrderDone)]
    assert ended == [first + 16, first + 32, first]


def test_a_stop_expires_unseen(venue):
    expire = venue.now_ns + SECOND_NS
    more = {"type": OrderType.STOP_LIMIT, "stop_price_ticks": 100, "expire_at_ns": expire}
    venue.does(venue.order(venue.bob, Side.BUY, 100, 5, GTD, **more))
    ended, _ = wait(venue, 2 * SECOND_NS)
    assert (ended.reason, ended.product_sequence) == (DoneReason.EXPIRED, 0)


def test_a_filled_order_leaves_no_timer_behind(venue):
    venue.buy(venue.bob, 100, 5, GTD, expire_at_ns=venue.now_ns + SECOND_NS)
    venue.sell(venue.ann, 100, 5)
    assert kinds(wait(venue, 2 * SECOND_NS)) == ["ClockTicked"]


def test_a_time_may_be_moved_and_keeps_the_place(venue):
    venue.buy(venue.bob, 100, 5, GTD, expire_at_ns=venue.now_ns + SECOND_NS)
    order = venue.last_order
    venue.buy(venue.bob, 100, 5)
    venue.does(commands.AmendOrder(account=venue.bob, order_id=order, expire_at_ns=venue.now_ns + 9 * SECOND_NS))
    assert kinds(wait(venue, 2 * SECOND_NS)) == ["ClockTicked"]
    assert venue.book()["bids"][0][2] == order
    assert "OrderDone" in kinds(wait(venue, 9 * SECOND_NS))


def test_a_time_that_has_passed_or_is_missing_is_refused(venue):
    assert refusal(venue.buy(venue.bob, 100, 5, GTD, expire_at_ns=venue.now_ns)) == "BAD_TIF"
    assert refusal(venue.buy(venue.bob, 100, 5, GTD)) == "BAD_COMBINATION"
    assert refusal(venue.buy(venue.bob, 100, 5, expire_at_ns=venue.now_ns + SECOND_NS)) == "BAD_COMBINATION"


def test_day_orders_end_when_the_instrument_closes_and_others_stay(venue):
    venue.buy(venue.bob, 100, 5, DAY)
    venue.buy(venue.bob, 99, 5)
    more = {"type": OrderType.STOP_LIMIT, "stop_price_ticks": 120}
    venue.does(venue.order(venue.bob, Side.BUY, 120, 5, DAY, **more))
    venue.does(commands.SetPhase(instrument=venue.instrument, phase=Phase.HALTED))
    assert kinds(venue.answers) == ["PhaseSet"]
    venue.does(commands.SetPhase(instrument=venue.instrument, phase=Phase.CLOSED))
    assert kinds(venue.answers) == ["PhaseSet", "OrderDone", "OrderDone"]
    assert {event.reason for event in venue.answers[1:]} == {DoneReason.DAY_ENDED}
    assert [price for price, _, _ in venue.book()["bids"]] == [99]
