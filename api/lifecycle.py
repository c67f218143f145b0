"""The life of a listing: its states with their evidence, taking it off the market, and telling whoever holds it."""

from functools import partial
from typing import Any, Final, Literal

from anyio import to_thread
from fastapi import APIRouter
from pydantic import ConfigDict
from starlette.responses import Response

from api.answers import answer
from api.auth import Manager, Viewer
from api.causes import Why
from api.dataset_views import TheDatasets
from api.errors import NOT_FOUND, PROBLEMS, SIGNED_PROBLEMS
from api.records import read_records
from api.resource_models import Lifecycle, Notice
from api.state import TheExchange, TheSettings
from exchange.catalogue.lifecycle import Move, moves_from
from exchange.operations.entries import BaseEntry
from exchange.operations.lifecycle import Stage, history, move_listing, state_of
from exchange.operations.recalls import moves_of
from exchange.runtime import Exchange
from exchange.vocabulary.instruments import Cause
from exchange.vocabulary.units import format_scaled
from exchange.vocabulary.wire import SIZE_SCALE, iso_time

router = APIRouter(tags=["datasets"])

_TOLD: Final = {
    "recalled": "Nothing of it trades or is delivered until the recall is lifted. Claims stay yours.",
    "withdrawn": "Nothing of it trades or is delivered any more. Claims stay on the books until the venue withdraws "
    "them; what they are worth is between you and the vendor.",
}


class ListingMove(Why):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"move": "withdraw", "reason": "recall", "note": "consent was withdrawn"}},
    )

    move: Literal["recall", "reinstate", "withdraw"]


@router.get(
    "/datasets/{product_id}/lifecycle",
    response_model=Lifecycle,
    summary="A listing's life",
    responses=PROBLEMS | NOT_FOUND,
)
async def lifecycle(product_id: str, exchange: TheExchange, views: TheDatasets, settings: TheSettings) -> Response:
    """Every state from collection on, with when, by whom, in what words, and the SHA-256 of what shows it."""
    view = await to_thread.run_sync(views.find, product_id)
    stages = await read_records(exchange, settings, partial(history, exchange, view.entry))
    return answer(_shown(exchange, exchange.directory.bases[view.entry.base], stages))


@router.post(
    "/datasets/{product_id}/lifecycle",
    response_model=Lifecycle,
    summary="Recall, reinstate or withdraw a listing",
    responses=SIGNED_PROBLEMS | NOT_FOUND,
    tags=["operator"],
)
async def move(
    product_id: str,
    asked: ListingMove,
    caller: Manager,
    exchange: TheExchange,
    views: TheDatasets,
    settings: TheSettings,
) -> Response:
    """A recalled or withdrawn listing is halted with the cause `recall`, refused by the gate under EX-07 for samples,
    entitlements and deliveries, and found by no search; whoever holds it reads so in `GET /notices`.

    A recall can be lifted by `reinstate`, after which the product is opened by its phase; a withdrawal is for ever.
    `ILLEGAL_MOVE` names what the listing's state allows.
    """
    view = await to_thread.run_sync(views.find, product_id)
    reason = Cause[asked.reason.upper()]
    await to_thread.run_sync(
        partial(move_listing, exchange, caller.key, view.entry, Move(asked.move), reason, asked.note)
    )
    return await lifecycle(product_id, exchange, views, settings)


@router.get(
    "/notices", response_model=list[Notice], summary="What you hold and was recalled", responses=SIGNED_PROBLEMS
)
async def notices(caller: Viewer, exchange: TheExchange, settings: TheSettings) -> Response:
    """Recalled and withdrawn datasets that the participant has claims on or took delivery of."""

    def read() -> list[dict[str, Any]]:
        claims: dict[int, int] = {}
        for account in caller.accounts:
            for row in exchange.history.balances(account):
                claims[row["asset"]] = claims.get(row["asset"], 0) + row["amount"]
        bases = [exchange.directory.bases[base] for base in list(exchange.recalled)]
        told = [_notice(exchange, caller.participant, entry, claims.get(entry.base, 0)) for entry in bases]
        return [each for each in told if each["claims"] or each["lots_delivered"]]

    return answer(await read_records(exchange, settings, read))


def _shown(exchange: Exchange, entry: BaseEntry, stages: list[Stage]) -> dict[str, Any]:
    product = exchange.directory.instrument_of(entry.base)
    state = state_of(exchange, entry)
    return {
        "product_id": product.symbol if product else None,
        "base": str(entry.base),
        "state": str(state),
        "moves": [str(each) for each in moves_from(state)],
        "stages": [
            {
                "state": str(stage.state),
                "at": None if stage.at_ns is None else iso_time(stage.at_ns),
                "by": stage.by,
                "told": stage.told,
                "evidence": dict(stage.evidence),
            }
            for stage in stages
        ],
    }


def _notice(exchange: Exchange, participant: int, entry: BaseEntry, claims: int) -> dict[str, Any]:
    digest, record = moves_of(exchange.vault, exchange.directory, entry)[-1]
    product = exchange.directory.instrument_of(entry.base)
    return {
        "product_id": product.symbol if product else None,
        "base": str(entry.base),
        "state": str(record.state),
        "since": iso_time(record.at_ns),
        "reason": record.reason,
        "note": record.note,
        "told": _TOLD[record.state],
        "record": digest.hex(),
        "claims": claims,
        "size": format_scaled(claims * entry.lot_rtu, SIZE_SCALE),
        "lots_delivered": len(exchange.directory.delivered.get((participant, entry.base), ())),
    }
