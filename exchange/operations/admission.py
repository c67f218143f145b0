"""Taking in participants: registration, verification, accounts, users and keys, cash in and out."""

import hashlib
from collections.abc import Mapping
from typing import NamedTuple

from exchange.compliance.decisions import canonical_json
from exchange.operations.asking import ask_one, propose
from exchange.operations.profiles import ParticipantKind, Profile, new_profile, read_profile
from exchange.operations.refusals import OperationRefused
from exchange.runtime import Exchange
from exchange.store.errors import StoreError
from exchange.store.key_secrets import NewKey
from exchange.store.registry import TRANSFER_CONFIRMED
from exchange.vocabulary import commands, events
from exchange.vocabulary.codec import NO_DIGEST
from exchange.vocabulary.events import REPLAYED
from exchange.vocabulary.instruments import Cause
from exchange.vocabulary.participants import ParticipantState, Role, Scope
from exchange.vocabulary.units import FOREVER_NS

RECORDS_TIMEOUT_S = 30.0


class CreatedKey(NamedTuple):
    """`key` is the id in the journal; the rest is shown to its owner once."""

    key: int
    secrets: NewKey


def register_participant(  # noqa: PLR0913 - a form has its fields
    exchange: Exchange,
    actor: int,
    name: str,
    kind: ParticipantKind,
    evidence: Mapping[str, bytes],
    *,
    simulated: bool = False,
    jurisdiction: str = "CN",
    contract_terms: frozenset[str] = frozenset(),
    owner: int = 0,
    expires_at_ns: int = FOREVER_NS,
) -> int:
    """The id of a new participant, in state `applied`; the verification that follows holds until `expires_at_ns`."""
    profile = new_profile(
        exchange.secrets,
        name=name,
        kind=kind,
        jurisdiction=jurisdiction,
        simulated=simulated,
        evidence=evidence,
        contract_terms=contract_terms,
    )
    digest = bytes.fromhex(exchange.vault.put(profile.document()))
    command = commands.RegisterParticipant(actor=actor, owner=owner, expires_at_ns=expires_at_ns, profile=digest)
    try:
        return ask_one(exchange, command, events.ParticipantRegistered).participant
    except OperationRefused:
        exchange.secrets.erase(bytes.fromhex(profile.subject))
        raise


def profile_of(exchange: Exchange, participant: int) -> Profile:
    entry = exchange.directory.participants.get(participant)
    if entry is None:
        raise OperationRefused("UNKNOWN_PARTICIPANT", f"there is no participant {participant}")
    return read_profile(exchange.vault, entry.profile)


def set_participant_state(exchange: Exchange, actor: int, participant: int, state: ParticipantState) -> None:
    """Move a participant; to `verified` only on evidence, whose digests the move then names."""
    profile = profile_of(exchange, participant)
    if state is ParticipantState.VERIFIED and not profile.evidence:
        raise OperationRefused("NO_EVIDENCE", f"participant {participant} has shown no evidence of its identity")
    shown = canonical_json({"participant": participant, "state": int(state), "evidence": profile.evidence})
    digest = bytes.fromhex(exchange.vault.put(shown))
    command = commands.SetParticipantState(actor=actor, participant=participant, state=state, evidence=digest)
    ask_one(exchange, command, events.ParticipantStateSet)


def activate_participant(exchange: Exchange, actor: int, participant: int) -> None:
    """Verify and activate in one go, as an operator does who has looked at the evidence."""
    for state in (ParticipantState.VERIFIED, ParticipantState.ACTIVE):
        set_participant_state(exchange, actor, participant, state)


def open_account(exchange: Exchange, actor: int, participant: int) -> int:
    command = commands.OpenAccount(actor=actor, participant=participant)
    return ask_one(exchange, command, events.AccountOpened).account


def register_user(exchange: Exchange, actor: int, participant: int, roles: Role, description: bytes = b"") -> int:
    """The id of a new user; what `description` tells of the person goes to the erasable store."""
    person = exchange.secrets.add_person(description) if description else bytes(16)
    command = commands.RegisterUser(actor=actor, participant=participant, roles=roles, person=person)
    try:
        return ask_one(exchange, command, events.UserRegistered).user
    except OperationRefused:
        if description:
            exchange.secrets.erase(person)
        raise


def create_key(exchange: Exchange, actor: int, user: int, scopes: Scope, expires_at_ns: int = 0) -> CreatedKey:
    """A new API key of a user. Its secrets are durable before the command that names the key."""
    new = exchange.key_secrets.create()
    try:
        return CreatedKey(register_key(exchange, actor, user, scopes, new.public_id, expires_at_ns), new)
    except OperationRefused:
        exchange.key_secrets.erase(new.public_id)
        raise


def register_key(
    exchange: Exchange, actor: int, user: int, scopes: Scope, public_id: str, expires_at_ns: int = 0
) -> int:
    """Make a key known whose secrets are kept already; its id in the journal."""
    command = commands.RegisterKey(
        actor=actor, user=user, scopes=scopes, expires_at_ns=expires_at_ns, fingerprint=key_fingerprint(public_id)
    )
    return ask_one(exchange, command, events.KeyRegistered).key


def key_fingerprint(public_id: str) -> bytes:
    """What the journal knows a key by."""
    return hashlib.sha256(public_id.encode()).digest()


def revoke_key(exchange: Exchange, actor: int, key: int) -> None:
    """From here the key manages nothing and signs nothing; its secrets stay until `KeySecrets.erase`."""
    ask_one(exchange, commands.RevokeKey(actor=actor, key=key), events.KeyRevoked)


def deposit(exchange: Exchange, actor: int, account: int, asset: str, amount_minor: int, key: str) -> int:
    """Credit cash that has come in; the transfer's id. The same key with the same content credits once.

    BAD_STATE where that transfer was called off meanwhile: the cash needs a deposit with another key.
    """
    begin = commands.BeginDeposit(
        actor=actor, account=account, asset=_asset(exchange, asset), amount=amount_minor, key=key
    )
    begun = ask_one(exchange, begin, events.TransferBegun)
    try:
        settle_transfer(exchange, actor, begun.transfer, left_or_came=True)
    except OperationRefused as refused:
        repeated = begun.flags & REPLAYED and refused.code == "BAD_STATE"
        if not repeated or not _was_credited(exchange, begun):
            raise
    return begun.transfer


def _was_credited(exchange: Exchange, begun: events.TransferBegun) -> bool:
    if not exchange.projector.wait_for(exchange.sequence, RECORDS_TIMEOUT_S):
        raise StoreError("the records do not show yet how the transfer ended")
    (row,) = exchange.history.transfers(begun.account, before=begun.transfer + 1, limit=1)
    return bool(row["state"] == TRANSFER_CONFIRMED)


def withdraw(exchange: Exchange, actor: int, account: int, asset: str, amount_minor: int, key: str) -> int:
    """Hold cash that is to leave; the transfer's id. It is debited once an operator confirms that it has left."""
    begin = commands.BeginWithdrawal(
        actor=actor, account=account, asset=_asset(exchange, asset), amount=amount_minor, key=key
    )
    return ask_one(exchange, begin, events.TransferBegun).transfer


def settle_transfer(
    exchange: Exchange,
    actor: int,
    transfer: int,
    *,
    left_or_came: bool,
    reason: int = Cause.OPERATOR,
    evidence: bytes = NO_DIGEST,
) -> events.Proposed | events.TransferEvent:
    """Confirm a begun transfer, or abort it. A withdrawal above the limit waits for a second user: see `Proposed`."""
    kind = commands.ConfirmTransfer if left_or_came else commands.AbortTransfer
    command = kind(actor=actor, transfer=transfer, reason=reason, evidence=evidence)
    return propose(exchange, command, events.TransferConfirmed if left_or_came else events.TransferAborted)


def _asset(exchange: Exchange, code: str) -> int:
    entry = exchange.directory.asset(code)
    if entry is None:
        raise OperationRefused("UNKNOWN_ASSET", f"there is no asset {code[:40]!r}")
    return entry.asset
