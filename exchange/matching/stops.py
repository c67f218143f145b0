"""Stop orders of one instrument: they wait outside the book, unseen, until a trade reaches their price (rule 6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sortedcontainers import SortedDict

from exchange.vocabulary.instruments import Side

if TYPE_CHECKING:
    from exchange.matching.order_book import Order

_BUY = int(Side.BUY)


class StopBook:
    """Waiting orders, by stop price, and those whose price was reached and which enter next, by order id."""

    __slots__ = ("_buys", "_sells", "triggered")

    def __init__(self) -> None:
        self._buys: SortedDict[tuple[int, int], Order] = SortedDict()
        self._sells: SortedDict[tuple[int, int], Order] = SortedDict()
        self.triggered: SortedDict[int, Order] = SortedDict()

    def __len__(self) -> int:
        return len(self._buys) + len(self._sells)

    def add(self, order: Order) -> None:
        if order.triggered:
            self.triggered[order.order_id] = order
        else:
            self._side(order)[_key(order)] = order

    def remove(self, order: Order) -> None:
        if order.triggered:
            del self.triggered[order.order_id]
        else:
            del self._side(order)[_key(order)]

    def reach(self, price_ticks: int) -> bool:
        """Trigger every stop that a trade at this price reaches; whether there was one."""
        return self._trigger(self._buys, price_ticks) | self._trigger(self._sells, -price_ticks)

    def _trigger(self, side: SortedDict[tuple[int, int], Order], bound: int) -> bool:
        reached = False
        while side and side.peekitem(0)[0][0] <= bound:
            _, order = side.popitem(0)
            order.triggered = 1
            self.triggered[order.order_id] = order
            reached = True
        return reached

    def _side(self, order: Order) -> SortedDict[tuple[int, int], Order]:
        return self._buys if order.side == _BUY else self._sells


def _key(order: Order) -> tuple[int, int]:
    """Buys trigger from the lowest stop price up, sells from the highest down."""
    price = order.stop_price_ticks
    return (price if order.side == _BUY else -price, order.order_id)
