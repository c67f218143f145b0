import hashlib
import json
import shutil
from itertools import permutations
from pathlib import Path

import pytest
from compliance_facts import (
    AT_NS,
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
from hypothesis import given
from hypothesis import strategies as st

from exchange.compliance.decisions import Action, canonical_json
from exchange.compliance.facts import CONTRACT_TERMS, Acquisition, DataLevel, LegalBasis
from exchange.compliance.gate import Gate
from exchange.compliance.policy_set import shipped_folder

LABELS = '@id("{0}") @law("none") @outcome("{1}") @text("For a test.")\n'
PERMIT = LABELS.format("BASE", "permit") + "permit (principal, action, resource);\n"


def decide(gate, action=Action.LIST, who=GOOD_PARTICIPANT, what=GOOD_DATASET, asked=GOOD_REQUEST):
    return gate.decide(action, who, what, asked, decided_at_ns=AT_NS)


@pytest.fixture
def folder_of(tmp_path):
    """A policy folder with the shipped schema and tables and the given policies, one file for each."""

    def build(*policies):
        folder = tmp_path / hashlib.sha256("\0".join(policies).encode()).hexdigest()[:8]
        folder.mkdir()
        for name in ("tlx.cedarschema", "profiles.toml", "licences.toml"):
            shutil.copy(str(shipped_folder() / name), folder)
        for place, policy in enumerate(policies):
            (folder / f"{place}.cedar").write_text(policy)
        return folder

    return build


def test_all_reasons_come_at_once_with_their_articles(gate):
    bad = dataset(
        licence="GPL-3.0-only",
        source_statement=False,
        sources=(source(name="wiki", licence="CC-BY-SA-3.0", evidence=frozenset()),),
        assay=assay(secrets_found=2, personal_found=1),
    )
    decision = decide(gate, who=participant(identity_verified=False), what=bad)
    assert [(reason.rule_id, reason.law) for reason in decision.reasons] == [
        ("CN-01", "DSL Art. 33, 47"),
        ("CN-02", "DSL Art. 33"),
        ("CN-07", "PIPL Art. 13, 23, 27"),
        ("CN-10", "PIPL Art. 55(3), 56"),
        ("CN-22", "TC260-003 5.1; Interim Measures for Generative AI Services Art. 7"),
        ("EX-01", "exchange rule"),
        ("EX-09", "exchange rule"),
    ]
    details = {reason.rule_id: reason.detail for reason in decision.reasons}
    assert details["CN-22"] == "wiki: licence-file"
    assert details["EX-09"] == "SHARE_ALIKE CC-BY-SA-3.0 > GPL-3.0-only"


def test_a_denial_says_which_evidence_would_lift_it(gate):
    waiting = decide(gate, what=dataset(data_level=DataLevel.IMPORTANT))
    assert waiting.required_approvals == ("important-data-risk-assessment",)
    assert waiting.needs_only_approval


def test_evidence_does_not_help_where_a_rule_refuses_besides(gate):
    refused = decide(gate, what=dataset(data_level=DataLevel.IMPORTANT, right_holder_authority=False))
    assert refused.required_approvals == ("important-data-risk-assessment",)
    assert not refused.needs_only_approval


def test_a_permit_waits_for_nothing(gate):
    decision = decide(gate)
    assert (decision.permitted, decision.needs_only_approval, decision.required_approvals) == (True, False, ())


UNKNOWN = [
    ("participant.identity_verified", participant(identity_verified=None)),
    ("dataset.data_level", dataset(data_level=None)),
    ("dataset.declares_personal", dataset(declares_personal=None)),
    ("dataset.persons", dataset(persons=None)),
    ("request.recalled", request(recalled=None)),
    ("request.paid", request(paid=None)),
    ("request.contract", request(contract=None)),
]


@pytest.mark.parametrize(("name", "facts"), UNKNOWN, ids=[name for name, _ in UNKNOWN])
def test_a_fact_not_known_is_a_denial_that_names_it(gate, name, facts):
    given = {type(facts): facts}
    who, what, asked = (given.get(type(g), g) for g in (GOOD_PARTICIPANT, GOOD_DATASET, GOOD_REQUEST))
    decision = decide(gate, Action.DELIVER, who, what, asked)
    assert not decision.permitted
    assert [(r.rule_id, r.detail) for r in decision.reasons] == [("FACT_MISSING", name)]


def test_a_dataset_not_assayed_is_denied_with_all_that_is_not_known(gate):
    decision = decide(gate, what=dataset(assay=None, right_holder_authority=False))
    assert [reason.rule_id for reason in decision.reasons] == ["CN-18", "FACT_MISSING"]
    assert "dataset.secrets_found" in decision.reasons[1].detail


@pytest.mark.parametrize(
    "facts",
    [
        {"persons": "many"},
        {"source_statement": "yes"},
        {"origin": 7},
        {"right_holder_authority": 1},
        {"assay": assay(secrets_found=2**70)},
        {"assay": assay(hard_failures=frozenset({7}))},
    ],
)
def test_facts_of_the_wrong_kind_are_a_denial(gate, facts):
    assert rules(gate, "list", what=dataset(**facts)) == ["EVALUATION_ERROR"]


def test_an_error_while_evaluating_a_rule_is_a_denial(folder_of):
    overflowing = LABELS.format("T-1", "refuse") + (
        'forbid (principal, action == Action::"list", resource) when { resource.persons * 2 < 0 };'
    )
    gate = Gate.load(folder=folder_of(PERMIT, overflowing))
    assert rules(gate, "list") == []
    decision = decide(gate, what=dataset(persons=2**62))
    assert [reason.rule_id for reason in decision.reasons] == ["EVALUATION_ERROR"]
    assert "overflow" in decision.reasons[0].detail


def test_a_forbid_that_speaks_is_named_beside_one_that_fails(folder_of):
    failing = LABELS.format("T-1", "refuse") + (
        "forbid (principal, action, resource) when { resource.persons * 2 < 0 };"
    )
    speaking = LABELS.format("T-2", "refuse") + "forbid (principal, action, resource);"
    gate = Gate.load(folder=folder_of(PERMIT, failing, speaking))
    assert rules(gate, "list", what=dataset(persons=2**62)) == ["EVALUATION_ERROR", "T-2"]


def test_what_no_rule_permits_is_denied(folder_of):
    listing_only = LABELS.format("BASE", "permit") + 'permit (principal, action == Action::"list", resource);'
    gate = Gate.load(folder=folder_of(listing_only))
    assert rules(gate, "list") == []
    assert rules(gate, "order") == ["NO_PERMIT"]


def test_one_forbid_outweighs_any_number_of_permits(folder_of):
    permits = [LABELS.format(f"BASE-{n}", "permit") + "permit (principal, action, resource);" for n in range(5)]
    forbid = LABELS.format("T-1", "refuse") + (
        "forbid (principal, action, resource) unless { principal.identity_verified };"
    )
    gate = Gate.load(folder=folder_of(*permits, forbid))
    assert rules(gate, "list") == []
    assert rules(gate, "list", who=participant(identity_verified=False)) == ["T-1"]


def test_the_order_of_rules_changes_no_decision(folder_of):
    policies = [
        PERMIT,
        LABELS.format("T-1", "refuse") + "forbid (principal, action, resource) when { principal.blocked };",
        LABELS.format("T-2", "refuse") + "forbid (principal, action, resource) unless { resource.source_statement };",
    ]
    cases = [
        (participant(blocked=blocked), dataset(source_statement=stated))
        for blocked in (False, True)
        for stated in (False, True)
    ]
    outcomes = set()
    for order in permutations(policies):
        gate = Gate.load(folder=folder_of(*order))
        outcomes.add(str([rules(gate, "list", who, what) for who, what in cases]))
    assert outcomes == {"[['T-2'], [], ['T-1', 'T-2'], ['T-1']]"}


def test_the_document_tells_facts_rules_articles_and_policies(gate):
    decision = decide(gate, what=dataset(right_holder_authority=False))
    document = json.loads(decision.document())
    assert document["action"] == "list"
    assert document["permitted"] is False
    assert document["profile"] == "open"
    assert document["decided_at_ns"] == AT_NS
    assert document["policy_set_sha256"] == gate.policy_set_sha256
    assert document["facts"]["dataset"]["right_holder_authority"] is False
    assert document["facts"]["dataset"]["sources"][0]["licence"] == "MIT"
    assert document["facts"]["participant"]["id"] == "p7"
    assert document["reasons"][0]["rule"] == "CN-18"
    assert document["reasons"][0]["law"] == "Shanghai Data Regulation Art. 55"


def test_the_digest_is_of_the_document_and_the_same_for_the_same_question(gate):
    first, again = decide(gate), decide(Gate.load())
    assert first.digest == hashlib.sha256(first.document()).digest()
    assert first.document() == again.document()


def test_another_profile_time_or_fact_gives_another_digest(gate, cn_gate):
    later = gate.decide(Action.LIST, GOOD_PARTICIPANT, GOOD_DATASET, GOOD_REQUEST, decided_at_ns=AT_NS + 1)
    other = decide(gate, what=dataset(persons=1))
    digests = {decide(gate).digest, decide(cn_gate).digest, later.digest, other.digest}
    assert len(digests) == 4


def test_the_document_is_canonical(gate):
    document = decide(gate, what=dataset(dataset="医疗对话")).document()
    assert canonical_json(json.loads(document)) == document
    assert "医疗对话".encode() in document


def test_a_document_with_a_float_is_a_bug():
    with pytest.raises(AssertionError):
        canonical_json({"share": [0.5]})


def test_the_ids_of_evidence_are_those_the_rules_ask_for(gate):
    assert gate.evidence_ids == {
        "cac-security-assessment",
        "gdpr-chapter-v-basis",
        "important-data-risk-assessment",
        "personal-data-export-basis",
        "personal-data-impact-assessment",
        "us-bulk-data-review",
    }


def test_what_a_rule_shows_is_a_fact_about_the_dataset(gate):
    facts = decide(gate).facts["dataset"]
    shown = {rule.shows for rule in gate.rules if rule.shows}
    assert shown
    assert all(isinstance(facts[name], list) for name in shown)


EVIDENCE = ["statement", "authority", "verified", "paid", "hashes", "licence-file", "contract-terms"]
EVIDENCE += [*LegalBasis, "important-data-risk-assessment", "personal-data-impact-assessment"]
EVIDENCE += ["cac-security-assessment", "personal-data-export-basis", "gdpr-chapter-v-basis"]
EVIDENCE += ["us-bulk-data-review"]

circumstances = st.fixed_dictionaries(
    {
        "data_level": st.sampled_from(DataLevel),
        "declares_personal": st.booleans(),
        "declares_sensitive": st.booleans(),
        "declares_under_14": st.booleans(),
        "anonymised": st.booleans(),
        "origin": st.sampled_from(["CN", "FR", "US"]),
        "persons": st.sampled_from([0, 50, 20_000_000]),
        "human_genetic": st.booleans(),
        "assay": st.sampled_from([assay(), assay(personal_found=3, sensitive_found=1), assay(secrets_found=1)]),
    }
)


def permitted_with(gate, action, facts, territory, evidence):
    """Whether the action is permitted where exactly this evidence is shown."""
    return decide(
        gate,
        action,
        participant(identity_verified="verified" in evidence),
        dataset(
            **facts,
            source_statement="statement" in evidence,
            right_holder_authority="authority" in evidence,
            legal_bases=frozenset(basis for basis in LegalBasis if basis in evidence),
            sources=(source(acquisition=Acquisition.OPEN, evidence=frozenset({"licence-file"} & evidence)),),
        ),
        request(
            territory=territory,
            approvals=frozenset(gate.evidence_ids & evidence),
            contract=CONTRACT_TERMS if "contract-terms" in evidence else frozenset(),
            paid="paid" in evidence,
            hashes_match="hashes" in evidence,
        ),
    ).permitted


@given(
    st.sampled_from(Action),
    circumstances,
    st.sampled_from(["CN", "DE", "US"]),
    st.sets(st.sampled_from(EVIDENCE)),
    st.sampled_from(EVIDENCE),
)
def test_taking_evidence_away_never_turns_a_denial_into_a_permit(gate, action, facts, territory, evidence, taken):
    with_it, without = evidence | {taken}, evidence - {taken}
    if permitted_with(gate, action, facts, territory, without):
        assert permitted_with(gate, action, facts, territory, with_it)


@given(circumstances, st.sampled_from(["CN", "DE", "US"]))
def test_all_evidence_together_admits_everything_but_what_may_never_be_traded(gate, facts, territory):
    never = (
        facts["human_genetic"]
        or facts["data_level"] in {DataLevel.CORE, DataLevel.STATE_SECRET}
        or facts["assay"].secrets_found > 0
    )
    assert permitted_with(gate, Action.DELIVER, facts, territory, set(EVIDENCE)) == (not never)


def test_the_shipped_folder_is_inside_the_package():
    assert (Path(str(shipped_folder())) / "base.cedar").is_file()


def test_policies_that_are_not_in_force_deny_and_are_asked_about_at_each_decision():
    adopted = []
    gate = Gate.load(in_force=adopted.__contains__)
    denied = decide(gate)
    assert (denied.permitted, [reason.rule_id for reason in denied.reasons]) == (False, ["POLICIES_NOT_ADOPTED"])
    adopted.append(gate.policy_set_sha256)
    assert decide(gate).permitted
