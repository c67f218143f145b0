"""Statements and contract notes over the API."""

import pytest
from api_venue import refused


@pytest.fixture(scope="module")
def traded(shared):
    terms = {"type": "limit", "product_id": shared.product_id, "price": shared.price(400), "size": shared.size(1)}
    assert shared.vendor.order(side="sell", **terms).status_code == 200
    assert shared.buyer.order(side="buy", **terms).json()["status"] == "done"
    return shared


def trade_id(venue):
    return venue.buyer.get("/fills", product_id=venue.product_id).json()[0]["trade_id"]


def test_a_statement_leads_from_opening_to_closing(traded):
    statements = {each["asset"]: each for each in traded.buyer.get("/statement").json()}
    cash = statements["CNY"]
    total = sum(minor(line["amount"]) for line in cash["lines"])
    assert minor(cash["opening"]) + total == minor(cash["closing"])
    assert cash["lines"][-1]["balance"] == cash["closing"]


def minor(amount):
    return int(amount.replace(".", ""))


def test_a_statement_of_a_time_begins_where_the_one_before_ended(traded):
    everything = traded.buyer.get("/statement").json()
    moment = everything[0]["lines"][0]["time"][:26] + "Z"
    before = {each["asset"]: each["closing"] for each in traded.buyer.get("/statement", to=moment).json()}
    after = traded.buyer.request("GET", f"/statement?from={moment}").json()
    for each in after:
        assert each["opening"] == before[each["asset"]]


def test_each_side_gets_its_own_contract_note(traded):
    path = f"/trades/{traded.product_id}/{trade_id(traded)}/contract-note"
    buyer, vendor = traded.buyer.get(path).json(), traded.vendor.get(path).json()
    assert (buyer["side"], vendor["side"]) == ("buy", "sell")
    assert buyer["notional"] == vendor["notional"]
    assert minor(buyer["net"]) == minor(buyer["notional"]) + minor(buyer["fee"])
    assert minor(vendor["net"]) == minor(vendor["notional"]) - minor(vendor["fee"])
    counted = {"trade_id", "lots", "sequence", "order_id", "decision"}  # Numbers of their own, which may be the same.
    assert str(traded.vendor.account) not in {str(told) for name, told in buyer.items() if name not in counted}
    operators = traded.operator.get(path, profile_id=str(traded.vendor.account)).json()
    assert operators == vendor


def test_a_note_is_for_the_sides_of_a_trade_alone(traded):
    stranger = traded.member("Onlooker")
    path = f"/trades/{traded.product_id}/{trade_id(traded)}/contract-note"
    refused(stranger.get(path), 404, "UNKNOWN_TRADE")
    refused(traded.buyer.get(path, profile_id=str(traded.vendor.account)), 404, "UNKNOWN_ACCOUNT")
    refused(traded.buyer.get(f"/trades/{traded.product_id}/999999/contract-note"), 404, "UNKNOWN_TRADE")
    refused(traded.buyer.get(f"/trades/{traded.product_id}/0/contract-note"), 400, "BAD_REQUEST")


@pytest.mark.parametrize("moment", ["yesterday", "2026-11-24", "2026-11-24T00:00:00", "9999999-01-01T00:00:00Z"])
def test_a_time_without_a_zone_is_no_time(shared, moment):
    refused(shared.buyer.get("/statement", to=moment), 400, "BAD_TIME")
