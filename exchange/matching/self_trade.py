"""Orders of one beneficial owner that would trade with each other (rule 11)."""

from exchange.matching.order_book import Order
from exchange.matching.standing import Standing, hold_needed
from exchange.matching.writer import AMENDED, DONE
from exchange.vocabulary.events import RESTS, WAITS
from exchange.vocabulary.instruments import SelfTrade
from exchange.vocabulary.reasons import DoneReason

_DECREMENT = int(SelfTrade.DECREMENT)
_CANCEL_OLDEST = int(SelfTrade.CANCEL_OLDEST)
_CANCEL_BOTH = int(SelfTrade.CANCEL_BOTH)
_CANCEL_NEWEST = int(SelfTrade.CANCEL_NEWEST)
_SELF_TRADE = int(DoneReason.SELF_TRADE)


class SelfTradePrevention(Standing):
    """What happens instead of the trade."""

    def prevent_self_trade(self, taker: Order, maker: Order) -> None:
        """The incoming order's mode decides (rule 11)."""
        mode = taker.self_trade
        if mode == _DECREMENT and taker.funds_minor:
            mode = _CANCEL_NEWEST
        if mode == _DECREMENT:
            self.decrement(maker, taker)
            return
        if mode in (_CANCEL_OLDEST, _CANCEL_BOTH):
            self.end(maker, _SELF_TRADE)
        if mode != _CANCEL_OLDEST:
            self.end(taker, _SELF_TRADE)

    def decrement(self, first: Order, second: Order) -> None:
        """Both shrink by the smaller remaining size, hidden lots first; what reaches zero is cancelled."""
        lots = min(first.leaves_lots, second.leaves_lots)
        for order in (first, second):
            old_leaves = order.leaves_lots
            order.lots -= lots
            order.leaves_lots -= lots
            stands = order.level is not None
            if stands or order.waits:
                self._take_off(order, lots, hidden_first=True)
            self._shrunk(order, order.price_ticks if stands else 0, old_leaves if stands else 0)

    def _shrunk(self, order: Order, old_price: int, old_leaves: int) -> None:
        flags = WAITS if order.waits else RESTS if order.level is not None else 0
        if order.leaves_lots:
            change = self.set_hold(order, hold_needed(order, order.price_ticks, order.leaves_lots))
            return self.writer.order(AMENDED, order, change, old_price, old_leaves, flags, _SELF_TRADE)
        self._leave(order)
        change = self.set_hold(order, 0)
        self._finish(order, _SELF_TRADE)
        return self.writer.order(DONE, order, change, old_price, old_leaves, flags & WAITS, _SELF_TRADE)
