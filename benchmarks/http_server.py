"""The servers that `http_orders.py` asks, each a process of its own on a loopback port.

    venue      the exchange, with one instrument, a seller and buyers
    floor      a bare FastAPI route that verifies a signature, and answers

One line of JSON on stdout says where it listens, and with what keys.
"""

import asyncio
import base64
import hmac
import json
import logging
import os
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import structlog
import uvicorn
import uvloop
from fastapi import FastAPI, Request, Response

from api.server import server_config
from api.settings import ApiSettings
from exchange.operations.admission import (
    activate_participant,
    create_key,
    deposit,
    open_account,
    register_participant,
    register_user,
)
from exchange.operations.asking import ask
from exchange.runtime import Exchange, Settings
from exchange.vocabulary import commands as c
from exchange.vocabulary.instruments import Mode, Phase, Purpose, Side
from exchange.vocabulary.participants import VENUE, Role, Scope
from exchange.vocabulary.signing import signature
from exchange.vocabulary.units import FOREVER_NS, MAX_LOTS, MAX_NOTIONAL_MINOR

TRADERS = 8
UNLIMITED = 10**9
EVIDENCE = {"registration": b"made up for a benchmark"}
ANSWER = json.dumps({"id": "1", "status": "open", "size": "1.000000", "price": "100.00"}).encode()


def serve(kind: str, folder: Path) -> None:
    """Until the process is ended."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    listening = socket.create_server(("127.0.0.1", 0), backlog=256)
    port = listening.getsockname()[1]
    if kind == "floor":
        config, told = floor()
        ready = lambda: told  # noqa: E731 - nothing to set up
    else:
        rates = dict.fromkeys(("key_rate", "key_burst", "cancel_rate", "cancel_burst"), UNLIMITED)
        exchange = Exchange.open(Settings(data_folder=folder))
        config = server_config(exchange, ApiSettings(**rates))
        ready = lambda: market(exchange)  # noqa: E731
    server = uvicorn.Server(config)
    threading.Thread(target=announce, args=(server, port, ready), daemon=True).start()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(server.serve([listening]))


def announce(server: uvicorn.Server, port: int, ready: Callable[[], dict[str, Any]]) -> None:
    while not server.started:
        time.sleep(0.01)
    try:
        print(json.dumps({"port": port, **ready()}), flush=True)
    except BaseException:
        server.should_exit = True
        raise


def floor() -> tuple[uvicorn.Config, dict[str, Any]]:
    """What HTTP, FastAPI and the signature alone cost here."""
    app, secret = FastAPI(), os.urandom(64)

    @app.post("/orders")
    async def place(request: Request) -> Response:
        body, given = await request.body(), request.headers
        expected = signature(secret, given["cb-access-timestamp"], "POST", "/orders", body)
        if not hmac.compare_digest(expected, given["cb-access-sign"]):
            return Response(status_code=401)
        return Response(ANSWER, media_type="application/json")

    config = uvicorn.Config(app, http="httptools", access_log=False, log_config=None, timeout_keep_alive=75)
    keys = [{"key": "floor", "secret": base64.b64encode(secret).decode(), "passphrase": "floor"}] * TRADERS
    return config, {"keys": keys, "product_id": "TEXT-CNY"}


def market(exchange: Exchange) -> dict[str, Any]:
    """One instrument that all traders may buy, and the first of them, who has the claims, sell."""
    members = [trader(exchange, number) for number in range(TRADERS)]
    accounts = [account for account, _ in members]
    digests = {name: name.encode().ljust(32) for name in ("listing", "certificate", "decision")}
    base = c.DefineBase(actor=VENUE, account=accounts[0], lots=10**6, lot_rtu=1_000_000, code="TEXT", **digests)
    ask(exchange, base)
    (base_id,) = exchange.directory.bases
    asset = exchange.directory.asset("CNY")
    assert asset is not None
    ask(exchange, instrument(base_id, asset.asset), c.Issue(actor=VENUE, account=accounts[0], base=base_id))
    (traded,) = exchange.directory.instruments
    grants = [grant(account, traded, Side.BUY) for account in accounts]
    phases = [c.SetPhase(actor=VENUE, instrument=traded, phase=each) for each in (Phase.HALTED, Phase.CONTINUOUS)]
    ask(exchange, grant(accounts[0], traded, Side.SELL), *grants, *phases)
    return {"keys": [key for _, key in members], "product_id": "TEXT-CNY"}


def trader(exchange: Exchange, number: int) -> tuple[int, dict[str, str]]:
    """A funded account, and a key for it."""
    participant = register_participant(exchange, VENUE, f"Trader {number}", "organisation", EVIDENCE, simulated=True)
    activate_participant(exchange, VENUE, participant)
    account = open_account(exchange, VENUE, participant)
    deposit(exchange, VENUE, account, "CNY", 10**13, f"opening-{account}")
    user = register_user(exchange, VENUE, participant, Role.BUYER | Role.VENDOR)
    made = create_key(exchange, VENUE, user, Scope.VIEW | Scope.TRADE).secrets
    secret = base64.b64encode(made.secret).decode()
    return account, {"key": made.public_id, "secret": secret, "passphrase": made.passphrase}


def instrument(base: int, quote: int) -> c.DefineInstrument:
    return c.DefineInstrument(
        actor=VENUE, base=base, quote=quote, tick_minor=1, lot_rtu=1_000_000, max_lots=MAX_LOTS,
        max_notional_minor=MAX_NOTIONAL_MINOR, maker_ppm=500, taker_ppm=1_000, collar_ppm=50_000,
        modes=Mode.CONTINUOUS, symbol="TEXT-CNY",
    )  # fmt: skip


def grant(account: int, traded: int, side: Side) -> c.GrantEntitlement:
    return c.GrantEntitlement(
        actor=VENUE, account=account, instrument=traded, side=side, purpose=Purpose.TRAINING,
        position_limit_lots=MAX_LOTS, expires_at_ns=FOREVER_NS, decision=b"d" * 32,
    )  # fmt: skip
