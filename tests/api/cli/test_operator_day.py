"""The operator's day from the command line: stopping, correcting, and what takes two."""

import re
from types import SimpleNamespace

import pytest
from served import Server, small_dataset
from typer.testing import CliRunner

from api.cli.main import app

pytestmark = pytest.mark.e2e

WHY = ("--reason", "technical", "--note", "a broken model")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    served = Server(tmp_path_factory.mktemp("day") / "exchange").start()
    yield served
    served.close()


@pytest.fixture(scope="module")
def day(server):
    """A venue with a listed dataset, two firms and two operators; `tlx` runs a command with the key of one of them."""
    home = server.folder.parent

    def tlx(*arguments, by="operator", fails=False):
        key = server.folder / "operator.json" if by == "operator" else home / f"{by}.json"
        result = CliRunner().invoke(app, [*map(str, arguments), "-c", str(key), "--url", server.url])
        assert bool(result.exit_code) == fails, (arguments, result.stdout, result.stderr)
        assert "Traceback" not in result.stderr
        return result.stderr if fails else result.stdout

    firms = {name: enrolled(tlx, home, name, *cash) for name, cash in (("vendor", ()), ("buyer", ("--cash", "1000")))}
    venue = tlx("operator", "participants", "list").splitlines()[1].split()[0]
    second = tlx("operator", "user", venue, "--role", "operator").split()[1]
    tlx("operator", "key", second, "--to", home / "second.json", "--scope", "view", "--scope", "manage")
    symbol = re.search(r"Admitted as (\S+-CNY)", tlx("list", dataset(home), "--copies", "5", by="vendor")).group(1)
    tlx("entitle", symbol, "buy", "--purpose", "training", by="buyer")
    return SimpleNamespace(tlx=tlx, home=home, symbol=symbol, **firms)


def enrolled(tlx, home, name, *cash):
    identity = home / "identity.txt"
    identity.write_text("a business licence")
    told = tlx("operator", "enrol", name, "--evidence", identity, "--to", home / f"{name}.json", *cash)
    participant, account = re.findall(r"[0-9]+", told)[:2]
    return SimpleNamespace(participant=participant, account=account)


def dataset(home):
    folder = home / "riddles"
    folder.mkdir()
    croissant, files, evidence = small_dataset()
    for path, content in {"croissant.json": croissant, **files, **evidence}.items():
        (folder / path).write_bytes(content)
    return folder


def trade(day):
    """The number of a trade between the two, at 800.00."""
    day.tlx("order", day.symbol, "sell", "1lot", "800.00", by="vendor")
    assert "is filled" in day.tlx("order", day.symbol, "buy", "1lot", "800.00", by="buyer")
    return day.tlx("fills", by="buyer").splitlines()[1].split()[2]


def approved(day, said):
    """Approve as the second operator what the first was told is waiting."""
    number = re.search(r"tlx operator approve ([0-9]+)", said).group(1)
    assert number in day.tlx("operator", "proposals", by="second")
    assert day.tlx("operator", "approve", number, fails=True).startswith("SAME_USER: ")
    return day.tlx("operator", "approve", number, by="second")


def test_a_product_is_halted_for_a_reason_and_resumed(day):
    assert "is halted" in day.tlx("operator", "halt", day.symbol, "--reason", "regulator", "--note", "a letter")
    assert "INSTRUMENT_HALTED" in day.tlx("order", day.symbol, "sell", "1lot", "9.00", by="vendor", fails=True)
    assert "is continuous" in day.tlx("operator", "resume", day.symbol)
    assert "is cancel_only" in day.tlx("operator", "phase", day.symbol, "cancel_only", *WHY)
    assert "is continuous" in day.tlx("operator", "resume", day.symbol, "--to", "continuous")
    told = day.tlx("operator", "interventions")
    assert all(word in told for word in ("halt", "resume", "regulator", "a letter"))
    assert "is 9.00" in day.tlx("operator", "reference-price", day.symbol, "9.00", *WHY)


def test_an_account_is_blocked_and_unblocked(day):
    assert "is blocked" in day.tlx("operator", "block", day.vendor.account, *WHY)
    assert "ACCOUNT_BLOCKED" in day.tlx("order", day.symbol, "sell", "1lot", "9.00", by="vendor", fails=True)
    assert "not blocked" in day.tlx("operator", "unblock", day.vendor.account)
    assert f"account {day.vendor.account}" in day.tlx("operator", "interventions")


def test_a_kill_takes_one_operator_and_its_end_takes_two(day):
    day.tlx("order", day.symbol, "sell", "1lot", "900.00", by="vendor")
    participant = ("--participant", day.vendor.participant)
    assert "1 orders ended" in day.tlx("operator", "kill", *participant, *WHY)
    assert f"participant {day.vendor.participant}" in day.tlx("operator", "kills")
    assert "ACCOUNT_BLOCKED" in day.tlx("order", day.symbol, "sell", "1lot", "9.00", by="vendor", fails=True)
    assert "carried out" in approved(day, day.tlx("operator", "unkill", *participant, *WHY))
    assert day.tlx("operator", "kills") == "Nothing is killed.\n"
    assert day.symbol in day.tlx("operator", "kill", "--product", day.symbol, *WHY)
    approved(day, day.tlx("operator", "unkill", "--product", day.symbol, *WHY))
    day.tlx("operator", "resume", day.symbol)
    assert "the venue" in day.tlx("operator", "kill", "--venue", *WHY)
    approved(day, day.tlx("operator", "unkill", "--venue", *WHY))
    day.tlx("operator", "resume", day.symbol)


def test_trades_are_busted_and_adjusted_by_two(day):
    first, second = trade(day), trade(day)
    approved(day, day.tlx("operator", "bust", day.symbol, first, *WHY))
    assert "busted" in day.tlx("note", day.symbol, first, by="buyer")
    assert "Bust" in day.tlx("statement", by="vendor")
    sides = ("--payer", day.vendor.account, "--payee", day.buyer.account)
    approved(day, day.tlx("operator", "adjust", day.symbol, second, "0.50", *sides, *WHY))
    assert "0.50" in day.tlx("note", day.symbol, second, by="buyer")
    assert "balances agree" in day.tlx("operator", "reconcile")


def test_what_another_proposed_may_be_rejected(day):
    number = re.search(r"approve ([0-9]+)", day.tlx("operator", "bust", day.symbol, trade(day), *WHY)).group(1)
    assert "is rejected" in day.tlx("operator", "reject", number, "--note", "not so", by="second")
    assert day.tlx("operator", "proposals") == "No proposals.\n"
    told = day.tlx("operator", "proposals", "--status", "rejected")
    assert "rejected by user" in told and "not so" in told
    assert day.tlx("operator", "approve", number, by="second", fails=True).startswith("UNKNOWN_PROPOSAL: ")


def test_limits_policies_and_rules_take_two(day):
    approved(day, day.tlx("operator", "adopt-policies", *WHY))
    approved(day, day.tlx("operator", "rules", "1", *WHY))
    approved(day, day.tlx("operator", "withdrawal-limit", "5.00", *WHY))
    assert day.tlx("withdraw", "1.00", "--key", "a", by="buyer", fails=True).startswith("MISSING_SCOPE: ")
    user = day.tlx("operator", "user", day.buyer.participant, "--role", "buyer").split()[1]
    day.tlx("operator", "key", user, "--to", day.home / "treasurer.json", "--scope", "view", "--scope", "transfer")
    numbers = [
        day.tlx("withdraw", amount, "--key", amount, by="treasurer").split()[1] for amount in ("5.00", "5.01", "1.00")
    ]
    assert all(number in day.tlx("operator", "transfers") for number in numbers)
    assert "is confirmed" in day.tlx("operator", "confirm", numbers[0])
    assert "carried out" in approved(day, day.tlx("operator", "confirm", numbers[1], *WHY))
    assert "is aborted" in day.tlx("operator", "abort", numbers[2], *WHY)
    assert day.tlx("operator", "transfers") == "No transfers.\n"


@pytest.mark.parametrize("target", [(), ("--venue", "--participant", "1"), ("--product", "RIDDLES-CNY", "--venue")])
def test_a_kill_names_one_thing(tlx, target):
    for what in ("kill", "unkill"):
        result = tlx("operator", what, *target, *WHY)
        assert (result.exit_code, "Traceback" in result.stderr) == (2, False)
