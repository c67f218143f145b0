"""Pools over the API: defined by an operator, filled by vendors, traded, and delivered as the lots of datasets."""

import pytest
from api_venue import operations, refused
from feed_wire import feed_client

from exchange.delivery.verify import verify_lot
from exchange.operations.listing import submit_listing
from exchange.vocabulary.participants import VENUE, Role


def class_of(dataset, **changes):
    """The class that a dataset, as the API shows it, just meets."""
    stated = {
        "code": "QAEN", "sector": "education", "language": "en", "kind": dataset["profile"], "grade": dataset["grade"],
        "licence": dataset["licence"], "purposes": ["training"], "territories": ["CN"], "lot_rtu": dataset["lot_rtu"],
        "tick": dataset["tick"],
    }  # fmt: skip
    return stated | changes


@pytest.fixture(scope="module")
def pools(shared):
    """A pool of the first vendor's class, and a second vendor whose dataset meets it."""
    shared.first = shared.public.get(f"/datasets/{shared.product_id}").json()
    told = shared.operator.post("/pools", class_of(shared.first))
    assert told.status_code == 200, told.text
    shared.pool = told.json()
    participant, account = operations.member(shared.exchange, "Second vendor")
    made = operations.dataset("more riddles", operations.documents(seed=8))
    listed = submit_listing(shared.exchange, VENUE, account, *made, copies=2)
    shared.second = shared.client(participant, account, Role.VENDOR)
    shared.second_product = listed.symbol
    shared.taker = shared.member("Taker of pools", cash_minor=100_000_000)
    return shared


def pooling(venue, client, product_id, lots, client_oid, pool="QAEN-CNY"):
    return client.post(f"/pools/{pool}/claims", {"product_id": product_id, "lots": lots, "client_oid": client_oid})


def test_a_pool_is_shown_to_everyone_with_its_class(pools):
    (told,) = pools.public.get("/pools").json()
    assert told == pools.public.get("/pools/QAEN").json() | {"lots": told["lots"], "pooled": told["pooled"]}
    assert (told["product_id"], told["phase"], told["kind"]) == ("QAEN-CNY", "continuous", pools.first["profile"])
    product = pools.public.get("/products/QAEN-CNY").json()
    assert (product["base_currency"], product["base_increment"]) == ("QAEN", told["lot_size"])
    assert "QAEN" in [each["id"] for each in pools.public.get("/currencies").json()]


def claims(client, currency):
    return next((each["available"] for each in client.get("/accounts").json() if each["currency"] == currency), None)


def test_claims_are_pooled_traded_and_delivered_as_the_lots_they_are(pools):
    first = pooling(pools, pools.second, pools.second_product, 1, "p1").json()
    assert (first["lots"], first["replayed"], first["size"]) == (1, False, pools.lot)
    assert pooling(pools, pools.second, pools.second_product, 1, "p1").json() == first | {"replayed": True}
    assert pooling(pools, pools.vendor, pools.product_id, 1, "p1").status_code == 200
    assert claims(pools.second, "QAEN") == pools.lot
    told = pools.public.get("/pools/QAEN-CNY").json()
    assert [(each["product_id"], each["lots"]) for each in told["pooled"]] == [
        (pools.second_product, 1), (pools.product_id, 1),
    ]  # fmt: skip
    for client, side in ((pools.second, "sell"), (pools.vendor, "sell"), (pools.taker, "buy")):
        right = {"product_id": "QAEN-CNY", "side": side, "purpose": "training"}
        assert client.post("/entitlements", right).status_code == 200
    terms = {"type": "limit", "product_id": "QAEN-CNY", "price": pools.price(300)}
    for client in (pools.second, pools.vendor):
        assert client.order(side="sell", size=pools.lot, **terms).status_code == 200
    assert pools.taker.order(side="buy", size=pools.size(2), **terms).json()["status"] == "done"
    assert claims(pools.taker, "QAEN") == pools.size(2)
    asked = {"product_id": "QAEN-CNY", "lots": 2, "purpose": "training", "client_oid": "graded"}
    delivery = pools.taker.post("/deliveries", asked).json()
    assert (delivery["certificate"], delivery["merkle_root"]) == (None, None)
    lots = delivery["deliveries"]
    assert [lot["product_id"] for lot in lots] == [pools.second_product, pools.product_id]
    for lot in lots:
        assert lot["pool"] == "QAEN-CNY"
        manifest, blob = (pools.taker.get(lot[name]).content for name in ("manifest_url", "blob_url"))
        assert verify_lot(manifest, blob, bytes.fromhex(lot["merkle_root"])).actual_rtu == lot["rtu"]
        refused(pools.second.get(lot["blob_url"]), 404, "NOT_DELIVERED")
    again = pools.taker.post("/deliveries", asked).json()
    assert again == delivery | {"replayed": True}
    assert pools.taker.get("/deliveries", product_id="QAEN-CNY").json() == lots
    assert pools.taker.get("/deliveries", product_id=pools.second_product).json() == lots[:1]
    assert pools.public.get("/pools/QAEN-CNY").json()["lots"] == 0
    assert pools.operator.get("/reconciliation").json()["agrees"]
    assert pools.operator.get("/trial-balance").json()["balanced"]


def test_decisions_about_pools_are_shown_to_whom_they_are_about(pools):
    did = pooling(pools, pools.vendor, pools.product_id, 1, "shown").json()
    document = pools.vendor.get(f"/decisions/{did['decision']}").json()
    assert (document["permitted"], document["class"]) == (True, pools.pool["listing"])
    stranger = pools.member("Stranger to pools")
    refused(stranger.get(f"/decisions/{did['decision']}"), 404, "NO_SUCH_DOCUMENT")
    assert pools.operator.get(f"/decisions/{pools.pool['decision']}").json()["permitted"] is True
    assert (
        pools.vendor.post(
            "/entitlements", {"product_id": "QAEN-CNY", "side": "sell", "purpose": "training"}
        ).status_code
        == 200
    )
    assert pools.vendor.get(f"/decisions/{pools.pool['decision']}").status_code == 200


def test_a_dataset_of_another_class_is_refused_with_its_rules(pools):
    stated = class_of(pools.first, code="MEDZH", sector="medicine", language="zh")
    assert pools.operator.post("/pools", stated).status_code == 200
    told = refused(pooling(pools, pools.vendor, pools.product_id, 1, "no", "MEDZH-CNY"), 400, "GATE_REFUSED")
    assert [reason["rule"] for reason in told["details"]["reasons"]] == ["PL-04", "PL-05"]


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"code": "QAEN"}, 400, "DUPLICATE_CODE"),
        ({"code": "qa"}, 400, "BAD_VALUE"),
        ({"grade": "G9"}, 400, "BAD_CLASS"),
        ({"kind": "poetry"}, 400, "BAD_CLASS"),
        ({"purposes": []}, 400, "BAD_CLASS"),
        ({"tick": "0.00"}, 400, "BAD_CLASS"),
        ({"tick": "cheap"}, 400, "BAD_PRICE"),
        ({"lot_rtu": 0}, 400, "BAD_REQUEST"),
        ({"licence": "CC-BY-NC-4.0"}, 400, "GATE_REFUSED"),
        ({"colour": "red"}, 400, "BAD_REQUEST"),
    ],
)
def test_a_class_that_makes_no_sense_is_refused(pools, changes, status, code):
    before = len(pools.public.get("/pools").json())
    refused(pools.operator.post("/pools", class_of(pools.first, code="NEW") | changes), status, code)
    assert len(pools.public.get("/pools").json()) == before


def test_only_an_operator_defines_a_pool(pools):
    refused(pools.vendor.post("/pools", class_of(pools.first, code="MINE")), 400, "MISSING_SCOPE")
    refused(pools.public.post("/pools", class_of(pools.first, code="MINE")), 401, "NOT_SIGNED")


@pytest.mark.parametrize(
    ("pool", "changes", "status", "code"),
    [
        ("GOLD-CNY", {}, 404, "UNKNOWN_POOL"),
        ("QAEN-CNY", {"product_id": "GOLD-CNY"}, 404, "UNKNOWN_PRODUCT"),
        ("QAEN-CNY", {"product_id": "QAEN-CNY"}, 404, "UNKNOWN_PRODUCT"),
        ("QAEN-CNY", {"lots": 0}, 400, "BAD_REQUEST"),
        ("QAEN-CNY", {"lots": 1_000_000}, 400, "INSUFFICIENT_CLAIMS"),
        ("QAEN-CNY", {"client_oid": ""}, 400, "BAD_REQUEST"),
        ("QAEN-CNY", {"profile_id": "1"}, 404, "UNKNOWN_ACCOUNT"),
    ],
)
def test_a_pooling_that_makes_no_sense_is_refused(pools, pool, changes, status, code):
    body = {"product_id": pools.product_id, "lots": 1, "client_oid": "bad"} | changes
    before = pools.digest()
    refused(pools.vendor.post(f"/pools/{pool}/claims", body), status, code)
    assert pools.digest() == before


def test_a_pool_is_no_dataset(pools):
    refused(pools.public.get("/datasets/QAEN-CNY"), 404, "UNKNOWN_PRODUCT")
    refused(pools.public.get("/datasets/QAEN-CNY/certificate"), 404, "UNKNOWN_PRODUCT")
    refused(pools.public.get("/pools/NONE"), 404, "UNKNOWN_POOL")


def test_claims_that_are_pooled_are_told_as_two_balances_that_moved(pools):
    with feed_client(pools) as client:
        client.subscribe([], "balance", signer=pools.vendor)
        account = pools.vendor.account
        before = float(client.until("balance", account_id=f"{account}-RIDDLES")["available"])
        client.send({"type": "subscriptions"})
        client.until("subscriptions")
        assert pooling(pools, pools.vendor, pools.product_id, 1, "told").status_code == 200
        moved = {client.until("balance")["currency"] for _ in range(2)}
        assert moved == {"RIDDLES", "QAEN"}
    told = [each for each in client.of("balance") if each["currency"] == "RIDDLES"][-1]
    assert float(told["available"]) == pytest.approx(before - float(pools.lot))
