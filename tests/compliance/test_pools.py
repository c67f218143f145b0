"""What belongs to a pool's class, rule by rule."""

import json
from dataclasses import replace

import pytest
from compliance_facts import GOOD_ASSAY, GOOD_DATASET

from exchange.compliance.facts import DataLevel
from exchange.compliance.gate import Gate
from exchange.compliance.pools import GRADES, RULES, Candidate, PoolClass, admit_class, belongs
from exchange.vocabulary.instruments import Purpose

GATE = Gate.load()
CLASS = PoolClass(
    sector="education", language="en", kind="qa-sft", grade="G2", licence="MIT", purposes=("training",),
    territories=("CN",), lot_rtu=100_000, tick_minor=10,
)  # fmt: skip
FACTS = replace(GOOD_DATASET, territories=frozenset({"CN", "SG"}))
MEMBER = Candidate(
    base=7, certificate="ab" * 32, certified=True, lot_rtu=100_000, sector="education", language="en", kind="qa-sft",
    grade="G2", facts=FACTS,
)  # fmt: skip


def rules(candidate, pool_class=CLASS):
    return [reason.rule_id for reason in belongs(pool_class, candidate, GATE, decided_at_ns=1).reasons]


def test_a_dataset_that_is_all_the_class_says_belongs_to_it():
    decision = belongs(CLASS, MEMBER, GATE, decided_at_ns=5)
    assert decision.permitted
    told = json.loads(decision.document())
    assert (told["permitted"], told["class"], told["decided_at_ns"]) == (True, CLASS.digest.hex(), 5)
    assert (told["policy_set_sha256"], told["profile"]) == (GATE.policy_set_sha256, "open")
    assert (told["candidate"]["grade"], told["candidate"]["licence"]) == ("G2", "MIT")


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"lot_rtu": 90_000}, "PL-01"),
        ({"certified": False}, "PL-02"),
        ({"grade": "G3"}, "PL-03"),
        ({"grade": "ungraded"}, "PL-03"),
        ({"sector": "medicine"}, "PL-04"),
        ({"sector": ""}, "PL-04"),
        ({"language": "zh"}, "PL-05"),
        ({"kind": "code"}, "PL-06"),
    ],
)
def test_each_difference_is_told_by_its_rule(changes, rule):
    assert rules(replace(MEMBER, **changes)) == [rule]


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"licence": "Apache-2.0"}, "PL-07"),
        ({"offered_purposes": Purpose.EVALUATION}, "PL-08"),
        ({"territories": frozenset({"SG"})}, "PL-09"),
        ({"data_level": DataLevel.IMPORTANT}, "PL-10"),
        ({"data_level": None}, "PL-10"),
        ({"declares_personal": True}, "PL-10"),
        ({"declares_sensitive": True}, "PL-10"),
        ({"declares_under_14": True}, "PL-10"),
        ({"human_genetic": True}, "PL-10"),
        ({"persons": 1}, "PL-10"),
        ({"assay": replace(GOOD_ASSAY, personal_found=1)}, "PL-10"),
        ({"assay": replace(GOOD_ASSAY, hard_failures=frozenset({"SECRET_FOUND"}))}, "PL-11"),
    ],
)
def test_what_the_facts_say_is_told_by_its_rule(changes, rule):
    assert rules(replace(MEMBER, facts=replace(FACTS, **changes))) == [rule]


def test_data_that_was_not_assayed_belongs_nowhere():
    assert rules(replace(MEMBER, facts=replace(FACTS, assay=None))) == ["PL-10", "PL-11"]


@pytest.mark.parametrize("grade", GRADES)
def test_a_better_grade_belongs_as_well(grade):
    assert rules(replace(MEMBER, grade=grade)) == ([] if grade <= "G2" else ["PL-03"])


def test_what_is_offered_worldwide_is_offered_everywhere():
    abroad = replace(CLASS, territories=("CN", "DE"))
    assert rules(MEMBER, abroad) == ["PL-09"]
    assert rules(replace(MEMBER, facts=replace(FACTS, territories=frozenset({"worldwide"}))), abroad) == []


def test_every_reason_comes_at_once():
    assert rules(replace(MEMBER, grade="G3", language="zh", certified=False)) == ["PL-02", "PL-03", "PL-05"]


@pytest.mark.parametrize(
    ("changes", "permitted"),
    [({}, True), ({"licence": "CC-BY-NC-4.0"}, False), ({"licence": "no such"}, False)],
)
def test_a_class_is_admitted_where_its_licence_permits_its_purposes(changes, permitted):
    decision = admit_class(replace(CLASS, **changes), GATE, decided_at_ns=1)
    assert decision.permitted is permitted
    assert [reason.rule_id for reason in decision.reasons] == ([] if permitted else ["PL-12"])
    assert all(RULES[reason.rule_id] == reason.text for reason in decision.reasons)


def test_a_class_comes_back_out_of_its_document():
    several = replace(CLASS, purposes=("training", "evaluation"), territories=("SG", "CN"))
    assert PoolClass.read(several.document()).document() == several.document()
    assert several.digest != CLASS.digest


def test_nothing_that_the_gate_asks_about_a_class_is_unknown():
    assert None not in CLASS.facts().attributes(GATE.licences).values()
