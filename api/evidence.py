"""What was listed, to take away: the Croissant metadata, and the evidence pack."""

from functools import partial
from typing import Annotated, Any, Final

from anyio import to_thread
from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from api.auth import Caller
from api.dataset_views import DatasetView, TheDatasets
from api.decisions import OVERSEERS, may_see_base
from api.errors import NOT_FOUND, PROBLEMS
from api.records import read_records
from api.state import TheExchange, TheSettings
from exchange.operations.evidence import evidence_pack, exported_croissant
from exchange.vocabulary.participants import Scope

router = APIRouter(tags=["datasets"])

_CROISSANT: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {"application/ld+json": {}}}}
_PACK: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {"application/zip": {}}}}


@router.get(
    "/datasets/{product_id}/croissant",
    summary="The metadata of what was listed",
    responses=PROBLEMS | NOT_FOUND | _CROISSANT,
    response_class=Response,
)
async def croissant(
    product_id: str,
    exchange: TheExchange,
    views: TheDatasets,
    exact: Annotated[bool, Query(description="The very bytes that were listed, whose SHA-256 is `dataset`")] = False,
) -> Response:
    """Croissant 1.1 as the vendor listed it, with what assay, gate and market added under `tex:listed…`."""
    view = await to_thread.run_sync(views.find, product_id)
    if exact:
        content = await to_thread.run_sync(exchange.vault.get, view.dossier.croissant)
    else:
        content = await to_thread.run_sync(exported_croissant, exchange, exchange.directory.bases[view.entry.base])
    return Response(content, media_type="application/ld+json")


@router.get(
    "/datasets/{product_id}/evidence-pack",
    summary="The evidence pack",
    responses=PROBLEMS | NOT_FOUND | _PACK,
    response_class=Response,
)
async def pack(
    product_id: str, request: Request, exchange: TheExchange, views: TheDatasets, settings: TheSettings
) -> Response:
    """A zip of the metadata, the certificate, the assayer's key, the dossier, the licence texts, the rules in force and
    the listing's life, with a manifest of their hashes; the request may be signed.

    Who may see the gate's decision to list finds it in there with its facts; vendor, operators and auditors also find
    contracts and other evidence. What shows people is in no pack. Whatever is left out, the manifest names with the
    reason.
    """
    view = await to_thread.run_sync(views.find, product_id)
    caller: Caller | None = request.scope["state"].get("caller")
    seeing = _sees(caller, view)
    sees_decision = seeing or (caller is not None and may_see_base(exchange, caller, view.entry.base))
    entry = exchange.directory.bases[view.entry.base]
    build = partial(evidence_pack, exchange, entry, sees_decision=sees_decision, sees_all=seeing)
    content = await read_records(exchange, settings, build)
    name = f'attachment; filename="{entry.code}-evidence.zip"'
    headers = {"Content-Disposition": name, "Cache-Control": "private, no-cache"}
    return Response(content, headers=headers, media_type="application/zip")


def _sees(caller: Caller | None, view: DatasetView) -> bool:
    """Whether everything but what shows people is the caller's to see."""
    if caller is None or Scope.VIEW not in caller.scopes:
        return False
    return bool(caller.roles & OVERSEERS) or view.vendor == caller.participant
