"""Offers over HTTP: made, seen by whom they concern, accepted, withdrawn, and told of on the feed."""

import pytest
from api_venue import ServerThread, refused, venue_of, with_market
from feed_wire import feed_client

from exchange.operations.entitling import request_entitlement
from exchange.vocabulary.instruments import Purpose, Side
from exchange.vocabulary.participants import VENUE


def taken(response):
    assert response.status_code == 200, response.text
    return response.json()


def offering(venue, ticks=480, lots=3, side="sell", **more):
    price, size = venue.price(ticks), venue.size(lots)
    return {"product_id": venue.product_id, "side": side, "price": price, "size": size} | more


def offer(client, venue, *terms, **more):
    return taken(client.post("/offers", offering(venue, *terms, **more)))


def listed(client, **query):
    return [each["id"] for each in taken(client.get("/offers", **query))]


@pytest.fixture(scope="module")
def market(tmp_path_factory):
    """A venue of one listed dataset, with one more buyer who is entitled and one who is not."""
    with ServerThread(tmp_path_factory.mktemp("offers") / "data") as server:
        venue = with_market(venue_of(server))
        venue.other, venue.stranger = venue.member("Other", cash_minor=10**8), venue.member("Stranger")
        other, instrument = venue.other.account, venue.listed.instrument
        request_entitlement(venue.exchange, VENUE, other, instrument, Side.BUY, Purpose.TRAINING)
        yield venue
        for client in venue.clients:
            client.close()


@pytest.fixture
def clean(market):
    yield market
    for client in (market.vendor, market.buyer, market.other):
        taken(client.delete("/orders"))


def test_an_offer_is_answered_as_it_stands_and_is_an_order_that_waits(clean):
    told = offer(clean.vendor, clean, to=[str(clean.buyer.account)], part=True, client_oid="stands-1")
    assert (told["price"], told["remaining_size"], told["part"]) == (clean.price(480), clean.size(3), True)
    assert (told["private"], told["mine"], told["to"]) == (True, True, [str(clean.buyer.account)])
    order = taken(clean.vendor.get(f"/orders/{told['id']}"))
    assert (order["type"], order["status"], order["client_oid"]) == ("offer", "active", "stands-1")
    assert told["id"] in [each["id"] for each in taken(clean.vendor.get("/orders"))]
    assert clean.public.get(f"/products/{clean.product_id}/book", level=3).json()["asks"] == []


def test_a_private_offer_is_seen_by_its_maker_and_by_whom_it_names(clean):
    offer_id = offer(clean.vendor, clean, to=[str(clean.buyer.account)])["id"]
    assert listed(clean.vendor) == listed(clean.buyer, product_id=clean.product_id) == [offer_id]
    assert listed(clean.other) == listed(clean.stranger) == []
    (seen,) = taken(clean.buyer.get("/offers"))
    assert seen["mine"] is False
    assert not {"to", "profile_id", "client_oid"} & set(seen)
    hidden = refused(clean.other.post(f"/offers/{offer_id}/accept"), 404, "UNKNOWN_OFFER")
    unmade = refused(clean.other.post("/offers/999/accept"), 404, "UNKNOWN_OFFER")
    assert (hidden["message"], hidden["details"]) == (unmade["message"], unmade["details"])
    refused(clean.other.delete(f"/offers/{offer_id}"), 404, "UNKNOWN_OFFER")


def test_a_posted_offer_is_seen_by_everyone_who_may_trade_the_product(clean):
    first, second = (offer(clean.vendor, clean)["id"] for _ in range(2))
    assert listed(clean.buyer) == listed(clean.other) == [second, first]
    assert listed(clean.buyer, limit=1) == [second]
    assert listed(clean.buyer, after=second) == [first]
    assert listed(clean.stranger) == []
    refused(clean.stranger.post(f"/offers/{first}/accept"), 400, "NOT_ENTITLED")


def test_parts_are_accepted_until_nothing_is_left(clean):
    offer_id = offer(clean.vendor, clean, part=True)["id"]
    told = taken(clean.buyer.post(f"/offers/{offer_id}/accept", {"size": clean.size(1)}))
    assert (told["type"], told["side"], told["status"], told["done_reason"]) == ("offer", "buy", "done", "filled")
    assert (told["price"], told["filled_size"]) == (clean.price(480), clean.size(1))
    (left,) = taken(clean.other.get("/offers"))
    assert left["remaining_size"] == clean.size(2)
    taken(clean.other.post(f"/offers/{offer_id}/accept"))
    assert listed(clean.vendor) == []
    refused(clean.buyer.post(f"/offers/{offer_id}/accept"), 400, "TOO_LATE")


def test_a_negotiated_trade_prints_on_the_tape_and_moves_no_price(clean):
    before = taken(clean.public.get(f"/products/{clean.product_id}/stats"))
    offer_id = offer(clean.vendor, clean, 777, 1)["id"]
    order = taken(clean.buyer.post(f"/offers/{offer_id}/accept"))
    (printed,) = taken(clean.public.get(f"/products/{clean.product_id}/trades", limit=1))
    assert (printed["match_type"], printed["price"], printed["side"]) == ("negotiated", clean.price(777), "sell")
    assert taken(clean.public.get(f"/products/{clean.product_id}/stats")) == before
    (fill,) = taken(clean.buyer.get("/fills", order_id=order["id"]))
    assert (fill["match_type"], fill["trade_id"]) == ("negotiated", printed["trade_id"])


def test_an_offer_to_buy_is_accepted_by_a_seller(clean):
    offer_id = offer(clean.buyer, clean, 480, 2, "buy", to=[str(clean.vendor.account)])["id"]
    told = taken(clean.vendor.post(f"/offers/{offer_id}/accept", {}))
    assert (told["side"], told["filled_size"]) == ("sell", clean.size(2))


def test_a_withdrawn_offer_is_gone_and_frees_what_it_held(clean):
    before = taken(clean.buyer.get("/accounts"))
    offer_id = offer(clean.buyer, clean, 480, 2, "buy")["id"]
    assert taken(clean.buyer.get("/accounts")) != before
    refused(clean.buyer.delete(f"/orders/{offer_id}"), 404, "UNKNOWN_ORDER")
    refused(clean.buyer.patch(f"/orders/{offer_id}", {"price": clean.price(1)}), 404, "UNKNOWN_ORDER")
    assert taken(clean.buyer.delete(f"/offers/{offer_id}")) == offer_id
    assert taken(clean.buyer.get("/accounts")) == before
    refused(clean.buyer.delete(f"/offers/{offer_id}"), 400, "TOO_LATE")
    done = taken(clean.buyer.get(f"/orders/{offer_id}"))
    assert (done["status"], done["done_detail"]) == ("done", "canceled")


def test_an_offer_is_withdrawn_by_its_client_oid(clean):
    offer(clean.vendor, clean, client_oid="named-1")
    refused(clean.buyer.delete("/offers/client:named-1"), 404, "UNKNOWN_OFFER")
    assert taken(clean.vendor.delete("/offers/client:named-1")) == "named-1"
    assert listed(clean.vendor) == []


def test_a_repeat_of_a_client_oid_gets_the_first_answer(clean):
    first = offer(clean.vendor, clean, client_oid="twice-1", expire_time="2099-01-01T00:00:00Z")
    again = offer(clean.vendor, clean, client_oid="twice-1", expire_time="2099-01-01T00:00:00Z")
    assert again == first | {"replayed": True}
    other = clean.vendor.post("/offers", offering(clean, client_oid="twice-1"))
    refused(other, 400, "DUPLICATE_CLIENT_ORDER_ID")
    accept = f"/offers/{first['id']}/accept"
    taken_first = taken(clean.buyer.post(accept, {"client_oid": "taken-1"}))
    assert taken(clean.buyer.post(accept, {"client_oid": "taken-1"})) == taken_first | {"replayed": True}
    refused(
        clean.buyer.post(accept, {"client_oid": "taken-1", "size": clean.size(1)}), 400, "DUPLICATE_CLIENT_ORDER_ID"
    )


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"side": "hold"}, "BAD_SIDE"),
        ({"price": "0"}, "BAD_PRICE"),
        ({"size": "0.0000001"}, "BAD_SIZE"),
        ({"to": []}, "BAD_COMBINATION"),
        ({"to": ["0"]}, "BAD_COMBINATION"),
        ({"to": ["999999"]}, "BAD_COMBINATION"),
        ({"to": [str(number) for number in range(1, 10)]}, "BAD_COMBINATION"),
        ({"to": ["bob"]}, "BAD_ID"),
        ({"to": "1"}, "BAD_REQUEST"),
        ({"part": "yes"}, "BAD_REQUEST"),
        ({"expire_time": "2020-01-01T00:00:00Z"}, "BAD_TIF"),
        ({"expire_time": "soon"}, "BAD_TIME"),
        ({"client_oid": "\u4e2d"}, "BAD_CLIENT_OID"),
    ],
)
def test_an_offer_that_makes_no_sense_is_refused(clean, changes, code):
    refused(clean.vendor.post("/offers", offering(clean) | changes), 400, code)


def test_an_acceptance_that_makes_no_sense_is_refused(clean):
    offer_id = offer(clean.vendor, clean)["id"]
    accept = f"/offers/{offer_id}/accept"
    refused(clean.buyer.post(accept, {"size": clean.size(1)}), 400, "BAD_SIZE")
    refused(clean.buyer.post(accept, {"size": clean.size(4)}), 400, "BAD_SIZE")
    refused(clean.vendor.post(accept), 400, "SELF_TRADE")
    refused(clean.buyer.post("/offers/x/accept"), 400, "BAD_ID")
    refused(clean.public.post(accept), 401, "NOT_SIGNED")


def test_offers_are_as_they_were_after_a_restart(tmp_path):
    with ServerThread(tmp_path / "data") as server:
        venue = with_market(venue_of(server))
        private = offer(venue.vendor, venue, to=[str(venue.buyer.account)], part=True)["id"]
        taken(venue.buyer.post(f"/offers/{private}/accept", {"size": venue.size(1)}))
        offer(venue.vendor, venue, 490, 1)
        before = [taken(client.get("/offers")) for client in (venue.vendor, venue.buyer)]
    with ServerThread(tmp_path / "data") as server:
        for client in (venue.vendor, venue.buyer):
            client.close()
            client._http, client.url = None, server.url
        assert [taken(client.get("/offers")) for client in (venue.vendor, venue.buyer)] == before
        assert taken(venue.buyer.post(f"/offers/{private}/accept"))["filled_size"] == venue.size(2)
        for client in venue.clients:
            client.close()


def test_whoever_is_named_hears_of_a_private_offer_and_of_its_end(clean):
    with feed_client(clean) as buyer, feed_client(clean) as other:
        for client, signer in ((buyer, clean.buyer), (other, clean.other)):
            client.subscribe([clean.product_id], "user", signer=signer)
            client.until("subscriptions")
        offer_id = offer(clean.vendor, clean, to=[str(clean.buyer.account)], part=True)["id"]
        heard = buyer.until("offer", id=offer_id)
        assert (heard["remaining_size"], heard["mine"], heard["status"]) == (clean.size(3), False, "open")
        taken(clean.buyer.post(f"/offers/{offer_id}/accept", {"size": clean.size(1)}))
        kinds = [buyer.next()["type"] for _ in range(4)]
        assert kinds == ["received", "match", "done", "offer"]
        assert buyer.heard[-1]["remaining_size"] == clean.size(2)
        taken(clean.vendor.delete(f"/offers/{offer_id}"))
        assert buyer.until("offer", id=offer_id)["status"] == "done"
        posted = offer(clean.other, clean, 480, 1, "buy")["id"]
        assert other.until("received")["order_id"] == posted
        assert "offer" not in [each["type"] for each in other.heard]
