import hashlib

import pytest
from open_venue import IDENTITY, member, refusal

from exchange.ledger.accounts import Bucket
from exchange.operations.admission import (
    activate_participant,
    create_key,
    deposit,
    open_account,
    profile_of,
    register_participant,
    register_user,
    revoke_key,
    set_participant_state,
    settle_transfer,
    withdraw,
)
from exchange.operations.asking import ask
from exchange.vocabulary import commands
from exchange.vocabulary.participants import VENUE, ParticipantState, Role, Scope
from exchange.vocabulary.units import NS_PER_SECOND


@pytest.fixture
def account(venue):
    return member(venue)[1]


@pytest.fixture
def operator(venue):
    return next(user for user in venue.directory.users.values() if user.roles & Role.OPERATOR)


def cash(exchange, account):
    """(available, held) of the account's cash, in minor units."""
    exchange.projector.wait_for(exchange.sequence, 10)
    asset = exchange.directory.asset("CNY").asset
    rows = {row["bucket"]: row["amount"] for row in exchange.history.balances(account) if row["asset"] == asset}
    return rows.get(Bucket.AVAILABLE, 0), rows.get(Bucket.HELD, 0)


def secrets_kept(exchange):
    (values,) = exchange.secrets._connection.execute("SELECT count(*) FROM main.secret").fetchone()
    return values


def test_the_same_deposit_is_credited_once(venue, account):
    first = deposit(venue, VENUE, account, "CNY", 500, "wire-1")
    assert deposit(venue, VENUE, account, "CNY", 500, "wire-1") == first
    assert cash(venue, account) == (500, 0)
    assert deposit(venue, VENUE, account, "CNY", 500, "wire-2") != first
    assert cash(venue, account) == (1000, 0)


def test_a_deposit_key_used_for_another_amount_is_refused(venue, account):
    deposit(venue, VENUE, account, "CNY", 500, "wire-1")
    refusal("DUPLICATE_TRANSFER_KEY", deposit, venue, VENUE, account, "CNY", 501, "wire-1")
    assert cash(venue, account) == (500, 0)


def test_a_deposit_that_was_interrupted_is_credited_by_its_repeat(venue, account):
    asset = venue.directory.asset("CNY").asset
    ask(venue, commands.BeginDeposit(actor=VENUE, account=account, asset=asset, amount=700, key="wire-3"))
    assert cash(venue, account) == (0, 0)
    deposit(venue, VENUE, account, "CNY", 700, "wire-3")
    assert cash(venue, account) == (700, 0)


def test_a_deposit_that_was_called_off_is_not_taken_for_credited(venue, account):
    asset = venue.directory.asset("CNY").asset
    ((begun,),) = ask(venue, commands.BeginDeposit(actor=VENUE, account=account, asset=asset, amount=700, key="wire-4"))
    settle_transfer(venue, VENUE, begun.transfer, left_or_came=False)
    refusal("BAD_STATE", deposit, venue, VENUE, account, "CNY", 700, "wire-4")
    assert cash(venue, account) == (0, 0)


@pytest.mark.parametrize(
    ("asset", "amount", "code"),
    [("XXX", 1, "UNKNOWN_ASSET"), ("CNY", 0, "BAD_AMOUNT"), ("CNY", -5, "BAD_AMOUNT"), ("RIDDLES", 1, "UNKNOWN_ASSET")],
)
def test_what_is_no_cash_is_not_deposited(venue, account, asset, amount, code):
    refusal(code, deposit, venue, VENUE, account, asset, amount, "k")
    assert cash(venue, account) == (0, 0)


def test_a_withdrawal_holds_the_cash_until_it_has_left(venue, account):
    deposit(venue, VENUE, account, "CNY", 500, "in")
    transfer = withdraw(venue, VENUE, account, "CNY", 200, "out")
    assert withdraw(venue, VENUE, account, "CNY", 200, "out") == transfer
    assert cash(venue, account) == (300, 200)
    refusal("INSUFFICIENT_FUNDS", withdraw, venue, VENUE, account, "CNY", 301, "more")
    settle_transfer(venue, VENUE, transfer, left_or_came=True)
    assert cash(venue, account) == (300, 0)
    refusal("BAD_STATE", settle_transfer, venue, VENUE, transfer, left_or_came=False)


def test_a_withdrawal_that_is_called_off_gives_the_cash_back(venue, account):
    deposit(venue, VENUE, account, "CNY", 500, "in")
    settle_transfer(venue, VENUE, withdraw(venue, VENUE, account, "CNY", 200, "out"), left_or_came=False)
    assert cash(venue, account) == (500, 0)


def test_who_has_shown_nothing_is_not_verified(venue):
    participant = register_participant(venue, VENUE, "Shy", "organisation", {})
    refusal("NO_EVIDENCE", activate_participant, venue, VENUE, participant)
    assert venue.directory.participants[participant].state == ParticipantState.APPLIED


def test_states_are_taken_one_after_the_other(venue):
    participant = register_participant(venue, VENUE, "Hasty", "organisation", IDENTITY)
    refusal("BAD_STATE", set_participant_state, venue, VENUE, participant, ParticipantState.ACTIVE)
    activate_participant(venue, VENUE, participant)
    set_participant_state(venue, VENUE, participant, ParticipantState.SUSPENDED)
    assert venue.directory.participants[participant].state == ParticipantState.SUSPENDED


def test_of_an_unknown_participant_nothing_is_made(venue):
    refusal("UNKNOWN_PARTICIPANT", profile_of, venue, 10**6)
    refusal("UNKNOWN_PARTICIPANT", set_participant_state, venue, VENUE, 10**6, ParticipantState.VERIFIED)
    refusal("UNKNOWN_PARTICIPANT", open_account, venue, VENUE, 10**6)


def test_what_a_refused_registration_brought_is_not_kept(venue):
    kept = secrets_kept(venue)
    refusal("UNKNOWN_PARTICIPANT", register_user, venue, VENUE, 10**6, Role.BUYER, b"a person's name")
    refusal("UNKNOWN_USER", create_key, venue, VENUE, 10**6, Scope.VIEW)
    refusal("UNKNOWN_OWNER", register_participant, venue, VENUE, "Heir", "individual", IDENTITY, owner=10**6)
    assert secrets_kept(venue) == kept


def test_a_person_is_known_to_journal_and_records_by_an_opaque_id_alone(venue, standing):
    user = register_user(venue, VENUE, standing.buyer, Role.BUYER, b"Ada Lovelace, trader")
    person = venue.directory.users[user].person
    assert venue.secrets.person(person) == b"Ada Lovelace, trader"
    venue.secrets.erase(person)
    assert venue.secrets.person(person) is None
    assert venue.directory.users[user].person == person


def test_a_key_is_known_by_its_fingerprint_until_it_is_revoked(venue, operator, standing):
    made = create_key(venue, VENUE, operator.user, Scope.VIEW | Scope.MANAGE)
    entry = venue.directory.key_of(hashlib.sha256(made.secrets.public_id.encode()).digest())
    assert (entry.key, entry.user, entry.participant) == (made.key, operator.user, operator.participant)
    assert not entry.revoked
    assert venue.key_secrets.hmac_secret(made.secrets.public_id) == made.secrets.secret
    assert open_account(venue, made.key, standing.buyer)
    revoke_key(venue, made.key, made.key)
    assert venue.directory.keys[made.key].revoked
    refusal("NOT_PERMITTED", open_account, venue, made.key, standing.buyer)
    refusal("BAD_STATE", revoke_key, venue, VENUE, made.key)


def test_a_key_past_its_time_manages_nothing(venue, operator, standing):
    made = create_key(venue, VENUE, operator.user, Scope.MANAGE, venue.now_ns() + NS_PER_SECOND // 100)
    while venue.now_ns() <= venue.directory.keys[made.key].expires_at_ns:
        pass
    refusal("NOT_PERMITTED", open_account, venue, made.key, standing.buyer)


def test_a_key_without_the_scope_to_manage_manages_nothing(venue, operator, standing):
    made = create_key(venue, VENUE, operator.user, Scope.VIEW | Scope.TRADE)
    refusal("NOT_PERMITTED", open_account, venue, made.key, standing.buyer)


def test_secrets_of_keys_are_on_disk_only_encrypted(venue, standing):
    made = create_key(venue, VENUE, register_user(venue, VENUE, standing.buyer, Role.BUYER), Scope.VIEW).secrets
    folder = venue.settings.data_folder
    stored = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file() and "vault" not in path.parts)
    assert made.secret not in stored
    assert made.passphrase.encode() not in stored
