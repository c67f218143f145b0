"""Call auctions: what joins and waits while one runs, and the uncross at its end (rule 16)."""

from collections.abc import Iterator

from exchange.matching import checks
from exchange.matching.order_book import BUY, SELL, Book, Order
from exchange.matching.standing import hold_needed
from exchange.matching.state import MachineState
from exchange.matching.trading import Matcher
from exchange.matching.writer import EventWriter
from exchange.vocabulary import events
from exchange.vocabulary.clearing import Quantities, clear
from exchange.vocabulary.instruments import OrderType, Phase, TimeInForce
from exchange.vocabulary.reasons import DoneReason

_MARKET = int(OrderType.MARKET)
AUCTION_ONLY = {
    Phase.PRE_OPEN: frozenset({TimeInForce.AT_OPEN}),
    Phase.OPENING_AUCTION: frozenset({TimeInForce.AT_OPEN}),
    Phase.VOLATILITY_AUCTION: frozenset[TimeInForce](),
    Phase.CLOSING_AUCTION: frozenset({TimeInForce.AT_CLOSE}),
}
"""Times in force that live no longer than the call."""


class Auctioneer:
    def __init__(self, state: MachineState, writer: EventWriter, matcher: Matcher) -> None:
        self.state = state
        self.writer = writer
        self.matcher = matcher

    def uncross(self, book: Book, call: Phase) -> None:
        """Trade what trades at one price, then end what lived for this call only."""
        terms = book.terms
        clearing = clear(
            _quantities(book, BUY),
            _quantities(book, SELL),
            sum(order.leaves_lots for order in book.queued(BUY)),
            sum(order.leaves_lots for order in book.queued(SELL)),
            checks.static_bounds(book),
            terms.reference_price_ticks or terms.last_price_ticks,
        )
        if clearing is not None:
            terms.product_sequence += 1
            self.writer.event(
                events.Uncrossed(
                    instrument=terms.instrument,
                    product_sequence=terms.product_sequence,
                    price_ticks=clearing.price_ticks,
                    lots=clearing.lots,
                    imbalance_lots=clearing.imbalance_lots,
                )
            )
            self._pair(book, clearing.price_ticks)
        self.end_call(book, call)
        self._end_crossed_outside_band(book)

    def end_call(self, book: Book, call: Phase) -> None:
        """Market orders and auction-only orders of a call that is over or interrupted."""
        only = AUCTION_ONLY[call]
        for order in open_orders(self.state, book):
            if order.tif in only or (order.type == _MARKET and order.place):
                self.matcher.end(order, DoneReason.AUCTION_ENDED)

    def end_all(self, book: Book) -> None:
        """The instrument closes: nothing that is for an auction, joined or waiting, outlives it."""
        for order in open_orders(self.state, book):
            if order.type == _MARKET or order.tif in {TimeInForce.AT_OPEN, TimeInForce.AT_CLOSE}:
                self.matcher.end(order, DoneReason.AUCTION_ENDED)

    def join_close(self, book: Book) -> None:
        """The closing auction begins: what waited for it joins, lowest order id first.

        The band may have moved since. A market order goes along to its edge, if its account can pay for that.
        """
        for _, order in sorted(book.at_close.items()):
            edge = checks.band_edge(book, order.side) if order.type == _MARKET else None
            price = edge or order.price_ticks
            more_hold = hold_needed(order, price, order.leaves_lots) - order.hold
            if checks.band_refuses(book.terms, price) or checks.money(order, more_hold) is not checks.OK:
                self.matcher.end(order, DoneReason.OUTSIDE_BAND)
            else:
                self.matcher.join_close(order, price)

    def _pair(self, book: Book, price: int) -> None:
        """Queue head against queue head, the smaller size a trade; own orders shrink each other instead (rule 11)."""
        bids, asks = list(_queue(book, BUY, price)), list(_queue(book, SELL, price))
        before = {order.order_id: order.leaves_lots for order in (*bids, *asks)}
        bid, ask = 0, 0
        while bid < len(bids) and ask < len(asks):
            buyer, seller = bids[bid], asks[ask]
            if buyer.account.owner == seller.account.owner:
                self.matcher.decrement(buyer, seller)
            else:
                self.matcher.fill_at(buyer, seller, price)
            bid += not buyer.leaves_lots
            ask += not seller.leaves_lots
        for order in (*bids[: bid + 1], *asks[: ask + 1]):
            if order.display_lots and order.level is not None and order.leaves_lots < before[order.order_id]:
                self.matcher.show_again(order)

    def _end_crossed_outside_band(self, book: Book) -> None:
        """Orders from before the reference price moved may cross where no price is allowed; they cannot stay."""
        while (bid := book.bids.best) and (ask := book.asks.best) and bid.price_ticks >= ask.price_ticks:
            outside = [level for level in (bid, ask) if checks.band_refuses(book.terms, level.price_ticks)]
            assert outside, "the book is crossed within the band after an uncross"
            for order in [order for level in outside for order in level.orders.values()]:
                self.matcher.end(order, DoneReason.OUTSIDE_BAND)


def _quantities(book: Book, side: int) -> Quantities:
    """All that is priced, hidden lots too."""
    return Quantities(
        (level.price_ticks, sum(order.leaves_lots for order in level.orders.values())) for level in book.side(side)
    )


def _queue(book: Book, side: int, price: int) -> Iterator[Order]:
    """Market orders first, then better prices, then earlier places."""
    yield from list(book.queued(side))
    for level in list(book.side(side).crossing(price)):
        yield from list(level.orders.values())


def open_orders(state: MachineState, book: Book) -> list[Order]:
    """Everything open in one book, waiting too, lowest id first."""
    accounts = state.accounts.values()
    found = [order for account in accounts for order in account.open_orders.values() if order.book is book]
    return sorted(found, key=lambda order: order.order_id)
