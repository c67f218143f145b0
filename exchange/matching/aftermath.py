"""What a command's trades set off once it has finished matching: exits of brackets, stops, and pegged orders.

Rule numbers are those of `docs/reference/matching.md`.
"""

from exchange.matching import checks
from exchange.matching.offers import OfferMatcher
from exchange.matching.order_book import BUY, SELL, Book, Options, Order
from exchange.matching.pegs import Pegs
from exchange.matching.standing import hold_needed
from exchange.matching.state import Entitlement, MachineState
from exchange.matching.writer import AMENDED, TRIGGERED, EventWriter
from exchange.vocabulary.bands import collared
from exchange.vocabulary.codec import NO_DIGEST
from exchange.vocabulary.events import RESTS, WAITS
from exchange.vocabulary.instruments import OrderType, Phase, TimeInForce
from exchange.vocabulary.reasons import DoneReason

_LIMIT, _STOP, _STOP_LIMIT, _OCO = map(int, (OrderType.LIMIT, OrderType.STOP, OrderType.STOP_LIMIT, OrderType.OCO))
_CONTINUOUS = int(Phase.CONTINUOUS)
_GTC = int(TimeInForce.GTC)


class Aftermath(OfferMatcher):
    """A matcher that follows up; `settle_down` is called after every command."""

    def __init__(self, state: MachineState, writer: EventWriter) -> None:
        super().__init__(state, writer)
        self._pegs = Pegs(self, state, writer)

    def settle_down(self) -> None:
        """Exits of brackets, then triggered stops, then pegged orders, and again, until nothing moves."""
        while True:
            if self.linked:
                self._follow_fills()
            elif self.reached:
                self._release_stops()
            elif not self._pegs.follow():
                return

    def _release_stops(self) -> None:
        """Triggered stops enter one by one, lowest id first, what they trigger merging in (rule 6)."""
        reached, self.reached = self.reached, []
        for book in reached:
            self._tell_moved(book)
            triggered = book.stops.triggered
            while triggered and book.terms.phase == _CONTINUOUS:
                self._release(triggered.peekitem(0)[1])
                self._tell_moved(book)

    def _tell_moved(self, book: Book) -> None:
        """Trailing stops with the price they have now, and what a buy needs to hold no more (rule 23)."""
        while book.stops.moved:
            _, order = book.stops.moved.popitem(0)
            order.price_ticks = collared(order.side, order.stop_price_ticks, book.terms.collar_ppm)
            change = self.set_hold(order, hold_needed(order, order.price_ticks, order.leaves_lots))
            self.writer.order(AMENDED, order, change, flags=WAITS)

    def _release(self, order: Order) -> None:
        """A triggered stop is never refused; what would refuse it as an order ends it."""
        if order.type == _OCO:
            old_price, old_leaves = order.price_ticks, order.leaves_lots
            self.lift(order)
            order.price_ticks = collared(order.side, order.stop_price_ticks, order.book.terms.collar_ppm)
            self.writer.order(TRIGGERED, order, 0, old_price, old_leaves)
        else:
            self.stop_waiting(order)
            self.writer.order(TRIGGERED, order, 0)
        self._link(order)
        best = order.book.opposite(order.side).best
        crosses = best is not None and checks.crosses(order, best.price_ticks)
        if order.type == _STOP_LIMIT and checks.band_refuses(order.book.terms, order.price_ticks):
            self.end(order, DoneReason.OUTSIDE_BAND)
        elif crosses and order.post_only and order.type == _STOP_LIMIT:
            self.end(order, DoneReason.POST_ONLY_WOULD_TAKE)
        elif order.type != _STOP_LIMIT and best is None:
            self.end(order, DoneReason.NO_LIQUIDITY)
        else:
            self.take(order)

    def _follow_fills(self) -> None:
        """Close what entries have filled; end the entry of which an exit has traded or triggered (rule 26)."""
        linked, self.linked = self.linked, {}
        for _, order in sorted(linked.items()):
            options = order.options
            assert options is not None
            entry = self.state.orders.get(options.entry) if options.entry else None
            if entry is not None and not entry.done_ns:
                self.end(entry, DoneReason.EXITED)
            elif options.exit_price_ticks or options.exit_stop_ticks:
                self._close(order, options)

    def _close(self, entry: Order, options: Options) -> None:
        """Have an exit for all that the entry has filled; one that has ended is not made again."""
        more = entry.cum_lots - options.closed_lots
        options.closed_lots = entry.cum_lots
        exit_order = self.state.orders.get(options.exit)
        if not options.exit:
            options.exit = entry.order_id + 1
            self._enter_exit(self._exit(entry, options, more))
        elif more and exit_order is not None and not exit_order.done_ns:
            self._grow(exit_order, more)

    def _exit(self, entry: Order, options: Options, lots: int) -> Order:
        book, account, side = entry.book, entry.account, BUY + SELL - entry.side
        entitlement = account.entitlements.get((book.terms.instrument, side))
        if entitlement is None:
            # Taken back since; the exit is told of, and ends at once.
            entitlement = Entitlement(account.account, book.terms.instrument, side, 0, 0, 0, 0, 0, NO_DIGEST)
        order = Order(options.exit, account, book, entitlement, self.writer.timestamp_ns)
        order.side, order.tif, order.self_trade = side, _GTC, entry.self_trade
        order.lots = order.leaves_lots = lots
        order.options = Options()
        order.options.entry = entry.order_id
        order.stop_price_ticks = options.exit_stop_ticks
        stop_limit = collared(side, order.stop_price_ticks, book.terms.collar_ppm) if order.stop_price_ticks else 0
        order.price_ticks = options.exit_price_ticks or stop_limit
        order.type = (_OCO if stop_limit else _LIMIT) if options.exit_price_ticks else _STOP
        if order.type == _OCO:
            order.options.cap_ticks = max(order.price_ticks, stop_limit)
        return order

    def _enter_exit(self, order: Order) -> None:
        hold = hold_needed(order, order.price_ticks, order.leaves_lots)
        refused = self._refused_exit(order, hold)
        if refused:
            self.state.orders[order.order_id] = order
            self._accepted(order)
            return self.end(order, refused)
        order.hold = hold
        return self.enter(order)

    def _refused_exit(self, order: Order, hold: int) -> DoneReason:
        """What has come about since the entry was let in."""
        if not order.entitlement.entitlement:
            return DoneReason.ENTITLEMENT_REVOKED
        if order.entitlement.expires_at_ns < self.state.timestamp_ns:
            return DoneReason.ENTITLEMENT_EXPIRED
        if order.type != _STOP and checks.band_refuses(order.book.terms, order.price_ticks):
            return DoneReason.OUTSIDE_BAND
        return DoneReason.INSUFFICIENT_FUNDS if checks.money(order, hold) else DoneReason.NONE

    def _grow(self, order: Order, more: int) -> None:
        """A larger size loses its place, as in any amendment."""
        leaves = order.leaves_lots + more
        if checks.money(order, hold_needed(order, order.price_ticks, leaves) - order.hold):
            return self.end(order, DoneReason.INSUFFICIENT_FUNDS)
        old_price, old_leaves = order.price_ticks, order.leaves_lots
        rests = order.level is not None
        if rests:
            self.lift(order)
        else:
            order.entitlement.open_lots += more
        order.lots, order.leaves_lots = order.lots + more, leaves
        change = self.set_hold(order, hold_needed(order, order.price_ticks, leaves))
        if rests:
            self.rest(order)
            return self.writer.order(AMENDED, order, change, old_price, old_leaves, flags=RESTS)
        return self.writer.order(AMENDED, order, change, flags=WAITS)
