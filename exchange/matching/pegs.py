"""Pegged orders: their price follows the best of the orders that are not pegged (rule 24).

They stand in the book in `continuous` only, where there is a price to follow, and wait outside it else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from exchange.matching import checks
from exchange.matching.order_book import BUY, FOR_PEG, SELL, Book, BookSide, Order
from exchange.matching.writer import AMENDED, EventWriter
from exchange.vocabulary.events import RESTS, WAITS
from exchange.vocabulary.instruments import OrderType, Peg, Phase
from exchange.vocabulary.units import MAX_PRICE_TICKS

if TYPE_CHECKING:
    from exchange.matching.state import MachineState
    from exchange.matching.trading import Matcher

_PEGGED = int(OrderType.PEGGED)
_CONTINUOUS = int(Phase.CONTINUOUS)
_BEST_BID, _BEST_ASK = int(Peg.BEST_BID), int(Peg.BEST_ASK)


class Pegs:
    def __init__(self, matcher: Matcher, state: MachineState, writer: EventWriter) -> None:
        self.matcher = matcher
        self.state = state
        self.writer = writer

    def follow(self) -> bool:
        """Move the pegged orders of the books that the command touched; whether one moved."""
        moved = False
        pegged = self.matcher.pegged
        for instrument in self.writer.touched() if pegged else ():
            book = pegged.get(instrument)
            if book is not None and book.peg_view != _view(book):
                moved = self._move_all(book) or moved
        return moved

    def _move_all(self, book: Book) -> bool:
        """Lowest order id first, until each stands where it should: a price that one frees may be another's."""
        moved = False
        while True:
            moves = [self._move(order) for _, order in sorted(book.pegs.items())]
            if not any(moves):
                book.peg_view = _view(book)
                return moved
            moved = True

    def _move(self, order: Order) -> bool:
        if order.done_ns:
            return False
        price, stands = target(order), order.level is not None
        if price == (order.price_ticks if stands else 0):
            return False
        old_price, old_leaves = (order.price_ticks, order.leaves_lots) if stands else (0, 0)
        matcher = self.matcher
        if stands:
            matcher.lift(order)
        else:
            matcher.stop_waiting(order)
        if not price:
            self.writer.order(AMENDED, order, 0, old_price, old_leaves)
            matcher.stand(order, FOR_PEG)
            self.writer.order(AMENDED, order, 0, flags=WAITS)
            return True
        order.price_ticks = price
        best = order.book.opposite(order.side).best
        if best is not None and checks.crosses(order, best.price_ticks):
            self.writer.order(AMENDED, order, 0, old_price, old_leaves)
            matcher.take(order)
        else:
            matcher.rest(order)
            self.writer.order(AMENDED, order, 0, old_price, old_leaves, flags=RESTS)
        return True


def target(order: Order) -> int:
    """Where a pegged order should stand now; zero where it should wait."""
    book, options = order.book, order.options
    assert options is not None
    followed = _followed(book, options.peg, order.side)
    if book.terms.phase != _CONTINUOUS or not followed:
        return 0
    low, high = checks.static_bounds(book)
    price = followed + options.offset_ticks
    price = min(price, options.cap_ticks) if order.side == BUY else max(price, options.cap_ticks)
    best = book.opposite(order.side).best
    if order.post_only and best is not None:
        behind = best.price_ticks - 1 if order.side == BUY else best.price_ticks + 1
        price = min(price, behind) if order.side == BUY else max(price, behind)
    return price if max(low, 1) <= price <= min(high, MAX_PRICE_TICKS) else 0


def _followed(book: Book, peg: int, side: int) -> int:
    """Best bid, best ask, or their middle, rounded away from the other side; zero where there is none."""
    bid, ask = _best_unpegged(book.bids), _best_unpegged(book.asks)
    if peg == _BEST_BID:
        return bid
    if peg == _BEST_ASK:
        return ask
    return (bid + ask + (side == SELL)) // 2 if bid and ask else 0


def _best_unpegged(side: BookSide) -> int:
    for level in side:
        if any(order.type != _PEGGED for order in level.orders.values()):
            return level.price_ticks
    return 0


def _view(book: Book) -> tuple[int, ...]:
    """All that prices of pegged orders depend on, but for the orders themselves."""
    best_bid, best_ask = book.bids.best, book.asks.best
    terms = book.terms
    return (
        terms.phase,
        terms.reference_price_ticks,
        _best_unpegged(book.bids),
        _best_unpegged(book.asks),
        best_bid.price_ticks if best_bid else 0,
        best_ask.price_ticks if best_ask else 0,
    )
