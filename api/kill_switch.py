"""The kill switch: everything of a participant, a product or the venue stopped at once; lifted by two users.

And the record of who stopped whom: kills and blocks, thrown and lifted.
"""

from functools import partial
from typing import Annotated, Any, Final

from anyio import to_thread
from fastapi import APIRouter
from pydantic import ConfigDict, Field, model_validator
from starlette.responses import Response

from api.answers import Limit, answer
from api.auth import Manager, Overseer
from api.causes import CAUSES, CauseName, Why, recorded
from api.errors import NOT_FOUND, SIGNED_PROBLEMS
from api.market import Market
from api.proposal_views import Shown, killed, proposed
from api.records import read_records
from api.state import TheExchange, TheMarket, TheSettings
from exchange.operations.asking import ask, propose
from exchange.operations.notes import read_note
from exchange.runtime import Exchange
from exchange.store.reader import Row
from exchange.vocabulary import commands, events
from exchange.vocabulary.instruments import Phase
from exchange.vocabulary.reasons import DoneReason
from exchange.vocabulary.wire import iso_time

router = APIRouter(tags=["operator"])

Number = Annotated[int | None, Field(gt=0, lt=2**63)]
_TARGETS: Final = ("participant", "product_id", "venue")
_WHAT: Final = {
    events.AccountBlocked.KIND: "block",
    events.AccountUnblocked.KIND: "unblock",
    events.Killed.KIND: "kill",
    events.Unkilled.KIND: "unkill",
}
_STOPPED: Final = {Phase.HALTED: "halt", Phase.CANCEL_ONLY: "cancel_only"}


class Target(Why):
    """One of a participant, a product or the venue."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"participant": "9", "reason": "conduct", "note": "wash trades"}}
    )

    participant: Number = None
    product_id: str | None = Field(None, max_length=64)
    venue: bool = False
    reason: CauseName

    @model_validator(mode="after")
    def _is_one(self) -> "Target":
        if sum(bool(getattr(self, name)) for name in _TARGETS) != 1:
            raise ValueError("name one of participant, product_id and venue")
        return self

    def named(self, market: Market) -> dict[str, Any]:
        """The fields of a command that name it."""
        instrument = market.book(self.product_id).instrument if self.product_id else 0
        return {"participant": self.participant or 0, "instrument": instrument}


@router.post("/kill", summary="Throw the kill switch", responses=SIGNED_PROBLEMS | NOT_FOUND)
async def kill(target: Target, caller: Manager, exchange: TheExchange, market: TheMarket) -> Response:
    """End all orders and let no new one in: of a participant, in a product, or of the whole venue. At once.

    A killed product is halted, and stays so until the kill is lifted and somebody resumes it.
    """
    named = target.named(market)
    command = commands.Kill(actor=caller.key, **named, **await recorded(exchange, target))
    (answered,) = await to_thread.run_sync(partial(ask, exchange, command))
    ended = sum(isinstance(each, events.OrderDone) and each.reason == DoneReason.KILLED for each in answered)
    told = killed(exchange, named["participant"], named["instrument"])
    return answer({"status": "killed", **told, "reason": target.reason, "orders_ended": ended})


@router.post("/unkill", status_code=202, summary="Propose to lift a kill", responses=SIGNED_PROBLEMS | NOT_FOUND)
async def unkill(target: Target, caller: Manager, exchange: TheExchange, market: TheMarket) -> Response:
    """Takes effect once a second user approves it. What was cancelled stays so; products stay halted until resumed."""
    command = commands.Unkill(actor=caller.key, **target.named(market), **await recorded(exchange, target))
    event = await to_thread.run_sync(partial(propose, exchange, command, events.Unkilled))
    assert isinstance(event, events.Proposed), "a user lifted a kill alone"
    return await to_thread.run_sync(partial(proposed, exchange, event))


@router.get("/kills", summary="What is killed now", responses=SIGNED_PROBLEMS)
async def kills(_caller: Overseer, exchange: TheExchange, settings: TheSettings) -> Response:
    """Venue, participants and products whose kill was not lifted, with who threw the switch and why."""
    return answer(await read_records(exchange, settings, partial(_kills, exchange)))


@router.get("/interventions", summary="Who stopped whom, and why", responses=SIGNED_PROBLEMS)
async def interventions(
    _caller: Overseer, exchange: TheExchange, settings: TheSettings, limit: Limit = 100
) -> Response:
    """Blocks, kills, halts and other moves of a phase that somebody asked for, and how they were lifted, the newest
    first. What follows from a kill is told as the kill alone."""

    def read() -> list[Shown]:
        return [_intervention(exchange, row) for row in exchange.register.interventions(limit=limit)]

    return answer(await read_records(exchange, settings, read))


def _intervention(exchange: Exchange, row: Row) -> Shown:
    whose = {"account": str(row["account"])} if row["account"] else {}
    whose = whose or killed(exchange, row["participant"], row["instrument"])
    what = _move(row) if row["phase"] else {"what": _WHAT[row["event_kind"]]}
    return {"id": str(row["sequence"]), **what, **whose, **_why(exchange, row)}


def _move(row: Row) -> Shown:
    """A product's phase: halted, or let trade again, or just moved."""
    phase = Phase(row["phase"])
    what = _STOPPED.get(phase) or ("resume" if row["old_phase"] in _STOPPED else "phase")
    return {"what": what, "phase": phase.name.lower()}


def _kills(exchange: Exchange) -> list[Shown]:
    directory = exchange.directory
    targets = [(0, 0)] if directory.killed else []
    targets += [(each.participant, 0) for each in list(directory.participants.values()) if each.killed]
    targets += [(0, each.instrument) for each in list(directory.instruments.values()) if each.killed]
    return [killed(exchange, *target) | _last_kill(exchange, *target) for target in targets]


def _last_kill(exchange: Exchange, participant: int, instrument: int) -> Shown:
    row = exchange.register.last_kill(participant, instrument)
    assert row is not None, "a kill that the records do not have"
    return _why(exchange, row)


def _why(exchange: Exchange, row: Row) -> Shown:
    key = exchange.directory.keys.get(row["actor"])
    return {
        "at": iso_time(row["timestamp_ns"]),
        "by": str(key.user if key else row["actor"]),
        "reason": CAUSES[row["reason"]],
        "note": read_note(exchange.vault, row["evidence"]),
    }
