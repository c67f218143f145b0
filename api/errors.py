"""How the API says no: one error with a status, a message, a stable code and details; never a traceback.

Clients of the dialect take 400 and 404 for refusals, 401 for authentication, 429 for a rate limit, and try again on
anything else, so what is refused for good is one of these and what may succeed later is a 503.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import msgspec
import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from exchange.operations.refusals import OperationRefused
from exchange.spine.errors import Busy, Refusal
from exchange.store.errors import StoreError
from exchange.vocabulary.codec import RecordError

log = structlog.get_logger("api")

RETRY_AFTER_S: Final = 1
_NOT_FOUND_CODES: Final = frozenset({"NOT_DELIVERED", "UNKNOWN_DOCUMENT", "NO_SCHEDULE"})


class ApiError(Exception):
    """A refusal on its way to the client. A `retry_after_s` is told as the header of that name."""

    def __init__(
        self,
        status: int,
        message: str,
        code: str,
        details: Mapping[str, Any] | None = None,
        *,
        retry_after_s: int | None = None,
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.message = message
        self.code = code
        self.details = dict(details or {})
        self.headers = {} if retry_after_s is None else {"Retry-After": str(retry_after_s)}

    def told(self) -> dict[str, Any]:
        return {"message": self.message, "code": self.code, "details": self.details}


class Problem(BaseModel):
    """What every refusal looks like."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "message": "Insufficient funds",
                "code": "INSUFFICIENT_FUNDS",
                "details": {},
                "request_id": "1f0c2a9be4d34f17",
            }
        }
    )

    message: str = Field(description="A sentence for people; the phrases that clients of the dialect know are kept")
    code: str = Field(description="A stable name in UPPER_SNAKE; programs go by this")
    details: dict[str, Any] = Field(description="Facts about the refusal, such as the gate's rules and articles")
    request_id: str = Field(description="As in the header X-Request-Id; names the request in the venue's log")


PROBLEMS: Final[dict[int | str, dict[str, Any]]] = {
    400: {"model": Problem, "description": "Refused: nothing was changed"},
    429: {"model": Problem, "description": "Too many requests: wait for Retry-After seconds"},
    503: {"model": Problem, "description": "Busy or stopping: nothing was changed, try again"},
}
SIGNED_PROBLEMS: Final[dict[int | str, dict[str, Any]]] = PROBLEMS | {
    401: {"model": Problem, "description": "Not signed, or not signed rightly"},
}
NOT_FOUND: Final[dict[int | str, dict[str, Any]]] = {404: {"model": Problem, "description": "There is no such thing"}}


def busy(message: str, code: str = "BUSY") -> ApiError:
    return ApiError(503, message, code, retry_after_s=RETRY_AFTER_S)


def error_response(error: ApiError, request_id: str) -> Response:
    body = msgspec.json.encode({**error.told(), "request_id": request_id})
    return Response(body, error.status, error.headers, media_type="application/json")


def as_api_error(error: Exception) -> ApiError | None:
    """The answer to an error that is no bug; None for what is one."""
    if isinstance(error, ApiError):
        return error
    if isinstance(error, OperationRefused):
        unknown = error.code.startswith("UNKNOWN_") or error.code in _NOT_FOUND_CODES
        return ApiError(404 if unknown else 400, error.message, error.code, error.details)
    if isinstance(error, RequestValidationError):
        return _invalid(error)
    if isinstance(error, HTTPException):
        return _http(error)
    if isinstance(error, RecordError):
        return ApiError(400, "a value is outside what a record can hold", "BAD_VALUE")
    return _unavailable(error)


def _unavailable(error: Exception) -> ApiError | None:
    if isinstance(error, Busy):
        return busy("the exchange is busy", error.code)
    if isinstance(error, Refusal):
        return busy("the exchange is stopping", error.code)
    if isinstance(error, StoreError | DBAPIError):
        return busy("the records cannot be read just now", "RECORDS_UNAVAILABLE")
    if isinstance(error, TimeoutError):
        return busy("no answer in time; the outcome is in the records", "TIMEOUT")
    return None


def _invalid(error: RequestValidationError) -> ApiError:
    found = [{"where": ".".join(str(part) for part in each["loc"]), "problem": each["msg"]} for each in error.errors()]
    if any(each["type"] == "json_invalid" for each in error.errors()):
        return ApiError(400, "the body is no JSON", "MALFORMED_JSON")
    where = found[0]["where"] if found else "request"
    return ApiError(
        400, f"{where[:80]}: {found[0]['problem'] if found else 'invalid'}", "BAD_REQUEST", {"errors": found}
    )


def _http(error: HTTPException) -> ApiError:
    if error.status_code == HTTPStatus.NOT_FOUND:
        return ApiError(404, "NotFound", "NO_SUCH_RESOURCE")
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = (error.headers or {}).get("Allow", "")
        return ApiError(400, "the resource has no such method", "METHOD_NOT_ALLOWED", {"allowed": allowed})
    return ApiError(400, str(error.detail)[:200], "BAD_REQUEST")


async def _answer(request: Request, error: Exception) -> Response:
    told = as_api_error(error)
    assert told is not None, "handlers are registered for these alone"
    return error_response(told, request.state.request_id)


def add_handlers(app: FastAPI) -> None:
    """Everything that is no bug; bugs are caught, logged and named by the gatehouse."""
    handled = (
        ApiError, OperationRefused, RequestValidationError, HTTPException, RecordError, Refusal, StoreError,
        DBAPIError, TimeoutError,
    )  # fmt: skip
    for kind in handled:
        app.add_exception_handler(kind, _answer)
