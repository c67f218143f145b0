"""Lots of a real delivery, verified without any connection, and spoiled in every way."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from served import CONTRACT_TERMS, DATA, LISTINGS, admit_firm, entitle, small_dataset, submit

from api.cli.verification import verify_folder
from exchange.assay.certificate import sign_certificate
from exchange.assay.errors import CertificateError
from exchange.assay.pipeline import ReferenceFiles, rtu1_counter
from exchange.catalogue.lots import pack_lots
from exchange.delivery.canonical import canonical_json
from exchange.delivery.evidence_pack import build_pack, read_pack
from simulations.market.submission import read_submission

pytestmark = pytest.mark.e2e

REPOSITORY = Path(__file__).parents[3]
OFFLINE = """
import os, sys
def refuse(event, details):
    # A library asks the kernel for a loopback address when it is imported, to know whether there is IPv6.
    asks = event == "socket.__new__" or (event == "socket.bind" and details[1][0] == "::1")
    if event.startswith("socket.") and not asks:
        os.write(2, event.encode())
        os._exit(77)
sys.addaudithook(refuse)
from api.cli.main import main
main()
"""
"""`tlx` on a machine where whoever looks up a name, connects or sends dies."""


def offline(*arguments):
    return tlx_outside(*arguments, program=OFFLINE)


def tlx_outside(*arguments, program="from api.cli.main import main; main()"):
    """`tlx` as a process of its own."""
    command = [sys.executable, "-c", program, *map(str, arguments)]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=120)


def whole_lots(content):
    """The size of at least three lots that leave none of the documents over."""
    rows = [json.loads(line) for line in content.splitlines()]
    count = rtu1_counter().count
    rtus = [count(f"{row['question']}\n{row['answer']}") for row in rows]
    sizes = range(sum(rtus) // 4, sum(rtus) // 3)
    return next(size for size in sizes if pack_lots(rtus, size)[-1].end == len(rtus))


@pytest.fixture(scope="module")
def bought(cli_server, tmp_path_factory):
    """`all` is a folder with every lot of a dataset, `one` a folder with a single one, as `tlx deliver` leaves them."""
    home = tmp_path_factory.mktemp("bought")
    croissant, files, evidence = small_dataset("verified riddles", seed=21)
    metadata = json.loads(croissant)
    metadata["tex:lotRtu"] = whole_lots(files["data.jsonl"])
    vendor = admit_firm(cli_server, "Verified Vendor")
    buyer, other = (admit_firm(cli_server, name, "1000000.00", terms=CONTRACT_TERMS) for name in ("V Buyer", "V Other"))
    croissant = json.dumps(metadata).encode()
    listed = submit(vendor, (croissant, files, evidence), copies=5)
    (home / "dataset").mkdir()
    for path, content in {"croissant.json": croissant, **files, **evidence}.items():
        (home / "dataset" / path).write_bytes(content)
    product, lots = listed["product_id"], listed["lots"]
    assert lots >= 3
    for firm in (buyer, other):
        entitle(firm, product, "buy")
    price, size = listed["tick"], listed["lot_rtu"]
    vendor.order(product, "sell", price, f"{size * (lots + 1) / 10**6:.6f}")
    buyer.order(product, "buy", price, f"{size * lots / 10**6:.6f}")
    other.order(product, "buy", price, f"{size / 10**6:.6f}")
    firms = ("Verified-Vendor", "V-Buyer", "V-Other")
    return SimpleNamespace(
        all=home / "all",
        one=home / "one",
        dataset=home / "dataset",
        listed=listed,
        product=product,
        lots=lots,
        credentials={firm: cli_server.folder.with_name(f"{firm}.json") for firm in firms},
        url=cli_server.url,
        assayer=buyer.client.get("/assayer")["public_key"],
    )


@pytest.fixture(scope="module")
def delivered(bought):
    """The same, once both have taken delivery."""
    for firm, count, to in (("V-Buyer", bought.lots, bought.all), ("V-Other", 1, bought.one)):
        where = ["--to", to, "-c", bought.credentials[firm], "--url", bought.url]
        done = tlx_outside("deliver", bought.product, count, *where)
        assert done.returncode == 0, done.stdout + done.stderr
    return bought


@pytest.fixture
def lots(delivered, tmp_path):
    """A copy of all lots, to spoil."""
    return Path(shutil.copytree(delivered.all, tmp_path / "lots"))


def verified(tlx, *arguments):
    """What `tlx verify` tells machines, of a folder with nothing wrong."""
    result = tlx("verify", *arguments, "--json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def refused(tlx, *arguments):
    """Exit status 1, and the names of everything that is wrong, in order."""
    result = tlx(*arguments)
    assert result.exit_code == 1, result.stdout
    return [line.partition(":")[0] for line in result.stderr.splitlines() if not line.startswith(" ")]


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


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def restated(lots, number, change, *, blob=None):
    """The manifest of a liar who states its new hash in the receipt, and that of a changed blob in the manifest."""
    path = lots / f"lot-{number}.manifest.json"
    manifest = json.loads(path.read_bytes())
    if blob is not None:
        (lots / f"lot-{number}.jsonl").write_bytes(blob)
        manifest["blob"] = {"bytes": len(blob), "sha256": hashlib.sha256(blob).hexdigest()}
    change(manifest)
    path.write_bytes(canonical_json(manifest))
    receipt = json.loads((lots / "delivery.json").read_bytes())
    receipt["lots"][str(number)]["manifest_sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    (lots / "delivery.json").write_text(json.dumps(receipt))


def unchanged(_manifest):
    pass


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(["lot-*.jsonl", "lot-*.manifest.json", "certificate.json"]), st.integers(0), st.integers(0, 7))
def test_no_flipped_bit_verifies(delivered, pattern, place, bit):
    with TemporaryDirectory() as folder:
        lots = Path(shutil.copytree(delivered.one, Path(folder) / "lots"))
        (spoilt,) = lots.glob(pattern)
        content = bytearray(spoilt.read_bytes())
        content[place % len(content)] ^= 1 << bit
        spoilt.write_bytes(content)
        try:
            complaints = verify_folder(lots, delivered.assayer, [], ReferenceFiles()).complaints
        except CertificateError:
            complaints = ["the certificate"]
        assert complaints


def lines(lots, number):
    return (lots / f"lot-{number}.jsonl").read_bytes().splitlines(keepends=True)


def swapped(lots):
    """The first documents of two lots change places, with their hashes, salts and proofs."""
    first, second = (json.loads((lots / f"lot-{n}.manifest.json").read_bytes())["documents"][0] for n in (0, 1))
    rows = lines(lots, 0), lines(lots, 1)
    for number, (entry, own, other) in enumerate([(second, rows[0], rows[1]), (first, rows[1], rows[0])]):
        line = json.loads(other[0]) | {"index": json.loads(own[0])["index"], "record": json.loads(own[0])["record"]}
        taken = {key: entry[key] for key in ("proof", "rtu", "salt", "sha256")}
        blob = canonical_json(line) + b"\n" + b"".join(own[1:])
        restated(lots, number, lambda stated, taken=taken: stated["documents"][0].update(taken), blob=blob)


def another_count(stated):
    stated["documents"][0]["rtu"] += 1
    stated["actual_rtu"] += 1


def link_out(lots):
    (lots / "lot-0.jsonl").unlink()
    (lots / "lot-0.jsonl").symlink_to("/etc/hostname")


@pytest.mark.parametrize(
    ("spoil", "codes"),
    [
        (lambda lots: flip(lots / "lot-0.jsonl"), ["HASH_MISMATCH"]),
        (lambda lots: flip(lots / "lot-1.manifest.json"), ["HASH_MISMATCH"]),
        (lambda lots: restated(lots, 0, lambda s: s["documents"][3].update(salt="00" * 16)), ["PROOF_MISMATCH"]),
        (lambda lots: restated(lots, 0, lambda s: s["documents"][3]["proof"].reverse()), ["PROOF_MISMATCH"]),
        (lambda lots: restated(lots, 0, another_count), ["RTU_MISMATCH"]),
        (lambda lots: restated(lots, 0, lambda s: s.update(nominal_rtu=1)), ["LOT_NOT_CERTIFIED"]),
        (lambda lots: restated(lots, 0, lambda s: s.update(lot=1)), ["LOT_NOT_CERTIFIED"]),
        (lambda lots: restated(lots, 0, lambda s: s["lot_proof"].clear()), ["LOT_NOT_CERTIFIED"]),
        (lambda lots: restated(lots, 1, unchanged, blob=b"".join(lines(lots, 1)[:-1])), ["DOCUMENT_COUNT"]),
        (lambda lots: restated(lots, 1, unchanged, blob=b"".join(lines(lots, 1))[:-9]), ["BLOB_MALFORMED"]),
        (lambda lots: os.truncate(lots / "lot-1.jsonl", 1000), ["HASH_MISMATCH"]),
        (lambda lots: os.truncate(lots / "lot-1.manifest.json", 1000), ["HASH_MISMATCH"]),
        (lambda lots: shutil.copy(lots / "lot-1.jsonl", lots / "lot-0.jsonl"), ["HASH_MISMATCH"]),
        (swapped, ["PROOF_MISMATCH", "PROOF_MISMATCH"]),
        (lambda lots: (lots / "lot-1.jsonl").unlink(), ["FILE_ABSENT"]),
        (lambda lots: (lots / "lot-7.jsonl").write_text("{}"), ["EXTRA_FILE"]),
        (lambda lots: (lots / "notes.txt").write_text(""), ["EXTRA_FILE"]),
        (link_out, ["FILE_UNSAFE"]),
        (lambda lots: [flip(lots / f"lot-{n}.jsonl") for n in (0, 2)], ["HASH_MISMATCH", "HASH_MISMATCH"]),
    ],
)
def test_whatever_is_wrong_is_named_for_each_lot(lots, tlx, spoil, codes):
    spoil(lots)
    # Of lots that are missing the dossier in the pack is not asked: it would name them a second time.
    for pack in lots.glob("*-evidence.zip"):
        pack.unlink()
    assert refused(tlx, "verify", lots) == codes


@pytest.mark.parametrize(
    "spoil",
    [
        lambda receipt: receipt["lots"].update({"../../etc/passwd": receipt["lots"]["0"]}),
        lambda receipt: receipt["lots"].update({"0\u0660": receipt["lots"]["0"]}),
        lambda receipt: receipt["lots"]["0"].update(manifest_sha256="/"),
        lambda receipt: receipt.update(lots={}),
        lambda receipt: receipt.update(lots=[]),
        lambda receipt: receipt.pop("assayer"),
    ],
)
def test_a_receipt_leads_nowhere_else(lots, tlx, spoil):
    receipt = json.loads((lots / "delivery.json").read_bytes())
    spoil(receipt)
    (lots / "delivery.json").write_text(json.dumps(receipt))
    assert refused(tlx, "verify", lots) == ["BAD_RECEIPT"]


def test_another_certificate_or_key_verifies_nothing(lots, delivered, tlx):
    assert refused(tlx, "verify", lots, "--assayer", "00" * 32) == ["CERTIFICATE_UNTRUSTED"]
    assert refused(tlx, "verify", lots, "--assayer", "key") == ["BAD_KEY"]
    key = Ed25519PrivateKey.generate()
    own = json.loads((lots / "certificate.json").read_bytes())["body"]
    forged = sign_certificate({**own["assay"], "grade": "G1"}, key, issued_at_s=1, expires_at_s=2, lots=own["lots"])
    (lots / "certificate.json").write_bytes(forged)
    assert refused(tlx, "verify", lots, "--assayer", delivered.assayer) == ["CERTIFICATE_UNTRUSTED"]
    signer = key.public_key().public_bytes_raw().hex()
    assert refused(tlx, "verify", lots, "--assayer", signer)[0] == "CERTIFICATE_CONTRADICTED"
    without = sign_certificate(own["assay"], key, issued_at_s=1, expires_at_s=2)
    (lots / "certificate.json").write_bytes(without)
    assert refused(tlx, "verify", lots, "--assayer", signer) == ["CERTIFICATE_WITHOUT_LOTS"]


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


def repacked(lots, change):
    """The evidence pack with its files changed, its manifest honest about them."""
    (path,) = lots.glob("*-evidence.zip")
    pack = read_pack(path.read_bytes())
    files, about = dict(pack.files), dict(pack.about)
    change(files, about)
    of = {key: value for key, value in about.items() if key not in ("files", "left_out", "format")}
    path.write_bytes(build_pack(of, files, about["left_out"]))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda files, _: files.update({"certificate.json": b"{}"}), "PACK_OF_ANOTHER"),
        (lambda files, _: files.update({"dossier.json": b"{}"}), "PACK_CONTRADICTED"),
        (lambda files, _: files.update({"croissant.json": b"{}"}), "PACK_CONTRADICTED"),
        (lambda files, _: files.update({"assayer.json": b"[]"}), "PACK_CONTRADICTED"),
        (lambda files, _: files.update({"licences/LICENSE": b"all is allowed"}), "PACK_CONTRADICTED"),
        (lambda files, _: files.update({"decisions/none.json": b"{}"}), "PACK_CONTRADICTED"),
        (
            lambda files, _: [files.pop(path) for path in list(files) if path.startswith("decisions/")],
            "PACK_CONTRADICTED",
        ),
        (lambda files, _: files.update({"../out": b""}), "ARCHIVE_UNSAFE_PATH"),
        (lambda files, _: files.update({"/".join("a" * 20): b""}), "ARCHIVE_TOO_LARGE"),
    ],
)
def test_a_pack_that_contradicts_the_lots_is_refused(lots, tlx, change, code):
    repacked(lots, change)
    assert set(refused(tlx, "verify", lots)) == {code}


def test_a_pack_is_opened_where_it_is_named_and_held_against_its_own_manifest(lots, delivered, tlx, tmp_path):
    (path,) = lots.glob("*-evidence.zip")
    elsewhere = tmp_path / "pack.zip"
    shutil.move(path, elsewhere)
    assert verified(tlx, lots)["evidence"] == []
    assert "No evidence pack lies beside the lots" in tlx("verify", lots).stdout
    (pack,) = verified(tlx, lots, "--evidence", elsewhere)["evidence"]
    assert (pack["licence"], pack["purposes"][0], pack["decisions"][0]["permitted"]) == ("MIT", "training", True)
    assert any("PIPL" in rule["law"] for rule in pack["rules"])
    with zipfile.ZipFile(elsewhere, "a") as archive:
        archive.writestr("added.txt", "more")
    assert refused(tlx, "verify", lots, "--evidence", elsewhere) == ["PACK_INCOMPLETE"]
    elsewhere.write_bytes(elsewhere.read_bytes()[:2000])
    assert refused(tlx, "verify", lots, "--evidence", elsewhere) == ["ARCHIVE_DAMAGED"]
    assert refused(tlx, "verify", lots, "--evidence", tmp_path / "none.zip") == ["FILE_ABSENT"]
