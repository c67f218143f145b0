"""The feed over real websockets: a running server, a real exchange, clients that know only what they hear."""

import random
import threading

import feed_venue
import pytest
from feed_venue import placing
from feed_wire import WireBook, feed_client

from exchange.operations.admission import deposit, key_fingerprint, open_account, revoke_key
from exchange.operations.asking import ask
from exchange.vocabulary.commands import MassCancel, SetPhase
from exchange.vocabulary.instruments import Phase, Side, TimeInForce
from exchange.vocabulary.participants import VENUE, Scope

venue, empty_books = feed_venue.venue, feed_venue.empty_books


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


def test_only_the_balance_that_moved_is_told(venue):
    with feed_client(venue) as client:
        client.subscribe([], "balance", signer=venue.vendor)
        opening = {client.until("balance")["currency"] for _ in range(3)}
        assert opening == {"CNY", "RIDDLES", "RHYMES"}
        ask(venue.exchange, placing(venue.vendor, venue.listed.instrument, Side.SELL, 900, 1))
        client.send({"type": "subscriptions"})
        client.until("subscriptions")
    told = client.of("balance")[3:]
    assert [each["currency"] for each in told] == ["RIDDLES"]
    assert told[0]["holds"] == venue.lot


def test_an_account_opened_later_is_listened_to_as_well(venue):
    with feed_client(venue) as client:
        client.subscribe([], "balance", signer=venue.vendor)
        client.until("balance")
        account = open_account(venue.exchange, VENUE, venue.vendor.participant)
        deposit(venue.exchange, VENUE, account, "CNY", 12_345, "later")
        assert client.until("balance", account_id=f"{account}-CNY")["available"] == "123.45"


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


def test_who_missed_nothing_need_not_begin_again(venue):
    with feed_client(venue) as client:
        client.subscribe([venue.product_id], "level2_raw")
        sequence = client.until("snapshot")["sequence"]
        client.subscribe([venue.product_id], "level2_raw", "matches", resume={"sequence": sequence})
        client.until("snapshot")
    assert not client.of("resync_required")
