"""The public channels of one product: each message is written once, and the same text goes to all who want it."""

from collections.abc import Callable
from typing import Final

from api.feed_auction import AUCTION, AuctionFeed, Flush
from api.feed_connection import Connection
from api.feed_full import full_messages
from api.feed_outbox import Update, as_text
from api.feed_requests import OF_A_PRODUCT
from api.market import Book, Followed
from exchange.marketdata import messages
from exchange.marketdata.depth import Change
from exchange.marketdata.tape import print_of
from exchange.vocabulary.events import Trade, TradeBusted
from exchange.vocabulary.instruments import MatchType

LEVEL2: Final = "level2"


class ProductFeed:
    """Follows one book. When something conflated waits, `want_flush` and `want_auction` are called with what to call
    at the end of their window."""

    def __init__(
        self,
        book: Book,
        now_ns: Callable[[], int],
        want_flush: Callable[[Flush], None],
        want_auction: Callable[[Flush], None],
    ) -> None:
        self._book = book
        self._now_ns = now_ns
        self._want_flush = want_flush
        self._subscribers: dict[str, dict[Connection, None]] = {channel: {} for channel in OF_A_PRODUCT}
        self.auction = AuctionFeed(book, now_ns, self._subscribers[AUCTION], want_auction)
        self._changes: dict[tuple[int, int], int] = {}
        self._flushed_sequence = book.sequence
        self._traded = False
        self._book_text = ""

    @property
    def product_id(self) -> str:
        return self._book.product_id

    @property
    def sequence(self) -> int:
        return self._book.sequence

    def add(self, channel: str, connection: Connection) -> None:
        """Begin with what the channel opens with, so that joining leaves no gap; again for who is there already."""
        self._subscribers[channel][connection] = None
        if channel == LEVEL2:
            connection.send_newest((LEVEL2, self.product_id), self.snapshot)
        elif channel == "level2_raw":
            connection.send(self._book_as_text(), self.product_id, self._book.sequence)
        elif channel == "matches" and self._book.tape.last is not None:
            last = messages.match(self.product_id, self._book.tape.last, self._book.scales, None, "last_match")
            connection.send(as_text(last))
        elif channel == "ticker":
            connection.send_newest(("ticker", self.product_id), self._ticker())
        elif channel == "heartbeat":
            connection.send_newest(("heartbeat", self.product_id), self._heartbeat())
        elif channel == AUCTION:
            self.auction.open(connection)

    def remove(self, channel: str, connection: Connection) -> None:
        self._subscribers[channel].pop(connection, None)
        connection.forget((channel, self.product_id))

    def follow(self, followed: Followed) -> None:
        """Send what is lossless at once, keep what is conflated."""
        event, channels = followed.event, self._subscribers
        self._book_text = ""
        if channels[LEVEL2]:
            self._changes.update({(each.side, each.price_ticks): each.lots for each in followed.changes})
            self._want_flush(self.flush)
        if channels["level2_raw"]:
            self._raw(followed)
        if isinstance(event, Trade):
            self._match(followed, event)
        elif isinstance(event, TradeBusted):
            self._bust(event)
        if channels["full"]:
            for message in full_messages(followed):
                self._send("full", as_text(message), self._book.sequence)

    def flush(self) -> None:
        """The end of a window: one update of the book, and one ticker, however much happened in it."""
        if self._subscribers[LEVEL2]:
            self._flush_book()
        if self._traded and self._subscribers["ticker"]:
            text = self._ticker()
            for connection in self._subscribers["ticker"]:
                connection.send_newest(("ticker", self.product_id), text)
        self._traded = False

    def beat(self) -> None:
        if self._subscribers["heartbeat"]:
            text = self._heartbeat()
            for connection in self._subscribers["heartbeat"]:
                connection.send_newest(("heartbeat", self.product_id), text)

    def snapshot(self) -> str:
        """The book as it stands. All others are brought level with it, so that the next update follows for everyone."""
        self._flush_book()
        return self._book_as_text()

    def _flush_book(self) -> None:
        book = self._book
        if book.sequence == self._flushed_sequence:
            return
        changes = [Change(side, price_ticks, lots) for (side, price_ticks), lots in self._changes.items()]
        previous, self._flushed_sequence = self._flushed_sequence, book.sequence
        self._changes = {}
        if self._subscribers[LEVEL2]:
            update = Update(messages.l2update(book.product_id, book.depth, book.scales, changes, previous))
            for connection in self._subscribers[LEVEL2]:
                connection.send_update((LEVEL2, book.product_id), update, self.snapshot)

    def _raw(self, followed: Followed) -> None:
        """One message for each event, also where it changed no level: the sequence runs by one."""
        book = self._book
        previous = book.sequence - 1
        update = messages.l2update(book.product_id, book.depth, book.scales, followed.changes, previous)
        self._send("level2_raw", as_text(update), book.sequence)

    def _match(self, followed: Followed, trade: Trade) -> None:
        if self._subscribers["matches"]:
            printed, scales = print_of(trade), self._book.scales
            match = messages.match(self.product_id, printed, scales, followed.before.place if followed.before else None)
            self._send("matches", as_text(match), printed.sequence)
        if self._subscribers["ticker"] and trade.match_type != MatchType.NEGOTIATED:
            self._traded = True
            self._want_flush(self.flush)

    def _bust(self, busted: TradeBusted) -> None:
        if self._subscribers["matches"]:
            told = messages.bust(self.product_id, busted, self._book.scales)
            self._send("matches", as_text(told), busted.product_sequence)
        if self._subscribers["ticker"]:
            self._traded = True
            self._want_flush(self.flush)

    def _send(self, channel: str, text: str, sequence: int) -> None:
        for connection in self._subscribers[channel]:
            connection.send(text, self.product_id, sequence)

    def _book_as_text(self) -> str:
        book = self._book
        self._book_text = self._book_text or as_text(messages.snapshot(book.product_id, book.depth, book.scales))
        return self._book_text

    def _ticker(self) -> str:
        book = self._book
        return as_text(messages.ticker(book.product_id, book.depth, book.tape, book.scales, self._now_ns()))

    def _heartbeat(self) -> str:
        book = self._book
        told = messages.heartbeat(book.product_id, book.sequence, book.tape.last_trade_id, self._now_ns())
        return as_text(told)
