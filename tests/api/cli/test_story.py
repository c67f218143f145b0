"""The README's story, said line by line against a real server; and what it leaves, spoiled."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.e2e

README = Path(__file__).parents[3] / "README.md"
TOLD = {
    "tlx status": "ok",
    "tlx assay var/sample": "Grade G1",
    "tlx list var/unlicensed -c var/vendor.json": "GATE_REFUSED",
    "tlx list var/sample --copies 5 -c var/vendor.json": "Admitted as SAMPLETOPICS-CNY.",
    "tlx order SAMPLETOPICS-CNY sell 2lots 800.00 -c var/vendor.json": "is open",
    "tlx order SAMPLETOPICS-CNY buy 2lots 800.00 -c var/buyer.json": "is filled",
    "tlx statement -c var/vendor.json": "Match",
    "tlx statement -c var/buyer.json": "Match",
    "tlx deliver SAMPLETOPICS-CNY 2 --to var/lots -c var/buyer.json": "Verified 2 lots",
    "tlx verify var/lots": "Verified 2 lots",
    "tlx watch SAMPLETOPICS-CNY --seconds 5": "1 checksums agreed",
    "tlx operator reconcile": "balances agree",
    "tlx operator trial-balance": "The trial balance is zero.",
}
"""What each command must show at least."""


def story():
    """The commands of the story, and whether the README calls each refused."""
    block = re.findall(r"```sh\n(.*?)```", README.read_text(), re.DOTALL)[1]
    lines = [line for line in block.splitlines() if line and not line.startswith(("#", "export PATH"))]
    return [(line.partition("    #")[0], line.endswith("# refused")) for line in lines]


@pytest.fixture(scope="module")
def told(cli_server, tmp_path_factory):
    """Where the story was told, and what each command had to say."""
    home = tmp_path_factory.mktemp("home")
    (home / "var").mkdir()
    bin_folder = home / "bin"
    bin_folder.mkdir()
    script = bin_folder / "tlx"
    script.write_text(f"#!{sys.executable}\nfrom api.cli.main import main\nmain()\n")
    script.chmod(0o755)
    own = {"PATH": f"{bin_folder}:{os.environ['PATH']}", "TLX_URL": cli_server.url, "PYTHONPATH": str(README.parent)}
    environment = {**os.environ, **own, "TLX_DATA_FOLDER": str(cli_server.folder)}
    said = {}
    for command, is_refused in story():
        done = subprocess.run(
            command, shell=True, cwd=home, env=environment, capture_output=True, text=True, check=False, timeout=120
        )
        said[command] = done.stdout + done.stderr
        assert done.returncode == is_refused, f"{command}: {said[command]}"
    return home, said


def test_every_command_of_the_readme_shows_what_it_is_there_for(told):
    _, said = told
    assert set(TOLD) <= set(said)
    missing = {command: said[command] for command, shown in TOLD.items() if shown not in said[command]}
    assert not missing


def test_a_refusal_names_rule_and_article(told):
    refusal = told[1]["tlx list var/unlicensed -c var/vendor.json"]
    assert re.search(r"^  [A-Z]+-\d+ \(.+\): .+", refusal, re.MULTILINE), refusal


def test_delivered_lots_are_the_documents_of_the_dataset(told):
    home, _ = told
    listed = (home / "var/sample/documents.jsonl").read_text().count("\n")
    lots = [path.read_text().count("\n") for path in sorted((home / "var/lots").glob("lot-*.jsonl"))]
    assert len(lots) == 2
    assert 0 < sum(lots) < listed


def test_delivering_again_asks_for_more_than_was_bought(told, tlx, cli_server):
    home, _ = told
    where = ["--to", home / "var/lots", "-c", home / "var/buyer.json", "--url", cli_server.url]
    result = tlx("deliver", "SAMPLETOPICS-CNY", "1", *where)
    assert result.exit_code == 1
    assert "EX-05 (exchange rule): The account has fewer paid and free claims" in result.stderr
    assert tlx("verify", home / "var/lots").exit_code == 0


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda lots: flip(lots / "lot-0.jsonl"), "HASH_MISMATCH"),
        (lambda lots: flip(lots / "lot-0.manifest.json"), "HASH_MISMATCH"),
        (lambda lots: flip(lots / "certificate.json"), "CERTIFICATE_"),
        (lambda lots: (lots / "certificate.json").unlink(), "NO_CERTIFICATE"),
        (lambda lots: (lots / "delivery.json").unlink(), "NO_DELIVERY"),
        (lambda lots: (lots / "delivery.json").write_text("[]"), "BAD_RECEIPT"),
        (lambda lots: (lots / "lot-1.jsonl").unlink(), "FILE_ABSENT"),
        (lambda lots: shutil.copy(lots / "lot-1.jsonl", lots / "lot-0.jsonl"), "HASH_MISMATCH"),
    ],
)
def test_a_delivery_that_was_spoiled_does_not_verify(told, tlx, tmp_path, spoil, code):
    lots = Path(shutil.copytree(told[0] / "var/lots", tmp_path / "lots"))
    spoil(lots)
    result = tlx("verify", lots)
    assert result.exit_code == 1
    assert result.stderr.startswith(code), result.stderr


def test_a_certificate_of_another_assayer_does_not_verify(told, tlx):
    result = tlx("verify", told[0] / "var/lots", "--assayer", "00" * 32)
    assert (result.exit_code, result.stderr.partition(":")[0]) == (1, "CERTIFICATE_UNTRUSTED")


def test_orders_accounts_fills_and_notes_can_be_read(told, tlx, cli_server):
    buyer = ["-c", told[0] / "var/buyer.json", "--url", cli_server.url]
    assert "filled" in tlx("orders", "--status", "all", *buyer).stdout
    assert "99951.95" in tlx("accounts", *buyer).stdout
    assert "48.00" in tlx("fills", *buyer).stdout
    assert "48.05" in tlx("note", "SAMPLETOPICS-CNY", "1", *buyer).stdout


def test_an_order_is_placed_once_and_cancelled(told, tlx, cli_server):
    buyer = ["-c", told[0] / "var/buyer.json", "--url", cli_server.url]
    bid = ["order", "SAMPLETOPICS-CNY", "buy", "1lot", "700.00", "--client-oid", "first", *buyer]
    placed = tlx(*bid)
    assert "is open" in placed.stdout
    assert "placed before" in tlx(*bid).stdout
    number = placed.stdout.split()[1]
    assert tlx("cancel", number, *buyer).stdout == f"Cancelled: {number}.\n"
    assert tlx("cancel", number, *buyer).exit_code == 1
    assert "nothing to cancel" in tlx("cancel", "--all", *buyer).stdout


def test_a_dry_run_places_nothing_and_is_refused_as_the_order_would_be(told, tlx, cli_server):
    buyer = ["--url", cli_server.url, "-c", told[0] / "var/buyer.json"]
    bid = ["order", "SAMPLETOPICS-CNY", "buy", "1lot", "700.00", "--dry-run", *buyer]
    asked = tlx(*bid)
    assert asked.exit_code == 0, asked.stderr
    assert "would be taken" in asked.stdout
    assert json.loads(tlx(*bid, "--json").stdout)["status"] == "checked"
    assert "No orders." in tlx("orders", *buyer).stdout
    refused = tlx("order", "SAMPLETOPICS-CNY", "buy", "9999lots", "700.00", "--dry-run", *buyer)
    assert refused.exit_code == 1 and "INSUFFICIENT_FUNDS" in refused.stderr


def test_the_dead_man_timer_is_set_moved_and_taken_away(told, tlx, cli_server):
    buyer = ["--url", cli_server.url, "-c", told[0] / "var/buyer.json"]
    assert "unless this is said again" in tlx("cancel-after", "90s", *buyer).stdout
    assert json.loads(tlx("cancel-after", "2h", "--json", *buyer).stdout)["timeout"] == 7_200
    assert "end by no timer" in tlx("cancel-after", "off", *buyer).stdout
    assert "BAD_TIMEOUT" in tlx("cancel-after", "25h", *buyer).stderr


def test_an_offer_is_made_seen_accepted_in_part_and_withdrawn(told, tlx, cli_server):
    buyer, vendor = (["-c", told[0] / f"var/{name}.json", "--url", cli_server.url] for name in ("buyer", "vendor"))
    bid = ["offer", "make", "SAMPLETOPICS-CNY", "buy", "2lots", "650.00", "--part", "--client-oid", "offered", *buyer]
    made = tlx(*bid)
    assert "is open" in made.stdout, made.stderr
    assert "everyone" in made.stdout
    assert "made before" in tlx(*bid).stdout
    number = made.stdout.split()[1]
    assert number in tlx("offer", "list", *vendor).stdout
    assert "is filled" in tlx("offer", "accept", number, "1lot", *vendor).stdout
    assert '"type": "offer"' in tlx("orders", "--json", *buyer).stdout
    assert tlx("offer", "withdraw", number, *buyer).stdout == f"Withdrawn: {number}.\n"
    gone = tlx("offer", "accept", number, "1lot", *vendor)
    assert (gone.exit_code, gone.stderr.partition(":")[0]) == (1, "UNKNOWN_OFFER")
    assert tlx("offer", "accept", number, *vendor).stderr.startswith("TOO_LATE")
    assert tlx("offer", "list", *vendor).stdout == "No offers.\n"


def test_an_offer_to_an_account_that_does_not_exist_is_refused(told, tlx, cli_server):
    vendor = ["-c", told[0] / "var/vendor.json", "--url", cli_server.url]
    terms = ["--to", "1", "--to", "999", "--expire-time", "2099-01-01T00:00:00Z"]
    refused = tlx("offer", "make", "SAMPLETOPICS-CNY", "sell", "1lot", "650.00", *terms, *vendor)
    assert refused.stderr.startswith("BAD_COMBINATION")


def test_an_operator_halts_a_product_and_lets_it_go_on(told, tlx, cli_server):
    operator = ["-c", cli_server.folder / "operator.json", "--url", cli_server.url]
    vendor = ["-c", told[0] / "var/vendor.json", "--url", cli_server.url]
    assert "is halted" in tlx("operator", "phase", "SAMPLETOPICS-CNY", "halted", *operator).stdout
    assert tlx("order", "SAMPLETOPICS-CNY", "sell", "1lot", "900.00", *vendor).exit_code == 1
    assert "is continuous" in tlx("operator", "phase", "SAMPLETOPICS-CNY", "continuous", *operator).stdout


def test_a_vendor_is_no_operator(told, tlx, cli_server):
    result = tlx("operator", "reconcile", "-c", told[0] / "var/vendor.json", "--url", cli_server.url)
    assert (result.exit_code, result.stderr.partition(":")[0]) == (1, "MISSING_ROLE")


def test_the_journal_of_the_story_is_whole(told, tlx, tmp_path, cli_server):
    del told
    copied = Path(shutil.copytree(cli_server.folder / "journal", tmp_path / "data" / "journal"))
    result = tlx("journal", "verify", copied.parent)
    assert result.exit_code == 0, result.stderr
    assert "State hash" in result.stdout
    assert tlx("journal", "verify", tmp_path).stderr.startswith("NO_JOURNAL: ")


def test_a_request_that_is_malformed_names_the_field(told, tlx, cli_server):
    operator = ["-c", cli_server.folder / "operator.json", "--url", cli_server.url]
    result = tlx("operator", "user", "1", "--role", "jester", *operator)
    assert result.exit_code == 1
    assert result.stderr.startswith("BAD_REQUEST: ")
    assert "  body.roles.0: " in result.stderr
