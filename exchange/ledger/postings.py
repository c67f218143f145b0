"""Postings as arrays: one row a line, an event's lines together and summing to zero per asset."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from exchange.vocabulary.codec import EVENT_BYTES, EVENTS, KIND_OFFSET, Record
from exchange.vocabulary.events import REPLAYED

Rows = NDArray[Any]
"""A structured array."""

POSTING: Final = np.dtype(
    [
        ("sequence", "<i8"),
        ("event_index", "<i8"),
        ("line", "<i8"),
        ("timestamp_ns", "<i8"),
        ("account", "<i8"),
        ("asset", "<i8"),
        ("bucket", "<i8"),
        ("entry", "<i8"),
        ("amount", "<i8"),
    ]
)

HOLD_INDEX: Final = 2**32 - 1
"""Event index of a batch's net holds: after every event of the batch's last sequence."""


class LedgerError(AssertionError):
    """Postings that do not balance, or a balance below zero: a bug of the machine, never of a participant."""


def select(events: bytes, kind: type[Record]) -> Rows:
    """The events of one kind as structured rows, without answers given again (flag `REPLAYED`)."""
    kinds = np.frombuffer(events, np.uint8)[KIND_OFFSET::EVENT_BYTES]
    records = np.frombuffer(events, np.dtype(f"V{EVENT_BYTES}"))
    rows: Rows = records[kinds == kind.KIND].view(EVENTS.numpy_dtype(kind.KIND))
    fresh: Rows = rows[(rows["flags"] & REPLAYED) == 0]
    return fresh


def lines(events: Rows, line: int, account: Any, asset: Any, bucket: int, entry: int, amount: Any) -> Rows:
    """One line for each event, those of amount zero left out."""
    rows = np.empty(len(events), POSTING)
    for name, source in (
        ("sequence", "sequence"),
        ("event_index", "index"),
        ("timestamp_ns", "timestamp_ns"),
    ):
        rows[name] = events[source]
    rows["line"], rows["account"], rows["asset"] = line, account, asset
    rows["bucket"], rows["entry"], rows["amount"] = bucket, entry, amount
    posted: Rows = rows[rows["amount"] != 0]
    return posted


def gather(parts: Sequence[Rows]) -> Rows:
    """All lines in the order of events; `LedgerError` where an event's lines do not sum to zero in some asset."""
    rows: Rows = np.concatenate([np.empty(0, POSTING), *parts])
    rows = rows[np.lexsort((rows["line"], rows["event_index"], rows["sequence"]))]
    check_balanced(rows)
    return rows


def check_balanced(rows: Rows) -> None:
    keys = ("sequence", "event_index", "asset")
    order, starts = groups(rows, keys)
    if not len(order):
        return
    sums = np.add.reduceat(rows["amount"][order], starts)
    if sums.any():
        first = rows[order[starts[np.flatnonzero(sums)[0]]]]
        raise LedgerError(f"postings of event {first['sequence']}.{first['event_index']} do not sum to zero")


def groups(rows: Rows, keys: Sequence[str]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """A stable order that brings rows of equal keys together, and where in it each group starts."""
    order = np.lexsort([rows[key] for key in reversed(keys)])
    changed = np.zeros(len(order), bool)
    changed[:1] = True
    for key in keys:
        column = rows[key][order]
        changed[1:] |= column[1:] != column[:-1]
    return order, np.flatnonzero(changed)
