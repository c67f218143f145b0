"""The policies in force are those that two operators adopted: others decide nothing, whatever is on the disk."""

import pytest
from open_venue import dataset, member, opened, refusal

from exchange.operations.admission import register_user
from exchange.operations.asking import ask_one
from exchange.operations.listing import submit_listing
from exchange.vocabulary import commands, events
from exchange.vocabulary.participants import VENUE, Role

OTHER = bytes(range(32))


@pytest.fixture
def changed(tmp_path):
    """A venue that is started again with policies other than those it adopted last."""
    first = opened(tmp_path / "venue")
    ask_one(first, commands.AdoptPolicies(actor=VENUE, policies=OTHER), events.PoliciesAdopted)
    first.close()
    venue = opened(tmp_path / "venue")
    yield venue
    venue.close()


def test_policies_that_were_not_adopted_deny_everything_and_say_what_to_do(changed):
    _, account = member(changed, "Vendor")
    refused = refusal("GATE_REFUSED", submit_listing, changed, VENUE, account, *dataset(), copies=1)
    (reason,) = refused.reasons
    assert (reason.rule_id, reason.detail) == ("POLICIES_NOT_ADOPTED", changed.gate.policy_set_sha256)
    assert "second one" in reason.text


def test_they_decide_once_one_operator_has_proposed_and_another_approved(changed):
    vendor, account = member(changed, "Vendor")
    first, second = (register_user(changed, VENUE, vendor, Role.OPERATOR) for _ in range(2))
    policies = bytes.fromhex(changed.gate.policy_set_sha256)
    asked = ask_one(changed, commands.AdoptPolicies(actor=first, policies=policies), events.Proposed)
    refusal("GATE_REFUSED", submit_listing, changed, VENUE, account, *dataset(), copies=1)
    ask_one(changed, commands.Approve(actor=second, proposal=asked.proposal), events.PoliciesAdopted)
    assert submit_listing(changed, VENUE, account, *dataset(), copies=1).instrument


def test_a_start_adopts_nothing_where_something_is_adopted(changed):
    assert changed.directory.policies == OTHER
