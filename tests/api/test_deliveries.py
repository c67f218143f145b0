"""Taking delivery over the API: the right lots, once, for their holder alone."""

import hashlib

import pytest
from api_venue import refused

from exchange.delivery.verify import verify_lot


@pytest.fixture(scope="module")
def bought(shared):
    """The buyer has bought three lots."""
    terms = {"type": "limit", "product_id": shared.product_id, "price": shared.price(500), "size": shared.size(3)}
    assert shared.vendor.order(side="sell", **terms).status_code == 200
    assert shared.buyer.order(side="buy", **terms).json()["status"] == "done"
    return shared


def asked(venue, **changes):
    return {"product_id": venue.product_id, "lots": 1, "purpose": "training", "client_oid": "first"} | changes


def test_a_delivered_lot_proves_itself_against_the_certificate(bought):
    told = bought.buyer.post("/deliveries", asked(bought)).json()
    (lot,) = told["deliveries"]
    manifest, blob = (bought.buyer.get(lot[name]).content for name in ("manifest_url", "blob_url"))
    assert hashlib.sha256(blob).hexdigest() == lot["blob_sha256"]
    verified = verify_lot(manifest, blob, bytes.fromhex(told["merkle_root"]), manifest_sha256=lot["manifest_sha256"])
    assert verified.actual_rtu == lot["rtu"]
    certificate = bought.public.get(f"/datasets/{bought.product_id}/certificate").content
    assert hashlib.sha256(certificate).hexdigest() == told["certificate"]


def test_the_same_client_oid_takes_it_once(bought):
    body = asked(bought, client_oid="twice")
    first, again = (bought.buyer.post("/deliveries", body).json() for _ in range(2))
    assert (first["replayed"], again["replayed"]) == (False, True)
    assert first["deliveries"] == again["deliveries"]
    refused(bought.buyer.post("/deliveries", body | {"lots": 2}), 400, "DUPLICATE_TRANSFER_KEY")


def test_a_client_that_has_the_bytes_is_not_sent_them_again(bought):
    lot = bought.buyer.post("/deliveries", asked(bought)).json()["deliveries"][0]
    etag = bought.buyer.get(lot["blob_url"]).headers["etag"]
    assert bought.buyer.request("GET", lot["blob_url"], if_none_match=etag).status_code == 304


def test_nobody_else_opens_a_lot(bought):
    lot = bought.buyer.post("/deliveries", asked(bought)).json()["deliveries"][0]
    stranger = bought.member("Stranger")
    for url in (lot["manifest_url"], lot["blob_url"]):
        refused(stranger.get(url), 404, "NOT_DELIVERED")
        refused(bought.vendor.get(url), 404, "NOT_DELIVERED")
        refused(bought.public.get(url), 401, "NOT_SIGNED")


def test_what_was_not_paid_for_is_not_delivered(bought):
    told = refused(bought.buyer.post("/deliveries", asked(bought, lots=1_000, client_oid="all")), 400, "GATE_REFUSED")
    assert all(reason["rule"] and reason["law"] for reason in told["details"]["reasons"])


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"lots": 0}, 400, "BAD_REQUEST"),
        ({"lots": -1}, 400, "BAD_REQUEST"),
        ({"lots": 1.5}, 400, "BAD_REQUEST"),
        ({"lots": 10**20}, 400, "BAD_REQUEST"),
        ({"lots": "1"}, 400, "BAD_REQUEST"),
        ({"purpose": "world domination"}, 400, "UNKNOWN_PURPOSE"),
        ({"client_oid": ""}, 400, "BAD_REQUEST"),
        ({"client_oid": "x" * 41}, 400, "BAD_REQUEST"),
        ({"product_id": "GOLD-CNY"}, 404, "UNKNOWN_PRODUCT"),
        ({"colour": "red"}, 400, "BAD_REQUEST"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(bought, changes, status, code):
    before = bought.digest()
    refused(bought.buyer.post("/deliveries", asked(bought, client_oid="bad") | changes), status, code)
    assert bought.digest() == before
