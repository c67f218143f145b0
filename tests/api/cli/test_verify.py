"""Lots of a real delivery, verified without any connection: what is told of them, and what is proved of a document."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from delivered_lots import OFFLINE, flip, lines, offline, refused, tlx_outside, verified
from served import CONTRACT_TERMS, DATA, LISTINGS, admit_firm, entitle, submit

from exchange.assay.certificate import sign_certificate
from simulations.market.submission import read_submission

pytestmark = pytest.mark.e2e


def test_a_machine_that_asks_for_a_name_is_found_out():
    asking = OFFLINE.replace("from api", "import socket; socket.getaddrinfo('localhost', 1)\nfrom api")
    command = [sys.executable, "-c", asking]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (77, "socket.getaddrinfo")


def test_all_that_was_bought_is_verified_without_any_connection(delivered):
    done = offline("verify", delivered.all, "--assayer", delivered.assayer)
    assert done.returncode == 0, done.stderr
    assert f"Verified {delivered.lots} lots" in done.stdout
    for shown in (
        "measured again, equal",
        "Licence: MIT",
        "Purposes permitted: training",
        "Decision to list: permitted",
    ):
        assert shown in done.stdout


def test_of_all_lots_everything_is_measured_again_and_equal(delivered, tlx):
    told = verified(tlx, delivered.all)
    assert told["measured"]["whole"] and told["measured"]["same_code"]
    assert told["measured"]["grade"] == told["certificate"]["grade"] == delivered.listed["grade"]
    equal = {fact["name"] for fact in told["measured"]["facts"] if fact["how"] == "equal"}
    assert {"rtu", "exact duplicates", "near duplicates", "0208 cleanliness", "0301 diversity"} <= equal
    assert sum(lot["rtu"] for lot in told["lots"]) == delivered.listed["rtu"]


def test_of_one_lot_each_fact_says_how_far_it_can_be_measured(delivered, tlx):
    told = verified(tlx, delivered.one)
    assert not told["measured"]["whole"]
    facts = {fact["name"]: fact for fact in told["measured"]["facts"]}
    assert facts["near duplicates"]["how"] == facts["0208 cleanliness"]["how"] == "whole set only"
    assert facts["exact duplicates"]["how"] == facts["rtu"]["how"] == "at most"
    assert facts["0101 basic information"]["how"] == "stated"
    share = facts["0206 content consistency"]
    lowest, highest = share["whole_ppm"]
    assert share["how"] == "bounds"
    assert lowest <= share["certified"] * 10**6 // share["certified_n"] <= highest
    (lot,) = told["lots"]
    assert lot["rtu"] == facts["rtu"]["found"]


def test_with_the_secret_the_certificate_comes_out_again_byte_for_byte(delivered, tlx, tmp_path):
    secret, where = tmp_path / "secret", ["--url", delivered.url]
    fetched = tlx("secret", delivered.product, "--to", secret, "-c", delivered.credentials["Verified-Vendor"], *where)
    assert fetched.exit_code == 0, fetched.stderr
    assert secret.stat().st_mode & 0o077 == 0
    assert verified(tlx, delivered.all, "--secret", secret)["reproduced"] is True
    assert refused(tlx, "verify", delivered.one, "--secret", secret) == ["DOCUMENTS_ABSENT"]
    told = verified(tlx, delivered.one, "--secret", secret, "--dataset", delivered.dataset)
    assert (told["reproduced"], len(told["lots"])) == (True, 1)
    other = Path(shutil.copytree(delivered.dataset, tmp_path / "other"))
    (other / "LICENSE").write_text("another licence")
    result = tlx("verify", delivered.one, "--secret", secret, "--dataset", other)
    assert "CERTIFICATE_NOT_REPRODUCED: certificate: other than certified: provenance" in result.stderr
    secret.write_text("00" * 32)
    assert refused(tlx, "verify", delivered.all, "--secret", secret) == ["WRONG_SECRET"]
    secret.write_text("no secret")
    assert refused(tlx, "verify", delivered.all, "--secret", secret) == ["BAD_SECRET"]


@pytest.mark.skipif(not DATA.is_dir(), reason="the reference sets are not beside the repository")
@pytest.mark.parametrize("name", ["agri-plant-ontology", "cn-poetry"])
def test_a_lot_of_a_real_dataset_is_verified_without_any_connection(cli_server, tmp_path, name):
    read = read_submission(LISTINGS / f"{name}.croissant.json", DATA / name)
    vendor = admit_firm(cli_server, f"Vendor of {name}")
    buyer = admit_firm(cli_server, f"Buyer of {name}", "5000000.00", terms=CONTRACT_TERMS)
    listed = submit(vendor, (read.croissant, read.files, read.evidence), copies=2)
    entitle(buyer, listed["product_id"], "buy")
    vendor.order(listed["product_id"], "sell", "1000.00", listed["lot_size"])
    buyer.order(listed["product_id"], "buy", "1000.00", listed["lot_size"])
    key = cli_server.folder.with_name(f"Buyer-of-{name}.json")
    taken = tlx_outside(
        "deliver", listed["product_id"], 1, "--to", tmp_path / "lots", "-c", key, "--url", cli_server.url
    )
    assert taken.returncode == 0, taken.stderr
    done = offline("verify", tmp_path / "lots", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["verified"] and told["lots"][0]["rtu"] >= listed["lot_rtu"]
    assert told["evidence"][0]["licence"]


def test_a_buyer_does_not_get_the_secret(delivered, tlx, tmp_path):
    where = ["--to", tmp_path / "secret", "--url", delivered.url]
    assert refused(tlx, "secret", delivered.product, *where, "-c", delivered.credentials["V-Buyer"]) == ["MISSING_ROLE"]


def test_a_certificate_by_another_version_of_the_assay_is_not_contradicted(lots, tlx):
    key = Ed25519PrivateKey.generate()
    own = json.loads((lots / "certificate.json").read_bytes())["body"]
    older = {**own["assay"], "grade": "G1", "code_sha256": "0" * 64}
    signed = sign_certificate(older, key, issued_at_s=1, expires_at_s=2, lots=own["lots"])
    (lots / "certificate.json").write_bytes(signed)
    next(lots.glob("*-evidence.zip")).unlink()
    told = tlx("verify", lots, "--assayer", key.public_key().public_bytes_raw().hex())
    assert told.exit_code == 0, told.stderr
    assert "another version of the assay" in told.stdout and "CONTRADICTS" in told.stdout


def test_one_document_is_proved_to_somebody_who_has_nothing_else(delivered, tlx, tmp_path):
    proof, text = tmp_path / "riddle.proof.json", tmp_path / "riddle.txt"
    assert tlx("prove", delivered.all, 7, "--to", proof, "--text", text).exit_code == 0
    other = [json.loads(line)["text"] for line in lines(delivered.all, 0)]
    assert text.read_text() == other.pop(7)
    assert not any(each in proof.read_text() for each in other)
    done = offline("verify", "--proof", proof, text, "--assayer", delivered.assayer)
    assert done.returncode == 0, done.stderr
    assert "is of lot 0" in done.stdout
    told = json.loads(tlx("verify", "--proof", proof, text, "--json").stdout)
    assert (told["document"]["index"], told["lot"]["lot"], told["assayer"]) == (7, 0, delivered.assayer)

    text.write_text(other[0])
    assert refused(tlx, "verify", "--proof", proof, text) == ["PROOF_OF_ANOTHER"]
    assert refused(tlx, "verify", "--proof", text, text) == ["PROOF_MALFORMED"]
    assert refused(tlx, "verify", "--proof", proof, text, "--assayer", "00" * 32) == ["CERTIFICATE_UNTRUSTED"]
    assert refused(tlx, "verify", "--proof", tmp_path / "none", text) == ["FILE_ABSENT"]
    assert refused(tlx, "prove", delivered.one, 10_000) == ["NO_SUCH_DOCUMENT"]


def test_nothing_is_proved_of_a_lot_that_does_not_verify(lots, tlx, tmp_path):
    flip(lots / "lot-0.jsonl")
    assert refused(tlx, "prove", lots, 7, "--to", tmp_path / "proof") == ["HASH_MISMATCH"]
    assert not (tmp_path / "proof").exists()
