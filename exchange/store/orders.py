"""Rows of what is frequent: orders as they stand, trades, counts of refusals. Arrays in, few statements out."""

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, bindparam, update

from exchange.ledger.postings import Rows
from exchange.ledger.postings import select as select_events
from exchange.store import tables
from exchange.store.database import insert_rows
from exchange.vocabulary.codec import EVENT_BYTES, EVENTS, KIND_OFFSET
from exchange.vocabulary.events import (
    REPLAYED,
    CommandRefused,
    OrderAccepted,
    OrderAmended,
    OrderDone,
    OrderRefreshed,
    OrderRested,
    OrderTriggered,
    Trade,
)
from exchange.vocabulary.reasons import DoneReason

_STATES: Final = [
    kind.KIND for kind in (OrderAccepted, OrderRested, OrderDone, OrderAmended, OrderRefreshed, OrderTriggered)
]
_ORDER_COLUMNS: Final = tuple(tables.orders.columns.keys())
_TRADE_COLUMNS: Final = tuple(tables.trades.columns.keys())
_NOT_BUSTED: Final = {"bust_reason", "bust_sequence"}
_NOT_IN_EVENT: Final = {"done_ns", "done_reason", "client_order_id", "last_client_order_id"}
_STATE_FIELDS: Final = (
    *(n for n in _ORDER_COLUMNS if n not in _NOT_IN_EVENT),
    "kind",
    "reason",
    "timestamp_ns",
)
_FILL: Final = np.dtype(
    [
        ("position", "<i8"),
        ("order_id", "<u8"),
        ("timestamp_ns", "<i8"),
        ("lots", "<i8"),
        ("leaves_lots", "<i8"),
        ("cum_notional_minor", "<i8"),
        ("fee_minor", "<i8"),
        ("hold_change", "<i8"),
    ]
)
_FILL_FIELDS: Final = {
    "order_id": "{}_order_id",
    "leaves_lots": "{}_leaves_lots",
    "cum_notional_minor": "{}_cum_notional_minor",
    "fee_minor": "{}_cum_fee_minor",
    "hold_change": "{}_hold_change",
}


class Fills(NamedTuple):
    """What an order's fills since it was last told whole come to."""

    order_id: int
    lots: int
    hold_change: int
    leaves_lots: int
    cum_notional_minor: int
    fee_minor: int
    timestamp_ns: int


def write_trades(connection: Connection, events: bytes) -> None:
    trades = select_events(events, Trade)
    names = ["index" if name == "event_index" else name for name in _TRADE_COLUMNS]
    none = [0] * len(trades)
    columns = [none if name in _NOT_BUSTED else trades[name].tolist() for name in names]
    insert_rows(connection, tables.trades, zip(*columns, strict=True))


def write_orders(connection: Connection, events: bytes) -> None:
    """Each order's last state in these events with the fills after it, or its fills alone onto the row there is."""
    states, positions = _order_states(events)
    ids = states["order_id"].tolist()
    firsts = dict(zip(reversed(ids), range(len(ids) - 1, -1, -1), strict=True))
    lasts = {order_id: row for row, order_id in enumerate(ids)}
    fills = _fills_after(events, {order_id: int(positions[row]) for order_id, row in lasts.items()})
    texts = [text.rstrip(b"\0").decode("ascii") for text in states["client_order_id"].tolist()]
    accepted = (states["kind"] == OrderAccepted.KIND).tolist()
    new: list[dict[str, Any]] = []
    known: list[dict[str, Any]] = []
    for state in states[list(lasts.values())][list(_STATE_FIELDS)].tolist():
        order = dict(zip(_STATE_FIELDS, state, strict=True))
        _end_or_go_on(order, fills.pop(order["order_id"], None))
        first = firsts[order["order_id"]]
        order["client_order_id"], order["last_client_order_id"] = (
            texts[first],
            texts[lasts[order["order_id"]]],
        )
        (new if accepted[first] else known).append(order)
    insert_rows(connection, tables.orders, [[order[name] for name in _ORDER_COLUMNS] for order in new])
    _update_states(connection, known)
    _update_fills(connection, list(fills.values()))


def _end_or_go_on(order: dict[str, Any], fills: Fills | None) -> None:
    """Turn an order event's fields into the row's: done or open, with the fills that came after it."""
    kind, reason, time_ns = order.pop("kind"), order.pop("reason"), order.pop("timestamp_ns")
    order["done_ns"], order["done_reason"] = (time_ns, reason) if kind == OrderDone.KIND else (0, 0)
    if fills is None:
        return
    order["cum_lots"] += fills.lots
    order["hold"] += fills.hold_change
    order |= _fill_values(fills)


def _fill_values(fills: Fills) -> dict[str, int]:
    filled = not fills.leaves_lots
    return {
        "leaves_lots": fills.leaves_lots,
        "cum_notional_minor": fills.cum_notional_minor,
        "fee_minor": fills.fee_minor,
        "done_ns": fills.timestamp_ns if filled else 0,
        "done_reason": int(DoneReason.FILLED) if filled else 0,
    }


def _update_states(connection: Connection, known: list[dict[str, Any]]) -> None:
    if known:
        table = tables.orders
        fixed = {"order_id", "client_order_id"}
        values: dict[str, Any] = {n: bindparam(f"new_{n}") for n in _ORDER_COLUMNS if n not in fixed}
        rows = [{f"new_{name}": value for name, value in order.items()} for order in known]
        statement = update(table).where(table.c.order_id == bindparam("new_order_id")).values(values)
        _expect(connection.execute(statement, rows).rowcount, rows)


def _update_fills(connection: Connection, fills: list[Fills]) -> None:
    if fills:
        table = tables.orders
        changed: dict[str, Any] = {
            "cum_lots": table.c.cum_lots + bindparam("d_lots"),
            "hold": table.c.hold + bindparam("d_hold"),
        }
        rows = []
        for each in fills:
            values = {f"new_{name}": value for name, value in _fill_values(each).items()}
            rows.append({"id": each.order_id, "d_lots": each.lots, "d_hold": each.hold_change, **values})
        changed |= {name: bindparam(f"new_{name}") for name in _fill_values(fills[0])}
        statement = update(table).where(table.c.order_id == bindparam("id")).values(changed)
        _expect(connection.execute(statement, rows).rowcount, rows)


def _expect(changed: int, rows: list[Any]) -> None:
    # Drivers that do not count rows of many statements say -1.
    assert changed in {-1, len(rows)}, f"{len(rows)} orders changed, {changed} of them are in the table"


def _order_states(events: bytes) -> tuple[Rows, NDArray[np.intp]]:
    """The events that tell an order whole, all of one layout, and their positions in the stream."""
    kinds = np.frombuffer(events, np.uint8)[KIND_OFFSET::EVENT_BYTES]
    records = np.frombuffer(events, EVENTS.numpy_dtype(OrderAccepted.KIND))
    positions = np.flatnonzero(np.isin(kinds, _STATES) & ((records["flags"] & REPLAYED) == 0))
    return records[positions], positions


def _fills_after(events: bytes, last_positions: dict[int, int]) -> dict[int, Fills]:
    """By order, its fills after `last_positions`."""
    fills: dict[int, Fills] = {}
    for row in _fill_rows(events).tolist():
        position, order_id, timestamp_ns, lots, leaves_lots, cum_notional_minor, fee_minor, hold_change = row
        if position < last_positions.get(order_id, -1):
            continue
        if before := fills.get(order_id):
            lots, hold_change = lots + before.lots, hold_change + before.hold_change
        fills[order_id] = Fills(order_id, lots, hold_change, leaves_lots, cum_notional_minor, fee_minor, timestamp_ns)
    return fills


def _fill_rows(events: bytes) -> Rows:
    """Both sides of every trade, in the order of the stream."""
    kinds = np.frombuffer(events, np.uint8)[KIND_OFFSET::EVENT_BYTES]
    trades = select_events(events, Trade)
    rows = np.empty((len(trades), 2), _FILL)
    for column, side in enumerate(("maker", "taker")):
        for name in ("timestamp_ns", "lots"):
            rows[name][:, column] = trades[name]
        for name, field in _FILL_FIELDS.items():
            rows[name][:, column] = trades[field.format(side)]
        rows["position"][:, column] = np.flatnonzero(kinds == Trade.KIND)
    return rows.reshape(-1)


def write_refusals(connection: Connection, events: bytes) -> None:
    """Count refusals by reason and kind of command; the refused commands themselves stay in the journal."""
    refused = select_events(events, CommandRefused)
    counts: dict[tuple[int, int], list[int]] = {}
    columns = (refused[name].tolist() for name in ("reason", "command_kind", "sequence", "timestamp_ns"))
    for reason, command_kind, sequence, timestamp_ns in zip(*columns, strict=True):
        count = counts.setdefault((reason, command_kind), [0, 0, 0])
        count[:] = count[0] + 1, sequence, timestamp_ns
    table = tables.refusals
    for (reason, command_kind), (count_new, sequence, timestamp_ns) in counts.items():
        row = (table.c.reason == reason, table.c.command_kind == command_kind)
        last = {"last_sequence": sequence, "last_ns": timestamp_ns}
        changed = connection.execute(update(table).where(*row).values(refused=table.c.refused + count_new, **last))
        if not changed.rowcount:
            insert_rows(connection, table, [(reason, command_kind, count_new, sequence, timestamp_ns)])
