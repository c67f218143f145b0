"""What stands before every route: bounds on the body, the signature, rate limits, a request id, and no traceback.

1 name the request   2 ask whether the exchange still runs   3 read the body within its bound
4 verify the signature, if there is one   5 take from the rate limit   6 look at the body's form
7 let it in, and name whatever bug comes out
"""

import os
import re
import time
from itertools import count
from typing import Any, Final

import msgspec
import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.auth import Authenticator, Caller, Claimed
from api.errors import ApiError, as_api_error, busy, error_response
from api.limits import Allowance, Limiter
from api.settings import ApiSettings

log = structlog.get_logger("api")

_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_BRACKET = re.compile(rb"[\[\]{}]")
_CANCEL_PATHS: Final = ("/orders", "/offers")
_TIMER_PATH: Final = "/orders/cancel-after"
_WHOLE_ID: Final = 2**64 - 1
_REQUESTS: Final = count(int.from_bytes(os.urandom(8), "big"))
"""Request ids: counted from anywhere, so that two runs of a server have none in common."""
_TOLD_TO_THE_END: Final = frozenset({"/health", "/metrics"})


class Limits:
    """The buckets of one server: of keys, of keys' cancels, and of addresses for whoever is not signed."""

    def __init__(self, settings: ApiSettings) -> None:
        self.keys = Limiter("key", settings.key_rate, settings.key_burst)
        self.cancels = Limiter("cancel", settings.cancel_rate, settings.cancel_burst)
        self.addresses = Limiter("address", settings.address_rate, settings.address_burst)

    def take(self, caller: Caller | None, address: str, *, is_cancel: bool, cost: int = 1) -> Allowance:
        now_s = time.monotonic()
        if caller is None:
            return self.addresses.take(address, now_s, cost)
        return (self.cancels if is_cancel else self.keys).take(caller.key, now_s, cost)


class Gatehouse:
    """ASGI middleware; websockets pass, since they are authenticated by message."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        visit = _Visit(scope, receive, send)
        try:
            await visit.admit()
            await self._app(scope, visit.receive, visit.send)
        except Exception as error:  # noqa: BLE001 - whatever it was, the client hears a name and not a traceback.
            await visit.fail(error)


class _Visit:
    """One request on its way in and out."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._app_state: Any = scope["app"].state
        self._settings: ApiSettings = self._app_state.settings
        self._headers: dict[bytes, bytes] = dict(scope["headers"])
        self._body = b""
        self._body_given = False
        self._started = False
        self.request_id = f"{next(_REQUESTS) & _WHOLE_ID:016x}"
        scope.setdefault("state", {})["request_id"] = self.request_id
        path: str = scope["path"]
        if len(path) > 1 and path.endswith("/"):
            scope["path"] = path.rstrip("/") or "/"

    async def admit(self) -> None:
        if self._app_state.exchange.failed.is_set() and self._scope["path"] not in _TOLD_TO_THE_END:
            raise busy("the exchange has failed and is stopping", "FAILED")
        self._body = await self._read()
        caller = await self._verify()
        self._charge(caller)
        if self._body:
            check_body(self._body, self._header(b"content-type"), self._settings.max_nesting)
        self._scope["state"]["caller"] = caller

    def _header(self, name: bytes) -> str:
        return self._headers.get(name, b"").decode("latin-1")

    async def _read(self) -> bytes:
        """The whole body, since a signature is over all of it. Only a known key may send a large one."""
        authenticator: Authenticator = self._app_state.authenticator
        is_upload = self._header(b"content-type").startswith("multipart/form-data")
        may_be_large = is_upload and authenticator.knows(self._header(b"cb-access-key"))
        bound = self._settings.max_upload_bytes if may_be_large else self._settings.max_body_bytes
        chunks: list[bytes] = []
        size, more = 0, True
        while more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ApiError(400, "the request was cut off", "CUT_OFF")
            chunk: bytes = message.get("body", b"")
            size += len(chunk)
            if size <= bound:
                chunks.append(chunk)
            elif size > self._settings.max_upload_bytes:
                break
            more = message.get("more_body", False)
        if size > bound:
            # What came was read and dropped: a client that still sends would not hear the answer.
            raise ApiError(400, f"the body is larger than {bound} bytes", "BODY_TOO_LARGE", {"max_bytes": bound})
        return b"".join(chunks)

    async def _verify(self) -> Caller | None:
        key = self._header(b"cb-access-key")
        if not key:
            return None
        scope = self._scope
        query = scope["query_string"].decode("latin-1")
        path = scope.get("raw_path", scope["path"].encode()).decode("latin-1") + (f"?{query}" if query else "")
        claimed = Claimed(
            key,
            self._header(b"cb-access-sign"),
            self._header(b"cb-access-timestamp"),
            self._header(b"cb-access-passphrase"),
            scope["method"],
            path,
            self._body,
        )
        authenticator: Authenticator = self._app_state.authenticator
        try:
            return await authenticator.caller(claimed)
        except ApiError:
            # Whoever guesses at keys spends the address's allowance, not the key owner's.
            self._charge(None)
            raise

    def _charge(self, caller: Caller | None) -> None:
        scope = self._scope
        address = scope["client"][0] if scope.get("client") else ""
        path: str = scope["path"]
        is_cancel = path == _TIMER_PATH or (scope["method"] == "DELETE" and path.startswith(_CANCEL_PATHS))
        limits: Limits = self._app_state.limits
        allowance = limits.take(caller, address, is_cancel=is_cancel)
        scope["state"]["allowance"] = allowance
        if not allowance.granted:
            raise rate_limited(allowance)

    async def receive(self) -> Message:
        """The body again, for the routes; then whatever the server says, as that the client left."""
        if self._body_given:
            return await self._receive()
        self._body_given = True
        return {"type": "http.request", "body": self._body, "more_body": False}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._started = True
            added = [(b"x-request-id", self.request_id.encode())]
            allowance: Allowance | None = self._scope["state"].get("allowance")
            if allowance is not None:
                added += allowance.headers()
            message = {**message, "headers": [*message["headers"], *added]}
        await self._send(message)

    async def fail(self, error: Exception) -> None:
        told = as_api_error(error)
        if told is None:
            log.error("request failed", request_id=self.request_id, path=self._scope["path"], exc_info=error)
            told = ApiError(500, "internal error", "INTERNAL")
        if not self._started:
            await error_response(told, self.request_id)(self._scope, self._receive, self.send)


def rate_limited(allowance: Allowance) -> ApiError:
    whose = "Public" if allowance.policy == "address" else "Private"
    return ApiError(429, f"{whose} rate limit exceeded", "RATE_LIMITED", retry_after_s=allowance.retry_s)


def check_body(body: bytes, content_type: str, max_nesting: int) -> None:
    """JSON that is whole and not too deep, or a form, which routes that take one read for themselves."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        return
    if kind not in {"", "application/json"}:
        raise ApiError(400, "a body is application/json", "NOT_JSON", {"content_type": kind[:64]})
    if nesting(body, max_nesting) > max_nesting:
        raise ApiError(400, f"the body nests deeper than {max_nesting}", "NESTED_TOO_DEEP", {"max": max_nesting})
    try:
        msgspec.json.decode(body, type=msgspec.Raw)
        body.decode()
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise ApiError(400, "the body is no JSON", "MALFORMED_JSON") from None


def nesting(body: bytes, enough: int) -> int:
    """How deep brackets nest, or a bound on it where that is no more than `enough`."""
    bound = body.count(b"[") + body.count(b"{")
    if bound <= enough:
        return bound
    depth = deepest = 0
    for bracket in _BRACKET.finditer(_STRING.sub(b"", body)):
        depth += 1 if bracket.group() in b"[{" else -1
        deepest = max(deepest, depth)
    return deepest
