"""Tracing a leaked file, for operators: which lots its documents are in, and who was delivered those lots."""

from functools import partial
from typing import Any, Final

from anyio import to_thread
from fastapi import APIRouter
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from api.answers import answer
from api.auth import Overseer
from api.errors import SIGNED_PROBLEMS
from api.resource_models import example
from api.state import TheExchange
from api.uploads import read_upload
from exchange.operations.admission import profile_of
from exchange.operations.tracing import Trace, trace
from exchange.runtime import Exchange
from exchange.vocabulary.wire import iso_time

router = APIRouter(tags=["operator"])

_TRACE_FORM: Final = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["documents"],
                    "properties": {
                        "documents": {
                            "type": "string",
                            "format": "binary",
                            "description": "SHA-256 and MinHash digest of each document, as `tlx trace` makes them",
                        }
                    },
                }
            }
        },
    }
}


class TracedHolding(BaseModel):
    participant: str
    name: str
    account: str
    delivery: str
    delivered_at: str


class TracedLotAnswer(BaseModel):
    product_id: str | None
    base: str
    lot: int
    documents: int = Field(description="Documents in the lot")
    exact: int = Field(description="Those that the file has whole")
    near: int = Field(description="Those of which the file has something like it")
    vendor: str = Field(description="The participant that listed it, and has it too")
    holders: list[TracedHolding] = Field(description="Whom it was delivered to, the first first")


class TracedHolder(BaseModel):
    participant: str
    name: str
    lots: int
    documents: int = Field(description="Documents that leaked, of lots that it holds")


class TraceAnswer(BaseModel):
    model_config = example(
        documents=120, exact=100, near=15,
        lots=[
            {
                "product_id": "GSM8K-CNY", "base": "17", "lot": 3, "documents": 800, "exact": 100, "near": 15,
                "vendor": "9",
                "holders": [
                    {
                        "participant": "11", "name": "Buyer (simulated)", "account": "21", "delivery": "812",
                        "delivered_at": "2026-11-24T08:30:00.000000Z",
                    }
                ],
            }
        ],
        holders=[{"participant": "11", "name": "Buyer (simulated)", "lots": 1, "documents": 115}],
    )  # fmt: skip

    documents: int = Field(description="Documents in the file")
    exact: int = Field(description="Those found whole in a listed lot")
    near: int = Field(description="Those found nearly, and not whole")
    lots: list[TracedLotAnswer]
    holders: list[TracedHolder] = Field(description="Everyone who was delivered one of the lots, the most first")


@router.post(
    "/trace",
    response_model=TraceAnswer,
    summary="Trace a leaked file",
    responses=SIGNED_PROBLEMS,
    openapi_extra=_TRACE_FORM,
)
async def trace_file(request: Request, _caller: Overseer, exchange: TheExchange) -> Response:
    """Which listed lots its documents are in, exactly and nearly, and to whom and when those lots were delivered.

    That a participant holds a lot is no proof that it leaked it: the vendor and every other holder have it too.
    """
    form = await read_upload(request, fields=(), files=("documents",))
    found = await to_thread.run_sync(partial(trace, exchange, form.one_file("documents")))
    return answer(await to_thread.run_sync(_told, exchange, found))


def _told(exchange: Exchange, found: Trace) -> dict[str, Any]:
    directory = exchange.directory
    lots = []
    for lot in found.lots:
        product = directory.instrument_of(lot.base)
        holders = [
            {
                "participant": str(holding.participant),
                "name": profile_of(exchange, holding.participant).label,
                "account": str(holding.account),
                "delivery": str(holding.delivery),
                "delivered_at": iso_time(holding.delivered_ns),
            }
            for holding in lot.holdings
        ]
        lots.append(
            {
                "product_id": product.symbol if product else None,
                "base": str(lot.base),
                "lot": lot.lot,
                "documents": lot.documents,
                "exact": lot.exact,
                "near": lot.near,
                "vendor": str(directory.accounts[directory.bases[lot.base].issuer].participant),
                "holders": holders,
            }
        )
    ranked = [
        {"participant": str(who), "name": profile_of(exchange, who).label, "lots": lots_held, "documents": documents}
        for who, lots_held, documents in found.holders()
    ]
    return {"documents": found.documents, "exact": found.exact, "near": found.near, "lots": lots, "holders": ranked}
