"""Trades busted and adjusted over the API, by two operators."""

import pytest
from api_venue import refused, second_operator

BUST = {"reason": "technical", "note": "priced by a broken model"}


def trade(venue, lots=2, price=500):
    """Both sides trade; the number of the trade."""
    terms = {"type": "limit", "product_id": venue.product_id, "price": venue.price(price), "size": venue.size(lots)}
    for client, side in ((venue.vendor, "sell"), (venue.buyer, "buy")):
        assert client.order(side=side, **terms).status_code == 200
    return venue.buyer.get("/fills").json()[0]["trade_id"]


def path(venue, trade_id, what="bust"):
    return f"/trades/{venue.product_id}/{trade_id}/{what}"


def balances(client):
    return {each["id"]: each["balance"] for each in client.get("/accounts").json() if float(each["balance"])}


def lines(client):
    return [line["type"] for each in client.get("/statement").json() for line in each["lines"]]


def corrected(client, kind):
    """What the cash ledger's lines of a kind tell of their trades, by number."""
    told = [line["details"] for line in client.get(f"/accounts/{client.account}/ledger").json() if line["type"] == kind]
    return {int(each["trade_id"]): (each["product_id"], each["order_id"]) for each in told}


def test_a_busted_trade_leaves_everyone_as_before_it(operated):
    venue, second, sides = operated, operated.second, (operated.vendor, operated.buyer)
    before, told = [balances(each) for each in sides], [lines(each) for each in sides]
    number = trade(venue)
    traded, settled = [balances(each) for each in sides], [lines(each) for each in sides]
    assert all(now != then for now, then in zip(traded, before, strict=True))
    asked = venue.operator.post(path(venue, number), BUST)
    proposal = asked.json()["proposal"]
    assert (asked.status_code, proposal["what"], proposal["status"]) == (202, "bust", "waiting")
    assert (proposal["product_id"], proposal["trade_id"]) == (venue.product_id, str(number))
    assert (proposal["reason"], proposal["note"]) == ("technical", BUST["note"])
    assert second.get("/proposals").json() == [proposal]
    assert [balances(each) for each in sides] == traded, "a proposal moved something"

    assert second.post(f"/proposals/{proposal['id']}/approve").json()["ended_by"] == str(second.user)
    assert [balances(each) for each in sides] == before
    printed = venue.public.get(f"/products/{venue.product_id}/trades").json()
    assert number not in {each["trade_id"] for each in printed}
    fill = venue.buyer.get("/fills").json()[0]
    assert (fill["trade_id"], fill["busted"], fill["settled"]) == (number, True, False)
    for client, first, then in zip(sides, told, settled, strict=True):
        note = client.get(f"/trades/{venue.product_id}/{number}/contract-note").json()
        assert (note["status"], note["adjusted"]) == ("busted", "0.00")
        assert lines(client).count("bust") - first.count("bust") == len(then) - len(first) > 0
        assert corrected(client, "bust")[number] == corrected(client, "match")[number]
    assert venue.operator.get("/reconciliation").json()["agrees"]
    assert venue.operator.get("/trial-balance").json()["balanced"]
    refused(venue.operator.post(path(venue, number), BUST), 400, "BAD_STATE")
    assert second.get("/proposals").json() == []
    ended = second.get("/proposals", status="approved").json()[0]
    assert (ended["id"], ended["ended_by"]) == (proposal["id"], str(second.user))


def test_an_adjustment_moves_cash_and_the_trade_stands(operated):
    venue, second, number = operated, operated.second, trade(operated)
    body = {"payer": venue.vendor.account, "payee": str(venue.buyer.account), "amount": "1.25", **BUST}
    asked = venue.operator.post(path(venue, number, "adjust"), body).json()["proposal"]
    assert (asked["payer"], asked["payee"]) == (str(venue.vendor.account), str(venue.buyer.account))
    assert (asked["amount"], asked["currency"]) == ("1.25", "CNY")
    assert second.get("/proposals").json() == [asked]
    assert second.post(f"/proposals/{asked['id']}/approve").json()["status"] == "approved"
    adjusted = []
    for client in (venue.vendor, venue.buyer):
        note = client.get(f"/trades/{venue.product_id}/{number}/contract-note").json()
        adjusted.append((note["status"], note["adjusted"]))
        assert corrected(client, "adjustment")[number] == corrected(client, "match")[number]
    assert adjusted == [("settled", "-1.25"), ("settled", "1.25")]
    assert not venue.buyer.get("/fills").json()[0]["busted"]
    assert venue.operator.get("/reconciliation").json()["agrees"]


def test_a_bust_that_a_party_cannot_pay_says_who_lacks_what(venue):
    number = trade(venue)
    second = second_operator(venue)
    waiting = venue.operator.post(path(venue, number), BUST).json()["proposal"]["id"]
    lots = {"product_id": venue.product_id, "lots": 2, "client_oid": "all", "purpose": "training"}
    assert venue.buyer.post("/deliveries", lots).status_code == 200
    lack = {"account": str(venue.buyer.account), "currency": venue.product_id.split("-")[0], "lacking": venue.size(2)}
    for response in (venue.operator.post(path(venue, number), BUST), second.post(f"/proposals/{waiting}/approve")):
        told = refused(response, 400, "BUST_IMPOSSIBLE")
        assert {name: told["details"][name] for name in lack} == lack
    assert [each["id"] for each in second.get("/proposals").json()] == [waiting], "a refused approval ended it"
    assert venue.operator.post(f"/proposals/{waiting}/reject").json()["status"] == "rejected"
    assert second.get("/proposals").json() == []
    refused(second.post(f"/proposals/{waiting}/approve"), 404, "UNKNOWN_PROPOSAL")
    refused(second.post(f"/proposals/{waiting}/reject"), 404, "UNKNOWN_PROPOSAL")


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"reason": "boredom"}, 400, "BAD_REQUEST"),
        ({"amount": "0.00"}, 400, "BAD_AMOUNT"),
        ({"amount": "-1.00"}, 400, "BAD_AMOUNT"),
        ({"amount": "0.001"}, 400, "BAD_AMOUNT"),
        ({"amount": "99999999.00"}, 400, "INSUFFICIENT_FUNDS"),
        ({"payer": "0"}, 400, "BAD_REQUEST"),
        ({"payer": "1"}, 400, "BAD_VALUE"),
    ],
)
def test_an_adjustment_that_makes_no_sense_is_refused(shared, changes, status, code):
    number = trade(shared, lots=1)
    body = {"payer": shared.vendor.account, "payee": shared.buyer.account, "amount": "1.00", **BUST}
    before = shared.digest()
    refused(shared.operator.post(path(shared, number, "adjust"), body | changes), status, code)
    assert shared.digest() == before
    assert shared.operator.get("/proposals").json() == []


def test_only_operators_correct_trades_that_exist(shared):
    number = trade(shared, lots=1)
    refused(shared.vendor.post(path(shared, number), BUST), 400, "MISSING_SCOPE")
    refused(shared.vendor.get("/proposals"), 400, "MISSING_ROLE")
    refused(shared.vendor.post("/proposals/1/approve"), 400, "MISSING_SCOPE")
    refused(shared.vendor.post("/proposals/1/reject"), 400, "MISSING_SCOPE")
    refused(shared.operator.post(path(shared, number), {"note": "no reason"}), 400, "BAD_REQUEST")
    refused(shared.operator.post(path(shared, 10**9), BUST), 404, "UNKNOWN_TRADE")
    refused(shared.operator.post("/trades/GOLD-CNY/1/bust", BUST), 404, "UNKNOWN_INSTRUMENT")
    refused(shared.operator.post("/proposals/1/approve"), 404, "UNKNOWN_PROPOSAL")
