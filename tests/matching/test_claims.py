"""Issue, entitlement and delivery (rules 19 and 20)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from venue import Venue, kinds, refusal

from exchange.vocabulary import commands
from exchange.vocabulary.events import LotDelivered
from exchange.vocabulary.instruments import Side
from exchange.vocabulary.rows import DeliveryRow
from simulations.sandbox import Terms, digest

PERMITTED = digest("deliver")


def deliver(venue, account, lots, key="k", decision=PERMITTED):
    command = commands.TakeDelivery(account=account, base=venue.base, lots=lots, decision=decision, key=key)
    return [event.lot for event in venue.does(command) if isinstance(event, LotDelivered)]


@pytest.fixture
def two_copies():
    """A base of 2,000 lots in two copies: enough for ann and bob's 1,000 claims each, and as many over."""
    return Venue(terms=Terms(lots=2_000, copies=2))


def test_a_base_is_issued_once(venue):
    assert refusal(venue.does(commands.Issue(base=venue.base))) == "ALREADY_ISSUED"
    assert refusal(venue.does(commands.Issue(base=9_999))) == "UNKNOWN_BASE"


def test_delivery_burns_claims_and_assigns_the_lowest_lots_first(two_copies):
    venue = two_copies
    assert deliver(venue, venue.ann, 3) == [0, 1, 2]
    assert venue.balance(venue.ann, venue.base) == (997, 0)


def test_the_least_delivered_lots_go_first(two_copies):
    venue = two_copies
    deliver(venue, venue.ann, 3)
    assert deliver(venue, venue.bob, 2) == [3, 4]


def test_with_one_copy_every_lot_goes_to_one_holder():
    venue = Venue(terms=Terms(lots=2_000, copies=1))
    taken = deliver(venue, venue.ann, 1_000) + deliver(venue, venue.bob, 1_000)
    assert sorted(taken) == list(range(2_000))


def test_nobody_gets_a_lot_twice():
    venue = Venue(terms=Terms(lots=700, copies=10))
    assert len(deliver(venue, venue.ann, 600)) == 600
    venue.does(commands.TakeDelivery(account=venue.ann, base=venue.base, lots=101, decision=digest("d"), key="more"))
    assert refusal(venue.answers) == "NOTHING_LEFT_TO_DELIVER"
    assert deliver(venue, venue.ann, 100, key="rest") == list(range(600, 700))


def test_claims_held_for_a_sale_cannot_be_delivered(venue):
    venue.sell(venue.ann, 100, 999)
    command = commands.TakeDelivery(account=venue.ann, base=venue.base, lots=2, decision=digest("d"), key="k")
    assert refusal(venue.does(command)) == "INSUFFICIENT_CLAIMS"


def test_a_repeated_delivery_is_answered_again_and_burns_nothing(two_copies):
    venue = two_copies
    first = deliver(venue, venue.ann, 3)
    assert deliver(venue, venue.ann, 3) == first
    assert venue.balance(venue.ann, venue.base) == (997, 0)
    assert len(venue.rows(DeliveryRow)) == 3


def test_a_delivery_needs_the_gates_decision(venue):
    assert deliver(venue, venue.ann, 1, decision=bytes(32)) == []
    assert refusal(venue.answers) == "NO_DECISION"


def test_delivered_lots_count_against_the_position_limit(two_copies):
    venue = two_copies
    venue.entitle(venue.ann, position_limit_lots=1_001)
    deliver(venue, venue.ann, 500)
    assert refusal(venue.buy(venue.ann, 1, 2)) == "QUOTA_EXCEEDED"
    assert not refusal(venue.buy(venue.ann, 1, 1))


def test_revoking_ends_the_orders_that_it_covered_and_no_others(venue):
    venue.buy(venue.ann, 90, 1)
    venue.sell(venue.ann, 110, 1)
    ask = venue.last_order
    revoke = commands.RevokeEntitlement(
        account=venue.ann, instrument=venue.instrument, side=Side.BUY, decision=digest("recall")
    )
    assert kinds(venue.does(revoke)) == ["EntitlementEnded", "OrderDone"]
    assert venue.book() == {"bids": [], "asks": [(110, 1, ask)]}
    assert refusal(venue.does(revoke)) == "UNKNOWN_ENTITLEMENT"


def test_expiry_ends_its_orders_before_the_next_command_and_is_named_afterwards(venue):
    venue.entitle(venue.ann, expires_at_ns=venue.now_ns + 5_000_000)
    venue.buy(venue.ann, 90, 1)
    venue.now_ns += 10_000_000
    answers = venue.does(commands.Clock())
    assert kinds(answers) == ["EntitlementEnded", "EntitlementEnded", "OrderDone", "ClockTicked"] or kinds(answers) == [
        "EntitlementEnded",
        "OrderDone",
        "EntitlementEnded",
        "ClockTicked",
    ]
    assert venue.book()["bids"] == []
    assert refusal(venue.buy(venue.ann, 90, 1)) == "ENTITLEMENT_EXPIRED"


def test_a_new_grant_replaces_the_old_one_with_its_timer(venue):
    venue.entitle(venue.ann, expires_at_ns=venue.now_ns + 5_000_000)
    venue.buy(venue.ann, 90, 1)
    venue.entitle(venue.ann)
    venue.now_ns += 10_000_000
    assert kinds(venue.does(commands.Clock())) == ["ClockTicked"]
    assert len(venue.book()["bids"]) == 1


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(1, 40)), max_size=12), st.integers(1, 4))
def test_whatever_is_delivered_claims_are_conserved_and_lots_are_spread_evenly(wanted, copies):
    venue = Venue(terms=Terms(lots=2_000 // copies + 1, copies=copies))
    for number, (is_ann, lots) in enumerate(wanted):
        deliver(venue, venue.ann if is_ann else venue.bob, lots, key=str(number))
    counts: dict[int, int] = {}
    for row in venue.rows(DeliveryRow):
        counts[row.lot] = counts.get(row.lot, 0) + 1
    assert max(counts.values(), default=0) <= (1 if copies == 1 else 2)
