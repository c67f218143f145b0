"""The first start of a venue: its rules, policies, cash asset and operator. Each step once, and only if missing."""

import base64
import json
import os
from pathlib import Path
from typing import Final

from exchange.operations.admission import (
    open_account,
    register_key,
    register_participant,
    register_user,
    set_participant_state,
)
from exchange.operations.asking import ask_one
from exchange.runtime import Exchange
from exchange.store.key_secrets import NewKey
from exchange.vocabulary import commands, events
from exchange.vocabulary.codec import NO_DIGEST
from exchange.vocabulary.participants import VENUE, ParticipantState, Role, Scope

RULES_VERSION: Final = 1
CASH_SCALE: Final = 2
OPERATOR_FILE: Final = "operator.json"
_ALL_SCOPES: Final = Scope.VIEW | Scope.TRADE | Scope.TRANSFER | Scope.MANAGE


def bootstrap(exchange: Exchange) -> Path | None:
    """Set the venue up where that is not done; the file with the operator's key where one was made now.

    Interrupted at any point, the next start goes on with what is missing. The operator's key is in the file before the
    journal knows it; a file whose key the journal does not know is from an interrupted start and is written anew.
    """
    if exchange.sequence == 0:
        rules = commands.SetRulesVersion(actor=VENUE, rules_version=RULES_VERSION)
        ask_one(exchange, rules, events.RulesVersionSet)
    if exchange.directory.policies == NO_DIGEST:
        policies = bytes.fromhex(exchange.gate.policy_set_sha256)
        ask_one(exchange, commands.AdoptPolicies(actor=VENUE, policies=policies), events.PoliciesAdopted)
    if exchange.directory.asset(exchange.settings.quote) is None:
        cash = commands.DefineAsset(actor=VENUE, code=exchange.settings.quote, scale=CASH_SCALE)
        ask_one(exchange, cash, events.AssetDefined)
    operator = next((u for u in exchange.directory.users.values() if u.roles & Role.OPERATOR), None)
    user = operator.user if operator else _make_operator(exchange)
    if any(key.user == user for key in exchange.directory.keys.values()):
        return None
    return _make_key(exchange, user)


def _make_operator(exchange: Exchange) -> int:
    """The operator's user. Before there is one nobody else is taken in: a participant is the venue's, half set up."""
    directory = exchange.directory
    participant = min(directory.participants, default=None) or _register_venue(exchange)
    for state in (ParticipantState.VERIFIED, ParticipantState.ACTIVE):
        if directory.participants[participant].state < state:
            set_participant_state(exchange, VENUE, participant, state)
    if not directory.accounts_of(participant):
        open_account(exchange, VENUE, participant)
    return register_user(exchange, VENUE, participant, Role.OPERATOR | Role.AUDITOR)


def _register_venue(exchange: Exchange) -> int:
    name = exchange.settings.venue_name
    evidence = {"appointment": f"{name} appoints its own operator".encode()}
    return register_participant(exchange, VENUE, name, "organisation", evidence)


def _make_key(exchange: Exchange, user: int) -> Path:
    path, key = exchange.settings.data_folder / OPERATOR_FILE, exchange.key_secrets.create()
    write_credentials(path, key)
    register_key(exchange, VENUE, user, _ALL_SCOPES, key.public_id)
    return path


def write_credentials(path: Path, key: NewKey) -> None:
    """A key as clients read it, for its owner's eyes alone (mode 600): base64 secret, as it signs requests."""
    shown = {"key": key.public_id, "secret": base64.b64encode(key.secret).decode(), "passphrase": key.passphrase}
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(shown, file)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)
