"""What the running feed refuses, whom it cuts, and that nobody else notices."""

import json
import time
from contextlib import ExitStack

import feed_venue
import pytest
from api_venue import ServerThread, venue_of, with_market
from feed_venue import SETTINGS, busy, closed_with, subscribing, wait_until
from feed_wire import WireBook, auth, deaf_client, feed_client

from exchange.vocabulary.participants import Scope

venue, empty_books = feed_venue.venue, feed_venue.empty_books


BAD_FRAMES = {
    "no JSON": ("{", "MALFORMED_JSON"),
    "not even text": (b"\x00\x01", "BINARY_MESSAGE"),
    "half a surrogate": ('{"type":"\\ud800"}', "MALFORMED_JSON"),
    "a number that is none": ('{"type":NaN}', "MALFORMED_JSON"),
    "a list": ("[]", "BAD_REQUEST"),
    "no type": ("{}", "BAD_REQUEST"),
    "nested without end": ('{"x":' + "[" * 2000, "MALFORMED_JSON"),
    "too large": ('{"type":"' + "x" * 3000 + '"}', "MESSAGE_TOO_LARGE"),
    "an unknown type": ({"type": "buy"}, "UNKNOWN_TYPE"),
    "channels that are none": (subscribing(1), "BAD_REQUEST"),
    "products that are none": ({"type": "subscribe", "product_ids": "RIDDLES-CNY", "channels": []}, "BAD_REQUEST"),
    "no channels": (subscribing(), "NO_CHANNELS"),
    "an unknown channel": (subscribing("level9"), "UNKNOWN_CHANNEL"),
    "an unknown product": (subscribing("level2", product_ids=["NONE-CNY"]), "UNKNOWN_PRODUCT"),
    "no product": (subscribing("level2", product_ids=[]), "NO_PRODUCTS"),
    "a good channel and a bad one": (subscribing("level2", "level9"), "UNKNOWN_CHANNEL"),
    "two books that look alike": (subscribing("level2", "level2_raw"), "BAD_COMBINATION"),
    "more than allowed": (
        subscribing("level2", "matches", "ticker", "full", product_ids=["RIDDLES-CNY", "RHYMES-CNY"]),
        "TOO_MANY_SUBSCRIPTIONS",
    ),
    "resume at no number": (subscribing("level2_raw", resume={"sequence": "x"}), "BAD_REQUEST"),
    "private and not signed": (subscribing("user"), "NOT_SIGNED"),
    "balances and not signed": (subscribing("balance"), "NOT_SIGNED"),
}


@pytest.mark.parametrize("case", BAD_FRAMES)
def test_a_bad_message_gets_its_error_and_changes_nothing(venue, case):
    frame, code = BAD_FRAMES[case]
    with feed_client(venue) as client:
        client.send(frame)
        error = client.next()
        assert (error["type"], error["code"]) == ("error", code)
        assert error["message"] and error["reason"]
        client.send({"type": "subscriptions"})
        assert client.next() == {"type": "subscriptions", "channels": []}


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"signature": "AAAA"}, "INVALID_SIGNATURE"),
        ({"passphrase": "wrong"}, "INVALID_PASSPHRASE"),
        ({"key": "0" * 32}, "INVALID_KEY"),
        ({"timestamp": "1"}, "CLOCK_SKEW"),
        ({"timestamp": "soon"}, "INVALID_TIMESTAMP"),
        ({"key": ""}, "NOT_SIGNED"),
    ],
)
def test_a_subscription_signed_wrongly_is_refused_by_name(venue, changed, code):
    with feed_client(venue) as client:
        client.send(subscribing("user", "level2") | auth(venue.buyer, **changed))
        error = client.next()
        assert (error["message"], error["code"]) == ("Authentication Failed", code)
        client.send({"type": "subscriptions"})
        assert client.next()["channels"] == []


def test_a_key_that_may_not_view_hears_nothing_private(venue):
    blind = venue.key(venue.vendor.user, venue.vendor.participant, venue.vendor.account, Scope.TRADE)
    with feed_client(venue) as client:
        client.subscribe([], "user", signer=blind)
        assert client.next()["code"] == "MISSING_SCOPE"


def test_one_connection_speaks_for_one_key(venue):
    with feed_client(venue) as client:
        client.subscribe([], "user", signer=venue.vendor)
        client.until("subscriptions")
        client.subscribe([], "balance", signer=venue.buyer)
        assert client.until("error")["code"] == "OTHER_KEY"


def test_a_client_that_only_sends_nonsense_is_closed(venue):
    with feed_client(venue) as client:
        for _ in range(5):
            client.send("nonsense")
        assert closed_with(client) == 1008
    assert len(client.of("error")) == 5


def test_a_client_that_sends_too_fast_is_told_so(venue):
    with feed_client(venue) as client:
        for _ in range(60):
            client.send({"type": "subscriptions"})
        assert client.until("error")["code"] == "RATE_LIMITED"


def test_a_message_beyond_all_bounds_closes_the_connection(venue):
    with feed_client(venue) as client:
        client.send("x" * (1 << 17))
        assert closed_with(client) == 1009


def test_one_connection_too_many_is_told_so_and_closed(venue):
    wait_until(lambda: venue.app.state.feed.connections == 0)
    with ExitStack() as stack:
        clients = [stack.enter_context(feed_client(venue)) for _ in range(8)]
        for client in clients:
            client.send({"type": "subscriptions"})
            client.next()
        surplus = stack.enter_context(feed_client(venue))
        assert surplus.next()["code"] == "TOO_MANY_CONNECTIONS"
        assert closed_with(surplus) == 1013
    wait_until(lambda: venue.app.state.feed.connections == 0)
    with feed_client(venue) as client:
        client.send({"type": "subscriptions"})
        assert client.next()["type"] == "subscriptions"


def test_who_never_reads_is_cut_and_delays_nobody(venue):
    feed = venue.app.state.feed
    wait_until(lambda: feed.connections == 0)
    deaf_wants = subscribing("level2_raw", "full", product_ids=[venue.product_id])
    with deaf_client(venue, deaf_wants) as deaf, feed_client(venue) as client:
        client.subscribe([venue.product_id], "level2_raw")
        book = WireBook()
        book.hear(client.until("snapshot"))
        wait_until(lambda: feed.connections == 2)
        waits_s, rounds = [], 0
        while feed.connections == 2:
            rounds += 1
            assert rounds < 200, "the deaf client was never cut"
            started_s = time.monotonic()
            busy(venue, 40)
            last = venue.public.get(f"/products/{venue.product_id}/book", level=1).json()["sequence"]
            while book.sequence < last:
                book.hear(client.next())
            waits_s.append(time.monotonic() - started_s)
            waiting = [each.waiting_bytes for each in list(feed._connections)]
            assert max(waiting, default=0) <= SETTINGS.max_waiting_bytes
        deaf.settimeout(5)
        received = drained(deaf)
    assert rounds > 1
    assert max(waits_s) < 5.0, "the client that reads was held up"
    assert len(received) < 1 << 23


def drained(sock):
    """What was on its way when the server let go; it resets the connection."""
    received = bytearray()
    try:
        while chunk := sock.recv(1 << 16):
            received += chunk
    except ConnectionResetError:
        pass
    return received


def test_a_slow_client_that_wakes_up_reads_why_it_was_cut(venue):
    feed = venue.app.state.feed
    wait_until(lambda: feed.connections == 0)
    with deaf_client(venue, subscribing("level2_raw", product_ids=[venue.product_id])) as deaf:
        wait_until(lambda: feed.connections == 1)
        slow = next(iter(feed._connections))
        while not slow.closing:
            busy(venue, 200)
        deaf.settimeout(5)
        received = bytes(drained(deaf))
    told = received[received.rindex(b'{"type":"error"') :]
    error = json.loads(told[: told.index(b"}}") + 2])
    assert error["code"] == "SLOW_CONSUMER"
    assert f'"sequence":{error["sequences"][venue.product_id]},'.encode() in received


def test_a_client_that_leaves_without_a_word_is_forgotten(venue):
    feed = venue.app.state.feed
    wait_until(lambda: feed.connections == 0)
    everything = subscribing("level2", "matches", "ticker", "heartbeat", "user", "balance")
    with deaf_client(venue, everything | auth(venue.buyer)):
        wait_until(lambda: feed._private._listening)
    wait_until(lambda: feed.connections == 0)
    assert not feed._private._listening
    assert not any(subscribers for each in feed._products.values() for subscribers in each._subscribers.values())


def test_the_server_stops_although_a_client_reads_nothing(tmp_path):
    with ServerThread(tmp_path / "data") as server:
        server.app.state.feed_settings = SETTINGS.model_copy(
            update={"max_waiting_s": 60.0, "max_waiting_bytes": 1 << 24}
        )
        venue = with_market(venue_of(server))
        with deaf_client(venue, subscribing("level2_raw", "full")), feed_client(venue) as client:
            client.send({"type": "subscriptions"})
            client.next()
            (deaf, _) = server.app.state.feed._connections
            while not deaf.waiting_bytes:
                busy(venue, 200)
            stopping_s = time.monotonic()
            server.server.should_exit = True
            server.thread.join(8)
            assert time.monotonic() - stopping_s < 7
            assert closed_with(client) == 1012
        for each in venue.clients:
            each.close()
