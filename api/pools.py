"""Pools: claims on any lot of a class, which trade in one market whatever dataset a lot comes from."""

from functools import partial
from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from api.answers import answer
from api.auth import Manager, Trader
from api.dataset_views import TheDatasets
from api.errors import NOT_FOUND, PROBLEMS, SIGNED_PROBLEMS, ApiError
from api.pool_models import Pool, Pooling
from api.state import TheExchange
from exchange.compliance.pools import PoolClass
from exchange.operations.entries import PoolEntry
from exchange.operations.pooling import class_of, define_pool, pool_claims, proposed_tick_minor
from exchange.runtime import Exchange
from exchange.vocabulary.instruments import Phase
from exchange.vocabulary.units import MAX_LOTS, format_scaled, parse_scaled
from exchange.vocabulary.wire import SIZE_SCALE

router = APIRouter(tags=["pools"])

Name = Annotated[str, Path(max_length=64, description="As EDUEN-CNY, the pool's code or its id")]
Word = Annotated[str, Field(max_length=40)]


class PoolRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={
            "example": {
                "code": "EDUEN", "sector": "education", "language": "en", "kind": "qa-sft", "grade": "G2",
                "licence": "MIT", "purposes": ["training"], "territories": ["CN"], "lot_rtu": 150000, "tick": "0.20",
            }
        },
    )  # fmt: skip

    code: str = Field(max_length=16, description="A-Z and 0-9; the product is this code and the quote currency")
    sector: Word
    language: Word
    kind: Word = Field(description="The quality profile that the assay applies: `qa-sft`, `zh-prose`, …")
    grade: Word = Field(description="The least: G1, G2, G3")
    licence: Word = Field(description="SPDX identifier")
    purposes: list[Word] = Field(max_length=10, description="What every lot is offered for")
    territories: list[Word] = Field(max_length=50, description="Country codes, or `worldwide`")
    lot_rtu: int = Field(ge=1, lt=2**53)
    tick: str | None = Field(None, max_length=40, description="Quote currency per 1,000,000 RTU; proposed if absent")


class PoolingRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={"example": {"product_id": "GSM8K-CNY", "lots": 4, "client_oid": "pool-1"}},
    )

    product_id: str = Field(max_length=64, description="The dataset whose claims are pooled")
    lots: int = Field(ge=1, le=MAX_LOTS)
    client_oid: str = Field(min_length=1, max_length=40, pattern="^[ -~]+$", description="The same one pools once")
    profile_id: str | None = Field(None, max_length=20)


@router.post("/pools", response_model=Pool, summary="Define a pool", responses=SIGNED_PROBLEMS)
async def define(asked: PoolRequest, caller: Manager, exchange: TheExchange) -> Response:
    """A class of lots, with a market in claims on any of them.

    `BAD_CLASS` names the fields that cannot be so; a licence that does not permit the purposes is `GATE_REFUSED`.
    """
    tick_minor = _tick_minor(exchange, asked.tick, asked.lot_rtu)
    stated = PoolClass(
        sector=asked.sector,
        language=asked.language,
        kind=asked.kind,
        grade=asked.grade,
        licence=asked.licence,
        purposes=tuple(asked.purposes),
        territories=tuple(asked.territories),
        lot_rtu=asked.lot_rtu,
        tick_minor=tick_minor,
    )
    pool, _ = await to_thread.run_sync(define_pool, exchange, caller.key, asked.code, stated)
    return answer(await to_thread.run_sync(_shown, exchange, pool))


@router.get("/pools", response_model=list[Pool], summary="All pools", responses=PROBLEMS)
async def pools(exchange: TheExchange) -> Response:
    """Each with its class, and with the claims that it may deliver from, in the order in which it does."""
    entries = list(exchange.directory.pools.values())
    return answer(await to_thread.run_sync(lambda: [_shown(exchange, entry) for entry in entries]))


@router.get("/pools/{product_id}", response_model=Pool, summary="One pool", responses=PROBLEMS | NOT_FOUND)
async def one_pool(product_id: Name, exchange: TheExchange) -> Response:
    return answer(await to_thread.run_sync(_shown, exchange, _named(exchange, product_id)))


@router.post(
    "/pools/{product_id}/claims", response_model=Pooling, summary="Pool claims", responses=SIGNED_PROBLEMS | NOT_FOUND
)
async def pool(
    product_id: Name, asked: PoolingRequest, caller: Trader, exchange: TheExchange, views: TheDatasets
) -> Response:
    """Turn free claims on a dataset into claims on the pool, if its certificate and terms meet the class.

    A dataset that does not belong is `GATE_REFUSED` with each rule, on record. What is pooled is not taken out again
    but by delivery, which may bring lots of another dataset.
    """
    into = _named(exchange, product_id)
    view = await to_thread.run_sync(views.find, asked.product_id)
    account = caller.account_of(asked.profile_id)
    did = await to_thread.run_sync(
        partial(pool_claims, exchange, caller.key, account, view.entry.base, into.pool, asked.lots, asked.client_oid)
    )
    return answer(
        {
            "product_id": product_id,
            "pooled": asked.product_id,
            "lots": did.claims,
            "size": format_scaled(did.claims * into.lot_rtu, SIZE_SCALE),
            "account": str(account),
            "client_oid": asked.client_oid,
            "replayed": did.replayed,
            "decision": did.decision.hex(),
        }
    )


def _named(exchange: Exchange, name: str) -> PoolEntry:
    entry = exchange.directory.pool_named(name)
    if entry is None:
        raise ApiError(404, "Pool not found", "UNKNOWN_POOL", {"product_id": name[:64]})
    return entry


def _tick_minor(exchange: Exchange, tick: str | None, lot_rtu: int) -> int:
    if tick is None:
        return proposed_tick_minor(exchange, lot_rtu)
    quote = exchange.directory.asset(exchange.settings.quote)
    assert quote is not None, "the venue was set up"
    try:
        return parse_scaled(tick, quote.scale)
    except ValueError as error:
        raise ApiError(400, str(error)[:200], "BAD_PRICE") from None


def _shown(exchange: Exchange, entry: PoolEntry) -> dict[str, Any]:
    directory, stated = exchange.directory, class_of(exchange, entry)
    product = directory.instrument_of(entry.pool)
    quote = directory.asset(exchange.settings.quote)
    assert quote is not None, "the venue was set up"
    pooled = dict(directory.pooled.get(entry.pool, {}))
    return {
        "product_id": product.symbol if product else None,
        "pool": str(entry.pool),
        "code": entry.code,
        "sector": stated.sector,
        "language": stated.language,
        "kind": stated.kind,
        "grade": stated.grade,
        "licence": stated.licence,
        "purposes": sorted(stated.purposes),
        "territories": sorted(stated.territories),
        "lot_rtu": entry.lot_rtu,
        "lot_size": format_scaled(entry.lot_rtu, SIZE_SCALE),
        "tick": format_scaled(stated.tick_minor, quote.scale),
        "quote": quote.code,
        "phase": Phase(product.phase).name.lower() if product else None,
        "lots": sum(pooled.values()),
        "pooled": [_pooled(exchange, base, claims) for base, claims in pooled.items() if claims],
        "listing": entry.listing.hex(),
        "decision": entry.decision.hex(),
    }


def _pooled(exchange: Exchange, base: int, claims: int) -> dict[str, Any]:
    product = exchange.directory.instrument_of(base)
    assert product is not None, "claims of a base without a product were pooled"
    withheld = bool(exchange.directory.bases[base].withheld)
    return {"product_id": product.symbol, "base": str(base), "lots": claims, "withheld": withheld}
