"""Deliveries: taking lots that were bought, and opening exactly those."""

from functools import partial
from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from api.answers import ProfileId, answer
from api.auth import Caller, Trader, Viewer
from api.dataset_views import DatasetView, DatasetViews, TheDatasets
from api.entitlements import PurposeName, purpose_of
from api.errors import NOT_FOUND, SIGNED_PROBLEMS
from api.records import read_records
from api.resource_models import DeliveredLot, Delivery
from api.state import TheExchange, TheSettings
from exchange.operations.delivering import LotPart, open_lot, take_delivery
from exchange.runtime import Exchange
from exchange.store.reader import Row
from exchange.vocabulary.units import MAX_LOTS
from exchange.vocabulary.wire import iso_time

router = APIRouter(tags=["deliveries"])

LotNumber = Annotated[int, Path(ge=0, le=MAX_LOTS, description="The lot's number in its dataset, from 0")]


class DeliveryRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={
            "example": {"product_id": "GSM8K-CNY", "lots": 2, "purpose": "training", "client_oid": "batch-7"}
        },
    )

    product_id: str = Field(max_length=64)
    lots: int = Field(ge=1, le=MAX_LOTS, description="How many; which ones, the venue assigns")
    purpose: PurposeName | list[PurposeName]
    client_oid: str = Field(
        min_length=1, max_length=40, pattern="^[ -~]+$", description="The same one takes the delivery once"
    )
    profile_id: str | None = Field(None, max_length=20)


@router.post("/deliveries", response_model=Delivery, summary="Take delivery", responses=SIGNED_PROBLEMS | NOT_FOUND)
async def deliver(
    asked: DeliveryRequest, caller: Trader, exchange: TheExchange, views: TheDatasets, settings: TheSettings
) -> Response:
    """Burn claims and be assigned as many lots that the participant does not have yet, the least delivered first.

    The gate decides on `deliver` for the purpose; a refusal is `GATE_REFUSED` with each rule, its law and a text.
    Delivered lots are not resold, not returned and not busted. A pool delivers lots of its datasets, those of the one
    that was pooled first before those of the next.
    """
    base, view = await _claimed(exchange, views, asked.product_id)
    account = caller.account_of(asked.profile_id)
    purpose = purpose_of(asked.purpose)
    took = await to_thread.run_sync(
        partial(take_delivery, exchange, caller.key, account, base, asked.lots, purpose, asked.client_oid)
    )
    rows = await read_records(exchange, settings, lambda: exchange.register.deliveries(account=account))
    by_lot = {(row["base"], row["lot"]): row for row in rows}
    lots = partial(_all_shown, exchange, views, [by_lot[place] for place in took.drawn])
    return answer(
        {
            "id": str(took.delivery),
            "product_id": asked.product_id,
            "replayed": took.replayed,
            "certificate": view.entry.certificate.hex() if view else None,
            "merkle_root": view.assay["merkle_root"] if view else None,
            "deliveries": await to_thread.run_sync(lots),
        }
    )


@router.get(
    "/deliveries", response_model=list[DeliveredLot], summary="Lots delivered", responses=SIGNED_PROBLEMS | NOT_FOUND
)
async def deliveries(
    caller: Viewer,
    exchange: TheExchange,
    views: TheDatasets,
    settings: TheSettings,
    product_id: str | None = None,
    profile_id: ProfileId = None,
) -> Response:
    """To the participant, the newest delivery first; those of a dataset, or out of a pool, where one is named."""
    accounts = (caller.account_of(profile_id),) if profile_id else caller.accounts
    only = (await _claimed(exchange, views, product_id))[0] if product_id else 0
    rows = await read_records(exchange, settings, lambda: exchange.register.deliveries(caller.participant))
    chosen = [row for row in rows if row["account"] in accounts and only in (0, row["base"], row["pool"])]
    shown = partial(_all_shown, exchange, views, chosen)
    return answer(await to_thread.run_sync(shown))


@router.get(
    "/deliveries/{product_id}/{lot}/manifest",
    summary="A delivered lot's manifest",
    responses=SIGNED_PROBLEMS | NOT_FOUND,
    response_class=FileResponse,
)
async def manifest(
    product_id: str, lot: LotNumber, request: Request, caller: Viewer, exchange: TheExchange, views: TheDatasets
) -> Response:
    """Each document's place, hash, salt and proof up to the certificate's Merkle root; only for the lot's holder."""
    return await _open(exchange, views, caller, request, product_id, lot, "manifest", "application/json")


@router.get(
    "/deliveries/{product_id}/{lot}/blob",
    summary="A delivered lot's text",
    responses=SIGNED_PROBLEMS | NOT_FOUND,
    response_class=FileResponse,
)
async def blob(
    product_id: str, lot: LotNumber, request: Request, caller: Viewer, exchange: TheExchange, views: TheDatasets
) -> Response:
    """The documents of the lot, as its manifest takes them apart; only for its holder, each access on record."""
    return await _open(exchange, views, caller, request, product_id, lot, "blob", "application/octet-stream")


async def _claimed(exchange: Exchange, views: DatasetViews, product_id: str) -> tuple[int, DatasetView | None]:
    """The asset of a product's claims, and the dataset that they are on, if it is no pool."""
    pool = exchange.directory.pool_named(product_id)
    if pool is not None:
        return pool.pool, None
    view = await to_thread.run_sync(views.find, product_id)
    return view.entry.base, view


async def _open(
    exchange: Exchange,
    views: DatasetViews,
    caller: Caller,
    request: Request,
    product_id: str,
    lot: int,
    part: LotPart,
    media_type: str,
) -> Response:
    view = await to_thread.run_sync(views.find, product_id)
    opened = await to_thread.run_sync(partial(open_lot, exchange, caller.participant, view.entry.base, lot, part))
    headers = {"ETag": f'"{opened.sha256}"', "Cache-Control": "private, immutable"}
    if opened.sha256 in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return FileResponse(opened.path, headers=headers, media_type=media_type)


def _all_shown(exchange: Exchange, views: DatasetViews, rows: list[Row]) -> list[dict[str, Any]]:
    return [_shown(exchange, views.of(exchange.directory.bases[row["base"]]), row) for row in rows]


def _shown(exchange: Exchange, view: DatasetView, row: Row) -> dict[str, Any]:
    product = exchange.directory.instrument_of(view.entry.base)
    documents = view.dossier.lot(row["lot"])
    assert product is not None, "claims of a base without a product were delivered"
    assert documents is not None, "a lot that the base does not have was delivered"
    pool = exchange.directory.instrument_of(row["pool"])
    url = f"/deliveries/{product.symbol}/{row['lot']}"
    return {
        "id": str(row["sequence"]),
        "product_id": product.symbol,
        "base": str(view.entry.base),
        "lot": row["lot"],
        "rtu": documents.rtu,
        "account": str(row["account"]),
        "client_oid": row["key"],
        "delivered_at": iso_time(row["timestamp_ns"]),
        "decision": row["decision"].hex(),
        "manifest_sha256": documents.manifest,
        "blob_sha256": documents.blob,
        "manifest_url": f"{url}/manifest",
        "blob_url": f"{url}/blob",
        "pool": pool.symbol if pool else None,
        "certificate": view.entry.certificate.hex(),
        "merkle_root": view.assay["merkle_root"],
    }
