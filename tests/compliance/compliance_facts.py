"""Facts without a fault, from which each test departs by what it is about."""

from dataclasses import replace
from typing import Any

from exchange.compliance.assay_facts import AssayFacts
from exchange.compliance.decisions import Action
from exchange.compliance.facts import (
    CONTRACT_TERMS,
    Acquisition,
    DataLevel,
    DatasetFacts,
    ParticipantFacts,
    RequestFacts,
    SourceFacts,
)
from exchange.vocabulary.instruments import Mode, Purpose, Side

AT_NS = 1_700_000_000_000_000_000

GOOD_SOURCE = SourceFacts(
    name="grade-school-math", licence="MIT", acquisition=Acquisition.OPEN, evidence=frozenset({"licence-file"})
)
GOOD_ASSAY = AssayFacts(documents=7473, personal_found=0, sensitive_found=0, secrets_found=0)
GOOD_PARTICIPANT = ParticipantFacts(participant="p7", identity_verified=True, blocked=False, jurisdiction="CN")
GOOD_DATASET = DatasetFacts(
    dataset="gsm8k",
    licence="MIT",
    offered_purposes=Purpose.TRAINING | Purpose.EVALUATION,
    territories=frozenset({"worldwide"}),
    sources=(GOOD_SOURCE,),
    origin="US",
    data_level=DataLevel.GENERAL,
    source_statement=True,
    right_holder_authority=True,
    human_genetic=False,
    declares_personal=False,
    declares_sensitive=False,
    declares_under_14=False,
    anonymised=False,
    persons=0,
    assay=GOOD_ASSAY,
)
GOOD_REQUEST = RequestFacts(
    side=Side.BUY,
    purposes=Purpose.TRAINING,
    territory="CN",
    modes=Mode.CONTINUOUS | Mode.NEGOTIATED,
    max_holders=0,
    recalled=False,
    contract=CONTRACT_TERMS,
    paid=True,
    hashes_match=True,
)


def participant(**changes: Any) -> ParticipantFacts:
    return replace(GOOD_PARTICIPANT, **changes)


def dataset(**changes: Any) -> DatasetFacts:
    return replace(GOOD_DATASET, **changes)


def source(**changes: Any) -> SourceFacts:
    return replace(GOOD_SOURCE, **changes)


def assay(**changes: Any) -> AssayFacts:
    return replace(GOOD_ASSAY, **changes)


def request(**changes: Any) -> RequestFacts:
    return replace(GOOD_REQUEST, **changes)


def rules(gate, action, who=GOOD_PARTICIPANT, what=GOOD_DATASET, asked=GOOD_REQUEST):
    """The ids of the rules that forbid, in order."""
    decision = gate.decide(Action(action), who, what, asked, decided_at_ns=AT_NS)
    assert decision.permitted == (not decision.reasons)
    return [reason.rule_id for reason in decision.reasons]
