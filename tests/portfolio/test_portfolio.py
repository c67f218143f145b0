"""The private view against the engine: at every moment what a fresh view out of a snapshot would show."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_venue import INTERVENTIONS, SmallVenue

from exchange.portfolio import messages
from exchange.portfolio.portfolio import Portfolio
from exchange.vocabulary import commands as c
from exchange.vocabulary.codec import EVENTS
from exchange.vocabulary.instruments import OrderType, Phase, SelfTrade, Side, TimeInForce
from exchange.vocabulary.reasons import DoneReason
from exchange.vocabulary.state import decode_snapshot
from exchange.vocabulary.wire import Scales

SCALES = Scales(tick_minor=100, quote_scale=2, lot_rtu=100_000)


class Watched:
    def __init__(self):
        self.venue = SmallVenue().open(lots=1_000, cash=10**9).open_pool()
        self.portfolio = rebuilt(self.venue)
        self.told = {self.venue.vendor: [], self.venue.buyer: [], self.venue.other: []}

    def apply(self, *commands):
        events = list(EVENTS.decode_all(self.venue.apply(*commands).events))
        for event in events:
            self.portfolio.apply(event)
            for account in messages.accounts_of(event):
                self.told[account] += messages.user_messages(event, account, "MEDZH-CNY", SCALES)
        return events

    def place(self, account, side, price, lots, **fields):
        self.apply(self.venue.order(account, side, price, lots, **fields))
        return self.venue.sequence * 16

    def owns(self, account, asset):
        balance = self.portfolio.balances.of(account)[asset]
        return balance.total, balance.held


def rebuilt(venue):
    return Portfolio(decode_snapshot(venue.engine.snapshot()))


def balances(portfolio, accounts):
    return {
        (account, asset): (balance.total, balance.held)
        for account in accounts
        for asset, balance in portfolio.balances.of(account).items()
        if balance.total or balance.held
    }


@pytest.fixture
def watched():
    return Watched()


def test_a_bid_holds_its_cash_with_the_fee_and_a_cancel_frees_it(watched):
    venue = watched.venue
    order = watched.place(venue.buyer, Side.BUY, 100, 10)
    assert watched.owns(venue.buyer, venue.cny) == (10**9, 10_020)
    watched.apply(c.CancelOrder(account=venue.buyer, order_id=order))
    assert watched.owns(venue.buyer, venue.cny) == (10**9, 0)
    assert watched.portfolio.orders.by_id(order).done_reason == DoneReason.CANCELED


def test_a_fill_moves_cash_claims_and_fees_and_stands_with_both_sides(watched):
    venue = watched.venue
    ask = watched.place(venue.vendor, Side.SELL, 100, 10)
    bid = watched.place(venue.buyer, Side.BUY, 100, 4)
    assert watched.owns(venue.buyer, venue.cny) == (10**9 - 4_000 - 8, 0)
    assert watched.owns(venue.buyer, venue.base) == (4, 0)
    assert watched.owns(venue.vendor, venue.base) == (996, 6)
    assert watched.owns(0, venue.cny) == (12, 0)
    (mine,) = watched.portfolio.orders.fills(venue.vendor)
    assert (mine.order_id, mine.is_maker, mine.fee_minor) == (ask, True, 4)
    assert watched.portfolio.orders.by_id(bid).done_reason == DoneReason.FILLED
    assert [order.order_id for order in watched.portfolio.orders.open(venue.vendor)] == [ask]


def test_a_withdrawal_is_held_until_it_has_left(watched):
    venue = watched.venue
    watched.apply(c.BeginWithdrawal(account=venue.buyer, asset=venue.cny, amount=700, key="w"))
    transfer = venue.sequence
    assert watched.owns(venue.buyer, venue.cny) == (10**9, 700)
    watched.apply(c.ConfirmTransfer(transfer=transfer))
    assert watched.owns(venue.buyer, venue.cny) == (10**9 - 700, 0)


def test_an_answer_given_again_changes_nothing(watched):
    venue = watched.venue
    order = watched.place(venue.buyer, Side.BUY, 100, 10, client_order_id="one")
    before = watched.owns(venue.buyer, venue.cny)
    events = watched.apply(venue.order(venue.buyer, Side.BUY, 100, 10, client_order_id="one"))
    assert [event.order_id for event in events] == [order]
    assert watched.owns(venue.buyer, venue.cny) == before
    assert len(watched.portfolio.orders.open(venue.buyer)) == 1


def test_an_order_is_found_by_every_client_id_it_had(watched):
    venue = watched.venue
    order = watched.place(venue.buyer, Side.BUY, 100, 10, client_order_id="one")
    watched.apply(c.AmendOrder(account=venue.buyer, order_id=order, lots=5, new_client_order_id="two"))
    found = [watched.portfolio.orders.by_client_id(venue.buyer, name) for name in ("one", "two")]
    assert [each.order_id for each in found] == [order, order]
    assert watched.portfolio.orders.by_client_id(venue.other, "one") is None


def test_the_feed_tells_an_order_from_its_receipt_to_its_end(watched):
    venue = watched.venue
    watched.place(venue.vendor, Side.SELL, 100, 10)
    watched.place(venue.buyer, Side.BUY, 100, 4)
    watched.place(venue.buyer, Side.BUY, 100, 9, tif=TimeInForce.IOC)
    assert [each["type"] for each in watched.told[venue.vendor]] == ["received", "open", "match", "match", "done"]
    buyer = watched.told[venue.buyer]
    assert [each["type"] for each in buyer] == ["received", "match", "done", "received", "match", "done"]
    assert [each["reason"] for each in buyer if each["type"] == "done"] == ["filled", "canceled"]
    assert buyer[-1]["done_detail"] == "ioc_remainder"
    assert {each["side"] for each in buyer if each["type"] == "match"} == {"sell"}


def test_an_unfilled_ioc_is_done_and_canceled(watched):
    order = watched.place(watched.venue.buyer, Side.BUY, 100, 4, tif=TimeInForce.IOC)
    told = messages.order(watched.portfolio.orders.by_id(order), "MEDZH-CNY", SCALES)
    assert (told["status"], told["done_reason"], told["filled_size"]) == ("done", "canceled", "0.000000")
    assert (told["price"], told["size"]) == ("100.00", "0.400000")


def offered(watched, account, lots, to=(), **terms):
    watched.apply(watched.venue.offer(account, Side.SELL, 100, lots, to, **terms))
    return watched.venue.sequence * 16


def seen(watched, account, offer):
    return messages.offer(watched.portfolio.offers.seen_by(account, offer), account, "MEDZH-CNY", SCALES)


def test_an_offer_tells_its_owner_to_whom_it_goes_and_others_only_what_they_may_take(watched):
    venue = watched.venue
    offer = offered(watched, venue.vendor, 9, (venue.buyer,), part=1, client_order_id="mine", expire_at_ns=2**62)
    mine, theirs = seen(watched, venue.vendor, offer), seen(watched, venue.buyer, offer)
    own = {"profile_id": str(venue.vendor), "to": [str(venue.buyer)], "client_oid": "mine", "mine": True}
    assert mine == theirs | own
    assert (theirs["remaining_size"], theirs["private"], theirs["part"]) == ("0.900000", True, True)
    assert "expire_time" in theirs
    assert watched.portfolio.offers.seen_by(venue.other, offer) is None


def test_an_offer_is_open_until_all_of_it_is_taken_and_is_known_afterwards(watched):
    venue = watched.venue
    offer = offered(watched, venue.vendor, 9, part=1)
    watched.apply(c.AcceptOffer(account=venue.buyer, offer=offer, lots=4))
    assert [view.order_id for view in watched.portfolio.offers.open()] == [offer]
    assert seen(watched, venue.other, offer)["remaining_size"] == "0.500000"
    watched.apply(c.AcceptOffer(account=venue.other, offer=offer))
    assert list(watched.portfolio.offers.open()) == []
    told = seen(watched, venue.other, offer)
    assert (told["status"], told["done_reason"]) == ("done", "filled")


def test_a_withdrawn_offer_is_open_no_more(watched):
    venue = watched.venue
    offer = offered(watched, venue.vendor, 9)
    watched.apply(c.WithdrawOffer(account=venue.vendor, offer=offer))
    assert list(watched.portfolio.offers.open()) == []
    assert seen(watched, venue.vendor, offer)["done_detail"] == "canceled"
    assert watched.owns(venue.vendor, venue.base) == (1_000, 0)


def test_the_feed_tells_an_offer_and_its_acceptance_to_their_owners(watched):
    venue = watched.venue
    offer = offered(watched, venue.vendor, 9)
    watched.apply(c.AcceptOffer(account=venue.buyer, offer=offer))
    assert [each["type"] for each in watched.told[venue.vendor]] == ["received", "match", "done"]
    assert [each["type"] for each in watched.told[venue.buyer]] == ["received", "match", "done"]
    assert watched.told[venue.vendor][0]["order_type"] == "offer"


def test_an_order_that_is_no_offer_is_seen_as_none(watched):
    order = watched.place(watched.venue.vendor, Side.SELL, 100, 1)
    assert watched.portfolio.offers.seen_by(watched.venue.vendor, order) is None


ACTIONS = st.one_of(
    st.tuples(
        st.just("place"), st.integers(0, 2), st.sampled_from(Side), st.integers(95, 105), st.integers(1, 9),
        st.sampled_from([TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK, OrderType.MARKET]),
        st.sampled_from(SelfTrade),
    ),
    st.tuples(
        st.just("special"), st.integers(0, 2), st.sampled_from(Side), st.integers(95, 105), st.integers(1, 9),
        st.sampled_from(["iceberg", "stop", "stop limit", "funds", "at close"]),
    ),
    st.tuples(
        st.just("phase"),
        st.sampled_from([Phase.CLOSING_AUCTION, Phase.VOLATILITY_AUCTION, Phase.HALTED, Phase.CONTINUOUS]),
    ),
    st.tuples(st.just("cancel"), st.integers(0, 30)),
    st.tuples(st.just("amend"), st.integers(0, 30), st.integers(0, 105), st.integers(0, 9)),
    st.tuples(st.sampled_from(["deliver", "pool", "deliver graded"]), st.integers(0, 2), st.integers(1, 3)),
    st.tuples(st.just("withdraw"), st.integers(0, 2), st.integers(1, 10**6), st.booleans()),
    st.tuples(st.just("intervene"), st.sampled_from(INTERVENTIONS), st.integers(0, 8)),
    st.tuples(
        st.just("offer"), st.integers(0, 2), st.sampled_from(Side), st.integers(95, 105), st.integers(1, 9),
        st.sets(st.integers(0, 2)),
    ),
    st.tuples(st.just("accept"), st.integers(0, 2), st.integers(0, 30), st.integers(0, 4)),
    st.tuples(st.just("unoffer"), st.integers(0, 30)),
)  # fmt: skip


def perform(watched, action, orders):
    venue = watched.venue
    accounts = (venue.vendor, venue.buyer, venue.other)
    match action:
        case ("place", who, side, price, lots, kind, stp):
            terms = {"self_trade": stp, "client_order_id": f"c{venue.sequence % 40}"}
            if kind is OrderType.MARKET:
                terms |= {"type": kind, "tif": TimeInForce.IOC}
                price = 0
            else:
                terms["tif"] = kind
            orders.append((accounts[who], watched.place(accounts[who], side, price, lots, **terms)))
        case ("special", who, *terms):
            watched.apply(venue.special(accounts[who], *terms))
            orders.append((accounts[who], 16 * venue.sequence))
        case ("phase", phase):
            watched.apply(venue.phase(phase))
        case ("intervene", *what):
            watched.apply(venue.intervention(*what))
        case ("pool", who, lots):
            watched.apply(venue.pooling(accounts[who], lots, f"p{venue.sequence}"))
        case ("deliver" | "deliver graded" as kind, who, lots):
            key = f"k{venue.sequence}"
            decision = bytes([1]) * 32
            base = venue.base if kind == "deliver" else venue.pool
            watched.apply(c.TakeDelivery(account=accounts[who], base=base, lots=lots, decision=decision, key=key))
        case ("withdraw", who, amount, confirmed):
            key = f"w{venue.sequence}"
            watched.apply(c.BeginWithdrawal(account=accounts[who], asset=venue.cny, amount=amount, key=key))
            ends = c.ConfirmTransfer if confirmed else c.AbortTransfer
            watched.apply(ends(transfer=venue.sequence))
        case ("offer", who, side, price, lots, to):
            named = [accounts[each] for each in sorted(to)]
            watched.apply(venue.offer(accounts[who], side, price, lots, named, part=lots % 2))
            orders.append((accounts[who], 16 * venue.sequence))
        case ("accept", who, number, lots):
            offer = orders[number % len(orders)][1] if orders else 0
            watched.apply(c.AcceptOffer(account=accounts[who], offer=offer, lots=lots))
        case (kind, number, *values):
            account, order = orders[number % len(orders)] if orders else (accounts[0], 0)
            if kind == "unoffer":
                watched.apply(c.WithdrawOffer(account=account, offer=order))
            elif kind == "cancel":
                watched.apply(c.CancelOrder(account=account, order_id=order))
            else:
                watched.apply(c.AmendOrder(account=account, order_id=order, price_ticks=values[0], lots=values[1]))


@settings(max_examples=40, deadline=None)
@given(st.lists(ACTIONS, max_size=60))
def test_a_view_that_followed_equals_one_out_of_a_snapshot(actions):
    watched, orders = Watched(), []
    for action in actions:
        perform(watched, action, orders)
    fresh, venue = rebuilt(watched.venue), watched.venue
    accounts = (0, venue.vendor, venue.buyer, venue.other)
    assert balances(watched.portfolio, accounts) == balances(fresh, accounts)
    for account in accounts:
        assert watched.portfolio.orders.open(account) == fresh.orders.open(account)
        assert watched.portfolio.orders.done(account) == fresh.orders.done(account)
    assert list(watched.portfolio.offers.open()) == list(fresh.offers.open())
