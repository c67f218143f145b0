"""A running server with a feed of tight bounds, two listed datasets, and two participants who trade both ways."""

import time

import pytest
from api_venue import ServerThread, operations, venue_of
from feed_wire import feed_client
from websockets.exceptions import ConnectionClosed

from api.feed_settings import FeedSettings
from exchange.operations.asking import ask
from exchange.operations.entitling import request_entitlement
from exchange.operations.listing import submit_listing
from exchange.vocabulary.commands import MassCancel, PlaceOrder
from exchange.vocabulary.instruments import OrderType, Purpose, SelfTrade, Side, TimeInForce
from exchange.vocabulary.participants import VENUE, Role

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
        with feed_client(venue):
            wait_until(lambda: hasattr(server.app.state, "feed"))
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


def subscribing(*channels, product_ids=("RIDDLES-CNY",), **extra):
    return {"type": "subscribe", "product_ids": list(product_ids), "channels": list(channels)} | extra


def closed_with(client):
    """The code that the server closes with, everything sent before being heard."""
    while True:
        try:
            client.next()
        except ConnectionClosed as closed:
            return closed.rcvd.code


def wait_until(is_so, timeout=10):
    deadline = time.monotonic() + timeout
    while not is_so():
        assert time.monotonic() < deadline, "it never came to be"
        time.sleep(0.02)
