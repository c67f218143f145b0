"""What holds for the venue as a whole, and takes two users to change: rules, policies, limits of withdrawals."""

from functools import partial
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Path
from pydantic import ConfigDict, Field
from starlette.responses import Response

from api.answers import answer
from api.auth import Manager, Overseer
from api.causes import Why, recorded
from api.errors import NOT_FOUND, SIGNED_PROBLEMS, ApiError
from api.proposal_views import Shown, cash, proposed
from api.records import read_records
from api.resource_models import DIGEST
from api.state import TheExchange, TheSettings
from api.transfers import minor_units
from exchange.operations.asking import propose
from exchange.runtime import Exchange
from exchange.vocabulary import commands, events
from exchange.vocabulary.commands import Command

router = APIRouter(tags=["operator"])


class Rules(Why):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"rules_version": 1, "note": "as announced"}}
    )

    rules_version: int = Field(gt=0, lt=2**32)


class Policies(Why):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"policies": DIGEST, "reason": "regulator"}}
    )

    policies: str | None = Field(
        None, pattern="^[0-9a-f]{64}$", description="SHA-256 of the policy set; without one, of that at hand"
    )


class Limit(Why):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"amount": "50000.00", "reason": "risk"}})

    amount: str = Field(max_length=40, description="Withdrawals of more take a second user; 0.00 means all of them")


@router.post("/rules", status_code=202, summary="Propose other rules", responses=SIGNED_PROBLEMS)
async def set_rules(asked: Rules, caller: Manager, exchange: TheExchange) -> Response:
    """The version of the matching rules, from a second user's approval on."""
    version, why = asked.rules_version, await recorded(exchange, asked)
    return await _propose(exchange, commands.SetRulesVersion(actor=caller.key, rules_version=version, **why))


@router.get("/policies", summary="The gate's policies", responses=SIGNED_PROBLEMS)
async def policies(_caller: Overseer, exchange: TheExchange) -> Response:
    """The policy set that this server has, and the one that the venue adopted last: the gate admits nothing while they
    differ."""
    at_hand, adopted = exchange.gate.policy_set_sha256, exchange.directory.policies.hex()
    return answer({"at_hand": at_hand, "adopted": adopted, "in_force": at_hand == adopted})


@router.post("/policies/adopt", status_code=202, summary="Propose to adopt policies", responses=SIGNED_PROBLEMS)
async def adopt_policies(asked: Policies, caller: Manager, exchange: TheExchange) -> Response:
    """The gate decides by this policy set from a second user's approval on."""
    digest = asked.policies or exchange.gate.policy_set_sha256
    policies, why = bytes.fromhex(digest), await recorded(exchange, asked)
    return await _propose(exchange, commands.AdoptPolicies(actor=caller.key, policies=policies, **why))


@router.put(
    "/withdrawal-limits/{currency}",
    status_code=202,
    summary="Propose a limit of withdrawals",
    responses=SIGNED_PROBLEMS | NOT_FOUND,
)
async def set_withdrawal_limit(
    currency: Annotated[str, Path(max_length=16)], asked: Limit, caller: Manager, exchange: TheExchange
) -> Response:
    """How much may leave on one user's word, from a second user's approval on; without a limit, any amount."""
    asset = exchange.directory.asset(currency)
    if asset is None:
        raise ApiError(404, "NotFound", "UNKNOWN_ASSET", {"currency": currency})
    amount = minor_units(asked.amount, asset.scale, least=0)
    limit = {"asset": asset.asset, "amount": amount, **await recorded(exchange, asked)}
    return await _propose(exchange, commands.SetWithdrawalLimit(actor=caller.key, **limit))


@router.get("/withdrawal-limits", summary="Limits of withdrawals", responses=SIGNED_PROBLEMS)
async def withdrawal_limits(_caller: Overseer, exchange: TheExchange, settings: TheSettings) -> Response:
    """Currencies of which larger withdrawals take a second user."""

    def read() -> list[Shown]:
        return [cash(exchange, row["asset"], row["amount"]) for row in exchange.register.withdrawal_limits()]

    return answer(await read_records(exchange, settings, read))


async def _propose(exchange: Exchange, command: Command) -> Response:
    event = await to_thread.run_sync(partial(propose, exchange, command, events.Proposed))
    return await to_thread.run_sync(partial(proposed, exchange, event))
