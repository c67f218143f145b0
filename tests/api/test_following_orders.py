"""Trailing, pegged, one-cancels-other and bracket orders over HTTP: what they tell, and what refuses them."""

import pytest
from api_venue import refused


@pytest.fixture
def clean(shared):
    """The shared venue, with no order left behind."""
    yield shared
    for client in (shared.vendor, shared.buyer):
        assert client.delete("/orders").status_code == 200


def body(venue, side, lots=1, **more):
    return {"product_id": venue.product_id, "side": side, "size": venue.size(lots), **more}


def placed(client, venue, side, lots=1, **more):
    response = client.post("/orders", body(venue, side, lots, **more))
    assert response.status_code == 200, response.text
    return response.json()


def test_a_pegged_order_stands_where_what_it_follows_stands(clean):
    peg = {"type": "pegged", "peg": "best_ask", "offset": f"-{clean.price(2)}", "price": clean.price(300)}
    waiting = placed(clean.vendor, clean, "sell", **peg)
    assert (waiting["status"], waiting["peg"], waiting["limit_price"]) == ("active", "best_ask", clean.price(300))
    assert waiting["offset"] == f"-{clean.price(2)}"
    placed(clean.vendor, clean, "sell", price=clean.price(310))
    told = clean.vendor.get(f"/orders/{waiting['id']}").json()
    assert (told["status"], told["price"]) == ("open", clean.price(308))
    changed = clean.vendor.patch(f"/orders/{waiting['id']}", {"price": clean.price(309)})
    assert changed.status_code == 200, changed.text
    told = clean.vendor.get(f"/orders/{waiting['id']}").json()
    assert (told["price"], told["limit_price"]) == (clean.price(309), clean.price(309))


def test_one_cancels_other_is_one_order_with_both_prices(clean):
    told = placed(clean.vendor, clean, "sell", type="oco", price=clean.price(320), stop_price=clean.price(2))
    assert (told["type"], told["price"], told["stop_price"]) == ("oco", clean.price(320), clean.price(2))
    assert (told["status"], told["stop"]) == ("open", "loss")
    wrong = {"type": "oco", "price": clean.price(2), "stop_price": clean.price(320)}
    refused(clean.vendor.post("/orders", body(clean, "sell", **wrong)), 400, "BAD_PRICE")


def test_the_exit_of_a_bracket_says_which_entry_it_closes(clean):
    buyer = clean.member("closes what it buys", cash_minor=10**9)
    for side in ("buy", "sell"):
        asked = {"product_id": clean.product_id, "side": side, "purpose": ["training"]}
        assert buyer.post("/entitlements", asked).status_code == 200
    exits = {"exit_price": clean.price(330), "exit_stop_price": clean.price(2)}
    entry = placed(buyer, clean, "buy", price=clean.price(250), **exits)
    assert (entry["exit_price"], entry["exit_stop_price"]) == (clean.price(330), clean.price(2))
    placed(clean.vendor, clean, "sell", price=clean.price(250))
    exit_order = buyer.get(f"/orders/{int(entry['id']) + 1}").json()
    assert (exit_order["entry_id"], exit_order["side"], exit_order["type"]) == (entry["id"], "sell", "oco")
    assert (exit_order["price"], exit_order["size"]) == (clean.price(330), clean.size(1))
    assert buyer.delete("/orders").status_code == 200


def test_the_records_tell_of_orders_what_memory_does(clean):
    """Days later the records are all there is."""
    price = clean.price
    peg = {"type": "pegged", "peg": "best_ask", "offset": f"-{price(2)}", "price": price(300)}
    pegged = placed(clean.vendor, clean, "sell", **peg)
    placed(clean.vendor, clean, "sell", price=price(310))
    clean.vendor.patch(f"/orders/{pegged['id']}", {"price": price(309)})
    placed(clean.vendor, clean, "sell", type="trailing_stop", trail=price(20))
    placed(clean.vendor, clean, "sell", type="oco", price=price(320), stop_price=price(2))
    clean.vendor.delete("/orders")
    recorded = clean.vendor.get("/orders", status="done", limit=4).json()
    assert sorted(each["type"] for each in recorded) == ["limit", "oco", "pegged", "trailing_stop"]
    assert recorded == [clean.vendor.get(f"/orders/{each['id']}").json() for each in recorded]
    assert [each["limit_price"] for each in recorded if each["type"] == "pegged"] == [price(309)]


def test_a_trailing_stop_tells_its_price_and_its_trail(clean):
    placed(clean.buyer, clean, "buy", price=clean.price(200))
    placed(clean.vendor, clean, "sell", price=clean.price(200))
    told = placed(clean.vendor, clean, "sell", type="trailing_stop", trail=clean.price(20))
    assert (told["type"], told["trail"], told["stop_price"]) == ("trailing_stop", clean.price(20), clean.price(180))
    assert told["status"] == "active"


def test_a_dry_run_tells_what_such_an_order_has_besides(clean):
    price = clean.price
    placed(clean.buyer, clean, "buy", price=price(200))
    placed(clean.vendor, clean, "sell", price=price(200))
    for more in (
        {"type": "trailing_stop", "trail": price(20)},
        {"type": "oco", "price": price(320), "stop_price": price(2)},
        {"type": "pegged", "peg": "best_ask", "offset": f"-{price(2)}", "price": price(300)},
        {"price": price(200)},
    ):
        checked = clean.vendor.post("/orders?dry_run=1", body(clean, "sell", **more)).json()
        assert (checked.pop("status"), checked.pop("hold"), checked.pop("would_trade")) == (
            "checked", clean.size(1), clean.size(0),
        )  # fmt: skip
        real = placed(clean.vendor, clean, "sell", **more)
        # A pegged order stands elsewhere than at its limit once it is there.
        unlike = {"created_at", "price"} if "peg" in more else {"created_at"}
        assert {name: value for name, value in checked.items() if name not in unlike}.items() <= real.items()


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"type": "pegged", "peg": "best_friend", "price": "9.00"}, "BAD_COMBINATION"),
        ({"type": "pegged", "price": "9.00"}, "BAD_COMBINATION"),
        ({"peg": "mid", "price": "9.00"}, "BAD_COMBINATION"),
        ({"type": "pegged", "peg": "mid", "price": "9.00", "offset": "near"}, "BAD_PRICE"),
        ({"type": "pegged", "peg": "mid", "price": "9.00", "offset": "-99999999999999"}, "BAD_PRICE"),
        ({"type": "trailing_stop"}, "BAD_COMBINATION"),
        ({"type": "trailing_stop", "trail": "-1.00"}, "BAD_PRICE"),
        ({"price": "9.00", "exit_price": "0"}, "BAD_PRICE"),
        ({"type": "trailing_stop", "trail": "1.00", "time_in_force": "IOC"}, "BAD_COMBINATION"),
    ],
)
def test_what_does_not_go_together_is_refused_by_name(shared, more, code):
    refused(shared.vendor.post("/orders", body(shared, "sell", **more)), 400, code)
