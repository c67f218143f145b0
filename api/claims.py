"""Claims withdrawn with nothing delivered for them: an issuer's own, and anyone's by two operators."""

from functools import partial
from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, Path
from pydantic import ConfigDict, Field
from starlette.responses import Response

from api.answers import answer
from api.auth import Caller, Manager, Trader
from api.causes import Why
from api.dataset_views import TheDatasets
from api.errors import NOT_FOUND, SIGNED_PROBLEMS
from api.proposal_views import proposed
from api.resource_models import WithdrawnClaims
from api.state import TheExchange
from exchange.operations.entries import BaseEntry
from exchange.operations.refusals import OperationRefused
from exchange.operations.withdrawing import withdraw_claims
from exchange.runtime import Exchange
from exchange.vocabulary import events
from exchange.vocabulary.instruments import Cause
from exchange.vocabulary.units import MAX_LOTS, format_scaled
from exchange.vocabulary.wire import SIZE_SCALE

router = APIRouter(tags=["datasets"])


class Striking(Why):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "lots": 2,
                "client_oid": "recall-7",
                "reason": "recall",
                "note": "the vendor has paid the holder back",
            }
        },
    )

    lots: int = Field(strict=True, ge=1, le=MAX_LOTS, description="How many claims, each on one lot")
    client_oid: str = Field(min_length=1, max_length=40, pattern="^[ -~]+$", description="The same one withdraws once")


class Withdrawing(Striking):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"lots": 40, "client_oid": "unsold-1", "note": "fewer copies are offered"}},
    )

    profile_id: str | None = Field(None, max_length=20)


@router.post(
    "/datasets/{product_id}/withdrawals",
    response_model=WithdrawnClaims,
    summary="Withdraw claims of your own issue",
    responses=SIGNED_PROBLEMS | NOT_FOUND,
)
async def withdraw(
    product_id: str, asked: Withdrawing, caller: Trader, exchange: TheExchange, views: TheDatasets
) -> Response:
    """Free claims that the issuer has not sold are burnt, for good; nothing is delivered for them.

    Only the account that the claims were issued to may: others are `NOT_PERMITTED`. The listing stays as it is.
    """
    account = caller.account_of(asked.profile_id)
    entry = (await to_thread.run_sync(views.find, product_id)).entry
    if account != entry.issuer:
        raise OperationRefused("NOT_PERMITTED", "claims are withdrawn by the account that they were issued to")
    return await _withdrawn(exchange, caller, account, entry, product_id, asked)


@router.post(
    "/datasets/{product_id}/holders/{account}/withdrawals",
    status_code=202,
    summary="Propose to withdraw anyone's claims",
    responses=SIGNED_PROBLEMS | NOT_FOUND,
    tags=["operator"],
)
async def strike(
    product_id: str,
    account: Annotated[int, Path(gt=0, lt=2**63, description="Whose claims")],
    asked: Striking,
    caller: Manager,
    exchange: TheExchange,
    views: TheDatasets,
) -> Response:
    """Free claims of the account are burnt once a second user approves; nothing is delivered for them.

    For claims on data that was withdrawn, once the holder has been made whole. A `client_oid` that has withdrawn before
    is answered as then, with 200.
    """
    entry = (await to_thread.run_sync(views.find, product_id)).entry
    return await _withdrawn(exchange, caller, account, entry, product_id, asked)


async def _withdrawn(
    exchange: Exchange, caller: Caller, account: int, entry: BaseEntry, product_id: str, asked: Striking
) -> Response:
    reason = Cause[asked.reason.upper()]
    named = (account, entry.base, asked.lots, asked.client_oid)
    did = await to_thread.run_sync(partial(withdraw_claims, exchange, caller.key, *named, reason, asked.note))
    if isinstance(did, events.Proposed):
        return await to_thread.run_sync(partial(proposed, exchange, did))
    told: dict[str, Any] = {
        "product_id": product_id,
        "base": str(entry.base),
        "account": str(account),
        "lots": did.claims,
        "size": format_scaled(did.claims * entry.lot_rtu, SIZE_SCALE),
        "client_oid": asked.client_oid,
        "replayed": bool(did.flags & events.REPLAYED),
    }
    return answer(told)
