"""A running server on a loopback port, with one listed dataset, a vendor and a buyer who sign requests."""

import asyncio
import base64
import importlib.util
import json
import socket
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import httpx
import uvicorn
import uvloop

from api.server import server_config
from api.settings import ApiSettings
from exchange.operations.admission import create_key, register_user
from exchange.runtime import Exchange, Settings
from exchange.vocabulary.participants import VENUE, Role, Scope
from exchange.vocabulary.signing import headers

GENEROUS = dict.fromkeys(("key_rate", "key_burst", "cancel_rate", "cancel_burst"), 1000000) | {
    "address_rate": 1_000_000,
    "address_burst": 1_000_000,
}


def _operations_venue():
    path = Path(__file__).parents[1] / "operations" / "open_venue.py"
    spec = importlib.util.spec_from_file_location("operations_venue", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


operations = _operations_venue()
"""Small datasets, participants and whole markets, as the tests of the operations make them."""


@dataclass
class Client:
    """Signs as its key; `skew_s` moves its clock."""

    url: str
    key: str = ""
    secret: bytes = b""
    passphrase: str = ""
    participant: int = 0
    account: int = 0
    user: int = 0
    skew_s: float = 0
    _number: int = field(default=0, repr=False)
    _http: httpx.Client | None = field(default=None, repr=False)

    @property
    def http(self):
        if self._http is None:
            self._http = httpx.Client(base_url=self.url, timeout=30)
        return self._http

    def timestamp(self):
        """The time in seconds, never the same twice, so that equal requests are signed differently."""
        self._number += 1
        return f"{time.time() + self.skew_s:.3f}{self._number % 1_000_000:06d}"

    def signed(self, method, path, body=b"", timestamp=None):
        """Headers for a request of exactly these bytes."""
        when = timestamp or self.timestamp()
        return headers(self.key, self.secret, self.passphrase, when, method, path, body)

    def request(self, method, path, body=None, *, content=None, params=None, **extra):
        """`body` is sent as JSON, `content` as it is; `extra` are headers, with underscores for dashes."""
        path += f"?{urlencode(params, doseq=True)}" if params else ""
        sent = content if content is not None else b"" if body is None else json.dumps(body).encode()
        given = {"content-type": "application/json"} if sent else {}
        given |= self.signed(method, path, sent) if self.key else {}
        given |= {name.replace("_", "-"): value for name, value in extra.items()}
        return self.http.request(method, path, content=sent, headers=given)

    def get(self, path, **params):
        return self.request("GET", path, params=params or None)

    def post(self, path, body=None, **extra):
        return self.request("POST", path, body, **extra)

    def patch(self, path, body=None, **extra):
        return self.request("PATCH", path, body, **extra)

    def delete(self, path, body=None, **params):
        return self.request("DELETE", path, body, params=params or None)

    def upload(self, path, data=None, files=()):
        """A multipart form: `files` as (field, filename, content)."""
        parts = [(name, (None, value)) for name, value in (data or {}).items()]
        parts += [(name, (filename, content)) for name, filename, content in files]
        built = self.http.build_request("POST", path, files=parts)
        sent = built.read()
        given = {"content-type": built.headers["content-type"]} | self.signed("POST", path, sent)
        return self.http.post(path, content=sent, headers=given)

    def order(self, **fields):
        """Place an order; a one-lot limit order unless told otherwise."""
        return self.post("/orders", fields)

    def close(self):
        if self._http is not None:
            self._http.close()


@dataclass
class RunningVenue:
    """`exchange` may be asked by operations from the test's thread; books and balances only through the clients."""

    url: str
    exchange: Exchange
    app: object
    clients: list[Client] = field(default_factory=list)
    listed: object = None
    public: Client = None
    operator: Client = None
    second: Client = None
    vendor: Client = None
    buyer: Client = None

    @property
    def product_id(self):
        return self.listed.symbol

    @property
    def lot(self):
        """The size of one lot on the wire."""
        return f"{self.listed.lot_rtu // 10**6}.{self.listed.lot_rtu % 10**6:06d}"

    def size(self, lots):
        rtu = lots * self.listed.lot_rtu
        return f"{rtu // 10**6}.{rtu % 10**6:06d}"

    def price(self, ticks):
        minor = ticks * self.listed.tick_minor
        return f"{minor // 100}.{minor % 100:02d}"

    def unsigned(self):
        return self._kept(Client(self.url))

    def client(self, participant, account, roles, scopes=Scope.VIEW | Scope.TRADE | Scope.TRANSFER):
        """A new user of a participant, with a key."""
        user = register_user(self.exchange, VENUE, participant, roles)
        return self.key(user, participant, account, scopes)

    def key(self, user, participant, account, scopes, expires_at_ns=0):
        """One more key of a user."""
        made = create_key(self.exchange, VENUE, user, scopes, expires_at_ns).secrets
        return self._kept(Client(self.url, made.public_id, made.secret, made.passphrase, participant, account, user))

    def member(self, name, cash_minor=0, roles=Role.VENDOR | Role.BUYER):
        """A new participant with an account and a key."""
        participant, account = operations.member(self.exchange, name, cash_minor)
        return self.client(participant, account, roles)

    def digest(self):
        """Sequence-free: every balance, and the book, as the records have them once they are level."""
        exchange = self.exchange
        assert exchange.projector.wait_for(exchange.sequence, 30)
        rows = [tuple(row.values()) for row in exchange.history.balances()]
        orders = [tuple(row.values()) for row in exchange.history.orders(limit=10_000)]
        return sorted(rows), orders

    def _kept(self, client):
        self.clients.append(client)
        return client


class ServerThread:
    """The server in a thread of its own, as a process would run it."""

    def __init__(self, folder, api_settings=None, clock=time.time_ns, **settings):
        self.exchange = Exchange.open(Settings(data_folder=folder, venue_name="Test Venue", **settings), clock=clock)
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        config = server_config(self.exchange, api_settings or ApiSettings(**GENEROUS))
        self.app = config.app
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        with _runner() as runner:
            runner.run(self.server.serve([self.socket]))

    def __enter__(self):
        self.thread.start()
        deadline = time.monotonic() + 30
        while not self.server.started:
            assert self.thread.is_alive() and time.monotonic() < deadline, "the server did not start"
            time.sleep(0.01)
        return self

    def __exit__(self, *_):
        self.server.should_exit = True
        self.thread.join(30)
        self.socket.close()
        assert not self.thread.is_alive()


def _runner():
    return asyncio.Runner(loop_factory=uvloop.new_event_loop)


def venue_of(server):
    """The venue with its operator, before anyone is registered."""
    venue = RunningVenue(server.url, server.exchange, server.app)
    venue.public = venue.unsigned()
    told = json.loads((server.exchange.settings.data_folder / "operator.json").read_text())
    venue.operator = venue._kept(Client(server.url, told["key"], base64.b64decode(told["secret"]), told["passphrase"]))
    return venue


def with_market(venue):
    """One listed dataset; a vendor who may sell, a buyer with 1,000,000.00 CNY who may buy for training."""
    market = operations.market(venue.exchange, copies=50)
    venue.listed = market.listed
    venue.vendor = venue.client(market.vendor, market.vendor_account, Role.VENDOR)
    venue.buyer = venue.client(market.buyer, market.buyer_account, Role.BUYER)
    return venue


def refused(response, status, code):
    """Hold a refusal to its shape; returns its body."""
    told = response.json()
    assert (response.status_code, told["code"]) == (status, code), told
    assert set(told) == {"message", "code", "details", "request_id"}
    assert told["request_id"] == response.headers["x-request-id"]
    assert "Traceback" not in response.text
    return told


def second_operator(venue):
    """Another person of the operator's, made over the API as an operator would."""
    (own,) = [each for each in venue.operator.get("/participants").json() if each["name"].startswith("Test Venue")]
    user = venue.operator.post(f"/participants/{own['id']}/users", {"roles": ["operator", "auditor"]}).json()["id"]
    made = venue.operator.post(f"/users/{user}/keys", {"scopes": ["view", "manage"]}).json()
    return venue._kept(
        Client(venue.url, made["key"], base64.b64decode(made["secret"]), made["passphrase"], user=int(user))
    )
