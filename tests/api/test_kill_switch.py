"""The kill switch over the API, thrown by one operator and lifted by two."""

import json

import pytest
from api_venue import refused


def order(venue, client, side, price=500, lots=1):
    terms = {"side": side, "type": "limit", "product_id": venue.product_id, "price": venue.price(price)}
    return client.order(**terms, size=venue.size(lots))


def leave(venue):
    """As it was found: trading, without orders."""
    for client in (venue.vendor, venue.buyer):
        client.delete("/orders")


def approved(second, response):
    """Whatever was proposed, carried out by the second operator."""
    told = response.json()
    assert (response.status_code, told["status"]) == (202, "proposed"), told
    done = second.post(f"/proposals/{told['proposal']['id']}/approve")
    assert done.json()["status"] == "approved", done.text
    return done.json()


def test_a_killed_participant_loses_its_orders_and_trades_again_after_a_second_user_agrees(operated):
    venue, second, vendor = operated, operated.second, str(operated.vendor.participant)
    asks = [order(venue, venue.vendor, "sell", price).json()["id"] for price in (500, 501)]
    assert order(venue, venue.buyer, "buy", 400).status_code == 200
    why = {"participant": vendor, "reason": "conduct", "note": "wash trades"}
    told = venue.operator.post("/kill", why).json()
    assert told == {"status": "killed", "participant": vendor, "reason": "conduct", "orders_ended": 2}
    assert [venue.vendor.get(f"/orders/{each}").json()["done_detail"] for each in asks] == ["killed", "killed"]
    refused(order(venue, venue.vendor, "sell"), 400, "ACCOUNT_BLOCKED")
    assert order(venue, venue.buyer, "buy", 401).status_code == 200, "somebody else was stopped too"
    (kill,) = second.get("/kills").json()
    assert (kill["participant"], kill["reason"], kill["note"]) == (vendor, "conduct", "wash trades")
    refused(venue.operator.post("/kill", why), 400, "BAD_STATE")

    asked = venue.operator.post("/unkill", {"participant": vendor, "reason": "operator", "note": "cleared"})
    proposal = asked.json()["proposal"]
    assert (proposal["what"], proposal["participant"], proposal["note"]) == ("unkill", vendor, "cleared")
    told = refused(venue.operator.post(f"/proposals/{proposal['id']}/approve"), 400, "SAME_USER")
    assert "register one" in told["message"]
    refused(order(venue, venue.vendor, "sell"), 400, "ACCOUNT_BLOCKED")
    approved(second, asked)
    assert second.get("/kills").json() == []
    lifted, thrown = second.get("/interventions", limit=2).json()
    assert [each["what"] for each in (lifted, thrown)] == ["unkill", "kill"]
    assert (lifted["by"], lifted["note"], lifted["participant"]) == (str(second.user), "cleared", vendor)
    assert thrown == {"id": thrown["id"], "what": "kill", **kill}
    assert order(venue, venue.vendor, "sell").status_code == 200
    leave(venue)


def test_a_killed_product_is_halted_until_the_kill_is_lifted_and_somebody_resumes_it(operated):
    venue, second, phase = operated, operated.second, f"/products/{operated.product_id}/phase"
    order(venue, venue.vendor, "sell")
    told = venue.operator.post("/kill", {"product_id": venue.product_id, "reason": "recall"}).json()
    assert (told["product_id"], told["orders_ended"]) == (venue.product_id, 1)
    shown = venue.public.get(f"/products/{venue.product_id}").json()
    assert (shown["status_message"], shown["killed"]) == ("halted: recall", True)
    refused(order(venue, venue.buyer, "buy"), 400, "INSTRUMENT_HALTED")
    refused(venue.operator.post(phase, {"phase": "continuous"}), 400, "KILLED")
    approved(second, venue.operator.post("/unkill", {"product_id": venue.product_id, "reason": "recall"}))
    assert not venue.public.get(f"/products/{venue.product_id}").json()["killed"]
    refused(order(venue, venue.buyer, "buy"), 400, "INSTRUMENT_HALTED")
    venue.operator.post(phase, {"phase": "continuous"})
    assert order(venue, venue.buyer, "buy").status_code == 200
    leave(venue)


def test_a_killed_venue_stops_everyone(operated):
    venue, second = operated, operated.second
    order(venue, venue.vendor, "sell")
    order(venue, venue.buyer, "buy", 400)
    told = venue.operator.post("/kill", {"venue": True, "reason": "technical"}).json()
    assert (told["venue"], told["orders_ended"]) == (True, 2)
    for client, side in ((venue.vendor, "sell"), (venue.buyer, "buy")):
        refused(order(venue, client, side), 400, "ACCOUNT_BLOCKED")
    assert venue.public.get(f"/products/{venue.product_id}/book", level=3).json()["asks"] == []
    approved(second, venue.operator.post("/unkill", {"venue": True, "reason": "technical"}))
    venue.operator.post(f"/products/{venue.product_id}/phase", {"phase": "continuous"})
    assert venue.operator.get("/reconciliation").json()["agrees"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 400, "BAD_REQUEST"),
        ({"reason": "conduct"}, 400, "BAD_REQUEST"),
        ({"venue": True}, 400, "BAD_REQUEST"),
        ({"venue": True, "reason": "boredom"}, 400, "BAD_REQUEST"),
        ({"venue": True, "reason": "risk", "note": "x" * 2_001}, 400, "BAD_REQUEST"),
        ({"venue": True, "participant": "1", "reason": "risk"}, 400, "BAD_REQUEST"),
        ({"participant": "0", "reason": "risk"}, 400, "BAD_REQUEST"),
        ({"participant": "nobody", "reason": "risk"}, 400, "BAD_REQUEST"),
        ({"participant": str(2**63 - 1), "reason": "risk"}, 404, "UNKNOWN_PARTICIPANT"),
        ({"product_id": "GOLD-CNY", "reason": "risk"}, 404, "UNKNOWN_INSTRUMENT"),
    ],
)
def test_a_kill_that_names_nothing_stops_nothing(shared, body, status, code):
    before = shared.digest()
    for path in ("/kill", "/unkill"):
        refused(shared.operator.post(path, body), status, code)
    assert shared.digest() == before
    assert shared.operator.get("/kills").json() == []


def test_only_operators_throw_the_switch(shared):
    body = {"venue": True, "reason": "risk"}
    for path in ("/kill", "/unkill"):
        refused(shared.vendor.post(path, body), 400, "MISSING_SCOPE")
        refused(shared.public.request("POST", path, body), 401, "NOT_SIGNED")
    for path in ("/kills", "/interventions"):
        refused(shared.vendor.get(path), 400, "MISSING_ROLE")
    assert json.loads(shared.operator.get("/kills").text) == []
    refused(shared.operator.post("/unkill", body), 400, "BAD_STATE")
