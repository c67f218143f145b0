"""What a schedule comes to on the sessions of a calendar."""

import itertools
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from open_venue import refusal

from exchange.operations.calendars import Calendars, date_of
from exchange.operations.schedule import MINUTE_NS, LunchBreak, Schedule, Session, check, course, steps, steps_of
from exchange.vocabulary.instruments import Mode, Phase

CALENDARS = Calendars()
EVERY_MODE = int(Mode.CONTINUOUS | Mode.CALL_AUCTION)
ONLY_CALLS = int(Mode.SINGLE_SELLER_AUCTION | Mode.NEGOTIATED)
NO_CALLS = int(Mode.CONTINUOUS)
HOUR_NS = 60 * MINUTE_NS
PLAIN = Session(20_000, 10 * HOUR_NS, 0, 0, 16 * HOUR_NS)
BROKEN = Session(20_000, 10 * HOUR_NS, 12 * HOUR_NS, 13 * HOUR_NS, 16 * HOUR_NS)


def at_ns(text, zone):
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()) * 10**9


def times(schedule, session, modes=EVERY_MODE, before_ns=0):
    """(minutes after 10:00, phase) of each step."""
    found = steps(schedule, session, modes, before_ns)
    return [((step.at_ns - 10 * HOUR_NS) // MINUTE_NS, step.phase.name.lower()) for step in found]


def test_a_day_with_a_break_goes_through_every_phase():
    assert times(Schedule("X"), BROKEN) == [
        (-25, "pre_open"), (-10, "opening_auction"), (0, "continuous"), (120, "cancel_only"), (180, "continuous"),
        (355, "closing_auction"), (360, "closed"),
    ]  # fmt: skip


def test_a_call_says_when_it_freezes_and_when_it_ends():
    _, opening, *_, closing, _ = steps(Schedule("X", closing_freeze_seconds=0), PLAIN, EVERY_MODE)
    assert (opening.freezes_at_ns, opening.ends_at_ns) == (PLAIN.open_ns - MINUTE_NS, PLAIN.open_ns)
    assert (closing.freezes_at_ns, closing.ends_at_ns) == (0, PLAIN.close_ns)


def test_a_length_of_zero_leaves_its_part_out():
    bare = Schedule(
        "X", pre_open_minutes=0, opening_auction_minutes=0, opening_freeze_seconds=0, closing_auction_minutes=0
    )
    assert times(bare, PLAIN) == [(0, "continuous"), (360, "closed")]


def test_a_break_is_traded_through_or_ended_by_a_call_where_the_schedule_says_so():
    through = times(Schedule("X", lunch_break=LunchBreak.TRADE_THROUGH), BROKEN)
    assert "cancel_only" not in dict(through).values()
    reopened = times(Schedule("X", reopening_auction_minutes=5), BROKEN)
    assert reopened[3:6] == [(120, "cancel_only"), (175, "opening_auction"), (180, "continuous")]


def test_an_instrument_without_continuous_trading_has_its_call_and_is_closed():
    expected = [(-25, "pre_open"), (-10, "opening_auction"), (0, "closed")]
    assert times(Schedule("X"), BROKEN, ONLY_CALLS) == expected


def test_an_instrument_without_calls_trades_from_open_to_close():
    assert times(Schedule("X"), PLAIN, NO_CALLS) == [(0, "continuous"), (360, "closed")]


def test_nothing_begins_before_the_session_before_it_has_ended():
    shortened = times(Schedule("X"), PLAIN, before_ns=PLAIN.open_ns - 15 * MINUTE_NS)
    assert shortened[:2] == [(-15, "pre_open"), (-10, "opening_auction")]
    assert times(Schedule("X"), PLAIN, before_ns=PLAIN.open_ns)[0] == (0, "continuous")


def test_a_session_around_the_clock_closes_and_opens_at_midnight():
    sessions = CALENDARS.at("24/7", at_ns("2026-11-24T12:00", "UTC")).sessions
    before = course(Schedule("24/7"), sessions, EVERY_MODE, at_ns("2026-11-24T23:59", "UTC"))
    after = course(Schedule("24/7"), sessions, EVERY_MODE, at_ns("2026-11-25T00:00", "UTC"))
    assert (before.now.phase, before.next.phase) == (Phase.CLOSING_AUCTION, Phase.CLOSED)
    assert (after.now.phase, after.now.trading_day) == (Phase.CONTINUOUS, before.now.trading_day + 1)


@pytest.mark.parametrize(
    ("calendar", "zone", "local", "phase", "date"),
    [
        ("XNYS", "America/New_York", "2026-10-30T09:29", Phase.OPENING_AUCTION, "2026-10-30"),
        ("XNYS", "America/New_York", "2026-10-30T09:30", Phase.CONTINUOUS, "2026-10-30"),
        ("XNYS", "America/New_York", "2026-11-02T09:29", Phase.OPENING_AUCTION, "2026-11-02"),
        ("XNYS", "America/New_York", "2026-11-02T09:30", Phase.CONTINUOUS, "2026-11-02"),
        ("XNYS", "America/New_York", "2026-11-27T12:54", Phase.CONTINUOUS, "2026-11-27"),
        ("XNYS", "America/New_York", "2026-11-27T12:55", Phase.CLOSING_AUCTION, "2026-11-27"),
        ("XNYS", "America/New_York", "2026-11-27T13:00", Phase.CLOSED, "2026-11-27"),
        ("XNYS", "America/New_York", "2026-11-25T20:00", Phase.CLOSED, "2026-11-25"),
        ("XSHG", "Asia/Shanghai", "2026-11-26T12:00", Phase.CANCEL_ONLY, "2026-11-26"),
        ("XSHG", "Asia/Shanghai", "2026-11-28T12:00", Phase.CLOSED, "2026-11-27"),
        ("XSHG", "Asia/Shanghai", "2026-10-05T10:00", Phase.CLOSED, "2026-09-30"),
        ("XHKG", "Asia/Hong_Kong", "2026-12-24T11:54", Phase.CONTINUOUS, "2026-12-24"),
        ("XHKG", "Asia/Hong_Kong", "2026-12-24T11:55", Phase.CLOSING_AUCTION, "2026-12-24"),
        ("XHKG", "Asia/Hong_Kong", "2026-12-24T12:30", Phase.CLOSED, "2026-12-24"),
    ],
)
def test_where_an_instrument_should_be_at_a_local_time(calendar, zone, local, phase, date):
    now = at_ns(local, zone)
    step = course(Schedule(calendar), CALENDARS.at(calendar, now).sessions, EVERY_MODE, now).now
    assert (step.phase, date_of(step.trading_day).isoformat()) == (phase, date)


def test_the_day_is_the_sessions_local_date_though_it_begins_on_another_day_of_utc():
    now = at_ns("2026-11-26T09:35", "Australia/Sydney")
    assert datetime.fromtimestamp(now // 10**9, UTC).day == 25
    before = course(Schedule("XASX"), CALENDARS.at("XASX", now).sessions, EVERY_MODE, now).now
    assert (before.phase, date_of(before.trading_day).isoformat()) == (Phase.PRE_OPEN, "2026-11-26")


def test_before_and_after_all_that_a_calendar_knows_there_is_no_step():
    assert course(Schedule("X"), [PLAIN], EVERY_MODE, 0).now is None
    assert course(Schedule("X"), [PLAIN], EVERY_MODE, 17 * HOUR_NS).next is None
    assert course(Schedule("X"), [], EVERY_MODE, 0) == (None, None)


def test_a_document_reads_back_as_what_it_was_written_from():
    schedule = Schedule("XHKG", 1, 2, 3, 4, 5, LunchBreak.TRADE_THROUGH, 0, 0)
    assert Schedule.read(schedule.document()) == schedule
    assert schedule.document() == replace(schedule).document()


@pytest.mark.parametrize(
    "changes",
    [
        {"pre_open_minutes": -1}, {"pre_open_minutes": 721}, {"opening_auction_minutes": 121},
        {"opening_auction_minutes": 0}, {"opening_freeze_seconds": 600}, {"closing_freeze_seconds": -1},
        {"closing_auction_minutes": 120, "closing_freeze_seconds": 7_200}, {"reopening_freeze_seconds": 1},
        {"reopening_auction_minutes": 60}, {"lunch_break": LunchBreak.TRADE_THROUGH, "reopening_auction_minutes": 5},
    ],
)  # fmt: skip
def test_lengths_that_make_no_sense_are_refused(changes):
    refusal("BAD_SCHEDULE", check, Schedule("X", **changes), [BROKEN], EVERY_MODE)


def test_a_day_that_does_not_fit_a_session_is_refused():
    check(Schedule("X", closing_auction_minutes=120), [BROKEN], EVERY_MODE)
    short = BROKEN._replace(close_ns=15 * HOUR_NS)
    refusal("BAD_SCHEDULE", check, Schedule("X", closing_auction_minutes=120), [BROKEN, short], EVERY_MODE)
    refusal("BAD_SCHEDULE", check, Schedule("X"), [], EVERY_MODE)


def test_a_product_of_calls_alone_needs_time_for_its_call():
    sessions = CALENDARS.at("24/7", at_ns("2026-11-24T12:00", "UTC")).to_come(at_ns("2026-11-24T12:00", "UTC"))
    check(Schedule("24/7"), sessions, EVERY_MODE)
    refusal("BAD_SCHEDULE", check, Schedule("24/7"), sessions, ONLY_CALLS)
    refusal("BAD_SCHEDULE", check, Schedule("X"), [PLAIN], int(Mode.NEGOTIATED))
    none = Schedule("X", opening_auction_minutes=0, opening_freeze_seconds=0)
    refusal("BAD_SCHEDULE", check, none, [PLAIN], ONLY_CALLS)


lengths = st.builds(
    Schedule,
    st.sampled_from(["XSHG", "XHKG", "XNYS", "24/7"]),
    pre_open_minutes=st.integers(0, 720),
    opening_auction_minutes=st.integers(1, 120),
    opening_freeze_seconds=st.integers(0, 59),
    closing_auction_minutes=st.integers(1, 110),
    closing_freeze_seconds=st.integers(0, 59),
    reopening_auction_minutes=st.integers(0, 59),
)


@settings(max_examples=50)
@given(lengths, st.integers(0, 30), st.sampled_from([EVERY_MODE, NO_CALLS, ONLY_CALLS]))
def test_steps_come_in_order_each_call_ends_where_the_next_begins_and_the_day_ends_closed(schedule, index, modes):
    sessions = CALENDARS.at(schedule.calendar, at_ns("2026-11-24T12:00", "UTC")).sessions
    found = [step for each in (index, index + 1) for step in steps_of(schedule, sessions, modes, each)]
    assert [step.at_ns for step in found] == sorted(step.at_ns for step in found)
    for step, after in itertools.pairwise(found):
        assert not step.ends_at_ns or step.ends_at_ns == after.at_ns
        assert not step.freezes_at_ns or step.at_ns < step.freezes_at_ns < step.ends_at_ns
        assert step.phase is not after.phase or step.phase is Phase.CLOSED
    ends = [step for step in found if step.phase is Phase.CLOSED]
    assert len(ends) == len({step.trading_day for step in found})
