"""Giving instruments a schedule, taking it away, and telling what it comes to."""

from dataclasses import dataclass

from exchange.operations.asking import ask_one
from exchange.operations.calendars import Calendar
from exchange.operations.refusals import OperationRefused
from exchange.operations.schedule import Schedule, Step, check, steps_of
from exchange.runtime import Exchange
from exchange.vocabulary import commands, events
from exchange.vocabulary.codec import NO_DIGEST
from exchange.vocabulary.instruments import Cause


@dataclass(frozen=True, slots=True)
class Day:
    """One session's date, in days since 1970-01-01, and its steps."""

    day: int
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Outlook:
    """An instrument's schedule with its sessions of today, by the calendar's own clock, and after; None where the
    calendar has or knows none."""

    digest: bytes
    schedule: Schedule
    calendar: Calendar
    today: Day | None
    next: Day | None


def assign_schedule(
    exchange: Exchange,
    actor: int,
    instrument: int,
    schedule: Schedule,
    *,
    reason: int = Cause.OPERATOR,
    evidence: bytes = NO_DIGEST,
) -> bytes:
    """Have an instrument follow a schedule from now on; its document's digest. OperationRefused."""
    now_ns = exchange.now_ns()
    entry = exchange.directory.instruments[instrument]
    sessions = exchange.scheduler.calendars.at(schedule.calendar, now_ns).to_come(now_ns)
    check(schedule, sessions, entry.modes)
    digest = bytes.fromhex(exchange.vault.put(schedule.document()))
    _assign(exchange, actor, instrument, digest, reason, evidence)
    return digest


def remove_schedule(
    exchange: Exchange, actor: int, instrument: int, *, reason: int = Cause.OPERATOR, evidence: bytes = NO_DIGEST
) -> None:
    """Leave an instrument in the phase that it is in. OperationRefused NO_SCHEDULE where it follows none."""
    _digest_of(exchange, instrument)
    _assign(exchange, actor, instrument, NO_DIGEST, reason, evidence)


def _assign(exchange: Exchange, actor: int, instrument: int, digest: bytes, reason: int, evidence: bytes) -> None:
    command = commands.AssignSchedule(
        actor=actor, instrument=instrument, schedule=digest, reason=reason, evidence=evidence
    )
    ask_one(exchange, command, events.ScheduleAssigned)


def outlook(exchange: Exchange, instrument: int) -> Outlook:
    """OperationRefused NO_SCHEDULE where the instrument follows none."""
    digest, now_ns = _digest_of(exchange, instrument), exchange.now_ns()
    schedule = exchange.scheduler.schedule(digest)
    calendar = exchange.scheduler.calendars.at(schedule.calendar, now_ns)
    modes, today = exchange.directory.instruments[instrument].modes, calendar.today(now_ns)
    days = {
        session.day: Day(session.day, tuple(steps_of(schedule, calendar.sessions, modes, index)))
        for index, session in enumerate(calendar.sessions)
        if session.day >= today
    }
    return Outlook(digest, schedule, calendar, days.pop(today, None), days[min(days)] if days else None)


def _digest_of(exchange: Exchange, instrument: int) -> bytes:
    digest = exchange.directory.instruments[instrument].schedule
    if digest == NO_DIGEST:
        raise OperationRefused("NO_SCHEDULE", "the product follows no schedule: an operator moves its phases")
    return digest
