"""Offers of negotiated trades: what their orders do not tell, and which of them are open."""

from collections.abc import Iterable, Iterator

from exchange.portfolio.orders import Offered, Orders, OrderView
from exchange.vocabulary.events import REPLAYED, Event, OfferTerms, OrderDone, Trade
from exchange.vocabulary.offering import named_accounts
from exchange.vocabulary.rows import OfferRow


class Offers:
    """Follows the events that `orders` has followed already; an offer's own side is its order there."""

    def __init__(self, orders: Orders, rows: Iterable[OfferRow] = ()) -> None:
        self._orders = orders
        self._open: dict[int, OrderView] = {}
        for row in rows:
            self._note(row.offer, terms_of(row))

    def apply(self, event: Event) -> None:
        if isinstance(event, OfferTerms) and not event.flags & REPLAYED:
            self._note(event.offer, terms_of(event))
        elif isinstance(event, OrderDone):
            self._open.pop(event.order_id, None)
        elif isinstance(event, Trade) and not event.maker_leaves_lots:
            self._open.pop(event.maker_order_id, None)

    def open(self) -> Iterator[OrderView]:
        """Newest first."""
        return (self._open[offer] for offer in sorted(self._open, reverse=True))

    def seen_by(self, account: int, offer_id: int) -> OrderView | None:
        """The offer, open or not, as far as the account may know of it."""
        view = self._orders.by_id(offer_id)
        return view if view is not None and may_see(view, account) else None

    def _note(self, offer_id: int, offered: Offered) -> None:
        view = self._orders.by_id(offer_id)
        if view is not None:
            view.offered = offered
            if not view.done_ns:
                self._open[offer_id] = view


def terms_of(told: OfferTerms | OfferRow) -> Offered:
    return Offered(bool(told.part), named_accounts(told.to))


def may_see(view: OrderView, account: int) -> bool:
    """Whether the order is an offer that the account made, or that is made to it or to everyone."""
    offered = view.offered
    return offered is not None and (view.account == account or not offered.to or account in offered.to)
