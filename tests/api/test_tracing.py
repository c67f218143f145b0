"""Tracing a leaked file over the API: its lots and their holders, for operators alone."""

import json
import random

import pytest
from api_venue import refused

from exchange.assay.tracing import sketch_documents


@pytest.fixture(scope="module")
def sold(shared):
    """A holder with one delivered lot, as its texts, and another participant with none."""
    shared.holder = shared.member("Holder", cash_minor=100_000_000)
    right = {"product_id": shared.product_id, "side": "buy", "purpose": "training"}
    assert shared.holder.post("/entitlements", right).status_code == 200
    terms = {"type": "limit", "product_id": shared.product_id, "price": shared.price(500), "size": shared.size(1)}
    assert shared.vendor.order(side="sell", **terms).status_code == 200
    assert shared.holder.order(side="buy", **terms).json()["status"] == "done"
    body = {"product_id": shared.product_id, "lots": 1, "purpose": "training", "client_oid": "traced"}
    (shared.traced,) = shared.holder.post("/deliveries", body).json()["deliveries"]
    blob = shared.holder.get(shared.traced["blob_url"]).content
    shared.texts = [json.loads(line)["text"] for line in blob.splitlines()]
    return shared


def trace(client, texts):
    return client.upload("/trace", {}, [("documents", "documents", sketch_documents(texts).document())])


def lot_of(told, sold):
    (found,) = [
        each for each in told["lots"] if each["base"] == sold.traced["base"] and each["lot"] == sold.traced["lot"]
    ]
    return found


def test_a_leaked_lot_is_traced_to_whom_it_was_delivered_and_when(sold):
    told = trace(sold.operator, sold.texts).json()
    found = lot_of(told, sold)
    assert (told["documents"], told["exact"]) == (len(sold.texts), len(sold.texts))
    assert (found["exact"], found["documents"]) == (len(sold.texts), len(sold.texts))
    assert found["product_id"] == sold.product_id
    assert found["vendor"] == str(sold.vendor.participant)
    holding = next(each for each in found["holders"] if each["participant"] == str(sold.holder.participant))
    assert (holding["delivery"], holding["delivered_at"]) == (sold.traced["id"], sold.traced["delivered_at"])
    assert holding["name"] == "Holder (simulated)"
    ranked = {each["participant"]: each for each in told["holders"]}
    assert ranked[str(sold.holder.participant)]["documents"] >= len(sold.texts)


def test_edited_documents_are_traced_nearly(sold):
    chance = random.Random(3)
    edited = [" ".join(word for word in text.split() if chance.random() > 0.03) for text in sold.texts[:40]]
    found = lot_of(told := trace(sold.operator, [*edited, *sold.texts[40:45]]).json(), sold)
    assert told["exact"] >= 5
    assert found["exact"] + found["near"] >= 35
    assert any(each["participant"] == str(sold.holder.participant) for each in found["holders"])


def test_what_was_never_listed_is_traced_to_nobody(sold):
    told = trace(sold.operator, ["a text that nobody has listed here, of quite other words than theirs"]).json()
    assert told == {"documents": 1, "exact": 0, "near": 0, "lots": [], "holders": []}


def test_only_operators_and_auditors_trace(sold):
    refused(trace(sold.holder, sold.texts), 400, "MISSING_ROLE")
    refused(sold.operator.upload("/trace", {}, [("documents", "x", b"no sketches")]), 400, "SKETCH_MALFORMED")
    refused(trace(sold.operator, []), 400, "SKETCH_TOO_SMALL")
