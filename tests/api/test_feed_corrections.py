"""What the feed tells of the operator's doings: busts and adjustments to their parties, kills to everyone."""

import feed_venue
import pytest
from feed_venue import placing
from feed_wire import feed_client

from exchange.operations.asking import ask
from exchange.vocabulary import commands as c
from exchange.vocabulary.instruments import Cause, Phase, Side
from exchange.vocabulary.participants import VENUE

venue = feed_venue.venue


@pytest.fixture
def number(venue):
    """Of a trade between vendor and buyer."""
    ask(venue.exchange, placing(venue.vendor, venue.listed.instrument, Side.SELL, 500, 2))
    (answer,) = ask(venue.exchange, placing(venue.buyer, venue.listed.instrument, Side.BUY, 500, 2))
    return next(event.trade_id for event in answer if hasattr(event, "trade_id"))


def correct(venue, kind, number, **fields):
    about = {"instrument": venue.listed.instrument, "trade_id": number, "reason": Cause.TECHNICAL}
    ask(venue.exchange, kind(actor=VENUE, **about, **fields))


def test_both_sides_hear_of_a_bust_with_the_balances_that_it_moves(venue, number):
    with feed_client(venue) as seller, feed_client(venue) as buyer, feed_client(venue) as other:
        for client, signer in ((seller, venue.vendor), (buyer, venue.buyer), (other, venue.operator)):
            client.subscribe([], "user", "balance", signer=signer)
            client.until("subscriptions")
        claims = f"{venue.buyer.account}-{venue.product_id.split('-')[0]}"
        held = buyer.until("balance", account_id=claims)["available"]
        correct(venue, c.BustTrade, number)
        for client, side in ((seller, "sell"), (buyer, "buy")):
            told = client.until("bust")
            assert (told["trade_id"], told["side"], told["reason"]) == (number, side, "technical")
            assert (told["price"], told["size"]) == (venue.price(500), venue.size(2))
        assert float(buyer.until("balance", account_id=claims)["available"]) < float(held)
        other.send({"type": "subscriptions"})
        other.until("subscriptions")
    assert not other.of("bust")


def test_an_adjustment_tells_each_side_what_it_got_or_gave(venue, number):
    with feed_client(venue) as payer, feed_client(venue) as payee:
        for client, signer in ((payer, venue.vendor), (payee, venue.buyer)):
            client.subscribe([venue.product_id], "user", signer=signer)
            client.until("subscriptions")
        correct(venue, c.AdjustTrade, number, payer=venue.vendor.account, payee=venue.buyer.account, amount=25)
        assert [client.until("adjustment")["amount"] for client in (payer, payee)] == ["-0.25", "0.25"]


def test_a_kill_and_its_end_show_in_the_status(venue):
    def shown(client):
        products = {each["id"]: each for each in client.until("status")["products"]}
        told = products[venue.product_id]
        return told["phase"], told["phase_cause"], told["status_message"], told["killed"]

    target = {"actor": VENUE, "instrument": venue.listed.instrument, "reason": Cause.RISK}
    with feed_client(venue) as client:
        client.subscribe([], "status")
        assert shown(client)[3] is False
        ask(venue.exchange, c.Kill(**target))
        assert shown(client) == ("halted", "risk", "halted: risk", True)
        ask(venue.exchange, c.Unkill(**target))
        assert shown(client) == ("halted", "risk", "halted: risk", False)
        phase = c.SetPhase(actor=VENUE, instrument=target["instrument"], phase=Phase.CONTINUOUS, trading_day=30_000)
        ask(venue.exchange, phase)
        assert shown(client) == ("continuous", "", "", False)
