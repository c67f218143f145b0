"""The secret that salts a dataset's documents, for those who may make the whole certificate again."""

from anyio import to_thread
from fastapi import APIRouter
from pydantic import BaseModel, Field
from starlette.responses import Response

from api.answers import answer
from api.auth import Viewer
from api.dataset_views import TheDatasets
from api.decisions import OVERSEERS
from api.errors import NOT_FOUND, SIGNED_PROBLEMS, ApiError
from api.state import TheExchange
from exchange.operations.listing import dataset_secret

router = APIRouter(tags=["datasets"])


class DatasetSecret(BaseModel):
    dataset: str = Field(description="SHA-256 of the metadata that was listed")
    secret: str = Field(description="32 bytes in hex, for `tlx verify --secret`")


@router.get(
    "/datasets/{product_id}/secret",
    response_model=DatasetSecret,
    summary="The secret of a dataset's salts",
    responses=SIGNED_PROBLEMS | NOT_FOUND,
)
async def secret(product_id: str, caller: Viewer, exchange: TheExchange, views: TheDatasets) -> Response:
    """For its vendor, operators and auditors: with it and all documents the certificate comes out again byte for byte.

    There is none to be had before a listing is admitted, when the vendor could still choose by it. Whoever has it and
    the certificate can test guesses at any document's text, so it is to be kept like the documents.
    """
    view = await to_thread.run_sync(views.find, product_id)
    if not caller.roles & OVERSEERS and view.vendor != caller.participant:
        raise ApiError(403, "the secret is for the dataset's vendor, operators and auditors", "MISSING_ROLE")
    made = await to_thread.run_sync(dataset_secret, exchange, view.dossier.croissant)
    return answer({"dataset": view.dossier.croissant, "secret": made.hex()})
