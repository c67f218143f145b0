"""A venue under the profile `cn-unapproved` over HTTP: offers and the issuer's own auction, and nothing else."""

import json

import pytest
from api_venue import ServerThread, operations, refused, venue_of

from exchange.operations.asking import ask
from exchange.operations.listing import submit_listing
from exchange.vocabulary import commands as c
from exchange.vocabulary.codec import EVENTS
from exchange.vocabulary.instruments import Cause, Phase, Side
from exchange.vocabulary.participants import VENUE, ParticipantState, Role
from exchange.vocabulary.units import FOREVER_NS, MAX_LOTS

SAMPLING = {
    "manual_items": 240,
    "manual_pass_bp": 9_900,
    "technical_share_bp": 10_000,
    "technical_pass_bp": 9_900,
    "illegal_content_bp": 0,
}
DIGEST = bytes(range(32))
CAP = 199


def listed(venue):
    """A dataset with the sampling report that such a venue demands, listed for the vendor."""
    croissant, files, evidence = operations.dataset(**{"tex:evidence": {"sampling-report": "sampling.json"}})
    report = {**evidence, "sampling.json": json.dumps(SAMPLING).encode()}
    return submit_listing(venue.exchange, VENUE, venue.vendor.account, croissant, files, report, copies=1000)


@pytest.fixture(scope="module")
def unapproved(tmp_path_factory):
    """A venue with a vendor's listed dataset."""
    with ServerThread(tmp_path_factory.mktemp("unapproved") / "data", licence_profile="cn-unapproved") as server:
        venue = venue_of(server)
        venue.vendor = venue.member("vendor")
        venue.listed = listed(venue)
        yield venue
        for client in venue.clients:
            client.close()


@pytest.fixture
def venue(unapproved):
    """With two members of the test's own, whom the gate lets buy and sell; closed before and after."""
    for name in ("buyer", "other"):
        client = unapproved.member(name, cash_minor=10**9)
        setattr(unapproved, name, client)
        for side in ("buy", "sell"):
            asked = {"product_id": unapproved.product_id, "side": side, "purpose": "training"}
            assert client.post("/entitlements", asked).status_code == 200
    yield unapproved
    if unapproved.exchange.directory.instruments[unapproved.listed.instrument].phase != Phase.CLOSED:
        move(unapproved, "closed")


def taken(response):
    assert response.status_code == 200, response.text
    return response.json()


def terms(venue, side, ticks, lots, **more):
    price, size = venue.price(ticks), venue.size(lots)
    return {"product_id": venue.product_id, "side": side, "price": price, "size": size} | more


def offer(client, venue, *wanted, **more):
    return taken(client.post("/offers", terms(venue, *wanted, **more)))["id"]


def accept(client, offer_id, **body):
    return client.post(f"/offers/{offer_id}/accept", body)


def move(venue, *phases):
    for phase in phases:
        taken(venue.operator.post(f"/products/{venue.product_id}/phase", {"phase": phase}))


def turn(venue, days):
    """So many trading days later, as a schedule's moves would have it."""
    instrument = venue.listed.instrument
    day = venue.exchange.directory.instruments[instrument].trading_day
    for later in range(1, days + 1):
        for phase in (Phase.PRE_OPEN, Phase.CLOSED):
            moved = c.SetPhase(instrument=instrument, phase=phase, trading_day=day + later, reason=Cause.SCHEDULE)
            ask(venue.exchange, moved)


def test_orders_are_not_licensed_and_offers_are(venue):
    refused(venue.buyer.post("/orders", terms(venue, "buy", 500, 1)), 400, "INSTRUMENT_CLOSED")
    move(venue, "halted", "continuous")
    for client, side in ((venue.buyer, "buy"), (venue.vendor, "sell")):
        refused(client.post("/orders", terms(venue, side, 500, 1)), 400, "MODE_NOT_LICENSED")
        later = terms(venue, side, 500, 1, time_in_force="AT_CLOSE")
        refused(client.post("/orders", later), 400, "MODE_NOT_LICENSED")
    told = taken(accept(venue.buyer, offer(venue.vendor, venue, "sell", 500, 2)))
    assert told["filled_size"] == venue.size(2)
    (printed,) = taken(venue.public.get(f"/products/{venue.product_id}/trades", limit=1))
    assert printed["match_type"] == "negotiated"


def test_in_the_issuers_auction_only_the_issuer_sells(venue):
    taken(accept(venue.other, offer(venue.vendor, venue, "sell", 500, 2)))
    turn(venue, 5)
    move(venue, "pre_open", "opening_auction")
    refused(venue.other.post("/orders", terms(venue, "sell", 500, 1)), 400, "MODE_NOT_LICENSED")
    taken(venue.vendor.post("/orders", terms(venue, "sell", 500, 3)))
    bid = taken(venue.buyer.post("/orders", terms(venue, "buy", 510, 2)))
    move(venue, "continuous", "closed")
    assert taken(venue.buyer.get(f"/orders/{bid['id']}"))["done_reason"] == "filled"
    (fill,) = taken(venue.buyer.get("/fills"))
    assert fill["match_type"] == "auction"


def test_five_trading_days_lie_between_opposite_trades(venue):
    taken(accept(venue.buyer, offer(venue.vendor, venue, "sell", 500, 2)))
    wanted = offer(venue.other, venue, "buy", 520, 2)
    for days in (0, 4):
        turn(venue, days)
        refused(accept(venue.buyer, wanted), 400, "TOO_EARLY")
        refused(venue.buyer.post("/offers", terms(venue, "sell", 520, 2)), 400, "TOO_EARLY")
    turn(venue, 1)
    assert taken(accept(venue.buyer, wanted))["side"] == "sell"
    refused(accept(venue.buyer, offer(venue.vendor, venue, "sell", 500, 2)), 400, "TOO_EARLY")


def count_holders(venue):
    """Each account is another owner's; whoever sold all it had holds nothing."""
    base = venue.exchange.directory.instruments[venue.listed.instrument].base
    assert venue.exchange.projector.wait_for(venue.exchange.sequence, 30)
    claims = [row for row in venue.exchange.history.balances() if row["asset"] == base and row["account"]]
    return len({row["account"] for row in claims if row["amount"]})


def holders(venue, count):
    """So many more participants who take one lot each of an offer to everyone."""
    instrument, exchange = venue.listed.instrument, venue.exchange
    offer_id = int(offer(venue.vendor, venue, "sell", 1, count, part=True))

    def submit(made):
        reply = exchange.submit(b"".join(command.encode() for command in made)).result(60)
        return [next(EVENTS.decode_all(events)) for events in reply.events]

    joined = submit([c.RegisterParticipant(profile=DIGEST) for _ in range(count)])
    participants = [event.participant for event in joined]
    for state in (ParticipantState.VERIFIED, ParticipantState.ACTIVE):
        submit([c.SetParticipantState(participant=each, state=state, evidence=DIGEST) for each in participants])
    accounts = [event.account for event in submit([c.OpenAccount(participant=each) for each in participants])]
    asset = exchange.directory.asset("CNY").asset
    begun = submit([c.BeginDeposit(account=each, asset=asset, amount=10_000, key="d") for each in accounts])
    submit([c.ConfirmTransfer(transfer=event.transfer) for event in begun])
    grant = {"instrument": instrument, "side": Side.BUY, "purpose": 1, "decision": DIGEST, "min_days": 5}
    limits = {"position_limit_lots": MAX_LOTS, "expires_at_ns": FOREVER_NS}
    submit([c.GrantEntitlement(account=each, **grant, **limits) for each in accounts])
    submit([c.AcceptOffer(account=each, offer=offer_id, lots=1) for each in accounts])
    return accounts


def test_an_instrument_has_fewer_than_200_holders(venue):
    holders(venue, CAP - 1 - count_holders(venue))
    block = offer(venue.vendor, venue, "sell", 500, 3, part=True)
    taken(accept(venue.buyer, block, size=venue.size(1)))
    refused(accept(venue.other, block, size=venue.size(1)), 400, "TOO_MANY_HOLDERS")
    refused(venue.other.post("/offers", terms(venue, "buy", 500, 1)), 400, "TOO_MANY_HOLDERS")
    taken(accept(venue.buyer, block, size=venue.size(1)))


def test_under_the_open_profile_one_product_trades_in_every_mode(tmp_path):
    with ServerThread(tmp_path / "data") as server:
        venue = venue_of(server)
        market = operations.market(venue.exchange, copies=50)
        venue.listed = market.listed
        vendor = venue.client(market.vendor, market.vendor_account, Role.VENDOR)
        buyer = venue.client(market.buyer, market.buyer_account, Role.BUYER)
        taken(vendor.post("/orders", terms(venue, "sell", 500, 1)))
        taken(buyer.post("/orders", terms(venue, "buy", 500, 1)))
        taken(accept(buyer, offer(vendor, venue, "sell", 500, 1)))
        move(venue, "closing_auction")
        taken(vendor.post("/orders", terms(venue, "sell", 500, 1)))
        taken(buyer.post("/orders", terms(venue, "buy", 500, 1)))
        move(venue, "closed")
        kinds = [each["match_type"] for each in taken(venue.public.get(f"/products/{venue.product_id}/trades"))]
        assert kinds == ["auction", "negotiated", "continuous"]
        for client in venue.clients:
            client.close()
