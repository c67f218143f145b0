"""Reading the SQL records from a route: off the loop, and level with everything acknowledged before."""

from collections.abc import Callable
from typing import TypeVar

from anyio import to_thread

from api.errors import busy
from api.settings import ApiSettings
from exchange.runtime import Exchange

T = TypeVar("T")


async def read_records(exchange: Exchange, settings: ApiSettings, query: Callable[[], T]) -> T:
    """What `query` finds once the records show the last sequence applied; a 503 where that takes too long."""
    sequence = exchange.sequence

    def read() -> T:
        if not exchange.projector.wait_for(sequence, settings.history_timeout_s):
            raise busy("the records are behind", "RECORDS_BEHIND")
        return query()

    return await to_thread.run_sync(read)
