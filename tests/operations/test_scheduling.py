"""The runner: what is due is moved, what was missed is caught up with, and people's word goes first."""

import itertools
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scheduled import Scheduled, at_ns, order

from exchange.matching.phases import LEGAL_MOVES
from exchange.operations.schedule import MINUTE_NS, course
from exchange.operations.scheduling import RETRY_NS, way, why_not
from exchange.spine.errors import Busy
from exchange.vocabulary import commands
from exchange.vocabulary.codec import EVENTS
from exchange.vocabulary.events import OrderDone, PhaseSet, Trade, Uncrossed
from exchange.vocabulary.instruments import Cause, Mode, Phase, Side, TimeInForce
from exchange.vocabulary.reasons import DoneReason
from exchange.vocabulary.rows import InstrumentRow, OrderRow
from exchange.vocabulary.state import decode_snapshot

BUY, SELL = Side.BUY, Side.SELL
SCHEDULED = [phase for phase in Phase if phase is not Phase.VOLATILITY_AUCTION]
ONLY_CALLS = int(Mode.SINGLE_SELLER_AUCTION | Mode.NEGOTIATED)


def test_a_product_that_gets_a_schedule_is_where_it_belongs_at_once(product):
    assert product.moves == ["closed"]
    assert product.phase == "closed"
    (row,) = decode_snapshot(product.sandbox.engine.snapshot()).rows(InstrumentRow)
    assert (row.cause, row.schedule) == (Cause.SCHEDULE, product.entry.schedule)


def test_each_move_is_made_once_and_on_its_time(product):
    day = {
        "09:04": [], "09:05": ["pre_open"], "09:06": [], "09:20": ["opening_auction"], "09:25": [],
        "09:30": [], "09:31": [], "11:29": [], "11:30": ["cancel_only"], "12:59": [], "13:00": ["continuous"],
        "14:55": ["closing_auction"], "15:00": [], "18:00": [],
    }  # fmt: skip
    assert {text: list(product.at(f"2026-11-26T{text}")) for text in day} == day
    assert product.phase == "closed", "the machine's own timers ended the calls"
    assert product.refusals == []


def test_nothing_is_sent_while_nothing_is_due(product):
    sequence = product.sandbox.sequence
    product.at("2026-11-26T09:04")
    assert product.sandbox.sequence == sequence


def test_a_move_names_the_schedule_that_asked_for_it(product):
    product.set("2026-11-26T09:05")
    (moved,) = EVENTS.decode_all(b"".join(product.watch(product.scheduler.run_due, product.sandbox.now_ns)))
    assert (moved.reason, moved.evidence) == (Cause.SCHEDULE, product.entry.schedule)


def test_the_call_of_a_day_trades_at_one_price(product):
    buyer = product.sandbox.trader()
    product.at("2026-11-26T09:20")
    order(product, product.sandbox.issuer, SELL, 90)
    order(product, buyer, BUY, 110)
    product.set("2026-11-26T09:30")
    events = product.does(commands.Clock())
    assert [type(event) for event in events][:3] == [PhaseSet, Uncrossed, Trade]
    assert product.phase == "continuous"


def test_orders_for_the_day_end_with_the_session(product):
    product.at("2026-11-26T09:30")
    order(product, product.sandbox.issuer, SELL, 90, tif=TimeInForce.DAY)
    product.at("2026-11-26T14:55")
    product.set("2026-11-26T15:00")
    assert any(isinstance(event, OrderDone) for event in product.does(commands.Clock()))


def test_trading_days_are_the_calendars(product):
    days, begun = [], []
    for text in ("2026-11-26T10:00", "2026-11-27T10:00", "2026-11-30T10:00"):
        product.at(text)
        days.append(product.entry.trading_day)
        (row,) = decode_snapshot(product.sandbox.engine.snapshot()).rows(InstrumentRow)
        begun.append(row.days_begun)
    assert [day - days[0] for day in days] == [0, 1, 4]
    assert [count - begun[0] for count in begun] == [0, 1, 2], "a weekend has no trading day"


def test_a_day_that_is_behind_the_venues_own_does_not_turn_it_back(tmp_path):
    product = Scheduled(tmp_path)
    product.set("2026-11-26T03:00")
    product.operator(Phase.HALTED, Cause.NONE, trading_day=30_000)
    product.operator(Phase.CONTINUOUS, Cause.NONE)
    product.follows().at("2026-11-26T03:01")
    assert (product.phase, product.entry.trading_day) == ("closed", 30_000)
    product.at("2026-11-26T10:00")
    assert (product.phase, product.entry.trading_day) == ("continuous", 30_000)


# Catching up.


@pytest.mark.parametrize(
    ("back", "moves", "phase"),
    [
        ("2026-11-26T09:10", ["pre_open"], "pre_open"),
        ("2026-11-26T09:25", ["pre_open", "opening_auction"], "opening_auction"),
        ("2026-11-26T09:29:30", [], "closed"),
        ("2026-11-26T10:00", ["pre_open", "continuous"], "continuous"),
        ("2026-11-26T12:00", ["cancel_only"], "cancel_only"),
        ("2026-11-26T14:56", ["cancel_only", "closing_auction"], "closing_auction"),
        ("2026-11-26T14:59:30", [], "closed"),
        ("2026-11-26T16:00", [], "closed"),
        ("2026-11-30T10:00", ["pre_open", "continuous"], "continuous"),
    ],
)
def test_after_a_night_down_it_goes_straight_to_where_it_should_be(product, back, moves, phase):
    assert (product.at(back), product.phase) == (moves, phase)
    assert product.refusals == []


@pytest.mark.parametrize(
    ("left", "back", "moves"),
    [
        ("09:05", "2026-11-26T09:29:30", []),
        ("09:05", "2026-11-26T10:00", ["continuous"]),
        ("09:05", "2026-11-26T14:56", ["cancel_only", "closing_auction"]),
        ("09:20", "2026-11-26T10:00", []),
        ("09:20", "2026-11-26T12:00", ["cancel_only"]),
        ("10:00", "2026-11-26T14:59:30", []),
        ("10:00", "2026-11-26T18:00", ["closed"]),
        ("10:00", "2026-11-27T03:00", ["closed"]),
        ("10:00", "2026-11-27T10:00", ["closed", "pre_open", "continuous"]),
        ("10:00", "2026-11-27T09:29:30", ["closed"]),
        ("12:00", "2026-11-26T14:00", ["continuous"]),
        ("14:55", "2026-11-27T10:00", ["pre_open", "continuous"]),
    ],
)
def test_after_downtime_in_the_day_it_goes_on_by_legal_moves(product, left, back, moves):
    product.at(f"2026-11-26T{left}")
    assert product.at(back) == moves
    assert product.refusals == []


def test_a_session_whose_end_was_missed_ends_its_orders_before_the_next_begins(product):
    product.at("2026-11-26T10:00")
    order(product, product.sandbox.issuer, SELL, 90, tif=TimeInForce.DAY)
    order(product, product.sandbox.issuer, SELL, 91)
    product.at("2026-11-27T10:00")
    orders = decode_snapshot(product.sandbox.engine.snapshot()).rows(OrderRow)
    assert [(row.price_ticks, DoneReason(row.done_reason).name) for row in orders] == [(90, "DAY_ENDED"), (91, "NONE")]


def test_a_book_that_a_break_left_crossed_reopens_by_a_call(product):
    product.at("2026-11-26T09:20")
    buyer = product.sandbox.trader()
    order(product, product.sandbox.issuer, SELL, 90)
    order(product, buyer, BUY, 110)
    product.operator(Phase.CANCEL_ONLY, Cause.SCHEDULE)
    assert product.at("2026-11-26T13:00") == ["opening_auction", "continuous"]
    assert product.refusals == ["CROSSED_BOOK"]


@pytest.mark.parametrize(("start", "goal"), list(itertools.permutations(SCHEDULED, 2)))
def test_there_is_a_legal_way_from_every_phase_to_every_other(start, goal):
    path = [start, *way(start, goal)]
    assert path[-1] is goal
    assert len(path) <= 4
    assert all(after in LEGAL_MOVES[before] for before, after in itertools.pairwise(path))


# Modes.


def test_a_product_of_calls_alone_has_its_call_and_is_closed(tmp_path):
    product = Scheduled(tmp_path, modes=ONLY_CALLS)
    product.set("2026-11-26T03:00")
    product.follows().at("2026-11-26T03:00")
    buyer = product.sandbox.trader()
    assert product.at("2026-11-26T09:20") == ["pre_open", "opening_auction"]
    order(product, product.sandbox.issuer, SELL, 90)
    order(product, buyer, BUY, 110)
    sequence = product.sandbox.sequence
    product.at("2026-11-26T09:30")
    assert product.phase == "closed"
    (row,) = decode_snapshot(product.sandbox.engine.snapshot()).rows(InstrumentRow)
    assert row.last_trade_id == 1
    assert product.sandbox.sequence - sequence <= 3
    assert product.at("2026-11-26T14:55") == product.at("2026-11-26T15:00") == []
    assert product.at("2026-11-27T09:05") == ["pre_open"]


def test_a_call_that_ends_on_the_very_instant_still_trades(tmp_path):
    product = Scheduled(tmp_path, modes=ONLY_CALLS)
    product.follows().at("2026-11-26T09:20")
    order(product, product.sandbox.issuer, SELL, 90)
    order(product, product.sandbox.trader(), BUY, 110)
    product.set("2026-11-26T09:30")
    product.sandbox.now_ns = product.entry.ends_at_ns - 1_000
    product.scheduler.run_due(product.entry.ends_at_ns)
    (row,) = decode_snapshot(product.sandbox.engine.snapshot()).rows(InstrumentRow)
    assert (product.phase, row.last_trade_id) == ("closed", 1)


def test_around_the_clock_a_day_ends_and_the_next_begins_at_midnight(tmp_path):
    product = Scheduled(tmp_path)
    product.follows("24/7", closing_auction_minutes=0, closing_freeze_seconds=0)
    product.at("2026-11-26T10:00", "UTC")
    day = product.entry.trading_day
    assert product.at("2026-11-27T00:00", "UTC") == ["closed", "pre_open", "continuous"]
    assert product.entry.trading_day == day + 1


# What goes wrong.


def test_a_refused_move_is_told_and_tried_again_later(product, monkeypatch):
    refuse = commands.SetPhase(instrument=10**6, phase=Phase.PRE_OPEN)
    submit = product.submit
    monkeypatch.setattr(product.scheduler, "_submit", lambda _commands: submit(refuse.encode()))
    assert product.at("2026-11-26T09:05") == []
    assert product.said == ["move refused"]
    assert product.log[0]["refused"] == "UNKNOWN_INSTRUMENT"
    product.at("2026-11-26T09:05:30")
    assert (product.said, len(product.refusals)) == ([], 1)
    monkeypatch.setattr(product.scheduler, "_submit", submit)
    assert RETRY_NS == 60 * 10**9
    assert product.at("2026-11-26T09:06:01") == ["pre_open"]


def test_a_busy_exchange_is_asked_again_on_the_next_beat(product, monkeypatch):
    def busy(_commands):
        raise Busy("full")

    with monkeypatch.context() as patched:
        patched.setattr(product.scheduler, "_submit", busy)
        assert product.at("2026-11-26T09:05") == []
        assert product.said == []
    assert product.at("2026-11-26T09:05:01") == ["pre_open"]


def test_one_schedule_that_cannot_be_read_keeps_no_other_from_going_on(product):
    other = replace(product.entry, instrument=1, schedule=b"?" * 32, symbol="OTHER-CNY")
    product.directory.instruments = {1: other, product.instrument: product.entry}
    assert product.at("2026-11-26T09:05") == ["pre_open"]
    assert product.said == ["schedule cannot be followed", "moved"]


def test_an_operators_move_does_not_depend_on_a_calendar(product):
    broken = replace(product.entry, schedule=b"?" * 32)
    assert product.scheduler.trading_day(broken, at_ns("2026-11-26T10:00")) == 0


def test_the_end_of_a_calendar_is_told_day_by_day_and_nothing_opens_after_it(tmp_path):
    product = Scheduled(tmp_path)
    product.follows()
    product.at("2026-11-26T10:00")
    product.at("2040-01-05T10:00")
    assert product.said[0] == "calendar has ended: nothing opens"
    assert product.phase == "closed"
    product.at("2040-01-05T10:01")
    assert product.said == []
    product.at("2040-01-06T10:00")
    assert product.said == ["calendar has ended: nothing opens"]


# Whatever happens in between.

minutes = st.sampled_from([0, 1, 4, 5, 15, 30, 90, 200, 1_000, 1_440, 4_000])
asked = st.one_of(
    st.just("beat"),
    st.tuples(st.sampled_from(list(Phase)), st.sampled_from([Cause.OPERATOR, Cause.RECALL])),
    st.tuples(st.sampled_from([BUY, SELL]), st.integers(95, 105)),
)
lengths = st.fixed_dictionaries(
    {
        "pre_open_minutes": st.sampled_from([0, 15]),
        "opening_auction_minutes": st.sampled_from([1, 10]),
        "opening_freeze_seconds": st.sampled_from([0, 30]),
        "closing_auction_minutes": st.sampled_from([0, 5]),
        "closing_freeze_seconds": st.just(0),
        "reopening_auction_minutes": st.sampled_from([0, 5]),
    }
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    calendar=st.sampled_from(["XSHG", "XNYS", "24/7"]),
    parts=lengths,
    modes=st.sampled_from([int(Mode.CONTINUOUS | Mode.CALL_AUCTION), int(Mode.CONTINUOUS), ONLY_CALLS]),
    flow=st.lists(st.tuples(minutes, asked), max_size=20),
)
def test_one_beat_brings_a_product_to_where_it_should_be_or_says_who_holds_it(tmp_path, calendar, parts, modes, flow):
    product = Scheduled(tmp_path, modes=modes, dynamic_band_ppm=20_000)
    product.set("2026-11-02T03:00")
    product.follows(calendar, **parts)
    for after, what in flow:
        product.sandbox.now_ns += after * MINUTE_NS
        if isinstance(what, tuple) and isinstance(what[0], Phase):
            product.operator(*what)
        elif isinstance(what, tuple):
            order(product, product.sandbox.issuer, *what)
        product.refusals.clear()
        product.beat()
        assert set(product.refusals) <= {"CROSSED_BOOK"}
        assert "schedule cannot be followed" not in product.said
        step = course_of(product)
        held = step is None or why_not(product.entry, step) or late(product, step)
        assert held or product.entry.phase in {step.phase, Phase.VOLATILITY_AUCTION}
        assert held or product.entry.trading_day >= step.trading_day or step.phase is Phase.CLOSED
        sequence = product.sandbox.sequence
        product.beat()
        assert product.sandbox.sequence == sequence, "a second beat has nothing to do"


def course_of(product):
    entry, now = product.entry, product.sandbox.now_ns
    schedule = product.scheduler.schedule(entry.schedule)
    sessions = product.scheduler.calendars.at(schedule.calendar, now).sessions
    return course(schedule, sessions, entry.modes, now).now


def late(product, step):
    return 0 < step.late_from_ns <= product.sandbox.now_ns
