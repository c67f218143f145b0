"""Statements and contract notes: what happened to an account, and the evidence of each trade."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel
from starlette.responses import Response

from api.answers import ProfileId, answer, time_ns
from api.auth import Viewer
from api.errors import NOT_FOUND, SIGNED_PROBLEMS, ApiError
from api.records import read_records
from api.resource_models import example
from api.state import TheExchange, TheMarket, TheSettings
from exchange.ledger.statements import ContractNote, Statement
from exchange.vocabulary.participants import Role
from exchange.vocabulary.units import FOREVER_NS

router = APIRouter(tags=["accounts"])

When = Annotated[str | None, Query(max_length=40, description="ISO 8601 with a zone, such as 2026-11-24T00:00:00Z")]


class AssetStatement(BaseModel):
    model_config = example(
        account="21", asset="CNY", opening="0.00", closing="99639.64",
        lines=[
            {
                "time": "2026-11-24T08:30:00.000000000Z", "reference": "57-1-0", "type": "match",
                "title": "Purchase", "amount": "-360.00", "balance": "99639.64",
            }
        ],
    )  # fmt: skip

    account: str
    asset: str
    opening: str
    lines: list[dict[str, str]]
    closing: str


@router.get(
    "/statement",
    response_model=list[AssetStatement],
    summary="An account's statement",
    responses=SIGNED_PROBLEMS | NOT_FOUND,
)
async def statement(
    caller: Viewer,
    exchange: TheExchange,
    settings: TheSettings,
    since: Annotated[When, Query(alias="from")] = None,
    until: Annotated[When, Query(alias="to")] = None,
    profile_id: ProfileId = None,
) -> Response:
    """Per asset every movement with the balance after it, from the opening to the closing balance."""
    account = caller.account_of(profile_id)
    from_ns = time_ns(since, "from") if since else 0
    to_ns = time_ns(until, "to") if until else FOREVER_NS

    def read() -> list[Statement]:
        assets = sorted({row["asset"] for row in exchange.history.balances(account)})
        found = [exchange.reports.statement(account, asset, from_ns, to_ns) for asset in assets]
        return [each for each in found if each is not None]

    return answer([_told(each) for each in await read_records(exchange, settings, read)])


@router.get(
    "/trades/{product_id}/{trade_id}/contract-note",
    summary="The contract note of a trade",
    responses=SIGNED_PROBLEMS | NOT_FOUND,
)
async def contract_note(
    product_id: str,
    trade_id: Annotated[int, Path(gt=0, lt=2**63)],
    caller: Viewer,
    exchange: TheExchange,
    market: TheMarket,
    settings: TheSettings,
    profile_id: ProfileId = None,
) -> Response:
    """For a side of the trade: price, size, fee, what was paid or received, and the decision it stood under.

    An operator or an auditor names whose side it wants by `profile_id`.
    """
    book = market.book(product_id)
    accounts = caller.accounts
    if profile_id and caller.roles & (Role.OPERATOR | Role.AUDITOR) and profile_id.isdigit():
        accounts = (int(profile_id),)
    elif profile_id:
        accounts = (caller.account_of(profile_id),)

    def read() -> ContractNote | None:
        notes = (exchange.reports.contract_note(book.instrument, trade_id, account) for account in accounts)
        return next((note for note in notes if note is not None), None)

    note = await read_records(exchange, settings, read)
    if note is None:
        raise ApiError(404, "NotFound", "UNKNOWN_TRADE", {"trade_id": str(trade_id)})
    told: dict[str, Any] = asdict(note) | {"account": str(note.account), "order_id": str(note.order_id)}
    return answer(told | {"decision": str(note.decision), "product_id": book.product_id})


def _told(one: Statement) -> dict[str, Any]:
    return asdict(one) | {"account": str(one.account)}
