"""The dead-man timer over HTTP: all orders of an account end unless it is heard of again in time."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from fastapi import APIRouter
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from api.answers import answer
from api.auth import Trader
from api.commanding import ask
from api.errors import NOT_FOUND, SIGNED_PROBLEMS, ApiError
from api.order_requests import Text, read_json
from api.resource_models import example
from api.state import TheExchange, TheSettings
from exchange.vocabulary.commands import SetDeadMan
from exchange.vocabulary.events import DeadManSet
from exchange.vocabulary.units import NS_PER_SECOND
from exchange.vocabulary.wire import iso_time

router = APIRouter(tags=["orders"], responses=SIGNED_PROBLEMS | NOT_FOUND)

MAX_TIMEOUT_S: Final = 86_400

_SECONDS: Final = {
    "type": "integer",
    "minimum": 0,
    "maximum": MAX_TIMEOUT_S,
    "description": "Seconds until the orders end; 0 takes the timer away",
}
TIMER: Final[Mapping[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["timeout"],
                    "properties": {"timeout": _SECONDS, "profile_id": {"type": "string"}},
                },
                "example": {"timeout": 60},
            }
        },
    }
}


class Wanted(msgspec.Struct):
    timeout: int
    profile_id: Text | None = None


_wanted = msgspec.json.Decoder(Wanted)


class Timer(BaseModel):
    model_config = example(profile_id="21", timeout=60, fires_at="2026-11-24T08:31:00.000000Z")

    profile_id: str
    timeout: int
    fires_at: str | None = Field(description="None where there is no timer now")


@router.post("/orders/cancel-after", response_model=Timer, summary="Set the dead-man timer", openapi_extra=dict(TIMER))
async def cancel_after(request: Request, caller: Trader, exchange: TheExchange, settings: TheSettings) -> Response:
    """All orders of the account end once so many seconds have passed, unless the timer is set anew before.

    One timer for each account: setting it again moves it, 0 takes it away. Done orders say `dead_man`. Orders of a call
    that is frozen stay. It counts against the rate limit of cancels.
    """
    said = read_json(_wanted, await request.body())
    if not 0 <= said.timeout <= MAX_TIMEOUT_S:
        raise ApiError(400, f"a timeout is 0 to {MAX_TIMEOUT_S} seconds", "BAD_TIMEOUT", {"max": MAX_TIMEOUT_S})
    fires_at_ns = exchange.now_ns() + said.timeout * NS_PER_SECOND if said.timeout else 0
    account = caller.account_of(said.profile_id)
    events = await ask(exchange, settings, SetDeadMan(actor=caller.key, account=account, fires_at_ns=fires_at_ns))
    # A timer that was due fires before the command that sets the next one.
    told = next(event for event in events if isinstance(event, DeadManSet))
    fires_at = iso_time(told.fires_at_ns) if told.fires_at_ns else None
    return answer({"profile_id": str(account), "timeout": said.timeout, "fires_at": fires_at})
