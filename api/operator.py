"""What an operator does and watches: accounts blocked, phases moved, evidence attached, books compared."""

from dataclasses import asdict
from functools import partial
from typing import Annotated, Literal

from anyio import to_thread
from fastapi import APIRouter, Path
from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from pydantic import ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from api.answers import answer, time_ns
from api.auth import Manager, Overseer
from api.causes import Why, recorded
from api.errors import NOT_FOUND, PROBLEMS, SIGNED_PROBLEMS, ApiError
from api.feed import feed_of
from api.records import read_records
from api.state import TheExchange, TheMarket, TheSettings
from api.uploads import read_upload
from exchange.operations.asking import ask, ask_one
from exchange.operations.lifecycle import open_product
from exchange.operations.verdicts import attach_approval
from exchange.vocabulary import commands, events
from exchange.vocabulary.codec import COMMANDS
from exchange.vocabulary.instruments import Phase
from exchange.vocabulary.reasons import Reason

router = APIRouter(tags=["operator"])

Account = Annotated[int, Path(gt=0, lt=2**63)]
_STOPS = frozenset({Phase.HALTED, Phase.CANCEL_ONLY, Phase.CLOSED})
"""Moves that wait for nothing, a calendar least of all."""
PhaseName = Literal[
    "closed",
    "pre_open",
    "opening_auction",
    "continuous",
    "volatility_auction",
    "closing_auction",
    "halted",
    "cancel_only",
]


class PhaseMove(Why):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"phase": "halted", "reason": "recall", "note": "two documents are withdrawn"}},
    )

    phase: PhaseName
    freezes_at: str | None = Field(None, max_length=40, description="Of a call: from when nothing is taken back")
    ends_at: str | None = Field(None, max_length=40, description="Of a call: when it uncrosses by itself")


@router.post("/accounts/{account}/block", summary="Block an account", responses=SIGNED_PROBLEMS | NOT_FOUND)
async def block(account: Account, why: Why, caller: Manager, exchange: TheExchange) -> Response:
    """Its resting orders end, and new ones are refused."""
    command = commands.BlockAccount(actor=caller.key, account=account, **await recorded(exchange, why))
    await to_thread.run_sync(ask_one, exchange, command, events.AccountBlocked)
    return answer({"id": str(account), "blocked": True})


@router.post("/accounts/{account}/unblock", summary="Unblock an account", responses=SIGNED_PROBLEMS | NOT_FOUND)
async def unblock(account: Account, why: Why, caller: Manager, exchange: TheExchange) -> Response:
    command = commands.UnblockAccount(actor=caller.key, account=account, **await recorded(exchange, why))
    await to_thread.run_sync(ask_one, exchange, command, events.AccountUnblocked)
    return answer({"id": str(account), "blocked": False})


@router.post("/products/{product_id}/phase", summary="Move a product's phase", responses=SIGNED_PROBLEMS | NOT_FOUND)
async def move_phase(
    product_id: str, move: PhaseMove, caller: Manager, exchange: TheExchange, market: TheMarket
) -> Response:
    """Begin a call, open, halt, let cancels alone through, or close; told on the `status` channel at once.

    What was recalled or withdrawn stays halted, or lets cancels alone through: anything else is `RECALLED`.
    """
    book = market.book(product_id)
    phase, day = Phase[move.phase.upper()], 0
    entry = exchange.directory.instruments[book.instrument]
    if phase not in _STOPS:
        day = await to_thread.run_sync(exchange.scheduler.trading_day, entry, exchange.market_time_ns)
    command = commands.SetPhase(
        actor=caller.key,
        instrument=book.instrument,
        phase=phase,
        trading_day=day,
        freezes_at_ns=time_ns(move.freezes_at, "freezes_at") if move.freezes_at else 0,
        ends_at_ns=time_ns(move.ends_at, "ends_at") if move.ends_at else 0,
        **await recorded(exchange, move),
    )
    does = ask if phase in {Phase.HALTED, Phase.CANCEL_ONLY} else open_product
    await to_thread.run_sync(does, exchange, command)
    return answer({"product_id": book.product_id, "phase": move.phase, "reason": move.reason})


class ReferencePrice(Why):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"price": "500.00", "note": "a valuation"}})

    price: str = Field(max_length=40)


@router.post(
    "/products/{product_id}/reference-price", summary="Set the reference price", responses=SIGNED_PROBLEMS | NOT_FOUND
)
async def set_reference_price(
    product_id: str, asked: ReferencePrice, caller: Manager, exchange: TheExchange, market: TheMarket
) -> Response:
    """What the static band lies round; not while a call runs."""
    book = market.book(product_id)
    try:
        ticks = book.scales.ticks(asked.price)
    except ValueError as error:
        raise ApiError(400, str(error)[:200], "BAD_PRICE") from None
    price = {"instrument": book.instrument, "price_ticks": ticks, **await recorded(exchange, asked)}
    command = commands.SetReferencePrice(actor=caller.key, **price)
    await to_thread.run_sync(ask_one, exchange, command, events.ReferencePriceSet)
    return answer({"product_id": book.product_id, "price": book.scales.price(ticks)})


_APPROVAL_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["dataset", "evidence", "document"],
                    "properties": {
                        "dataset": {"type": "string", "description": "SHA-256 of the Croissant metadata"},
                        "evidence": {"type": "string", "description": "Which evidence, as the gate's rules name it"},
                        "participant": {"type": "string", "description": "For one participant alone"},
                        "document": {"type": "string", "format": "binary"},
                    },
                }
            }
        },
    }
}


@router.post("/approvals", summary="Attach evidence", responses=SIGNED_PROBLEMS, openapi_extra=_APPROVAL_FORM)
async def approve(request: Request, caller: Manager, exchange: TheExchange) -> Response:
    """Evidence that lifts what waits for it, such as `personal-data-impact-assessment`, before a dataset is listed or
    while it trades."""
    form = await read_upload(request, fields=("dataset", "evidence", "participant"), files=("document",))
    attach = partial(
        attach_approval,
        exchange,
        caller.key,
        form.text("dataset"),
        form.text("evidence"),
        form.one_file("document"),
        participant=form.fields.get("participant", "").strip(),
    )
    digest = await to_thread.run_sync(attach)
    return answer({"approval": digest.hex(), "dataset": form.text("dataset"), "evidence": form.text("evidence")})


@router.get("/reconciliation", summary="Compare the records with the machine", responses=SIGNED_PROBLEMS)
async def reconciliation(_caller: Overseer, exchange: TheExchange) -> Response:
    """Every balance of the machine, of SQL, and of the postings summed up, at one sequence, while trading goes on."""
    found = await to_thread.run_sync(exchange.reconcile)
    differences = [
        {
            "account": str(each.account),
            "asset": str(each.asset),
            **{name: [str(value) for value in getattr(each, name)] for name in ("engine", "balances", "postings")},
        }
        for each in found.differences
    ]
    unbalanced = {str(asset): str(rest) for asset, rest in found.unbalanced.items()}
    return answer(
        {
            "sequence": found.sequence,
            "compared": found.compared,
            "agrees": found.agrees,
            "differences": differences,
            "unbalanced": unbalanced,
        }
    )


@router.get("/trial-balance", summary="Trial balance", responses=SIGNED_PROBLEMS)
async def trial_balance(_caller: Overseer, exchange: TheExchange, settings: TheSettings) -> Response:
    """The venue's chart of accounts with the total of each, out of the postings; debits equal credits per asset."""
    found = await read_records(exchange, settings, exchange.reports.trial_balance)
    lines = [asdict(line) for line in found.lines]
    return answer({"balanced": not found.differences, "differences": found.differences, "lines": lines})


@router.get("/metrics", summary="Metrics", responses=PROBLEMS, response_class=Response)
async def metrics(request: Request, exchange: TheExchange, market: TheMarket) -> Response:
    """For Prometheus, in its text format."""
    refused = await to_thread.run_sync(exchange.register.refusals)
    registry = CollectorRegistry()
    Gauge("tlx_sequence", "Last sequence applied", registry=registry).set(exchange.sequence)
    Gauge("tlx_projector_lag", "Sequences not yet in SQL", registry=registry).set(exchange.projector.lag)
    Gauge("tlx_products", "Products", registry=registry).set(len(market.books))
    Gauge("tlx_feed_connections", "Open websockets", registry=registry).set(feed_of(request.app).connections)
    levels = Gauge("tlx_book_levels", "Price levels", ["product_id", "side"], registry=registry)
    trades = Gauge("tlx_last_trade_id", "Trades so far", ["product_id"], registry=registry)
    for book in market.books.values():
        levels.labels(book.product_id, "buy").set(len(book.depth.bids))
        levels.labels(book.product_id, "sell").set(len(book.depth.asks))
        trades.labels(book.product_id).set(book.tape.last_trade_id)
    refusals = Counter("tlx_refusals", "Refused commands", ["reason", "command"], registry=registry)
    for row in refused:
        kind = COMMANDS.kinds[row["command_kind"]].__name__
        refusals.labels(Reason(row["reason"]).name, kind).inc(row["refused"])
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)
