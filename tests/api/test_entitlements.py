"""Asking for the right to trade."""

import pytest
from api_venue import refused

from exchange.vocabulary.participants import Role, Scope


@pytest.fixture(scope="module")
def firm(shared):
    return shared.member("Asking firm", cash_minor=10_000_000)


def asked(venue, **changes):
    return {"product_id": venue.product_id, "side": "buy", "purpose": "training"} | changes


def test_a_right_is_granted_shown_and_good_for_an_order(shared, firm):
    granted = firm.post("/entitlements", asked(shared, position_limit=shared.size(5))).json()
    assert (granted["side"], granted["purposes"]) == ("buy", ["training"])
    assert granted["position_limit"] == shared.size(5)
    assert firm.get("/entitlements").json() == [granted]
    assert firm.get("/entitlements", product_id=shared.product_id, profile_id=granted["account"]).json() == [granted]
    order = {"product_id": shared.product_id, "side": "buy", "type": "limit", "price": shared.price(1)}
    told = refused(firm.order(**order, size=shared.size(6)), 400, "QUOTA_EXCEEDED")
    assert "position limit" in told["message"]
    placed = firm.order(**order, size=shared.size(5)).json()
    assert firm.delete(f"/orders/{placed['id']}").status_code == 200


def test_a_new_right_takes_the_place_of_the_one_before(shared):
    firm = shared.member("Changing firm")
    firm.post("/entitlements", asked(shared))
    newest = firm.post("/entitlements", asked(shared, purpose=["evaluation", "training"])).json()
    assert newest["purposes"] == ["evaluation", "training"]
    assert firm.get("/entitlements").json() == [newest]


def test_a_purpose_beyond_the_licences_offer_is_refused_with_its_rule(shared):
    firm = shared.member("Retrieving firm")
    told = refused(firm.post("/entitlements", asked(shared, purpose="retrieval")), 400, "GATE_REFUSED")
    assert [reason["rule"] for reason in told["details"]["reasons"]] == ["EX-02"]
    assert firm.get("/entitlements").json() == []
    document = firm.get(f"/decisions/{told['details']['decision']}").json()
    assert "EX-02" in str(document)


def test_a_denial_ends_the_right_in_force(shared):
    firm = shared.member("Overreaching firm")
    firm.post("/entitlements", asked(shared))
    refused(firm.post("/entitlements", asked(shared, purpose="retrieval")), 400, "GATE_REFUSED")
    assert firm.get("/entitlements").json() == []


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"product_id": "GOLD-CNY"}, 404, "UNKNOWN_INSTRUMENT"),
        ({"side": "both"}, 400, "BAD_REQUEST"),
        ({"purpose": "resale"}, 400, "UNKNOWN_PURPOSE"),
        ({"purpose": []}, 400, "UNKNOWN_PURPOSE"),
        ({"purpose": ["training", "resale"]}, 400, "UNKNOWN_PURPOSE"),
        ({"purpose": 1}, 400, "BAD_REQUEST"),
        ({"position_limit": "NaN"}, 400, "BAD_SIZE"),
        ({"position_limit": "-1"}, 400, "BAD_VALUE"),
        ({"position_limit": "0"}, 400, "BAD_VALUE"),
        ({"position_limit": "0.0000001"}, 400, "BAD_SIZE"),
        ({"position_limit": "9" * 39}, 400, "BAD_VALUE"),
        ({"profile_id": "1"}, 404, "UNKNOWN_ACCOUNT"),
        ({"colour": "red"}, 400, "BAD_REQUEST"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused_and_changes_nothing(shared, firm, changes, status, code):
    before = firm.get("/entitlements").json(), shared.digest()
    refused(firm.post("/entitlements", asked(shared, **changes)), status, code)
    assert (firm.get("/entitlements").json(), shared.digest()) == before


def test_a_key_that_may_only_look_asks_for_no_rights(shared, firm):
    watcher = shared.client(firm.participant, firm.account, Role.BUYER, Scope.VIEW)
    refused(watcher.post("/entitlements", asked(shared)), 400, "MISSING_SCOPE")
    assert watcher.get("/entitlements").status_code == 200
