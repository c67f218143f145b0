"""The feed over real websockets: a running server, a real exchange, clients that know only what they hear."""

import json
import random
import threading
import time
from contextlib import ExitStack

import pytest
from api_venue import ServerThread, operations, venue_of
from feed_wire import WireBook, auth, deaf_client, feed_client
from websockets.exceptions import ConnectionClosed

from api.feed_settings import FeedSettings
from exchange.operations.admission import key_fingerprint, revoke_key
from exchange.operations.asking import ask
from exchange.operations.entitling import request_entitlement
from exchange.operations.listing import submit_listing
from exchange.vocabulary.commands import MassCancel, PlaceOrder, SetPhase
from exchange.vocabulary.instruments import OrderType, Phase, Purpose, SelfTrade, Side, TimeInForce
from exchange.vocabulary.participants import VENUE, Role, Scope

SETTINGS = FeedSettings(
    conflation_s=0.01,
    heartbeat_s=0.1,
    max_connections=8,
    max_subscriptions=6,
    max_message_bytes=2048,
    message_burst=40,
    message_rate=40,
    max_refused_in_a_row=5,
    max_waiting_bytes=1 << 16,
    max_waiting_s=1.0,
    cut_grace_s=0.3,
)


@pytest.fixture(scope="module")
def venue(tmp_path_factory):
    """A venue with two listed datasets in a thousand copies; a vendor and a buyer, both of whom trade both ways."""
    with ServerThread(tmp_path_factory.mktemp("feed") / "data") as server:
        server.app.state.feed_settings = SETTINGS
        venue = venue_of(server)
        for name in ("vendor", "buyer"):
            setattr(venue, name, venue.member(name, cash_minor=10**12, roles=Role.VENDOR | Role.BUYER))
        listings = [
            submit_listing(venue.exchange, VENUE, venue.vendor.account, *operations.dataset(name), copies=1000)
            for name in ("riddles", "rhymes")
        ]
        for listed in listings:
            for client, side in ((venue.buyer, Side.BUY), (venue.buyer, Side.SELL), (venue.vendor, Side.BUY)):
                purpose = Purpose.TRAINING
                request_entitlement(venue.exchange, VENUE, client.account, listed.instrument, side, purpose)
        venue.listed, venue.other = listings
        yield venue
        for client in venue.clients:
            client.close()


@pytest.fixture(autouse=True)
def empty_books(venue):
    """Every test leaves no resting orders."""
    yield
    ask(venue.exchange, MassCancel(actor=VENUE))


def placing(client, instrument, side, price_ticks, lots, **fields):
    terms = {"type": OrderType.LIMIT, "tif": TimeInForce.GTC, "self_trade": SelfTrade.DECREMENT} | fields
    return PlaceOrder(
        actor=VENUE,
        account=client.account,
        instrument=instrument,
        side=side,
        price_ticks=price_ticks,
        lots=lots,
        **terms,
    )


def busy(venue, orders):
    """Orders that come and go in one group, two events each."""
    exchange, instrument = venue.exchange, venue.listed.instrument
    place = placing(venue.vendor, instrument, Side.SELL, 900, 1)
    cancel = MassCancel(actor=VENUE, account=venue.vendor.account, instrument=instrument)
    exchange.submit((place.encode() + cancel.encode()) * orders).result(60)


def trade_at_random(venue, seed, commands=400):
    """Both sides place, take and cancel; what is refused changes nothing."""
    chance, exchange, instrument = random.Random(seed), venue.exchange, venue.listed.instrument
    for _ in range(commands // 20):
        group = []
        for _ in range(20):
            client, side = chance.choice((venue.vendor, venue.buyer)), chance.choice(list(Side))
            price, lots = chance.randint(495, 505), chance.randint(1, 3)
            if chance.random() < 0.1:
                group.append(MassCancel(actor=VENUE, account=client.account, instrument=instrument, side=side))
            elif chance.random() < 0.2:
                group.append(placing(client, instrument, side, price, lots, tif=TimeInForce.IOC))
            else:
                group.append(placing(client, instrument, side, price, lots))
        exchange.submit(b"".join(command.encode() for command in group)).result(60)


@pytest.mark.parametrize("path", ["/", "/?", "/ws-feed"])
def test_a_client_that_only_listens_holds_the_book_of_the_rest_api(venue, path):
    product = venue.product_id
    with feed_client(venue, path) as client:
        client.subscribe([product], "level2")
        trading = threading.Thread(target=trade_at_random, args=(venue, len(path)))
        trading.start()
        book, told = WireBook(), None
        while told is None or book.sequence < told["sequence"]:
            book.hear(client.next())
            if told is None and not trading.is_alive():
                told = venue.public.get(f"/products/{product}/book", level=2).json()
        trading.join()
    assert book.heard > 3
    assert book.sequence == told["sequence"]
    for side, name in (("buy", "bids"), ("sell", "asks")):
        assert book.levels(side)[:50] == [level[:2] for level in told[name]]
    assert book.checksum() == told["checksum"]


def test_the_raw_book_and_the_conflated_one_end_alike_and_the_raw_one_misses_nothing(venue):
    with feed_client(venue) as raw, feed_client(venue) as conflated:
        raw.subscribe([venue.product_id], "level2_raw")
        conflated.subscribe([venue.product_id], "level2")
        books = (WireBook(), WireBook())
        for client, book in zip((raw, conflated), books, strict=True):
            book.hear(client.until("snapshot"))
        first = books[0].sequence
        for part in range(10):
            trade_at_random(venue, part, commands=20)
        last = venue.public.get(f"/products/{venue.product_id}/book", level=1).json()["sequence"]
        for client, book in zip((raw, conflated), books, strict=True):
            while book.sequence < last:
                book.hear(client.next())
        updates = raw.of("l2update")
    assert [each["sequence"] for each in updates] == list(range(first + 1, last + 1))
    assert books[0].sides == books[1].sides
    assert books[1].heard < books[0].heard


def test_one_message_may_name_channels_both_ways(venue):
    product, other = venue.product_id, venue.other.symbol
    with feed_client(venue) as client:
        client.subscribe([product], "heartbeat", {"name": "ticker", "product_ids": [other]})
        told = client.until("subscriptions")
        assert told["channels"] == [
            {"name": "heartbeat", "product_ids": [product]},
            {"name": "ticker", "product_ids": [other]},
        ]
        client.send({"type": "unsubscribe", "channels": ["heartbeat"]})
        assert client.until("subscriptions")["channels"] == [{"name": "ticker", "product_ids": [other]}]
        client.send({"type": "unsubscribe", "product_ids": [other], "channels": ["ticker"]})
        assert client.until("subscriptions")["channels"] == []


def test_a_slash_and_the_batched_names_of_channels_are_understood(venue):
    with feed_client(venue) as client:
        client.subscribe([venue.product_id.replace("-", "/")], "level2_batch")
        assert client.until("subscriptions")["channels"] == [{"name": "level2", "product_ids": [venue.product_id]}]
        assert client.until("snapshot")["product_id"] == venue.product_id


def test_heartbeats_go_on_and_on(venue):
    with feed_client(venue) as client:
        client.subscribe([venue.product_id], "heartbeat")
        beats = [client.until("heartbeat") for _ in range(4)]
    assert len({beat["time"] for beat in beats}) == 4
    assert all(beat["product_id"] == venue.product_id for beat in beats)


def test_a_phase_that_changes_shows_in_the_status(venue):
    with feed_client(venue) as client:
        client.subscribe([], "status")
        products = {each["id"]: each for each in client.until("status")["products"]}
        assert products[venue.product_id]["status"] == "online"
        set_phase(venue, "HALTED")
        try:
            products = {each["id"]: each for each in client.until("status")["products"]}
            assert products[venue.product_id]["trading_disabled"]
        finally:
            set_phase(venue, "CONTINUOUS")


def set_phase(venue, name):
    command = SetPhase(actor=VENUE, instrument=venue.listed.instrument, phase=Phase[name], trading_day=30_000)
    ask(venue.exchange, command)


def test_both_sides_of_a_trade_hear_of_their_own_order_alone(venue):
    instrument = venue.listed.instrument
    with feed_client(venue) as maker, feed_client(venue) as taker:
        for client, signer in ((maker, venue.vendor), (taker, venue.buyer)):
            client.subscribe([venue.product_id], "user", signer=signer)
            client.until("subscriptions")
        (placed,) = ask(venue.exchange, placing(venue.vendor, instrument, Side.SELL, 500, 2))
        (taken,) = ask(venue.exchange, placing(venue.buyer, instrument, Side.BUY, 501, 3))
        for client in (maker, taker):
            client.until("match")
        maker.until("done")
        taker.until("open")
    assert [each["type"] for each in maker.heard[1:]] == ["received", "open", "match", "done"]
    assert [each["type"] for each in taker.heard[1:]] == ["received", "match", "open"]
    assert {each["order_id"] for each in maker.heard[1:]} == {str(placed[0].order_id)}
    assert {each["order_id"] for each in taker.heard[1:]} == {str(taken[0].order_id)}
    assert maker.of("match")[0]["side"] == taker.of("match")[0]["side"] == "sell"
    for client in (maker, taker):
        sequences = [each["sequence"] for each in client.heard[1:]]
        assert sequences == list(range(sequences[0], sequences[0] + len(sequences)))


def test_sequences_of_the_user_channel_rise_over_reconnections(venue):
    last = 0
    for _ in range(2):
        with feed_client(venue) as client:
            client.subscribe([], "user", signer=venue.vendor)
            client.until("subscriptions")
            ask(venue.exchange, placing(venue.vendor, venue.listed.instrument, Side.SELL, 900, 1))
            first = client.until("received")["sequence"]
            assert first > last
            last = client.until("open")["sequence"]


def test_balances_are_told_at_first_and_when_they_move(venue):
    with feed_client(venue) as client:
        client.subscribe([], "balance", signer=venue.buyer)
        code = f"{venue.buyer.account}-CNY"
        before = client.until("balance", account_id=code)
        ask(venue.exchange, placing(venue.buyer, venue.listed.instrument, Side.BUY, 400, 1))
        after = client.until("balance", account_id=code)
    assert float(after["holds"]) > float(before["holds"])
    assert float(after["available"]) < float(before["available"])


def test_a_revoked_key_hears_nothing_private_any_more(venue):
    extra = venue.key(venue.vendor.user, venue.vendor.participant, venue.vendor.account, Scope.VIEW)
    with feed_client(venue) as client:
        client.subscribe([venue.product_id], "user", "heartbeat", signer=extra)
        client.until("subscriptions")
        revoke_key(venue.exchange, VENUE, venue.exchange.directory.key_of(key_fingerprint(extra.key)).key)
        assert client.until("error")["code"] == "INVALID_KEY"
        assert client.until("subscriptions")["channels"] == [{"name": "heartbeat", "product_ids": [venue.product_id]}]


def test_who_was_away_is_told_to_begin_again_and_gets_the_book(venue):
    with feed_client(venue) as client:
        client.subscribe([venue.product_id], "level2_raw", resume={"sequence": 1})
        told = client.until("resync_required")
        assert (told["product_id"], told["requested_sequence"]) == (venue.product_id, 1)
        assert client.until("snapshot")["sequence"] == told["sequence"]


def subscribing(*channels, product_ids=("RIDDLES-CNY",), **extra):
    return {"type": "subscribe", "product_ids": list(product_ids), "channels": list(channels)} | extra


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


def closed_with(client):
    """The code that the server closes with, everything sent before being heard."""
    while True:
        try:
            client.next()
        except ConnectionClosed as closed:
            return closed.rcvd.code


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


def wait_until(is_so, timeout=10):
    deadline = time.monotonic() + timeout
    while not is_so():
        assert time.monotonic() < deadline, "it never came to be"
        time.sleep(0.02)


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
    assert max(waits_s) < 2.0, "the client that reads was held up"
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
    with deaf_client(venue, subscribing("level2")):
        wait_until(lambda: feed.connections == 1)
    wait_until(lambda: feed.connections == 0)
    busy(venue, 5)
