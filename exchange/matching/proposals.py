"""Commands that take two people: one proposes, another approves, and only then does anything happen.

The venue itself acts at once. Everyone else's command is checked in full and stored; it is checked again when another
user approves it.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from exchange.matching.registry import Registry, is_cause
from exchange.matching.state import MachineState, Proposal
from exchange.matching.writer import EventWriter
from exchange.vocabulary import commands, events
from exchange.vocabulary.codec import COMMANDS
from exchange.vocabulary.commands import Command
from exchange.vocabulary.participants import VENUE
from exchange.vocabulary.reasons import Reason

OK = Reason.NONE


class Lack(NamedTuple):
    """Who has too little of what."""

    account: int = 0
    asset: int = 0
    lacking: int = 0


class Dangerous(NamedTuple):
    """A command in two halves: what refuses it and changes nothing, and what it does once nothing can."""

    check: Callable[[Any], Reason]
    act: Callable[[Any], None]
    alone: Callable[[Any], bool] = lambda _command: False
    """Whether one user may do it alone after all."""
    lack: Callable[[Any], Lack] = lambda _command: Lack()
    """What a refusal for want of money or claims tells."""


class ProposalDesk:
    """Handlers write their refusals themselves, because an approval is refused with what refuses the proposal."""

    def __init__(self, state: MachineState, writer: EventWriter, registry: Registry) -> None:
        self.state = state
        self.writer = writer
        self.registry = registry
        self.dangerous: dict[int, Dangerous] = {}

    def ask(self, command: Command) -> None:
        """A command that takes two, from whoever asks first."""
        what = self.dangerous[command.KIND]
        reason = what.check(command)
        if reason is not OK:
            return self._refuse(reason, command, command)
        if command.actor == VENUE or what.alone(command):
            return what.act(command)
        return self._propose(command)

    def approve(self, command: commands.Approve) -> None:
        """Carry out what was proposed, as the approving user's command; refused, the proposal goes on waiting."""
        proposal, reason = self._waiting(command)
        if proposal is None:
            return self._refuse(reason, command, command)
        if self._user_of(command.actor) == proposal.user:
            return self._refuse(Reason.SAME_USER, command, command)
        proposed = COMMANDS.decode(proposal.command)
        assert isinstance(proposed, Command)
        proposed.sequence, proposed.timestamp_ns, proposed.actor = command.sequence, command.timestamp_ns, command.actor
        what = self.dangerous[proposed.KIND]
        reason = what.check(proposed)
        if reason is not OK:
            return self._refuse(reason, command, proposed)
        self._end(proposal, command, approved=1)
        return what.act(proposed)

    def reject(self, command: commands.Reject) -> None:
        proposal, reason = self._waiting(command)
        if proposal is None:
            return self._refuse(reason, command, command)
        return self._end(proposal, command, approved=0)

    def _propose(self, command: Any) -> None:
        user = self._user_of(command.actor)
        self.state.proposals[command.sequence] = Proposal(command.sequence, user, command.encode())
        told = events.Proposed(
            account=command.account,
            instrument=command.instrument,
            proposal=command.sequence,
            user=user,
            command_kind=command.KIND,
            reason=command.reason,
            evidence=command.evidence,
        )
        self._tell_terms(told, command)
        self.writer.event(told)

    def _tell_terms(self, told: events.Proposed, command: Command) -> None:
        """What a second user has to know of the command before approving it."""
        match command:
            case commands.BustTrade():
                told.subject = command.trade_id
            case commands.AdjustTrade():
                told.subject, told.amount, told.account = command.trade_id, command.amount, command.payer
            case commands.Unkill():
                told.subject = command.participant
            case commands.SetRulesVersion():
                told.subject = command.rules_version
            case commands.AdoptPolicies():
                told.policies = command.policies
            case commands.SetWithdrawalLimit():
                told.subject, told.amount = command.asset, command.amount
            case commands.WithdrawClaims():
                told.subject, told.amount = command.base, command.lots
            case commands.ConfirmTransfer():
                transfer = self.state.transfers[command.transfer]
                told.subject, told.amount, told.account = command.transfer, transfer.amount, transfer.account

    def _waiting(self, command: commands.Approve | commands.Reject) -> tuple[Proposal | None, Reason]:
        if not self.registry.may_manage(command.actor):
            return None, Reason.NOT_PERMITTED
        proposal = self.state.proposals.get(command.proposal)
        if proposal is None:
            return None, Reason.UNKNOWN_PROPOSAL
        return (proposal, OK) if is_cause(command.reason) else (None, Reason.BAD_VALUE)

    def _end(self, proposal: Proposal, command: commands.Approve | commands.Reject, approved: int) -> None:
        del self.state.proposals[proposal.proposal]
        self.writer.event(
            events.ProposalEnded(
                proposal=proposal.proposal,
                user=self._user_of(command.actor),
                approved=approved,
                reason=command.reason,
                evidence=command.evidence,
            )
        )

    def _user_of(self, actor: int) -> int:
        """The person behind a key; an actor without one is a user, or the venue."""
        key = self.state.keys.get(actor)
        return key.user if key is not None else actor

    def _refuse(self, reason: Reason, asked: Command, meant: Command) -> None:
        """Refuse what was asked for what is meant by it: the same, or what an approval would carry out."""
        account, asset, lacking = 0, 0, 0
        if reason is Reason.BUST_IMPOSSIBLE:
            account, asset, lacking = self.dangerous[meant.KIND].lack(meant)
        self.writer.refused(
            reason, asked.KIND, meant.account, meant.instrument, subject=account, asset=asset, lacking=lacking
        )
