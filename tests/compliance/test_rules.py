"""Each rule as a pair: facts that trigger it and it alone, and the same facts mended."""

from dataclasses import replace

import pytest
from compliance_facts import (
    GOOD_DATASET,
    GOOD_PARTICIPANT,
    GOOD_REQUEST,
    assay,
    dataset,
    participant,
    request,
    rules,
    source,
)

from exchange.compliance.assay_facts import SamplingFacts
from exchange.compliance.decisions import Action
from exchange.compliance.facts import Acquisition, DataLevel, LegalBasis, RequestFacts
from exchange.vocabulary.instruments import Mode, Purpose, Side

BASED = frozenset({LegalBasis.SEPARATE_CONSENT})
ALL_BASES = frozenset(LegalBasis)
ASSESSED = frozenset({"personal-data-impact-assessment"})
PERSONAL = {"declares_personal": True, "persons": 100}
SELLING = frozenset({"sell"})
GOOD_SAMPLE = SamplingFacts(
    manual_items=4000,
    manual_pass_bp=9600,
    technical_share_bp=1000,
    technical_pass_bp=9800,
    illegal_content_bp=500,
)


def with_source(**changes):
    return dataset(sources=(source(), source(name="second", **changes)))


def personal_supply(**changes):
    return dataset(**(PERSONAL | {"legal_bases": BASED} | changes))


def sampled(**changes):
    return dataset(sampling=replace(GOOD_SAMPLE, **changes))


# rule, actions it speaks on, facts at fault, facts mended. A fact is recognised by its class.
PAIRS = [
    ("CN-01", Action, [participant(identity_verified=False)], []),
    ("EX-04", Action, [participant(blocked=True)], []),
    ("CN-02", "list", [dataset(source_statement=False)], []),
    ("CN-02", "list", [dataset(sources=())], []),
    ("CN-03", Action, [dataset(data_level=DataLevel.CORE)], []),
    ("CN-04", Action, [dataset(data_level=DataLevel.STATE_SECRET)], []),
    (
        "CN-05",
        "list settle deliver",
        [dataset(data_level=DataLevel.IMPORTANT)],
        [
            dataset(data_level=DataLevel.IMPORTANT),
            request(approvals=frozenset({"important-data-risk-assessment"})),
        ],
    ),
    (
        "CN-05",
        "list settle deliver",
        [personal_supply(persons=10_000_000), request(approvals=ASSESSED)],
        [personal_supply(persons=9_999_999), request(approvals=ASSESSED)],
    ),
    (
        "CN-07",
        "list deliver",
        [dataset(**PERSONAL), request(approvals=ASSESSED)],
        [personal_supply(), request(approvals=ASSESSED)],
    ),
    (
        "CN-07",
        "list deliver",
        [dataset(**PERSONAL), request(approvals=ASSESSED)],
        [dataset(**PERSONAL, anonymised=True)],
    ),
    (
        "CN-07",
        "list deliver",
        [dataset(anonymised=True, assay=assay(personal_found=1)), request(approvals=ASSESSED)],
        [
            dataset(
                assay=assay(personal_found=1),
                legal_bases=frozenset({LegalBasis.LAWFULLY_PUBLIC}),
            ),
            request(approvals=ASSESSED),
        ],
    ),
    (
        "CN-08",
        "list deliver",
        [personal_supply(declares_sensitive=True, origin="SG"), request(approvals=ASSESSED)],
        [
            personal_supply(declares_sensitive=True, origin="SG", legal_bases=ALL_BASES),
            request(approvals=ASSESSED),
        ],
    ),
    (
        "CN-08",
        "list deliver",
        [personal_supply(origin="SG", assay=assay(personal_found=1, sensitive_found=1)), request(approvals=ASSESSED)],
        [personal_supply(assay=assay(personal_found=1)), request(approvals=ASSESSED)],
    ),
    (
        "CN-09",
        "list deliver",
        [personal_supply(declares_under_14=True), request(approvals=ASSESSED)],
        [personal_supply(declares_under_14=True, legal_bases=ALL_BASES), request(approvals=ASSESSED)],
    ),
    ("CN-10", "list deliver", [personal_supply()], [personal_supply(), request(approvals=ASSESSED)]),
    (
        "CN-11",
        "settle deliver",
        [personal_supply(), request(approvals=ASSESSED, contract=frozenset({"purpose", "method", "scope"}))],
        [personal_supply(), request(approvals=ASSESSED)],
    ),
    (
        "CN-06",
        "deliver",
        [
            dataset(data_level=DataLevel.IMPORTANT, origin="CN"),
            request(territory="SG", approvals=frozenset({"important-data-risk-assessment"})),
        ],
        [
            dataset(data_level=DataLevel.IMPORTANT, origin="CN"),
            request(
                territory="SG",
                approvals=frozenset({"important-data-risk-assessment", "cac-security-assessment"}),
            ),
        ],
    ),
    (
        "CN-13",
        "deliver",
        [personal_supply(origin="CN"), request(territory="SG", approvals=ASSESSED)],
        [
            personal_supply(origin="CN"),
            request(territory="SG", approvals=ASSESSED | {"personal-data-export-basis"}),
        ],
    ),
    (
        "CN-13",
        "deliver",
        [personal_supply(origin="CN"), request(territory="SG", approvals=ASSESSED)],
        [personal_supply(origin="CN"), request(territory="CN", approvals=ASSESSED)],
    ),
    (
        "EU-01",
        "deliver",
        [personal_supply(origin="FR"), request(territory="US", approvals=ASSESSED)],
        [
            personal_supply(origin="FR"),
            request(territory="US", approvals=ASSESSED | {"gdpr-chapter-v-basis"}),
        ],
    ),
    (
        "EU-01",
        "deliver",
        [personal_supply(origin="FR"), request(territory="US", approvals=ASSESSED)],
        [personal_supply(origin="FR"), request(territory="NO", approvals=ASSESSED)],
    ),
    (
        "US-01",
        "order deliver",
        [
            personal_supply(origin="US", declares_sensitive=True, legal_bases=ALL_BASES),
            request(approvals=ASSESSED),
        ],
        [
            personal_supply(origin="US", declares_sensitive=True, legal_bases=ALL_BASES),
            request(approvals=ASSESSED | {"us-bulk-data-review"}),
        ],
    ),
    ("CN-16", Action, [dataset(human_genetic=True)], []),
    (
        "CN-17",
        "list order",
        [with_source(acquisition=Acquisition.PUBLIC_DATA, evidence=frozenset())],
        [with_source(acquisition=Acquisition.PUBLIC_DATA, evidence=frozenset({"authorisation"}))],
    ),
    ("CN-18", "list", [dataset(right_holder_authority=False)], []),
    ("CN-19", "list", [sampled(illegal_content_bp=501)], [sampled()]),
    ("CN-20", "list", [sampled(manual_items=3999)], [sampled()]),
    ("CN-20", "list", [sampled(manual_pass_bp=9599)], [sampled()]),
    (
        "CN-20",
        "list",
        [dataset(sampling=replace(GOOD_SAMPLE, manual_items=176), assay=assay(documents=177))],
        [dataset(sampling=replace(GOOD_SAMPLE, manual_items=177), assay=assay(documents=177))],
    ),
    ("CN-21", "list", [sampled(technical_share_bp=999)], [sampled()]),
    ("CN-21", "list", [sampled(technical_pass_bp=9799)], [sampled()]),
    (
        "CN-21",
        "list",
        [sampled(technical_pass_bp=9799)],
        [replace(sampled(technical_pass_bp=9799), offered_purposes=Purpose.RETRIEVAL)],
    ),
    ("CN-22", "list", [with_source(evidence=frozenset())], [with_source()]),
    (
        "CN-22",
        "list",
        [with_source(acquisition=Acquisition.COMMERCIAL, evidence=frozenset({"contract"}))],
        [with_source(acquisition=Acquisition.COMMERCIAL, evidence=frozenset({"contract", "proof-of-rights"}))],
    ),
    (
        "CN-22",
        "list",
        [with_source(acquisition=Acquisition.SELF_COLLECTED)],
        [with_source(acquisition=Acquisition.SELF_COLLECTED, evidence=frozenset({"collection-record"}))],
    ),
    ("CN-23", "list", [with_source(crawled_against_refusal=True)], [with_source()]),
    ("EU-02", "list", [with_source(mining_opt_out_ignored=True)], [with_source()]),
    ("EX-01", "list sample deliver", [dataset(assay=assay(secrets_found=1))], []),
    ("EX-02", "order settle deliver", [request(purposes=Purpose.RETRIEVAL)], []),
    ("EX-02", "order settle deliver", [request(purposes=Purpose(0))], []),
    ("EX-05", "deliver", [request(paid=False)], []),
    ("EX-06", "deliver", [request(hashes_match=False)], []),
    ("EX-07", "sample order settle deliver", [request(recalled=True)], []),
    ("EX-09", "list", [with_source(licence="CC-BY-SA-4.0")], [with_source(licence="CC0-1.0")]),
    ("EX-10", "list sample deliver", [dataset(assay=assay(hard_failures=frozenset({"MOJIBAKE"})))], []),
    (
        "EX-11",
        "sample order settle deliver",
        [dataset(territories=frozenset({"DE"}))],
        [dataset(territories=frozenset({"CN"}))],
    ),
    ("EX-12", "sample", [dataset(offered_purposes=Purpose(0))], []),
    ("EX-12", "sample", [dataset(prohibitions=frozenset({"sell", "display"}))], [dataset(prohibitions=SELLING)]),
    ("EX-13", "sample", [dataset(sector="health")], [dataset(sector="law")]),
    ("EX-13", "sample", [dataset(data_level=DataLevel.IMPORTANT)], []),
    ("EX-13", "sample", [personal_supply()], [personal_supply(anonymised=True)]),
    (
        "EX-13",
        "sample",
        [dataset(assay=assay(personal_found=3, sensitive_found=1))],
        [dataset(assay=assay(personal_found=3))],
    ),
]

VENUE_PAIRS = [
    ("CN-24", "order settle", [request(max_holders=199)], [request(modes=Mode.NEGOTIATED, max_holders=199)]),
    (
        "CN-26",
        "order settle",
        [request(modes=Mode.NEGOTIATED, max_holders=200)],
        [request(modes=Mode.NEGOTIATED, max_holders=199)],
    ),
    (
        "CN-26",
        "order settle",
        [request(modes=Mode.NEGOTIATED)],
        [request(modes=Mode.NEGOTIATED, max_holders=1)],
    ),
]


def asked(facts):
    """Participant, dataset and request, each good where the case does not change it."""
    given = {type(fact): fact for fact in facts}
    return [given.get(type(good), good) for good in (GOOD_PARTICIPANT, GOOD_DATASET, GOOD_REQUEST)]


def actions(named):
    return list(named) if named is Action else [Action(name) for name in named.split()]


def check(gate, rule, named, fault, mended):
    for action in Action:
        found = rules(gate, action, *asked(fault))
        assert (found == [rule]) if action in actions(named) else (rule not in found)
    for action in actions(named):
        assert rules(gate, action, *asked(mended)) == []


@pytest.mark.parametrize(("rule", "named", "fault", "mended"), PAIRS, ids=[pair[0] for pair in PAIRS])
def test_a_rule_speaks_on_its_facts_and_is_silent_once_they_are_mended(gate, rule, named, fault, mended):
    check(gate, rule, named, fault, mended)


@pytest.mark.parametrize(("rule", "named", "fault", "mended"), VENUE_PAIRS, ids=[p[0] for p in VENUE_PAIRS])
def test_a_venue_without_approval_has_rules_that_an_approved_one_has_not(gate, cn_gate, rule, named, fault, mended):
    check(cn_gate, rule, named, fault, mended)
    for action in actions(named):
        assert rules(gate, action, *asked(fault)) == []


def test_a_venue_without_approval_demands_a_sampling_report(gate, cn_gate):
    assert rules(cn_gate, "list") == ["CN-20", "CN-21"]
    assert rules(cn_gate, "list", what=sampled()) == []
    assert rules(gate, "list") == []


def test_every_rule_has_a_pair(gate):
    covered = {pair[0] for pair in PAIRS + VENUE_PAIRS}
    assert covered == {rule.rule_id for rule in gate.rules if rule.outcome != "permit"}


def test_each_rule_speaks_on_the_actions_its_scope_names(gate):
    named = {(pair[0], action) for pair in PAIRS + VENUE_PAIRS for action in actions(pair[1])}
    assert named == {(r.rule_id, a) for r in gate.rules if r.outcome != "permit" for a in r.actions}


@pytest.mark.parametrize("action", Action)
def test_facts_without_a_fault_are_permitted(gate, action):
    assert rules(gate, action) == []


def test_a_seller_names_no_purpose(gate):
    selling = request(side=Side.SELL, purposes=Purpose(0))
    assert rules(gate, "order", asked=selling) == rules(gate, "settle", asked=selling) == []


def test_personal_data_that_consent_remedies_is_no_fault_of_the_assay(gate):
    found = assay(personal_found=1, hard_failures=frozenset({"PERSONAL_DATA_UNREMEDIATED"}))
    assert rules(gate, "list", what=dataset(assay=found)) == ["CN-07", "CN-10"]
    based = dataset(assay=found, legal_bases=BASED)
    assert rules(gate, "list", what=based, asked=request(approvals=ASSESSED)) == []


def test_listing_needs_no_facts_of_a_trade(gate):
    assert rules(gate, "list", asked=RequestFacts()) == []
