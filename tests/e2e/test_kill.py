"""SIGKILL at random moments under load: what was acknowledged is there, once, and nothing is half done.

After every kill the oracles are asked:
  O1  each acknowledged order is in the journal exactly once      O2  two replays of the journal give one state hash
  O3  the trial balance is zero                                   O4  SQL equals the machine
  O5  the journal's chain holds                                   O6  what the feed published is in the journal
"""

import asyncio
import json
import random
import threading
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field

import httpx
import pytest
from served import Server, admit_firm, entitle, small_dataset, submit
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from exchange.spine.journal import read_blocks
from exchange.spine.verify import verify_journal
from exchange.vocabulary.codec import COMMANDS
from exchange.vocabulary.commands import PlaceOrder

pytestmark = pytest.mark.e2e

CLIENTS_A_FIRM = 3
PRICES = [f"{yuan}.00" for yuan in range(795, 806)]


@dataclass
class Heard:
    """What clients were told before the server died: orders by client id, cancels, and the feed's messages."""

    placed: dict = field(default_factory=dict)
    canceled: set = field(default_factory=set)
    unanswered: set = field(default_factory=set)
    published: list = field(default_factory=list)


def trade(client, product, lot, chance, heard):
    """Place and cancel until the line breaks; what is written down was acknowledged."""
    own = []
    while True:
        oid = str(uuid.UUID(int=chance.getrandbits(128)))
        try:
            if own and chance.random() < 0.35:
                oid = own.pop(chance.randrange(len(own)))
                if client.send("DELETE", f"/orders/client:{oid}").is_success:
                    heard.canceled.add(oid)
                continue
            body = {
                "side": chance.choice(["buy", "sell"]),
                "product_id": product,
                "price": chance.choice(PRICES),
                "size": lot,
                "client_oid": oid,
            }
            answer = client.send("POST", "/orders", body)
        except httpx.TransportError:
            heard.unanswered.add(oid)
            return
        if answer.is_success:
            heard.placed[oid] = (body, answer.json())
            own.append(oid)


def watch(url, product, heard):
    """Write down what the lossless feed publishes, until the line breaks."""

    async def receive():
        async with connect("ws" + url.removeprefix("http")) as socket:
            channels = ["matches", "level2_raw"]
            await socket.send(json.dumps({"type": "subscribe", "product_ids": [product], "channels": channels}))
            async for text in socket:
                heard.published.append(json.loads(text))

    try:
        asyncio.run(receive())
    except (OSError, WebSocketException):
        return


@dataclass
class Market:
    """Two firms that trade one product of a server that is killed time and again."""

    server: Server
    firms: list
    product: str
    lot: str

    @classmethod
    def open(cls, folder):
        server = Server(folder, TLX_SNAPSHOT_EVERY="700").start()
        firms = [admit_firm(server, name, "90000000.00") for name in ("Vendor", "Buyer")]
        listed = submit(firms[0], small_dataset(), copies=1000)
        entitle(firms[0], listed["product_id"], "buy", "sell")
        entitle(firms[1], listed["product_id"], "buy", "sell")
        firms[0].order(listed["product_id"], "sell", "800.00", f"{1000 * listed['lot_rtu'] / 10**6:.6f}")
        firms[1].order(listed["product_id"], "buy", "800.00", f"{1000 * listed['lot_rtu'] / 10**6:.6f}")
        return cls(server, firms, listed["product_id"], listed["lot_size"])

    def load_and_kill(self, chance):
        """Trade from several connections, and kill the server in the midst of it."""
        heard = Heard()
        threads = [threading.Thread(target=watch, args=(self.server.url, self.product, heard))]
        for firm in self.firms * CLIENTS_A_FIRM:
            client = self.server.client(firm.client.credentials)
            whim = random.Random(chance.random())
            threads.append(threading.Thread(target=trade, args=(client, self.product, self.lot, whim, heard)))
        for thread in threads:
            thread.start()
        time.sleep(chance.uniform(0.2, 1.5))
        self.server.kill()
        for thread in threads:
            thread.join(60)
            assert not thread.is_alive()
        return heard

    def start(self, chance):
        """Start again; one time in four the first start is killed as well, in the midst of its recovery."""
        if chance.random() < 0.25:
            starting = self.server.spawn()
            time.sleep(chance.uniform(0.2, 2.0))
            starting.kill()
            starting.wait()
        self.server.start()
        for firm in self.firms:
            firm.client = self.server.client(firm.client.credentials)


def check_journal(folder, heard):
    """O1, O2 and O5, from the files that the dead server left."""
    placed = Counter()
    for block in read_blocks(folder / "journal"):
        for command in COMMANDS.decode_all(block.commands):
            if isinstance(command, PlaceOrder):
                placed[command.client_order_id] += 1
    assert {oid: placed[oid] for oid in heard.placed} == dict.fromkeys(heard.placed, 1)
    assert all(placed[oid] <= 1 for oid in heard.unanswered)
    first, second = verify_journal(folder / "journal"), verify_journal(folder / "journal")
    assert first == second
    return first


def check_market(market, heard, report):
    """O1 again, as clients see it, O3, O4 and O6, from the server that was started anew."""
    operator = market.server.operator
    assert operator.get("/health")["sequence"] >= report.last_sequence
    found = {}
    for firm in market.firms:
        found |= orders_of(firm.client, heard.placed)
    assert {oid: order["id"] for oid, order in found.items()} == {
        oid: order["id"] for oid, (_, order) in heard.placed.items()
    }
    assert all(found[oid]["status"] == "done" for oid in heard.canceled & found.keys())
    check_repeats(market, heard, found)
    check_feed(market, heard)
    assert operator.get("/trial-balance")["balanced"]
    assert operator.get("/reconciliation")["agrees"]


def orders_of(client, placed):
    """The orders of one firm by client id, those of the other are not found; each at most once."""
    found = {}
    for oid in placed:
        response = client.send("GET", f"/orders/client:{oid}")
        if response.is_success:
            found[oid] = response.json()
    open_oids = Counter(order["client_oid"] for order in client.get("/orders?status=open&limit=1000"))
    assert max(open_oids.values(), default=1) == 1
    return found


def check_repeats(market, heard, found):
    """A client that asks again for what was acknowledged gets the same order and no second one."""
    for oid in sorted(heard.placed)[:5]:
        body, order = heard.placed[oid]
        for firm in market.firms:
            if firm.client.send("GET", f"/orders/client:{oid}").is_success:
                again = firm.client.post("/orders", body)
                assert (again["id"], again["replayed"]) == (order["id"], True)
                assert again["id"] == found[oid]["id"]


def check_feed(market, heard):
    """Every trade that was published happened, and no book is behind what was published of it."""
    client = market.firms[0].client
    told = {(match["trade_id"], match["price"], match["size"]) for match in heard.published if match["type"] == "match"}
    trades = client.get(f"/products/{market.product}/trades?limit=1000")
    kept = {(trade["trade_id"], trade["price"], trade["size"]) for trade in trades}
    oldest = min((trade["trade_id"] for trade in trades), default=0)
    assert {trade for trade in told if trade[0] >= oldest} <= kept
    sequence = client.get(f"/products/{market.product}/book?level=1")["sequence"]
    assert max((message.get("sequence", 0) for message in heard.published), default=0) <= sequence


def kill_time_and_again(folder, times, seed):
    chance = random.Random(seed)
    market = Market.open(folder)
    acknowledged = 0
    try:
        for _ in range(times):
            heard = market.load_and_kill(chance)
            report = check_journal(market.server.folder, heard)
            market.start(chance)
            check_market(market, heard, report)
            acknowledged += len(heard.placed)
        last = market.firms[1].order(market.product, "buy", "1.00", market.lot)
        assert last["status"] == "open", "and trading goes on"
        assert market.server.stop() == 0
    finally:
        market.server.close()
    assert acknowledged > 20 * times, "too little was under way to prove anything"


def test_killed_five_times_under_load_nothing_acknowledged_is_lost_or_doubled(tmp_path):
    kill_time_and_again(tmp_path / "venue", 5, seed=1)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_killed_fifty_times_under_load_nothing_acknowledged_is_lost_or_doubled(tmp_path):
    kill_time_and_again(tmp_path / "venue", 50, seed=int(time.time()))
