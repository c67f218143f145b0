"""Real calendars: time zones, daylight saving, half days, holidays, breaks, and where they end."""

import subprocess
import sys
from datetime import UTC, date, datetime

import pytest
from open_venue import refusal

from exchange.operations.calendars import AHEAD, Calendars, date_of

CALENDARS = Calendars()


def at_ns(text):
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 10**9


def calendar(code, when="2026-11-24T00:00"):
    return CALENDARS.at(code, at_ns(when))


def session(code, day, when=None):
    """(open, break start, break end, close) as local times, of a date's session; None where there is none."""
    found = calendar(code, when or f"{day}T00:00")
    chosen = [each for each in found.sessions if date_of(each.day).isoformat() == day]
    if not chosen:
        return None
    times = (chosen[0].open_ns, chosen[0].break_start_ns, chosen[0].break_end_ns, chosen[0].close_ns)
    return tuple(found.local(each).strftime("%H:%M") if each else "" for each in times)


@pytest.mark.parametrize(
    ("code", "day", "times"),
    [
        ("XSHG", "2026-11-26", ("09:30", "11:30", "13:00", "15:00")),
        ("XHKG", "2026-11-26", ("09:30", "12:00", "13:00", "16:00")),
        ("XHKG", "2026-12-24", ("09:30", "", "", "12:00")),
        ("XNYS", "2026-11-25", ("09:30", "", "", "16:00")),
        ("XNYS", "2026-11-26", None),
        ("XNYS", "2026-11-27", ("09:30", "", "", "13:00")),
        ("24/7", "2026-11-29", ("00:00", "", "", "00:00")),
    ],
)
def test_a_session_has_its_exchanges_own_hours(code, day, times):
    assert session(code, day) == times


@pytest.mark.parametrize(
    ("day", "opens"),
    [
        ("2026-03-06", "2026-03-06T14:30"), ("2026-03-09", "2026-03-09T13:30"),
        ("2026-10-30", "2026-10-30T13:30"), ("2026-11-02", "2026-11-02T14:30"),
    ],
)  # fmt: skip
def test_new_york_opens_at_half_past_nine_on_both_sides_of_a_change_of_clocks(day, opens):
    found = calendar("XNYS", f"{day}T00:00")
    (chosen,) = (each for each in found.sessions if date_of(each.day).isoformat() == day)
    assert chosen.open_ns == at_ns(opens)
    assert found.local(chosen.open_ns).strftime("%H:%M") == "09:30"


def test_shanghai_rests_through_the_golden_week():
    days = [date_of(each.day) for each in calendar("XSHG", "2026-09-28T00:00").sessions]
    assert date(2026, 9, 30) in days
    assert date(2026, 10, 8) in days
    assert not any(date(2026, 10, 1) <= day <= date(2026, 10, 7) for day in days)


def test_today_is_the_date_of_the_exchanges_own_clocks():
    now = at_ns("2026-11-25T23:30")
    assert date_of(calendar("XSHG").today(now)) == date(2026, 11, 26)
    assert date_of(calendar("XNYS").today(now)) == date(2026, 11, 25)


def test_a_calendar_goes_a_year_ahead_and_is_read_again_as_time_goes_by():
    calendars = Calendars()
    first = calendars.at("XNYS", at_ns("2026-11-24T00:00"))
    assert date_of(first.until_day) == date(2026, 11, 24) + AHEAD
    assert calendars.at("XNYS", at_ns("2026-12-20T00:00")) is first
    later = calendars.at("XNYS", at_ns("2027-01-20T00:00"))
    assert date_of(later.until_day) == date(2027, 1, 20) + AHEAD


def test_a_calendar_whose_holidays_are_not_announced_yet_ends_sooner_and_says_when():
    late = at_ns("2040-01-01T00:00")
    found = Calendars().at("XSHG", late)
    assert found.days_left(late) < 0
    assert found.sessions
    assert found.to_come(late) == []


@pytest.mark.parametrize("code", ["", "XMOON", "xshg", "XSHG ", "../etc"])
def test_an_unknown_calendar_is_refused(code):
    refusal("UNKNOWN_CALENDAR", Calendars().at, code, at_ns("2026-11-24T00:00"))


def test_nobody_waits_for_the_library_who_asks_for_no_calendar():
    script = "import sys, api.app, api.cli.schedule, api.server; sys.exit('exchange_calendars' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
