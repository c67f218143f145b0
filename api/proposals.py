"""What waits for a second user: listed, approved, rejected."""

from functools import partial
from typing import Annotated, Any, Final, Literal

from anyio import to_thread
from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from api.answers import Limit, answer
from api.auth import Manager, Overseer
from api.causes import UNSAID, Why, recorded
from api.errors import NOT_FOUND, SIGNED_PROBLEMS
from api.proposal_views import STATES, Shown, cash, shown
from api.records import read_records
from api.state import TheExchange, TheSettings
from exchange.operations.asking import ask_one
from exchange.runtime import Exchange
from exchange.store.reader import Row
from exchange.vocabulary import commands, events

router = APIRouter(tags=["operator"])

Id = Annotated[int, Path(gt=0, lt=2**63, description="A proposal")]
_BY_NAME: Final[dict[str, int | None]] = {name: state for state, name in STATES.items()} | {"all": None}


@router.get("/proposals", summary="What waits for a second user", responses=SIGNED_PROBLEMS)
async def proposals(
    _caller: Overseer,
    exchange: TheExchange,
    settings: TheSettings,
    status: Annotated[Literal["waiting", "approved", "rejected", "all"], Query()] = "waiting",
    limit: Limit = 100,
) -> Response:
    """The newest first, with who proposed it and why; ended ones say who ended them."""

    def read() -> list[Shown]:
        rows = exchange.register.proposals(_BY_NAME[status], limit=limit)
        return [shown(exchange, row) | _looked_up(exchange, row) for row in rows]

    return answer(await read_records(exchange, settings, read))


@router.post("/proposals/{proposal}/approve", summary="Approve a proposal", responses=SIGNED_PROBLEMS | NOT_FOUND)
async def approve(proposal: Id, caller: Manager, exchange: TheExchange, why: Why = UNSAID) -> Response:
    """Carry it out now, as the second user. SAME_USER refuses whoever proposed it; what cannot be carried out any more
    is refused as it would have been when proposed, and goes on waiting."""
    command = commands.Approve(actor=caller.key, proposal=proposal, **await recorded(exchange, why))
    return await _end(exchange, command, "approved")


@router.post("/proposals/{proposal}/reject", summary="Reject a proposal", responses=SIGNED_PROBLEMS | NOT_FOUND)
async def reject(proposal: Id, caller: Manager, exchange: TheExchange, why: Why = UNSAID) -> Response:
    """Drop it, one's own too; nothing happens."""
    command = commands.Reject(actor=caller.key, proposal=proposal, **await recorded(exchange, why))
    return await _end(exchange, command, "rejected")


async def _end(exchange: Exchange, command: commands.Approve | commands.Reject, status: str) -> Response:
    ended = await to_thread.run_sync(partial(ask_one, exchange, command, events.ProposalEnded))
    return answer({"id": str(ended.proposal), "status": status, "ended_by": str(ended.user)})


def _looked_up(exchange: Exchange, row: Row) -> dict[str, Any]:
    """What only the trade or the transfer tells that the proposal is about."""
    if row["command_kind"] == commands.AdjustTrade.KIND:
        trade = exchange.history.trade(row["instrument"], row["subject"])
        assert trade is not None, "a proposal about a trade that the records do not have"
        took, made = trade["account"], trade["maker_account"]
        return {"payee": str(made if row["account"] == took else took)}
    if row["command_kind"] == commands.ConfirmTransfer.KIND:
        transfer = exchange.register.transfer(row["subject"])
        assert transfer is not None, "a proposal about a transfer that the records do not have"
        return cash(exchange, transfer["asset"], transfer["amount"])
    return {}
