"""Signed orders per second over HTTP, each durable and settled before its answer; and from order to websocket.

    python benchmarks/http_orders.py [--orders 6000] [--connections 1 8 32]

Beside it, in the same run, the floor: the same requests to a bare FastAPI route under the same uvicorn that verifies
the signature and answers a constant. Client and server share the machine: on two cores the client costs as well.
Orders are limit orders of a seller and seven buyers around one price, of which about half trade.
"""

import argparse
import asyncio
import base64
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import uvloop
from websockets.asyncio.client import connect

from benchmarks.http_server import serve
from exchange.vocabulary.signing import headers

WARM_UP = 300
FEED_ORDERS = 300
MIDDLE, SPREAD = 10_000, 20
_NUMBERS = count()
"""Part of each timestamp, so that no two requests have the same signature."""


@dataclass(frozen=True)
class Venue:
    port: int
    product_id: str
    keys: list[dict[str, str]]


@contextmanager
def running(kind: str) -> Iterator[Venue]:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, __file__, "--serve", kind, folder]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603 - our own program
            try:
                assert server.stdout is not None
                yield Venue(**json.loads(server.stdout.readline()))
            finally:
                server.terminate()


class Connection:
    """One kept-alive connection that sends signed orders, one at a time."""

    def __init__(self, venue: Venue, number: int) -> None:
        self.venue = venue
        self.trader = number % len(venue.keys)
        self._key = venue.keys[self.trader]
        self._secret = base64.b64decode(self._key["secret"])

    async def open(self) -> "Connection":
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self.venue.port)
        return self

    async def post(self, order: dict[str, str]) -> dict[str, Any]:
        body = json.dumps(order).encode()
        timestamp = f"{time.time():.3f}{next(_NUMBERS) % 10**6:06d}"
        signed = headers(
            self._key["key"], self._secret, self._key["passphrase"], timestamp, "POST", "/orders", body
        ) | {"Content-Type": "application/json", "Content-Length": str(len(body)), "Host": "localhost"}
        head = "".join(f"{name}: {value}\r\n" for name, value in signed.items())
        self._writer.write(f"POST /orders HTTP/1.1\r\n{head}\r\n".encode() + body)
        return await self._answer()

    async def _answer(self) -> dict[str, Any]:
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode().lower()
        size = int(head.partition("content-length: ")[2].partition("\r\n")[0])
        answer: dict[str, Any] = json.loads(await self._reader.readexactly(size))
        assert head.startswith("http/1.1 200"), answer
        return answer

    def close(self) -> None:
        self._writer.close()


def order(venue: Venue, chance: random.Random, *, sells: bool) -> dict[str, str]:
    cents = MIDDLE + chance.randint(-SPREAD, SPREAD)
    side = "sell" if sells else "buy"
    price = f"{cents // 100}.{cents % 100:02d}"
    return {"product_id": venue.product_id, "side": side, "type": "limit", "price": price, "size": "1.000000"}


async def throughput(venue: Venue, orders: int, connections: int) -> tuple[float, list[float]]:
    """Orders per second, and each order's milliseconds, sorted."""
    opened = [await Connection(venue, number).open() for number in range(connections)]
    took_ms: list[float] = []

    async def send(connection: Connection, number: int, share: int) -> None:
        chance = random.Random(number)
        for _ in range(share):
            sells = connection.trader == 0 and chance.random() < (0.5 if connections == 1 else 1)
            wanted = order(venue, chance, sells=sells)
            began = time.perf_counter()
            await connection.post(wanted)
            took_ms.append(1_000 * (time.perf_counter() - began))

    for share in (WARM_UP // connections + 1, orders // connections):
        took_ms.clear()
        began = time.perf_counter()
        await asyncio.gather(*(send(each, number, share) for number, each in enumerate(opened)))
        elapsed = time.perf_counter() - began
    for each in opened:
        each.close()
    return len(took_ms) / elapsed, sorted(took_ms)


async def order_to_feed(venue: Venue) -> tuple[list[float], list[float]]:
    """Milliseconds from sending an order to its `l2update`, and to its answer; one order at a time."""
    buyer = await Connection(venue, 1).open()
    seen_ms, answered_ms = [], []
    async with connect(f"ws://127.0.0.1:{venue.port}/") as feed:
        asked = {"type": "subscribe", "product_ids": [venue.product_id], "channels": ["level2_raw"]}
        await feed.send(json.dumps(asked))
        while json.loads(await feed.recv())["type"] != "snapshot":
            pass
        for number in range(FEED_ORDERS):
            price = f"{10 + number // 100}.{number % 100:02d}"
            wanted = order(venue, random.Random(0), sells=False) | {"price": price}
            began = time.perf_counter()
            answer = asyncio.create_task(buyer.post(wanted))
            answer.add_done_callback(lambda _, began=began: answered_ms.append(time.perf_counter() - began))
            while price not in await feed.recv(decode=True):
                pass
            seen_ms.append(1_000 * (time.perf_counter() - began))
            await answer
    buyer.close()
    return sorted(seen_ms), sorted(1_000 * each for each in answered_ms)


async def watched(venue: Venue, orders: int, connections: int) -> tuple[float, float]:
    """Orders per second as one client of the `full` channel is told of them, and all messages that it gets a second."""
    told = (WARM_UP // connections + 1 + orders // connections) * connections
    async with connect(f"ws://127.0.0.1:{venue.port}/") as feed:
        asked = {"type": "subscribe", "product_ids": [venue.product_id], "channels": ["full"]}
        await feed.send(json.dumps(asked))
        while json.loads(await feed.recv())["type"] != "subscriptions":
            pass
        placing = asyncio.create_task(throughput(venue, orders, connections))
        seen = messages = 0
        began = time.perf_counter()
        while seen < told:
            message = await feed.recv(decode=True)
            messages += 1
            seen += message.startswith('{"type":"received"')
        elapsed = time.perf_counter() - began
        await placing
    return seen / elapsed, messages / elapsed


def quantile(ordered: list[float], share: float) -> float:
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]


async def measure(orders: int, connections: list[int]) -> None:
    print(f"{'':10} {'connections':>11} {'orders/s':>9} {'p50 ms':>7} {'p99 ms':>7}")
    for kind in ("floor", "venue"):
        with running(kind) as venue:
            for each in connections:
                rate, took_ms = await throughput(venue, orders, each)
                print(f"{kind:10} {each:11} {rate:9,.0f} {quantile(took_ms, 0.5):7.2f} {quantile(took_ms, 0.99):7.2f}")
            if kind == "venue":
                told, messages = await watched(venue, orders, max(connections))
                print(f"websocket: {told:,.0f} orders/s told of on `full`, {messages:,.0f} messages/s")
                seen_ms, answered_ms = await order_to_feed(venue)
    print(f"one order at a time, {FEED_ORDERS} of them:")
    for what, took_ms in (("to its l2update on the websocket", seen_ms), ("to its answer", answered_ms)):
        print(f"  {what:33} p50 {quantile(took_ms, 0.5):6.2f} ms  p99 {quantile(took_ms, 0.99):6.2f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--orders", type=int, default=6_000, help="per measurement")
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 8, 32])
    parser.add_argument("--serve", nargs=2, metavar=("KIND", "FOLDER"), help="be the server that is measured")
    asked = parser.parse_args()
    if asked.serve:
        serve(asked.serve[0], Path(asked.serve[1]))
        return
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(measure(asked.orders, asked.connections))


if __name__ == "__main__":
    main()
