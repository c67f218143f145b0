from dataclasses import replace

import pytest
from compliance_facts import AT_NS, GOOD_PARTICIPANT, dataset, request

from exchange.compliance.approvals import Approval, checked, outstanding, valid_evidence, valid_until_ns
from exchange.compliance.decisions import Action
from exchange.compliance.errors import ApprovalError
from exchange.compliance.facts import DataLevel, LegalBasis
from exchange.vocabulary.units import FOREVER_NS

RISK = Approval(
    evidence="important-data-risk-assessment",
    dataset="gsm8k",
    document=bytes(range(32)),
    actor=9,
    valid_from_ns=100,
    expires_at_ns=200,
)
IMPACT = replace(RISK, evidence="personal-data-impact-assessment", expires_at_ns=150)


@pytest.mark.parametrize(("at_ns", "valid"), [(99, False), (100, True), (199, True), (200, False)])
def test_evidence_holds_from_its_first_moment_and_not_at_its_last(at_ns, valid):
    assert bool(valid_evidence([RISK], "gsm8k", "p7", at_ns)) is valid


def test_evidence_holds_for_its_dataset_and_recipient_alone():
    for_one = replace(RISK, participant="p7")
    assert valid_evidence([RISK], "medquad", "p7", 150) == frozenset()
    assert valid_evidence([for_one], "gsm8k", "p8", 150) == frozenset()
    assert valid_evidence([for_one], "gsm8k", "p7", 150) == {"important-data-risk-assessment"}
    assert valid_evidence([RISK], "gsm8k", "anyone", 150) == {"important-data-risk-assessment"}


def test_a_verdict_lasts_as_long_as_the_first_evidence_to_end():
    renewed = replace(IMPACT, valid_from_ns=120, expires_at_ns=180)
    assert valid_until_ns([RISK, IMPACT], "gsm8k", "p7", 130) == 150
    assert valid_until_ns([RISK, IMPACT, renewed], "gsm8k", "p7", 130) == 180
    assert valid_until_ns([RISK], "gsm8k", "p7", 250) == FOREVER_NS


def test_attaching_what_is_outstanding_turns_the_denial_into_a_permit(gate):
    facts = dataset(
        data_level=DataLevel.IMPORTANT,
        declares_personal=True,
        legal_bases=frozenset({LegalBasis.SEPARATE_CONSENT}),
    )
    denied = gate.decide(Action.LIST, GOOD_PARTICIPANT, facts, request(), decided_at_ns=AT_NS)
    wanted = outstanding([denied])
    assert wanted == ("important-data-risk-assessment", "personal-data-impact-assessment")
    evidence = valid_evidence([RISK, IMPACT], "gsm8k", "p7", 140)
    assert evidence == set(wanted)
    after = gate.decide(Action.LIST, GOOD_PARTICIPANT, facts, request(approvals=evidence), decided_at_ns=AT_NS)
    assert after.permitted
    expired = valid_evidence([RISK, IMPACT], "gsm8k", "p7", 160)
    lapsed = gate.decide(Action.LIST, GOOD_PARTICIPANT, facts, request(approvals=expired), decided_at_ns=AT_NS)
    assert outstanding([after, lapsed]) == ("personal-data-impact-assessment",)


def test_sound_evidence_is_taken(gate):
    assert checked(RISK, gate.evidence_ids) is RISK


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("EVIDENCE_MALFORMED", {"evidence": "Risk Assessment"}),
        ("EVIDENCE_MALFORMED", {"evidence": "important-data-risk-assessment\n"}),
        ("EVIDENCE_UNKNOWN", {"evidence": "good-intentions"}),
        ("DIGEST_MALFORMED", {"document": b"short"}),
        ("VALIDITY_EMPTY", {"expires_at_ns": 100}),
    ],
)
def test_evidence_that_could_lift_nothing_is_refused(gate, code, changes):
    with pytest.raises(ApprovalError) as refusal:
        checked(replace(RISK, **changes), gate.evidence_ids)
    assert refusal.value.code == code
