"""Recalls: data that is no longer delivered, and claims that are withdrawn without a delivery (rule 19)."""

from exchange.matching.bases import ClaimsWithdrawal
from exchange.matching.registry import Registry, is_cause
from exchange.matching.state import MachineState
from exchange.matching.writer import EventWriter
from exchange.vocabulary import commands, events
from exchange.vocabulary.codec import NO_DIGEST
from exchange.vocabulary.participants import ParticipantState
from exchange.vocabulary.reasons import Reason
from exchange.vocabulary.units import MAX_LOTS

OK = Reason.NONE


class RecallDesk:
    """`withhold` is as a method of `Registry`; a withdrawal is in two halves, because an operator's takes two users."""

    def __init__(self, state: MachineState, writer: EventWriter, registry: Registry) -> None:
        self.state = state
        self.writer = writer
        self.registry = registry

    def withhold(self, command: commands.WithholdBase) -> Reason:
        """Claims stay where they are and trade where the phase lets them; a pool passes over what is withheld."""
        if not self.registry.may_manage(command.actor):
            return Reason.NOT_PERMITTED
        base = self.state.bases.get(command.base)
        if base is None or base.is_pool:
            return Reason.UNKNOWN_BASE
        if command.withheld not in (0, 1):
            return Reason.BAD_VALUE
        if command.decision == NO_DIGEST:
            return Reason.NO_DECISION
        if base.withheld == command.withheld:
            return Reason.BAD_STATE
        base.withheld = command.withheld
        self.writer.event(events.BaseWithheld(base=command.base, withheld=command.withheld, decision=command.decision))
        return OK

    def check_withdraw(self, command: commands.WithdrawClaims) -> Reason:
        state, account = self.state, self.state.accounts.get(command.account)
        base, managed = state.bases.get(command.base), self.registry.may_manage(command.actor)
        if account is None or not command.account:
            return Reason.UNKNOWN_ACCOUNT
        if base is None or base.is_pool:
            return Reason.UNKNOWN_BASE
        if not 1 <= command.lots <= MAX_LOTS:
            return Reason.BAD_SIZE
        if not command.key or not is_cause(command.reason):
            return Reason.BAD_VALUE
        if not managed and command.account != base.issuer:
            return Reason.NOT_PERMITTED
        known = self._known(command)
        if known is not None:
            same = (known.base, known.claims) == (command.base, command.lots)
            return OK if same else Reason.DUPLICATE_TRANSFER_KEY
        if not managed and (account.blocked or account.participant.state != ParticipantState.ACTIVE):
            return Reason.ACCOUNT_BLOCKED
        balance = account.balance(base.base)
        return OK if balance.total - balance.held >= command.lots else Reason.INSUFFICIENT_CLAIMS

    def one_withdraws(self, command: commands.WithdrawClaims) -> bool:
        """An issuer what it has not sold; and what is done already is only told again."""
        return not self.registry.may_manage(command.actor) or self._known(command) is not None

    def withdraw(self, command: commands.WithdrawClaims) -> None:
        """The claims are gone: nobody holds them, and no lot is delivered for them."""
        known = self._known(command)
        if known is not None:
            return self._tell(known, events.REPLAYED)
        base, account, key = self.state.bases[command.base], self.state.accounts[command.account], command.key.encode()
        account.balance(base.base).total -= command.lots
        self.state.assets[base.base].supply -= command.lots
        base.withdrawn += command.lots
        made = ClaimsWithdrawal(
            command.sequence, command.account, command.base, command.lots, command.reason, command.evidence, key
        )
        self.state.withdrawal_keys[command.account, key] = made
        return self._tell(made)

    def _known(self, command: commands.WithdrawClaims) -> ClaimsWithdrawal | None:
        return self.state.withdrawal_keys.get((command.account, command.key.encode()))

    def _tell(self, made: ClaimsWithdrawal, flags: int = 0) -> None:
        self.writer.event(
            events.ClaimsWithdrawn(
                flags=flags,
                account=made.account,
                base=made.base,
                claims=made.claims,
                reason=made.reason,
                evidence=made.evidence,
                key=made.key.decode(),
            )
        )
