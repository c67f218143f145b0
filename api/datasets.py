"""Datasets: listing one through assay and gate, and what everyone may see of one that was admitted."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any, Final, cast

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from api.answers import answer
from api.auth import Trader
from api.dataset_search import TheSearch
from api.dataset_views import TheDatasets
from api.errors import NOT_FOUND, PROBLEMS, SIGNED_PROBLEMS, ApiError, busy
from api.resource_models import Admitted, Dataset
from api.state import TheExchange
from api.uploads import Upload, read_upload
from exchange.catalogue.archive import ArchiveLimits, read_archive
from exchange.catalogue.listing import ListingError
from exchange.operations.listing import ListingOutcome, submit_listing
from exchange.runtime import Exchange
from exchange.vocabulary.units import format_scaled
from exchange.vocabulary.wire import SIZE_SCALE

router = APIRouter(tags=["datasets"])

ARCHIVES: Final = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.zst")
ASSAYS_AT_ONCE: Final = 2
"""Assays take processors from trading, so no more than these run, whoever asks."""

_LISTING_FORM: Final = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["croissant", "files"],
                    "properties": {
                        "croissant": {"type": "string", "format": "binary", "description": "Croissant 1.1 JSON-LD"},
                        "files": {
                            "type": "array",
                            "items": {"type": "string", "format": "binary"},
                            "description": "Each file under its path in the listing, or all in one .zip or .tar.gz",
                        },
                        "evidence": {
                            "type": "array",
                            "items": {"type": "string", "format": "binary"},
                            "description": "Evidence under the paths that the listing names",
                        },
                        "copies": {"type": "integer", "minimum": 1},
                        "profile_id": {"type": "string", "description": "The vendor's account; its first by default"},
                    },
                }
            }
        },
    }
}


@router.post(
    "/datasets",
    response_model=Admitted,
    summary="List a dataset",
    responses=SIGNED_PROBLEMS | NOT_FOUND,
    openapi_extra=_LISTING_FORM,
)
async def list_dataset(request: Request, caller: Trader, exchange: TheExchange) -> Response:
    """Take a dataset in: the files are held against their metadata, assayed, certified, and judged by the gate.

    An admitted dataset is cut into lots, claims on them are issued to the vendor, and its product opens for trading.
    A refusal by the gate is `GATE_REFUSED`, with each rule, its law and a text in `details.reasons`, and the digest of
    the recorded decision. Anything wrong with the files is refused by its own code and changes nothing. The answer
    comes when the assay is done, which takes a second for about a million characters; one listing of a participant
    is taken at a time (`LISTING_BUSY`).
    """
    desk = _desk_of(request)
    with desk.turn(caller.participant):
        form = await read_upload(request, fields=("copies", "profile_id"), files=("croissant", "files", "evidence"))
        account = caller.account_of(form.fields.get("profile_id"))
        submit = partial(_submit, exchange, caller.key, account, form)
        outcome = await to_thread.run_sync(submit, limiter=desk.assays)
    return answer(_admitted(exchange, outcome))


@router.get("/datasets/{product_id}", response_model=Dataset, summary="One dataset", responses=PROBLEMS | NOT_FOUND)
async def dataset(product_id: str, views: TheDatasets, search: TheSearch) -> Response:
    """By product id, by code, or by the id of its base."""
    view = await to_thread.run_sync(views.find, product_id)
    price = search.prices.of(view.entry.base)
    return answer(await to_thread.run_sync(views.shown, view, price))


class _Desk:
    """Where listings are handed in. Used on the loop's thread alone."""

    def __init__(self) -> None:
        self.assays = CapacityLimiter(ASSAYS_AT_ONCE)
        self._served: set[int] = set()

    @contextmanager
    def turn(self, participant: int) -> Iterator[None]:
        """One listing of a participant at a time: what it sends is held in memory until the assay is done."""
        if participant in self._served:
            raise busy("another listing of this participant is being assayed", "LISTING_BUSY")
        self._served.add(participant)
        try:
            yield
        finally:
            self._served.remove(participant)


def _desk_of(connection: HTTPConnection) -> _Desk:
    state = connection.app.state
    if not hasattr(state, "listing_desk"):
        state.listing_desk = _Desk()
    return cast(_Desk, state.listing_desk)


def _submit(exchange: Exchange, actor: int, account: int, form: Upload) -> ListingOutcome:
    croissant = form.one_file("croissant")
    files = _unpacked(form.files.get("files", {}))
    if not files:
        raise ApiError(400, "the form has no files", "MISSING_FIELD", {"field": "files"})
    evidence = form.files.get("evidence", {})
    copies = _copies(form.fields.get("copies"))
    return submit_listing(exchange, actor, account, croissant, files, evidence, copies=copies)


def _unpacked(files: Mapping[str, bytes]) -> Mapping[str, bytes]:
    """The files, or those in the one archive that was sent for them; no listing takes documents out of an archive."""
    if len(files) != 1:
        return files
    ((name, content),) = files.items()
    if not name.lower().endswith(ARCHIVES):
        return files
    try:
        return read_archive(content, ArchiveLimits())
    except ListingError as error:
        raise ApiError(400, error.detail, error.code, {"file": name[:200]}) from None


def _copies(stated: str | None) -> int | None:
    if not stated:
        return None
    if not (stated.isascii() and stated.isdigit() and len(stated) <= 10 and int(stated) > 0):
        raise ApiError(400, "copies is no positive whole number", "BAD_COPIES", {"copies": stated[:40]})
    return int(stated)


def _admitted(exchange: Exchange, outcome: ListingOutcome) -> dict[str, Any]:
    assay = json.loads(outcome.certificate)["body"]["assay"]
    quote = exchange.directory.assets[exchange.directory.instruments[outcome.instrument].quote]
    return {
        "status": "admitted",
        "product_id": outcome.symbol,
        "base": str(outcome.base),
        "listing": outcome.listing.hex(),
        "certificate": hashlib.sha256(outcome.certificate).hexdigest(),
        "decision": outcome.decision.digest.hex(),
        "dataset": outcome.dataset,
        "lots": outcome.lots,
        "copies": outcome.copies,
        "lot_rtu": outcome.lot_rtu,
        "lot_size": format_scaled(outcome.lot_rtu, SIZE_SCALE),
        "tick": format_scaled(outcome.tick_minor, quote.scale),
        "quote": quote.code,
        "grade": assay["grade"],
        "documents": assay["documents"],
        "bad_documents": assay["bad_documents"],
        "rtu": assay["rtu"],
        "entitlement": None if outcome.entitlement is None else str(outcome.entitlement),
    }
