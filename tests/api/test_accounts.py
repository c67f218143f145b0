"""Balances, ledgers, holds, transfers and fills: what an account reads adds up to what happened to it."""

from decimal import Decimal

import pytest
from api_venue import refused
from test_orders import place


@pytest.fixture(scope="module")
def traded(tmp_path_factory):
    """A venue of the module's own with two trades, of two lots and of one, and a bid that rests."""
    from api_venue import ServerThread, venue_of, with_market  # noqa: PLC0415 - found by the conftest's path.

    with ServerThread(tmp_path_factory.mktemp("accounts") / "data") as server:
        venue = with_market(venue_of(server))
        place(venue.vendor, venue, "sell", 500, 3)
        place(venue.buyer, venue, "buy", 500, 2)
        place(venue.buyer, venue, "buy", 500)
        venue.resting = place(venue.buyer, venue, "buy", 400)
        yield venue
        for client in venue.clients:
            client.close()


def read(client, path, **params):
    response = client.get(path, **params)
    assert response.status_code == 200, response.text
    return response.json()


def test_balances_name_account_and_asset(traded):
    for told in read(traded.buyer, "/accounts"):
        assert told["id"] == f"{traded.buyer.account}-{told['currency']}"
        assert Decimal(told["available"]) + Decimal(told["hold"]) == Decimal(told["balance"])
        assert read(traded.buyer, f"/accounts/{told['id']}") == told
    claims = read(traded.buyer, f"/accounts/{traded.buyer.account}-{traded.product_id.partition('-')[0]}")
    assert claims["balance"] == traded.size(3)


def test_a_ledger_adds_up_line_by_line_to_the_balance(traded):
    for client in (traded.buyer, traded.vendor):
        for account in read(client, "/accounts"):
            lines = read(client, f"/accounts/{account['id']}/ledger")
            assert sum(Decimal(line["amount"]) for line in lines) == Decimal(account["balance"])
            running = Decimal(0)
            for line in reversed(lines):
                running += Decimal(line["amount"])
                assert running == Decimal(line["balance"])


def test_a_ledger_line_tells_its_trade(traded):
    lines = read(traded.buyer, f"/accounts/{traded.buyer.account}-CNY/ledger")
    kinds = [line["type"] for line in lines]
    assert sorted(set(kinds)) == ["fee", "match", "transfer"]
    fills = {str(fill["trade_id"]): fill["order_id"] for fill in read(traded.buyer, "/fills")}
    for line in lines:
        if line["type"] != "transfer":
            details = line["details"]
            assert details["product_id"] == traded.product_id
            assert fills[details["trade_id"]] == details["order_id"]


def test_a_ledger_and_fills_page_without_gap_or_repeat(traded):
    for path in (f"/accounts/{traded.buyer.account}-CNY/ledger", "/fills"):
        every, paged, cursor = read(traded.buyer, path), [], {}
        while True:
            response = traded.buyer.get(path, limit=1, **cursor)
            if not response.json():
                break
            paged += response.json()
            cursor = {"after": response.headers["cb-after"]}
        assert paged == every and len(every) > 1


def test_holds_are_those_of_the_orders_that_rest(traded):
    (hold,) = read(traded.buyer, f"/accounts/{traded.buyer.account}-CNY/holds")
    account = read(traded.buyer, f"/accounts/{traded.buyer.account}-CNY")
    assert (hold["ref"], hold["amount"], hold["type"]) == (traded.resting["id"], account["hold"], "order")


def test_a_deposit_shows_as_a_transfer(traded):
    (told,) = read(traded.buyer, f"/accounts/{traded.buyer.account}-CNY/transfers")
    assert (told["type"], told["status"], told["amount"]) == ("deposit", "confirmed", "1000000.00")
    assert told["completed_at"] and told["canceled_at"] is None


def test_fees_are_the_products(traded):
    product = read(traded.public, f"/products/{traded.product_id}")
    told = read(traded.buyer, "/fees", product_id=traded.product_id)
    assert (told["maker_fee_rate"], told["taker_fee_rate"]) == (product["maker_fee_rate"], product["taker_fee_rate"])


@pytest.mark.parametrize("path", ["", "/ledger", "/holds", "/transfers"])
def test_another_participants_account_is_not_found(traded, path):
    refused(traded.vendor.get(f"/accounts/{traded.buyer.account}-CNY{path}"), 404, "UNKNOWN_ACCOUNT")
    refused(traded.buyer.get(f"/accounts/{traded.buyer.account}-NOPE{path}"), 404, "UNKNOWN_ASSET")


def test_holds_are_of_the_asset_that_was_asked_for_page_by_page(venue):
    terms = {"type": "limit", "product_id": venue.product_id, "size": venue.size(1)}
    bids = [venue.buyer.order(side="buy", price=venue.price(100), **terms).json()["id"] for _ in range(3)]
    cash, claims = (f"/accounts/{venue.buyer.account}-{code}/holds" for code in ("CNY", venue.product_id[:-4]))
    first = venue.buyer.get(cash, limit=2)
    assert [each["ref"] for each in first.json()] == bids[:0:-1]
    rest = venue.buyer.get(cash, limit=2, after=first.headers["cb-after"])
    assert [each["ref"] for each in rest.json()] == bids[:1]
    assert venue.buyer.get(claims).json() == []
