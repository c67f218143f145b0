"""What holds for the venue as a whole: its rules, the gate's policies, and how much may leave on one user's word."""

from exchange.matching.registry import Registry, is_cause
from exchange.matching.state import MachineState
from exchange.matching.writer import EventWriter
from exchange.vocabulary import commands, events
from exchange.vocabulary.codec import NO_DIGEST
from exchange.vocabulary.reasons import Reason
from exchange.vocabulary.units import MAX_BALANCE

OK = Reason.NONE
RULES_VERSIONS = frozenset({1})


class VenueDesk:
    """Each command in two halves, because it takes two users: `check_...` refuses, the other acts."""

    def __init__(self, state: MachineState, writer: EventWriter, registry: Registry) -> None:
        self.state = state
        self.writer = writer
        self.registry = registry

    def check_rules_version(self, command: commands.SetRulesVersion) -> Reason:
        if not self.registry.may_manage(command.actor):
            return Reason.NOT_PERMITTED
        if command.rules_version not in RULES_VERSIONS:
            return Reason.UNKNOWN_RULES_VERSION
        return OK if is_cause(command.reason) else Reason.BAD_VALUE

    def set_rules_version(self, command: commands.SetRulesVersion) -> None:
        self.state.rules_version = command.rules_version
        self.writer.event(
            events.RulesVersionSet(
                rules_version=command.rules_version, reason=command.reason, evidence=command.evidence
            )
        )

    def check_policies(self, command: commands.AdoptPolicies) -> Reason:
        if not self.registry.may_manage(command.actor):
            return Reason.NOT_PERMITTED
        if command.policies == NO_DIGEST:
            return Reason.NO_DECISION
        return OK if is_cause(command.reason) else Reason.BAD_VALUE

    def adopt_policies(self, command: commands.AdoptPolicies) -> None:
        self.state.policies = command.policies
        self.writer.event(
            events.PoliciesAdopted(policies=command.policies, reason=command.reason, evidence=command.evidence)
        )

    def check_withdrawal_limit(self, command: commands.SetWithdrawalLimit) -> Reason:
        if not self.registry.may_manage(command.actor):
            return Reason.NOT_PERMITTED
        asset = self.state.assets.get(command.asset)
        if asset is None or asset.is_claim:
            return Reason.UNKNOWN_ASSET
        if not 0 <= command.amount <= MAX_BALANCE:
            return Reason.BAD_AMOUNT
        return OK if is_cause(command.reason) else Reason.BAD_VALUE

    def set_withdrawal_limit(self, command: commands.SetWithdrawalLimit) -> None:
        """Zero asks for a second user at every withdrawal, the largest balance at none."""
        self.state.assets[command.asset].approval_above = command.amount
        self.writer.event(
            events.WithdrawalLimitSet(
                asset=command.asset, amount=command.amount, reason=command.reason, evidence=command.evidence
            )
        )
