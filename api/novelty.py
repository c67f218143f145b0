"""Proof before purchase: what of a dataset is new to a buyer, out of a sketch of the buyer's own corpus."""

from functools import partial
from typing import Any, Final

from anyio import to_thread
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.answers import answer
from api.auth import Caller, Trader, Viewer
from api.dataset_views import DatasetView, TheDatasets
from api.decisions import DOCUMENT, stored_document
from api.errors import NOT_FOUND, PROBLEMS, SIGNED_PROBLEMS, ApiError
from api.market import Market
from api.novelty_models import Novelty, SketchParameters
from api.prices import price_of
from api.state import TheExchange, TheMarket
from api.uploads import Upload, read_upload
from exchange.assay import shingles, sketches
from exchange.assay.novelty import CONFIDENCE_PPM, Share
from exchange.operations.dossier import NOVELTY
from exchange.operations.novelty import (
    LEAST_HASHES,
    MOST_EVALUATIONS,
    MOST_HASHES,
    Answer,
    answer_query,
    query_parameters,
)
from exchange.runtime import Exchange
from exchange.vocabulary.units import format_scaled

router = APIRouter(tags=["novelty"])

_QUERY_FORM: Final = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["corpus"],
                    "properties": {
                        "corpus": {"type": "string", "format": "binary", "description": "Sketch of the corpus"},
                        "evaluation": {
                            "type": "array",
                            "items": {"type": "string", "format": "binary"},
                            "description": "Sketches of evaluation sets, each under its name",
                        },
                    },
                }
            }
        },
    }
}


@router.get(
    "/datasets/{product_id}/novelty",
    response_model=SketchParameters,
    summary="How to sketch for a dataset",
    responses=SIGNED_PROBLEMS | NOT_FOUND,
)
async def sketch_parameters(product_id: str, caller: Viewer, exchange: TheExchange, views: TheDatasets) -> Response:
    """The dataset's key and rate, which a sketch must be made with, the limits, and how many questions are left."""
    view = await to_thread.run_sync(views.find, product_id)
    told = await to_thread.run_sync(query_parameters, exchange, caller.participant, view.entry.base)
    return answer(
        {
            "product_id": product_id,
            "format": sketches.CORPUS_FORMAT,
            "hash": sketches.HASH,
            "key": told.key,
            "rate_log2": told.rate_log2,
            "shingle_words": shingles.SHINGLE_WORDS,
            "shingle_chars_cjk": shingles.SHINGLE_CHARS_CJK,
            "least_hashes": LEAST_HASHES,
            "most_hashes": MOST_HASHES,
            "most_evaluations": MOST_EVALUATIONS,
            "rtu": told.rtu,
            "queries_left": told.queries_left,
        }
    )


@router.post(
    "/datasets/{product_id}/novelty",
    response_model=Novelty,
    summary="What of a dataset is new",
    responses=SIGNED_PROBLEMS | NOT_FOUND,
    openapi_extra=_QUERY_FORM,
)
async def novelty(
    product_id: str, request: Request, caller: Trader, exchange: TheExchange, market: TheMarket, views: TheDatasets
) -> Response:
    """Compare sketches of the caller's corpus and evaluation sets with the dataset, all of whose lots are counted.

    Each bound is made to hold for at least 95 of 100 keys, and a dataset's key was drawn when its bytes were fixed. The
    sketches are not kept; that the question was asked, and what was told of the corpus, is on record. A refusal takes
    no question.
    """
    view = await to_thread.run_sync(views.find, product_id)
    form = await read_upload(request, fields=(), files=("corpus", "evaluation"))
    asked = await to_thread.run_sync(partial(_ask, exchange, caller, view.entry.base, form))
    return answer({"product_id": product_id, **_told(asked), **_priced(market, view, asked)})


@router.get(
    "/datasets/{product_id}/novelty/statement",
    summary="What of a dataset was new to the exchange",
    responses=PROBLEMS | NOT_FOUND | DOCUMENT,
)
async def statement(product_id: str, request: Request, exchange: TheExchange, views: TheDatasets) -> Response:
    """Canonical JSON, signed with the certificate's key; it names the certificate, and the inventory by its digest."""
    view = await to_thread.run_sync(views.find, product_id)
    digest = view.dossier.sketches.get(NOVELTY)
    if digest is None:
        raise ApiError(404, "NotFound", "NO_SUCH_DOCUMENT", {"product_id": product_id[:64]})
    return await stored_document(exchange, request, digest, "public, no-cache")


def _ask(exchange: Exchange, caller: Caller, base: int, form: Upload) -> Answer:
    corpus, evaluations = form.one_file("corpus"), form.files.get("evaluation", {})
    return answer_query(exchange, caller.participant, caller.key, base, corpus, evaluations)


def _told(asked: Answer) -> dict[str, Any]:
    return {
        "rtu": asked.rtu,
        "new_rtu": asked.new_rtu,
        "held_ppm": _ppm(asked.held),
        "confidence_ppm": CONFIDENCE_PPM,
        "sampled": asked.held.sampled,
        "evaluations": [
            {
                "name": name,
                "found_ppm": _ppm(each.found),
                "sampled": each.found.sampled,
                "overlap_rtu": each.overlap.of(asked.rtu),
            }
            for name, each in asked.evaluations.items()
        ],
        "queries_left": asked.queries_left,
    }


def _ppm(share: Share) -> dict[str, int]:
    return {"estimate": share.estimate_ppm, "low": share.low_ppm, "high": share.high_ppm}


def _priced(market: Market, view: DatasetView, asked: Answer) -> dict[str, Any]:
    """The price of a million tokens, and what it makes of a million new ones: all lots bought at it, over what is new.

    No bound is told where nothing may be new.
    """
    product = market.directory.instrument_of(view.entry.base)
    book = market.books.get(product.instrument) if product else None
    price = price_of(book) if book else None
    if book is None or price is None:
        return {"price": None, "price_from": None, "quote": None, "price_per_million_new": None}
    quote = market.directory.assets[book.entry.quote]
    paid, new = price.minor * view.entry.lots * view.entry.lot_rtu, asked.new_rtu
    minors = {
        "estimate": paid // new["estimate"] if new["estimate"] else None,
        "low": paid // new["high"] if new["high"] else None,
        "high": -(-paid // new["low"]) if new["low"] else None,
    }
    told = {name: None if minor is None else format_scaled(minor, quote.scale) for name, minor in minors.items()}
    return {
        "price": format_scaled(price.minor, quote.scale),
        "price_from": price.source,
        "quote": quote.code,
        "price_per_million_new": told,
    }
