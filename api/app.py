"""The application: every router behind the gatehouse, over one exchange."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from fastapi import FastAPI

from api import (
    accounts,
    claims,
    corrections,
    dataset_search,
    datasets,
    decisions,
    deliveries,
    docs_page,
    entitlements,
    evidence,
    feed,
    guards,
    kill_switch,
    lifecycle,
    novelty,
    offers,
    operator,
    orders,
    participants,
    pools,
    products,
    proposals,
    salts,
    samples,
    schedules,
    statements,
    tracing,
    transfers,
    venue,
    venue_rules,
)
from api.auth import Authenticator
from api.dataset_search import DatasetSearch
from api.dataset_views import DatasetViews
from api.errors import add_handlers
from api.gatehouse import Gatehouse, Limits
from api.market import Market
from api.prices import Prices
from api.settings import ApiSettings
from exchange.operations.bootstrap import bootstrap
from exchange.operations.guarding import end_old_guards
from exchange.operations.issuing import finish_issues
from exchange.operations.pooling import finish_pools
from exchange.runtime import Batch, Exchange

DESCRIPTION: Final = """
The public face of a Token Lot Exchange: markets in lots of datasets, counted in tokens.

Markets, orders and accounts speak the Coinbase Exchange dialect; datasets, deliveries and the compliance gate have
resources beside it. Prices are quote currency per 1,000,000 RTU (reference token units), sizes are millions of RTU;
both are decimal strings. A private request is signed, as docs/reference/api.md says.
"""

ROUTERS: Final = tuple(
    module.router
    for module in (
        orders, guards, offers, venue, products, accounts, dataset_search, datasets, samples, salts, lifecycle, claims,
        evidence, novelty, pools, deliveries, entitlements, decisions, transfers, participants, operator, kill_switch,
        corrections, proposals, venue_rules, schedules, statements, tracing, docs_page, feed,
    )
)  # fmt: skip


def create_app(exchange: Exchange, settings: ApiSettings) -> FastAPI:
    """An application that starts the exchange, opened and not yet started, with itself, and closes it at its end."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await _start(app, exchange)
        try:
            yield
        finally:
            await asyncio.to_thread(exchange.close)

    app = FastAPI(
        title="Token Lot Exchange",
        version="0.1.0",
        description=DESCRIPTION,
        lifespan=lifespan,
        redirect_slashes=False,
        strict_content_type=False,
        docs_url=None,
        redoc_url=None,
    )
    app.state.exchange = exchange
    app.state.settings = settings
    app.state.authenticator = Authenticator(exchange, settings)
    app.state.limits = Limits(settings)
    app.add_middleware(Gatehouse)
    add_handlers(app)
    for router in ROUTERS:
        app.include_router(router)
    return app


async def _start(app: FastAPI, exchange: Exchange) -> None:
    """Follow the stream from its opening state, then let commands in, and see that the venue is set up."""
    loop = asyncio.get_running_loop()
    market = app.state.market = Market(exchange.opening_state, exchange.directory)
    await asyncio.to_thread(market.load_tapes, exchange.history, exchange.now_ns())

    def follow(batch: Batch) -> None:
        try:
            market.apply(batch)
        except Exception as failure:  # noqa: BLE001 - what is shown would be wrong from here on
            exchange.fail(failure)

    def pass_on(batch: Batch) -> None:
        loop.call_soon_threadsafe(follow, batch)

    exchange.subscribe(pass_on)
    exchange.start()
    await asyncio.to_thread(bootstrap, exchange)
    await asyncio.to_thread(end_old_guards, exchange)
    await asyncio.to_thread(finish_issues, exchange)
    await asyncio.to_thread(finish_pools, exchange)
    views = app.state.dataset_views = DatasetViews(exchange)
    app.state.dataset_search = DatasetSearch(exchange, views, Prices(market))
    await asyncio.to_thread(app.state.dataset_search.take_in)
