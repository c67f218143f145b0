"""Orders: placed, changed, cancelled and looked up, in the Coinbase Exchange dialect.

A route encodes a command, submits it, and answers from what happened; whether an order may stand, the machine says.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from api.answers import After, Limit, ProfileId, answer, id_of, page
from api.auth import Caller, Trader, Viewer, trader
from api.commanding import ask
from api.dry_runs import checked_order
from api.errors import NOT_FOUND, SIGNED_PROBLEMS, ApiError, as_api_error
from api.market import Market
from api.models import CURSOR_NOTE
from api.order_models import AMENDMENT, BATCH, PLACEMENT, CheckedOrder, Order, OrderOrProblem
from api.order_requests import (
    Place,
    amended,
    named_oid,
    placed,
    read_amend,
    read_batch,
    read_cancel,
    read_place,
    side_of,
)
from api.records import read_records
from api.refusals import refusal
from api.settings import ApiSettings
from api.state import TheExchange, TheMarket, TheSettings
from exchange.portfolio import messages
from exchange.portfolio.orders import Options, OrderView, view_of_event
from exchange.runtime import Exchange
from exchange.store.reader import Row
from exchange.vocabulary.codec import Record
from exchange.vocabulary.commands import CancelOrder, Command, MassCancel
from exchange.vocabulary.events import OrderAccepted, OrderChecked, OrderDone, OrderReplayed
from exchange.vocabulary.reasons import Reason

router = APIRouter(tags=["orders"], responses=SIGNED_PROBLEMS | NOT_FOUND)

CLIENT_PREFIX: Final = "client:"
STATUSES: Final = {"open", "pending", "active", "done", "all", "settled"}
_NOT_RECORDED: Final = {"names", "waits", "offered", "options"}
_VIEW_FIELDS: Final = [each.name for each in fields(OrderView) if each.name not in _NOT_RECORDED]

DryRun = Annotated[bool, Query(description="Answer in full, and change nothing")]


@router.post("/orders", response_model=Order | CheckedOrder, summary="Place an order", openapi_extra=PLACEMENT)
async def place(request: Request, dry_run: DryRun = False) -> Response:
    """The order as it stands once it is durable and matched.

    A repeat of a `client_oid` with the same content gets the first order, with `replayed`; with other content it is
    refused. An order that the machine refuses is a 400 with its reason as `code`, and no order.

    With `dry_run` the answer is the order as it would be, `checked`, with the size that would trade at once and what it
    would hold; refusals are those of the order itself. Nothing changes, and its `client_oid` is not used up.
    """
    # Asked for by hand: dependencies cost as much as the order.
    caller, state = await trader(request), request.app.state
    desk = _Desk(state.exchange, state.market, state.settings, caller)
    return answer(await desk.place(read_place(await request.body()), dry_run=dry_run))


@router.post("/orders/batch", response_model=list[OrderOrProblem], summary="Place several orders", openapi_extra=BATCH)
async def place_batch(
    request: Request,
    caller: Trader,
    exchange: TheExchange,
    market: TheMarket,
    settings: TheSettings,
    dry_run: DryRun = False,
) -> Response:
    """Each is taken or refused by itself, in the order given; the answers come in the same order.

    With `dry_run` each is checked as if it came alone.
    """
    wanted = read_batch(await request.body())
    if not 0 < len(wanted) <= settings.max_batch_orders:
        told = f"a batch has 1 to {settings.max_batch_orders} orders"
        raise ApiError(400, told, "BAD_BATCH", {"max": settings.max_batch_orders})
    desk = _Desk(exchange, market, settings, caller)

    async def one(body: Any) -> dict[str, Any]:
        try:
            return await desk.place(read_place(body), dry_run=dry_run)
        except Exception as error:
            told = as_api_error(error)
            if told is None:
                raise
            return told.told()

    return answer(await asyncio.gather(*(one(each) for each in wanted)))


@router.patch("/orders/{order_id}", response_model=Order, summary="Change an order", openapi_extra=AMENDMENT)
async def amend(
    order_id: str, request: Request, caller: Trader, exchange: TheExchange, market: TheMarket, settings: TheSettings
) -> Response:
    """A smaller size keeps the order's place; another price or a larger size loses it, and may trade.

    By its id, or by `client:` and its client_oid. Refused, the order stands as it was.
    """
    desk = _Desk(exchange, market, settings, caller)
    wanted = read_amend(await request.body())
    found = await desk.find(order_id)
    book = market.books[found.instrument]
    command = amended(wanted, book.scales, found.order_id, caller.key, found.account, found.instrument)
    await desk.ask(command)
    return answer(desk.shown(found.order_id))


@router.delete("/orders/{order_id}", response_model=str, summary="Cancel an order")
async def cancel(
    order_id: str, caller: Trader, exchange: TheExchange, market: TheMarket, settings: TheSettings
) -> Response:
    """By its id, or by `client:` and its client_oid; the answer is the id it was named by."""
    desk = _Desk(exchange, market, settings, caller)
    found = await desk.find(order_id)
    await desk.ask(CancelOrder(actor=caller.key, account=found.account, order_id=found.order_id))
    return answer(order_id.removeprefix(CLIENT_PREFIX))


@router.delete("/orders", response_model=list[str], summary="Cancel all orders")
async def cancel_all(
    request: Request,
    caller: Trader,
    exchange: TheExchange,
    market: TheMarket,
    settings: TheSettings,
    product_id: str | None = None,
    side: str | None = None,
    profile_id: ProfileId = None,
) -> Response:
    """Of the account; of one product, or of one side, where that is named. The answer lists the ids."""
    said = read_cancel(await request.body())
    product_id, side = product_id or said.product_id, side or said.side
    instrument = market.book(product_id).instrument if product_id else 0
    account = caller.account_of(profile_id or said.profile_id)
    desk = _Desk(exchange, market, settings, caller)
    command = MassCancel(actor=caller.key, account=account, instrument=instrument, side=side_of(side))
    events = await desk.ask(command)
    return answer(
        [str(event.order_id) for event in events if isinstance(event, OrderDone) and event.account == account]
    )


@router.get("/orders", response_model=list[Order], summary="Orders", description=f"Of the account. {CURSOR_NOTE}")
async def orders(
    caller: Viewer,
    exchange: TheExchange,
    market: TheMarket,
    settings: TheSettings,
    product_id: str | None = None,
    status: Annotated[
        list[str] | None, Query(description="open, active, pending, done, all; several may stand")
    ] = None,
    limit: Limit = 100,
    after: After = None,
    profile_id: ProfileId = None,
) -> Response:
    wanted = set(status or ["open", "active", "pending"])
    if strange := wanted - STATUSES:
        raise ApiError(
            400, "there is no such status", "BAD_STATUS", {"status": sorted(strange), "known": sorted(STATUSES)}
        )
    account = caller.account_of(profile_id)
    instrument = market.book(product_id).instrument if product_id else None
    older_than = id_of(after, "after")
    if wanted & {"done", "all", "settled"}:
        is_open = None if wanted & {"all", "open", "active", "pending"} else False

        def read() -> Sequence[Row]:
            return exchange.history.orders(account, instrument, is_open=is_open, before=older_than, limit=limit)

        views: Iterable[OrderView] = [_view(row) for row in await read_records(exchange, settings, read)]
    else:
        live = market.portfolio.orders.open(account)
        newer = (view for view in live if older_than is None or view.order_id < older_than)
        views = [view for view in newer if instrument in (None, view.instrument)][:limit]
    told = [_message(market, view) for view in views]
    return page(told, told and told[0]["id"], told and told[-1]["id"])


@router.get("/orders/{order_id}", response_model=Order, summary="One order")
async def order(
    order_id: str, caller: Viewer, exchange: TheExchange, market: TheMarket, settings: TheSettings
) -> Response:
    """By its id, or by `client:` and its client_oid: the newest order that had it."""
    desk = _Desk(exchange, market, settings, caller)
    return answer(_message(market, await desk.find(order_id)))


class _Desk:
    """What one caller may do with orders."""

    def __init__(self, exchange: Exchange, market: Market, settings: ApiSettings, caller: Caller) -> None:
        self._exchange = exchange
        self._market = market
        self._settings = settings
        self._caller = caller

    async def place(self, wanted: Place, *, dry_run: bool) -> dict[str, Any]:
        book, account = self._market.book(wanted.product_id), self._caller.account_of(wanted.profile_id)
        now_ns = self._exchange.now_ns()
        command = placed(wanted, book, self._caller.key, account, now_ns, dry_run=dry_run)
        events = await self.ask(command)
        made = next(each for each in events if isinstance(each, OrderAccepted | OrderReplayed | OrderChecked))
        if isinstance(made, OrderChecked):
            return checked_order(command, made, book)
        if isinstance(made, OrderReplayed):
            view = self._market.portfolio.orders.by_id(made.order_id) or view_of_event(made)
            return _message(self._market, view) | {"replayed": True}
        return self.shown(made.order_id)

    async def ask(self, command: Command) -> list[Record]:
        """The command's events, after the market has followed them; ApiError where the machine refused."""
        return await ask(self._exchange, self._settings, command)

    async def find(self, name: str) -> OrderView:
        """An order of the caller's, in memory or in the records; ApiError 404."""
        mine, live = self._caller.accounts, self._market.portfolio.orders
        if name.startswith(CLIENT_PREFIX):
            oid = named_oid(name.removeprefix(CLIENT_PREFIX))
            known = [view for account in mine if (view := live.by_client_id(account, oid))]
            rows = lambda: [self._exchange.history.order_of_client(account, oid) for account in mine]  # noqa: E731
        else:
            number = id_of(name, "order id") or 0
            known = [view for view in [live.by_id(number)] if view and view.account in mine]
            rows = lambda: [self._exchange.history.order(number)]  # noqa: E731
        if known:
            return max(known, key=lambda view: view.order_id)
        kept = [row for row in await read_records(self._exchange, self._settings, rows) if row]
        for row in sorted(kept, key=lambda row: -row["order_id"]):
            if row["account"] in mine:
                return _view(row)
        raise refusal(Reason.UNKNOWN_ORDER)

    def shown(self, order_id: int) -> dict[str, Any]:
        """An order of which something was just acknowledged: it is in memory."""
        view = self._market.portfolio.orders.by_id(order_id)
        assert view is not None, "an acknowledged order is not in the portfolio"
        return _message(self._market, view)


def _message(market: Market, view: OrderView) -> dict[str, Any]:
    book = market.books[view.instrument]
    return messages.order(view, book.product_id, book.scales)


def _view(row: Row) -> OrderView:
    """An order of the records as its owner sees it."""
    known = {name: row[name] for name in _VIEW_FIELDS if name in row}
    options = None if row["peg"] is None else Options(*[row[name] for name in Options._fields])
    return OrderView(**known | {"client_order_id": row["last_client_order_id"], "options": options})
