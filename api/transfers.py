"""Cash in and out: deposits credited, withdrawals asked for, and confirmed by an operator once the cash has left."""

from functools import partial
from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from api.answers import Limit, answer
from api.auth import Manager, Overseer, Transferrer
from api.causes import UNSAID, Why, recorded
from api.errors import NOT_FOUND, SIGNED_PROBLEMS, ApiError
from api.proposal_views import cash, proposed
from api.records import read_records
from api.state import TheExchange, TheSettings
from exchange.operations import admission
from exchange.operations.entries import AssetEntry
from exchange.runtime import Exchange
from exchange.vocabulary import events
from exchange.vocabulary.units import MAX_BALANCE, format_scaled, parse_scaled
from exchange.vocabulary.wire import iso_time

router = APIRouter(tags=["operator"])

Account = Annotated[int, Path(gt=0, lt=2**63)]
Id = Annotated[int, Path(gt=0, lt=2**63, description="A transfer")]


class Payment(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"currency": "CNY", "amount": "100000.00", "key": "wire-2026-11-24-7"}},
    )

    currency: str = Field(max_length=16)
    amount: str = Field(max_length=40)
    key: str = Field(min_length=1, max_length=40, pattern="^[ -~]+$", description="The same key moves cash once")


class Withdrawal(Payment):
    profile_id: str | None = Field(None, max_length=20, description="The account, where the participant has several")


@router.post("/accounts/{account}/deposits", summary="Credit cash", responses=SIGNED_PROBLEMS | NOT_FOUND)
async def credit(account: Account, asked: Payment, caller: Manager, exchange: TheExchange) -> Response:
    """Cash that has come in for an account, credited once for each key."""
    asset = _asset(exchange, asked.currency)
    amount = minor_units(asked.amount, asset.scale)
    transfer = await to_thread.run_sync(
        partial(admission.deposit, exchange, caller.key, account, asked.currency, amount, asked.key)
    )
    told = {"account": str(account), "currency": asked.currency, "amount": format_scaled(amount, asset.scale)}
    return answer({"id": str(transfer), **told})


@router.post("/withdrawals", summary="Withdraw cash", tags=["accounts"], responses=SIGNED_PROBLEMS | NOT_FOUND)
async def withdraw(asked: Withdrawal, caller: Transferrer, exchange: TheExchange) -> Response:
    """Held at once, debited when an operator has confirmed that it left; taken once for each key."""
    asset, account = _asset(exchange, asked.currency), caller.account_of(asked.profile_id)
    amount = minor_units(asked.amount, asset.scale)
    transfer = await to_thread.run_sync(
        partial(admission.withdraw, exchange, caller.key, account, asked.currency, amount, asked.key)
    )
    told = {"account": str(account), "currency": asked.currency, "amount": format_scaled(amount, asset.scale)}
    return answer({"id": str(transfer), "status": "begun", **told})


@router.get("/transfers", summary="Transfers to confirm", responses=SIGNED_PROBLEMS)
async def transfers(_caller: Overseer, exchange: TheExchange, settings: TheSettings, limit: Limit = 100) -> Response:
    """Of all accounts, what was begun and neither confirmed nor aborted; the newest first."""

    def read() -> list[dict[str, Any]]:
        return [
            {
                "id": str(row["transfer"]),
                "type": "withdraw" if row["withdrawal"] else "deposit",
                "account": str(row["account"]),
                **cash(exchange, row["asset"], row["amount"]),
                "created_at": iso_time(row["begun_ns"]),
                "key": row["key"],
            }
            for row in exchange.register.transfers_begun(limit=limit)
        ]

    return answer(await read_records(exchange, settings, read))


@router.post("/transfers/{transfer}/confirm", summary="Confirm a transfer", responses=SIGNED_PROBLEMS | NOT_FOUND)
async def confirm(
    transfer: Id, caller: Manager, exchange: TheExchange, settings: TheSettings, why: Why = UNSAID
) -> Response:
    """The cash of a withdrawal has left. Above the currency's limit that is a proposal: a 202, and debited once a
    second user approves it."""
    row = await read_records(exchange, settings, partial(exchange.register.transfer, transfer))
    said = await recorded(exchange, why)
    settle = partial(admission.settle_transfer, exchange, caller.key, transfer, left_or_came=True, **said)
    event = await to_thread.run_sync(settle)
    if isinstance(event, events.Proposed):
        assert row is not None, "a proposal about a transfer that the records do not have"
        known = cash(exchange, row["asset"], row["amount"])
        return await to_thread.run_sync(partial(proposed, exchange, event, **known))
    return answer({"id": str(transfer), "status": "confirmed"})


@router.post("/transfers/{transfer}/abort", summary="Abort a transfer", responses=SIGNED_PROBLEMS | NOT_FOUND)
async def abort(transfer: Id, caller: Manager, exchange: TheExchange, why: Why = UNSAID) -> Response:
    """It will not happen: what a withdrawal held is free again."""
    said = await recorded(exchange, why)
    settle = partial(admission.settle_transfer, exchange, caller.key, transfer, left_or_came=False, **said)
    await to_thread.run_sync(settle)
    return answer({"id": str(transfer), "status": "aborted"})


def minor_units(text: str, scale: int, least: int = 1) -> int:
    """An amount of cash; ApiError BAD_AMOUNT."""
    try:
        amount = parse_scaled(text, scale)
    except ValueError as error:
        raise ApiError(400, str(error)[:200], "BAD_AMOUNT") from None
    if not least <= amount <= MAX_BALANCE:
        raise ApiError(400, "an amount is above zero and below what an account may hold", "BAD_AMOUNT")
    return amount


def _asset(exchange: Exchange, currency: str) -> AssetEntry:
    asset = exchange.directory.asset(currency)
    if asset is None:
        raise ApiError(404, "NotFound", "UNKNOWN_ASSET", {"currency": currency})
    return asset
