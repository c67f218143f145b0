"""Orders and fills of every account as their owners see them, kept by following events.

Open orders are all here; of done ones and of fills the newest, the rest is history's.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields
from typing import Any, Final, NamedTuple

from exchange.vocabulary.events import (
    WAITS,
    Event,
    OrderAccepted,
    OrderDone,
    OrderEvent,
    OrderOptions,
    OrderReplayed,
    Trade,
)
from exchange.vocabulary.instruments import OrderType, Side
from exchange.vocabulary.reasons import DoneReason
from exchange.vocabulary.rows import OrderOptionsRow, OrderRow

DONE_KEPT: Final = 1000
FILLS_KEPT: Final = 1000


class Offered(NamedTuple):
    """To whom an offer goes, everyone where nobody is named, and whether part of it may be taken."""

    part: bool
    to: tuple[int, ...]


class Options(NamedTuple):
    """What an order that follows has besides, as in `OrderOptions`."""

    entry: int
    peg: int
    offset_ticks: int
    cap_ticks: int
    trail_ticks: int
    exit_price_ticks: int
    exit_stop_ticks: int


def options_of(told: OrderOptions | OrderOptionsRow) -> Options:
    return Options(*[getattr(told, name) for name in Options._fields])


@dataclass(slots=True, kw_only=True)
class OrderView:
    """One order as it stands; `client_order_id` is the last one it was given, `done_ns` zero while it is open.

    `waits` is 1 while it is outside the book; an offer has what it `offered`. By `names`, all client order ids that it
    ever had, it is found.
    """

    order_id: int
    account: int
    instrument: int
    side: int
    type: int
    tif: int
    self_trade: int
    post_only: int
    price_ticks: int
    lots: int
    leaves_lots: int
    cum_lots: int
    cum_notional_minor: int
    fee_minor: int
    created_ns: int
    decision: int
    client_order_id: str
    done_ns: int = 0
    done_reason: int = 0
    funds_minor: int = 0
    display_lots: int = 0
    stop_price_ticks: int = 0
    expire_at_ns: int = 0
    waits: int = 0
    offered: Offered | None = None
    options: Options | None = None
    names: set[str] = field(default_factory=set)

    def follow(self, event: OrderEvent) -> None:
        for name in _CHANGING:
            setattr(self, name, getattr(event, name))
        self.waits = int(event.flags & WAITS > 0 and not isinstance(event, OrderDone))

    def fill(self, lots: int, leaves_lots: int, cum_notional_minor: int, fee_minor: int, time_ns: int) -> None:
        self.cum_lots += lots
        self.leaves_lots = leaves_lots
        self.cum_notional_minor = cum_notional_minor
        self.fee_minor = fee_minor
        if not leaves_lots:
            self.done_ns, self.done_reason, self.waits = time_ns, DoneReason.FILLED, 0


_CHANGING: Final = (
    "price_ticks",
    "lots",
    "leaves_lots",
    "cum_lots",
    "cum_notional_minor",
    "fee_minor",
    "client_order_id",
    "display_lots",
    "stop_price_ticks",
    "expire_at_ns",
)
_NAMES: Final = [each.name for each in fields(OrderView)]
_EVENT_FIELDS: Final = [name for name in _NAMES if name in {each.name for each in OrderAccepted.FIELDS}]
_ROW_FIELDS: Final = [name for name in _NAMES if name in {each.name for each in OrderRow.FIELDS}]


def view_of_event(event: OrderEvent) -> OrderView:
    """The order that an event tells whole; a replayed one says in `reason` why it is done, and not when."""
    view = OrderView(**{name: getattr(event, name) for name in _EVENT_FIELDS}, waits=int(event.flags & WAITS > 0))
    if isinstance(event, OrderDone) or (isinstance(event, OrderReplayed) and event.reason):
        view.done_ns, view.done_reason = event.timestamp_ns, event.reason
    return view


def view_of_row(row: OrderRow) -> OrderView:
    values: dict[str, Any] = {name: getattr(row, name) for name in _ROW_FIELDS}
    first, last = (name.rstrip(b"\0").decode("ascii") for name in (row.client_order_id, row.last_client_order_id))
    waits = int(not row.done_ns and not (row.place and row.type != OrderType.MARKET))
    return OrderView(**values | {"client_order_id": last, "names": {first} - {""}, "waits": waits})


class Fill(NamedTuple):
    """One side of a trade."""

    trade_id: int
    sequence: int
    account: int
    instrument: int
    order_id: int
    side: int
    is_maker: bool
    price_ticks: int
    lots: int
    notional_minor: int
    fee_minor: int
    time_ns: int
    match_type: int


def fills_of(trade: Trade) -> tuple[Fill, Fill]:
    """The maker's and the taker's side of a trade."""
    maker_side = int(Side.SELL if trade.taker_side == Side.BUY else Side.BUY)
    maker = (trade.maker_account, trade.maker_order_id, maker_side, True, trade.maker_fee_minor)
    taker = (trade.account, trade.taker_order_id, trade.taker_side, False, trade.taker_fee_minor)
    both = []
    for account, order_id, side, is_maker, fee in (maker, taker):
        who = (trade.trade_id, trade.sequence, account, trade.instrument, order_id, side, is_maker)
        what = (trade.price_ticks, trade.lots, trade.notional_minor, fee, trade.timestamp_ns, trade.match_type)
        both.append(Fill(*who, *what))
    return both[0], both[1]


class _Account:
    __slots__ = ("client_ids", "done", "fills", "open")

    def __init__(self) -> None:
        self.open: dict[int, OrderView] = {}
        self.done: deque[OrderView] = deque()
        self.client_ids: dict[str, OrderView] = {}
        self.fills: deque[Fill] = deque(maxlen=FILLS_KEPT)


class Orders:
    def __init__(self, rows: Iterable[OrderRow] = (), options: Iterable[OrderOptionsRow] = ()) -> None:
        self._orders: dict[int, OrderView] = {}
        self._accounts: dict[int, _Account] = {}
        besides = {row.order_id: options_of(row) for row in options}
        for row in sorted(rows, key=lambda row: (row.done_ns, row.order_id)):
            self._add(view_of_row(row))
            self._orders[row.order_id].options = besides.get(row.order_id)
            if row.done_ns:
                self._finish(self._orders[row.order_id])

    def by_id(self, order_id: int) -> OrderView | None:
        return self._orders.get(order_id)

    def by_client_id(self, account: int, client_order_id: str) -> OrderView | None:
        known = self._accounts.get(account)
        return known.client_ids.get(client_order_id) if known else None

    def open(self, account: int) -> list[OrderView]:
        """Newest first."""
        known = self._accounts.get(account)
        return sorted(known.open.values(), key=lambda order: -order.order_id) if known else []

    def done(self, account: int) -> list[OrderView]:
        """The last `DONE_KEPT` that ended, newest order first."""
        known = self._accounts.get(account)
        return sorted(known.done, key=lambda order: -order.order_id) if known else []

    def fills(self, account: int) -> Iterator[Fill]:
        """The last `FILLS_KEPT`, newest first."""
        known = self._accounts.get(account)
        return reversed(known.fills) if known else iter(())

    def apply(self, event: Event) -> None:
        if isinstance(event, Trade):
            self._trade(event)
        elif isinstance(event, OrderEvent) and not isinstance(event, OrderReplayed):
            self._order(event)
        elif isinstance(event, OrderOptions):
            self._orders[event.order_id].options = options_of(event)

    def _order(self, event: OrderEvent) -> None:
        if isinstance(event, OrderAccepted):
            self._add(view_of_event(event))
            return
        order = self._orders[event.order_id]
        order.follow(event)
        self._name(order)
        if isinstance(event, OrderDone):
            order.done_ns, order.done_reason = event.timestamp_ns, event.reason
            self._finish(order)

    def _trade(self, trade: Trade) -> None:
        maker_fill, taker_fill = fills_of(trade)
        maker, taker = self._orders[trade.maker_order_id], self._orders[trade.taker_order_id]
        now = trade.timestamp_ns
        maker.fill(trade.lots, trade.maker_leaves_lots, trade.maker_cum_notional_minor, trade.maker_cum_fee_minor, now)
        taker.fill(trade.lots, trade.taker_leaves_lots, trade.taker_cum_notional_minor, trade.taker_cum_fee_minor, now)
        for order, fill in ((maker, maker_fill), (taker, taker_fill)):
            self._accounts[order.account].fills.append(fill)
            if not order.leaves_lots:
                self._finish(order)

    def _add(self, order: OrderView) -> None:
        account = self._accounts.setdefault(order.account, _Account())
        self._orders[order.order_id] = account.open[order.order_id] = order
        self._name(order)

    def _name(self, order: OrderView) -> None:
        """Let the order be found by every client order id that it has had."""
        if order.client_order_id:
            order.names.add(order.client_order_id)
        for name in order.names:
            self._accounts[order.account].client_ids[name] = order

    def _finish(self, order: OrderView) -> None:
        account = self._accounts[order.account]
        del account.open[order.order_id]
        account.done.append(order)
        if len(account.done) > DONE_KEPT:
            self._forget(account, account.done.popleft())

    def _forget(self, account: _Account, order: OrderView) -> None:
        del self._orders[order.order_id]
        for name in order.names:
            # A name is free again once the engine has forgotten the order, and may be another's by now.
            if account.client_ids.get(name) is order:
                del account.client_ids[name]
