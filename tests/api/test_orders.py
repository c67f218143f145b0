"""Orders over HTTP: what they answer, what they are refused for, and what can be read of them afterwards."""

import pytest
from api_venue import refused


def limit(venue, side, ticks, lots=1, **more):
    fields = {"product_id": venue.product_id, "side": side, "price": venue.price(ticks), "size": venue.size(lots)}
    return fields | more


def accepted(response):
    assert response.status_code == 200, response.text
    told = response.json()
    assert "message" not in told
    return told


def place(client, venue, side, ticks, lots=1, **more):
    return accepted(client.post("/orders", limit(venue, side, ticks, lots, **more)))


def balance(client, code):
    found = accepted_list(client.get("/accounts"))
    return next((each for each in found if each["currency"] == code), None)


def accepted_list(response):
    assert response.status_code == 200, response.text
    return response.json()


@pytest.fixture
def clean(shared):
    """The shared venue, with no order left behind."""
    yield shared
    for client in (shared.vendor, shared.buyer):
        assert client.delete("/orders").status_code == 200


def test_a_limit_order_rests_and_holds_what_it_may_cost(clean):
    before = balance(clean.buyer, "CNY")
    told = place(clean.buyer, clean, "buy", 100, client_oid="rests-1")
    assert (told["status"], told["settled"], told["filled_size"]) == ("open", False, "0.000000")
    assert (told["price"], told["size"], told["client_oid"]) == (clean.price(100), clean.size(1), "rests-1")
    after = balance(clean.buyer, "CNY")
    assert after["balance"] == before["balance"]
    assert after["hold"] > before["hold"]
    book = clean.public.get(f"/products/{clean.product_id}/book", level=2).json()
    assert book["bids"] == [[clean.price(100), clean.size(1), 1]]


def test_a_read_after_an_order_sees_it_everywhere(clean):
    told = place(clean.buyer, clean, "buy", 101, client_oid="reads-1")
    by_id = accepted(clean.buyer.get(f"/orders/{told['id']}"))
    assert by_id == told == accepted(clean.buyer.get("/orders/client:reads-1"))
    assert told in clean.buyer.get("/orders").json()
    assert told in clean.buyer.get("/orders", status="all").json()
    assert told in clean.buyer.get("/orders", product_id=clean.product_id.replace("-", "/")).json()


def test_a_trade_settles_for_both_sides_before_the_answer(venue):
    place(venue.vendor, venue, "sell", 500)
    told = place(venue.buyer, venue, "buy", 510)
    assert (told["status"], told["done_reason"], told["settled"]) == ("done", "filled", True)
    notional = 500 * venue.exchange.directory.instruments[venue.listed.instrument].minor_per_tick_lot
    assert told["executed_value"] == f"{notional // 100}.{notional % 100:02d}"
    claims = balance(venue.buyer, venue.listed.symbol.partition("-")[0])
    assert (claims["balance"], claims["hold"]) == (venue.size(1), "0.000000")
    (fill,) = venue.buyer.get("/fills", order_id=told["id"]).json()
    assert (fill["liquidity"], fill["price"], fill["order_id"]) == ("T", venue.price(500), told["id"])
    (made,) = venue.vendor.get("/fills", product_id=venue.product_id).json()
    assert (made["liquidity"], made["trade_id"]) == ("M", fill["trade_id"])
    (printed,) = venue.public.get(f"/products/{venue.product_id}/trades").json()
    assert (printed["trade_id"], printed["side"], printed["price"]) == (fill["trade_id"], "sell", venue.price(500))


def test_an_unfilled_immediate_order_is_done_and_canceled(clean):
    told = place(clean.buyer, clean, "buy", 90, time_in_force="IOC")
    assert (told["status"], told["done_reason"], told["done_detail"]) == ("done", "canceled", "ioc_remainder")


def test_a_market_order_trades_and_without_anything_to_trade_with_is_refused(venue):
    fields = {"product_id": venue.product_id, "side": "buy", "type": "market", "size": venue.size(1)}
    refused(venue.buyer.post("/orders", fields), 400, "NO_LIQUIDITY")
    place(venue.vendor, venue, "sell", 500)
    told = accepted(venue.buyer.post("/orders", fields))
    assert (told["type"], told["done_reason"], told["filled_size"]) == ("market", "filled", venue.size(1))


def test_a_repeat_of_a_client_oid_gets_the_first_order(clean):
    first = place(clean.buyer, clean, "buy", 95, client_oid="twice-1")
    again = place(clean.buyer, clean, "buy", 95, client_oid="twice-1")
    assert again == first | {"replayed": True}
    other = clean.buyer.post("/orders", limit(clean, "buy", 96, client_oid="twice-1"))
    refused(other, 400, "DUPLICATE_CLIENT_ORDER_ID")
    assert len(clean.buyer.get("/orders").json()) == 1


def test_an_amendment_moves_an_order(clean):
    told = place(clean.buyer, clean, "buy", 95, 1, client_oid="moves-1")
    moved = accepted(clean.buyer.patch("/orders/client:moves-1", {"price": clean.price(94)}))
    assert moved == told | {"price": clean.price(94)}
    refused(clean.buyer.patch(f"/orders/{told['id']}", {}), 400, "NOTHING_TO_AMEND")
    refused(clean.buyer.patch("/orders/1", {"price": "1.00"}), 404, "UNKNOWN_ORDER")


def test_a_cancel_frees_what_was_held_and_comes_once(clean):
    before = balance(clean.buyer, "CNY")
    told = place(clean.buyer, clean, "buy", 95)
    assert accepted_list(clean.buyer.delete(f"/orders/{told['id']}")) == told["id"]
    assert balance(clean.buyer, "CNY") == before
    again = refused(clean.buyer.delete(f"/orders/{told['id']}"), 400, "TOO_LATE")
    assert again["message"] == "Order already done"
    done = accepted(clean.buyer.get(f"/orders/{told['id']}"))
    assert (done["status"], done["done_reason"], done["done_detail"]) == ("done", "canceled", "canceled")
    assert done in clean.buyer.get("/orders", status="done").json()


def test_a_client_oid_that_is_empty_names_no_order(clean):
    told = place(clean.buyer, clean, "buy", 95)
    for request in (clean.buyer.get, clean.buyer.delete):
        refused(request("/orders/client:"), 400, "BAD_CLIENT_OID")
    refused(clean.buyer.patch("/orders/client:", {"price": clean.price(94)}), 400, "BAD_CLIENT_OID")
    refused(clean.buyer.delete("/offers/client:"), 400, "BAD_CLIENT_OID")
    assert accepted(clean.buyer.get(f"/orders/{told['id']}")) == told


def test_a_cancel_may_name_the_product_with_a_slash_in_its_body(clean):
    told = place(clean.buyer, clean, "buy", 95, client_oid="slash-1")
    slashed = {"product_id": clean.product_id.replace("-", "/")}
    assert clean.buyer.delete("/orders/client:slash-1", slashed).status_code == 200
    assert clean.buyer.get(f"/orders/{told['id']}").json()["status"] == "done"


def test_a_mass_cancel_names_what_it_ended(clean):
    low, high = place(clean.buyer, clean, "buy", 90), place(clean.buyer, clean, "buy", 91)
    ask = place(clean.vendor, clean, "sell", 900)
    assert clean.buyer.delete("/orders", side="sell").json() == []
    assert sorted(clean.buyer.delete("/orders", product_id=clean.product_id).json()) == sorted([low["id"], high["id"]])
    assert clean.vendor.get("/orders").json() == [ask]


def test_another_participants_order_is_not_found(clean):
    told = place(clean.vendor, clean, "sell", 900, client_oid="mine-1")
    before = clean.digest()
    for request in (clean.buyer.get, clean.buyer.delete):
        assert refused(request(f"/orders/{told['id']}"), 404, "UNKNOWN_ORDER")["message"] == "order not found"
    refused(clean.buyer.get("/orders/client:mine-1"), 404, "UNKNOWN_ORDER")
    refused(clean.buyer.patch(f"/orders/{told['id']}", {"price": clean.price(1)}), 404, "UNKNOWN_ORDER")
    refused(clean.buyer.post("/orders", limit(clean, "buy", 5, profile_id=str(clean.vendor.account))), 404,
            "UNKNOWN_ACCOUNT")  # fmt: skip
    assert clean.digest() == before


def test_a_batch_answers_for_each_order_in_turn(clean):
    wanted = [limit(clean, "buy", 80), limit(clean, "buy", 81) | {"side": "up"}, limit(clean, "buy", 82)]
    first, second, third = accepted_list(clean.buyer.post("/orders/batch", {"orders": wanted}))
    assert (first["price"], third["price"]) == (clean.price(80), clean.price(82))
    assert int(first["id"]) < int(third["id"])
    assert second["code"] == "BAD_SIDE"
    assert len(clean.buyer.get("/orders").json()) == 2


@pytest.mark.parametrize("count", [0, 21])
def test_a_batch_has_one_to_twenty_orders(clean, count):
    refused(clean.buyer.post("/orders/batch", {"orders": [limit(clean, "buy", 80)] * count}), 400, "BAD_BATCH")


def test_only_the_entitled_side_trades(clean):
    told = refused(clean.vendor.post("/orders", limit(clean, "buy", 80)), 400, "NOT_ENTITLED")
    assert int(told["details"]["sequence"]) <= clean.exchange.sequence


def test_money_and_claims_that_are_not_there_read_insufficient_funds(clean):
    poor = clean.buyer.post("/orders", limit(clean, "buy", 2_000_000_000))
    assert refused(poor, 400, poor.json()["code"])["code"] in {"INSUFFICIENT_FUNDS", "NOTIONAL_ABOVE_MAXIMUM"}
    claims = clean.listed.lots * clean.listed.copies
    told = refused(clean.vendor.post("/orders", limit(clean, "sell", 900, claims + 1)), 400, "INSUFFICIENT_CLAIMS")
    assert told["message"] == "Insufficient funds"


def test_a_post_only_order_does_not_take(clean):
    place(clean.vendor, clean, "sell", 900)
    refused(clean.buyer.post("/orders", limit(clean, "buy", 900, post_only=True)), 400, "POST_ONLY_WOULD_TAKE")
    refused(clean.buyer.post("/orders", limit(clean, "buy", 900, 3, time_in_force="FOK")), 400, "FOK_NOT_FILLABLE")


def test_a_dry_run_answers_in_full_and_changes_nothing(clean):
    place(clean.vendor, clean, "sell", 900)
    before = balance(clean.buyer, "CNY"), clean.public.get(f"/products/{clean.product_id}/book", level=2).json()
    told = accepted(clean.buyer.post("/orders?dry_run=1", limit(clean, "buy", 900, 3, client_oid="dry-1")))
    assert (told["status"], told["would_trade"], told["price"]) == ("checked", clean.size(1), clean.price(900))
    assert (told["size"], told["filled_size"], told["client_oid"]) == (clean.size(3), clean.size(0), "dry-1")
    assert "id" not in told
    assert clean.buyer.get("/orders", status="all", limit=1).json() != [told]
    assert before == (
        balance(clean.buyer, "CNY"),
        clean.public.get(f"/products/{clean.product_id}/book", level=2).json(),
    )
    refused(clean.buyer.get("/orders/client:dry-1"), 404, "UNKNOWN_ORDER")
    real = place(clean.buyer, clean, "buy", 900, 3, client_oid="dry-1")
    assert (real["filled_size"], real["price"]) == (told["would_trade"], told["price"])
    assert "replayed" not in real


def test_a_dry_run_tells_the_hold_of_either_side(clean):
    bid = accepted(clean.buyer.post("/orders?dry_run=true", limit(clean, "buy", 100, 2)))
    before = balance(clean.buyer, "CNY")["hold"]
    place(clean.buyer, clean, "buy", 100, 2)
    held = float(balance(clean.buyer, "CNY")["hold"]) - float(before)
    assert float(bid["hold"]) == pytest.approx(held) and held > 0
    ask = accepted(clean.vendor.post("/orders?dry_run=1", limit(clean, "sell", 900, 2)))
    assert (ask["hold"], ask["would_trade"]) == (clean.size(2), clean.size(0))


def test_a_dry_run_is_refused_as_the_order_would_be(clean):
    path = "/orders?dry_run=1"
    refused(clean.buyer.post(path, limit(clean, "sell", 900)), 400, "NOT_ENTITLED")
    refused(clean.buyer.post(path, limit(clean, "buy", 90_000, 9_000)), 400, "INSUFFICIENT_FUNDS")
    refused(clean.buyer.post(path, limit(clean, "buy", 80, price="0")), 400, "BAD_PRICE")
    refused(clean.buyer.post(path, {"product_id": clean.product_id, "side": "buy", "type": "market"}), 400, "BAD_SIZE")


def test_a_dry_run_of_an_order_that_was_placed_gets_that_order(clean):
    told = place(clean.buyer, clean, "buy", 70, client_oid="dry-2")
    again = accepted(clean.buyer.post("/orders?dry_run=1", limit(clean, "buy", 70, client_oid="dry-2")))
    assert again == told | {"replayed": True}
    other = limit(clean, "buy", 71, client_oid="dry-2")
    refused(clean.buyer.post("/orders?dry_run=1", other), 400, "DUPLICATE_CLIENT_ORDER_ID")


def test_a_batch_may_be_a_dry_run_as_well(clean):
    batch = {"orders": [limit(clean, "buy", 70), limit(clean, "sell", 70)]}
    first, second = clean.buyer.post("/orders/batch?dry_run=1", batch).json()
    assert (first["status"], second["code"]) == ("checked", "NOT_ENTITLED")
    assert clean.buyer.get("/orders").json() == []


def test_lists_page_by_their_cursors(clean):
    placed = [place(clean.buyer, clean, "buy", 70 + n)["id"] for n in range(3)]
    for status in ("open", "all"):
        first = clean.buyer.get("/orders", status=status, limit=2)
        assert [each["id"] for each in first.json()] == placed[:0:-1]
        assert first.headers["cb-before"] == placed[2] and first.headers["cb-after"] == placed[1]
        second = clean.buyer.get("/orders", status=status, limit=1, after=first.headers["cb-after"])
        assert [each["id"] for each in second.json()] == placed[:1]
    refused(clean.buyer.get("/orders", status="lost"), 400, "BAD_STATUS")
    refused(clean.buyer.get("/orders", after="x"), 400, "BAD_ID")


def test_orders_are_slowed_down_where_the_records_are_far_behind(clean, monkeypatch):
    told = place(clean.buyer, clean, "buy", 70)
    monkeypatch.setattr(type(clean.exchange.projector), "lag", property(lambda _: 10**9))
    answer = clean.buyer.post("/orders", limit(clean, "buy", 71))
    refused(answer, 503, "RECORDS_BEHIND")
    assert int(answer.headers["retry-after"]) >= 1
    assert clean.buyer.delete(f"/orders/{told['id']}").status_code == 200


def test_another_expiry_under_the_same_client_oid_is_another_order(venue):
    terms = {"side": "buy", "type": "limit", "product_id": venue.product_id, "price": venue.price(100)}
    terms |= {"size": venue.size(1), "time_in_force": "GTT", "client_oid": "expires"}
    first = venue.buyer.order(**terms, expire_time="2099-01-01T00:00:00Z").json()
    again = venue.buyer.order(**terms, expire_time="2099-01-01T00:00:00Z").json()
    assert (again["id"], again["replayed"]) == (first["id"], True)
    refused(venue.buyer.order(**terms, expire_time="2099-01-02T00:00:00Z"), 400, "DUPLICATE_CLIENT_ORDER_ID")
    span = terms | {"client_oid": "span"}
    assert venue.buyer.order(**span, cancel_after="day").json()["status"] == "open"
    assert venue.buyer.order(**span, cancel_after="day").json()["replayed"]
