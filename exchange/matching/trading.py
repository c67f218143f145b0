"""Price-time matching with settlement: what happens to an order once nothing can refuse it any more.

Rule numbers are those of `docs/reference/matching.md`.
"""

from collections.abc import Callable

from exchange.matching import checks
from exchange.matching.order_book import BUY, FOR_CLOSE, FOR_STOP, IN_CALL, Book, BookSide, Level, Order
from exchange.matching.self_trade import SelfTradePrevention
from exchange.matching.standing import hold_needed
from exchange.matching.state import ORDER_EXPIRY, MachineState
from exchange.matching.writer import ACCEPTED, RESTED, EventWriter
from exchange.vocabulary.events import RESTS
from exchange.vocabulary.instruments import MatchType, OrderType, Phase, SelfTrade, TimeInForce
from exchange.vocabulary.reasons import DoneReason
from exchange.vocabulary.units import PPM

# Plain integers: comparing an IntEnum member costs a dozen times as much.
_RESTING = frozenset(map(int, (TimeInForce.GTC, TimeInForce.DAY, TimeInForce.GTD)))
_LIMIT, _MARKET, _STOP, _, _TRAILING, _PEGGED, _OCO, _ = map(int, OrderType)
_CONTINUOUS_PHASE, _CLOSING_AUCTION = int(Phase.CONTINUOUS), int(Phase.CLOSING_AUCTION)
_AT_OPEN, _AT_CLOSE = int(TimeInForce.AT_OPEN), int(TimeInForce.AT_CLOSE)
_AUCTION = int(MatchType.AUCTION)
_DECREMENT = int(SelfTrade.DECREMENT)
_CANCEL_OLDEST = int(SelfTrade.CANCEL_OLDEST)
_CANCEL_BOTH = int(SelfTrade.CANCEL_BOTH)
_CANCEL_NEWEST = int(SelfTrade.CANCEL_NEWEST)
_CONTINUOUS = int(MatchType.CONTINUOUS)
_FILLED = int(DoneReason.FILLED)
_SELF_TRADE = int(DoneReason.SELF_TRADE)
_IOC_REMAINDER = int(DoneReason.IOC_REMAINDER)
_VOLATILITY = int(DoneReason.VOLATILITY)
_OUTSIDE_BAND = int(DoneReason.OUTSIDE_BAND)
_NO_LIQUIDITY = int(DoneReason.NO_LIQUIDITY)
_POST_ONLY_WOULD_TAKE = int(DoneReason.POST_ONLY_WOULD_TAKE)


class Matcher(SelfTradePrevention):
    """Takes, fills and settles: money and claims move with each fill."""

    def __init__(self, state: MachineState, writer: EventWriter) -> None:
        super().__init__(state, writer)
        self.interrupt: Callable[[Book], None]
        """Starts a volatility auction; the phase desk gives it."""

    def enter(self, order: Order) -> None:
        """A new order with its hold counted out but not yet taken: hold, match, rest or end (rules 1-4)."""
        order.held_balance().held += order.hold
        self.state.orders[order.order_id] = order
        if order.expire_at_ns:
            self.state.timers[order.expire_at_ns, ORDER_EXPIRY, order.order_id] = (order.order_id, 0, 0)
        book = order.book
        if order.type > _MARKET and order.type != _OCO:
            if order.type == _PEGGED:
                return self._peg(order)
            self._wait(order, FOR_STOP)
            return self.look_at_last(book)
        if book.terms.phase != _CONTINUOUS_PHASE or order.tif >= _AT_OPEN:
            return self._join_or_wait(order)
        best = book.opposite(order.side).best
        crosses = best is not None and (
            best.price_ticks <= order.price_ticks if order.side == BUY else best.price_ticks >= order.price_ticks
        )
        if not crosses and order.tif in _RESTING:
            if order.options is not None:
                return self._enter_book(order)
            self.rest(order)
            return self.writer.order(ACCEPTED, order, order.hold, flags=RESTS)
        if order.options is not None:
            self._accepted(order)
        else:
            self.writer.order(ACCEPTED, order, order.hold)
        return self.take(order)

    def _enter_book(self, order: Order) -> None:
        """A new order that rests untraded."""
        self.rest(order)
        if order.options is not None:
            self._accepted(order, RESTS)
            if order.type == _OCO:
                self.look_at_last(order.book)
            return
        self.writer.order(ACCEPTED, order, order.hold, flags=RESTS)

    def _join_or_wait(self, order: Order) -> None:
        """A new order of a call, or one for the closing auction, which may be far off."""
        if order.tif == _AT_CLOSE and order.book.terms.phase != _CLOSING_AUCTION:
            return self._wait(order, FOR_CLOSE)
        if order.type == _MARKET:
            return self._wait(order, IN_CALL)
        return self._enter_book(order)

    def take(self, taker: Order) -> None:
        """Match an order that is not in the book, then rest or end what is left of it."""
        if taker.funds_minor:
            return self._spend(taker)
        book, buys = taker.book, taker.side == BUY
        opposite = book.opposite(taker.side)
        limit, owner = taker.price_ticks, taker.account.owner
        bounds = checks.dynamic_bounds(book, self.writer.sequence) if book.terms.dynamic_band_ppm else None
        while taker.leaves_lots:
            level = opposite.best
            if level is None or (level.price_ticks > limit if buys else level.price_ticks < limit):
                break
            maker = next(iter(level.orders.values()))
            if maker.account.owner == owner:
                self.prevent_self_trade(taker, maker)
                if taker.done_ns:
                    return None
            elif bounds is not None and not bounds[0] <= level.price_ticks <= bounds[1]:
                return self._interrupt(taker)
            else:
                self._fill(taker, maker, level, opposite)
        if not taker.leaves_lots:
            self._finish(taker, _FILLED)
        elif taker.tif in _RESTING and (taker.type == _LIMIT or _may_rest(taker)):
            self._rest_remainder(taker)
        else:
            self.end(taker, _IOC_REMAINDER)
        return None

    def _interrupt(self, taker: Order) -> None:
        """A trade outside the dynamic band does not happen: a volatility auction does (rule 17)."""
        self.interrupt(taker.book)
        if taker.tif in _RESTING and _may_rest(taker):
            return self._rest_remainder(taker)
        return self.end(taker, _VOLATILITY)

    def _rest_remainder(self, taker: Order) -> None:
        self.rest(taker)
        self.writer.order(RESTED, taker, 0, flags=RESTS)
        if taker.type == _OCO:
            self.look_at_last(taker.book)

    def _spend(self, taker: Order) -> None:
        """A market buy by amount: each fill takes the most whole lots that what is left pays for (rule 3).

        It has no size of its own: `leaves_lots` is what it could still pay for at the price at hand.
        """
        asks, entitlement = taker.book.asks, taker.entitlement
        quota = entitlement.position_limit_lots - checks.position_lots(taker.account, taker.book, BUY, entitlement)
        reason = _IOC_REMAINDER
        bounds = checks.dynamic_bounds(taker.book, self.writer.sequence)
        while quota > taker.cum_lots and (level := asks.best) and level.price_ticks <= taker.price_ticks:
            lots = min(checks.affordable_lots(taker, level.price_ticks), quota - taker.cum_lots)
            if not lots:
                reason = _FILLED if taker.cum_lots else _IOC_REMAINDER
                break
            maker = next(iter(level.orders.values()))
            if maker.account.owner == taker.account.owner:
                self.prevent_self_trade(taker, maker)
                if taker.done_ns:
                    return None
                continue
            if bounds is not None and not bounds[0] <= level.price_ticks <= bounds[1]:
                taker.leaves_lots = 0
                return self._interrupt(taker)
            taker.leaves_lots = lots
            self._fill(taker, maker, level, asks)
            if not taker.leaves_lots:
                return self._finish(taker, _FILLED)
        taker.leaves_lots = 0
        return self.end(taker, reason)

    def _fill(self, taker: Order, maker: Order, level: Level, side: BookSide) -> None:
        """One trade at the maker's price, settled delivery versus payment (rules 1, 12, 13, 14)."""
        lots, book = maker.leaves_lots - maker.hidden_lots, maker.book
        lots = min(lots, taker.leaves_lots)
        terms = book.terms
        notional = level.price_ticks * lots * terms.minor_per_tick_lot
        maker_fee = add_fill(maker, lots, notional, maker.maker_ppm)
        taker_fee = add_fill(taker, lots, notional, taker.taker_ppm)
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
            maker,
            taker,
            level.price_ticks,
            lots,
            notional,
            (maker_fee, taker_fee),
            (maker_change, taker_change),
            _CONTINUOUS,
        )
        if maker.hidden_lots and maker.hidden_lots == maker.leaves_lots:
            self._refresh(maker, side)
        if book.stops and book.stops.reach(terms.last_price_ticks):
            self.reached.append(book)
        if taker.options is not None or maker.options is not None:
            self._link(taker, maker)

    def fill_at(self, buyer: Order, seller: Order, price_ticks: int) -> None:
        """A trade of an uncross, between two orders that stand; whoever has the later place counts as the taker."""
        maker, taker = (buyer, seller) if buyer.place < seller.place else (seller, buyer)
        terms, lots = buyer.book.terms, min(buyer.leaves_lots, seller.leaves_lots)
        notional, ppm = price_ticks * lots * terms.minor_per_tick_lot, terms.auction_ppm
        fees = add_fill(buyer, lots, notional, ppm), add_fill(seller, lots, notional, ppm)
        changes = self._settle(buyer, seller, lots, notional, *fees)
        if maker is seller:
            fees, changes = fees[::-1], changes[::-1]
        for order in (buyer, seller):
            self._take_off(order, lots, hidden_first=False)
            if not order.leaves_lots:
                self._leave(order)
                self._finish(order, _FILLED)
        self.writer.trade(maker, taker, price_ticks, lots, notional, fees, changes, _AUCTION)
        if buyer.book.stops and buyer.book.stops.reach(price_ticks):
            self.reached.append(buyer.book)
        self._link(buyer, seller)

    def _link(self, *orders: Order) -> None:
        """What fills and triggers orders of a bracket is followed up once the command has finished matching."""
        for order in orders:
            options = order.options
            if options is not None and (options.entry or options.exit_price_ticks or options.exit_stop_ticks):
                self.linked[order.order_id] = order

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
        if terms.trading_day or buyer.entitlement.min_days or seller.entitlement.min_days:
            self._remember_day(buyer, seller)
        return buyer_change, -lots

    def _remember_day(self, *orders: Order) -> None:
        for order in orders:
            terms = order.book.terms
            self.state.last_days[order.account.owner, terms.instrument, order.side] = terms.days_begun


def _may_rest(order: Order) -> bool:
    """A stop without a limit of its own takes what it can and never rests."""
    return order.type not in (_STOP, _TRAILING) and not (order.type == _OCO and order.triggered)


def add_fill(order: Order, lots: int, notional: int, ppm: int) -> int:
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
