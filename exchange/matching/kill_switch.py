"""The kill switch: stop a participant, an instrument or the whole venue at once, until that is lifted."""

from collections.abc import Iterable

from exchange.matching.order_book import Book
from exchange.matching.phases import PhaseDesk
from exchange.matching.registry import Registry, is_cause
from exchange.matching.state import Account, MachineState
from exchange.matching.trading import Matcher
from exchange.matching.writer import EventWriter
from exchange.vocabulary import commands, events
from exchange.vocabulary.instruments import Cause
from exchange.vocabulary.participants import WITH_PARTICIPANT, WITH_VENUE
from exchange.vocabulary.reasons import DoneReason, Reason

OK = Reason.NONE


class KillSwitch:
    """What a kill reaches follows from what it names: a participant, an instrument, or nothing, which is the venue."""

    def __init__(
        self, state: MachineState, writer: EventWriter, matcher: Matcher, registry: Registry, phases: PhaseDesk
    ) -> None:
        self.state = state
        self.writer = writer
        self.matcher = matcher
        self.registry = registry
        self.phases = phases

    def kill(self, command: commands.Kill) -> Reason:
        """Block the accounts, end every order, lowest id first, then halt the instruments."""
        reason = self._check(command, killed=0)
        if reason is not OK:
            return reason
        self._set_killed(command, 1)
        self.writer.event(
            events.Killed(
                instrument=command.instrument,
                participant=command.participant,
                reason=command.reason,
                evidence=command.evidence,
            )
        )
        bit = _bit(command)
        accounts = list(self._accounts(command))
        for account in accounts:
            account.blocked |= bit
        self._end_orders(accounts, command.instrument)
        for book in self._books(command):
            self.phases.halt(book, Cause(command.reason) or Cause.OPERATOR, command.evidence)
        return OK

    def check_unkill(self, command: commands.Unkill) -> Reason:
        return self._check(command, killed=1)

    def unkill(self, command: commands.Unkill) -> None:
        """Accounts may trade again unless blocked otherwise; instruments stay halted until an operator resumes them."""
        self._set_killed(command, 0)
        bit = _bit(command)
        for account in self._accounts(command):
            account.blocked &= ~bit
        self.writer.event(
            events.Unkilled(
                instrument=command.instrument,
                participant=command.participant,
                reason=command.reason,
                evidence=command.evidence,
            )
        )

    def _check(self, command: commands.Kill | commands.Unkill, killed: int) -> Reason:
        state = self.state
        if not self.registry.may_manage(command.actor):
            return Reason.NOT_PERMITTED
        participant, book = state.participants.get(command.participant), state.books.get(command.instrument)
        if command.participant and participant is None:
            return Reason.UNKNOWN_PARTICIPANT
        if command.instrument and book is None:
            return Reason.UNKNOWN_INSTRUMENT
        if (participant is not None and book is not None) or not is_cause(command.reason):
            return Reason.BAD_VALUE
        now = participant.killed if participant is not None else state.killed if book is None else book.terms.killed
        return OK if now == killed else Reason.BAD_STATE

    def _set_killed(self, command: commands.Kill | commands.Unkill, killed: int) -> None:
        if command.participant:
            self.state.participants[command.participant].killed = killed
        elif command.instrument:
            self.state.books[command.instrument].terms.killed = killed
        else:
            self.state.killed = killed

    def _accounts(self, command: commands.Kill | commands.Unkill) -> Iterable[Account]:
        """The accounts that are blocked with what is killed; the venue's own is never."""
        if command.instrument:
            return ()
        every = (account for account in self.state.accounts.values() if account.account)
        if not command.participant:
            return every
        return (account for account in every if account.participant.participant == command.participant)

    def _books(self, command: commands.Kill) -> list[Book]:
        """The instruments that are halted, lowest id first."""
        if command.participant:
            return []
        return [self.state.books[command.instrument]] if command.instrument else list(self.state.books.values())

    def _end_orders(self, accounts: list[Account], instrument: int) -> None:
        """Of the accounts, or of the instrument; those of a frozen call too. An order may end with one before it."""
        reached = list(self.state.accounts.values()) if instrument else accounts
        ended = [
            order
            for account in reached
            for order in account.open_orders.values()
            if instrument in (0, order.book.terms.instrument)
        ]
        for order in sorted(ended, key=lambda order: order.order_id):
            if not order.done_ns:
                self.matcher.end(order, DoneReason.KILLED)


def _bit(command: commands.Kill | commands.Unkill) -> int:
    return WITH_PARTICIPANT if command.participant else WITH_VENUE
