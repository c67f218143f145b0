import json

import pytest
from open_venue import IDENTITY, market, member, order, refusal

from exchange.operations.admission import activate_participant, open_account, register_participant
from exchange.operations.asking import ask
from exchange.operations.entitling import request_entitlement
from exchange.operations.issuing import issue
from exchange.runtime import Exchange, Settings
from exchange.vocabulary import commands
from exchange.vocabulary.instruments import Purpose, Side
from exchange.vocabulary.participants import VENUE
from exchange.vocabulary.units import MAX_LOTS, NS_PER_SECOND

DAY_NS = 86_400 * NS_PER_SECOND


@pytest.fixture
def account(venue):
    """Of a new member with cash."""
    return member(venue, cash_minor=10_000_000)[1]


def asked(standing, account, purpose=Purpose.TRAINING, side=Side.BUY, **limits):
    """The arguments of a request for an entitlement in the standing market."""
    return (standing.exchange, VENUE, account, standing.listed.instrument, side, purpose, *limits.values())


def denied(standing, *arguments):
    """Have a request denied; (rules, decision) with the denial found on record."""
    exchange = standing.exchange
    refused = refusal("GATE_REFUSED", request_entitlement, *arguments)
    assert all(reason.law for reason in refused.reasons)
    told = [(each["rule"], each["law"]) for each in refused.details["reasons"]]
    assert told == [(reason.rule_id, reason.law) for reason in refused.reasons]
    digest = bytes.fromhex(refused.details["decision"])
    exchange.projector.wait_for(exchange.sequence, 10)
    (row,) = exchange.register.decision(digest)
    assert not row["permitted"]
    document = json.loads(exchange.vault.get(digest.hex()))
    assert document["permitted"] is False
    return [rule for rule, _ in told], document


def in_force(standing, account, side=Side.BUY):
    return standing.exchange.directory.entitlements.get((account, standing.listed.instrument, side))


def test_what_the_gate_permits_is_granted_with_its_limits_and_lets_trade(standing, venue, account):
    refusal("NOT_ENTITLED", order, venue, account, standing.listed.instrument, Side.BUY, 100, 1)
    granted = request_entitlement(*asked(standing, account, limit=3))
    entry = in_force(standing, account)
    assert (entry.entitlement, entry.decision) == (granted.entitlement, granted.decision)
    assert entry.position_limit_lots == granted.position_limit_lots == 3
    assert json.loads(venue.vault.get(granted.decision.hex()))["permitted"] is True
    assert order(venue, account, standing.listed.instrument, Side.BUY, 100, 3).lots == 3
    refusal("QUOTA_EXCEEDED", order, venue, account, standing.listed.instrument, Side.BUY, 100, 1)


def test_a_purpose_that_the_licence_does_not_offer_is_denied_by_rule_and_article(standing, account):
    rules, document = denied(standing, *asked(standing, account, Purpose.RETRIEVAL))
    assert rules == ["EX-02"]
    assert document["terms"]["account"] == account
    assert in_force(standing, account) is None


def test_a_buyer_outside_the_licensed_territory_is_denied(standing, venue):
    _, account = member(venue, "Abroad", jurisdiction="FR")
    rules, _ = denied(standing, *asked(standing, account))
    assert rules == ["EX-11"]


def test_an_unverified_buyer_is_denied(standing, venue):
    participant = register_participant(venue, VENUE, "Newcomer", "organisation", IDENTITY)
    rules, _ = denied(standing, *asked(standing, open_account(venue, VENUE, participant)))
    assert rules == ["CN-01"]


def test_a_blocked_account_is_denied_and_loses_what_it_had(standing, venue, account):
    request_entitlement(*asked(standing, account))
    resting = order(venue, account, standing.listed.instrument, Side.BUY, 100, 1)
    ask(venue, commands.BlockAccount(actor=VENUE, account=account))
    rules, _ = denied(standing, *asked(standing, account))
    assert rules == ["EX-04"]
    assert in_force(standing, account) is None
    venue.projector.wait_for(venue.sequence, 10)
    assert venue.history.order(resting.order_id)["done_ns"] > 0


def test_a_denial_ends_the_grant_in_force_and_its_orders(standing, venue, account):
    request_entitlement(*asked(standing, account))
    order(venue, account, standing.listed.instrument, Side.BUY, 100, 1)
    denied(standing, *asked(standing, account, Purpose.RESEARCH))
    assert in_force(standing, account) is None
    refusal("NOT_ENTITLED", order, venue, account, standing.listed.instrument, Side.BUY, 100, 1)


def test_a_new_grant_replaces_the_one_before(standing, account):
    first = request_entitlement(*asked(standing, account, limit=3))
    second = request_entitlement(*asked(standing, account, Purpose.EVALUATION, limit=5))
    assert first.entitlement < second.entitlement == in_force(standing, account).entitlement
    assert in_force(standing, account).purpose == Purpose.EVALUATION


@pytest.mark.parametrize("limit", [0, -1, MAX_LOTS + 1])
def test_a_position_limit_is_a_positive_number_of_lots(standing, venue, account, limit):
    sequence = venue.sequence
    refusal("BAD_VALUE", request_entitlement, *asked(standing, account, limit=limit))
    refusal("BAD_VALUE", request_entitlement, *asked(standing, account, Purpose(0)))
    assert venue.sequence == sequence


def test_of_unknown_accounts_and_instruments_nothing_is_judged(standing, venue, account):
    sequence = venue.sequence
    refusal("UNKNOWN_ACCOUNT", request_entitlement, *asked(standing, 10**6))
    refusal("UNKNOWN_PRODUCT", request_entitlement, venue, VENUE, account, 10**6, Side.BUY, Purpose.TRAINING)
    assert venue.sequence == sequence


def test_a_grant_ends_with_the_verification_it_relies_on(standing, venue):
    ends_ns = venue.now_ns() + 5 * DAY_NS
    participant = register_participant(
        venue, VENUE, "Firm for a while", "organisation", IDENTITY, expires_at_ns=ends_ns
    )
    activate_participant(venue, VENUE, participant)
    account = open_account(venue, VENUE, participant)
    assert request_entitlement(*asked(standing, account)).expires_at_ns == ends_ns


def test_a_grant_lasts_as_long_as_the_venue_lets_it(standing, venue, account):
    life_ns = request_entitlement(*asked(standing, account)).expires_at_ns - venue.now_ns()
    assert 0 <= venue.settings.entitlement_days * DAY_NS - life_ns < 60 * NS_PER_SECOND


def test_a_denial_after_the_grant_ran_out_is_on_record_all_the_same(exchange):
    """Nobody has been told of its end, for no clock has ticked since."""
    there = market(exchange)
    exchange.close()
    ahead_ns = [0]
    settings = Settings(data_folder=exchange.settings.data_folder, clock_idle_s=3600.0)
    late = Exchange.open(settings, clock=lambda: exchange.now_ns() + ahead_ns[0])
    late.start()
    there.exchange = late
    ahead_ns[0] = 400 * DAY_NS
    assert in_force(there, there.buyer_account)
    rules, _ = denied(there, *asked(there, there.buyer_account, Purpose.RESEARCH))
    assert rules == ["EX-02"]
    assert not late.directory.entitlements
    late.close()


def test_of_two_denials_at_once_both_are_on_record(standing, venue, account, monkeypatch):
    """The second finds the grant in the directory and, when its command comes, no longer in the machine."""
    request_entitlement(*asked(standing, account))
    entry = in_force(standing, account)
    denied(standing, *asked(standing, account, Purpose.RESEARCH))
    monkeypatch.setitem(venue.directory.entitlements, (account, standing.listed.instrument, Side.BUY), entry)
    denied(standing, *asked(standing, account, Purpose.RETRIEVAL))


def test_claims_are_issued_once(standing, venue):
    refusal("ALREADY_ISSUED", issue, venue, standing.listed.base)
