import json

import pytest
from open_venue import IDENTITY, LICENCE, dataset, member, refusal

from exchange.catalogue.croissant import read_listing
from exchange.compliance.facts import LegalBasis
from exchange.operations.admission import open_account, register_participant, set_participant_state
from exchange.operations.asking import ask
from exchange.operations.dossier import read_dossier
from exchange.operations.facts import (
    account_of,
    dataset_facts,
    keep_evidence,
    kept_evidence,
    listed_facts,
    participant_facts,
)
from exchange.store.secrets import subject_of
from exchange.vocabulary.commands import BlockAccount
from exchange.vocabulary.participants import VENUE, ParticipantState


@pytest.fixture
def assay(standing):
    """The body of a real certificate."""
    return json.loads(standing.listed.certificate)["body"]["assay"]


def facts(assay, evidence=None, **changes):
    croissant, _, given = dataset(**changes)
    return dataset_facts(croissant, read_listing(croissant), assay, given if evidence is None else evidence)


def of(venue, account):
    return participant_facts(venue, account_of(venue, account), venue.now_ns())


def test_a_participant_counts_as_verified_only_while_its_verification_holds(venue):
    end_ns = venue.now_ns() + 10**15
    participant = register_participant(venue, VENUE, "Firm", "organisation", IDENTITY, expires_at_ns=end_ns)
    account = open_account(venue, VENUE, participant)
    assert of(venue, account).identity_verified is False
    set_participant_state(venue, VENUE, participant, ParticipantState.VERIFIED)
    entry = account_of(venue, account)
    assert participant_facts(venue, entry, end_ns - 1).identity_verified is True
    assert participant_facts(venue, entry, end_ns).identity_verified is False


@pytest.mark.parametrize("state", [ParticipantState.SUSPENDED, ParticipantState.LEFT])
def test_who_is_suspended_or_has_left_counts_as_blocked(venue, state):
    participant, account = member(venue)
    assert of(venue, account).blocked is False
    set_participant_state(venue, VENUE, participant, state)
    assert of(venue, account).blocked is True


def test_a_blocked_account_counts_as_blocked(venue):
    _, account = member(venue)
    ask(venue, BlockAccount(actor=VENUE, account=account))
    assert of(venue, account).blocked is True


def test_evidence_counts_where_its_bytes_are_shown(assay):
    (source,) = facts(assay).sources
    assert source.evidence == {"licence-file"}
    for evidence in ({}, {"LICENSE": b""}, {"OTHER": LICENCE}):
        (source,) = facts(assay, evidence).sources
        assert source.evidence == frozenset()


def test_authority_to_sell_is_shown_by_the_evidence_that_a_way_of_acquiring_needs(assay):
    contract = [{"@id": "archive", "license": "MIT", "tex:acquisition": "commercial"}]
    named = {"prov:wasDerivedFrom": contract, "tex:evidence": {"contract": "c.pdf", "proof-of-rights": "p.pdf"}}
    assert facts(assay, {"LICENSE": LICENCE, "c.pdf": b"contract"}, **named).right_holder_authority is False
    both = {"LICENSE": LICENCE, "c.pdf": b"contract", "p.pdf": b"proof"}
    assert facts(assay, both, **named).right_holder_authority is True
    assert facts(assay, both, **named, **{"tex:rightHolderAuthority": False}).right_holder_authority is False


def test_a_way_of_acquiring_that_the_rules_do_not_know_is_refused(assay):
    croissant, _, evidence = dataset()
    listing = read_listing(croissant)
    (source,) = listing.sources
    strange = listing.__class__(
        **{**vars_of(listing), "sources": (source.__class__(**{**vars_of(source), "acquisition": "found"}),)}
    )
    refusal("BAD_STATEMENT", dataset_facts, croissant, strange, assay, evidence)


def vars_of(record):
    return {name: getattr(record, name) for name in record.__slots__}


def test_a_sampling_report_counts_with_its_numbers_and_is_refused_with_others(assay):
    named = {"tex:evidence": {"sampling-report": "s.json"}}
    numbers = dict.fromkeys(
        ("manual_items", "manual_pass_bp", "technical_share_bp", "technical_pass_bp", "illegal_content_bp"), 1
    )
    assert facts(assay, {"s.json": json.dumps(numbers).encode()}, **named).sampling.manual_items == 1
    assert facts(assay, {}, **named).sampling is None
    croissant, _, _ = dataset(**named)
    for wrong in (b"{}", b'{"manual_items": 1}', json.dumps({**numbers, "extra": 1}).encode()):
        refusal("BAD_EVIDENCE", dataset_facts, croissant, read_listing(croissant), assay, {"s.json": wrong})


def test_facts_of_an_admitted_dataset_come_back_out_of_the_vault(standing, venue):
    entry = venue.directory.bases[standing.listed.base]
    dossier = read_dossier(venue.vault, entry.listing)
    told = listed_facts(venue, entry, dossier)
    venue.dataset_facts.clear()
    assert listed_facts(venue, entry, dossier) == told
    assert told.dataset == standing.listed.dataset


def test_consent_shows_people_so_it_is_kept_erasable_and_other_evidence_in_the_vault(venue):
    consent = b"I, Ada Lovelace, agree"
    croissant, _, _ = dataset(**{"tex:consentEvidence": "consent.txt"})
    listing = read_listing(croissant)
    (kind,) = {each.kind for each in listing.evidence if each.path == "consent.txt"}
    assert kind in {str(basis) for basis in LegalBasis}
    digests = keep_evidence(venue, listing, {"LICENSE": LICENCE, "consent.txt": consent})
    assert venue.vault.has(digests["LICENSE"])
    assert not venue.vault.has(digests["consent.txt"])
    assert kept_evidence(venue, digests) == {"LICENSE": LICENCE, "consent.txt": consent}
    venue.secrets.erase(subject_of("consent", digests["consent.txt"]))
    assert kept_evidence(venue, digests) == {"LICENSE": LICENCE}
