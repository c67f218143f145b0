import sqlite3

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.schema import CreateTable

from exchange.store.database import alembic_config, is_temporary, open_database, sqlite_url
from exchange.store.tables import metadata


def test_migrations_make_the_tables_that_the_code_expects(database):
    with database.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    command.check(alembic_config(database))


def columns(inspector, table):
    return [(column["name"], str(column["type"]), column["nullable"]) for column in inspector.get_columns(table)]


def indexes(inspector, table):
    found = inspector.get_indexes(table)
    return [
        (index["name"], index["column_names"], str(index["dialect_options"].get("sqlite_where"))) for index in found
    ]


def test_the_declared_tables_and_the_migrated_ones_are_alike_to_the_letter(database, tmp_path):
    declared = create_engine(sqlite_url(tmp_path / "declared.db"))
    metadata.create_all(declared)
    for name in metadata.tables:
        migrated, made = (inspect(engine) for engine in (database, declared))
        assert migrated.get_pk_constraint(name) == made.get_pk_constraint(name)
        assert indexes(migrated, name) == indexes(made, name)
        assert columns(migrated, name) == columns(made, name)
    declared.dispose()


def test_opening_again_changes_nothing(tmp_path):
    url = sqlite_url(tmp_path / "again.db")
    for _ in range(2):
        engine = open_database(url)
        with engine.connect() as connection:
            assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == "0001"
        engine.dispose()


def test_migrations_can_be_taken_back(database):
    command.downgrade(alembic_config(database), "base")
    assert inspect(database).get_table_names() == ["alembic_version"]


def test_a_migration_that_fails_leaves_no_half_made_tables(tmp_path):
    path = tmp_path / "half.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE trades (x)")
    with pytest.raises(DBAPIError):
        open_database(sqlite_url(path))
    with sqlite3.connect(path) as connection:
        names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert names == {"trades"}


def test_a_commit_is_on_disk_before_it_is_told(database):
    with database.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2


def test_a_transaction_rolls_back_tables_too(database):
    with database.connect() as connection:
        connection.execute(text("CREATE TABLE half (x INTEGER)"))
        connection.rollback()
    assert "half" not in inspect(database).get_table_names()


def test_the_tables_can_be_made_in_postgresql():
    for table in metadata.tables.values():
        made = str(CreateTable(table).compile(dialect=postgresql.dialect()))
        assert "ROWID" not in made
        assert " SERIAL" not in made.upper()


class ServerError(Exception):
    def __init__(self, sqlstate):
        self.sqlstate = sqlstate


def sqlite_error(code):
    error = sqlite3.OperationalError("told by the library")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("original", "temporary"),
    [
        (sqlite_error(sqlite3.SQLITE_BUSY), True),
        (sqlite_error(sqlite3.SQLITE_BUSY_SNAPSHOT), True),
        (sqlite_error(sqlite3.SQLITE_FULL), True),
        (sqlite_error(sqlite3.SQLITE_IOERR_FSYNC), True),
        (sqlite_error(sqlite3.SQLITE_ERROR), False),
        (sqlite_error(sqlite3.SQLITE_CORRUPT), False),
        (ServerError("57P03"), True),
        (ServerError("08006"), True),
        (ServerError("40001"), True),
        (ServerError(None), True),
        (ServerError("42P01"), False),
        (ServerError("23505"), False),
    ],
)
def test_trouble_that_passes_is_told_from_what_stays_wrong(original, temporary):
    assert is_temporary(OperationalError("INSERT", {}, original)) is temporary


def test_a_lost_connection_is_passing_trouble():
    assert is_temporary(DBAPIError("INSERT", {}, ServerError("42P01"), connection_invalidated=True))
