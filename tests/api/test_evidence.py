import hashlib
import json

import pytest
from api_venue import operations, refused

from exchange.assay.certificate import verify_certificate
from exchange.catalogue.croissant import read_listing
from exchange.catalogue.metadata import parse_metadata
from exchange.delivery.evidence_pack import read_pack
from exchange.vocabulary.participants import Role


@pytest.fixture(scope="module")
def listed(shared):
    """A listing with a contract and a consent beside its licence; (vendor, product)."""
    vendor = shared.member("Evident")
    changes = {"tex:consentEvidence": "consents/one.txt", "tex:evidence": {"contract": "contract.txt"}}
    croissant, files, evidence = operations.dataset("chronicles", operations.documents(seed=81), **changes)
    evidence |= {"consents/one.txt": b"I agree, A. Person", "contract.txt": b"We sell you this for ten coins."}
    parts = [("croissant", "croissant.json", croissant)]
    parts += [("files", path, content) for path, content in files.items()]
    parts += [("evidence", path, content) for path, content in evidence.items()]
    told = vendor.upload("/datasets", {"copies": "1"}, parts).json()
    assert told["status"] == "admitted", told
    return vendor, told, croissant


def pack_for(client, told):
    return read_pack(client.get(f"/datasets/{told['product_id']}/evidence-pack").content)


def test_the_metadata_comes_back_as_it_was_listed_and_with_what_was_added(shared, listed):
    _, told, croissant = listed
    path = f"/datasets/{told['product_id']}/croissant"
    exact = shared.public.get(path, exact="true")
    assert exact.content == croissant
    assert hashlib.sha256(exact.content).hexdigest() == told["dataset"]
    exported = shared.public.get(path)
    assert exported.headers["content-type"] == "application/ld+json"
    metadata = parse_metadata(exported.content)
    added = {key: value for key, value in metadata.items() if key.startswith("tex:listed")}
    assert {key: value for key, value in metadata.items() if key not in added} == json.loads(croissant)
    stated = {name: added[f"tex:listed{name}"] for name in ("Base", "Grade", "Certificate", "Rtu", "Copies", "Product")}
    assert stated == {
        "Base": told["base"], "Grade": told["grade"], "Certificate": told["certificate"], "Rtu": told["rtu"],
        "Copies": 1, "Product": told["product_id"],
    }  # fmt: skip
    assert read_listing(exported.content).name == "chronicles"


def test_anyone_gets_the_public_part_of_a_pack_and_reads_what_is_left_out(shared, listed):
    _, told, croissant = listed
    pack = pack_for(shared.public, told)
    assert pack.files["croissant.json"] == croissant
    assert pack.files["licences/LICENSE"] == operations.LICENCE
    key = bytes.fromhex(json.loads(pack.files["assayer.json"])["public_key"])
    certificate = verify_certificate(pack.files["certificate.json"], trusted_assayers=[key], now_s=0)
    assert certificate.assay["grade"] == told["grade"]
    rules = json.loads(pack.files["rules.json"])
    assert {"EX-01", "CN-02"} <= {rule["rule"] for rule in rules["rules"]}
    assert json.loads(pack.files["lifecycle.json"])["state"] == "trading"
    decision = f"decisions/{told['decision']}.json"
    assert set(pack.about["left_out"]) == {decision, "evidence/contract.txt", "evidence/consents/one.txt"}
    assert pack.about["listing"] == told["listing"]


def test_who_may_trade_it_finds_the_decision_and_its_facts(shared, listed):
    _, told, _ = listed
    buyer = shared.member("Evidence buyer", roles=Role.BUYER)
    decision = f"decisions/{told['decision']}.json"
    assert decision not in pack_for(buyer, told).files
    buyer.post("/entitlements", {"product_id": told["product_id"], "side": "buy", "purpose": "training"})
    pack = pack_for(buyer, told)
    shown = json.loads(pack.files[decision])
    assert (shown["action"], shown["permitted"], shown["facts"]["dataset"]["licence"]) == ("list", True, "MIT")
    assert "evidence/contract.txt" in pack.about["left_out"]


def test_vendor_and_operator_find_the_contracts_and_nobody_what_shows_people(shared, listed):
    vendor, told, _ = listed
    for client in (vendor, shared.operator):
        pack = pack_for(client, told)
        assert pack.files["evidence/contract.txt"] == b"We sell you this for ten coins."
        assert list(pack.about["left_out"]) == ["evidence/consents/one.txt"]
        assert not any(b"A. Person" in content for content in pack.files.values())


def test_a_pack_of_what_nobody_listed_is_not_found(shared):
    for part in ("croissant", "evidence-pack", "lifecycle"):
        refused(shared.public.get(f"/datasets/GOLD-CNY/{part}"), 404, "UNKNOWN_PRODUCT")
