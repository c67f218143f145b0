import base64
import json
import stat

import pytest
from open_venue import records

from exchange.matching.engine import Engine
from exchange.operations.admission import key_fingerprint, profile_of
from exchange.operations.bootstrap import bootstrap
from exchange.runtime import Exchange, Settings
from exchange.vocabulary.participants import ParticipantState, Role, Scope

STEPS = 9
"""Commands of a first start: rules, policies, cash, participant, two states, account, user, key."""


class PulledPlug(Exception):  # noqa: N818
    """The process died here."""


def started(folder, **settings):
    exchange = Exchange.open(Settings(data_folder=folder, clock_idle_s=3600.0, **settings))
    exchange.start()
    return exchange


def dying_before(exchange, step, monkeypatch):
    """Let the exchange take `step` commands and die at the next."""
    submit, taken = exchange.submit, []

    def until_then(commands, blobs=()):
        if len(taken) == step:
            raise PulledPlug
        taken.append(commands)
        return submit(commands, blobs)

    monkeypatch.setattr(exchange, "submit", until_then)


def check_set_up(exchange):
    directory = exchange.directory
    ((participant, entry),) = directory.participants.items()
    assert entry.state == ParticipantState.ACTIVE
    assert [account.participant for account in directory.accounts_of(participant)] == [participant]
    ((user, operator),) = directory.users.items()
    assert (operator.participant, operator.roles) == (participant, Role.OPERATOR | Role.AUDITOR)
    ((_, key),) = directory.keys.items()
    assert (key.user, key.scopes) == (user, sum(Scope))
    told = json.loads((exchange.settings.data_folder / "operator.json").read_text())
    assert key.fingerprint == key_fingerprint(told["key"])
    assert exchange.key_secrets.hmac_secret(told["key"]) == base64.b64decode(told["secret"])
    assert exchange.key_secrets.is_passphrase(told["key"], told["passphrase"])
    assert directory.asset(exchange.settings.quote).scale == 2
    assert directory.policies.hex() == exchange.gate.policy_set_sha256


@pytest.mark.parametrize("step", range(STEPS))
def test_a_first_start_that_is_interrupted_goes_on_with_what_is_missing(tmp_path, monkeypatch, step):
    exchange = started(tmp_path / "venue")
    dying_before(exchange, step, monkeypatch)
    with pytest.raises(PulledPlug):
        bootstrap(exchange)
    assert exchange.sequence == step
    exchange.close()
    again = started(tmp_path / "venue")
    assert bootstrap(again) == tmp_path / "venue" / "operator.json"
    check_set_up(again)
    assert again.sequence == STEPS
    again.close()


def test_the_operators_key_is_on_disk_before_the_journal_knows_it(tmp_path, monkeypatch):
    """Otherwise a process that dies between the two would leave a venue that nobody can operate."""
    exchange = started(tmp_path / "venue")
    submit = exchange.submit

    def dying_after_the_last(commands, blobs=()):
        reply = submit(commands, blobs)
        if reply.result(10).first_sequence == STEPS:
            raise PulledPlug
        return reply

    monkeypatch.setattr(exchange, "submit", dying_after_the_last)
    with pytest.raises(PulledPlug):
        bootstrap(exchange)
    exchange.close()
    again = started(tmp_path / "venue")
    assert bootstrap(again) is None
    check_set_up(again)
    again.close()


def test_a_venue_that_is_set_up_is_left_as_it_is(tmp_path):
    exchange = started(tmp_path / "venue", venue_name="First Name")
    path = bootstrap(exchange)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    check_set_up(exchange)
    assert exchange.sequence == STEPS
    exchange.projector.wait_for(STEPS, 10)
    found, credentials = records(exchange.database), path.read_bytes()
    assert bootstrap(exchange) is None
    exchange.close()
    again = started(tmp_path / "venue", venue_name="Second Name")
    assert bootstrap(again) is None
    assert (again.sequence, records(again.database), path.read_bytes()) == (STEPS, found, credentials)
    assert profile_of(again, min(again.directory.participants)).name == "First Name"
    again.close()


def test_a_venue_keeps_its_books_in_the_currency_it_was_set(tmp_path):
    exchange = started(tmp_path / "venue", quote="USD")
    bootstrap(exchange)
    check_set_up(exchange)
    assert exchange.directory.asset("CNY") is None
    exchange.close()


def test_the_rules_stand_first_in_the_journal(tmp_path):
    exchange = started(tmp_path / "venue")
    bootstrap(exchange)
    exchange.close()
    again = Exchange.open(exchange.settings)
    assert Engine.restore(again.opening_state)._state.rules_version == 1
    again.close()
