"""Answers as JSON, and the paging that all lists share."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Final

import msgspec
from fastapi import Query
from starlette.responses import Response

from api.errors import ApiError
from exchange.vocabulary.units import NS_PER_SECOND

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

PAGE: Final = 100
MAX_PAGE: Final = 1_000

Limit = Annotated[int, Query(ge=1, le=MAX_PAGE, description="How many entries at most")]
Before = Annotated[str | None, Query(max_length=64, description="Entries newer than this cursor, from CB-BEFORE")]
After = Annotated[str | None, Query(max_length=64, description="Entries older than this cursor, from CB-AFTER")]
ProfileId = Annotated[
    str | None, Query(max_length=20, description="The engine account meant, where the participant has several")
]

_encode = msgspec.json.Encoder().encode


def answer(body: Any, headers: Mapping[str, str] | None = None, *, status: int = 200) -> Response:
    return Response(_encode(body), status, headers, media_type="application/json")


def page(entries: list[dict[str, Any]], newest: object, oldest: object) -> Response:
    """A list with the cursors of its first and last entry; an empty one has none."""
    cursors = {"CB-BEFORE": str(newest), "CB-AFTER": str(oldest)} if entries else None
    return answer(entries, cursors)


def id_of(text: str | None, what: str = "cursor") -> int | None:
    """A decimal id of at most 18 digits; ApiError where the text is none, None where there is no text."""
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise ApiError(400, f"Invalid {what}", "BAD_ID", {what: text[:64]})
    return int(text)


def time_ns(text: str, what: str) -> int:
    """UTC nanoseconds of an ISO 8601 time with a zone; ApiError BAD_TIME."""
    try:
        elapsed = datetime.fromisoformat(text.replace(" ", "+")) - _EPOCH
    except (ValueError, TypeError, OverflowError):
        raise ApiError(400, f"{what} is no ISO 8601 time with a zone", "BAD_TIME", {what: text[:40]}) from None
    return (elapsed.days * 86_400 + elapsed.seconds) * NS_PER_SECOND + elapsed.microseconds * 1_000
