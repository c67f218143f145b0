"""Orders as the documentation shows them; the routes read and write them without these models, which cost time."""

from typing import Any, Final, Literal

from pydantic import BaseModel, Field

from api.errors import Problem
from api.models import Decimal
from api.resource_models import example


class Order(BaseModel):
    model_config = example(
        id="9024", product_id="GSM8K-CNY", profile_id="21", side="buy", type="limit", price="500.00", size="0.900000",
        time_in_force="GTC", stp="dc", post_only=False, created_at="2026-11-24T08:30:00.000000Z",
        filled_size="0.450000", executed_value="225.00", fill_fees="0.23", status="open", settled=False,
        client_oid="bid-17",
    )  # fmt: skip

    id: str
    product_id: str
    profile_id: str
    side: Literal["buy", "sell"]
    type: Literal["limit", "market", "stop", "stop_limit", "trailing_stop", "pegged", "oco", "offer"] = Field(
        description="`offer` is an offer, or an acceptance of one: see `/offers`"
    )
    price: Decimal = Field(description="Of a market order the limit that the venue's collar set")
    size: Decimal
    time_in_force: Literal["GTC", "DAY", "GTT", "IOC", "FOK", "AT_OPEN", "AT_CLOSE"]
    stp: Literal["dc", "co", "cn", "cb"]
    post_only: bool
    created_at: str
    filled_size: Decimal
    executed_value: Decimal
    fill_fees: Decimal
    status: Literal["open", "active", "done"] = Field(description="`active` waits unseen, for its stop or its auction")
    settled: bool
    client_oid: str | None = None
    done_at: str | None = None
    done_reason: Literal["filled", "canceled"] | None = None
    done_detail: str | None = Field(None, description="Why it ended, in the venue's own words")
    stop: Literal["entry", "loss"] | None = None
    stop_price: Decimal | None = None
    display_size: Decimal | None = None
    funds: Decimal | None = None
    expire_time: str | None = None
    trail: Decimal | None = Field(None, description="How far a trailing stop's price lies behind the best seen")
    peg: Literal["best_bid", "best_ask", "mid"] | None = Field(None, description="What a pegged order's price follows")
    offset: Decimal | None = None
    limit_price: Decimal | None = Field(None, description="Beyond which a pegged order does not follow")
    exit_price: Decimal | None = Field(None, description="Of a bracket's entry: the limit of what closes its fills")
    exit_stop_price: Decimal | None = Field(None, description="Of a bracket's entry: the stop of what closes its fills")
    entry_id: str | None = Field(None, description="Of a bracket's exit: the order whose fills it closes")
    replayed: bool | None = Field(None, description="The answer to a repeated client_oid")


class CheckedOrder(BaseModel):
    """The answer to a dry run: an order without an id, because there is none."""

    model_config = example(
        product_id="GSM8K-CNY", profile_id="21", side="buy", type="limit", price="500.00", size="0.900000",
        time_in_force="GTC", stp="dc", post_only=False, created_at="2026-11-24T08:30:00.000000Z",
        filled_size="0.000000", executed_value="0.00", fill_fees="0.00", status="checked", settled=False,
        would_trade="0.450000", hold="450.45",
    )  # fmt: skip

    product_id: str
    profile_id: str
    side: Literal["buy", "sell"]
    type: Literal["limit", "market", "stop", "stop_limit", "trailing_stop", "pegged", "oco"]
    price: Decimal = Field(description="The limit; of a market order or a stop the one that the venue's collar sets")
    size: Decimal
    time_in_force: Literal["GTC", "DAY", "GTT", "IOC", "FOK", "AT_OPEN", "AT_CLOSE"]
    stp: Literal["dc", "co", "cn", "cb"]
    post_only: bool
    created_at: str = Field(description="When it was checked")
    filled_size: Decimal
    executed_value: Decimal
    fill_fees: Decimal
    status: Literal["checked"]
    settled: bool
    would_trade: Decimal = Field(description="The size that would trade at once, own orders left aside")
    hold: Decimal = Field(description="Of a buy quote currency, fee included; of a sell its size")
    client_oid: str | None = None
    stop: Literal["entry", "loss"] | None = None
    stop_price: Decimal | None = None
    display_size: Decimal | None = None
    funds: Decimal | None = None
    expire_time: str | None = None
    trail: Decimal | None = None
    peg: Literal["best_bid", "best_ask", "mid"] | None = None
    offset: Decimal | None = None
    limit_price: Decimal | None = None
    exit_price: Decimal | None = None
    exit_stop_price: Decimal | None = None


OrderOrProblem = Order | CheckedOrder | Problem

DECIMAL: Final = {"type": "string", "description": "A plain decimal; JSON numbers are read by their literal text"}
_PLACE: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["product_id", "side"],
    "properties": {
        "product_id": {"type": "string"},
        "side": {"type": "string", "enum": ["buy", "sell"]},
        "type": {"type": "string", "enum": ["limit", "market", "trailing_stop", "pegged", "oco"], "default": "limit"},
        "price": DECIMAL,
        "size": {"type": "string", "description": "Millions of RTU, in whole lots"},
        "funds": {
            "type": "string",
            "description": "Of a market buy, instead of a size: its cost, fee included",
        },
        "time_in_force": {"type": "string", "enum": ["GTC", "DAY", "GTT", "IOC", "FOK", "AT_OPEN", "AT_CLOSE"]},
        "cancel_after": {"type": "string", "enum": ["min", "hour", "day"], "description": "With GTT"},
        "expire_time": {"type": "string", "description": "With GTT, instead: ISO 8601 with a zone"},
        "post_only": {"type": "boolean"},
        "stp": {"type": "string", "enum": ["dc", "co", "cn", "cb"], "default": "dc"},
        "stop_price": {"type": "string", "description": "Makes it a stop: it waits unseen until a trade reaches this"},
        "stop": {"type": "string", "enum": ["entry", "loss"]},
        "trail": {"type": "string", "description": "Of a trailing stop: how far behind the best price it keeps"},
        "peg": {"type": "string", "enum": ["best_bid", "best_ask", "mid"], "description": "Of a pegged order"},
        "offset": {"type": "string", "description": "Of a pegged order: added to what it follows; may be negative"},
        "exit_price": {"type": "string", "description": "Closes what the order fills with a limit order"},
        "exit_stop_price": {"type": "string", "description": "Closes what the order fills with a stop"},
        "display_size": {"type": "string", "description": "Shows no more than this at a time"},
        "min_size": {"type": "string", "description": "With IOC: trade at least this, or nothing"},
        "client_oid": {"type": "string", "maxLength": 40},
        "profile_id": {"type": "string"},
    },
}


def body(schema: dict[str, Any], example_of: dict[str, Any]) -> dict[str, Any]:
    content = {"application/json": {"schema": schema, "example": example_of}}
    return {"requestBody": {"required": True, "content": content}}


_EXAMPLE: Final = {
    "product_id": "GSM8K-CNY", "side": "buy", "type": "limit", "price": "500.00", "size": "0.900000",
    "client_oid": "bid-17",
}  # fmt: skip
PLACEMENT: Final = body(_PLACE, _EXAMPLE)
BATCH: Final = body(
    {"type": "object", "required": ["orders"], "properties": {"orders": {"type": "array", "items": _PLACE}}},
    {"orders": [_EXAMPLE]},
)
_CHANGEABLE: Final = ("price", "size", "display_size", "stop_price", "expire_time", "client_oid")
AMENDMENT: Final = body(
    {"type": "object", "properties": {name: _PLACE["properties"][name] for name in _CHANGEABLE}},
    {"price": "501.00"},
)
