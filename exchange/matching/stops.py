"""Stop orders of one instrument: they wait unseen until a trade reaches their price (rule 6), which a trailing stop's
own follows (rule 23)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sortedcontainers import SortedDict

from exchange.vocabulary.instruments import Side
from exchange.vocabulary.units import MAX_PRICE_TICKS

if TYPE_CHECKING:
    from exchange.matching.order_book import Order

_BUY = int(Side.BUY)


class StopBook:
    """Waiting orders, by stop price; those whose price was reached and which enter next, by order id; and trailing ones
    whose price has moved since that was told, by order id."""

    __slots__ = ("_buys", "_falling", "_rising", "_sells", "moved", "triggered")

    def __init__(self) -> None:
        self._buys: SortedDict[tuple[int, int], Order] = SortedDict()
        self._sells: SortedDict[tuple[int, int], Order] = SortedDict()
        self._falling: SortedDict[tuple[int, int], Order] = SortedDict()
        self._rising: SortedDict[tuple[int, int], Order] = SortedDict()
        self.triggered: SortedDict[int, Order] = SortedDict()
        self.moved: SortedDict[int, Order] = SortedDict()

    def __len__(self) -> int:
        return len(self._buys) + len(self._sells)

    def add(self, order: Order) -> None:
        if order.triggered:
            self.triggered[order.order_id] = order
            return
        self._side(order)[_key(order)] = order
        if order.options is not None and order.options.trail_ticks:
            self._marks(order)[_mark_key(order)] = order

    def remove(self, order: Order) -> None:
        """Take an order out, triggered or not; what is in neither is no matter. Of a move nobody is told any more."""
        self.moved.pop(order.order_id, None)
        if order.triggered:
            self.triggered.pop(order.order_id, None)
            return
        self._side(order).pop(_key(order), None)
        self._unmark(order)

    def reach(self, price_ticks: int) -> bool:
        """Move and trigger what a trade at this price moves and reaches; whether there was any."""
        moved = self._follow(self._rising, price_ticks) | self._follow(self._falling, -price_ticks)
        return self._trigger(self._buys, price_ticks) | self._trigger(self._sells, -price_ticks) | moved

    def _follow(self, marked: SortedDict[tuple[int, int], Order], bound: int) -> bool:
        """Trailing stops whose best price so far this one betters."""
        moved = False
        while marked and marked.peekitem(0)[0][0] < bound:
            order = marked.peekitem(0)[1]
            assert order.options is not None
            self.remove(order)
            order.options.mark_ticks = abs(bound)
            order.stop_price_ticks = trailed(order.side, order.options.mark_ticks, order.options.trail_ticks)
            self.add(order)
            self.moved[order.order_id] = order
            moved = True
        return moved

    def _trigger(self, side: SortedDict[tuple[int, int], Order], bound: int) -> bool:
        reached = False
        while side and side.peekitem(0)[0][0] <= bound:
            _, order = side.popitem(0)
            self._unmark(order)
            order.triggered = 1
            self.triggered[order.order_id] = order
            reached = True
        return reached

    def _unmark(self, order: Order) -> None:
        if order.options is not None and order.options.trail_ticks:
            self._marks(order).pop(_mark_key(order), None)

    def _side(self, order: Order) -> SortedDict[tuple[int, int], Order]:
        return self._buys if order.side == _BUY else self._sells

    def _marks(self, order: Order) -> SortedDict[tuple[int, int], Order]:
        return self._falling if order.side == _BUY else self._rising


def trailed(side: int, mark_ticks: int, trail_ticks: int) -> int:
    """The stop price so far behind the best price seen: below it to sell, above it to buy."""
    return min(mark_ticks + trail_ticks, MAX_PRICE_TICKS) if side == _BUY else max(mark_ticks - trail_ticks, 1)


def _key(order: Order) -> tuple[int, int]:
    """Buys trigger from the lowest stop price up, sells from the highest down."""
    price = order.stop_price_ticks
    return (price if order.side == _BUY else -price, order.order_id)


def _mark_key(order: Order) -> tuple[int, int]:
    """Buys follow the price down, sells follow it up: what moves first comes first."""
    assert order.options is not None
    mark = order.options.mark_ticks
    return (-mark if order.side == _BUY else mark, order.order_id)
