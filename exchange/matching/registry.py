"""Who there is: participants, users, keys and accounts, and what an operator may do to them."""

from exchange.matching.state import Account, Key, MachineState, Participant, User
from exchange.matching.trading import Matcher
from exchange.matching.writer import EventWriter
from exchange.vocabulary import commands, events
from exchange.vocabulary.codec import NO_DIGEST
from exchange.vocabulary.instruments import Cause
from exchange.vocabulary.participants import (
    BY_OPERATOR,
    VENUE,
    WITH_PARTICIPANT,
    WITH_VENUE,
    ParticipantState,
    Role,
    Scope,
)
from exchange.vocabulary.reasons import DoneReason, Reason

OK = Reason.NONE
_CAUSES = frozenset(map(int, Cause))

_STATE_MOVES = {
    ParticipantState.APPLIED: {ParticipantState.VERIFIED, ParticipantState.LEFT},
    ParticipantState.VERIFIED: {ParticipantState.ACTIVE, ParticipantState.LEFT},
    ParticipantState.ACTIVE: {ParticipantState.SUSPENDED, ParticipantState.LEFT},
    ParticipantState.SUSPENDED: {ParticipantState.ACTIVE, ParticipantState.LEFT},
    ParticipantState.LEFT: set[ParticipantState](),
}


class Registry:
    """Each method applies one command: it returns the reason of a refusal, or changes the state and returns `NONE`."""

    def __init__(self, state: MachineState, writer: EventWriter, matcher: Matcher) -> None:
        self.state = state
        self.writer = writer
        self.matcher = matcher

    def may_manage(self, actor: int) -> bool:
        """The venue itself, or an operator's user or unrevoked key with the scope to manage."""
        if actor == VENUE:
            return True
        key = self.state.keys.get(actor)
        if key is not None:
            if key.revoked or not key.scopes & Scope.MANAGE or 0 < key.expires_at_ns < self.state.timestamp_ns:
                return False
            actor = key.user
        user = self.state.users.get(actor)
        return user is not None and bool(user.roles & Role.OPERATOR)

    def clock(self, _command: commands.Clock) -> Reason:
        self.writer.event(events.ClockTicked())
        return OK

    def register_participant(self, command: commands.RegisterParticipant) -> Reason:
        if not self.may_manage(command.actor):
            return Reason.NOT_PERMITTED
        if command.owner and command.owner not in self.state.participants:
            return Reason.UNKNOWN_OWNER
        if command.expires_at_ns < 0:
            return Reason.BAD_VALUE
        participant, owner = command.sequence, command.owner or command.sequence
        self.state.participants[participant] = Participant(
            participant, owner, ParticipantState.APPLIED, command.expires_at_ns
        )
        self.writer.event(
            events.ParticipantRegistered(
                participant=participant, owner=owner, expires_at_ns=command.expires_at_ns, profile=command.profile
            )
        )
        return OK

    def set_participant_state(self, command: commands.SetParticipantState) -> Reason:
        """Suspended or left, the resting orders of all its accounts end."""
        if not self.may_manage(command.actor):
            return Reason.NOT_PERMITTED
        participant = self.state.participants.get(command.participant)
        if participant is None:
            return Reason.UNKNOWN_PARTICIPANT
        if command.state not in _STATE_MOVES[ParticipantState(participant.state)]:
            return Reason.BAD_STATE
        participant.state = command.state
        self.writer.event(
            events.ParticipantStateSet(participant=command.participant, state=command.state, evidence=command.evidence)
        )
        if command.state != ParticipantState.ACTIVE:
            for account in self.state.accounts.values():
                if account.participant is participant:
                    self._end_orders(account)
        return OK

    def register_user(self, command: commands.RegisterUser) -> Reason:
        if not self.may_manage(command.actor):
            return Reason.NOT_PERMITTED
        if command.participant not in self.state.participants:
            return Reason.UNKNOWN_PARTICIPANT
        if not 0 < command.roles < 2 * max(Role):
            return Reason.BAD_VALUE
        user = command.sequence
        self.state.users[user] = User(user, command.participant, command.roles)
        self.writer.event(
            events.UserRegistered(
                user=user, participant=command.participant, roles=command.roles, person=command.person
            )
        )
        return OK

    def register_key(self, command: commands.RegisterKey) -> Reason:
        if not self.may_manage(command.actor):
            return Reason.NOT_PERMITTED
        user = self.state.users.get(command.user)
        if user is None:
            return Reason.UNKNOWN_USER
        if not 0 < command.scopes < 2 * max(Scope) or command.expires_at_ns < 0 or command.fingerprint == NO_DIGEST:
            return Reason.BAD_VALUE
        key, expires = command.sequence, command.expires_at_ns
        self.state.keys[key] = Key(key, user.user, command.scopes, 0, expires, command.fingerprint)
        self.writer.event(
            events.KeyRegistered(
                key=key,
                user=user.user,
                participant=user.participant,
                scopes=command.scopes,
                expires_at_ns=expires,
                fingerprint=command.fingerprint,
            )
        )
        return OK

    def revoke_key(self, command: commands.RevokeKey) -> Reason:
        if not self.may_manage(command.actor):
            return Reason.NOT_PERMITTED
        key = self.state.keys.get(command.key)
        if key is None:
            return Reason.UNKNOWN_KEY
        if key.revoked:
            return Reason.BAD_STATE
        key.revoked = 1
        self.writer.event(events.KeyRevoked(key=key.key))
        return OK

    def open_account(self, command: commands.OpenAccount) -> Reason:
        if not self.may_manage(command.actor):
            return Reason.NOT_PERMITTED
        participant = self.state.participants.get(command.participant)
        if participant is None:
            return Reason.UNKNOWN_PARTICIPANT
        blocked = WITH_PARTICIPANT * participant.killed | WITH_VENUE * self.state.killed
        account = Account(command.sequence, participant, command.max_open_orders, command.max_client_ids, blocked)
        self.state.accounts[account.account] = account
        self.writer.event(
            events.AccountOpened(
                account=account.account,
                participant=participant.participant,
                owner=participant.owner,
                max_open_orders=command.max_open_orders,
                max_client_ids=command.max_client_ids,
            )
        )
        return OK

    def block_account(self, command: commands.BlockAccount) -> Reason:
        account, reason = self._managed_account(command, blocked=0)
        if account is None:
            return reason
        account.blocked |= BY_OPERATOR
        self.writer.event(
            events.AccountBlocked(account=account.account, reason=command.reason, evidence=command.evidence)
        )
        self._end_orders(account)
        return OK

    def unblock_account(self, command: commands.UnblockAccount) -> Reason:
        """An account that is blocked with its participant or the venue stays so."""
        account, reason = self._managed_account(command, blocked=BY_OPERATOR)
        if account is None:
            return reason
        account.blocked &= ~BY_OPERATOR
        self.writer.event(
            events.AccountUnblocked(account=account.account, reason=command.reason, evidence=command.evidence)
        )
        return OK

    def _managed_account(
        self, command: commands.BlockAccount | commands.UnblockAccount, blocked: int
    ) -> tuple[Account | None, Reason]:
        """The account that an operator may block or unblock: it must be in the other state now."""
        if not self.may_manage(command.actor):
            return None, Reason.NOT_PERMITTED
        account = self.state.accounts.get(command.account)
        if account is None or not command.account:
            return None, Reason.UNKNOWN_ACCOUNT
        if not is_cause(command.reason):
            return None, Reason.BAD_VALUE
        return (account, OK) if account.blocked & BY_OPERATOR == blocked else (None, Reason.BAD_STATE)

    def _end_orders(self, account: Account) -> None:
        for _, order in sorted(account.open_orders.items()):
            self.matcher.end(order, DoneReason.ACCOUNT_BLOCKED)


def is_cause(reason: int) -> bool:
    """Whether a command's reason is a `Cause`; zero is one, and means that none is given."""
    return reason in _CAUSES
