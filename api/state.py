"""What the routes find in the running application, with its types."""

from typing import Annotated, cast

from fastapi import Depends
from starlette.requests import HTTPConnection

from api.market import Market
from api.settings import ApiSettings
from exchange.runtime import Exchange


def exchange_of(connection: HTTPConnection) -> Exchange:
    return cast(Exchange, connection.app.state.exchange)


def market_of(connection: HTTPConnection) -> Market:
    return cast(Market, connection.app.state.market)


def settings_of(connection: HTTPConnection) -> ApiSettings:
    return cast(ApiSettings, connection.app.state.settings)


TheExchange = Annotated[Exchange, Depends(exchange_of)]
TheMarket = Annotated[Market, Depends(market_of)]
TheSettings = Annotated[ApiSettings, Depends(settings_of)]
