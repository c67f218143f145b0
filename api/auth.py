"""Who asks: signed requests of API keys, in the Coinbase Exchange scheme.

A request names its key, is signed over the bytes received, carries a timestamp within the window and the key's
passphrase. What changes something is taken once: its signature is remembered as long as it could be sent again.
"""

import asyncio
import hashlib
import hmac
import re
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, NamedTuple

from fastapi import Depends, FastAPI
from starlette.requests import HTTPConnection

from api.errors import ApiError
from api.settings import ApiSettings
from exchange.operations.admission import key_fingerprint
from exchange.operations.entries import KeyEntry
from exchange.runtime import Exchange
from exchange.vocabulary.participants import Role, Scope
from exchange.vocabulary.signing import WEBSOCKET_PATH, signature
from exchange.vocabulary.units import NS_PER_SECOND
from exchange.vocabulary.wire import iso_time

KEYS_REMEMBERED: Final = 10_000
_TIMESTAMP = re.compile(r"[0-9]{1,11}(\.[0-9]{1,9})?")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who signed. `key` is the actor of its commands, `account` the one it trades for unless it says otherwise."""

    key: int
    user: int
    participant: int
    account: int
    accounts: tuple[int, ...]
    scopes: Scope
    roles: Role

    def account_of(self, profile_id: str | None) -> int:
        """The account that a request names, out of the caller's own; the first where it names none."""
        if not profile_id:
            if not self.accounts:
                raise ApiError(404, "the participant has no account", "UNKNOWN_ACCOUNT")
            return self.account
        known = {str(account): account for account in self.accounts}
        if profile_id not in known:
            raise ApiError(404, "NotFound", "UNKNOWN_ACCOUNT", {"profile_id": profile_id[:64]})
        return known[profile_id]


class Claimed(NamedTuple):
    """What a request says of itself, before anything is believed."""

    key: str
    sign: str
    timestamp: str
    passphrase: str
    method: str
    path: str
    body: bytes


class _Known(NamedTuple):
    """A key whose passphrase was right once, which took Argon2 tens of milliseconds."""

    entry_key: int
    secret: bytes
    passphrase: bytes


class Authenticator:
    """Used on the loop's thread alone."""

    def __init__(self, exchange: Exchange, settings: ApiSettings) -> None:
        self._exchange = exchange
        self._window_s = settings.signature_window_s
        self._known: dict[str, _Known] = {}
        self._seen: set[str] = set()
        self._seen_until_s: deque[tuple[float, str]] = deque()
        self._accounts: dict[int, tuple[int, ...]] = {}
        self._accounts_counted = 0

    def knows(self, public_id: str) -> bool:
        return self._entry(public_id) is not None

    async def caller(self, claimed: Claimed) -> Caller:
        """Who made the request; ApiError 401 says what is wrong with it, nothing that a stranger could use."""
        now_ns = self._exchange.now_ns()
        entry = self._good_entry(claimed.key, now_ns)
        self._check_time(claimed.timestamp, now_ns)
        known = self._known.get(claimed.key)
        secret = known.secret if known else self._exchange.key_secrets.hmac_secret(claimed.key)
        if secret is None:
            raise ApiError(401, "Invalid API Key", "INVALID_KEY")
        expected = signature(secret, claimed.timestamp, claimed.method, claimed.path, claimed.body)
        if not hmac.compare_digest(expected.encode(), claimed.sign.encode()):
            raise ApiError(401, "invalid signature", "INVALID_SIGNATURE")
        await self._check_passphrase(claimed, entry, secret)
        if claimed.method != "GET":
            self._take_once(claimed.sign, now_ns / NS_PER_SECOND)
        return self._caller(entry)

    def _entry(self, public_id: str) -> KeyEntry | None:
        known = self._known.get(public_id)
        if known:
            return self._exchange.directory.keys[known.entry_key]
        return self._exchange.directory.key_of(key_fingerprint(public_id))

    def _good_entry(self, public_id: str, now_ns: int) -> KeyEntry:
        entry = self._entry(public_id)
        if entry is None or entry.revoked or 0 < entry.expires_at_ns <= now_ns:
            raise ApiError(401, "Invalid API Key", "INVALID_KEY")
        return entry

    def _check_time(self, timestamp: str, now_ns: int) -> None:
        if not _TIMESTAMP.fullmatch(timestamp):
            raise ApiError(401, "invalid timestamp", "INVALID_TIMESTAMP")
        now_s = now_ns / NS_PER_SECOND
        if abs(float(timestamp) - now_s) > self._window_s:
            told = {"server_time": iso_time(now_ns), "epoch": f"{now_s:.3f}", "window_s": self._window_s}
            raise ApiError(401, "request timestamp expired", "CLOCK_SKEW", told)

    async def _check_passphrase(self, claimed: Claimed, entry: KeyEntry, secret: bytes) -> None:
        digest = hashlib.sha256(claimed.passphrase.encode("utf-8", "surrogatepass")).digest()
        known = self._known.get(claimed.key)
        if known:
            right = hmac.compare_digest(known.passphrase, digest)
        else:
            secrets = self._exchange.key_secrets
            right = await asyncio.to_thread(secrets.is_passphrase, claimed.key, claimed.passphrase)
        if not right:
            raise ApiError(401, "Invalid Passphrase", "INVALID_PASSPHRASE")
        if not known:
            if len(self._known) >= KEYS_REMEMBERED:
                self._known.clear()
            self._known[claimed.key] = _Known(entry.key, secret, digest)

    def _take_once(self, sign: str, now_s: float) -> None:
        while self._seen_until_s and self._seen_until_s[0][0] < now_s:
            self._seen.discard(self._seen_until_s.popleft()[1])
        if sign in self._seen:
            raise ApiError(401, "this signed request was received before", "REPLAYED_REQUEST")
        self._seen.add(sign)
        # A timestamp may lie a window ahead, and is then good for two windows.
        self._seen_until_s.append((now_s + 2 * self._window_s, sign))

    def _caller(self, entry: KeyEntry) -> Caller:
        user = self._exchange.directory.users[entry.user]
        accounts = self._accounts_of(entry.participant)
        first = accounts[0] if accounts else 0
        return Caller(entry.key, entry.user, entry.participant, first, accounts, Scope(entry.scopes), Role(user.roles))

    def _accounts_of(self, participant: int) -> tuple[int, ...]:
        """Accounts are opened and never closed, so what was found stays right until there are more."""
        directory = self._exchange.directory
        if len(directory.accounts) != self._accounts_counted:
            self._accounts_counted = len(directory.accounts)
            self._accounts.clear()
        found = self._accounts.get(participant)
        if found is None:
            entries = directory.accounts_of(participant)
            found = self._accounts[participant] = tuple(sorted(each.account for each in entries))
        return found


def caller_of(connection: HTTPConnection) -> Caller:
    """Whoever signed the request, which the gatehouse has verified."""
    caller: Caller | None = connection.scope["state"].get("caller")
    if caller is None:
        raise ApiError(401, "this resource needs a signed request", "NOT_SIGNED")
    return caller


def _with(scope: Scope, role: Role | None = None) -> Callable[[HTTPConnection], Awaitable[Caller]]:
    async def allowed(connection: HTTPConnection) -> Caller:
        caller = caller_of(connection)
        if scope not in caller.scopes:
            name = str(scope.name).lower()
            raise ApiError(400, f"the key lacks the scope {name}", "MISSING_SCOPE", {"scope": name})
        if role is not None and not role & caller.roles:
            name = str(role.name).lower()
            raise ApiError(400, f"the user lacks the role {name}", "MISSING_ROLE", {"role": name})
        return caller

    return allowed


viewer = _with(Scope.VIEW)
trader = _with(Scope.TRADE)
transferrer = _with(Scope.TRANSFER)
manager = _with(Scope.MANAGE, Role.OPERATOR)
overseer = _with(Scope.VIEW, Role.OPERATOR | Role.AUDITOR)

Viewer = Annotated[Caller, Depends(viewer)]
Trader = Annotated[Caller, Depends(trader)]
Transferrer = Annotated[Caller, Depends(transferrer)]
Manager = Annotated[Caller, Depends(manager)]
Overseer = Annotated[Caller, Depends(overseer)]


async def authenticate_websocket(app: FastAPI, message: Mapping[str, Any]) -> Caller:
    """Who signed a `subscribe` message; ApiError 401, or 400 MISSING_SCOPE where the key may not view."""
    said = [message.get(name, "") for name in ("key", "signature", "timestamp", "passphrase")]
    key, sign, timestamp, passphrase = (str(each) for each in said)
    if not key:
        raise ApiError(401, "this channel needs a signed subscription", "NOT_SIGNED")
    authenticator: Authenticator = app.state.authenticator
    caller = await authenticator.caller(Claimed(key, sign, timestamp, passphrase, "GET", WEBSOCKET_PATH, b""))
    if Scope.VIEW not in caller.scopes:
        raise ApiError(400, "the key lacks the scope view", "MISSING_SCOPE", {"scope": "view"})
    return caller
