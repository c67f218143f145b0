"""Opening the database: SQLite in a file by default, any other by its URL. The only place that knows which it is."""

import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, Table, create_engine, event, insert
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

MIGRATIONS: Final = Path(__file__).parent / "migrations"

_SQLITE_TEMPORARY: Final = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
    }
)
_SQLSTATE_TEMPORARY: Final = frozenset({"08", "40", "53", "55", "57", "58"})
"""Classes: connection, rollback, resources, object in use, operator's intervention, system error."""


def sqlite_url(path: Path) -> str:
    return f"sqlite:///{path.absolute()}"


def open_database(url: str) -> Engine:
    """An engine on the database at `url`, its schema brought up to this version."""
    engine = create_engine(url)
    if make_url(url).get_backend_name() == "sqlite":
        event.listen(engine, "connect", _configure_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    try:
        upgrade(engine)
    except BaseException:
        engine.dispose()
        raise
    return engine


def _configure_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    # The driver's own transactions start late and commit around DDL; `_begin_sqlite` starts them instead.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=5000", "cache_size=-65536"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def alembic_config(engine: Engine) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["engine"] = engine
    return config


def upgrade(engine: Engine) -> None:
    """Apply the migrations that are missing, each in a transaction."""
    command.upgrade(alembic_config(engine), "head")


def insert_rows(connection: Connection, table: Table, rows: Iterable[Sequence[Any]]) -> None:
    """Insert rows given in the order of the table's columns.

    Where the driver takes values by position, tuples go to it as they are: no dictionary a row.
    """
    values = list(map(tuple, rows))
    if not values:
        return
    if connection.dialect.positional:
        connection.exec_driver_sql(str(insert(table).compile(dialect=connection.dialect)), values)
    else:
        connection.execute(insert(table), [dict(zip(table.columns.keys(), row, strict=True)) for row in values])


def is_temporary(error: DBAPIError) -> bool:
    """Whether trying the same again later may work: the server or disk is away, busy or full, not the data wrong."""
    if error.connection_invalidated:
        return True
    if isinstance(error.orig, sqlite3.Error):
        # The low byte is the primary code, the rest tells more of the same.
        return getattr(error.orig, "sqlite_errorcode", 0) & 0xFF in _SQLITE_TEMPORARY
    sqlstate = getattr(error.orig, "sqlstate", None)
    return sqlstate is None or sqlstate[:2] in _SQLSTATE_TEMPORARY
