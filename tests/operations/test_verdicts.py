import hashlib
import json

import pytest
from open_venue import opened, refusal

from exchange.operations.verdicts import approvals_for, approvals_of, approved_until_ns, attach_approval
from exchange.vocabulary.participants import VENUE
from exchange.vocabulary.units import FOREVER_NS

DATASET = hashlib.sha256(b"metadata of some dataset").hexdigest()
ASSESSMENT = "important-data-risk-assessment"


def test_what_is_attached_counts_for_its_dataset_its_participant_and_its_time(venue):
    now_ns = venue.now_ns()
    end_ns = now_ns + 10**12
    attach_approval(venue, VENUE, DATASET, ASSESSMENT, b"to one", participant="7", expires_at_ns=end_ns)
    later_ns = venue.now_ns()
    assert approvals_for(venue, DATASET, "7", later_ns) == {ASSESSMENT}
    assert approvals_for(venue, DATASET, "8", later_ns) == frozenset()
    assert approvals_for(venue, "00" * 32, "7", later_ns) == frozenset()
    assert approvals_for(venue, DATASET, "7", now_ns - 1) == frozenset()
    assert approvals_for(venue, DATASET, "7", end_ns) == frozenset()
    assert approved_until_ns(venue, DATASET, "7", later_ns) == end_ns
    attach_approval(venue, VENUE, DATASET, ASSESSMENT, b"to all")
    assert approvals_for(venue, DATASET, "8", venue.now_ns()) == {ASSESSMENT}
    assert approved_until_ns(venue, DATASET, "8", venue.now_ns()) == FOREVER_NS


def test_evidence_and_its_record_are_documents_and_the_record_is_in_the_journal(venue):
    digest = attach_approval(venue, VENUE, DATASET, ASSESSMENT, b"the assessment itself")
    record = json.loads(venue.vault.get(digest.hex()))
    assert venue.vault.get(record["document"]) == b"the assessment itself"
    venue.projector.wait_for(venue.sequence, 10)
    (row,) = venue.register.decision(digest)
    assert (row["permitted"], row["subject"].hex()) == (1, DATASET)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"evidence": "Not an id"}, "EVIDENCE_MALFORMED"),
        ({"evidence": "a-good-word"}, "EVIDENCE_UNKNOWN"),
        ({"expires_at_ns": 1}, "VALIDITY_EMPTY"),
        ({"dataset": "no digest"}, "BAD_VALUE"),
    ],
)
def test_evidence_that_could_lift_nothing_is_not_attached(venue, changes, code):
    sequence = venue.sequence
    stated = {"dataset": DATASET, "evidence": ASSESSMENT, "content": b"an assessment", **changes}
    refusal(code, attach_approval, venue, VENUE, **stated)
    assert venue.sequence == sequence


def test_evidence_is_still_attached_after_a_restart_and_lifts_nothing_once_unreadable(exchange):
    digest = attach_approval(exchange, VENUE, DATASET, ASSESSMENT, b"the assessment")
    exchange.close()
    again = opened(exchange.settings.data_folder)
    (approval,) = approvals_of(again, DATASET)
    assert (approval.evidence, approval.actor) == (ASSESSMENT, VENUE)
    again.vault.path(digest.hex()).unlink()
    assert approvals_of(again, DATASET) == []
    again.close()
