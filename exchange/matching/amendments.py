"""Amending an order (rule 8): what may change, what keeps its place, and what takes like a new order."""

from exchange.matching import checks
from exchange.matching.checks import OK
from exchange.matching.order_book import BUY, FOR_PEG, FOR_STOP, IN_CALL, SELL, Options, Order
from exchange.matching.orders import OrderDesk, worst_of_two
from exchange.matching.standing import hold_at, hold_needed
from exchange.matching.state import ORDER_EXPIRY, MachineState
from exchange.matching.trading import Matcher
from exchange.matching.wishes import Wish, shape
from exchange.matching.writer import AMENDED, EventWriter
from exchange.vocabulary import commands
from exchange.vocabulary.bands import collared
from exchange.vocabulary.events import RESTS, WAITS
from exchange.vocabulary.instruments import OrderFlag, OrderType, Phase
from exchange.vocabulary.reasons import Reason

_POST_ONLY = int(OrderFlag.POST_ONLY)
_, _MARKET, _STOP, _, _TRAILING, _PEGGED, _OCO, _ = map(int, OrderType)
_COLLARED = frozenset((_MARKET, _STOP, _TRAILING))
_CONTINUOUS = int(Phase.CONTINUOUS)
_NO_OPTIONS = Options()


class AmendDesk:
    """Amends pass permission, phase, limits and money again; refused, the order stands unchanged."""

    def __init__(self, state: MachineState, writer: EventWriter, matcher: Matcher, orders: OrderDesk) -> None:
        self.state = state
        self.writer = writer
        self.matcher = matcher
        self.orders = orders

    def amend(self, command: commands.AmendOrder) -> None:
        client_id = _padded(command.client_order_id)
        order, reason = self.orders.find(command.account, command.order_id, client_id)
        wish = None
        if order is not None and reason is OK:
            wish = _wish(order, command)
            reason = self._may_amend(order, wish, _padded(command.new_client_order_id))
        if order is None or wish is None or reason is not OK:
            subject = command.order_id or (order.order_id if order else 0)
            return self.writer.refused(reason, command.KIND, command.account, command.instrument, 0, subject, client_id)
        new_id = _padded(command.new_client_order_id)
        if new_id[0]:
            _rename(order, new_id)
        self._set_expiry(order, wish.expire_at_ns)
        order.display_lots = wish.display_lots
        if order.type == _PEGGED:
            return self._change_pegged(order, wish)
        if order.waits == IN_CALL:
            return self._change_queued(order, wish.lots)
        if order.waits:
            return self._change_waiting(order, wish)
        self._change(order, wish.price_ticks, wish.lots, wish.stop_price_ticks)
        return self.matcher.look_at_last(order.book) if order.type == _OCO else None

    def _change(self, order: Order, price: int, lots: int, stop: int) -> None:
        if order.type == _OCO:
            self._change_stop_leg(order, price, stop)
        old_price, old_leaves = order.price_ticks, order.leaves_lots
        leaves = lots - order.cum_lots
        keeps_place = price == old_price and lots <= order.lots
        if not keeps_place:
            self.matcher.lift(order)
        order.price_ticks, order.lots, order.leaves_lots, order.stop_price_ticks = price, lots, leaves, stop
        change = self.matcher.set_hold(order, hold_needed(order, price, leaves))
        if keeps_place:
            self._shrink_in_place(order, old_leaves - leaves)
            return self.writer.order(AMENDED, order, change, old_price, old_leaves, flags=RESTS)
        best = order.book.opposite(order.side).best
        if best is not None and book_trades(order) and checks.crosses(order, best.price_ticks):
            self.writer.order(AMENDED, order, change, old_price, old_leaves)
            return self.matcher.take(order)
        self.matcher.rest(order)
        return self.writer.order(AMENDED, order, change, old_price, old_leaves, flags=RESTS)

    def _change_stop_leg(self, order: Order, price: int, stop: int) -> None:
        stops, options = order.book.stops, order.options
        assert options is not None
        stops.remove(order)
        order.stop_price_ticks = stop
        options.cap_ticks = worst_of_two(order, price, stop)
        stops.add(order)

    def _change_pegged(self, order: Order, wish: Wish) -> None:
        """A smaller size keeps its place. Else it leaves the book, and is placed anew once the command is through."""
        options, old_price, old_leaves = order.options, order.price_ticks, order.leaves_lots
        assert options is not None
        stands, less = order.level is not None, order.lots - wish.lots
        keeps_place = stands and less >= 0 and wish.price_ticks == options.cap_ticks
        if stands and not keeps_place:
            self.matcher.lift(order)
        elif not stands:
            order.entitlement.open_lots -= less
        order.lots, order.leaves_lots, options.cap_ticks = wish.lots, old_leaves - less, wish.price_ticks
        if not stands:
            order.price_ticks = wish.price_ticks
        change = self.matcher.set_hold(order, hold_needed(order, wish.price_ticks, order.leaves_lots))
        order.book.peg_view = ()
        if keeps_place:
            self._shrink_in_place(order, less)
            return self.writer.order(AMENDED, order, change, old_price, old_leaves, flags=RESTS)
        if stands:
            self.writer.order(AMENDED, order, change, old_price, old_leaves)
            order.price_ticks, change = wish.price_ticks, 0
            self.matcher.stand(order, FOR_PEG)
        self.writer.order(AMENDED, order, change, flags=WAITS)
        return self.matcher.tell_options(order, options)

    def _shrink_in_place(self, order: Order, less: int) -> None:
        """An iceberg loses hidden lots first; what it shows stays as it is until it is used up."""
        assert order.level is not None
        from_hidden = min(order.hidden_lots, less)
        order.hidden_lots -= from_hidden
        order.level.lots -= less - from_hidden
        order.entitlement.open_lots -= less

    def _change_waiting(self, order: Order, wish: Wish) -> None:
        """What waits has no place to lose; a stop's new price may have been reached already."""
        stops = order.book.stops
        if order.waits == FOR_STOP:
            stops.remove(order)
        leaves = wish.lots - order.cum_lots
        order.entitlement.open_lots += leaves - order.leaves_lots
        order.lots, order.leaves_lots = wish.lots, leaves
        order.price_ticks = wish.price_ticks
        if order.type != _TRAILING:
            order.stop_price_ticks = wish.stop_price_ticks
        change = self.matcher.set_hold(order, hold_needed(order, order.price_ticks, leaves))
        self.writer.order(AMENDED, order, change, flags=WAITS)
        if order.waits == FOR_STOP:
            stops.add(order)
            self.matcher.look_at_last(order.book)

    def _change_queued(self, order: Order, lots: int) -> None:
        """A market order in a call: a smaller size keeps its place, a larger one loses it."""
        less = order.lots - lots
        if less < 0:
            self.matcher.requeue(order)
        order.lots, order.leaves_lots = lots, order.leaves_lots - less
        order.entitlement.open_lots -= less
        change = self.matcher.set_hold(order, hold_needed(order, order.price_ticks, order.leaves_lots))
        self.writer.order(AMENDED, order, change, flags=WAITS)

    def _set_expiry(self, order: Order, expire_at_ns: int) -> None:
        if expire_at_ns != order.expire_at_ns:
            timers = self.state.timers
            del timers[order.expire_at_ns, ORDER_EXPIRY, order.order_id]
            order.expire_at_ns = expire_at_ns
            timers[expire_at_ns, ORDER_EXPIRY, order.order_id] = (order.order_id, 0, 0)

    def _may_amend(self, order: Order, wish: Wish, new_id: bytes) -> Reason:
        """The groups of an order again, for the order as it would be."""
        account, book = order.account, order.book
        has_own_price = order.type not in _COLLARED or wish.price_ticks != _collar(order, wish.stop_price_ticks)
        asked = wish if has_own_price else wish._replace(price_ticks=0)
        reason = shape(asked, self.writer.timestamp_ns, new_id)
        if reason is OK and wish.lots <= order.cum_lots:
            reason = Reason.BAD_SIZE
        if reason is OK and new_id[0]:
            reason = self._may_rename(order, new_id)
        if reason is OK:
            more_lots = wish.lots - order.lots
            reason = checks.permission(self.state, account, book, order.side, more_lots, order.entitlement)
        if reason is OK and more_lots > 0 and (wish.exit_price_ticks or wish.exit_stop_ticks):
            reason = self.orders.may_exit(account, book, BUY + SELL - order.side, wish.lots - order.cum_lots)
        if reason is OK:
            reason = checks.market_state(order, 0)
        if reason is OK:
            banded = 0 if order.type in _COLLARED else wish.price_ticks
            reason = checks.limits(book.terms, banded, wish.lots)
        if reason is OK:
            notional = _dearest(order, wish) * wish.lots * book.terms.minor_per_tick_lot
            if checks.notional_above_maximum(book.terms, notional):
                reason = Reason.NOTIONAL_ABOVE_MAXIMUM
        return reason if reason is not OK else self._may_cost(order, wish)

    def _may_rename(self, order: Order, new_id: bytes) -> Reason:
        account = order.account
        if account.client_ids.get(new_id, order) is not order:
            return Reason.DUPLICATE_CLIENT_ORDER_ID
        full = new_id not in account.client_ids and len(account.client_ids) >= account.max_client_ids
        return Reason.TOO_MANY_CLIENT_IDS if full else OK

    def _may_cost(self, order: Order, wish: Wish) -> Reason:
        price, leaves = wish.price_ticks, wish.lots - order.cum_lots
        reason = checks.money(order, hold_at(order, _worst(order, wish), leaves) - order.hold)
        if reason is OK and order.post_only and order.type != _PEGGED and not order.waits and book_trades(order):
            best = order.book.opposite(order.side).best
            sign = order.book.side(order.side).sign
            if best is not None and best.price_ticks * sign >= price * sign:
                return Reason.POST_ONLY_WOULD_TAKE
        return reason


def book_trades(order: Order) -> bool:
    """Whether what crosses trades at once, which in a call it does not."""
    return order.book.terms.phase == _CONTINUOUS


def _collar(order: Order, stop_price_ticks: int) -> int:
    """The limit of an order that has no price of its own."""
    if order.type == _STOP:
        return collared(order.side, stop_price_ticks, order.book.terms.collar_ppm)
    return order.price_ticks


def _wish(order: Order, command: commands.AmendOrder) -> Wish:
    """The order as it would be asked for now. A plain stop's limit follows its stop price."""
    stop = command.stop_price_ticks or (0 if order.type == _TRAILING else order.stop_price_ticks)
    options = order.options or _NO_OPTIONS
    own_price = options.cap_ticks if order.type == _PEGGED else order.price_ticks
    price = command.price_ticks or (_collar(order, stop) if order.type in _COLLARED else own_price)
    lots = command.lots or order.lots
    return Wish(
        order.side,
        order.type,
        order.tif,
        order.self_trade,
        _POST_ONLY if order.post_only else 0,
        price,
        lots,
        command.display_lots or min(order.display_lots, max(lots, 0)),
        0,
        stop,
        0,
        command.expire_at_ns or order.expire_at_ns,
        options.trail_ticks,
        options.exit_price_ticks,
        options.exit_stop_ticks,
        options.offset_ticks,
        options.peg,
    )


def _worst(order: Order, wish: Wish) -> int:
    """The worst price that the order may come to."""
    return worst_of_two(order, wish.price_ticks, wish.stop_price_ticks) if order.type == _OCO else wish.price_ticks


def _dearest(order: Order, wish: Wish) -> int:
    """The highest price that it or its exit may come to."""
    return max(_worst(order, wish), wish.exit_price_ticks, wish.exit_stop_ticks)


def _rename(order: Order, new_id: bytes) -> None:
    """The first and the newest client order id find the order; one in between is free again."""
    ids = order.account.client_ids
    if order.last_client_order_id != order.client_order_id:
        ids.pop(order.last_client_order_id)
    order.last_client_order_id = new_id
    ids[new_id] = order


def _padded(client_order_id: str) -> bytes:
    return client_order_id.encode().ljust(40, b"\0")
