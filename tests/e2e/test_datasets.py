"""Real datasets through the real server: listed, refused or admitted, traded, settled, delivered, verified."""

import csv
import hashlib
import json
import time

import pytest
from served import CONTRACT_TERMS, DATA, LISTINGS, Refusal, admit_firm, entitle, submit

from exchange.assay.certificate import verify_certificate
from exchange.assay.pipeline import rtu1_counter
from exchange.delivery.verify import verify_lot
from simulations.market.submission import read_submission

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(not DATA.is_dir(), reason=f"the real datasets are not here: no folder {DATA}"),
]
ADMITTED = ("industry-maintnorm", "cn-xiehouyu", "agri-plant-ontology", "cn-poetry")
REFUSED = {
    "tiny-shakespeare": ("CN-22", "licence file"),
    "agri-kg-relations": ("EX-09", "does not agree with the licence of a source"),
    "cn-medical-dialogue": ("CN-08", "sensitive personal data"),
}
CONSENT = b"Consent as a test made it up: it stands for the separate consent of the people in the data."


@pytest.fixture(scope="module")
def firms(shared_server):
    """A vendor and a buyer whose contracts fix what data on persons asks for."""
    vendor = admit_firm(shared_server, "Data house", terms=CONTRACT_TERMS)
    buyer = admit_firm(shared_server, "Model firm", "5000000.00", terms=CONTRACT_TERMS)
    return vendor, buyer


def submission(name):
    read = read_submission(LISTINGS / f"{name}.croissant.json", DATA / name)
    return read.croissant, read.files, read.evidence


def reference(name):
    with (DATA.parent / "rtu1_counts.tsv").open(encoding="utf-8", newline="") as table:
        return next(row for row in csv.DictReader(table, delimiter="\t") if row["dataset"] == name)


@pytest.mark.parametrize("name", REFUSED)
def test_a_real_dataset_is_refused_with_rule_and_article(firms, name):
    vendor, _ = firms
    with pytest.raises(Refusal) as refused:
        submit(vendor, submission(name))
    assert refused.value.code == "GATE_REFUSED"
    rule, words = REFUSED[name]
    reasons = {reason["rule"]: reason for reason in refused.value.details["reasons"]}
    assert words in reasons[rule]["text"]
    assert reasons[rule]["law"]
    listed = vendor.client.get("/datasets")
    assert name not in {dataset["name"] for dataset in listed}


def trade_and_verify(server, firms, listed, name):
    """One lot changes hands, is paid for, delivered and proved; the fees and the books add up."""
    vendor, buyer = firms
    product, size = listed["product_id"], listed["lot_size"]
    entitle(buyer, product, "buy")
    vendor.order(product, "sell", "1000.00", size)
    bought = buyer.order(product, "buy", "1000.00", size)
    assert (bought["status"], bought["filled_size"]) == ("done", size)
    assert bought["executed_value"].rstrip("0").rstrip(".") == f"{listed['lot_rtu'] / 1000:g}"
    body = {"product_id": product, "lots": 1, "purpose": "training", "client_oid": f"lot of {name}"}
    delivery = buyer.client.post("/deliveries", body)
    (delivered,) = delivery["deliveries"]
    signed = buyer.client.bytes(f"/datasets/{product}/certificate")
    trusted = [bytes.fromhex(buyer.client.get("/assayer")["public_key"])]
    certificate = verify_certificate(signed, trusted_assayers=trusted, now_s=int(time.time()))
    lot = verify_lot(
        buyer.client.bytes(delivered["manifest_url"]),
        buyer.client.bytes(delivered["blob_url"]),
        bytes.fromhex(certificate.assay["merkle_root"]),
        manifest_sha256=delivered["manifest_sha256"],
        count_rtu=rtu1_counter().count,
    )
    assert lot.actual_rtu >= listed["lot_rtu"]
    operator = server.operator
    assert operator.get("/trial-balance")["balanced"]
    assert operator.get("/reconciliation")["agrees"]
    return certificate, lot


@pytest.mark.parametrize("name", ADMITTED)
def test_a_real_dataset_is_listed_traded_settled_delivered_and_verified(shared_server, firms, name):
    vendor, _ = firms
    listed = submit(vendor, submission(name), copies=10)
    certificate, lot = trade_and_verify(shared_server, firms, listed, name)
    expected = reference(name)
    assert certificate.assay["documents"] == int(expected["documents"])
    assert certificate.assay["rtu"] == int(expected["rtu1"])
    assert len(lot.documents) < int(expected["documents"])


def test_the_gb18030_set_is_admitted_once_consent_and_assessment_are_shown(shared_server, firms):
    """As it stands it is refused; with the papers that the gate named it is sold, and its text comes out right."""
    vendor, _ = firms
    name = "cn-medical-dialogue"
    croissant, files, evidence = submission(name)
    metadata = json.loads(croissant)
    kinds = ("separate-consent", "sensitive-data-consent")
    metadata["tex:consentEvidence"] = "separate-consent.txt"
    metadata["tex:evidence"] = {"sensitive-data-consent": "sensitive-data-consent.txt"}
    metadata["tex:persons"] = int(reference(name)["documents"])
    croissant = json.dumps(metadata).encode()
    papers = {f"{kind}.txt": CONSENT + kind.encode() for kind in kinds}
    approval = {
        "dataset": (None, hashlib.sha256(croissant).hexdigest()),
        "evidence": (None, "personal-data-impact-assessment"),
        "document": ("assessment.txt", b"The impact assessment, as a test made it up."),
    }
    shared_server.operator.post("/approvals", files=approval)
    listed = submit(vendor, (croissant, files, evidence | papers), copies=10)
    certificate, lot = trade_and_verify(shared_server, firms, listed, name)
    assert certificate.assay["rtu"] == int(reference(name)["rtu1"])
    assert any("医生" in document.text or "患者" in document.text for document in lot.documents)
