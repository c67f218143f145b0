"""Orders, price levels and the two sides of a book.

A level is an OrderedDict, not a dict: eaten from the front, a dict scans over what was deleted and turns quadratic.
Cancelling is O(1): the order knows its level. A side keeps its best level at hand, because every order looks at it.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from sortedcontainers import SortedList

from exchange.matching.stops import StopBook
from exchange.vocabulary.rows import InstrumentRow

if TYPE_CHECKING:
    from exchange.matching.state import Account, Balance, Entitlement

BUY = 1
SELL = 2

FOR_STOP, FOR_CLOSE, IN_CALL, OFFERED, FOR_PEG = 1, 2, 3, 4, 5
"""What an order outside the book waits for: its stop price, the closing auction, the end of the call it has joined, a
counterparty, a price to follow."""


class Options:
    """What a trailing, pegged, one-cancels-other or bracket order has besides, as in `OrderOptions`.

    `exit` is the id of the order that closes what this entry of a bracket has filled; `cap_ticks` the worst price that
    the order may come to, which a buy's hold covers.
    """

    __slots__ = (
        "cap_ticks",
        "closed_lots",
        "entry",
        "exit",
        "exit_price_ticks",
        "exit_stop_ticks",
        "mark_ticks",
        "offset_ticks",
        "peg",
        "trail_ticks",
    )

    def __init__(
        self,
        trail_ticks: int = 0,
        exit_price_ticks: int = 0,
        exit_stop_ticks: int = 0,
        offset_ticks: int = 0,
        peg: int = 0,
    ) -> None:
        self.trail_ticks = trail_ticks
        self.exit_price_ticks = exit_price_ticks
        self.exit_stop_ticks = exit_stop_ticks
        self.offset_ticks = offset_ticks
        self.peg = peg
        self.entry = self.exit = self.closed_lots = self.cap_ticks = self.mark_ticks = 0


class Offer:
    """To whom an offer goes: accounts, or everyone where there are none; whether part of it may be taken."""

    __slots__ = ("part", "to")

    def __init__(self, part: int, to: tuple[int, ...]) -> None:
        self.part = part
        self.to = to


class Order:
    """An order with its money: `hold` is what it still holds, `fee_num` the sum of notional × ppm of its fills.

    `decision` is the entitlement it entered under; `place` is its time priority and zero while it does not rest;
    `done_ns` is zero while it lives. All of `leaves_lots` but `hidden_lots` shows; an order that `waits` (`FOR_STOP`,
    `FOR_CLOSE`, `IN_CALL`, `OFFERED`) is in no book.
    """

    __slots__ = (
        "account",
        "book",
        "client_order_id",
        "created_ns",
        "cum_lots",
        "cum_notional_minor",
        "decision",
        "display_lots",
        "done_ns",
        "done_reason",
        "entitlement",
        "expire_at_ns",
        "fee_minor",
        "fee_num",
        "fingerprint",
        "funds_minor",
        "hidden_lots",
        "hold",
        "last_client_order_id",
        "leaves_lots",
        "level",
        "lots",
        "maker_ppm",
        "offer",
        "options",
        "order_id",
        "place",
        "post_only",
        "price_ticks",
        "self_trade",
        "side",
        "stop_price_ticks",
        "taker_ppm",
        "tif",
        "triggered",
        "type",
        "waits",
    )

    account: Account
    book: Book
    entitlement: Entitlement
    level: Level | None
    options: Options | None
    offer: Offer | None

    def __init__(self, order_id: int, account: Account, book: Book, entitlement: Entitlement, created_ns: int) -> None:
        self.order_id = order_id
        self.account = account
        self.book = book
        self.entitlement = entitlement
        self.decision = entitlement.entitlement
        self.created_ns = created_ns
        self.level = self.options = self.offer = None
        self.place = self.done_ns = self.done_reason = self.hold = 0
        self.cum_lots = self.cum_notional_minor = self.fee_num = self.fee_minor = 0
        self.side = self.type = self.tif = self.self_trade = self.post_only = 0
        self.price_ticks = self.lots = self.leaves_lots = self.hidden_lots = self.display_lots = 0
        self.stop_price_ticks = self.funds_minor = self.expire_at_ns = self.triggered = self.waits = 0
        self.maker_ppm = book.terms.maker_ppm
        self.taker_ppm = book.terms.taker_ppm
        self.client_order_id = self.last_client_order_id = _NO_ID
        self.fingerprint = _NO_FINGERPRINT

    def held_balance(self) -> Balance:
        """The balance that `hold` is part of: cash for a buy, claims for a sell."""
        terms = self.book.terms
        return self.account.balance(terms.quote if self.side == BUY else terms.base)


_NO_ID = bytes(40)
_NO_FINGERPRINT = bytes(16)


class Level:
    """The orders at one price of one side, by place; `lots` is the sum of what they show."""

    __slots__ = ("lots", "orders", "price_ticks")

    def __init__(self, price_ticks: int) -> None:
        self.price_ticks = price_ticks
        self.orders: OrderedDict[int, Order] = OrderedDict()
        self.lots = 0


class BookSide:
    """One side: `best` is the level that trades next, None on an empty side.

    Prices are kept times `sign`, which is -1 for bids, so that the best is the least on both sides.
    """

    __slots__ = ("best", "levels", "prices", "sign")

    def __init__(self, side: int) -> None:
        self.sign = -1 if side == BUY else 1
        self.levels: dict[int, Level] = {}
        self.prices: SortedList = SortedList()
        self.best: Level | None = None

    def add(self, order: Order) -> None:
        """Join the back of the order's level; the caller has given it its place."""
        price = order.price_ticks
        level = self.levels.get(price)
        if level is None:
            level = self.levels[price] = Level(price)
            self.prices.add(price * self.sign)
            best = self.best
            if best is None or price * self.sign < best.price_ticks * self.sign:
                self.best = level
        level.orders[order.place] = order
        level.lots += order.leaves_lots - order.hidden_lots
        order.level = level

    def remove(self, order: Order) -> None:
        """Take the order out with whatever leaves it has now."""
        level = order.level
        assert level is not None
        del level.orders[order.place]
        level.lots -= order.leaves_lots - order.hidden_lots
        order.level = None
        order.place = 0
        if not level.orders:
            self._drop(level)

    def _drop(self, level: Level) -> None:
        assert level.lots == 0
        price = level.price_ticks
        del self.levels[price]
        self.prices.remove(price * self.sign)
        if level is self.best:
            self.best = self.levels[self.prices[0] * self.sign] if self.prices else None

    def crossing(self, limit_ticks: int) -> Iterator[Level]:
        """Levels that an incoming order with this limit may trade with, best first."""
        bound = limit_ticks * self.sign
        for key in self.prices:
            if key > bound:
                return
            yield self.levels[key * self.sign]

    def __iter__(self) -> Iterator[Level]:
        for key in self.prices:
            yield self.levels[key * self.sign]


class Book:
    """An instrument with its two sides and its stops; `terms` is its row in the state, phase and counters included."""

    __slots__ = (
        "asks",
        "at_close",
        "band_sequence",
        "bids",
        "call_buys",
        "call_sells",
        "issuer",
        "last_before",
        "offers",
        "peg_view",
        "pegs",
        "stops",
        "terms",
        "trades",
    )

    def __init__(self, terms: InstrumentRow, issuer: int) -> None:
        self.terms = terms
        self.bids = BookSide(BUY)
        self.asks = BookSide(SELL)
        self.stops = StopBook()
        self.issuer = issuer
        self.at_close: dict[int, Order] = {}
        """What waits for the closing auction, by order id."""
        self.call_buys: dict[int, Order] = {}
        """Market orders that have joined a call, by place."""
        self.call_sells: dict[int, Order] = {}
        self.offers: dict[int, Order] = {}
        """Open offers, by order id."""
        self.pegs: dict[int, Order] = {}
        """Open pegged orders, in the book or waiting for a price to follow, by order id."""
        self.peg_view: tuple[int, ...] = ()
        """What the pegged orders' prices followed from when they were last set."""
        self.trades: deque[bytes] = deque()
        """Encoded `TradeRow`s that may still be corrected, oldest first, up to the last trade's."""
        self.band_sequence = self.last_before = 0
        """The command that touched the book last, and the last price before it: what the dynamic band lies round."""

    def side(self, side: int) -> BookSide:
        return self.bids if side == BUY else self.asks

    def queued(self, side: int) -> Iterable[Order]:
        """Market orders of a side that have joined the call, in place order."""
        return (self.call_buys if side == BUY else self.call_sells).values()

    def opposite(self, side: int) -> BookSide:
        return self.asks if side == BUY else self.bids
