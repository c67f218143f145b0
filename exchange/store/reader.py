"""Reading the tables: what every set of queries shares."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Engine, RowMapping, Select, select

from exchange.store import tables

PAGE: Final = 100

Row = RowMapping
"""A row by column name."""


class Reader:
    """Read queries on one database, each in a transaction of its own."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def watermark(self) -> int:
        """The last sequence that reads show; zero in a database nothing was written to."""
        found = self._first(select(tables.watermark.c.sequence))
        return int(found["sequence"]) if found else 0

    def _rows(self, query: Select[Any]) -> Sequence[Row]:
        with self._engine.connect() as connection:
            return connection.execute(query).mappings().all()

    def _first(self, query: Select[Any]) -> Row | None:
        found = self._rows(query.limit(1))
        return found[0] if found else None


def given(*conditions: tuple[ColumnElement[Any], object]) -> list[ColumnElement[bool]]:
    """Equality with each value that is given."""
    return [column == value for column, value in conditions if value is not None]
