"""A signed client of the exchange, for one command: requests over HTTP, and refusals by name."""

import base64
import binascii
import json
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

import httpx

from api.cli.console import CommandError
from exchange.vocabulary.signing import headers
from exchange.vocabulary.units import NS_PER_SECOND

DEFAULT_URL: Final = "http://127.0.0.1:8000"
TIMEOUT_S: Final = 60.0
UPLOAD_TIMEOUT_S: Final = 3_600.0
"""A listing is assayed before it is answered."""

Part = tuple[str, tuple[str | None, bytes | str]]
"""A part of a multipart body: its field, and file name (None for plain text) with content."""


@dataclass(frozen=True, slots=True)
class Credentials:
    key: str
    secret: bytes = field(repr=False)
    passphrase: str = field(repr=False)


def read_credentials(path: Path) -> Credentials:
    """From a file with key, secret (base64) and passphrase; CommandError BAD_CREDENTIALS."""
    try:
        told = json.loads(path.read_text())
        return Credentials(str(told["key"]), base64.b64decode(told["secret"], validate=True), str(told["passphrase"]))
    except OSError as error:
        raise CommandError("BAD_CREDENTIALS", f"{path}: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, binascii.Error):
        told_wrong = f"{path} is no JSON object with key, secret (base64) and passphrase"
        raise CommandError("BAD_CREDENTIALS", told_wrong) from None


def write_credentials(path: Path, told: Mapping[str, Any]) -> None:
    """A new file that only its owner may read; CommandError where the path is taken."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise CommandError("CANNOT_WRITE", f"{path}: {error.strerror}") from None
    with os.fdopen(descriptor, "w") as file:
        json.dump({name: told[name] for name in ("id", "key", "secret", "passphrase")}, file, indent=1)


class Client:
    """One exchange by its address; signs with `credentials` where there are any."""

    def __init__(self, url: str, credentials: Credentials | None = None) -> None:
        self.url = url.rstrip("/")
        self._credentials = credentials
        try:
            self._http = httpx.Client(base_url=self.url, timeout=TIMEOUT_S)
        except httpx.InvalidURL as error:
            raise CommandError("BAD_URL", f"{url}: {error}") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    @property
    def websocket_url(self) -> str:
        return "ws" + self.url.removeprefix("http")

    def get(self, path: str, **query: object) -> Any:
        """The answer's JSON; query values of None are left out."""
        chosen: dict[str, Any] = {name: value for name, value in query.items() if value is not None}
        return _json(self._send(self._http.build_request("GET", path, params=chosen or None)))

    def page(self, path: str, **query: object) -> tuple[list[Any], str]:
        """A list, and the cursor to go on after it; empty where there is none."""
        chosen: dict[str, Any] = {name: value for name, value in query.items() if value is not None}
        response = self._response(self._http.build_request("GET", path, params=chosen or None))
        return list(_json(response.content)), response.headers.get("cb-after", "")

    def post(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        return _json(self._send(self._http.build_request("POST", path, json=body)))

    def put(self, path: str, body: Mapping[str, Any]) -> Any:
        return _json(self._send(self._http.build_request("PUT", path, json=body)))

    def upload(self, path: str, parts: Sequence[Part]) -> Any:
        request = self._http.build_request("POST", path, files=list(parts), timeout=UPLOAD_TIMEOUT_S)
        return _json(self._send(request))

    def delete(self, path: str, **query: object) -> Any:
        chosen: dict[str, Any] = {name: value for name, value in query.items() if value is not None}
        return _json(self._send(self._http.build_request("DELETE", path, params=chosen or None)))

    def download(self, path: str) -> bytes:
        return self._send(self._http.build_request("GET", path))

    def _send(self, request: httpx.Request) -> bytes:
        return self._response(request).content

    def _response(self, request: httpx.Request) -> httpx.Response:
        body = request.read()
        if self._credentials:
            request.headers.update(_signed(self._credentials, request.method, request.url.raw_path.decode(), body))
        try:
            response = self._http.send(request)
        except httpx.TimeoutException:
            raise CommandError("NO_ANSWER", f"no answer from {self.url} in time") from None
        except (httpx.TransportError, httpx.UnsupportedProtocol):
            raise CommandError("NOT_REACHED", f"no exchange answers at {self.url}; is `tlx serve` running?") from None
        if not response.is_success:
            raise _refusal(response)
        return response


def _signed(credentials: Credentials, method: str, path: str, body: bytes) -> dict[str, str]:
    """Dated to the nanosecond, so that two alike requests are not taken for a replay."""
    seconds, rest_ns = divmod(time.time_ns(), NS_PER_SECOND)
    key = credentials
    return headers(key.key, key.secret, key.passphrase, f"{seconds}.{rest_ns:09d}", method, path, body)


def _json(content: bytes) -> Any:
    try:
        return json.loads(content) if content else None
    except ValueError:
        raise CommandError("NO_EXCHANGE", "what answers there speaks no JSON; is it an exchange?") from None


def _refusal(response: httpx.Response) -> CommandError:
    try:
        told = json.loads(response.content)
    except ValueError:
        told = None
    if not isinstance(told, dict) or "message" not in told:
        return CommandError("NO_EXCHANGE", f"{response.url} answers {response.status_code}; is it an exchange?")
    details = told.get("details") or {}
    rest = {name: value for name, value in details.items() if name not in {"reasons", "errors"} and value}
    beside = ", ".join(f"{name} {value}" for name, value in rest.items())
    message = f"{told['message']} ({beside})" if beside else str(told["message"])
    return CommandError(str(told.get("code", response.status_code)), message, _reasons(details))


def _reasons(details: Mapping[str, Any]) -> list[dict[str, str]]:
    """The gate's reasons; or the fields of a request that were found wrong."""
    wrong = details.get("errors") or []
    fields = [{"rule": str(each["where"]), "text": str(each["problem"])} for each in wrong]
    return [*details.get("reasons", []), *fields]
