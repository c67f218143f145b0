"""An instrument's phases, from the day's first call to its close, and its reference price."""

from collections.abc import Callable

from exchange.matching import checks
from exchange.matching.aftermath import Aftermath
from exchange.matching.auction import Auctioneer, open_orders
from exchange.matching.order_book import Book, Order
from exchange.matching.registry import Registry, is_cause
from exchange.matching.state import CALL_END, MachineState
from exchange.matching.writer import EventWriter
from exchange.vocabulary import commands, events
from exchange.vocabulary.codec import NO_DIGEST
from exchange.vocabulary.instruments import CALLS, Cause, Phase, TimeInForce
from exchange.vocabulary.reasons import DoneReason, Reason
from exchange.vocabulary.rows import InstrumentRow
from exchange.vocabulary.units import MAX_PRICE_TICKS, NS_PER_SECOND

OK = Reason.NONE

_ALWAYS = {Phase.HALTED, Phase.CANCEL_ONLY, Phase.CLOSED}
_RETURNS = {Phase.OPENING_AUCTION, Phase.CLOSING_AUCTION, Phase.CONTINUOUS}
_SET_ASIDE = frozenset({Phase.HALTED, Phase.CANCEL_ONLY})
LEGAL_MOVES = {
    Phase.CLOSED: _ALWAYS | {Phase.PRE_OPEN},
    Phase.PRE_OPEN: _ALWAYS | {Phase.OPENING_AUCTION, Phase.CONTINUOUS},
    Phase.OPENING_AUCTION: _ALWAYS | {Phase.CONTINUOUS},
    Phase.CONTINUOUS: _ALWAYS | {Phase.CLOSING_AUCTION, Phase.VOLATILITY_AUCTION},
    Phase.VOLATILITY_AUCTION: _ALWAYS | {Phase.CONTINUOUS, Phase.CLOSING_AUCTION},
    Phase.CLOSING_AUCTION: _ALWAYS,
    Phase.HALTED: _ALWAYS | _RETURNS,
    Phase.CANCEL_ONLY: _ALWAYS | _RETURNS,
}


class PhaseDesk:
    def __init__(
        self, state: MachineState, writer: EventWriter, matcher: Aftermath, registry: Registry, auctions: Auctioneer
    ) -> None:
        self.state = state
        self.writer = writer
        self.matcher = matcher
        self.registry = registry
        self.auctions = auctions
        matcher.interrupt = self._interrupt

    def set_phase(self, command: commands.SetPhase) -> Reason:
        book, reason = self._managed_book(command)
        if book is None:
            return reason
        terms = book.terms
        try:
            new = Phase(command.phase)
        except ValueError:
            return Reason.BAD_PHASE
        if new == terms.phase or new not in LEGAL_MOVES[Phase(terms.phase)] or _is_held(terms, command.reason):
            return Reason.BAD_PHASE
        back = command.trading_day and command.trading_day < terms.trading_day
        if back or not _times_are_sound(command, new) or not is_cause(command.reason):
            return Reason.BAD_VALUE
        if terms.killed or self.state.killed:
            return Reason.KILLED
        if new is Phase.CONTINUOUS and terms.phase not in CALLS and _crossed(book):
            return Reason.CROSSED_BOOK
        why, times = Cause(command.reason), (command.freezes_at_ns, command.ends_at_ns)
        self._move(book, new, why, *times, command.evidence, command.trading_day)
        return OK

    def end_call(self, instrument: int) -> None:
        """A call's time is over: the timer's doing."""
        book = self.state.books[instrument]
        after = Phase.CLOSED if book.terms.phase == Phase.CLOSING_AUCTION else Phase.CONTINUOUS
        self._move(book, after, Cause.SCHEDULE)

    def halt(self, book: Book, why: Cause, evidence: bytes = NO_DIGEST) -> None:
        """Halt whatever the phase; told again where it is halted already, because the cause is another."""
        self._move(book, Phase.HALTED, why, evidence=evidence)

    def _interrupt(self, book: Book) -> None:
        ends = self.writer.timestamp_ns + book.terms.volatility_s * NS_PER_SECOND
        self._move(book, Phase.VOLATILITY_AUCTION, Cause.VOLATILITY, ends_at_ns=ends)

    def _move(
        self,
        book: Book,
        new: Phase,
        why: Cause,
        freezes_at_ns: int = 0,
        ends_at_ns: int = 0,
        evidence: bytes = NO_DIGEST,
        day: int = 0,
    ) -> None:
        """Enter a phase, with all that the old one leaves behind and the new one brings.

        A day that nobody closed ends where the next one begins.
        """
        terms, old = book.terms, Phase(book.terms.phase)
        begins_day = day > terms.trading_day
        if begins_day:
            terms.trading_day, terms.days_begun = day, terms.days_begun + 1
        self.state.timers.pop((terms.ends_at_ns, CALL_END, terms.instrument), None)
        terms.phase, terms.freezes_at_ns, terms.ends_at_ns = int(new), freezes_at_ns, ends_at_ns
        terms.cause = int(why)
        if ends_at_ns:
            self.state.timers[ends_at_ns, CALL_END, terms.instrument] = (terms.instrument, 0, 0)
        self._tell(book, old, why, evidence)
        if old in CALLS and (new is Phase.CONTINUOUS or (old is Phase.CLOSING_AUCTION and new is Phase.CLOSED)):
            self.auctions.uncross(book, old)
        elif old in CALLS and new in _ALWAYS:
            self.auctions.end_call(book, old)
        if new is Phase.CLOSED or (begins_day and old is not Phase.CLOSED):
            self.auctions.end_all(book)
            self._end_where(book, DoneReason.DAY_ENDED, lambda order: order.tif == TimeInForce.DAY)
        if new is Phase.CLOSING_AUCTION:
            self.auctions.join_close(book)
        if old is Phase.CLOSED:
            outside = checks.band_refuses
            self._end_where(
                book, DoneReason.OUTSIDE_BAND, lambda order: bool(order.level) and outside(terms, order.price_ticks)
            )
        if new is Phase.CONTINUOUS and book.stops.triggered:
            self.matcher.reached.append(book)

    def _tell(self, book: Book, old: Phase, why: Cause, evidence: bytes) -> None:
        terms = book.terms
        terms.product_sequence += 1
        self.writer.event(
            events.PhaseSet(
                instrument=terms.instrument,
                product_sequence=terms.product_sequence,
                phase=terms.phase,
                old_phase=old,
                trading_day=terms.trading_day,
                freezes_at_ns=terms.freezes_at_ns,
                ends_at_ns=terms.ends_at_ns,
                reason=why,
                evidence=evidence,
            )
        )

    def set_reference_price(self, command: commands.SetReferencePrice) -> Reason:
        """Not while a call runs: its orders were let in by the band as it was."""
        book, reason = self._managed_book(command)
        if book is None:
            return reason
        if not 1 <= command.price_ticks <= MAX_PRICE_TICKS:
            return Reason.BAD_PRICE
        if not is_cause(command.reason):
            return Reason.BAD_VALUE
        terms = book.terms
        if terms.phase in CALLS:
            return Reason.BAD_PHASE
        terms.reference_price_ticks = command.price_ticks
        terms.product_sequence += 1
        self.writer.event(
            events.ReferencePriceSet(
                instrument=terms.instrument,
                product_sequence=terms.product_sequence,
                price_ticks=command.price_ticks,
                reason=command.reason,
                evidence=command.evidence,
            )
        )
        return OK

    def assign_schedule(self, command: commands.AssignSchedule) -> Reason:
        """Kept with the instrument; what it says is for the venue's runtime, which sends the moves as commands."""
        book, reason = self._managed_book(command)
        if book is None:
            return reason
        if not is_cause(command.reason):
            return Reason.BAD_VALUE
        book.terms.schedule = command.schedule
        self.writer.event(
            events.ScheduleAssigned(
                instrument=command.instrument,
                schedule=command.schedule,
                reason=command.reason,
                evidence=command.evidence,
            )
        )
        return OK

    def _managed_book(
        self, command: commands.SetPhase | commands.SetReferencePrice | commands.AssignSchedule
    ) -> tuple[Book | None, Reason]:
        if not self.registry.may_manage(command.actor):
            return None, Reason.NOT_PERMITTED
        book = self.state.books.get(command.instrument)
        return (book, OK) if book is not None else (None, Reason.UNKNOWN_INSTRUMENT)

    def _end_where(self, book: Book, reason: DoneReason, ends: Callable[[Order], bool]) -> None:
        for order in open_orders(self.state, book):
            if ends(order):
                self.matcher.end(order, reason)


def _is_held(terms: InstrumentRow, reason: int) -> bool:
    """What was halted or set aside for another cause is not the schedule's to move."""
    return reason == Cause.SCHEDULE and terms.phase in _SET_ASIDE and terms.cause != Cause.SCHEDULE


def _times_are_sound(command: commands.SetPhase, new: Phase) -> bool:
    """Only a call freezes or ends by itself, and not before now, nor ends before it freezes."""
    freezes, ends = command.freezes_at_ns, command.ends_at_ns
    if new not in CALLS:
        return not freezes and not ends
    return all(time == 0 or time >= command.timestamp_ns for time in (freezes, ends)) and (not ends or freezes <= ends)


def _crossed(book: Book) -> bool:
    bid, ask = book.bids.best, book.asks.best
    return bid is not None and ask is not None and bid.price_ticks >= ask.price_ticks
