"""Who may ask: the signature's parts one by one, replays, clocks, scopes."""

import pytest
from api_venue import refused

from exchange.operations.admission import revoke_key
from exchange.vocabulary.participants import VENUE, Role, Scope


def signed_with(client, **changed):
    """A signed GET of /fees, with some headers changed."""
    given = client.signed("GET", "/fees") | {name.replace("_", "-").upper(): value for name, value in changed.items()}
    return client.http.get("/fees", headers=given)


def test_a_signed_request_is_answered(shared):
    assert shared.buyer.get("/fees").status_code == 200


def test_a_private_resource_wants_a_signature(shared):
    refused(shared.public.get("/fees"), 401, "NOT_SIGNED")


@pytest.mark.parametrize(
    ("changed", "code", "message"),
    [
        ({"cb_access_key": "0" * 32}, "INVALID_KEY", "Invalid API Key"),
        ({"cb_access_key": "ü"}, "INVALID_KEY", "Invalid API Key"),
        ({"cb_access_sign": "AAAA"}, "INVALID_SIGNATURE", "invalid signature"),
        ({"cb_access_sign": "ü" * 44}, "INVALID_SIGNATURE", "invalid signature"),
        ({"cb_access_sign": ""}, "INVALID_SIGNATURE", "invalid signature"),
        ({"cb_access_passphrase": "wrong"}, "INVALID_PASSPHRASE", "Invalid Passphrase"),
        ({"cb_access_passphrase": ""}, "INVALID_PASSPHRASE", "Invalid Passphrase"),
        ({"cb_access_timestamp": ""}, "INVALID_TIMESTAMP", "invalid timestamp"),
        ({"cb_access_timestamp": "nan"}, "INVALID_TIMESTAMP", "invalid timestamp"),
        ({"cb_access_timestamp": "1e9"}, "INVALID_TIMESTAMP", "invalid timestamp"),
        ({"cb_access_timestamp": "-1"}, "INVALID_TIMESTAMP", "invalid timestamp"),
        ({"cb_access_timestamp": "99999999999"}, "CLOCK_SKEW", "request timestamp expired"),
    ],
)
def test_each_part_of_a_signature_counts(shared, changed, code, message):
    changed = {name: value.encode() for name, value in changed.items()}
    told = refused(signed_with(shared.buyer, **changed), 401, code)
    assert told["message"] == message


def test_a_wrong_passphrase_is_refused_before_and_after_the_right_one_was_seen(shared):
    client = shared.member("Two Passphrases")
    right, client.passphrase = client.passphrase, "wrong"
    refused(client.get("/fees"), 401, "INVALID_PASSPHRASE")
    client.passphrase = right
    assert client.get("/fees").status_code == 200
    client.passphrase = "wrong"
    refused(client.get("/fees"), 401, "INVALID_PASSPHRASE")


def test_the_signature_is_over_the_query_and_the_body_too(shared):
    given = shared.buyer.signed("GET", "/fees")
    refused(shared.buyer.http.get("/fees?product_id=X", headers=given), 401, "INVALID_SIGNATURE")
    given = shared.buyer.signed("POST", "/orders", b"{}") | {"content-type": "application/json"}
    refused(shared.buyer.http.post("/orders", content=b"{ }", headers=given), 401, "INVALID_SIGNATURE")
    refused(shared.buyer.http.request("DELETE", "/orders", headers=given), 401, "INVALID_SIGNATURE")


@pytest.mark.parametrize("skew_s", [-40, 40])
def test_a_skewed_clock_is_told_the_servers_time(shared, skew_s):
    shared.buyer.skew_s = skew_s
    try:
        told = refused(shared.buyer.get("/fees"), 401, "CLOCK_SKEW")
    finally:
        shared.buyer.skew_s = 0
    epoch = float(shared.public.get("/time").json()["epoch"])
    assert abs(float(told["details"]["epoch"]) - epoch) < 5
    assert told["details"]["server_time"].endswith("Z")


@pytest.mark.parametrize("skew_s", [-20, 20])
def test_a_clock_within_the_window_is_fine(shared, skew_s):
    shared.buyer.skew_s = skew_s
    try:
        assert shared.buyer.get("/fees").status_code == 200
    finally:
        shared.buyer.skew_s = 0


def test_what_changes_something_is_taken_once(shared):
    body = b"{}"
    given = shared.buyer.signed("POST", "/orders", body) | {"content-type": "application/json"}
    first = shared.buyer.http.post("/orders", content=body, headers=given)
    assert first.json()["code"] != "REPLAYED_REQUEST"
    again = shared.buyer.http.post("/orders", content=body, headers=given)
    refused(again, 401, "REPLAYED_REQUEST")


def test_a_read_may_come_twice_in_one_second(shared):
    given = shared.buyer.signed("GET", "/fees", timestamp=str(int(float(shared.buyer.timestamp()))))
    assert [shared.buyer.http.get("/fees", headers=given).status_code for _ in range(2)] == [200, 200]


def test_a_key_without_the_scope_is_told_which_one(shared):
    viewer = shared.key(shared.buyer.user, shared.buyer.participant, shared.buyer.account, Scope.VIEW)
    assert viewer.get("/fees").status_code == 200
    told = refused(viewer.post("/orders", {}), 400, "MISSING_SCOPE")
    assert told["details"] == {"scope": "trade"}
    trader = shared.key(shared.buyer.user, shared.buyer.participant, shared.buyer.account, Scope.TRADE)
    told = refused(trader.get("/fees"), 400, "MISSING_SCOPE")
    assert told["details"] == {"scope": "view"}


def test_a_revoked_key_is_no_key(shared):
    client = shared.member("Leaver")
    assert client.get("/fees").status_code == 200
    key = next(k for k, entry in shared.exchange.directory.keys.items() if entry.user == client.user)
    revoke_key(shared.exchange, VENUE, key)
    refused(client.get("/fees"), 401, "INVALID_KEY")


def test_an_expired_key_is_no_key(shared):
    client = shared.member("Expiring")
    soon = shared.key(client.user, client.participant, client.account, Scope.VIEW, shared.exchange.now_ns() + 1)
    refused(soon.get("/fees"), 401, "INVALID_KEY")


def test_a_participant_without_an_account_is_told_so(shared):
    participant = shared.exchange.directory.participants[shared.buyer.participant].participant
    assert participant == shared.buyer.participant
    told = refused(shared.buyer.get("/accounts", profile_id="999999"), 404, "UNKNOWN_ACCOUNT")
    assert told["details"] == {"profile_id": "999999"}
    auditor = shared.client(shared.buyer.participant, 0, Role.AUDITOR, Scope.VIEW)
    assert auditor.get("/accounts").status_code == 200
