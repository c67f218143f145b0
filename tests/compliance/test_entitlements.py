import hashlib
import json
from dataclasses import replace

import pytest
from compliance_facts import AT_NS, GOOD_DATASET, GOOD_PARTICIPANT, GOOD_REQUEST, dataset, participant, request

from exchange.compliance.decisions import Action
from exchange.compliance.entitlements import EntitlementVerdict, entitle
from exchange.compliance.facts import LegalBasis
from exchange.vocabulary.codec import COMMANDS
from exchange.vocabulary.commands import GrantEntitlement, RevokeEntitlement
from exchange.vocabulary.instruments import Mode, Purpose, Side

EXPIRES_NS = AT_NS + 1_000


def verdict(gate, who=GOOD_PARTICIPANT, what=GOOD_DATASET, asked=GOOD_REQUEST):
    return entitle(
        gate,
        who,
        what,
        asked,
        account=11,
        instrument=3,
        position_limit_lots=40,
        expires_at_ns=EXPIRES_NS,
        decided_at_ns=AT_NS,
    )


def test_two_permits_become_a_grant_with_the_digest_of_both(gate):
    granted = verdict(gate)
    assert granted.grant(actor=2) == GrantEntitlement(
        actor=2,
        account=11,
        instrument=3,
        side=Side.BUY,
        purpose=Purpose.TRAINING,
        min_days=0,
        position_limit_lots=40,
        expires_at_ns=EXPIRES_NS,
        decision=hashlib.sha256(granted.document()).digest(),
    )


def test_a_grant_survives_the_journal(gate):
    command = verdict(gate).grant(actor=2)
    assert COMMANDS.decode(command.encode()) == command


def test_the_document_holds_terms_and_both_decisions(gate):
    document = json.loads(verdict(gate).document())
    assert document["permitted"] is True
    assert document["terms"]["purposes"] == ["training"]
    assert (document["order"]["action"], document["settle"]["action"]) == ("order", "settle")


def test_a_venue_without_approval_puts_five_days_between_opposite_trades(cn_gate):
    asked = request(modes=Mode.NEGOTIATED, max_holders=199)
    assert verdict(cn_gate, asked=asked).grant(actor=2).min_days == 5


def test_a_seller_is_entitled_without_a_purpose(gate):
    granted = verdict(gate, asked=request(side=Side.SELL, purposes=Purpose(0)))
    assert granted.grant(actor=2).side == Side.SELL


def test_a_settlement_that_is_denied_denies_the_entitlement(gate):
    personal = dataset(declares_personal=True, legal_bases=frozenset({LegalBasis.SEPARATE_CONSENT}))
    denied = verdict(gate, what=personal, asked=request(contract=frozenset()))
    assert denied.order.permitted
    assert not denied.permitted
    assert [reason.rule_id for reason in denied.reasons] == ["CN-11"]
    with pytest.raises(AssertionError):
        denied.grant(actor=2)


def test_a_later_denial_revokes_with_its_own_digest(gate):
    denied = verdict(gate, who=participant(blocked=True))
    assert denied.revoke(actor=2) == RevokeEntitlement(
        actor=2, account=11, instrument=3, side=Side.BUY, decision=denied.digest
    )
    assert [reason.rule_id for reason in denied.reasons] == ["EX-04"]


def test_a_permitted_verdict_revokes_nothing(gate):
    with pytest.raises(AssertionError):
        verdict(gate).revoke(actor=2)


def test_decisions_on_different_questions_make_no_verdict(gate):
    first = verdict(gate)
    other = gate.decide(Action.SETTLE, participant(participant="p8"), GOOD_DATASET, GOOD_REQUEST, decided_at_ns=AT_NS)
    with pytest.raises(AssertionError):
        EntitlementVerdict(first.order, other, first.terms)
    with pytest.raises(AssertionError):
        EntitlementVerdict(first.settle, first.order, first.terms)
    with pytest.raises(AssertionError):
        EntitlementVerdict(first.order, first.settle, replace(first.terms, side=Side.SELL))


def test_terms_without_a_limit_are_a_bug(gate):
    with pytest.raises(AssertionError):
        replace(verdict(gate).terms, position_limit_lots=0)
