"""A client of the exchange as any other firm's: signed HTTP requests, and nothing that it was not told over them.

RefusedError: the exchange said no (400, 401, 404), and saying it again would not help.
AwayError: not reached, busy, or over the rate; the same may succeed later.
"""

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final, Self

import httpx
import structlog

from exchange.vocabulary.signing import WEBSOCKET_PATH, headers, signature
from exchange.vocabulary.units import NS_PER_SECOND
from simulations.market.credentials import Credentials

Upload = Sequence[tuple[str, tuple[str, bytes]]]
"""Parts of a multipart body: field, and file name with content."""

REQUEST_TIMEOUT_S: Final = 30.0
UPLOAD_TIMEOUT_S: Final = 900.0
"""A listing is assayed before it is answered."""
AWAY_STATUSES: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
LEAST_WAIT_S: Final = 0.5
MOST_WAIT_S: Final = 5.0


class RefusedError(Exception):
    """A refusal with its stable code; `details` hold what the exchange told beside."""

    def __init__(self, status: int, code: str, message: str, details: Mapping[str, Any]) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.details = details


class AwayError(Exception):
    """Not reached, or asked to come back later; whether a request was carried out is not known."""


class Pace:
    """Lets `rate` requests go in a second, evenly."""

    def __init__(self, rate: float) -> None:
        self._gap_s = 1 / rate
        self._next_s = 0.0

    async def turn(self) -> None:
        now_s = time.monotonic()
        self._next_s = max(self._next_s + self._gap_s, now_s)
        await asyncio.sleep(self._next_s - now_s)


class Venue:
    """One exchange by its address, as an async context."""

    def __init__(self, url: str, pace: Pace | None = None) -> None:
        self.url = url.rstrip("/")
        self.log = structlog.get_logger("market")
        self.requests = 0
        self._pace = pace
        self._http = httpx.AsyncClient(base_url=self.url, timeout=REQUEST_TIMEOUT_S)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    @property
    def websocket_url(self) -> str:
        return "ws" + self.url.removeprefix("http")

    async def call(
        self,
        method: str,
        path: str,
        credentials: Credentials | None = None,
        body: Mapping[str, Any] | None = None,
        *,
        form: Mapping[str, str] | None = None,
        files: Upload = (),
    ) -> Any:
        """The answer's JSON. Raises RefusedError, AwayError; with `files`, or a `form`, the body is multipart."""
        timeout = UPLOAD_TIMEOUT_S if files else REQUEST_TIMEOUT_S
        parts: list[Any] = [*((name, (None, value)) for name, value in (form or {}).items()), *files]
        request = self._http.build_request(method, path, json=body, files=parts or None, timeout=timeout)
        return json.loads(await self._send(request, credentials) or b"null")

    async def download(self, path: str, credentials: Credentials) -> bytes:
        """The bytes that a signed GET gives. Raises RefusedError, AwayError."""
        return await self._send(self._http.build_request("GET", path, timeout=UPLOAD_TIMEOUT_S), credentials)

    async def _send(self, request: httpx.Request, credentials: Credentials | None) -> bytes:
        if self._pace:
            await self._pace.turn()
        self.requests += 1
        body = await request.aread()
        if credentials:
            request.headers.update(_signed(credentials, request.method, request.url.raw_path.decode(), body))
        try:
            response = await self._http.send(request)
        except httpx.TransportError as error:
            raise AwayError(f"{request.method} {request.url.path}: {type(error).__name__}") from None
        if not response.is_success:
            raise _problem(response)
        return response.content

    async def surely(
        self, method: str, path: str, credentials: Credentials | None = None, body: Mapping[str, Any] | None = None
    ) -> Any:
        """As `call`, again and again until there is an answer: for what is idempotent only."""
        waited_s = 0.0
        while True:
            try:
                answer = await self.call(method, path, credentials, body)
            except AwayError as away:
                if not waited_s:
                    self.log.info("waiting", reason=str(away))
                waited_s = min(max(2 * waited_s, LEAST_WAIT_S), MOST_WAIT_S)
                await asyncio.sleep(waited_s)
            else:
                return answer

    def signed_subscription(self, credentials: Credentials) -> dict[str, str]:
        """What a `subscribe` message to a private channel carries."""
        timestamp = _timestamp()
        sign = signature(credentials.secret, timestamp, "GET", WEBSOCKET_PATH)
        return {
            "key": credentials.key,
            "signature": sign,
            "timestamp": timestamp,
            "passphrase": credentials.passphrase,
        }


def _signed(credentials: Credentials, method: str, path: str, body: bytes) -> dict[str, str]:
    return headers(credentials.key, credentials.secret, credentials.passphrase, _timestamp(), method, path, body)


def _timestamp() -> str:
    """To the nanosecond, so that two alike requests are told apart and not taken for a replay."""
    seconds, rest_ns = divmod(time.time_ns(), NS_PER_SECOND)
    return f"{seconds}.{rest_ns:09d}"


def _problem(response: httpx.Response) -> RefusedError | AwayError:
    if response.status_code in AWAY_STATUSES:
        return AwayError(f"{response.request.method} {response.request.url.path}: {response.status_code}")
    try:
        told = json.loads(response.content)
    except ValueError:
        told = None
    problem = told if isinstance(told, dict) else {}
    return RefusedError(
        response.status_code,
        str(problem.get("code", "UNNAMED")),
        str(problem.get("message", response.reason_phrase)),
        problem.get("details") or {},
    )
