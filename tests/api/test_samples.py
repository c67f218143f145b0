import hashlib
import json

import pytest
from api_venue import operations, refused

from exchange.assay.certificate import verify_certificate
from exchange.delivery.sample import SampleError, verify_sample


@pytest.fixture(scope="module")
def vendor(shared):
    return shared.member("Sampler")


def listed(vendor, name, rows, **changes):
    croissant, files, evidence = operations.dataset(name, rows, **changes)
    parts = [("croissant", "croissant.json", croissant)]
    parts += [("files", path, content) for path, content in files.items()]
    parts += [("evidence", path, content) for path, content in evidence.items()]
    told = vendor.upload("/datasets", {"copies": "1"}, parts).json()
    assert told["status"] == "admitted", told
    return told


def certified(shared, product):
    key = bytes.fromhex(shared.public.get("/assayer").json()["public_key"])
    content = shared.public.get(f"/datasets/{product}/certificate").content
    return verify_certificate(content, trusted_assayers=[key], now_s=0)


def test_a_sample_is_the_same_for_all_and_proves_itself_against_the_certificate(shared):
    path = f"/datasets/{shared.product_id}/sample"
    mine, yours = shared.buyer.get(path), shared.vendor.get(path)
    assert mine.content == yours.content
    certificate = certified(shared, shared.product_id)
    verified = verify_sample(mine.content, certificate.assay, certificate.assayer)
    assert verified.documents
    assert not set(verified.withheld) & set(verified.documents)
    assert verified.sequence == int(shared.public.get(f"/datasets/{shared.product_id}").json()["base"])
    shown = mine.json()["body"]["draws"]
    assert sum(each.get("rtu", 0) for each in shown) * 100 <= certificate.assay["rtu"]


def test_a_first_look_is_on_record_and_the_second_is_not(shared):
    looker = shared.member("Looker")
    path = f"/datasets/{shared.product_id}/sample"
    first = looker.get(path)
    sequence = shared.exchange.sequence
    decision = looker.get(f"/decisions/{first.headers['tlx-decision']}").json()
    assert (decision["action"], decision["permitted"]) == ("sample", True)
    again = looker.get(path)
    assert again.headers["tlx-decision"] == first.headers["tlx-decision"]
    rows = shared.exchange.register.decision(bytes.fromhex(first.headers["tlx-decision"]))
    assert len(rows) == 1
    assert rows[0]["sequence"] <= sequence


def test_documents_with_personal_data_or_secrets_are_drawn_and_not_shown(shared, vendor):
    """Every second document names somebody, of low grade, so that the listing itself is admitted with consent."""
    rows = operations.documents(count=240, seed=91)
    for row in rows[::2]:
        row["answer"] += " Write to john.smith@sample-firm.org for more."
    told = listed_with_consent(shared, vendor, "letters", rows)
    sample = vendor.get(f"/datasets/{told['product_id']}/sample")
    body = sample.json()["body"]
    statuses = {each["index"] % 2: set() for each in body["draws"]}
    for each in body["draws"]:
        statuses[each["index"] % 2].add(each["status"])
    assert "personal_data" in statuses[0] <= {"personal_data", "not_in_a_lot"}
    assert "personal_data" not in statuses[1]
    assert b"john.smith" not in sample.content


def listed_with_consent(shared, vendor, name, rows):
    changes = {"tex:consentEvidence": "consent.txt", "rai:personalSensitiveInformation": "none"}
    croissant, files, evidence = operations.dataset(name, rows, **changes)
    dataset = hashlib.sha256(croissant).hexdigest()
    form = {"dataset": dataset, "evidence": "personal-data-impact-assessment"}
    approved = shared.operator.upload("/approvals", form, [("document", "pia.txt", b"assessed")])
    assert approved.status_code == 200, approved.text
    parts = [("croissant", "croissant.json", croissant)]
    parts += [("files", path, content) for path, content in files.items()]
    parts += [("evidence", path, content) for path, content in {**evidence, "consent.txt": b"we consent"}.items()]
    told = vendor.upload("/datasets", {"copies": "1"}, parts).json()
    assert told["status"] == "admitted", told
    return told


def test_a_vendor_who_lists_the_same_text_again_for_another_draw_shows_it(shared, vendor):
    rows = operations.documents(count=240, seed=92)
    first = listed(vendor, "tries", rows)
    second = listed(vendor, "tries again", rows[120:] + rows[:120])
    body = vendor.get(f"/datasets/{second['product_id']}/sample").json()["body"]
    assert list(body["earlier"]) == [first["base"]]
    assert body["earlier"][first["base"]] > 60
    assert vendor.get(f"/datasets/{first['product_id']}/sample").json()["body"]["earlier"] == {}


@pytest.mark.parametrize(
    ("name", "changes", "rule"),
    [
        ("wards", {"tex:sector": "health"}, "EX-13"),
        ("ward talk", {"keywords": ["patient dialogues"]}, "EX-13"),
        ("sealed tales", {"usageInfo": "display"}, "EX-12"),
    ],
)
def test_health_text_and_what_the_offer_forbids_to_display_is_shown_to_nobody(shared, vendor, name, changes, rule):
    if changes.get("usageInfo") == "display":
        offer = json.loads(json.dumps(operations.template()["usageInfo"]))
        offer["odrl:prohibition"] = [{"@type": "odrl:Prohibition", "odrl:action": {"@id": "odrl:display"}}]
        changes = {"usageInfo": offer}
    told = listed(vendor, name, operations.documents(seed=len(name)), **changes)
    answer = refused(shared.buyer.get(f"/datasets/{told['product_id']}/sample"), 400, "GATE_REFUSED")
    assert [reason["rule"] for reason in answer["details"]["reasons"]] == [rule]
    decision = shared.buyer.get(f"/decisions/{answer['details']['decision']}").json()
    assert (decision["action"], decision["permitted"]) == ("sample", False)


def test_a_sample_of_one_dataset_is_none_of_another(shared, vendor):
    told = listed(vendor, "others", operations.documents(seed=93))
    certificate = certified(shared, shared.product_id)
    with pytest.raises(SampleError) as caught:
        verify_sample(
            vendor.get(f"/datasets/{told['product_id']}/sample").content, certificate.assay, certificate.assayer
        )
    assert caught.value.code == "SAMPLE_OF_ANOTHER"


def test_a_stranger_sees_no_sample(shared):
    refused(shared.public.get(f"/datasets/{shared.product_id}/sample"), 401, "NOT_SIGNED")
    refused(shared.buyer.get("/datasets/GOLD-CNY/sample"), 404, "UNKNOWN_PRODUCT")
