import stat
import subprocess
import sys

import pytest
from served import free_port

from api.cli.client import read_credentials, write_credentials
from api.cli.console import CommandError
from api.cli.main import PLACES, as_refusal
from exchange.catalogue.listing import ListingError


def test_help_shows_every_command_and_those_of_other_packages(tlx):
    shown = tlx("--help").stdout
    assert all(name in shown for name in (*PLACES, "replay", "sample"))


@pytest.mark.parametrize("name", [*PLACES, "replay", "sample"])
def test_every_command_has_help(tlx, name):
    result = tlx(name, "--help")
    assert result.exit_code == 0
    assert "Usage" in result.stdout


def test_no_command_waits_for_what_only_another_one_needs():
    script = "import sys, api.cli.main, api.cli.trading; sys.exit('fastapi' in sys.modules or 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ("nothing",),
        ("order", "X-CNY"),
        ("order", "X-CNY", "lend", "1", "1"),
        ("order", "X-CNY", "buy", "1", "--type", "limit"),
        ("order", "X-CNY", "buy", "1", "5.00", "--type", "market"),
        ("cancel",),
        ("cancel", "17", "--all"),
        ("cancel-after",),
        ("cancel-after", "0s"),
        ("cancel-after", "soon"),
        ("cancel-after", "5d"),
        ("operator", "phase", "X-CNY", "asleep"),
    ],
)
def test_wrong_usage_is_exit_status_2(tlx, arguments):
    result = tlx(*arguments)
    assert result.exit_code == 2
    assert "Traceback" not in result.stderr


def test_an_exchange_that_is_not_there_is_told_in_one_sentence(tlx):
    result = tlx("status", "--url", f"http://127.0.0.1:{free_port()}")
    assert result.exit_code == 1
    assert result.stderr.startswith("NOT_REACHED: ")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize("url", ["nonsense", "ftp://127.0.0.1", "http://[", ""])
def test_an_address_that_is_none_is_refused(tlx, url):
    result = tlx("status", "--url", url)
    assert result.exit_code == 1
    assert result.stderr.partition(":")[0] in {"NOT_REACHED", "BAD_URL"}


def test_signing_needs_a_key(tlx):
    assert tlx("accounts").stderr.startswith("NO_CREDENTIALS: ")


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"key": "k", "secret": "?", "passphrase": "p"}', "\x00"])
def test_a_file_that_holds_no_key_is_refused(tlx, tmp_path, content):
    path = tmp_path / "key.json"
    path.write_text(content)
    result = tlx("accounts", "-c", path)
    assert (result.exit_code, result.stderr.partition(":")[0]) == (1, "BAD_CREDENTIALS")


def test_a_key_is_written_for_its_owner_alone_and_never_over_another(tmp_path):
    path = tmp_path / "key.json"
    write_credentials(path, {"id": "1", "key": "k", "secret": "c2VjcmV0", "passphrase": "p"})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert read_credentials(path).secret == b"secret"
    with pytest.raises(CommandError, match="CANNOT_WRITE"):
        write_credentials(path, {"id": "2", "key": "k", "secret": "c2VjcmV0", "passphrase": "p"})


@pytest.mark.parametrize("symbol", ["", "GSM8K", "A-B-C", "../CNY", "A/B-CNY", "Ä-CNY"])
def test_what_is_no_product_is_refused_before_it_is_asked_for(tlx, symbol):
    assert tlx("watch", symbol, "--seconds", "1").stderr.startswith("BAD_SYMBOL: ")


def test_the_machines_refusals_keep_their_code_and_a_bug_stays_one():
    refused = as_refusal(ListingError("BAD_LICENCE", "none at all"))
    assert (refused.code, refused.message) == ("BAD_LICENCE", "none at all")
    assert as_refusal(KeyError("a bug")) is None


def test_a_server_that_cannot_start_says_why_in_one_line(cli_server, tmp_path):
    command = [sys.executable, "-c", "from api.cli.main import main; main()", "serve"]
    where = ["--port", str(cli_server.port), "--data", str(tmp_path)]
    done = subprocess.run([*command, *where], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2
    assert "ADDRESS_UNUSABLE" in done.stderr
