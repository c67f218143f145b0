"""Handlers of rare events: one event, one statement or a few, in the order of the events."""

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from sqlalchemy import Connection, Table, insert, update

from exchange.vocabulary import events as ev
from exchange.vocabulary.codec import EVENT_BYTES, EVENTS, KIND_OFFSET, Record

H = TypeVar("H", bound=Callable[[Connection, Any], None])


class Handlers:
    """What to write for each kind of event; the others are passed over without being decoded."""

    def __init__(self) -> None:
        self._handlers: dict[int, Callable[[Connection, Any], None]] = {}

    def on(self, *kinds: type[Record]) -> Callable[[H], H]:
        def register(handler: H) -> H:
            self._handlers.update({kind.KIND: handler for kind in kinds})
            return handler

        return register

    def write(self, connection: Connection, events: bytes) -> None:
        """Answers given again change nothing."""
        kinds = np.frombuffer(events, np.uint8)[KIND_OFFSET::EVENT_BYTES]
        for position in np.flatnonzero(np.isin(kinds, list(self._handlers))).tolist():
            event = EVENTS.decode(events, position * EVENT_BYTES)
            if not event.flags & ev.REPLAYED:
                self._handlers[event.KIND](connection, event)


def add_row(connection: Connection, table: Table, event: Record, **values: Any) -> None:
    """Insert a row whose columns are the event's fields of the same name, unless given."""
    names = [column.name for column in table.columns]
    row = {name: values[name] if name in values else getattr(event, name) for name in names}
    connection.execute(insert(table), row)


def set_row(connection: Connection, table: Table, key: int, **values: Any) -> None:
    """Change the row whose only key column is `key`."""
    (column,) = table.primary_key.columns
    result = connection.execute(update(table).where(column == key).values(**values))
    assert result.rowcount == 1, f"{table.name} has no row {key}"
