"""Trades put right: busted whole, or adjusted by cash between their parties. Both take a second user."""

from functools import partial
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Path
from pydantic import ConfigDict, Field
from starlette.responses import Response

from api.auth import Manager
from api.causes import CauseName, Why, recorded
from api.errors import NOT_FOUND, SIGNED_PROBLEMS
from api.proposal_views import proposed
from api.state import TheExchange, TheMarket
from api.transfers import minor_units
from exchange.operations.asking import propose
from exchange.vocabulary import commands, events

router = APIRouter(tags=["operator"])

TradeId = Annotated[int, Path(gt=0, lt=2**63)]
Party = Annotated[int, Field(gt=0, lt=2**63, description="An account that is a side of the trade")]


class Bust(Why):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"reason": "technical", "note": "priced by a broken model"}}
    )

    reason: CauseName


class Adjustment(Why):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "payer": "21",
                "payee": "24",
                "amount": "12.50",
                "reason": "technical",
                "note": "half of the difference to the fair price",
            }
        },
    )

    payer: Party
    payee: Party
    amount: str = Field(max_length=40)
    reason: CauseName


@router.post(
    "/trades/{product_id}/{trade_id}/bust",
    status_code=202,
    summary="Propose to bust a trade",
    responses=SIGNED_PROBLEMS | NOT_FOUND,
)
async def bust(
    product_id: str, trade_id: TradeId, why: Bust, caller: Manager, exchange: TheExchange, market: TheMarket
) -> Response:
    """The whole trade goes back once a second user approves: claims, cash and fees, as if it had never been.

    BUST_IMPOSSIBLE tells which account lacks how much of what; a trade of more than seven days ago is UNKNOWN_TRADE.
    """
    command = commands.BustTrade(
        actor=caller.key,
        instrument=market.book(product_id).instrument,
        trade_id=trade_id,
        **await recorded(exchange, why),
    )
    event = await to_thread.run_sync(partial(propose, exchange, command, events.TradeBusted))
    assert isinstance(event, events.Proposed), "a user busted a trade alone"
    return await to_thread.run_sync(partial(proposed, exchange, event))


@router.post(
    "/trades/{product_id}/{trade_id}/adjust",
    status_code=202,
    summary="Propose to adjust a trade",
    responses=SIGNED_PROBLEMS | NOT_FOUND,
)
async def adjust(
    product_id: str, trade_id: TradeId, asked: Adjustment, caller: Manager, exchange: TheExchange, market: TheMarket
) -> Response:
    """Cash moves from one party of the trade to the other once a second user approves; the trade stands."""
    book = market.book(product_id)
    command = commands.AdjustTrade(
        actor=caller.key,
        instrument=book.instrument,
        trade_id=trade_id,
        payer=asked.payer,
        payee=asked.payee,
        amount=minor_units(asked.amount, exchange.directory.assets[book.entry.quote].scale),
        **await recorded(exchange, asked),
    )
    event = await to_thread.run_sync(partial(propose, exchange, command, events.TradeAdjusted))
    assert isinstance(event, events.Proposed), "a user adjusted a trade alone"
    return await to_thread.run_sync(partial(proposed, exchange, event, payee=str(asked.payee)))
