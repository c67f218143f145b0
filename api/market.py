"""What the API reads at once: every book, tape, order and balance, following the event stream on the loop's thread.

A batch is applied before the answers to its commands are passed on, because both are queued to the loop by the
sequencer's thread in that order: a read after an acknowledged write sees it, and nothing here needs a lock.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from api.errors import ApiError
from exchange.marketdata.depth import Change, Depth, Resting
from exchange.marketdata.indicative import Indicative
from exchange.marketdata.tape import DAY_NS, Print, Tape
from exchange.operations.directory import Directory
from exchange.operations.entries import InstrumentEntry
from exchange.portfolio.portfolio import Portfolio
from exchange.runtime import Batch
from exchange.store.history import History
from exchange.store.reader import Row
from exchange.vocabulary.codec import EVENTS
from exchange.vocabulary.events import Event, InstrumentDefined, OrderEvent, Trade, TradeBusted
from exchange.vocabulary.instruments import Side
from exchange.vocabulary.rows import InstrumentRow, OrderRow
from exchange.vocabulary.state import decode_snapshot
from exchange.vocabulary.wire import Scales

Listener = Callable[[Sequence[Event]], None]
Watcher = Callable[["Followed"], None]

_TRADES_A_READ: Final = 5_000
_TRADES_READ: Final = 100_000
"""At most so many trades of an instrument are read at start to know the last 24 hours."""


@dataclass(slots=True)
class Book:
    """One instrument as everyone may see it; `entry` are its terms, `call` its phase and what a call would come to."""

    product_id: str
    instrument: int
    entry: InstrumentEntry
    base_code: str
    quote_code: str
    scales: Scales
    depth: Depth
    tape: Tape
    call: Indicative

    @property
    def phase(self) -> int:
        """What the instrument may do now."""
        return self.call.phase

    @property
    def sequence(self) -> int:
        """The product sequence of the last public event."""
        return self.depth.sequence


class Followed(NamedTuple):
    """A public event that a book has just followed, and the levels it changed, as they stand after it.

    `before` is how its order, or a trade's maker, showed before.
    """

    book: Book
    event: Event
    before: Resting | None
    changes: Sequence[Change]


class Market:
    """State from a snapshot on; `apply` follows it, and tells whoever listens after the state has moved."""

    def __init__(self, opening_state: bytes, directory: Directory) -> None:
        state = decode_snapshot(opening_state)
        self.directory = directory
        self.portfolio = Portfolio(state)
        self.sequence = state.sequence
        self.books: dict[int, Book] = {}
        self._symbols: dict[str, Book] = {}
        self._listeners: list[Listener] = []
        self._watchers: list[Watcher] = []
        resting: dict[int, list[OrderRow]] = defaultdict(list)
        for order in state.rows(OrderRow):
            resting[order.instrument].append(order)
        for row in state.rows(InstrumentRow):
            orders = resting[row.instrument]
            depth, call = Depth.from_rows(row.product_sequence, orders), Indicative.from_rows(row, orders)
            self._add(row.instrument, depth, Tape(row.last_trade_id, row.last_price_ticks), call)

    def load_tapes(self, history: History, now_ns: int) -> None:
        """Fill the tapes with what traded in the last day; once, before any batch."""
        for book in self.books.values():
            prints: list[Print] = []
            before: int | None = None
            while len(prints) < _TRADES_READ:
                rows = history.trades(book.instrument, before=before, limit=_TRADES_A_READ, busted=False)
                prints += [print_of_row(row) for row in rows]
                if len(rows) < _TRADES_A_READ or prints[-1].time_ns < now_ns - DAY_NS:
                    break
                before = prints[-1].trade_id
            for printed in reversed(prints):
                book.tape.load(printed)

    def book(self, product_id: str) -> Book:
        """By product id, also written with a slash. ApiError where there is none."""
        book = self._symbols.get(product_id) or self._symbols.get(product_id.replace("/", "-"))
        if book is None:
            raise ApiError(404, "Product not found", "UNKNOWN_INSTRUMENT", {"product_id": product_id[:64]})
        return book

    def listen(self, callback: Listener) -> None:
        """Be told the events of every batch, in order, after the state has followed them."""
        self._listeners.append(callback)

    def ignore(self, callback: Listener) -> None:
        self._listeners.remove(callback)

    def watch(self, callback: Watcher) -> None:
        """Be told each public event by itself, while the book stands as it left it."""
        self._watchers.append(callback)

    def apply(self, batch: Batch) -> None:
        events: list[Event] = []
        for record in EVENTS.decode_all(batch.events):
            assert isinstance(record, Event)
            self._follow(record)
            events.append(record)
        self.sequence = batch.first_sequence + batch.count - 1
        for listener in self._listeners:
            listener(events)

    def _follow(self, event: Event) -> None:
        self.portfolio.apply(event)
        if isinstance(event, InstrumentDefined):
            self._add(event.instrument, Depth(), Tape(), Indicative(event.static_band_ppm))
            return
        book = self.books.get(event.instrument)
        if book is None:
            return
        before, sequence = _rested_at(book.depth, event), book.depth.sequence
        changes = book.depth.apply(event)
        if isinstance(event, Trade):
            book.tape.apply(event)
        elif isinstance(event, TradeBusted):
            book.tape.bust(event)
        book.call.apply(event)
        if book.depth.sequence != sequence:
            followed = Followed(book, event, before, changes)
            for watcher in self._watchers:
                watcher(followed)

    def _add(self, instrument: int, depth: Depth, tape: Tape, call: Indicative) -> None:
        entry = self.directory.instruments[instrument]
        quote = self.directory.assets[entry.quote]
        scales = Scales(entry.tick_minor, quote.scale, entry.lot_rtu)
        base_code = self.directory.claimed(entry.base).code
        book = Book(entry.symbol, instrument, entry, base_code, quote.code, scales, depth, tape, call)
        self.books[instrument] = self._symbols[entry.symbol] = book


def _rested_at(depth: Depth, event: Event) -> Resting | None:
    if isinstance(event, OrderEvent):
        return depth.resting(event.order_id)
    return depth.resting(event.maker_order_id) if isinstance(event, Trade) else None


def print_of_row(row: Row) -> Print:
    """A trade of the records as the tape has it."""
    maker_side = Side.SELL if row["taker_side"] == Side.BUY else Side.BUY
    return Print(
        row["trade_id"],
        row["product_sequence"],
        row["price_ticks"],
        row["lots"],
        int(maker_side),
        row["match_type"],
        row["timestamp_ns"],
    )
