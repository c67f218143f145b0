"""Decisions of the gate and certificates of the assay: the documents that digests on the wire name."""

import hashlib
import json
from typing import Annotated, Any, Final

from anyio import to_thread
from fastapi import APIRouter, Path
from starlette.requests import Request
from starlette.responses import Response

from api.answers import answer
from api.auth import Caller, Viewer
from api.dataset_views import TheDatasets
from api.errors import NOT_FOUND, PROBLEMS, SIGNED_PROBLEMS, ApiError
from api.records import read_records
from api.resource_models import Assayer
from api.state import TheExchange, TheSettings
from exchange.assay.certificate import FORMAT
from exchange.assay.html_report import POLICY, CertificateFacts, html_page
from exchange.runtime import Exchange
from exchange.store.reader import Row
from exchange.vocabulary.events import BaseDefined, PoolDefined
from exchange.vocabulary.participants import Role, Scope

router = APIRouter(tags=["decisions"])

Digest = Annotated[str, Path(pattern="^[0-9a-f]{64}$", description="SHA-256 in lower-case hex")]
OVERSEERS: Final = Role.OPERATOR | Role.AUDITOR
_UNCHANGING: Final = "max-age=31536000, immutable"
DOCUMENT: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"application/json": {}}, "description": "The document; its ETag is its SHA-256"},
    304: {"description": "The client has it already"},
}

_PAGE: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"text/html": {}}, "description": "The page"},
    304: {"description": "The client has it already"},
}


@router.get(
    "/datasets/{product_id}/certificate",
    summary="A dataset's certificate",
    tags=["datasets"],
    responses=PROBLEMS | NOT_FOUND | DOCUMENT,
)
async def dataset_certificate(product_id: str, request: Request, views: TheDatasets, exchange: TheExchange) -> Response:
    """The assay's findings, signed by the venue's assayer (Ed25519 over canonical JSON); anyone may have it."""
    view = await to_thread.run_sync(views.find, product_id)
    answered = await stored_document(exchange, request, view.entry.certificate.hex(), "public, no-cache")
    answered.headers["Link"] = f'</datasets/{view.entry.base}/report>; rel="alternate"; type="text/html"'
    return answered


@router.get(
    "/datasets/{product_id}/report",
    summary="A dataset's certificate as a page to read",
    tags=["datasets"],
    responses=PROBLEMS | NOT_FOUND | _PAGE,
)
async def dataset_report(product_id: str, request: Request, views: TheDatasets, exchange: TheExchange) -> Response:
    """What the certificate says, in plots and plain words; one page of HTML that stands alone. Anyone may have it."""
    view = await to_thread.run_sync(views.find, product_id)
    page = await to_thread.run_sync(_page, exchange, view.entry.certificate.hex())
    etag = f'"{hashlib.sha256(page).hexdigest()}"'
    headers = {"ETag": etag, "Cache-Control": "public, no-cache", "Content-Security-Policy": POLICY}
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(page, headers=headers, media_type="text/html")


def _page(exchange: Exchange, digest: str) -> bytes:
    body = json.loads(exchange.vault.get(digest))["body"]
    facts = CertificateFacts(digest, body["assayer"], body["issued_at_s"], body["expires_at_s"])
    return html_page(body["assay"], certificate=facts).encode()


@router.get("/certificates/{digest}", summary="A certificate by its SHA-256", responses=PROBLEMS | NOT_FOUND | DOCUMENT)
async def certificate(digest: Digest, request: Request, exchange: TheExchange) -> Response:
    """Certificates of admitted datasets; the findings on a refused one are in its decision, for its vendor alone."""
    known = bytes.fromhex(digest)
    if all(entry.certificate != known for entry in list(exchange.directory.bases.values())):
        raise _not_found(digest)
    return await stored_document(exchange, request, digest, f"public, {_UNCHANGING}")


@router.get("/assayer", response_model=Assayer, summary="The key that signs certificates", responses=PROBLEMS)
async def assayer(exchange: TheExchange) -> Response:
    return answer({"format": FORMAT, "algorithm": "Ed25519", "public_key": exchange.assayer.hex()})


@router.get(
    "/decisions/{digest}",
    summary="A decision of the gate",
    responses=SIGNED_PROBLEMS | NOT_FOUND | DOCUMENT,
)
async def decision(
    digest: Digest, request: Request, caller: Viewer, exchange: TheExchange, settings: TheSettings
) -> Response:
    """The facts that the gate saw, the rules that spoke with their law, and the hash of the policies.

    It is shown to the participant that it is about; where it admitted a dataset or a pool, also to whoever may trade
    that or took delivery of it, as the record their own regulator asks for; and to operators and auditors.
    """
    rows = await read_records(exchange, settings, lambda: exchange.register.decision(bytes.fromhex(digest)))
    if not any(_may_see(exchange, caller, row) for row in rows):
        raise _not_found(digest)
    return await stored_document(exchange, request, digest, f"private, {_UNCHANGING}")


def _may_see(exchange: Exchange, caller: Caller, row: Row) -> bool:
    if caller.roles & OVERSEERS or row["account"] in caller.accounts:
        return True
    return row["event_kind"] in {BaseDefined.KIND, PoolDefined.KIND} and may_see_base(exchange, caller, row["base"])


def may_see_base(exchange: Exchange, caller: Caller, base: int) -> bool:
    """Whether the caller may trade what claims of this asset are on, or took delivery of it."""
    if Scope.VIEW not in caller.scopes:
        return False
    if exchange.directory.delivered.get((caller.participant, base)):
        return True
    product = exchange.directory.instrument_of(base)
    rights = list(exchange.directory.entitlements)
    return any(who in caller.accounts and product and which == product.instrument for who, which, _ in rights)


async def stored_document(exchange: Exchange, request: Request, digest: str, caching: str) -> Response:
    """A document of the vault as it is, under its SHA-256 as an ETag."""
    headers = {"ETag": f'"{digest}"', "Cache-Control": caching}
    if digest in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    content = await to_thread.run_sync(exchange.vault.get, digest)
    return Response(content, headers=headers, media_type="application/json")


def _not_found(digest: str) -> ApiError:
    return ApiError(404, "NotFound", "NO_SUCH_DOCUMENT", {"digest": digest})
