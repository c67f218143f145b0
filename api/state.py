"""What the routes find in the running application, with its types."""

from typing import Annotated, cast

from fastapi import Depends
from starlette.requests import HTTPConnection

from api.market import Market
from api.settings import ApiSettings
from exchange.runtime import Exchange


def exchange_of(connection: HTTPConnection) -> Exchange:
    return cast(Exchange, connection.app.state.exchange)


# FastAPI sends what is no coroutine to a pool of threads, which would cost every request more than all else it does.
async def _exchange(connection: HTTPConnection) -> Exchange:
    return exchange_of(connection)


async def _market(connection: HTTPConnection) -> Market:
    return cast(Market, connection.app.state.market)


async def _settings(connection: HTTPConnection) -> ApiSettings:
    return cast(ApiSettings, connection.app.state.settings)


TheExchange = Annotated[Exchange, Depends(_exchange)]
TheMarket = Annotated[Market, Depends(_market)]
TheSettings = Annotated[ApiSettings, Depends(_settings)]
