"""Reading the SQL records so that whoever asks finds what was acknowledged to it."""

import asyncio

from api.errors import busy
from api.market import Market
from api.settings import ApiSettings
from exchange.runtime import Exchange
from exchange.store.history import History


async def settled_history(exchange: Exchange, market: Market, settings: ApiSettings) -> History:
    """The records, level with what books and balances show now. A 503 where they do not get there in time."""
    wanted = market.sequence
    if exchange.projector.watermark < wanted:
        level = await asyncio.to_thread(exchange.projector.wait_for, wanted, settings.history_timeout_s)
        if not level:
            raise busy("the records are behind; ask again", "RECORDS_BEHIND")
    return exchange.history
