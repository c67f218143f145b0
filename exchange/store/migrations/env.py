"""What Alembic runs: the migrations on the engine that `exchange.store.database` gives."""

from alembic import context
from sqlalchemy import Engine

from exchange.store.tables import metadata


def migrate(engine: Engine) -> None:
    with engine.begin() as connection:
        context.configure(connection=connection, target_metadata=metadata)
        context.run_migrations()


migrate(context.config.attributes["engine"])
