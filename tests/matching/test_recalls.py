"""Data that is withheld, and claims that are withdrawn (rule 19)."""

import pytest
from venue import Venue, kinds, refusal

from exchange.matching.engine import Engine
from exchange.vocabulary import commands
from exchange.vocabulary.events import REPLAYED, BaseWithheld, ClaimsWithdrawn, Proposed
from exchange.vocabulary.instruments import Cause
from exchange.vocabulary.participants import Role
from exchange.vocabulary.rows import BaseRow, ClaimsWithdrawalRow
from simulations.sandbox import digest


def withdrawal(venue: Venue, lots: int = 3, key: str = "w", **more: object) -> commands.WithdrawClaims:
    made = {"account": venue.issuer, "base": venue.base, "lots": lots, "key": key} | more
    return commands.WithdrawClaims(**made)


def withhold(venue: Venue, withheld: int = 1) -> commands.WithholdBase:
    return commands.WithholdBase(base=venue.base, withheld=withheld, decision=digest("recall"))


@pytest.fixture
def operators(venue):
    desk = venue.participant()
    return [venue.must(commands.RegisterUser(participant=desk, roles=Role.OPERATOR)) for _ in range(2)]


def test_what_is_withheld_is_told_with_the_decision(venue):
    (told,) = venue.does(withhold(venue))
    assert isinstance(told, BaseWithheld)
    assert (told.base, told.withheld, told.decision) == (venue.base, 1, digest("recall"))
    assert [row.withheld for row in venue.rows(BaseRow)] == [1]


def test_withdrawn_claims_are_nobodys_and_told_with_why(venue):
    total, _ = venue.balance(venue.issuer, venue.base)
    (told,) = venue.does(withdrawal(venue, reason=Cause.RECALL, evidence=digest("why")))
    assert isinstance(told, ClaimsWithdrawn)
    assert (told.account, told.base, told.claims, told.key) == (venue.issuer, venue.base, 3, "w")
    assert (told.reason, told.evidence) == (Cause.RECALL, digest("why"))
    assert venue.balance(venue.issuer, venue.base) == (total - 3, 0)
    venue.engine.check_invariants()


def test_a_repeat_tells_the_first_reason_after_a_restart_too(venue):
    venue.does(withdrawal(venue, reason=Cause.RECALL, evidence=digest("why")))
    venue.engine = Engine.restore(venue.engine.snapshot())
    (again,) = venue.does(withdrawal(venue, reason=Cause.RISK))
    assert isinstance(again, ClaimsWithdrawn)
    assert (again.flags & REPLAYED, again.reason, again.evidence) == (REPLAYED, Cause.RECALL, digest("why"))
    assert [row.claims for row in venue.rows(ClaimsWithdrawalRow)] == [3]
    venue.engine.check_invariants()


def test_a_proposal_tells_whose_claims_on_what_and_how_many(venue, operators):
    olga, oscar = operators
    (told,) = venue.does(withdrawal(venue, actor=olga, reason=Cause.RECALL))
    assert isinstance(told, Proposed)
    assert (told.account, told.subject, told.amount, told.reason) == (venue.issuer, venue.base, 3, Cause.RECALL)
    answers = venue.does(commands.Approve(actor=oscar, proposal=told.proposal, reason=Cause.OPERATOR))
    assert kinds(answers) == ["ProposalEnded", "ClaimsWithdrawn"]


def test_a_participant_that_is_no_issuer_withdraws_nothing(venue):
    command = withdrawal(venue, account=venue.ann, actor=venue.participant())
    assert refusal(venue.does(command)) == "NOT_PERMITTED"
