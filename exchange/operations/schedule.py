"""An instrument's trading day as a document, and the phases that it and a calendar's sessions come to.

    pre_open  opening_auction | continuous  cancel_only  continuous  closing_auction | closed
                            open          the break                               close

Nothing here knows a clock or a calendar library: sessions come in, steps go out, all in UTC nanoseconds.
"""

import json
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Final, NamedTuple, Self

from exchange.compliance.decisions import canonical_json
from exchange.operations.refusals import OperationRefused
from exchange.vocabulary.instruments import Mode, Phase
from exchange.vocabulary.units import NS_PER_SECOND

SCHEDULE_FORMAT: Final = "tlx-schedule/1"
MINUTE_NS: Final = 60 * NS_PER_SECOND
MAX_PRE_OPEN_MINUTES: Final = 720
MAX_AUCTION_MINUTES: Final = 120
CALL_MODES: Final = Mode.CALL_AUCTION | Mode.SINGLE_SELLER_AUCTION


class LunchBreak(StrEnum):
    """What a session's break does, on calendars that have one."""

    CANCEL_ONLY = "cancel_only"
    TRADE_THROUGH = "trade_through"


@dataclass(frozen=True, slots=True)
class Schedule:
    """Lengths of the parts of a day on one calendar; a call of length zero is not held.

    A freeze is counted back from the end of its call; zero never freezes. The reopening auction is held at the end of
    the break; without one, trading goes on as it was.
    """

    calendar: str
    pre_open_minutes: int = 15
    opening_auction_minutes: int = 10
    opening_freeze_seconds: int = 60
    closing_auction_minutes: int = 5
    closing_freeze_seconds: int = 60
    lunch_break: LunchBreak = LunchBreak.CANCEL_ONLY
    reopening_auction_minutes: int = 0
    reopening_freeze_seconds: int = 0

    def document(self) -> bytes:
        return canonical_json({"format": SCHEDULE_FORMAT, **asdict(self)})

    @classmethod
    def read(cls, document: bytes) -> Self:
        stated = json.loads(document)
        assert stated["format"] == SCHEDULE_FORMAT
        values = {field.name: stated[field.name] for field in fields(cls)}
        return cls(**{**values, "lunch_break": LunchBreak(values["lunch_break"])})


class Session(NamedTuple):
    """One day of a calendar: its date in days since 1970-01-01, and its times; without a break both are zero."""

    day: int
    open_ns: int
    break_start_ns: int
    break_end_ns: int
    close_ns: int


class Step(NamedTuple):
    """What an instrument is to be in from an instant on; times only of calls."""

    at_ns: int
    phase: Phase
    trading_day: int
    freezes_at_ns: int = 0
    ends_at_ns: int = 0

    @property
    def late_from_ns(self) -> int:
        """From when it is too late to begin this call: nothing could be taken back, or it is over. Zero: never."""
        return self.freezes_at_ns or self.ends_at_ns


class Course(NamedTuple):
    """Where an instrument should be by its schedule, and what comes next; None where the calendar knows of none."""

    now: Step | None
    next: Step | None


def check(schedule: Schedule, sessions: Sequence[Session], modes: int) -> None:
    """Raise OperationRefused BAD_SCHEDULE where lengths make no sense, or do not fit one of the sessions."""
    _check_lengths(schedule)
    _require(bool(sessions), "the calendar knows no session to come")
    for before, session in zip((None, *sessions), sessions, strict=False):
        _check_session(schedule, session, modes, before.close_ns if before else 0)


def _check_lengths(schedule: Schedule) -> None:
    _require(0 <= schedule.pre_open_minutes <= MAX_PRE_OPEN_MINUTES, f"pre-open: 0 to {MAX_PRE_OPEN_MINUTES} minutes")
    for name in ("opening", "reopening", "closing"):
        minutes, freeze = getattr(schedule, f"{name}_auction_minutes"), getattr(schedule, f"{name}_freeze_seconds")
        _require(0 <= minutes <= MAX_AUCTION_MINUTES, f"{name} auction: 0 to {MAX_AUCTION_MINUTES} minutes")
        _require(0 <= freeze < max(60 * minutes, 1), f"the {name} auction freezes for less than its length")
    through = schedule.lunch_break is LunchBreak.TRADE_THROUGH
    _require(not (through and schedule.reopening_auction_minutes), "a break traded through has no reopening auction")


def _check_session(schedule: Schedule, session: Session, modes: int, before_ns: int) -> None:
    stops = bool(session.break_start_ns) and schedule.lunch_break is LunchBreak.CANCEL_ONLY
    day = f"on day {session.day} since 1970-01-01"
    if stops:
        lunch_ns = session.break_end_ns - session.break_start_ns
        _require(schedule.reopening_auction_minutes * MINUTE_NS < lunch_ns, f"{day} the break has no room for its call")
    last_ns = session.close_ns - (session.break_end_ns if stops else session.open_ns)
    _require(schedule.closing_auction_minutes * MINUTE_NS < last_ns, f"{day} the closing auction does not fit")
    if not modes & Mode.CONTINUOUS:
        _require(bool(modes & CALL_MODES), "the venue's licence has neither calls nor continuous trading here")
        _require(bool(steps(schedule, session, modes, before_ns)), f"{day} there is no time for the day's only call")


def _require(holds: bool, message: str) -> None:
    if not holds:
        raise OperationRefused("BAD_SCHEDULE", message)


def course(schedule: Schedule, sessions: Sequence[Session], modes: int, now_ns: int) -> Course:
    """Now and next out of sessions in order."""
    first = bisect_right(sessions, now_ns, key=lambda session: session.close_ns)
    near = [step for each in range(first - 1, first + 2) for step in steps_of(schedule, sessions, modes, each)]
    passed = [step for step in near if step.at_ns <= now_ns]
    return Course(passed[-1] if passed else None, next((step for step in near if step.at_ns > now_ns), None))


def steps_of(schedule: Schedule, sessions: Sequence[Session], modes: int, index: int) -> list[Step]:
    """The steps of one of the sessions; none where there is no such one."""
    if not 0 <= index < len(sessions):
        return []
    return steps(schedule, sessions[index], modes, sessions[index - 1].close_ns if index else 0)


def steps(schedule: Schedule, session: Session, modes: int, before_ns: int = 0) -> list[Step]:
    """A session's day, in order; `before_ns` is when the session before it ends, and nothing of this one begins
    sooner. An instrument that may not trade continuously has its opening call and is closed when that is over."""
    opening = list(_opening(schedule, session, before_ns)) if modes & CALL_MODES else []
    closed = Step(session.close_ns, Phase.CLOSED, session.day)
    if not modes & Mode.CONTINUOUS:
        held = any(step.phase is Phase.OPENING_AUCTION for step in opening)
        return [*opening, closed._replace(at_ns=session.open_ns)] if held else []
    trading = [Step(session.open_ns, Phase.CONTINUOUS, session.day), *_break(schedule, session, modes)]
    closing = schedule.closing_auction_minutes * MINUTE_NS if modes & CALL_MODES else 0
    begins_ns = max(session.close_ns - closing, trading[-1].at_ns)
    ending = _call(Phase.CLOSING_AUCTION, session, begins_ns, session.close_ns, schedule.closing_freeze_seconds)
    return [*opening, *trading, *ending, closed]


def _opening(schedule: Schedule, session: Session, before_ns: int) -> Iterator[Step]:
    auction_ns = session.open_ns - schedule.opening_auction_minutes * MINUTE_NS
    pre_open_ns = max(auction_ns - schedule.pre_open_minutes * MINUTE_NS, before_ns)
    if pre_open_ns < auction_ns:
        yield Step(pre_open_ns, Phase.PRE_OPEN, session.day)
    begins_ns = max(auction_ns, before_ns)
    yield from _call(Phase.OPENING_AUCTION, session, begins_ns, session.open_ns, schedule.opening_freeze_seconds)


def _break(schedule: Schedule, session: Session, modes: int) -> Iterator[Step]:
    if not session.break_start_ns or schedule.lunch_break is LunchBreak.TRADE_THROUGH:
        return
    yield Step(session.break_start_ns, Phase.CANCEL_ONLY, session.day)
    minutes = schedule.reopening_auction_minutes if modes & CALL_MODES else 0
    begins_ns = max(session.break_end_ns - minutes * MINUTE_NS, session.break_start_ns)
    yield from _call(Phase.OPENING_AUCTION, session, begins_ns, session.break_end_ns, schedule.reopening_freeze_seconds)
    yield Step(session.break_end_ns, Phase.CONTINUOUS, session.day)


def _call(phase: Phase, session: Session, begins_ns: int, ends_ns: int, freeze_s: int) -> Iterator[Step]:
    """One call, unless it has no time in which orders could be taken back."""
    freezes_ns = ends_ns - freeze_s * NS_PER_SECOND
    if begins_ns < freezes_ns:
        yield Step(begins_ns, phase, session.day, freezes_ns if freeze_s else 0, ends_ns)
