"""Negotiated trades: offers made, listed, accepted and withdrawn.

An offer is an order that waits outside the book, and its acceptance is one too, so both stand among `/orders` and their
fills among `/fills`.
"""

from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.answers import After, Limit, ProfileId, answer, id_of, page
from api.auth import Caller, Trader, Viewer
from api.commanding import ask
from api.errors import NOT_FOUND, SIGNED_PROBLEMS
from api.market import Market
from api.offer_models import ACCEPTANCE, OFFERING, Offer
from api.offer_requests import accepted, offered, read_acceptance, read_offering
from api.order_models import Order
from api.order_requests import client_oid, named_oid
from api.orders import CLIENT_PREFIX
from api.refusals import refusal
from api.state import TheExchange, TheMarket, TheSettings
from exchange.operations.directory import Directory
from exchange.portfolio import messages
from exchange.portfolio.offers import may_see, terms_of
from exchange.portfolio.orders import OrderView, view_of_event
from exchange.vocabulary.codec import Record
from exchange.vocabulary.commands import WithdrawOffer
from exchange.vocabulary.events import OfferTerms, OrderAccepted, OrderReplayed
from exchange.vocabulary.instruments import Side
from exchange.vocabulary.reasons import Reason

router = APIRouter(tags=["offers"], responses=SIGNED_PROBLEMS | NOT_FOUND)


@router.post("/offers", response_model=Offer, summary="Offer a negotiated trade", openapi_extra=OFFERING)
async def make(
    request: Request, caller: Trader, exchange: TheExchange, market: TheMarket, settings: TheSettings
) -> Response:
    """To up to eight accounts, who alone know of it, or to everyone who is entitled.

    It holds what an order would, at the negotiated fee, until it is accepted, withdrawn or expires. A repeat of a
    `client_oid` with the same content gets the first offer, with `replayed`.
    """
    wanted = read_offering(await request.body())
    account, book = caller.account_of(wanted.profile_id), market.book(wanted.product_id)
    events = await ask(exchange, settings, offered(wanted, book, caller.key, account))
    view, replayed = _entered(market, events)
    return answer(_message(market, view, account) | replayed)


@router.get("/offers", response_model=list[Offer], summary="Open offers")
async def offers(
    caller: Viewer,
    exchange: TheExchange,
    market: TheMarket,
    product_id: str | None = None,
    limit: Limit = 100,
    after: After = None,
    profile_id: ProfileId = None,
) -> Response:
    """The account's own, those made to it, and those open to everyone of products in which it may trade.

    The newest first; the page ends in a cursor for older ones.
    """
    account = caller.account_of(profile_id)
    instrument = market.book(product_id).instrument if product_id else None
    older_than = id_of(after, "after")
    told: list[dict[str, Any]] = []
    for view in _known(market, exchange.directory, account):
        if instrument in (None, view.instrument) and (older_than is None or view.order_id < older_than):
            told.append(_message(market, view, account))
            if len(told) == limit:
                break
    return page(told, told and told[0]["id"], told and told[-1]["id"])


@router.post("/offers/{offer_id}/accept", response_model=Order, summary="Accept an offer", openapi_extra=ACCEPTANCE)
async def accept(
    offer_id: str, request: Request, caller: Trader, exchange: TheExchange, market: TheMarket, settings: TheSettings
) -> Response:
    """All that is left of it, or a part where its maker allows that; settled before the answer, which is an order."""
    wanted, offer = read_acceptance(await request.body()), id_of(offer_id, "offer id") or 0
    account = caller.account_of(wanted.profile_id)
    about = market.portfolio.offers.seen_by(account, offer)
    if about is None and wanted.client_oid:
        # The repeat of an acceptance is answered even after its offer is forgotten.
        about = market.portfolio.orders.by_client_id(account, client_oid(wanted.client_oid))
    if about is None:
        raise refusal(Reason.UNKNOWN_OFFER)
    book = market.books[about.instrument]
    events = await ask(exchange, settings, accepted(wanted, offer, book, caller.key, account))
    view, replayed = _entered(market, events)
    return answer(messages.order(view, book.product_id, book.scales) | replayed)


@router.delete("/offers/{offer_id}", response_model=str, summary="Withdraw an offer")
async def withdraw(
    offer_id: str, caller: Trader, exchange: TheExchange, market: TheMarket, settings: TheSettings
) -> Response:
    """By its id, or by `client:` and its client_oid; the answer is the id it was named by."""
    mine = [view for view in _named(market, caller, offer_id) if view.account in caller.accounts and view.offered]
    if not mine:
        raise refusal(Reason.UNKNOWN_OFFER)
    newest = max(mine, key=lambda view: view.order_id)
    command = WithdrawOffer(
        actor=caller.key, account=newest.account, instrument=newest.instrument, offer=newest.order_id
    )
    await ask(exchange, settings, command)
    return answer(offer_id.removeprefix(CLIENT_PREFIX))


def _named(market: Market, caller: Caller, name: str) -> Iterator[OrderView]:
    """What an id or a client_oid means, whatever it is."""
    orders = market.portfolio.orders
    if name.startswith(CLIENT_PREFIX):
        oid = named_oid(name.removeprefix(CLIENT_PREFIX))
        found = [orders.by_client_id(account, oid) for account in caller.accounts]
    else:
        found = [orders.by_id(id_of(name, "offer id") or 0)]
    return (view for view in found if view is not None)


def _known(market: Market, directory: Directory, account: int) -> Iterator[OrderView]:
    """Open offers that concern the account; posted ones where it is entitled to a side of the product."""
    for view in market.portfolio.offers.open():
        if not may_see(view, account):
            continue
        named = view.account == account or (view.offered and view.offered.to)
        if named or any((account, view.instrument, int(side)) in directory.entitlements for side in Side):
            yield view


def _entered(market: Market, events: list[Record]) -> tuple[OrderView, dict[str, Any]]:
    """The order that a command made, or made once, as it stands, and whether this was a repeat."""
    made = next(each for each in events if isinstance(each, OrderAccepted | OrderReplayed))
    view = market.portfolio.orders.by_id(made.order_id)
    if isinstance(made, OrderReplayed):
        view = view or view_of_event(made)
        terms = [each for each in events if isinstance(each, OfferTerms)]
        view.offered = terms_of(terms[0]) if terms else None
        return view, {"replayed": True}
    assert view is not None, "an acknowledged offer is not in the portfolio"
    return view, {}


def _message(market: Market, view: OrderView, account: int) -> dict[str, Any]:
    book = market.books[view.instrument]
    return messages.offer(view, account, book.product_id, book.scales)
