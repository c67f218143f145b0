"""Entitlements: asking the gate for the right to trade one side of a product, for a purpose."""

from functools import partial
from typing import Annotated, Any, Literal

from anyio import to_thread
from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from api.answers import ProfileId, answer
from api.auth import Trader, Viewer
from api.errors import NOT_FOUND, SIGNED_PROBLEMS, ApiError
from api.market import Book
from api.resource_models import Entitlement
from api.state import TheExchange, TheMarket
from exchange.compliance.licences import purpose_names, purposes_named
from exchange.operations.entitling import request_entitlement
from exchange.operations.entries import EntitlementEntry
from exchange.vocabulary.instruments import Purpose, Side
from exchange.vocabulary.units import MAX_LOTS
from exchange.vocabulary.wire import InexactError, iso_time

router = APIRouter(tags=["entitlements"])

PurposeName = Annotated[str, Field(max_length=40)]


class EntitlementRequest(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"product_id": "GSM8K-CNY", "side": "buy", "purpose": "training"}},
    )

    product_id: str = Field(max_length=64)
    side: Literal["buy", "sell"]
    purpose: PurposeName | list[PurposeName] = Field(
        description="`training`, `fine-tuning`, `evaluation`, `retrieval`, `research`; one or a list"
    )
    position_limit: str | None = Field(None, max_length=40, description="In millions of RTU; none where absent")
    profile_id: str | None = Field(None, max_length=20)


@router.post(
    "/entitlements",
    response_model=Entitlement,
    summary="Ask for the right to trade",
    responses=SIGNED_PROBLEMS | NOT_FOUND,
)
async def ask_entitlement(
    asked: EntitlementRequest, caller: Trader, exchange: TheExchange, market: TheMarket
) -> Response:
    """The gate decides on `order` and `settle` at once; what it grants is checked with every order from then on.

    A refusal is `GATE_REFUSED` with each rule, its law and a text; it is on record, and ends a right in force.
    """
    book = market.book(asked.product_id)
    account = caller.account_of(asked.profile_id)
    side = Side[asked.side.upper()]
    limit_lots = _lots(book, asked.position_limit)
    purpose = purpose_of(asked.purpose)
    got = await to_thread.run_sync(
        partial(request_entitlement, exchange, caller.key, account, book.instrument, side, purpose, limit_lots)
    )
    limit_lots, expires_ns = got.position_limit_lots, got.expires_at_ns
    terms = (account, book.instrument, side, purpose, limit_lots, expires_ns, got.decision)
    return answer(_shown(book, EntitlementEntry(got.entitlement, *terms)))


@router.get(
    "/entitlements", response_model=list[Entitlement], summary="Rights in force", responses=SIGNED_PROBLEMS | NOT_FOUND
)
async def entitlements(
    caller: Viewer,
    exchange: TheExchange,
    market: TheMarket,
    product_id: str | None = None,
    profile_id: ProfileId = None,
) -> Response:
    """Of all accounts of the participant, or of one, the newest first."""
    accounts = (caller.account_of(profile_id),) if profile_id else caller.accounts
    only = market.book(product_id).instrument if product_id else None
    held = [each for each in list(exchange.directory.entitlements.values()) if each.account in accounts]
    newest = sorted(held, key=lambda each: -each.entitlement)
    return answer([_shown(market.books[e.instrument], e) for e in newest if only in (None, e.instrument)])


def purpose_of(stated: str | list[str]) -> Purpose:
    """The purposes of a request; ApiError UNKNOWN_PURPOSE."""
    names = [stated] if isinstance(stated, str) else stated
    try:
        purpose = purposes_named(names)
    except KeyError:
        purpose = Purpose(0)
    if not purpose:
        known = purpose_names(Purpose(2 * max(Purpose) - 1))
        raise ApiError(400, "no purpose that a licence here knows", "UNKNOWN_PURPOSE", {"known": known})
    return purpose


def _lots(book: Book, size: str | None) -> int:
    if size is None:
        return MAX_LOTS
    try:
        return book.scales.lots(size)
    except InexactError:
        raise ApiError(400, "a position limit is a whole number of lots", "BAD_SIZE") from None
    except ValueError:
        raise ApiError(400, "the position limit is no number", "BAD_SIZE") from None


def _shown(book: Book, entry: EntitlementEntry) -> dict[str, Any]:
    return {
        "id": str(entry.entitlement),
        "account": str(entry.account),
        "product_id": book.product_id,
        "side": Side(entry.side).name.lower(),
        "purposes": purpose_names(Purpose(entry.purpose)),
        "position_limit": book.scales.size(entry.position_limit_lots),
        "expires_at": iso_time(entry.expires_at_ns),
        "decision": entry.decision.hex(),
    }
