"""Claims withdrawn over the API: by their vendor at once, by operators in two steps, and never by anyone else."""

import pytest
from api_venue import refused, second_operator


@pytest.fixture
def market(venue):
    """The buyer holds claims on three lots; a second operator is there."""
    order = {"product_id": venue.product_id, "price": venue.price(100), "size": venue.size(3)}
    assert venue.vendor.order(side="sell", **order).status_code == 200
    assert venue.buyer.order(side="buy", **order).status_code == 200
    venue.second = second_operator(venue)
    venue.path = f"/datasets/{venue.product_id}"
    return venue


def available(venue, client):
    code = venue.product_id.partition("-")[0]
    return next(each for each in client.get("/accounts").json() if each["currency"] == code)


def test_a_vendor_withdraws_what_it_has_not_sold_once(market):
    before = available(market, market.vendor)
    asked = {"lots": 2, "client_oid": "unsold", "note": "fewer copies are offered"}
    told = market.vendor.post(f"{market.path}/withdrawals", asked)
    assert told.status_code == 200
    assert (told.json()["lots"], told.json()["size"], told.json()["replayed"]) == (2, market.size(2), False)
    again = market.vendor.post(f"{market.path}/withdrawals", asked).json()
    assert again == told.json() | {"replayed": True}
    refused(market.vendor.post(f"{market.path}/withdrawals", asked | {"lots": 3}), 400, "DUPLICATE_TRANSFER_KEY")
    after = available(market, market.vendor)
    assert round((float(before["available"]) - float(after["available"])) * 10**6) == 2 * market.listed.lot_rtu
    (line,) = [
        each for each in market.vendor.get(f"/accounts/{after['id']}/ledger").json() if each["type"] == "withdrawal"
    ]
    assert line["amount"] == f"-{market.size(2)}"
    assert market.public.get(market.path).json()["claims_withdrawn"] == 2
    assert market.operator.get("/trial-balance").json()["balanced"]
    assert market.operator.get("/reconciliation").json()["agrees"]


def test_a_buyer_withdraws_nothing(market):
    asked = {"lots": 1, "client_oid": "mine"}
    refused(market.buyer.post(f"{market.path}/withdrawals", asked), 400, "NOT_PERMITTED")
    refused(market.buyer.post(f"{market.path}/holders/17/withdrawals", asked), 400, "MISSING_SCOPE")
    refused(market.public.post(f"{market.path}/withdrawals", asked), 401, "NOT_SIGNED")


def test_two_operators_withdraw_a_holders_claims_on_what_was_recalled(market):
    market.operator.post(f"{market.path}/lifecycle", {"move": "withdraw", "reason": "recall"})
    holder = market.buyer.account
    asked = {"lots": 3, "client_oid": "recall-1", "reason": "recall", "note": "the holder was paid back"}
    path = f"{market.path}/holders/{holder}/withdrawals"
    told = market.operator.post(path, asked)
    assert told.status_code == 202
    proposal = told.json()["proposal"]
    assert (proposal["what"], proposal["account"], proposal["lots"]) == ("claim_withdrawal", str(holder), 3)
    assert (proposal["code"], proposal["note"]) == (market.product_id.partition("-")[0], asked["note"])
    (waiting,) = market.second.get("/proposals").json()
    assert waiting == proposal
    assert [each["claims"] for each in market.buyer.get("/notices").json()] == [3]
    refused(market.operator.post(f"/proposals/{proposal['id']}/approve", {}), 400, "SAME_USER")
    assert market.second.post(f"/proposals/{proposal['id']}/approve", {}).status_code == 200
    assert market.buyer.get("/notices").json() == []
    assert market.operator.post(path, asked).json()["replayed"] is True
    assert market.operator.get("/reconciliation").json()["agrees"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"lots": 0}, "BAD_REQUEST"),
        ({"lots": "2"}, "BAD_REQUEST"),
        ({"client_oid": ""}, "BAD_REQUEST"),
        ({"client_oid": "ü"}, "BAD_REQUEST"),
        ({"reason": "whim"}, "BAD_REQUEST"),
        ({"more": 1}, "BAD_REQUEST"),
        ({"lots": 2**31 - 1}, "INSUFFICIENT_CLAIMS"),
    ],
)
def test_a_withdrawal_that_cannot_be_is_refused_by_name(shared, change, code):
    asked = {"lots": 1, "client_oid": "bad"} | change
    refused(shared.vendor.post(f"/datasets/{shared.product_id}/withdrawals", asked), 400, code)


def test_nothing_is_withdrawn_of_what_or_from_whom_nobody_knows(shared):
    asked = {"lots": 1, "client_oid": "bad"}
    refused(shared.vendor.post("/datasets/GOLD-CNY/withdrawals", asked), 404, "UNKNOWN_PRODUCT")
    path = f"/datasets/{shared.product_id}/holders/999999/withdrawals"
    refused(shared.operator.post(path, asked), 404, "UNKNOWN_ACCOUNT")
