"""Sessions out of the calendars of real exchanges.

The library knows some calendars for years ahead and some, whose holidays are announced each autumn, only to the end of
the year. It brings pandas along, so it is loaded with the first schedule and not before.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from exchange.operations.refusals import OperationRefused
from exchange.operations.schedule import Session
from exchange.vocabulary.units import NS_PER_SECOND

DAY_NS: Final = 86_400 * NS_PER_SECOND
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
BEHIND: Final = timedelta(days=40)
AHEAD: Final = timedelta(days=370)
READ_AGAIN_NS: Final = 30 * DAY_NS
"""A calendar is read anew when it is that old, so that it always reaches about a year ahead."""


@dataclass(frozen=True, slots=True)
class Calendar:
    """`until_day` is the last date, in days since 1970-01-01, of which it is known whether there is a session."""

    code: str
    time_zone: str
    sessions: tuple[Session, ...]
    until_day: int
    read_at_ns: int

    def days_left(self, now_ns: int) -> int:
        return self.until_day - now_ns // DAY_NS

    def local(self, at_ns: int) -> datetime:
        """An instant by the clocks of the exchange whose calendar it is, to the microsecond."""
        return (_EPOCH + timedelta(microseconds=at_ns // 1_000)).astimezone(ZoneInfo(self.time_zone))

    def today(self, now_ns: int) -> int:
        """The date there, in days since 1970-01-01."""
        return _day(self.local(now_ns).date())

    def to_come(self, now_ns: int) -> list[Session]:
        """Sessions that are not over yet."""
        return [session for session in self.sessions if session.close_ns > now_ns]


class Calendars:
    """Calendars by code, read when first asked for; any thread may ask."""

    def __init__(self) -> None:
        self._read: dict[str, Calendar] = {}

    def at(self, code: str, now_ns: int) -> Calendar:
        """The calendar round a time; OperationRefused UNKNOWN_CALENDAR where there is none of this code."""
        known = self._read.get(code)
        if known is None or abs(now_ns - known.read_at_ns) > READ_AGAIN_NS:
            known = self._read[code] = _read(code, now_ns)
        return known


def _read(code: str, now_ns: int) -> Calendar:
    import exchange_calendars  # noqa: PLC0415 - heavy, and most venues and commands need none.

    if code not in exchange_calendars.get_calendar_names():
        raise OperationRefused("UNKNOWN_CALENDAR", f"{code[:40]!r} is no calendar; XSHG, XHKG, XNYS and 24/7 are some")
    today = (_EPOCH + timedelta(seconds=now_ns // NS_PER_SECOND)).date()
    known: Any = exchange_calendars.get_calendar(code)
    first, last = known.bound_min(), known.bound_max()
    end = min(today + AHEAD, last.date()) if last is not None else today + AHEAD
    start = min(today, end) - BEHIND
    start = max(start, first.date()) if first is not None else start
    calendar: Any = exchange_calendars.get_calendar(code, start=start.isoformat(), end=end.isoformat())
    return Calendar(code, str(calendar.tz), tuple(_sessions(calendar.schedule)), _day(end), now_ns)


def _sessions(schedule: Any) -> Iterable[Session]:
    """Rows of the library's table; a break that a session lacks is no time there."""
    for row in schedule.itertuples():
        has_break = row.break_start == row.break_start
        yield Session(
            row.Index.value // DAY_NS,
            row.open.value,
            row.break_start.value if has_break else 0,
            row.break_end.value if has_break else 0,
            row.close.value,
        )


def _day(when: date) -> int:
    return (when - _EPOCH.date()).days


def date_of(day: int) -> date:
    return _EPOCH.date() + timedelta(days=day)
