"""What a dataset costs now: the best ask, else the last trade, else the reference price. On the loop's thread alone."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from api.market import Book, Market
from exchange.vocabulary.events import Event


class Price(NamedTuple):
    """Minor units of the quote currency per 1,000,000 RTU, and where that comes from."""

    minor: int
    source: Literal["ask", "last", "reference"]


class Prices:
    """Of every base that trades, pools being none; notes which may have moved since it was last asked."""

    def __init__(self, market: Market) -> None:
        self._market = market
        self._touched = set(market.books)
        market.listen(self._follow)

    def of(self, base: int) -> Price | None:
        product = self._market.directory.instrument_of(base)
        book = self._market.books.get(product.instrument) if product else None
        return price_of(book) if book else None

    def moved(self) -> dict[int, Price | None]:
        """By base, all that may have moved since the last call."""
        books = [self._market.books[instrument] for instrument in self._touched if instrument in self._market.books]
        self._touched.clear()
        return {book.entry.base: price_of(book) for book in books if book.entry.base in self._market.directory.bases}

    def _follow(self, events: Sequence[Event]) -> None:
        self._touched.update(event.instrument for event in events)


def price_of(book: Book) -> Price | None:
    ask, last, tick = next(book.depth.asks.quotes(1), None), book.tape.last_price_ticks, book.scales.tick_minor
    if ask:
        return Price(ask.price_ticks * tick, "ask")
    if last:
        return Price(last * tick, "last")
    reference = book.call.reference_ticks
    return Price(reference * tick, "reference") if reference else None
