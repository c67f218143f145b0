"""Samples: documents of a dataset that nobody chose, before anything is bought."""

from functools import partial

from anyio import to_thread
from fastapi import APIRouter
from starlette.responses import Response

from api.answers import ProfileId
from api.auth import Viewer
from api.dataset_views import TheDatasets
from api.errors import NOT_FOUND, SIGNED_PROBLEMS
from api.resource_models import SignedSample
from api.state import TheExchange
from exchange.operations.sampling import show_sample

router = APIRouter(tags=["datasets"])


@router.get(
    "/datasets/{product_id}/sample",
    response_model=SignedSample,
    summary="A sample nobody chose",
    responses=SIGNED_PROBLEMS | NOT_FOUND,
)
async def sample(
    product_id: str, caller: Viewer, exchange: TheExchange, views: TheDatasets, profile_id: ProfileId = None
) -> Response:
    """At most five documents with at most a hundredth of the tokens, the same for everyone and for ever.

    Which ones was fixed when the listing was sealed, by a hash over the certificate's Merkle root, which the venue
    salts, and the admission's sequence and time. Each has its salt and its proof; those that were drawn and are not
    shown are told with their reason: `personal_data`, `secret`, `sensitive_words`,
    `too_long`, `not_in_a_lot`. `earlier` names listings
    of the same vendor that hold documents of this one. The gate decides on `sample`; a refusal is `GATE_REFUSED`. A
    first look is on record. `tlx peek` verifies all of it.
    """
    view = await to_thread.run_sync(views.find, product_id)
    account = caller.account_of(profile_id)
    shown = await to_thread.run_sync(partial(show_sample, exchange, account, view.entry))
    headers = {"TLX-Decision": shown.decision.hex(), "Cache-Control": "private, no-cache"}
    return Response(shown.content, headers=headers, media_type="application/json")
