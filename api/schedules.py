"""The trading day: a product's schedule, given by an operator and told to everyone."""

from dataclasses import asdict
from functools import partial
from typing import Annotated, Any, Final

from anyio import to_thread
from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from api.answers import answer
from api.auth import Manager
from api.causes import Why, recorded
from api.errors import NOT_FOUND, PROBLEMS, SIGNED_PROBLEMS
from api.operator import PhaseName
from api.products import ProductId
from api.state import TheExchange, TheMarket
from exchange.marketdata import messages
from exchange.operations.assigning import Day, Outlook, assign_schedule, outlook, remove_schedule
from exchange.operations.calendars import Calendar, date_of
from exchange.operations.schedule import LunchBreak, Schedule, Step
from exchange.vocabulary.wire import iso_time

router = APIRouter()

Minutes = Annotated[int, Field(ge=0, le=1_440)]
Seconds = Annotated[int, Field(ge=0, le=86_400)]

_USUAL: Final = Schedule("")
_EXAMPLE: Final[dict[str, Any]] = {"calendar": "XSHG", "opening_auction_minutes": 10, "closing_auction_minutes": 3}


class Lengths(BaseModel):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": _EXAMPLE})

    calendar: str = Field(max_length=40, description="An exchange's, as XSHG, XHKG, XNYS or 24/7")
    pre_open_minutes: Minutes = Field(_USUAL.pre_open_minutes, description="Before the opening auction")
    opening_auction_minutes: Minutes = Field(_USUAL.opening_auction_minutes, description="Ends where the session opens")
    opening_freeze_seconds: Seconds = Field(
        _USUAL.opening_freeze_seconds, description="Before the call's end, from when nothing is taken back; 0 is never"
    )
    closing_auction_minutes: Minutes = Field(_USUAL.closing_auction_minutes, description="The last of the session")
    closing_freeze_seconds: Seconds = _USUAL.closing_freeze_seconds
    lunch_break: LunchBreak = Field(_USUAL.lunch_break, description="On calendars whose sessions have a break")
    reopening_auction_minutes: Minutes = Field(_USUAL.reopening_auction_minutes, description="The last of the break")
    reopening_freeze_seconds: Seconds = _USUAL.reopening_freeze_seconds


class Assigned(Why, Lengths):
    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": _EXAMPLE | {"note": "as Shanghai"}})


class ScheduledStep(BaseModel):
    phase: PhaseName
    at: str
    local: str = Field(description="By the clocks of the exchange whose calendar it is")
    freezes_at: str | None = Field(description="Of a call: from when nothing is taken back")
    ends_at: str | None = Field(description="Of a call: when it uncrosses by itself")


class ScheduledDay(BaseModel):
    date: str
    steps: list[ScheduledStep]


class ProductSchedule(BaseModel):
    product_id: str
    schedule: Lengths
    digest: str = Field(description="SHA-256 of the schedule's document")
    time_zone: str
    known_until: str = Field(description="The last date of which the calendar knows whether there is a session")
    today: ScheduledDay | None = Field(description="None where there is no session today, by the local date")
    next: ScheduledDay | None = Field(description="The first session after today")


@router.get(
    "/products/{product_id}/schedule",
    response_model=ProductSchedule,
    summary="The trading day",
    tags=["products"],
    responses=PROBLEMS | NOT_FOUND,
)
async def schedule(product_id: ProductId, exchange: TheExchange, market: TheMarket) -> Response:
    """What today's and the next session look like. An operator may move a phase in between; `phase` of the product
    tells what is."""
    book = market.book(product_id)
    return answer(_told(book.product_id, await to_thread.run_sync(outlook, exchange, book.instrument)))


@router.put(
    "/products/{product_id}/schedule",
    response_model=ProductSchedule,
    summary="Give a product a schedule",
    tags=["operator"],
    responses=SIGNED_PROBLEMS | NOT_FOUND,
)
async def assign(
    product_id: ProductId, asked: Assigned, caller: Manager, exchange: TheExchange, market: TheMarket
) -> Response:
    """From now on the venue moves the product's phases by a real exchange's calendar, beginning at once."""
    book = market.book(product_id)
    given, said = Schedule(**asked.model_dump(include=set(Lengths.model_fields))), await recorded(exchange, asked)
    await to_thread.run_sync(partial(assign_schedule, exchange, caller.key, book.instrument, given, **said))
    return answer(_told(book.product_id, await to_thread.run_sync(outlook, exchange, book.instrument)))


@router.delete(
    "/products/{product_id}/schedule",
    summary="Take a product's schedule away",
    tags=["operator"],
    responses=SIGNED_PROBLEMS | NOT_FOUND,
)
async def remove(
    product_id: ProductId,
    caller: Manager,
    exchange: TheExchange,
    market: TheMarket,
    why: Annotated[Why, Query()],
) -> Response:
    """The product stays in the phase that it is in, until an operator moves it."""
    book = market.book(product_id)
    said = await recorded(exchange, why)
    await to_thread.run_sync(partial(remove_schedule, exchange, caller.key, book.instrument, **said))
    return answer({"product_id": book.product_id, "schedule": None})


def _told(product_id: str, found: Outlook) -> dict[str, Any]:
    calendar = found.calendar
    return {
        "product_id": product_id,
        "schedule": asdict(found.schedule),
        "digest": found.digest.hex(),
        "time_zone": calendar.time_zone,
        "known_until": date_of(calendar.until_day).isoformat(),
        "today": _day(calendar, found.today),
        "next": _day(calendar, found.next),
    }


def _day(calendar: Calendar, day: Day | None) -> dict[str, Any] | None:
    if day is None:
        return None
    return {"date": date_of(day.day).isoformat(), "steps": [_step(calendar, step) for step in day.steps]}


def _step(calendar: Calendar, step: Step) -> dict[str, Any]:
    return {
        "phase": messages.PHASES[step.phase],
        "at": iso_time(step.at_ns),
        "local": calendar.local(step.at_ns).isoformat(),
        "freezes_at": iso_time(step.freezes_at_ns) if step.freezes_at_ns else None,
        "ends_at": iso_time(step.ends_at_ns) if step.ends_at_ns else None,
    }
