"""The runner of schedules: sends each instrument's moves when they are due, as commands like anyone else's.

So the journal holds the moves and not the calendar, and a replay needs none. A person's word goes first: what an
operator halted or set aside stays so until an operator resumes it, and any move of an operator's holds until the next
that the schedule has.
"""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Final

import structlog

from exchange.delivery.vault import Vault
from exchange.matching.phases import LEGAL_MOVES
from exchange.operations.calendars import DAY_NS, Calendar, Calendars
from exchange.operations.directory import Directory
from exchange.operations.entries import InstrumentEntry
from exchange.operations.schedule import MINUTE_NS, Course, Schedule, Step, course
from exchange.spine.errors import Refusal
from exchange.spine.sequencer import Reply
from exchange.vocabulary.codec import EVENTS, NO_DIGEST
from exchange.vocabulary.commands import Clock, Command, SetPhase
from exchange.vocabulary.events import CommandRefused
from exchange.vocabulary.instruments import Cause, Mode, Phase
from exchange.vocabulary.participants import VENUE
from exchange.vocabulary.reasons import Reason

ANSWER_TIMEOUT_S: Final = 60.0
RETRY_NS: Final = MINUTE_NS
"""A refused move is tried again after so long: each try is a command in the journal."""
WARN_DAYS: Final = 14
"""So many days before a calendar ends it is told in the log, day by day."""

_SET_ASIDE: Final = frozenset({Phase.HALTED, Phase.CANCEL_ONLY})
_BY_WAY_OF: Final = (Phase.PRE_OPEN, Phase.CANCEL_ONLY, Phase.CLOSED, Phase.OPENING_AUCTION)
"""Phases that a move may lead through, the first the dearest: nothing trades in the first three."""


class Scheduler:
    """Keeps instruments where their schedules want them; `run_due` is for one thread."""

    def __init__(self, directory: Directory, vault: Vault, submit: Callable[[bytes], "Future[Reply]"]) -> None:
        self.calendars = Calendars()
        self._directory = directory
        self._vault = vault
        self._submit = submit
        self._schedules: dict[bytes, Schedule] = {}
        self._told: dict[int, str] = {}
        self._refused: dict[int, tuple[Step, int]] = {}
        self._warned: dict[str, int] = {}
        self._log = structlog.get_logger("schedule")

    def schedule(self, digest: bytes) -> Schedule:
        """The document of this digest; VaultError."""
        known = self._schedules.get(digest)
        if known is None:
            known = self._schedules[digest] = Schedule.read(self._vault.get(digest.hex()))
        return known

    def trading_day(self, entry: InstrumentEntry, now_ns: int) -> int:
        """The day that an instrument's schedule has now; zero where it has none, which leaves the day as it is."""
        if entry.schedule == NO_DIGEST:
            return 0
        try:
            now = self._course(entry, now_ns).now
        except Exception as failure:  # noqa: BLE001 - an operator's move does not depend on a calendar.
            self._log.warning("schedule cannot be read", symbol=entry.symbol, error=repr(failure))
            return 0
        return max(now.trading_day, entry.trading_day) if now else 0

    def _course(self, entry: InstrumentEntry, now_ns: int) -> Course:
        schedule = self.schedule(entry.schedule)
        calendar = self.calendars.at(schedule.calendar, now_ns)
        self._warn(calendar, now_ns)
        return course(schedule, calendar.sessions, entry.modes, now_ns)

    def run_due(self, now_ns: int) -> None:
        """Move what is due. Whatever goes wrong with one instrument is logged, and keeps nothing else from going on."""
        for instrument in list(self._directory.instruments):
            entry = self._directory.instruments[instrument]
            if entry.schedule == NO_DIGEST:
                continue
            try:
                self._follow(entry, now_ns)
            except Refusal:
                return  # Busy or stopping: the next beat tries again.
            except Exception as failure:  # noqa: BLE001 - a calendar that cannot be read stops one instrument at most.
                self._tell(entry, "schedule cannot be followed", error=repr(failure))

    def _follow(self, entry: InstrumentEntry, now_ns: int) -> None:
        if entry.ends_at_ns and now_ns >= entry.ends_at_ns:
            self._ask([Clock(actor=VENUE)])  # The machine's own timer ends the call.
            entry = self._directory.instruments[entry.instrument]
        step = self._course(entry, now_ns).now
        if step is None:
            return
        refused = self._refused.get(entry.instrument)
        moves = moves_to(entry, step, now_ns)
        if not moves:
            self._told.pop(entry.instrument, None)
        elif waits := why_not(entry, step):
            self._tell(entry, waits, due=step.phase.name, phase=Phase(entry.phase).name, cause=Cause(entry.cause).name)
        elif refused is None or refused[0] != step or now_ns >= refused[1]:
            self._move(entry, step, moves, now_ns)

    def _move(self, entry: InstrumentEntry, step: Step, moves: list[Command], now_ns: int) -> None:
        refused = self._ask(moves)
        if refused is Reason.CROSSED_BOOK:
            refused = self._ask([_set_phase(entry, step, phase) for phase in (Phase.OPENING_AUCTION, step.phase)])
        if refused is Reason.NONE:
            self._refused.pop(entry.instrument, None)
            self._tell(entry, "moved", phase=step.phase.name)
        else:
            self._refused[entry.instrument] = (step, now_ns + RETRY_NS)
            self._tell(entry, "move refused", phase=step.phase.name, refused=refused.name)

    def _ask(self, commands: list[Command]) -> Reason:
        """The reason for which the last of the commands was refused."""
        reply = self._submit(b"".join(command.encode() for command in commands)).result(ANSWER_TIMEOUT_S)
        (*_, last) = EVENTS.decode_all(reply.events[-1])
        return Reason(last.reason) if isinstance(last, CommandRefused) else Reason.NONE

    def _tell(self, entry: InstrumentEntry, what: str, **more: Any) -> None:
        """Once, and not again on each beat."""
        told = f"{what} {more}"
        if self._told.get(entry.instrument) != told:
            self._told[entry.instrument] = told
            log = self._log.info if what == "moved" else self._log.error if "error" in more else self._log.warning
            log(what, symbol=entry.symbol, **more)

    def _warn(self, calendar: Calendar, now_ns: int) -> None:
        left, today = calendar.days_left(now_ns), now_ns // DAY_NS
        if left < WARN_DAYS and self._warned.get(calendar.code) != today:
            self._warned[calendar.code] = today
            told = "calendar ends soon: update exchange_calendars" if left >= 0 else "calendar has ended: nothing opens"
            self._log.warning(told, calendar=calendar.code, days_left=left)


def why_not(entry: InstrumentEntry, step: Step) -> str:
    """Why a due move waits; empty where it does not."""
    if entry.phase in _SET_ASIDE and entry.cause != Cause.SCHEDULE:
        return "waits until an operator resumes"
    if entry.overridden_ns >= max(step.at_ns, entry.scheduled_ns):
        return "an operator's move holds until the next of the schedule"
    return ""


def moves_to(entry: InstrumentEntry, step: Step, now_ns: int) -> list[Command]:
    """The moves that bring an instrument to a step; none where it is there, or a call would have no time left.

    A session whose end was missed is closed first, so that what was good for that day ends.
    """
    phase, missed_end = Phase(entry.phase), entry.trading_day < step.trading_day and entry.phase != Phase.CLOSED
    moves: list[Command] = []
    if missed_end and step.phase is not Phase.CLOSED:
        moves.append(_set_phase(entry, step, Phase.CLOSED, keeps_day=True))
        phase = Phase.CLOSED
    interrupted = phase is Phase.VOLATILITY_AUCTION and step.phase is Phase.CONTINUOUS
    late = step.late_from_ns and now_ns >= step.late_from_ns
    if phase is step.phase or interrupted or late:
        return moves
    if step.phase is Phase.CLOSED and phase is Phase.OPENING_AUCTION and not entry.modes & Mode.CONTINUOUS:
        path = [Phase.CONTINUOUS, Phase.CLOSED]  # Only a call that gives way to trading uncrosses.
    else:
        path = way(phase, step.phase)
    return moves + [_set_phase(entry, step, each) for each in path]


def way(start: Phase, goal: Phase) -> list[Phase]:
    """The shortest run of legal moves from one phase to another; the calmer one where there are several."""
    reached: deque[list[Phase]] = deque([[]])
    while True:
        path = reached.popleft()
        legal = LEGAL_MOVES[path[-1] if path else start]
        if goal in legal:
            return [*path, goal]
        reached.extend([*path, each] for each in _BY_WAY_OF if each in legal)


def _set_phase(entry: InstrumentEntry, step: Step, phase: Phase, *, keeps_day: bool = False) -> Command:
    """A trading day never goes back, even where the calendar's is behind the venue's own."""
    timed = phase is step.phase
    return SetPhase(
        actor=VENUE,
        instrument=entry.instrument,
        phase=phase,
        trading_day=0 if keeps_day else max(step.trading_day, entry.trading_day),
        freezes_at_ns=step.freezes_at_ns if timed else 0,
        ends_at_ns=step.ends_at_ns if timed else 0,
        reason=Cause.SCHEDULE,
        evidence=entry.schedule,
    )
