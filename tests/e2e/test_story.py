"""The main job, end to end on a small dataset: listed, admitted, traded, settled, delivered, verified, watched."""

import asyncio
import json
import time

import pytest
from served import Refusal, admit_firm, entitle, small_dataset, submit
from websockets.asyncio.client import connect

from exchange.assay.certificate import verify_certificate
from exchange.delivery.verify import LotMismatchError, verify_lot

pytestmark = pytest.mark.e2e

PRICE = "800.00"


@pytest.fixture(scope="module")
def story(shared_server):
    """A vendor whose dataset is listed, and a buyer who may buy it."""
    vendor = admit_firm(shared_server, "Vendor of riddles")
    buyer = admit_firm(shared_server, "Buyer of riddles", "100000.00")
    listed = submit(vendor, small_dataset(), copies=5)
    entitle(buyer, listed["product_id"], "buy")
    return shared_server, vendor, buyer, listed


def watching(url, product_id, steps):
    """All that the public feed tells; each step (kind of message to wait for, what to do then) is taken in turn."""

    async def watch():
        messages = []
        async with connect("ws" + url.removeprefix("http")) as socket:
            channels = ["level2", "matches", "ticker", "heartbeat"]
            await socket.send(json.dumps({"type": "subscribe", "product_ids": [product_id], "channels": channels}))
            async with asyncio.timeout(20):
                for kind, act in steps:
                    while not messages or messages[-1]["type"] != kind:
                        messages.append(json.loads(await socket.recv()))
                    messages.append({"type": "done"})
                    await asyncio.to_thread(act)
        return messages

    return asyncio.run(watch())


def test_the_whole_story(story):
    server, vendor, buyer, listed = story
    product, lot = listed["product_id"], listed["lot_size"]
    assert listed["status"] == "admitted"
    assert vendor.balance(product.partition("-")[0])[0] == f"{listed['lots'] * 5 * listed['lot_rtu'] / 10**6:.6f}"

    def ask():
        assert vendor.order(product, "sell", PRICE, lot)["status"] == "open"

    def bid():
        order = buyer.order(product, "buy", PRICE, lot)
        assert (order["status"], order["done_reason"], order["filled_size"]) == ("done", "filled", lot)

    def nothing():
        pass

    steps = [("snapshot", ask), ("l2update", bid), ("match", nothing), ("l2update", nothing), ("heartbeat", nothing)]
    messages = watching(server.url, product, steps)
    assert [m["changes"] for m in messages if m["type"] == "l2update"] == [
        [["sell", PRICE, lot]],
        [["sell", PRICE, "0.000000"]],
    ]
    assert [m["price"] for m in messages if m["type"] == "ticker"][-1] == PRICE
    (match,) = [message for message in messages if message["type"] == "match"]
    assert (match["price"], match["size"], match["side"]) == (PRICE, lot, "sell")

    for firm, side in ((vendor, "sell"), (buyer, "buy")):
        (fill,) = firm.client.get("/fills?product_id=" + product)
        assert (fill["side"], fill["price"], fill["size"]) == (side, PRICE, lot)
        note = firm.client.get(f"/trades/{product}/{fill['trade_id']}/contract-note")
        assert PRICE in json.dumps(note)
        statement = firm.client.get("/statement")
        assert statement

    delivery = buyer.client.post(
        "/deliveries", {"product_id": product, "lots": 1, "purpose": "training", "client_oid": "first"}
    )
    (delivered,) = delivery["deliveries"]
    manifest, blob = (buyer.client.bytes(delivered[name]) for name in ("manifest_url", "blob_url"))
    certificate = buyer.client.get(f"/datasets/{product}/certificate")
    root = bytes.fromhex(buyer.client.get(f"/datasets/{product}")["merkle_root"])
    assert json.dumps(certificate).count(root.hex()) == 1
    verified = verify_lot(manifest, blob, root, manifest_sha256=delivered["manifest_sha256"])
    assert verified.actual_rtu >= listed["lot_rtu"]
    with pytest.raises(LotMismatchError):
        verify_lot(manifest, blob.replace(b"mar", b"Mar", 1), root)
    agree(server)


def agree(server):
    """Books and machine: every asset's postings sum to zero, and SQL shows what the machine holds."""
    operator = server.operator
    trial = operator.get("/trial-balance")
    assert trial["balanced"], trial
    reconciliation = operator.get("/reconciliation")
    assert reconciliation["agrees"], reconciliation


def test_a_certificate_is_signed_by_the_venue(story):
    _, _, buyer, listed = story
    signed = buyer.client.bytes(f"/datasets/{listed['product_id']}/certificate")
    assayer = bytes.fromhex(buyer.client.get("/assayer")["public_key"])
    certificate = verify_certificate(signed, trusted_assayers=[assayer], now_s=int(time.time()))
    assert certificate.assay["documents"] == listed["documents"]


def test_delivered_lots_open_only_for_their_holder(story):
    _, vendor, buyer, listed = story
    held = buyer.client.get("/deliveries")
    assert held
    for which in ("manifest", "blob"):
        path = f"/deliveries/{listed['product_id']}/{held[0]['lot']}/{which}"
        refusal = vendor.client.refused("GET", path)
        assert (refusal.status, refusal.code) == (404, "NOT_DELIVERED")


def test_without_licence_evidence_a_listing_is_refused_with_rule_and_article(story):
    _, vendor, _, _ = story
    croissant, files, _ = small_dataset("no licence", seed=8)
    with pytest.raises(Refusal) as refused:
        submit(vendor, (croissant, files, {}))
    assert (refused.value.status, refused.value.code) == (400, "GATE_REFUSED")
    (reason,) = [reason for reason in refused.value.details["reasons"] if reason["rule"] == "CN-22"]
    assert "TC260-003 5.1" in reason["law"]
    assert reason["text"]
    decision = vendor.client.get(f"/decisions/{refused.value.details['decision']}")
    assert not decision["permitted"]


def test_who_is_not_entitled_does_not_buy(story):
    server, _, _, listed = story
    stranger = admit_firm(server, "Stranger", "1000.00")
    body = {
        "type": "limit",
        "side": "buy",
        "product_id": listed["product_id"],
        "price": PRICE,
        "size": listed["lot_size"],
    }
    refusal = stranger.client.refused("POST", "/orders", body)
    assert (refusal.status, refusal.code) == (400, "NOT_ENTITLED")


def test_simulated_participants_are_shown_as_such(story):
    server, _, _, listed = story
    shown = server.operator.get("/participants")
    firms = [each for each in shown if "riddles" in each["name"]]
    assert len(firms) == 2
    assert all(each["simulated"] and "simulated" in each["name"] for each in firms)
    assert server.operator.get(f"/datasets/{listed['product_id']}")["vendor"]["simulated"]
