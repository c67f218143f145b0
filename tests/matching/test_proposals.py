"""What takes two people: proposed by one user, checked in full, and done when another approves."""

import pytest
from venue import Venue, kinds, refusal

from exchange.matching.engine import Engine
from exchange.vocabulary import commands
from exchange.vocabulary.events import CommandRefused, ProposalEnded, Proposed
from exchange.vocabulary.instruments import Cause
from exchange.vocabulary.participants import Role, Scope
from exchange.vocabulary.reasons import Reason
from exchange.vocabulary.rows import AssetRow, InstrumentRow, ProposalRow, VenueRow
from simulations.sandbox import digest


class Venue2(Venue):
    """With two operators, the first with two keys, and a trade to correct."""

    def __post_init__(self):
        super().__post_init__()
        self.operators = [
            self.must(commands.RegisterUser(participant=self.participant(), roles=Role.OPERATOR)) for _ in range(2)
        ]
        self.first, self.same, self.second = (self.key(user) for user in (self.operators[0], *self.operators))
        self.sell(self.bob, 10_000, 3)
        self.buy(self.ann, 10_000, 3)
        self.trade = self.rows(InstrumentRow)[0].last_trade_id

    def key(self, user, scopes=Scope.MANAGE):
        return self.must(commands.RegisterKey(user=user, scopes=scopes, fingerprint=digest(f"{self.sequence}")))

    def approve(self, proposal, actor=None):
        return self.does(commands.Approve(actor=self.second if actor is None else actor, proposal=proposal))

    def withdrawal(self, amount, key="out"):
        return self.must(commands.BeginWithdrawal(account=self.ann, asset=self.asset, amount=amount, key=key))


@pytest.fixture
def venue():
    return Venue2()


def bust(venue):
    return commands.BustTrade(instrument=venue.instrument, trade_id=venue.trade, reason=Cause.OPERATOR)


def adjust(venue):
    parties = {"payer": venue.bob, "payee": venue.ann}
    return commands.AdjustTrade(instrument=venue.instrument, trade_id=venue.trade, amount=7, **parties)


def unkill(venue):
    venue.must(commands.Kill(instrument=venue.instrument))
    return commands.Unkill(instrument=venue.instrument)


def withdraw(venue):
    venue.must(commands.SetWithdrawalLimit(asset=venue.asset, amount=99))
    return commands.ConfirmTransfer(transfer=venue.withdrawal(100))


TAKE_TWO = {
    "BustTrade": (bust, "TradeBusted"),
    "AdjustTrade": (adjust, "TradeAdjusted"),
    "Unkill": (unkill, "Unkilled"),
    "SetRulesVersion": (lambda _venue: commands.SetRulesVersion(rules_version=1), "RulesVersionSet"),
    "AdoptPolicies": (lambda _venue: commands.AdoptPolicies(policies=digest("policies")), "PoliciesAdopted"),
    "SetWithdrawalLimit": (
        lambda venue: commands.SetWithdrawalLimit(asset=venue.asset, amount=5), "WithdrawalLimitSet",
    ),
    "ConfirmTransfer": (withdraw, "TransferConfirmed"),
}  # fmt: skip


@pytest.fixture(params=TAKE_TWO, ids=str)
def asked(request, venue):
    """A command as the first operator asks for it, and the event that tells that it was done."""
    make, done = TAKE_TWO[request.param]
    command = make(venue)
    command.actor = venue.first
    return command, done


def test_a_user_proposes_and_another_approves(venue, asked):
    command, done = asked
    assert kinds(venue.does(command)) == ["Proposed"]
    proposal = venue.sequence
    assert [row.proposal for row in venue.rows(ProposalRow)] == [proposal]
    answers = venue.approve(proposal)
    assert kinds(answers) == ["ProposalEnded", done]
    ended = answers[0]
    assert isinstance(ended, ProposalEnded)
    assert (ended.proposal, ended.user, ended.approved) == (proposal, venue.operators[1], 1)
    assert venue.rows(ProposalRow) == []
    assert refusal(venue.approve(proposal)) == "UNKNOWN_PROPOSAL"


def test_both_users_say_why_and_each_event_tells_whose_reason_it_is(venue, asked):
    command, _ = asked
    command.reason, command.evidence = Cause.REGULATOR, digest("a letter")
    (told,) = venue.does(command)
    second = {"actor": venue.second, "reason": Cause.RISK, "evidence": digest("a look")}
    ended, done = venue.does(commands.Approve(**second, proposal=venue.sequence))
    for event, actor, reason, evidence in (
        (told, venue.first, Cause.REGULATOR, "a letter"),
        (ended, venue.second, Cause.RISK, "a look"),
        (done, venue.second, Cause.REGULATOR, "a letter"),
    ):
        assert (event.actor, event.reason, event.evidence) == (actor, reason, digest(evidence))


def test_whoever_rejects_says_why(venue, asked):
    venue.does(asked[0])
    why = {"reason": Cause.CONDUCT, "evidence": digest("no")}
    (ended,) = venue.does(commands.Reject(actor=venue.second, proposal=venue.sequence, **why))
    assert (ended.approved, ended.reason, ended.evidence) == (0, Cause.CONDUCT, digest("no"))


def test_policies_to_adopt_stand_beside_the_reason_for_it(venue):
    why = {"reason": Cause.REGULATOR, "evidence": digest("a letter")}
    command = commands.AdoptPolicies(actor=venue.first, policies=digest("policies"), **why)
    (told,) = venue.does(command)
    assert (told.policies, told.evidence) == (digest("policies"), digest("a letter"))


def test_the_venue_itself_acts_at_once(venue, asked):
    command, done = asked
    command.actor = 0
    assert kinds(venue.does(command)) == [done]


def test_the_same_user_does_not_approve_with_another_key_nor_in_person(venue, asked):
    venue.does(asked[0])
    proposal = venue.sequence
    for actor in (venue.first, venue.same, venue.operators[0]):
        assert refusal(venue.approve(proposal, actor)) == "SAME_USER"
    assert len(venue.rows(ProposalRow)) == 1


def test_a_rejected_proposal_is_dropped_by_either_user_and_does_nothing(venue, asked):
    before = venue.engine.state_hash()
    for actor in (venue.first, venue.second):
        venue.does(asked[0])
        answers = venue.does(commands.Reject(actor=actor, proposal=venue.sequence))
        assert kinds(answers) == ["ProposalEnded"]
        assert getattr(answers[0], "approved", None) == 0
        assert venue.engine.state_hash() == before
    assert refusal(venue.approve(venue.sequence - 1)) == "UNKNOWN_PROPOSAL"


def test_a_proposal_survives_a_snapshot_and_is_approved_after_it(venue, asked):
    venue.does(asked[0])
    again = Engine.restore(venue.engine.snapshot())
    approval = venue.stamped([commands.Approve(actor=venue.second, proposal=venue.sequence)])
    assert venue.engine.apply(approval) == again.apply(approval)
    assert venue.engine.state_hash() == again.state_hash()


def test_who_may_not_manage_neither_proposes_nor_approves_nor_rejects(venue, asked):
    command, _ = asked
    trader = venue.key(venue.must(commands.RegisterUser(participant=venue.participant(), roles=Role.BUYER)))
    venue.does(command)
    for refused in (
        commands.Approve(actor=trader, proposal=venue.sequence),
        commands.Reject(actor=trader, proposal=venue.sequence),
    ):
        assert refusal(venue.does(refused)) == "NOT_PERMITTED"
    command.actor = trader
    assert refusal(venue.does(command)) == "NOT_PERMITTED"


REFUSED = [
    (commands.BustTrade(), "UNKNOWN_INSTRUMENT"),
    (commands.AdjustTrade(), "UNKNOWN_INSTRUMENT"),
    (commands.Unkill(), "BAD_STATE"),
    (commands.SetRulesVersion(rules_version=9), "UNKNOWN_RULES_VERSION"),
    (commands.AdoptPolicies(), "NO_DECISION"),
    (commands.SetWithdrawalLimit(asset=99, amount=-1), "UNKNOWN_ASSET"),
    (commands.ConfirmTransfer(transfer=99), "UNKNOWN_TRANSFER"),
]


@pytest.mark.parametrize(("command", "answer"), REFUSED, ids=lambda each: type(each).__name__)
def test_what_would_be_refused_is_not_proposed(venue, command, answer):
    command.actor = venue.first
    before = venue.engine.state_hash()
    assert refusal(venue.does(command)) == answer
    assert venue.engine.state_hash() == before


def test_a_withdrawal_limit_is_an_amount_of_cash(venue):
    for asset, amount, answer in (
        (venue.base, 1, "UNKNOWN_ASSET"),
        (venue.asset, -1, "BAD_AMOUNT"),
        (venue.asset, 2**62 + 1, "BAD_AMOUNT"),
        (venue.asset, 0, ""),
    ):
        assert refusal(venue.does(commands.SetWithdrawalLimit(asset=asset, amount=amount))) == answer
    assert next(row.approval_above for row in venue.rows(AssetRow) if row.asset == venue.asset) == 0


def test_an_approval_is_refused_with_what_refuses_the_proposal_and_the_proposal_stays(venue):
    command = bust(venue)
    command.actor = venue.first
    venue.does(command)
    proposal = venue.sequence
    venue.sell(venue.ann, 20_000, 1_001)
    refused = venue.approve(proposal)[0]
    assert isinstance(refused, CommandRefused)
    assert (refused.reason, refused.command_kind) == (Reason.BUST_IMPOSSIBLE, commands.Approve.KIND)
    assert (refused.subject, refused.asset, refused.lacking) == (venue.ann, venue.base, 1)
    venue.cancel(venue.ann, (venue.sequence - 1) * 16)
    assert kinds(venue.approve(proposal)) == ["ProposalEnded", "TradeBusted"]


def test_of_two_proposals_of_one_bust_only_one_is_carried_out(venue):
    proposals = []
    for _ in range(2):
        command = bust(venue)
        command.actor = venue.first
        venue.does(command)
        proposals.append(venue.sequence)
    assert not refusal(venue.approve(proposals[1]))
    assert refusal(venue.approve(proposals[0])) == "BAD_STATE"


def test_a_proposal_outlives_the_key_that_made_it(venue):
    command = bust(venue)
    command.actor = venue.first
    venue.does(command)
    proposal = venue.sequence
    venue.must(commands.RevokeKey(key=venue.first))
    assert kinds(venue.approve(proposal)) == ["ProposalEnded", "TradeBusted"]


def test_only_withdrawals_above_the_limit_take_two(venue):
    venue.must(commands.SetWithdrawalLimit(asset=venue.asset, amount=99))
    confirm = commands.ConfirmTransfer(actor=venue.first, transfer=venue.withdrawal(99))
    assert kinds(venue.does(confirm)) == ["TransferConfirmed"]
    deposit = commands.BeginDeposit(account=venue.ann, asset=venue.asset, amount=1_000, key="in")
    confirm.transfer = venue.must(deposit)
    assert kinds(venue.does(confirm)) == ["TransferConfirmed"]
    confirm.transfer = venue.withdrawal(100, "more")
    told = venue.does(confirm)[0]
    assert isinstance(told, Proposed)
    assert (told.subject, told.amount, told.account) == (confirm.transfer, 100, venue.ann)


def test_a_kill_is_never_a_proposal(venue):
    assert kinds(venue.does(commands.Kill(actor=venue.first, instrument=venue.instrument)))[0] == "Killed"


def test_a_proposal_tells_a_second_user_what_it_is_about(venue):
    command = adjust(venue)
    command.actor, command.reason, command.evidence = venue.first, Cause.REGULATOR, digest("order")
    told = venue.does(command)[0]
    assert isinstance(told, Proposed)
    assert (told.user, told.command_kind, told.subject) == (venue.operators[0], command.KIND, venue.trade)
    assert (told.account, told.amount, told.reason, told.evidence) == (
        venue.bob, 7, Cause.REGULATOR, digest("order"),
    )  # fmt: skip


def test_adopted_policies_are_in_the_state(venue):
    venue.does(commands.AdoptPolicies(policies=digest("policies")))
    assert venue.rows(VenueRow)[0].policies == digest("policies")
