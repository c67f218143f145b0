"""The private view: what accounts own, have in the market and traded, as of the last event applied.

Whoever applies each batch before passing on its acknowledgements gives every reader its own writes.
"""

from exchange.portfolio.balances import Balances, Pair
from exchange.portfolio.offers import Offers
from exchange.portfolio.orders import Orders
from exchange.vocabulary.events import Event, InstrumentDefined
from exchange.vocabulary.rows import BalanceRow, InstrumentRow, OfferRow, OrderOptionsRow, OrderRow
from exchange.vocabulary.state import State


class Portfolio:
    def __init__(self, state: State) -> None:
        """From a snapshot, with which the event stream goes on."""
        self._pairs = {row.instrument: Pair(row.base, row.quote) for row in state.rows(InstrumentRow)}
        self.balances = Balances(self._pairs, state.rows(BalanceRow))
        self.orders = Orders(state.rows(OrderRow), state.rows(OrderOptionsRow))
        self.offers = Offers(self.orders, state.rows(OfferRow))
        self.sequence = state.sequence

    def apply(self, event: Event) -> None:
        assert event.sequence >= self.sequence, "events go back"
        self.sequence = event.sequence
        if isinstance(event, InstrumentDefined):
            self._pairs[event.instrument] = Pair(event.base, event.quote)
        self.balances.apply(event)
        self.orders.apply(event)
        self.offers.apply(event)
