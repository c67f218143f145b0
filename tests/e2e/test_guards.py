"""SIGKILL of a server with guarded connections: its next start ends what they guarded, before anybody is let in."""

import json
import time

import pytest
from served import admit_firm, entitle, small_dataset, submit
from websockets.sync.client import connect

from exchange.spine.journal import read_blocks
from exchange.vocabulary.codec import COMMANDS
from exchange.vocabulary.commands import ArmDisconnect, Disconnect
from exchange.vocabulary.signing import WEBSOCKET_PATH, signature

pytestmark = pytest.mark.e2e

TIMEOUT_S = 3


def guard(websocket, firm):
    """Have the firm's orders end when this websocket breaks."""
    key, timestamp = firm.client.credentials, f"{time.time():.6f}"
    signed = {"key": key.key, "passphrase": key.passphrase, "timestamp": timestamp}
    signed["signature"] = signature(key.secret, timestamp, "GET", WEBSOCKET_PATH)
    websocket.send(json.dumps({"type": "cancel_on_disconnect", "enabled": True} | signed))
    assert json.loads(websocket.recv(timeout=10))["enabled"] is True


def commands(server, kind):
    """All commands of a kind in the journal of a server that is not running."""
    blocks = read_blocks(server.folder / "journal")
    return [each for block in blocks for each in COMMANDS.decode_all(block.commands) if isinstance(each, kind)]


def test_after_a_kill_guards_break_and_timers_run_on(server):
    vendor, buyer, other = (admit_firm(server, name, "100000.00") for name in ("a vendor", "a buyer", "another"))
    product = submit(vendor, small_dataset())["product_id"]
    lot = server.operator.get(f"/products/{product}")["base_increment"]
    for firm in (buyer, other):
        entitle(firm, product, "buy")
    orders = {firm.account: firm.order(product, "buy", "500.00", lot)["id"] for firm in (buyer, other)}
    with connect(server.url.replace("http", "ws") + "/") as websocket:
        guard(websocket, buyer)
        other.client.post("/orders/cancel-after", {"timeout": TIMEOUT_S})
        server.kill()
    server.start()
    told = buyer.client.get(f"/orders/{orders[buyer.account]}")
    assert (told["status"], told["done_detail"]) == ("done", "disconnected")
    assert buyer.client.get("/orders") == []
    deadline = time.monotonic() + 4 * TIMEOUT_S
    while (told := other.client.get(f"/orders/{orders[other.account]}"))["status"] != "done":
        assert time.monotonic() < deadline, "the timer was lost in the restart"
        time.sleep(0.05)
    assert told["done_detail"] == "dead_man"
    server.kill()
    armed, broken = commands(server, ArmDisconnect), commands(server, Disconnect)
    assert [each.sequence for each in armed] == [each.guard for each in broken]
    server.start()
    assert len(buyer.client.get("/orders?status=all")) == 1
