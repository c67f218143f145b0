"""The venue itself: its clock, its assets, its health and its fees."""

from typing import Any

from fastapi import APIRouter, Depends
from starlette.responses import Response

from api.answers import answer
from api.auth import viewer
from api.errors import NOT_FOUND, PROBLEMS, SIGNED_PROBLEMS
from api.models import Currency, Fees, Health, ServerTime
from api.state import TheExchange, TheMarket
from exchange.vocabulary.units import NS_PER_SECOND, PPM, format_scaled
from exchange.vocabulary.wire import SIZE_SCALE, iso_time

router = APIRouter(tags=["venue"], responses=PROBLEMS)
_PPM_DIGITS = len(str(PPM)) - 1


@router.get("/time", response_model=ServerTime, summary="The server's time")
async def server_time(exchange: TheExchange) -> Response:
    """What a client compares its clock with: signed requests must be dated within 30 seconds of it."""
    now_ns = exchange.now_ns()
    return answer({"iso": iso_time(now_ns), "epoch": now_ns / NS_PER_SECOND})


@router.get("/health", response_model=Health, summary="Whether the exchange runs")
async def health(exchange: TheExchange, market: TheMarket) -> Response:
    """`sequence` is the last command applied; `projection_lag` how many of them the records are behind it."""
    failed = exchange.failed.is_set()
    behind = exchange.projector.unavailable is not None
    status = "failed" if failed else "records unavailable" if behind else "ok"
    told = {
        "status": status,
        "sequence": exchange.sequence,
        "market_sequence": market.sequence,
        "projection_lag": exchange.projector.lag,
        "products": len(market.books),
        "venue": exchange.settings.venue_name,
    }
    return answer(told, status=503 if failed else 200)


@router.get("/currencies", response_model=list[Currency], summary="Assets: cash, and claims on datasets")
async def currencies(exchange: TheExchange) -> Response:
    """Claims are counted in millions of RTU, in steps of their lot."""
    directory = exchange.directory
    cash = [_currency(each.code, each.code, format_scaled(1, each.scale), "fiat") for each in directory.assets.values()]
    claims = [
        _currency(each.code, f"{each.code} lots", format_scaled(each.lot_rtu, SIZE_SCALE), "claim")
        for _, each in directory.claims()
    ]
    return answer(cash + claims)


def _currency(code: str, name: str, step: str, kind: str) -> dict[str, Any]:
    return {
        "id": code,
        "name": name,
        "min_size": step,
        "status": "online",
        "message": "",
        "max_precision": step,
        "convertible_to": [],
        "details": {"type": kind},
        "supported_networks": [],
    }


@router.get(
    "/fees",
    response_model=Fees,
    summary="Fee rates",
    tags=["accounts"],
    dependencies=[Depends(viewer)],
    responses=SIGNED_PROBLEMS | NOT_FOUND,
)
async def fees(exchange: TheExchange, market: TheMarket, product_id: str | None = None) -> Response:
    """Shares of the notional; those of one product where it is named, else those that new products get."""
    terms = market.book(product_id).entry if product_id else exchange.settings
    return answer(
        {
            "maker_fee_rate": format_scaled(terms.maker_ppm, _PPM_DIGITS),
            "taker_fee_rate": format_scaled(terms.taker_ppm, _PPM_DIGITS),
            "usd_volume": None,
        }
    )
