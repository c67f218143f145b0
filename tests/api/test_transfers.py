"""Withdrawals over the API: asked for by a participant, confirmed by an operator, and by two above the limit."""

import pytest
from api_venue import ServerThread, refused, second_operator, venue_of, with_market

from exchange.vocabulary.participants import Role, Scope


def withdrawal(venue, amount, key, client=None):
    body = {"currency": "CNY", "amount": amount, "key": key}
    return (client or venue.buyer).post("/withdrawals", body)


def cash(venue):
    """Balance and hold of the buyer, in fen."""
    told = venue.buyer.get(f"/accounts/{venue.buyer.account}").json()
    return tuple(int(told[name].replace(".", "")) for name in ("balance", "hold"))


def with_limit(venue, second, amount):
    asked = venue.operator.request("PUT", "/withdrawal-limits/CNY", {"amount": amount})
    proposal = asked.json()["proposal"]
    assert (asked.status_code, proposal["what"], proposal["amount"]) == (202, "withdrawal_limit", amount)
    assert second.post(f"/proposals/{proposal['id']}/approve").status_code == 200
    return second.get("/withdrawal-limits").json()


def test_a_withdrawal_is_held_until_it_left_and_freed_where_it_did_not(operated):
    venue, owned = operated, cash(operated)[0]
    asked = withdrawal(venue, "300.00", "out-1")
    assert asked.json() == withdrawal(venue, "300.00", "out-1").json()
    assert (asked.json()["status"], cash(venue)) == ("begun", (owned, 30_000))
    refused(withdrawal(venue, "301.00", "out-1"), 400, "DUPLICATE_TRANSFER_KEY")
    refused(withdrawal(venue, "1000000.01", "out-2"), 400, "INSUFFICIENT_FUNDS")
    (waiting,) = venue.operator.get("/transfers").json()
    told = {name: waiting[name] for name in ("id", "type", "account", "amount", "key")}
    account = str(venue.buyer.account)
    assert told == {
        "id": asked.json()["id"], "type": "withdraw", "account": account, "amount": "300.00", "key": "out-1",
    }  # fmt: skip
    confirm = f"/transfers/{asked.json()['id']}/confirm"
    assert venue.operator.post(confirm).json()["status"] == "confirmed"
    assert cash(venue) == (owned - 30_000, 0)
    refused(venue.operator.post(confirm), 400, "BAD_STATE")
    other = withdrawal(venue, "5.00", "out-3").json()["id"]
    assert venue.operator.post(f"/transfers/{other}/abort", {"reason": "technical"}).json()["status"] == "aborted"
    assert cash(venue) == (owned - 30_000, 0)
    assert venue.operator.get("/transfers").json() == []


def test_a_withdrawal_above_the_limit_leaves_with_the_second_user(operated):
    venue, second, owned = operated, operated.second, cash(operated)[0]
    assert with_limit(venue, second, "250.00") == [{"currency": "CNY", "amount": "250.00"}]
    small = withdrawal(venue, "250.00", "small").json()["id"]
    assert venue.operator.post(f"/transfers/{small}/confirm").json()["status"] == "confirmed"
    large = withdrawal(venue, "250.01", "large").json()["id"]
    answer = venue.operator.post(f"/transfers/{large}/confirm", {"reason": "risk", "note": "a large one"})
    proposal = answer.json()["proposal"]
    assert (proposal["reason"], proposal["note"]) == ("risk", "a large one")
    assert (answer.status_code, answer.json()["status"], proposal["what"]) == (202, "proposed", "withdrawal")
    assert (proposal["transfer"], proposal["amount"], proposal["account"]) == (
        large, "250.01", str(venue.buyer.account),
    )  # fmt: skip
    assert second.get("/proposals").json() == [proposal]
    assert cash(venue) == (owned - 25_000, 25_001)
    refused(venue.operator.post(f"/proposals/{proposal['id']}/approve"), 400, "SAME_USER")
    why = {"reason": "regulator", "note": "the bank says so"}
    assert second.post(f"/proposals/{proposal['id']}/approve", why).json()["status"] == "approved"
    ended = second.get("/proposals", status="approved", limit=1).json()[0]
    assert (ended["id"], ended["note"]) == (proposal["id"], "a large one")
    assert (ended["end_reason"], ended["end_note"]) == ("regulator", "the bank says so")
    assert cash(venue) == (owned - 50_001, 0)
    assert venue.operator.get("/reconciliation").json()["agrees"]


def test_the_same_user_approves_nothing_with_another_key(operated):
    venue = operated
    (own,) = [each for each in venue.operator.get("/participants").json() if each["name"].startswith("Test Venue")]
    user = own["users"][0]
    spare = venue.key(int(user["id"]), int(own["id"]), 0, Scope.VIEW | Scope.MANAGE)
    asked = venue.operator.post("/rules", {"rules_version": 1}).json()["proposal"]
    refused(spare.post(f"/proposals/{asked['id']}/approve"), 400, "SAME_USER")
    assert spare.post(f"/proposals/{asked['id']}/reject").json()["status"] == "rejected"


def test_proposals_wait_through_a_restart(tmp_path):
    with ServerThread(tmp_path / "data") as server:
        venue = with_market(venue_of(server))
        second = second_operator(venue)
        with_limit(venue, second, "0.00")
        large = withdrawal(venue, "10.00", "out").json()["id"]
        waiting = [venue.operator.post(f"/transfers/{large}/confirm").json()["proposal"]]
        vendor = {"participant": venue.vendor.participant, "reason": "risk"}
        assert venue.operator.post("/kill", vendor | {"note": "margin"}).json()["orders_ended"] == 0
        waiting.insert(0, venue.operator.post("/unkill", vendor | {"note": "paid"}).json()["proposal"])
        for client in venue.clients:
            client.close()
    with ServerThread(tmp_path / "data") as server:
        for client in venue.clients:
            client.url, client._http = server.url, None
        assert second.get("/proposals").json() == waiting
        (kill,) = second.get("/kills").json()
        assert (kill["participant"], kill["note"]) == (str(venue.vendor.participant), "margin")
        for each in waiting:
            assert second.post(f"/proposals/{each['id']}/approve").json()["status"] == "approved"
        assert (second.get("/kills").json(), second.get("/proposals").json()) == ([], [])
        assert cash(venue) == (99_999_000, 0)
        assert second.get("/reconciliation").json()["agrees"]
        for client in venue.clients:
            client.close()


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"amount": "0.00"}, 400, "BAD_AMOUNT"),
        ({"amount": "-1.00"}, 400, "BAD_AMOUNT"),
        ({"currency": "XXX"}, 404, "UNKNOWN_ASSET"),
        ({"key": ""}, 400, "BAD_REQUEST"),
        ({"profile_id": "1"}, 404, "UNKNOWN_ACCOUNT"),
    ],
)
def test_a_withdrawal_that_makes_no_sense_is_refused(shared, changes, status, code):
    body = {"currency": "CNY", "amount": "1.00", "key": "k"}
    before = shared.digest()
    refused(shared.buyer.post("/withdrawals", body | changes), status, code)
    assert shared.digest() == before


def test_withdrawing_and_confirming_are_different_rights(shared):
    trader = shared.client(shared.buyer.participant, shared.buyer.account, Role.BUYER, Scope.VIEW | Scope.TRADE)
    refused(withdrawal(shared, "1.00", "mine", trader), 400, "MISSING_SCOPE")
    refused(shared.buyer.get("/transfers"), 400, "MISSING_ROLE")
    for what in ("confirm", "abort"):
        refused(shared.buyer.post(f"/transfers/1/{what}"), 400, "MISSING_SCOPE")
        refused(shared.operator.post(f"/transfers/1/{what}"), 404, "UNKNOWN_TRANSFER")
