"""Offers as the documentation shows them; the routes read and write them without these models."""

from typing import Any, Final, Literal

from pydantic import BaseModel, Field

from api.models import Decimal
from api.order_models import DECIMAL, body
from api.resource_models import example


class Offer(BaseModel):
    model_config = example(
        id="9056", product_id="GSM8K-CNY", side="sell", price="480.00", size="0.900000", remaining_size="0.600000",
        part=True, private=True, mine=True, created_at="2026-11-24T08:30:00.000000Z", status="open",
        expire_time="2026-12-01T08:30:00.000000Z", profile_id="21", to=["34", "55"], client_oid="block-3",
    )  # fmt: skip

    id: str
    product_id: str
    side: Literal["buy", "sell"] = Field(description="The maker's: who accepts takes the other one")
    price: Decimal
    size: Decimal
    remaining_size: Decimal = Field(description="What may still be accepted")
    part: bool = Field(description="Whether less than all that is left may be accepted")
    private: bool = Field(description="Made to named accounts only")
    mine: bool
    created_at: str
    status: Literal["open", "done"]
    expire_time: str | None = None
    done_reason: Literal["filled", "canceled"] | None = None
    done_detail: str | None = Field(None, description="Why it ended, in the venue's own words")
    profile_id: str | None = Field(None, description="Of one's own offers, as are `to` and `client_oid`")
    to: list[str] | None = None
    client_oid: str | None = None
    replayed: bool | None = Field(None, description="The answer to a repeated client_oid")


_SIZE: Final = {"type": "string", "description": "Millions of RTU, in whole lots"}
_CLIENT_OID: Final = {"type": "string", "maxLength": 40}
_OFFERING: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["product_id", "side", "price", "size"],
    "properties": {
        "product_id": {"type": "string"},
        "side": {"type": "string", "enum": ["buy", "sell"]},
        "price": DECIMAL,
        "size": _SIZE,
        "to": {
            "type": "array",
            "items": {"type": "string"},
            "minItems": 1,
            "maxItems": 8,
            "description": "Accounts that may see and accept it; everyone who is entitled where it is left out",
        },
        "part": {"type": "boolean", "default": False, "description": "Lets it be accepted in parts"},
        "expire_time": {"type": "string", "description": "ISO 8601 with a zone; never where it is left out"},
        "client_oid": _CLIENT_OID,
        "profile_id": {"type": "string"},
    },
}
OFFERING: Final = body(
    _OFFERING,
    {
        "product_id": "GSM8K-CNY", "side": "sell", "price": "480.00", "size": "0.900000", "to": ["34", "55"],
        "part": True, "client_oid": "block-3",
    },
)  # fmt: skip
_ACCEPTANCE: Final[dict[str, Any]] = {
    "type": "object",
    "properties": {
        "size": _SIZE | {"description": "All that is left where it is left out"},
        "client_oid": _CLIENT_OID,
        "profile_id": {"type": "string"},
    },
}
ACCEPTANCE: Final = body(_ACCEPTANCE, {"size": "0.300000", "client_oid": "take-3"})
