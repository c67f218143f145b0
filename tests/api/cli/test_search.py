"""Finding a dataset from the command line, as a table, as JSON, and by pages."""

import json

import pytest
from served import admit_firm, small_dataset, submit

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def shelf(cli_server):
    vendor = admit_firm(cli_server, "Bookseller")
    return [submit(vendor, small_dataset(f"shelf riddles {number}", seed=50 + number), copies=1) for number in (1, 2)]


def test_a_search_prints_a_table_and_json_and_goes_on_after_a_cursor(cli_server, shelf, tlx):
    at = ["--url", cli_server.url]
    shown = tlx("search", "shelf", "--language", "en", "--purpose", "training", "--order", "size", *at)
    assert shown.exit_code == 0, shown.stderr
    heading, *rows = shown.stdout.strip().splitlines()
    assert heading.split()[:2] == ["product", "name"]
    assert {row.split()[0] for row in rows} == {each["product_id"] for each in shelf}
    assert all("exclusive" in row for row in rows)
    first = tlx("search", "shelf", "--limit", 1, "--json", *at)
    (told,) = json.loads(first.stdout)
    assert told["product_id"] == shelf[0]["product_id"]
    cursor = first.stderr.strip().rsplit(" ", 1)[1]
    (other,) = json.loads(tlx("search", "shelf", "--limit", 1, "--json", "--after", cursor, *at).stdout)
    assert other["product_id"] == shelf[1]["product_id"]
    assert tlx("search", "nothing-like-it", *at).stdout == "No dataset on offer is like that.\n"


def test_an_order_that_there_is_not_is_refused_by_name(cli_server, tlx):
    told = tlx("search", "--order", "beauty", "--url", cli_server.url)
    assert (told.exit_code, told.stderr.split(":")[0]) == (1, "BAD_ORDER")


def test_a_sample_is_looked_at_kept_and_verified_again_without_a_server(cli_server, shelf, tlx, tmp_path):
    admit_firm(cli_server, "Peeker")
    folder, product = tmp_path / "sample", shelf[0]["product_id"]
    key = ["-c", cli_server.folder.with_name("Peeker.json"), "--url", cli_server.url]
    seen = tlx("peek", product, "--to", folder, *key)
    assert seen.exit_code == 0, seen.stderr
    assert "--- document" in seen.stdout
    again = tlx("peek", "--offline", folder)
    assert (again.exit_code, again.stdout) == (0, seen.stdout)
    (folder / "sample.json").write_bytes((folder / "sample.json").read_bytes().replace(b'"at_ns":1', b'"at_ns":2', 1))
    assert tlx("peek", "--offline", folder).stderr.startswith("SAMPLE_FORGED")
    assert tlx("peek", product, *key).stderr.startswith("NO_FOLDER")
    assert tlx("peek", "--offline", tmp_path).stderr.startswith("NO_SAMPLE")


def test_an_evidence_pack_is_taken_away_and_verified_again_without_a_server(cli_server, shelf, tlx, tmp_path):
    product, place = shelf[0]["product_id"], tmp_path / "pack.zip"
    told = tlx("evidence", product, "--to", place, "--url", cli_server.url)
    assert told.exit_code == 0, told.stderr
    assert "licences/LICENSE" in told.stdout
    again = tlx("evidence", "--offline", place)
    assert again.exit_code == 0, again.stderr
    assert f"grade {shelf[0]['grade']}" in again.stdout
    place.write_bytes(place.read_bytes()[:-40])
    assert tlx("evidence", "--offline", place).stderr.startswith("PACK_MALFORMED")


def test_a_listing_is_withdrawn_and_its_vendor_who_holds_the_claims_reads_of_it(cli_server, shelf, tlx):
    product, at = shelf[1]["product_id"], ["--url", cli_server.url]
    operator = [*at, "-c", cli_server.folder / "operator.json"]
    assert f"{product} is trading." in tlx("lifecycle", product, *at).stdout
    moved = tlx("lifecycle", product, "--move", "withdraw", "--note", "asked to be taken off", *operator)
    assert moved.stdout.strip().endswith(f"{product} is withdrawn."), moved.stderr
    assert json.loads(tlx("search", "shelf", "--json", *at).stdout)[0]["product_id"] == shelf[0]["product_id"]
    key = [*at, "-c", cli_server.folder.with_name("Bookseller.json")]
    assert "asked to be taken off" in tlx("notices", *key).stdout
    burnt = tlx("withdraw-claims", product, "1", "--client-oid", "unsold", *key)
    assert burnt.stdout == f"1 claims on {product} are withdrawn, under client_oid unsold.\n", burnt.stderr
    again = tlx("withdraw-claims", product, "1", "--client-oid", "unsold", *key)
    assert "were withdrawn before" in again.stdout
    account = json.loads(tlx("accounts", "--json", *key).stdout)[0]["profile_id"]
    asked = ["operator", "withdraw-claims", product, account, "1", "--reason", "recall", *operator]
    assert "waits for another operator: tlx operator approve" in tlx(*asked).stdout
    refused = tlx("lifecycle", product, "--move", "reinstate", *operator)
    assert (refused.exit_code, refused.stderr.split(":")[0]) == (1, "ILLEGAL_MOVE")
