"""The `auction` channel of one product: what its call would come to, while the call runs."""

from collections.abc import Callable, Mapping
from typing import Final

from api.feed_connection import Connection
from api.feed_outbox import Message, as_text
from api.market import Book
from exchange.marketdata import messages
from exchange.vocabulary.wire import iso_time

AUCTION: Final = "auction"
Flush = Callable[[], None]


class AuctionFeed:
    """Tells at once of a new phase, else once a window, and only what is new.

    `want_flush` is called with what to call at the window's end.
    """

    def __init__(
        self,
        book: Book,
        now_ns: Callable[[], int],
        subscribers: Mapping[Connection, None],
        want_flush: Callable[[Flush], None],
    ) -> None:
        self._book = book
        self._now_ns = now_ns
        self._subscribers = subscribers
        self._want_flush = want_flush
        self._seen = 0
        self._told: Message = {}

    def open(self, connection: Connection) -> None:
        """Begin with what all others know: they are brought level first."""
        self.flush()
        connection.send_newest((AUCTION, self._book.product_id), self._text())

    def look(self) -> None:
        """Call after each batch of events: market orders that join a call are no public events, and yet move it."""
        call = self._book.call
        if not self._subscribers or self._seen == call.changes:
            return
        if self._told.get("phase") != messages.PHASES[call.phase]:
            self.flush()
        elif call.runs:
            self._want_flush(self.flush)

    def flush(self) -> None:
        self._seen = self._book.call.changes
        current = messages.auction(self._book.call, self._book.scales)
        if current == self._told:
            return
        self._told = current
        text = self._text()
        for connection in self._subscribers:
            connection.send_newest((AUCTION, self._book.product_id), text)

    def _text(self) -> str:
        """What was told last; `flush` has just seen to it that it is so."""
        about = {"type": AUCTION, "product_id": self._book.product_id, "sequence": self._book.sequence}
        return as_text({**about, **self._told, "time": iso_time(self._now_ns())})
