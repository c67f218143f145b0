"""Rules, policies and limits of the venue over the API: proposed by one operator, in force with another."""

import pytest
from api_venue import refused


def test_policies_are_adopted_by_two(operated):
    venue, second, others = operated, operated.second, "5f" * 32
    at_hand = venue.exchange.gate.policy_set_sha256
    for digest, body in ((others, {"policies": others}), (at_hand, {})):
        before = venue.operator.get("/policies").json()["adopted"]
        asked = venue.operator.post("/policies/adopt", body | {"note": "another law"})
        proposal = asked.json()["proposal"]
        assert (proposal["reason"], proposal["note"]) == ("operator", "another law")
        assert (asked.status_code, proposal["what"], proposal["policies"]) == (202, "policies", digest)
        assert venue.operator.get("/policies").json()["adopted"] == before != digest
        assert second.post(f"/proposals/{proposal['id']}/approve").json()["status"] == "approved"
        told = second.get("/policies").json()
        assert told == {"at_hand": at_hand, "adopted": digest, "in_force": digest == at_hand}
        right = {"product_id": venue.product_id, "side": "buy", "purpose": "training"}
        answer = venue.buyer.post("/entitlements", right)
        if digest == at_hand:
            assert answer.status_code == 200
        else:
            assert refused(answer, 400, "GATE_REFUSED")["details"]["reasons"][0]["rule"] == "POLICIES_NOT_ADOPTED"


def test_rules_are_set_by_two(operated):
    venue, second = operated, operated.second
    asked = venue.operator.post("/rules", {"rules_version": 1, "reason": "technical", "note": "as announced"})
    proposal = asked.json()["proposal"]
    assert (proposal["reason"], proposal["note"]) == ("technical", "as announced")
    assert (asked.status_code, proposal["what"], proposal["rules_version"]) == (202, "rules", 1)
    assert second.post(f"/proposals/{proposal['id']}/approve").json()["status"] == "approved"


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("POST", "/rules", {"rules_version": 2**31}, 404, "UNKNOWN_RULES_VERSION"),
        ("POST", "/rules", {"rules_version": 0}, 400, "BAD_REQUEST"),
        ("POST", "/policies/adopt", {"policies": "5f"}, 400, "BAD_REQUEST"),
        ("POST", "/policies/adopt", {"policies": "0" * 64}, 400, "NO_DECISION"),
        ("POST", "/rules", {"rules_version": 1, "reason": "a hunch"}, 400, "BAD_REQUEST"),
        ("PUT", "/withdrawal-limits/XXX", {"amount": "1.00"}, 404, "UNKNOWN_ASSET"),
        ("PUT", "/withdrawal-limits/CNY", {"amount": "-1.00"}, 400, "BAD_AMOUNT"),
        ("PUT", "/withdrawal-limits/CNY", {"amount": "9" * 30}, 400, "BAD_AMOUNT"),
    ],
)
def test_what_cannot_be_is_not_proposed(shared, method, path, body, status, code):
    refused(shared.operator.request(method, path, body), status, code)
    assert shared.operator.get("/proposals").json() == []
    refused(shared.vendor.request(method, path, body), 400, "MISSING_SCOPE")
    for read in ("/policies", "/withdrawal-limits"):
        refused(shared.vendor.get(read), 400, "MISSING_ROLE")
