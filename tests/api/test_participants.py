"""Taking participants in over the API, as an operator does."""

import base64

import pytest
from api_venue import Client, refused

IDENTITY = [("evidence", "licence.pdf", b"A business licence that the test made up")]
FORM = {"name": "Newcomer", "kind": "organisation", "simulated": "true"}


@pytest.fixture
def operator(shared):
    return shared.operator


def registered(operator, **changes):
    answer = operator.upload("/participants", FORM | changes, IDENTITY)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_participant_goes_from_application_to_its_first_signed_request(shared, operator):
    told = registered(operator)
    assert (told["state"], told["name"], told["simulated"]) == ("applied", "Newcomer (simulated)", True)
    where = f"/participants/{told['id']}"
    for state in ("verified", "active"):
        assert operator.post(f"{where}/state", {"state": state}).json()["state"] == state
    account = operator.post(f"{where}/accounts").json()["id"]
    user = operator.post(f"{where}/users", {"roles": ["vendor", "buyer"], "description": "Li Si"}).json()["id"]
    key = operator.post(f"/users/{user}/keys", {"scopes": ["view", "trade"]})
    assert key.headers["cache-control"] == "no-store"
    made = key.json()
    client = Client(shared.url, made["key"], base64.b64decode(made["secret"]), made["passphrase"])
    assert client.get("/deliveries").json() == []
    shown = operator.get(where).json()
    assert shown["accounts"] == [{"id": account, "blocked": False}]
    assert shown["users"] == [{"id": user, "roles": ["vendor", "buyer"]}]
    assert "Li Si" not in str(shown)
    assert operator.delete(f"/keys/{made['id']}").status_code == 200
    refused(client.get("/deliveries"), 401, "INVALID_KEY")
    client.close()


def test_a_contracts_terms_are_taken_with_the_registration(operator):
    assert registered(operator)["contract_terms"] == []
    terms = "purpose, method,scope,security-duties"
    assert registered(operator, contract_terms=terms)["contract_terms"] == sorted(terms.replace(",", " ").split())


def test_a_person_is_shown_by_an_opaque_name(operator):
    told = registered(operator, name="Zhang San", kind="person", simulated="false")
    assert told["name"].startswith("person ")
    assert "Zhang" not in str(operator.get("/participants").json())


def test_without_evidence_nobody_is_verified(operator):
    told = operator.upload("/participants", FORM, []).json()
    refused(operator.post(f"/participants/{told['id']}/state", {"state": "verified"}), 400, "NO_EVIDENCE")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": ""}, "MISSING_FIELD"),
        ({"name": "x" * 300}, "BAD_VALUE"),
        ({"kind": "ghost"}, "BAD_VALUE"),
        ({"contract_terms": "whatever"}, "BAD_VALUE"),
        ({"jurisdiction": "Atlantis"}, "BAD_VALUE"),
        ({"simulated": "perhaps"}, "BAD_VALUE"),
        ({"colour": "red"}, "UNKNOWN_FIELD"),
    ],
)
def test_a_form_that_does_not_say_who_is_refused(operator, changes, code):
    before = len(operator.get("/participants").json())
    refused(operator.upload("/participants", FORM | changes, IDENTITY), 400, code)
    assert len(operator.get("/participants").json()) == before


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("POST", "/participants/999999/state", {"state": "active"}, 404, "UNKNOWN_PARTICIPANT"),
        ("POST", "/participants/999999/accounts", None, 404, "UNKNOWN_PARTICIPANT"),
        ("POST", "/participants/999999/users", {"roles": ["buyer"]}, 404, "UNKNOWN_PARTICIPANT"),
        ("POST", "/users/999999/keys", {"scopes": ["view"]}, 404, "UNKNOWN_USER"),
        ("DELETE", "/keys/999999", None, 404, "UNKNOWN_KEY"),
        ("GET", "/participants/999999", None, 404, "UNKNOWN_PARTICIPANT"),
        ("POST", "/participants/-1/accounts", None, 400, "BAD_REQUEST"),
        ("POST", "/participants/1/users", {"roles": ["king"]}, 400, "BAD_REQUEST"),
        ("POST", "/participants/1/users", {"roles": []}, 400, "BAD_REQUEST"),
        ("POST", "/participants/1/state", {"state": "asleep"}, 400, "BAD_REQUEST"),
    ],
)
def test_what_does_not_exist_is_refused_by_name(operator, method, path, body, status, code):
    refused(operator.request(method, path, body), status, code)


def test_moves_that_are_not_allowed_are_refused(operator):
    told = registered(operator)
    refused(operator.post(f"/participants/{told['id']}/state", {"state": "active"}), 400, "BAD_STATE")


def test_a_firm_sees_none_of_it(shared):
    refused(shared.buyer.get("/participants"), 400, "MISSING_SCOPE")
    refused(shared.public.get("/participants"), 401, "NOT_SIGNED")
