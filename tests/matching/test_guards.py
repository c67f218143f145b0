"""Dead-man timers and guarded connections (rule 10), and their place among the timers (rule 18)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from venue import Venue, kinds, refusal

from exchange.matching.engine import Engine
from exchange.vocabulary import commands as c
from exchange.vocabulary.events import DeadManFired, DeadManSet, DisconnectArmed, Disconnected, Event, OrderDone
from exchange.vocabulary.instruments import Phase, Side, TimeInForce
from exchange.vocabulary.reasons import DoneReason
from exchange.vocabulary.units import NS_PER_SECOND
from simulations.sandbox import digest

MINUTE_NS = 60 * NS_PER_SECOND
STEP_NS = 1_000
"""From one command of the sandbox to the next."""


def ended(answers: list[Event]) -> list[tuple[int, str]]:
    """(order id, reason) of each order that ended."""
    return [(each.order_id, DoneReason(each.reason).name) for each in answers if isinstance(each, OrderDone)]


def set_timer(venue: Venue, account: int, span_ns: int) -> int:
    """Arm the account's timer so long after the command that does it; the time at which it fires."""
    fires = venue.now_ns + STEP_NS + span_ns
    (told,) = venue.does(c.SetDeadMan(account=account, fires_at_ns=fires))
    assert isinstance(told, DeadManSet) and (told.account, told.fires_at_ns) == (account, fires)
    return fires


def clock_at(venue: Venue, at_ns: int) -> list[Event]:
    """The answers to a clock command of exactly this time."""
    venue.now_ns = at_ns - STEP_NS
    return venue.does(c.Clock())


def arm(venue: Venue, account: int) -> int:
    (told,) = venue.does(c.ArmDisconnect(account=account))
    assert isinstance(told, DisconnectArmed) and (told.account, told.guard) == (account, venue.sequence)
    return told.guard


def three_orders(venue: Venue, account: int) -> list[int]:
    """One that rests, one that waits for its stop, and one on the other side."""
    made = []
    for side, price, more in ((Side.BUY, 100, {}), (Side.SELL, 300, {}), (Side.BUY, 101, {})):
        venue.must(venue.order(account, side, price, 5, **more))
        made.append(venue.last_order)
    return made


def test_a_timer_fires_in_the_first_command_after_its_time_and_not_at_it(venue):
    orders = three_orders(venue, venue.ann)
    venue.buy(venue.bob, 50, 1)
    bobs = venue.last_order
    fires = set_timer(venue, venue.ann, MINUTE_NS)
    assert kinds(clock_at(venue, fires)) == ["ClockTicked"]
    answers = clock_at(venue, fires + STEP_NS)
    assert ended(answers) == [(order, "DEAD_MAN") for order in orders]
    fired = answers[-2]
    assert isinstance(fired, DeadManFired) and (fired.account, fired.canceled) == (venue.ann, 3)
    assert kinds(answers)[-1] == "ClockTicked"
    assert venue.balance(venue.ann)[1] == 0
    assert refusal(venue.cancel(venue.bob, bobs)) == ""


def test_a_timer_that_has_fired_is_disarmed_and_fires_no_more(venue):
    fires = set_timer(venue, venue.ann, MINUTE_NS)
    clock_at(venue, fires + STEP_NS)
    venue.buy(venue.ann, 100, 1)
    assert kinds(clock_at(venue, fires + 10 * MINUTE_NS)) == ["ClockTicked"]


def test_setting_again_moves_the_timer_and_zero_takes_it_away(venue):
    (order, *_) = three_orders(venue, venue.ann)
    first = set_timer(venue, venue.ann, MINUTE_NS)
    second = set_timer(venue, venue.ann, 2 * MINUTE_NS)
    assert kinds(clock_at(venue, first + STEP_NS)) == ["ClockTicked"]
    assert ended(clock_at(venue, second + STEP_NS))[0] == (order, "DEAD_MAN")
    third = set_timer(venue, venue.bob, MINUTE_NS)
    (told,) = venue.does(c.SetDeadMan(account=venue.bob))
    assert isinstance(told, DeadManSet) and told.fires_at_ns == 0
    assert kinds(clock_at(venue, third + STEP_NS)) == ["ClockTicked"]


@pytest.mark.parametrize("late_ns", [0, -1, -MINUTE_NS])
def test_a_time_that_is_not_after_now_is_refused_and_the_timer_stays(venue, late_ns):
    fires = set_timer(venue, venue.ann, MINUTE_NS)
    late = c.SetDeadMan(account=venue.ann, fires_at_ns=venue.now_ns + STEP_NS + late_ns)
    assert refusal(venue.does(late)) == "BAD_VALUE"
    assert refusal(venue.does(c.SetDeadMan(account=venue.ann, fires_at_ns=-1))) == "BAD_VALUE"
    assert "DeadManFired" in kinds(clock_at(venue, fires + STEP_NS))


@pytest.mark.parametrize("account", [0, 10**9])
@pytest.mark.parametrize(
    "command", [c.SetDeadMan(fires_at_ns=-1), c.ArmDisconnect(), c.DisarmDisconnect(guard=1), c.Disconnect(guard=1)]
)
def test_no_account_and_the_venues_own_have_no_guards(venue, command, account):
    command.account = account
    assert refusal(venue.does(command)) == "UNKNOWN_ACCOUNT"


def test_orders_of_a_frozen_call_stay_where_they_are(venue):
    venue.phase(Phase.CLOSED)
    freeze = c.SetPhase(
        instrument=venue.instrument,
        phase=Phase.PRE_OPEN,
        freezes_at_ns=venue.now_ns + 2 * STEP_NS + 1,
        ends_at_ns=venue.now_ns + 9 * MINUTE_NS,
    )
    venue.must(freeze)
    venue.must(venue.order(venue.ann, Side.BUY, 100, 1))
    guard = arm(venue, venue.ann)
    fires = set_timer(venue, venue.ann, MINUTE_NS)
    answers = clock_at(venue, fires + STEP_NS)
    assert kinds(answers) == ["DeadManFired", "ClockTicked"] and answers[0].canceled == 0
    (told,) = venue.does(c.Disconnect(account=venue.ann, guard=guard))
    assert isinstance(told, Disconnected) and told.canceled == 0
    assert [lots for _, lots, _ in venue.book()["bids"]] == [1]


def test_a_broken_connection_ends_its_accounts_orders_and_uses_up_its_guard(venue):
    guard = arm(venue, venue.ann)
    orders = three_orders(venue, venue.ann)
    venue.buy(venue.bob, 50, 1)
    answers = venue.does(c.Disconnect(account=venue.ann, guard=guard))
    assert ended(answers) == [(order, "DISCONNECTED") for order in orders]
    told = answers[-1]
    assert isinstance(told, Disconnected) and (told.account, told.guard, told.canceled) == (venue.ann, guard, 3)
    assert refusal(venue.does(c.Disconnect(account=venue.ann, guard=guard))) == "UNKNOWN_GUARD"


def test_open_offers_end_with_the_other_orders_and_in_a_frozen_call_too(venue):
    venue.phase(Phase.CLOSED)
    venue.must(c.SetPhase(instrument=venue.instrument, phase=Phase.PRE_OPEN, freezes_at_ns=venue.now_ns + 2 * STEP_NS))
    venue.must(venue.offering(venue.ann, Side.BUY, 100, 5))
    offer = venue.last_order
    guard = arm(venue, venue.ann)
    answers = venue.does(c.Disconnect(account=venue.ann, guard=guard))
    assert ended(answers) == [(offer, "DISCONNECTED")]
    assert venue.balance(venue.ann)[1] == 0


def test_each_connection_has_a_guard_of_its_own(venue):
    first, second = arm(venue, venue.ann), arm(venue, venue.ann)
    assert kinds(venue.does(c.DisarmDisconnect(account=venue.ann, guard=first))) == ["DisconnectDisarmed"]
    assert refusal(venue.does(c.DisarmDisconnect(account=venue.ann, guard=first))) == "UNKNOWN_GUARD"
    (order, *_) = three_orders(venue, venue.ann)
    assert ended(venue.does(c.Disconnect(account=venue.ann, guard=second)))[0] == (order, "DISCONNECTED")


def test_a_guard_is_its_own_accounts_alone(venue):
    guard = arm(venue, venue.ann)
    assert refusal(venue.does(c.DisarmDisconnect(account=venue.bob, guard=guard))) == "UNKNOWN_GUARD"
    assert refusal(venue.does(c.Disconnect(account=venue.bob, guard=guard))) == "UNKNOWN_GUARD"


def test_only_the_venue_sees_a_connection_break(venue):
    guard = arm(venue, venue.ann)
    stranger = c.Disconnect(actor=venue.ann, account=10**9, guard=guard)
    assert refusal(venue.does(stranger)) == "NOT_PERMITTED"


def test_what_falls_due_together_fires_by_kind(venue):
    """An expiry, an entitlement's end, a call's end and a dead-man timer at one time, in that order."""
    at = venue.now_ns + MINUTE_NS
    venue.phase(Phase.CLOSED)
    venue.must(c.SetPhase(instrument=venue.instrument, phase=Phase.PRE_OPEN, ends_at_ns=at))
    venue.must(venue.order(venue.ann, Side.BUY, 90, 1))
    first = venue.last_order
    venue.must(venue.order(venue.ann, Side.SELL, 310, 1))
    covered = venue.last_order
    venue.must(venue.order(venue.ann, Side.BUY, 91, 1, TimeInForce.GTD, expire_at_ns=at))
    expiring = venue.last_order
    venue.must(
        c.GrantEntitlement(
            account=venue.ann, instrument=venue.instrument, side=Side.SELL, purpose=1, position_limit_lots=100,
            expires_at_ns=at, decision=digest("until then"),
        )
    )  # fmt: skip
    venue.must(c.SetDeadMan(account=venue.bob, fires_at_ns=at))
    venue.must(c.SetDeadMan(account=venue.ann, fires_at_ns=at))
    answers = clock_at(venue, at + STEP_NS)
    assert ended(answers) == [(expiring, "EXPIRED"), (covered, "ENTITLEMENT_EXPIRED"), (first, "DEAD_MAN")]
    told = [kind for kind in kinds(answers) if kind != "OrderDone"]
    assert told == ["EntitlementEnded", "PhaseSet", "DeadManFired", "DeadManFired", "ClockTicked"]
    assert kinds(answers).index("OrderDone") < kinds(answers).index("EntitlementEnded")
    assert [each.account for each in answers if isinstance(each, DeadManFired)] == sorted((venue.ann, venue.bob))


steps = st.lists(st.tuples(st.integers(0, 7), st.booleans(), st.integers(1, 90)), max_size=40)


@given(steps)
def test_guards_and_timers_survive_a_snapshot_at_any_point(taken):
    """The restored machine answers every later command as the one that was never saved."""
    venue, guards = Venue(), [(0, 0)]
    for kind, of_ann, number in taken:
        account = venue.ann if of_ann else venue.bob
        guard = guards[number % len(guards)][1]
        command = {
            0: venue.order(account, Side.BUY, number, 1),
            1: venue.order(account, Side.SELL, 100 + number, 1),
            2: c.SetDeadMan(account=account, fires_at_ns=venue.now_ns + number * NS_PER_SECOND),
            3: c.SetDeadMan(account=account),
            4: c.ArmDisconnect(account=account),
            5: c.Disconnect(account=account, guard=guard),
            6: c.DisarmDisconnect(account=account, guard=guard),
            7: c.Clock(),
        }[kind]
        if kind == 7:
            venue.now_ns += number * NS_PER_SECOND
        restored = Engine.restore(venue.engine.snapshot())
        record = venue.stamped([command])
        answers = venue.engine.apply(record)
        assert restored.apply(record) == answers
        assert restored.state_hash() == venue.engine.state_hash()
        venue.engine.check_invariants()
        restored.check_invariants()
        if kind == 4:
            guards.append((account, venue.sequence))
