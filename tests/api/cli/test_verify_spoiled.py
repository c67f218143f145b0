"""Lots of a real delivery, spoiled in every way: whatever is wrong is named."""

import hashlib
import json
import os
import shutil
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from delivered_lots import flip, lines, refused, verified
from hypothesis import given, settings
from hypothesis import strategies as st

from api.cli.verification import verify_folder
from exchange.assay.certificate import sign_certificate
from exchange.assay.errors import CertificateError
from exchange.assay.pipeline import ReferenceFiles
from exchange.delivery.canonical import canonical_json
from exchange.delivery.evidence_pack import build_pack, read_pack

pytestmark = pytest.mark.e2e


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
