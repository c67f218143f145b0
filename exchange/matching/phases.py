"""An instrument's phase and reference price."""

from exchange.matching import checks
from exchange.matching.order_book import Book
from exchange.matching.registry import Registry
from exchange.matching.state import MachineState
from exchange.matching.trading import Matcher
from exchange.matching.writer import EventWriter
from exchange.vocabulary import commands, events
from exchange.vocabulary.instruments import Phase, TimeInForce
from exchange.vocabulary.reasons import DoneReason, Reason
from exchange.vocabulary.units import MAX_PRICE_TICKS

OK = Reason.NONE

_ALWAYS = {Phase.HALTED, Phase.CANCEL_ONLY, Phase.CLOSED}
LEGAL_MOVES = {
    Phase.CLOSED: _ALWAYS,
    Phase.CONTINUOUS: _ALWAYS,
    Phase.HALTED: _ALWAYS | {Phase.CONTINUOUS},
    Phase.CANCEL_ONLY: _ALWAYS | {Phase.CONTINUOUS},
}
"""Rules version 1 has no call phases; every move between its four is here."""


class PhaseDesk:
    def __init__(self, state: MachineState, writer: EventWriter, matcher: Matcher, registry: Registry) -> None:
        self.state = state
        self.writer = writer
        self.matcher = matcher
        self.registry = registry

    def set_phase(self, command: commands.SetPhase) -> Reason:
        """Leaving `closed` ends orders outside the static band; the trading day never goes back."""
        book, reason = self._managed_book(command)
        if book is None:
            return reason
        terms = book.terms
        try:
            new = Phase(command.phase)
        except ValueError:
            return Reason.BAD_PHASE
        if new == terms.phase or new not in LEGAL_MOVES[Phase(terms.phase)]:
            return Reason.BAD_PHASE
        if command.trading_day and command.trading_day < terms.trading_day:
            return Reason.BAD_VALUE
        if new is Phase.CONTINUOUS and _crossed(book):
            return Reason.CROSSED_BOOK
        old, terms.phase = terms.phase, int(new)
        terms.trading_day = command.trading_day or terms.trading_day
        terms.product_sequence += 1
        self.writer.event(
            events.PhaseSet(
                instrument=terms.instrument,
                product_sequence=terms.product_sequence,
                phase=new,
                old_phase=old,
                trading_day=terms.trading_day,
                evidence=command.evidence,
            )
        )
        if new is Phase.CLOSED:
            self._end_day_orders(book)
        if new is Phase.CONTINUOUS and book.stops.triggered:
            self.matcher.reached.append(book)
        if old == Phase.CLOSED and terms.reference_price_ticks and terms.static_band_ppm:
            self._end_outside_band(book)
        return OK

    def set_reference_price(self, command: commands.SetReferencePrice) -> Reason:
        book, reason = self._managed_book(command)
        if book is None:
            return reason
        if not 1 <= command.price_ticks <= MAX_PRICE_TICKS:
            return Reason.BAD_PRICE
        terms = book.terms
        terms.reference_price_ticks = command.price_ticks
        terms.product_sequence += 1
        self.writer.event(
            events.ReferencePriceSet(
                instrument=terms.instrument, product_sequence=terms.product_sequence, price_ticks=command.price_ticks
            )
        )
        return OK

    def _managed_book(self, command: commands.SetPhase | commands.SetReferencePrice) -> tuple[Book | None, Reason]:
        if not self.registry.may_manage(command.actor):
            return None, Reason.NOT_PERMITTED
        book = self.state.books.get(command.instrument)
        return (book, OK) if book is not None else (None, Reason.UNKNOWN_INSTRUMENT)

    def _end_day_orders(self, book: Book) -> None:
        """The trading day is over, for orders that wait unseen too."""
        ended = [
            order
            for account in self.state.accounts.values()
            for order in account.open_orders.values()
            if order.book is book and order.tif == TimeInForce.DAY
        ]
        for order in sorted(ended, key=lambda order: order.order_id):
            self.matcher.end(order, DoneReason.DAY_ENDED)

    def _end_outside_band(self, book: Book) -> None:
        outside = [
            order
            for side in (book.bids, book.asks)
            for level in side
            if checks.outside_band(book.terms, level.price_ticks)
            for order in level.orders.values()
        ]
        for order in sorted(outside, key=lambda order: order.order_id):
            self.matcher.end(order, DoneReason.OUTSIDE_BAND)


def _crossed(book: Book) -> bool:
    bid, ask = book.bids.best, book.asks.best
    return bid is not None and ask is not None and bid.price_ticks >= ask.price_ticks
