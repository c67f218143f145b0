"""Price-time matching with settlement: what happens to an order once nothing can refuse it any more.

Rule numbers are those of `docs/reference/matching.md`.
"""

from exchange.matching import checks
from exchange.matching.order_book import BUY, SELL, Book, BookSide, Level, Order
from exchange.matching.state import ORDER_EXPIRY, MachineState
from exchange.matching.writer import ACCEPTED, AMENDED, DONE, REFRESHED, RESTED, TRIGGERED, EventWriter
from exchange.vocabulary.events import RESTS, WAITS
from exchange.vocabulary.instruments import MatchType, OrderType, Phase, SelfTrade, TimeInForce
from exchange.vocabulary.reasons import DoneReason
from exchange.vocabulary.units import PPM, round_half_even

# Plain integers: comparing an IntEnum member costs a dozen times as much.
_RESTING = frozenset(map(int, (TimeInForce.GTC, TimeInForce.DAY, TimeInForce.GTD)))
_STOP, _STOP_LIMIT = int(OrderType.STOP), int(OrderType.STOP_LIMIT)
_CONTINUOUS_PHASE = int(Phase.CONTINUOUS)
_DECREMENT = int(SelfTrade.DECREMENT)
_CANCEL_OLDEST = int(SelfTrade.CANCEL_OLDEST)
_CANCEL_BOTH = int(SelfTrade.CANCEL_BOTH)
_CANCEL_NEWEST = int(SelfTrade.CANCEL_NEWEST)
_CONTINUOUS = int(MatchType.CONTINUOUS)
_FILLED = int(DoneReason.FILLED)
_SELF_TRADE = int(DoneReason.SELF_TRADE)
_IOC_REMAINDER = int(DoneReason.IOC_REMAINDER)
_EXPIRED = int(DoneReason.EXPIRED)
_OUTSIDE_BAND = int(DoneReason.OUTSIDE_BAND)
_NO_LIQUIDITY = int(DoneReason.NO_LIQUIDITY)
_POST_ONLY_WOULD_TAKE = int(DoneReason.POST_ONLY_WOULD_TAKE)


def hold_needed(order: Order, price_ticks: int, leaves_lots: int) -> int:
    """What the order must hold with `leaves_lots` left at `price_ticks` (rule 13): lots for a sell, for a buy
    N + round_half_even((fee_num + N × taker_ppm) / 10⁶) − fee paid, N being the notional left; what is left of
    `funds` where the order has them."""
    if order.side == SELL:
        return leaves_lots
    if order.funds_minor:
        return order.funds_minor - order.cum_notional_minor - order.fee_minor if leaves_lots else 0
    notional = price_ticks * leaves_lots * order.book.terms.minor_per_tick_lot
    return notional + round_half_even(order.fee_num + notional * order.taker_ppm, PPM) - order.fee_minor


class Matcher:
    """Takes, rests and ends orders, moving money and claims with each fill."""

    def __init__(self, state: MachineState, writer: EventWriter) -> None:
        self.state = state
        self.writer = writer
        self.reached: list[Book] = []
        """Books of which the command being applied has triggered stops."""

    def enter(self, order: Order) -> None:
        """A new order with its hold counted out but not yet taken: hold, match, rest or end (rules 1-4)."""
        order.held_balance().held += order.hold
        self.state.orders[order.order_id] = order
        if order.expire_at_ns:
            self.state.timers[order.expire_at_ns, ORDER_EXPIRY, order.order_id] = (order.order_id, 0, 0)
        if order.type >= _STOP:
            self._wait(order)
            return
        best = order.book.opposite(order.side).best
        crosses = best is not None and (
            best.price_ticks <= order.price_ticks if order.side == BUY else best.price_ticks >= order.price_ticks
        )
        if not crosses and order.tif in _RESTING:
            self.rest(order)
            self.writer.order(ACCEPTED, order, order.hold, flags=RESTS)
            return
        self.writer.order(ACCEPTED, order, order.hold)
        self.take(order)

    def take(self, taker: Order) -> None:
        """Match an order that is not in the book, then rest or end what is left of it."""
        if taker.funds_minor:
            return self._spend(taker)
        opposite = taker.book.opposite(taker.side)
        limit, buys, owner = taker.price_ticks, taker.side == BUY, taker.account.owner
        while taker.leaves_lots:
            level = opposite.best
            if level is None or (level.price_ticks > limit if buys else level.price_ticks < limit):
                break
            maker = next(iter(level.orders.values()))
            if maker.account.owner == owner:
                self._prevent_self_trade(taker, maker, level)
                if taker.done_ns:
                    return None
            else:
                self._fill(taker, maker, level, opposite)
        if not taker.leaves_lots:
            self._finish(taker, _FILLED)
        elif taker.tif in _RESTING and taker.type != _STOP:
            self.rest(taker)
            self.writer.order(RESTED, taker, 0, flags=RESTS)
        else:
            self.end(taker, _IOC_REMAINDER)
        return None

    def _spend(self, taker: Order) -> None:
        """A market buy by amount: each fill takes the most whole lots that what is left pays for (rule 3).

        It has no size of its own: `leaves_lots` is what it could still pay for at the price at hand.
        """
        asks, entitlement = taker.book.asks, taker.entitlement
        quota = entitlement.position_limit_lots - checks.position_lots(taker.account, taker.book, BUY, entitlement)
        reason = _IOC_REMAINDER
        while quota > taker.cum_lots and (level := asks.best) and level.price_ticks <= taker.price_ticks:
            lots = min(checks.affordable_lots(taker, level.price_ticks), quota - taker.cum_lots)
            if not lots:
                reason = _FILLED
                break
            maker = next(iter(level.orders.values()))
            if maker.account.owner == taker.account.owner:
                self._prevent_self_trade(taker, maker, level)
                if taker.done_ns:
                    return None
                continue
            taker.leaves_lots = lots
            self._fill(taker, maker, level, asks)
            if not taker.leaves_lots:
                return self._finish(taker, _FILLED)
        taker.leaves_lots = 0
        return self.end(taker, reason)

    def _wait(self, order: Order) -> None:
        """A stop, outside the book; its price may have been reached before it came."""
        order.waits = 1
        order.account.open_orders[order.order_id] = order
        order.entitlement.open_lots += order.leaves_lots
        order.book.stops.add(order)
        self.writer.order(ACCEPTED, order, order.hold, flags=WAITS)
        self.look_at_last(order.book)

    def look_at_last(self, book: Book) -> None:
        """Trigger stops that the last price has reached already."""
        last = book.terms.last_price_ticks
        if last and book.stops.print(last):
            self.reached.append(book)

    def release_stops(self) -> None:
        """After a command: triggered stops enter one by one, lowest id first, what they trigger merging in (rule 6)."""
        reached, self.reached = self.reached, []
        for book in reached:
            triggered = book.stops.triggered
            while triggered and book.terms.phase == _CONTINUOUS_PHASE:
                self._release(triggered.peekitem(0)[1])
        self.reached.clear()

    def _release(self, order: Order) -> None:
        """A triggered stop is never refused; what would refuse it as an order ends it."""
        self._stop_waiting(order)
        self.writer.order(TRIGGERED, order, 0)
        best = order.book.opposite(order.side).best
        crosses = best is not None and checks.crosses(order, best.price_ticks)
        if order.type == _STOP_LIMIT and checks.band_refuses(order.book.terms, order.price_ticks):
            self.end(order, _OUTSIDE_BAND)
        elif crosses and order.post_only:
            self.end(order, _POST_ONLY_WOULD_TAKE)
        elif order.type == _STOP and best is None:
            self.end(order, _NO_LIQUIDITY)
        else:
            self.take(order)

    def _stop_waiting(self, order: Order) -> None:
        order.book.stops.remove(order)
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
        order.account.open_orders[order.order_id] = order
        order.entitlement.open_lots += order.leaves_lots

    def lift(self, order: Order) -> None:
        """Take a resting order out of the book without ending it."""
        order.book.side(order.side).remove(order)
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
            self._stop_waiting(order)
            flags = WAITS
        released = order.hold
        order.held_balance().held -= released
        order.hold = 0
        self._finish(order, reason)
        self.writer.order(DONE, order, -released, old_price, old_leaves, flags, reason)

    def expire(self, order_id: int) -> None:
        """A `GTD` order's time is over."""
        self.end(self.state.orders[order_id], _EXPIRED)

    def set_hold(self, order: Order, hold: int) -> int:
        """Change what the order holds; returns the change."""
        change = hold - order.hold
        order.held_balance().held += change
        order.hold = hold
        return change

    def _finish(self, order: Order, reason: int) -> None:
        if order.expire_at_ns:
            self.state.timers.pop((order.expire_at_ns, ORDER_EXPIRY, order.order_id), None)
        order.done_ns = self.writer.timestamp_ns
        order.done_reason = reason
        self.state.done_orders.append(order)

    def _fill(self, taker: Order, maker: Order, level: Level, side: BookSide) -> None:
        """One trade at the maker's price, settled delivery versus payment (rules 1, 12, 13, 14)."""
        lots, book = maker.leaves_lots - maker.hidden_lots, maker.book
        lots = min(lots, taker.leaves_lots)
        terms = book.terms
        notional = level.price_ticks * lots * terms.minor_per_tick_lot
        maker_fee = _add_fill(maker, lots, notional, maker.maker_ppm)
        taker_fee = _add_fill(taker, lots, notional, taker.taker_ppm)
        level.lots -= lots
        maker.entitlement.open_lots -= lots
        if taker.side == BUY:
            maker_change, taker_change = self._settle(taker, maker, lots, notional, taker_fee, maker_fee)[::-1]
        else:
            maker_change, taker_change = self._settle(maker, taker, lots, notional, maker_fee, taker_fee)
        if not maker.leaves_lots:
            side.remove(maker)
            del maker.account.open_orders[maker.order_id]
            self._finish(maker, _FILLED)
        self.writer.trade(
            maker, taker, lots, notional, (maker_fee, taker_fee), (maker_change, taker_change), _CONTINUOUS
        )
        if maker.hidden_lots and maker.hidden_lots == maker.leaves_lots:
            self._refresh(maker, side)
        if book.stops and book.stops.print(terms.last_price_ticks):
            self.reached.append(book)

    def _refresh(self, order: Order, side: BookSide) -> None:
        """An iceberg's next slice joins the back of its level (rule 5)."""
        side.remove(order)
        order.hidden_lots = max(0, order.leaves_lots - order.display_lots)
        self.state.last_place += 1
        order.place = self.state.last_place
        side.add(order)
        self.writer.order(REFRESHED, order, 0, flags=RESTS)

    def _settle(
        self, buyer: Order, seller: Order, lots: int, notional: int, buyer_fee: int, seller_fee: int
    ) -> tuple[int, int]:
        """Cash to the seller less its fee, claims to the buyer, fees to the venue; returns (buyer's, seller's) change
        of hold."""
        terms = buyer.book.terms
        hold = hold_needed(buyer, buyer.price_ticks, buyer.leaves_lots)
        buyer_change, buyer.hold = hold - buyer.hold, hold
        seller.hold -= lots
        cash = buyer.account.balance(terms.quote)
        cash.total -= notional + buyer_fee
        cash.held += buyer_change
        claims = seller.account.balance(terms.base)
        claims.total -= lots
        claims.held -= lots
        buyer.account.balance(terms.base).total += lots
        seller.account.balance(terms.quote).total += notional - seller_fee
        self.state.venue.balance(terms.quote).total += buyer_fee + seller_fee
        if buyer.entitlement.min_days or seller.entitlement.min_days:
            self._remember_day(buyer, seller)
        return buyer_change, -lots

    def _remember_day(self, *orders: Order) -> None:
        for order in orders:
            terms = order.book.terms
            self.state.last_days[order.account.owner, terms.instrument, order.side] = terms.trading_day

    def _prevent_self_trade(self, taker: Order, maker: Order, level: Level) -> None:
        """The incoming order's mode decides (rule 11)."""
        mode = taker.self_trade
        if mode == _DECREMENT and taker.funds_minor:
            mode = _CANCEL_NEWEST
        if mode == _DECREMENT:
            self._decrement(taker, maker, level)
            return
        if mode in (_CANCEL_OLDEST, _CANCEL_BOTH):
            self.end(maker, _SELF_TRADE)
        if mode != _CANCEL_OLDEST:
            self.end(taker, _SELF_TRADE)

    def _decrement(self, taker: Order, maker: Order, level: Level) -> None:
        """Both shrink by the smaller remaining size, hidden lots first; what reaches zero is cancelled."""
        lots = min(taker.leaves_lots, maker.leaves_lots)
        old_leaves = maker.leaves_lots
        from_hidden = min(maker.hidden_lots, lots)
        maker.hidden_lots -= from_hidden
        for order in (maker, taker):
            order.lots -= lots
            order.leaves_lots -= lots
        level.lots -= lots - from_hidden
        maker.entitlement.open_lots -= lots
        self._shrunk(maker, level.price_ticks, old_leaves)
        self._shrunk(taker, 0, 0)

    def _shrunk(self, order: Order, old_price: int, old_leaves: int) -> None:
        resting = order.level is not None
        if order.leaves_lots:
            change = self.set_hold(order, hold_needed(order, order.price_ticks, order.leaves_lots))
            flags = RESTS if resting else 0
            self.writer.order(AMENDED, order, change, old_price, old_leaves, flags, _SELF_TRADE)
            return
        if resting:
            self.lift(order)
        change = self.set_hold(order, 0)
        self._finish(order, _SELF_TRADE)
        self.writer.order(DONE, order, change, old_price, old_leaves, reason=_SELF_TRADE)


def _add_fill(order: Order, lots: int, notional: int, ppm: int) -> int:
    """Count a fill into the order; its fee is what all fills together cost less what they cost so far (rule 12)."""
    order.leaves_lots -= lots
    order.cum_lots += lots
    order.cum_notional_minor += notional
    order.fee_num += notional * ppm
    quotient, remainder = divmod(order.fee_num, PPM)
    if remainder > 500_000 or (remainder == 500_000 and quotient & 1):
        quotient += 1
    fee = quotient - order.fee_minor
    order.fee_minor = quotient
    return fee
