"""Where an order stands: in the book, or outside it where nobody sees it; how it gets there, and how it ends.

Rule numbers are those of `docs/reference/matching.md`.
"""

from exchange.matching.order_book import (
    BUY,
    FOR_CLOSE,
    FOR_PEG,
    FOR_STOP,
    IN_CALL,
    OFFERED,
    SELL,
    Book,
    BookSide,
    Options,
    Order,
)
from exchange.matching.state import OFFER_EXPIRY, ORDER_EXPIRY, MachineState
from exchange.matching.writer import ACCEPTED, DONE, REFRESHED, RESTED, EventWriter
from exchange.vocabulary import events
from exchange.vocabulary.events import RESTS, WAITS
from exchange.vocabulary.instruments import OrderType
from exchange.vocabulary.reasons import DoneReason
from exchange.vocabulary.units import PPM, round_half_even

_MARKET, _PEGGED, _OCO = map(int, (OrderType.MARKET, OrderType.PEGGED, OrderType.OCO))
_EXPIRED = int(DoneReason.EXPIRED)
_TOLD = (
    "entry",
    "peg",
    "offset_ticks",
    "cap_ticks",
    "trail_ticks",
    "mark_ticks",
    "exit_price_ticks",
    "exit_stop_ticks",
)


def hold_needed(order: Order, price_ticks: int, leaves_lots: int) -> int:
    """What the order must hold with `leaves_lots` left at `price_ticks`, or at the worst price that it may come to."""
    if order.side == SELL:
        return leaves_lots
    if order.options is not None:
        price_ticks = max(price_ticks, order.options.cap_ticks)
    return hold_at(order, price_ticks, leaves_lots)


def hold_at(order: Order, price_ticks: int, leaves_lots: int) -> int:
    """What `leaves_lots` at `price_ticks` hold (rule 13): lots for a sell, for a buy
    N + round_half_even((fee_num + N × taker_ppm) / 10⁶) − fee paid, N being the notional left; what is left of
    `funds` where the order has them."""
    if order.side == SELL:
        return leaves_lots
    if order.funds_minor:
        return order.funds_minor - order.cum_notional_minor - order.fee_minor if leaves_lots else 0
    notional = price_ticks * leaves_lots * order.book.terms.minor_per_tick_lot
    return notional + round_half_even(order.fee_num + notional * order.taker_ppm, PPM) - order.fee_minor


def expiry(order: Order) -> tuple[int, int, int]:
    """The timer of an order that expires."""
    return order.expire_at_ns, ORDER_EXPIRY if order.offer is None else OFFER_EXPIRY, order.order_id


class Standing:
    """Every way into and out of the book, with the counters that follow."""

    def __init__(self, state: MachineState, writer: EventWriter) -> None:
        self.state = state
        self.writer = writer
        self.reached: list[Book] = []
        """Books of which the command being applied has moved or triggered stops."""
        self.linked: dict[int, Order] = {}
        """Orders of brackets that the command being applied has filled or triggered, by order id."""
        self.pegged: dict[int, Book] = {}
        """Books with pegged orders, by instrument."""
        for instrument, book in state.books.items():
            if book.pegs:
                self.pegged[instrument] = book

    def join_close(self, order: Order, price_ticks: int) -> None:
        """The closing auction has come for an order that waited; `price_ticks` is its limit in it."""
        self.stop_waiting(order)
        order.price_ticks = price_ticks
        change = self.set_hold(order, hold_needed(order, price_ticks, order.leaves_lots))
        if order.type == _MARKET:
            self.stand(order, IN_CALL)
            self.writer.order(RESTED, order, change, flags=WAITS)
        else:
            self.rest(order)
            self.writer.order(RESTED, order, change, flags=RESTS)

    def _wait(self, order: Order, what_for: int) -> None:
        self.stand(order, what_for)
        self._accepted(order, WAITS)

    def _peg(self, order: Order) -> None:
        """It is placed once the command is through."""
        order.book.pegs[order.order_id] = order
        order.book.peg_view = ()
        self.pegged[order.book.terms.instrument] = order.book
        self._wait(order, FOR_PEG)

    def _accepted(self, order: Order, flags: int = 0) -> None:
        """Tell of a new order, and of what it has besides."""
        self.writer.order(ACCEPTED, order, order.hold, flags=flags)
        options = order.options
        if options is not None and (order.type != _OCO or options.entry):
            self.tell_options(order, options)

    def tell_options(self, order: Order, options: Options) -> None:
        told = {name: getattr(options, name) for name in _TOLD}
        header = {"account": order.account.account, "instrument": order.book.terms.instrument}
        self.writer.event(events.OrderOptions(order_id=order.order_id, **header, **told))

    def stand(self, order: Order, what_for: int) -> None:
        """Put an order where those stand that nobody sees."""
        book = order.book
        order.waits = what_for
        if what_for == FOR_STOP:
            book.stops.add(order)
        elif what_for == FOR_CLOSE:
            book.at_close[order.order_id] = order
        elif what_for == OFFERED:
            book.offers[order.order_id] = order
        elif what_for == IN_CALL:
            self.state.last_place += 1
            order.place = self.state.last_place
            (book.call_buys if order.side == BUY else book.call_sells)[order.place] = order
        order.account.open_orders[order.order_id] = order
        order.entitlement.open_lots += order.leaves_lots

    def requeue(self, order: Order) -> None:
        """A market order in a call goes to the back of its queue."""
        self.stop_waiting(order)
        self.stand(order, IN_CALL)

    def stop_waiting(self, order: Order) -> None:
        book = order.book
        if order.waits == FOR_STOP:
            book.stops.remove(order)
        elif order.waits == FOR_CLOSE:
            del book.at_close[order.order_id]
        elif order.waits == OFFERED:
            del book.offers[order.order_id]
        elif order.waits == IN_CALL:
            del (book.call_buys if order.side == BUY else book.call_sells)[order.place]
            order.place = 0
        order.waits = 0
        del order.account.open_orders[order.order_id]
        order.entitlement.open_lots -= order.leaves_lots

    def rest(self, order: Order) -> None:
        """Join the book at the back of the order's level, which gives it its place."""
        self.state.last_place += 1
        order.place = self.state.last_place
        if order.display_lots:
            order.hidden_lots = max(0, order.leaves_lots - order.display_lots)
        order.book.side(order.side).add(order)
        if order.type == _OCO:
            order.book.stops.add(order)
        order.account.open_orders[order.order_id] = order
        order.entitlement.open_lots += order.leaves_lots

    def lift(self, order: Order) -> None:
        """Take a resting order out of the book without ending it."""
        order.book.side(order.side).remove(order)
        if order.type == _OCO:
            order.book.stops.remove(order)
        order.hidden_lots = 0
        del order.account.open_orders[order.order_id]
        order.entitlement.open_lots -= order.leaves_lots

    def end(self, order: Order, reason: int) -> None:
        """Cancel what is left of an order, wherever it is: hold released, remembered as done."""
        old_price = old_leaves = flags = 0
        if order.level is not None:
            old_price, old_leaves, hidden = order.price_ticks, order.leaves_lots, order.hidden_lots
            self.lift(order)
            order.hidden_lots = hidden  # What was never shown is not shown at the end.
        elif order.waits:
            self.stop_waiting(order)
            flags = WAITS
        released = order.hold
        order.held_balance().held -= released
        order.hold = 0
        self._finish(order, reason)
        self.writer.order(DONE, order, -released, old_price, old_leaves, flags, reason)

    def expire(self, order_id: int) -> None:
        """The time of a `GTD` order, or of an offer, is over."""
        self.end(self.state.orders[order_id], _EXPIRED)

    def set_hold(self, order: Order, hold: int) -> int:
        """Change what the order holds; returns the change."""
        change = hold - order.hold
        order.held_balance().held += change
        order.hold = hold
        return change

    def _finish(self, order: Order, reason: int) -> None:
        if order.expire_at_ns:
            self.state.timers.pop(expiry(order), None)
        if order.options is not None:
            self._forget_options(order)
        order.done_ns = self.writer.timestamp_ns
        order.done_reason = reason
        self.state.done_orders.append(order)

    def _forget_options(self, order: Order) -> None:
        """An order is found no more by what it followed."""
        book = order.book
        if order.type == _OCO:
            book.stops.remove(order)
        elif order.type == _PEGGED:
            del book.pegs[order.order_id]
            if not book.pegs:
                del self.pegged[book.terms.instrument]

    def _refresh(self, order: Order, side: BookSide) -> None:
        """An iceberg's next slice joins the back of its level (rule 5)."""
        side.remove(order)
        order.hidden_lots = max(0, order.leaves_lots - order.display_lots)
        self.state.last_place += 1
        order.place = self.state.last_place
        side.add(order)
        self.writer.order(REFRESHED, order, 0, flags=RESTS)

    def show_again(self, order: Order) -> None:
        """After an uncross an iceberg that is left shows its slice again, in its place."""
        assert order.level is not None
        hidden = max(0, order.leaves_lots - order.display_lots)
        order.level.lots += order.hidden_lots - hidden
        order.hidden_lots = hidden
        self.writer.order(REFRESHED, order, 0, flags=RESTS)

    def _take_off(self, order: Order, lots: int, *, hidden_first: bool) -> None:
        """Let a standing order's level and counters follow what it has lost already."""
        order.entitlement.open_lots -= lots
        if order.level is None:
            return
        shown = order.leaves_lots + lots - order.hidden_lots
        from_hidden = min(order.hidden_lots, lots) if hidden_first else max(0, lots - shown)
        order.hidden_lots -= from_hidden
        order.level.lots -= lots - from_hidden

    def _leave(self, order: Order) -> None:
        """Out of wherever it stands."""
        if order.level is not None:
            self.lift(order)
        elif order.waits:
            self.stop_waiting(order)

    def look_at_last(self, book: Book) -> None:
        """Trigger stops that the last price has reached already."""
        last = book.terms.last_price_ticks
        if last and book.stops.reach(last):
            self.reached.append(book)
