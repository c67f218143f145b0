"""What an order would trade at once, for who only asks: rules 2 to 7, 11 and 23 to 25 foreseen, nothing changed."""

from exchange.matching import checks
from exchange.matching.checks import affordable_lots, tradable_lots
from exchange.matching.order_book import BUY, Level, Order
from exchange.matching.pegs import target
from exchange.matching.writer import EventWriter
from exchange.vocabulary import events
from exchange.vocabulary.bands import collared
from exchange.vocabulary.instruments import OrderType, SelfTrade
from exchange.vocabulary.units import PPM, round_half_even

_STOPS = frozenset(map(int, (OrderType.STOP, OrderType.STOP_LIMIT, OrderType.TRAILING_STOP)))
_PEGGED, _OCO = int(OrderType.PEGGED), int(OrderType.OCO)
_CANCEL_OLDEST = int(SelfTrade.CANCEL_OLDEST)


def tell(writer: EventWriter, order: Order, client_order_id: bytes) -> None:
    """The answer to a dry run, of an order that was admitted and never entered."""
    writer.event(
        events.OrderChecked(
            account=order.account.account,
            instrument=order.book.terms.instrument,
            price_ticks=order.price_ticks,
            lots=order.lots,
            trades_lots=trades_at_once(order),
            hold=order.hold,
            side=order.side,
            type=order.type,
            tif=order.tif,
            client_order_id=client_order_id.rstrip(b"\0").decode("ascii"),
        )
    )


def trades_at_once(order: Order) -> int:
    """Lots that would trade in the command that places the order, with the order as the taker.

    None for what joins a call or waits. A stop, or the stop leg of an `oco`, whose condition holds already enters at
    once; a pegged order with its first price, after which it may follow others. The order is its caller's own, and its
    price and counters are changed here.
    """
    if checks.joins_call(order):
        return 0
    if order.funds_minor:
        return _bought_for_funds(order)
    if order.type == _PEGGED:
        order.price_ticks = target(order)
        return tradable_lots(order, order.lots) if order.price_ticks else 0
    if order.type in _STOPS:
        ends = order.post_only or not _holds_already(order)
        return 0 if ends else tradable_lots(order, order.lots)
    lots = 0 if order.post_only else tradable_lots(order, order.lots)
    if order.type == _OCO and not lots and _holds_already(order):
        order.price_ticks = collared(order.side, order.stop_price_ticks, order.book.terms.collar_ppm)
        lots = tradable_lots(order, order.lots)
    return lots


def _holds_already(order: Order) -> bool:
    """Whether the last price has reached the stop price."""
    last, stop = order.book.terms.last_price_ticks, order.stop_price_ticks
    return bool(last) and (last >= stop if order.side == BUY else last <= stop)


def _bought_for_funds(order: Order) -> int:
    """The most whole lots, price by price, whose notional and fee fit the funds (rule 3), within the position limit.

    The fee is rounded over the sum, so it does not matter in how many fills a level is bought.
    """
    book, entitlement = order.book, order.entitlement
    quota = entitlement.position_limit_lots - checks.position_lots(order.account, book, BUY, entitlement)
    bounds = checks.dynamic_bounds(book, order.order_id >> 4)
    for level in book.asks.crossing(order.price_ticks):
        wanted = min(affordable_lots(order, level.price_ticks), quota - order.cum_lots)
        offered, meets_own = _offered(order, level)
        outside = bounds is not None and not bounds[0] <= level.price_ticks <= bounds[1]
        if not wanted or (outside and offered):
            break
        _count(order, min(wanted, offered), level.price_ticks)
        if meets_own or wanted <= offered:
            break
    return order.cum_lots


def _offered(order: Order, level: Level) -> tuple[int, bool]:
    """What the level has for the order before an own order ends it, and whether one does: only `cancel_oldest` passes
    an own order by. Every shown part comes before any hidden one."""
    shown = hidden = 0
    for maker in level.orders.values():
        if maker.account.owner != order.account.owner:
            shown += maker.leaves_lots - maker.hidden_lots
            hidden += maker.hidden_lots
        elif order.self_trade != _CANCEL_OLDEST:
            return shown, True
    return shown + hidden, False


def _count(order: Order, lots: int, price_ticks: int) -> None:
    notional = price_ticks * lots * order.book.terms.minor_per_tick_lot
    order.cum_lots += lots
    order.cum_notional_minor += notional
    order.fee_num += notional * order.taker_ppm
    order.fee_minor = round_half_even(order.fee_num, PPM)
