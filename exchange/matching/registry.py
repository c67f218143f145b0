"""Who and what there is: participants, users, keys, accounts, assets, bases, instruments, and their states."""

from exchange.matching.order_book import Book
from exchange.matching.state import Account, Asset, Base, Key, MachineState, Participant, User
from exchange.matching.trading import Matcher
from exchange.matching.writer import EventWriter
from exchange.vocabulary import commands, events
from exchange.vocabulary.codec import NO_DIGEST
from exchange.vocabulary.instruments import Mode
from exchange.vocabulary.participants import VENUE, ParticipantState, Role, Scope
from exchange.vocabulary.reasons import DoneReason, Reason
from exchange.vocabulary.state import InstrumentRow
from exchange.vocabulary.units import MAX_FEE_PPM, MAX_LOTS, MAX_NOTIONAL_MINOR, PPM, minor_per_tick_lot

OK = Reason.NONE
RULES_VERSIONS = frozenset({1})

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

    def set_rules_version(self, command: commands.SetRulesVersion) -> Reason:
        if not self.may_manage(command.actor):
            return Reason.NOT_PERMITTED
        if command.rules_version not in RULES_VERSIONS:
            return Reason.UNKNOWN_RULES_VERSION
        self.state.rules_version = command.rules_version
        self.writer.event(events.RulesVersionSet(rules_version=command.rules_version))
        return OK

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
        account = Account(command.sequence, participant, command.max_open_orders, command.max_client_ids)
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
        account.blocked = 1
        self.writer.event(events.AccountBlocked(account=account.account, evidence=command.evidence))
        self._end_orders(account)
        return OK

    def unblock_account(self, command: commands.UnblockAccount) -> Reason:
        account, reason = self._managed_account(command, blocked=1)
        if account is None:
            return reason
        account.blocked = 0
        self.writer.event(events.AccountUnblocked(account=account.account, evidence=command.evidence))
        return OK

    def define_asset(self, command: commands.DefineAsset) -> Reason:
        code = command.code.encode()
        if not self.may_manage(command.actor):
            return Reason.NOT_PERMITTED
        if not _is_code(command.code) or command.scale > 18:
            return Reason.BAD_VALUE
        if code in self.state.codes:
            return Reason.DUPLICATE_CODE
        self._add_asset(command.sequence, 0, command.scale, code)
        self.writer.event(events.AssetDefined(asset=command.sequence, scale=command.scale, code=command.code))
        return OK

    def define_base(self, command: commands.DefineBase) -> Reason:
        code = command.code.encode()
        if not self.may_manage(command.actor):
            return Reason.NOT_PERMITTED
        if command.account not in self.state.accounts or not command.account:
            return Reason.UNKNOWN_ACCOUNT
        if not _is_code(command.code) or not 0 < command.lots * command.copies <= MAX_LOTS or command.lot_rtu <= 0:
            return Reason.BAD_VALUE
        if code in self.state.codes:
            return Reason.DUPLICATE_CODE
        if NO_DIGEST in {command.listing, command.certificate, command.decision}:
            return Reason.NO_DECISION
        base = command.sequence
        self._add_asset(base, 1, 0, code)
        self.state.bases[base] = Base(
            base, command.account, command.lots, command.copies, command.lot_rtu, 0, code.ljust(16, b"\0")
        )
        self.writer.event(
            events.BaseDefined(
                account=command.account,
                base=base,
                lots=command.lots,
                copies=command.copies,
                lot_rtu=command.lot_rtu,
                code=command.code,
                listing=command.listing,
                certificate=command.certificate,
                decision=command.decision,
            )
        )
        return OK

    def define_instrument(self, command: commands.DefineInstrument) -> Reason:
        state, symbol = self.state, command.symbol.encode()
        if not self.may_manage(command.actor):
            return Reason.NOT_PERMITTED
        if command.base not in state.bases:
            return Reason.UNKNOWN_BASE
        if command.quote not in state.assets or state.assets[command.quote].is_claim:
            return Reason.UNKNOWN_ASSET
        if symbol in state.codes:
            return Reason.DUPLICATE_CODE
        worth = minor_per_tick_lot(command.tick_minor, command.lot_rtu) if command.tick_minor > 0 else None
        same_lot = command.lot_rtu == state.bases[command.base].lot_rtu
        if worth is None or not same_lot or not _terms_are_sound(command):
            return Reason.BAD_INSTRUMENT
        defined = events.InstrumentDefined(instrument=command.sequence, minor_per_tick_lot=worth)
        terms = InstrumentRow(instrument=command.sequence, minor_per_tick_lot=worth, phase=1)
        for name in _TERMS:
            setattr(defined, name, getattr(command, name))
            setattr(terms, name, getattr(command, name))
        defined.symbol, terms.symbol = command.symbol, symbol.ljust(32, b"\0")
        state.books[terms.instrument] = Book(terms)
        state.codes.add(symbol)
        self.writer.event(defined)
        return OK

    def record_decision(self, command: commands.RecordDecision) -> Reason:
        if not self.may_manage(command.actor):
            return Reason.NOT_PERMITTED
        if NO_DIGEST in {command.decision, command.subject}:
            return Reason.NO_DECISION
        self.writer.event(
            events.DecisionRecorded(
                account=command.account,
                instrument=command.instrument,
                permitted=command.permitted,
                subject=command.subject,
                decision=command.decision,
            )
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
        return (account, OK) if account.blocked == blocked else (None, Reason.BAD_STATE)

    def _end_orders(self, account: Account) -> None:
        for _, order in sorted(account.open_orders.items()):
            self.matcher.end(order, DoneReason.ACCOUNT_BLOCKED)

    def _add_asset(self, asset: int, is_claim: int, scale: int, code: bytes) -> None:
        self.state.assets[asset] = Asset(asset, is_claim, scale, code.ljust(16, b"\0"))
        self.state.codes.add(code)


_TERMS = (
    "base",
    "quote",
    "tick_minor",
    "lot_rtu",
    "max_lots",
    "max_notional_minor",
    "maker_ppm",
    "taker_ppm",
    "auction_ppm",
    "negotiated_ppm",
    "collar_ppm",
    "static_band_ppm",
    "dynamic_band_ppm",
    "max_holders",
    "modes",
)


def _is_code(code: str) -> bool:
    """One word of A-Z and 0-9, as assets and bases are called."""
    return 0 < len(code) <= 16 and code.isalnum() and code.isascii() and code.upper() == code


def _terms_are_sound(command: commands.DefineInstrument) -> bool:
    base, dash, quote = command.symbol.partition("-")
    fees = (command.maker_ppm, command.auction_ppm, command.negotiated_ppm)
    bands = (command.collar_ppm, command.static_band_ppm, command.dynamic_band_ppm)
    return (
        bool(dash)
        and _is_code(base)
        and _is_code(quote)
        and max(fees) <= command.taker_ppm <= MAX_FEE_PPM
        and max(bands) < PPM
        and 0 < command.max_lots <= MAX_LOTS
        and 0 < command.max_notional_minor <= MAX_NOTIONAL_MINOR
        and 0 < command.modes < 2 * max(Mode)
    )
