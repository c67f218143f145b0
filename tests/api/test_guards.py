"""The dead-man timer over HTTP, and cancel-on-disconnect over the websocket."""

import time

import pytest
from api_venue import GENEROUS, ServerThread, refused, venue_of, with_market
from feed_wire import auth, deaf_client, feed_client

from api.settings import ApiSettings
from exchange.vocabulary.participants import Scope


@pytest.fixture(scope="module")
def venue(tmp_path_factory):
    """A venue whose clock ticks twenty times a second where nobody asks for anything."""
    api_settings = ApiSettings(**GENEROUS, websocket_ping_s=1)
    with ServerThread(tmp_path_factory.mktemp("guards") / "data", api_settings, clock_idle_s=0.05) as server:
        venue = with_market(venue_of(server))
        yield venue
        for client in venue.clients:
            client.close()


def rest(venue, client=None, ticks=100):
    """An order that stands; its id."""
    fields = {"product_id": venue.product_id, "side": "buy", "price": venue.price(ticks), "size": venue.size(1)}
    told = (client or venue.buyer).post("/orders", fields)
    assert told.status_code == 200, told.text
    return told.json()["id"]


def outcome(client, order):
    """Why an order ended, waiting until it has; None where it stands for a quarter of a second."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        told = client.get(f"/orders/{order}").json()
        if told["status"] == "done":
            return told["done_detail"]
        time.sleep(0.02)
    return None


def stands(client, order):
    time.sleep(0.2)
    return client.get(f"/orders/{order}").json()["status"] == "open"


def guard(client, signer=None, **fields):
    client.send({"type": "cancel_on_disconnect", **fields} | (auth(signer) if signer else {}))
    return client.next()


def test_the_timer_ends_all_orders_with_no_other_traffic(venue):
    first, second = rest(venue), rest(venue, ticks=99)
    told = venue.buyer.post("/orders/cancel-after", {"timeout": 1}).json()
    assert told["timeout"] == 1 and told["profile_id"] == str(venue.buyer.account)
    assert told["fires_at"].startswith("20") and told["fires_at"].endswith("Z")
    assert venue.buyer.get(f"/orders/{first}").json()["status"] == "open"
    assert outcome(venue.buyer, first) == outcome(venue.buyer, second) == "dead_man"


def test_zero_takes_the_timer_away_and_setting_again_moves_it(venue):
    order = rest(venue)
    venue.buyer.post("/orders/cancel-after", {"timeout": 1})
    moved = venue.buyer.post("/orders/cancel-after", {"timeout": 86_400}).json()
    told = venue.buyer.post("/orders/cancel-after", {"timeout": 0}).json()
    assert (told["timeout"], told["fires_at"]) == (0, None) and moved["fires_at"] is not None
    time.sleep(1.2)
    assert stands(venue.buyer, order)
    venue.buyer.delete("/orders")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"timeout": -1}, 400, "BAD_TIMEOUT"),
        ({"timeout": 86_401}, 400, "BAD_TIMEOUT"),
        ({"timeout": 10**30}, 400, "BAD_TIMEOUT"),
        ({"timeout": 1.5}, 400, "BAD_REQUEST"),
        ({"timeout": "60"}, 400, "BAD_REQUEST"),
        ({"timeout": None}, 400, "BAD_REQUEST"),
        ({}, 400, "BAD_REQUEST"),
        ({"timeout": 5, "profile_id": "9999"}, 404, "UNKNOWN_ACCOUNT"),
    ],
)
def test_a_timeout_that_is_none_is_refused_by_name(venue, body, status, code):
    refused(venue.buyer.post("/orders/cancel-after", body), status, code)


def test_the_timer_takes_a_signature_and_the_scope_to_trade(venue):
    refused(venue.public.post("/orders/cancel-after", {"timeout": 5}), 401, "NOT_SIGNED")
    buyer = venue.buyer
    looking = venue.key(buyer.user, buyer.participant, buyer.account, Scope.VIEW)
    refused(looking.post("/orders/cancel-after", {"timeout": 5}), 400, "MISSING_SCOPE")


def test_a_guarded_connection_that_is_cut_off_takes_its_orders_along(venue):
    order = rest(venue)
    with feed_client(venue) as client:
        told = guard(client, venue.buyer, enabled=True)
        assert told == {
            "type": "cancel_on_disconnect",
            "enabled": True,
            "profile_id": str(venue.buyer.account),
        }
        assert stands(venue.buyer, order)
        client.websocket.socket.shutdown(2)
        client.websocket.socket.close()
        assert outcome(venue.buyer, order) == "disconnected"


def test_a_guarded_connection_that_closes_politely_does_so_too(venue):
    order = rest(venue)
    with feed_client(venue) as client:
        guard(client, venue.buyer)
    assert outcome(venue.buyer, order) == "disconnected"


def test_a_client_that_answers_no_ping_counts_as_gone(venue):
    order = rest(venue)
    with deaf_client(venue, {"type": "cancel_on_disconnect"} | auth(venue.buyer)):
        assert stands(venue.buyer, order)
        assert outcome(venue.buyer, order) == "disconnected"


def test_a_client_that_leaves_before_it_is_answered_is_guarded_all_the_same(venue):
    for _ in range(5):
        order = rest(venue)
        with feed_client(venue) as client:
            client.send({"type": "cancel_on_disconnect"} | auth(venue.buyer))
        assert outcome(venue.buyer, order) == "disconnected"


def test_a_guard_that_was_taken_back_does_nothing(venue):
    order = rest(venue)
    with feed_client(venue) as client:
        guard(client, venue.buyer)
        told = guard(client, venue.buyer, enabled=False)
        assert (told["type"], told["enabled"]) == ("cancel_on_disconnect", False)
        assert guard(client, venue.buyer, enabled=False)["enabled"] is False
    assert stands(venue.buyer, order)
    venue.buyer.delete("/orders")


def test_a_connection_without_a_guard_leaves_orders_alone_and_so_does_anothers(venue):
    order = rest(venue)
    with feed_client(venue) as client:
        client.subscribe([], "user", signer=venue.buyer)
        client.until("subscriptions")
    with feed_client(venue) as client:
        guard(client, venue.vendor)
    assert stands(venue.buyer, order)
    venue.buyer.delete("/orders")


def test_a_connection_that_hears_a_signed_channel_need_not_sign_again(venue):
    order = rest(venue)
    with feed_client(venue) as client:
        client.subscribe([], "user", signer=venue.buyer)
        client.until("subscriptions")
        assert guard(client)["enabled"] is True
        assert guard(client)["enabled"] is True, "armed once is armed"
        told = guard(client, venue.vendor)
        assert (told["type"], told["code"]) == ("error", "OTHER_KEY")
    assert outcome(venue.buyer, order) == "disconnected"


def test_two_connections_of_one_account_have_a_guard_each(venue):
    with feed_client(venue) as first, feed_client(venue) as second:
        guard(first, venue.buyer)
        guard(second, venue.buyer)
        order = rest(venue)
        guard(second, venue.buyer, enabled=False)
        second.websocket.close()
        assert stands(venue.buyer, order)
        first.websocket.close()
        assert outcome(venue.buyer, order) == "disconnected"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({}, "NOT_SIGNED"),
        ({"enabled": 1}, "BAD_REQUEST"),
        ({"profile_id": 7}, "BAD_REQUEST"),
    ],
)
def test_a_guard_that_is_asked_for_wrongly_is_refused_by_name(venue, fields, code):
    with feed_client(venue) as client:
        told = guard(client, **fields)
        assert (told["type"], told["code"]) == ("error", code)


def test_a_guard_is_for_ones_own_accounts_and_for_keys_that_trade(venue):
    buyer = venue.buyer
    looking = venue.key(buyer.user, buyer.participant, buyer.account, Scope.VIEW)
    with feed_client(venue) as client:
        told = guard(client, buyer, profile_id=str(venue.vendor.account))
        assert (told["type"], told["code"], told["profile_id"]) == (
            "error",
            "UNKNOWN_ACCOUNT",
            str(venue.vendor.account),
        )
        assert guard(client, looking)["code"] == "MISSING_SCOPE"
        assert guard(client, buyer, profile_id=str(buyer.account))["enabled"] is True


def test_a_server_that_stops_leaves_no_guarded_order_behind(tmp_path):
    with ServerThread(tmp_path / "data") as server:
        venue = with_market(venue_of(server))
        guarded, free = rest(venue), rest(venue, venue.buyer)
        with feed_client(venue) as client:
            guard(client, venue.buyer)
            server.server.should_exit = True
            server.thread.join(30)
    with ServerThread(tmp_path / "data") as server:
        venue.buyer.close()
        venue.buyer.url, venue.buyer._http = server.url, None
        assert outcome(venue.buyer, guarded) == outcome(venue.buyer, free) == "disconnected"
        for client in venue.clients:
            client.close()
