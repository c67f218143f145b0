"""Pools from the command line: defined, filled, listed, and delivered into a folder for each dataset."""

import json

import pytest
from served import admit_firm, entitle, small_dataset, submit

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def pooling(cli_server):
    """Two vendors of datasets alike in kind, and a buyer; with their keys in files."""
    vendors = [admit_firm(cli_server, f"Pool vendor {number}") for number in (1, 2)]
    listed = [
        submit(vendor, small_dataset(f"pool riddles {number}", seed=20 + number), copies=2)
        for number, vendor in enumerate(vendors)
    ]
    cli_server.pooled = list(zip(vendors, listed, strict=True))
    cli_server.taker = admit_firm(cli_server, "Pool taker", "100000.00")
    return cli_server


def key_of(server, name):
    return server.folder.with_name(f"{name.replace(' ', '-')}.json")


def test_lots_of_two_datasets_come_for_claims_on_one_pool(pooling, tlx, tmp_path):
    (first, one), (second, two) = pooling.pooled
    at = ["--url", pooling.url]
    operator = [*at, "-c", pooling.folder / "operator.json"]
    stated = ["--sector", "education", "--language", "en", "--kind", "qa-sft", "--grade", one["grade"]]
    defined = tlx(
        "pool", "define", "CLIQA", *stated, "--licence", "MIT", "--lot-rtu", one["lot_rtu"], "--tick", one["tick"],
        *operator,
    )  # fmt: skip
    assert defined.stdout.startswith("Pool CLIQA trades as CLIQA-CNY."), defined.stderr
    for number, listed in ((2, two), (1, one)):
        key = [*at, "-c", key_of(pooling, f"Pool vendor {number}")]
        added = tlx("pool", "add", "CLIQA-CNY", listed["product_id"], 1, "--client-oid", "once", *key)
        assert added.stdout.startswith(f"1 claims on {listed['product_id']} are claims on CLIQA-CNY"), added.stderr
    row = next(line for line in tlx("pool", "list", *at).stdout.splitlines() if line.startswith("CLIQA-CNY"))
    assert row.split()[1:4] == ["education", "en", "qa-sft"]
    assert row.split()[-1] == "2"
    for vendor in (first, second):
        entitle(vendor, "CLIQA-CNY", "sell")
        vendor.order("CLIQA-CNY", "sell", "100.00", one["lot_size"])
    entitle(pooling.taker, "CLIQA-CNY", "buy")
    pooling.taker.order("CLIQA-CNY", "buy", "100.00", f"{2 * one['lot_rtu'] / 10**6:.6f}")
    took = tlx("pool", "deliver", "CLIQA-CNY", 2, "--to", tmp_path, *at, "-c", key_of(pooling, "Pool taker"))
    assert took.exit_code == 0, took.stderr
    assert took.stdout.count("Verified 1 lots against Merkle root") == 2
    for listed in (one, two):
        folder = tmp_path / listed["product_id"]
        assert list(json.loads((folder / "delivery.json").read_text())["lots"]) == ["0"]
        assert tlx("verify", folder).exit_code == 0


def test_a_dataset_that_does_not_belong_is_refused_with_its_rules(pooling, tlx):
    operator = ["--url", pooling.url, "-c", pooling.folder / "operator.json"]
    _, listed = pooling.pooled[0]
    stated = ["--sector", "medicine", "--language", "zh", "--kind", "qa-sft", "--grade", "G3", "--licence", "MIT"]
    assert tlx("pool", "define", "CLIMED", *stated, "--lot-rtu", listed["lot_rtu"], *operator).exit_code == 0
    vendor = ["--url", pooling.url, "-c", key_of(pooling, "Pool vendor 1")]
    result = tlx("pool", "add", "CLIMED-CNY", listed["product_id"], 1, *vendor)
    assert (result.exit_code, result.stderr.partition(":")[0]) == (1, "GATE_REFUSED")
    assert "PL-04 (exchange rule): The sector is not that of the class." in result.stderr


def test_a_venue_without_pools_says_so(tlx, monkeypatch):
    monkeypatch.setattr("api.cli.client.Client.get", lambda *_, **__: [])
    assert tlx("pool", "list").stdout == "There is no pool yet.\n"
