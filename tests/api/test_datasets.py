"""Listing datasets over the API, and finding them."""

import gzip
import hashlib
import io
import json
import tarfile
import threading
import time
import zipfile

import pytest
from api_venue import operations, refused


@pytest.fixture(scope="module")
def vendor(shared):
    return shared.member("Lister")


def submit(client, croissant, files, evidence, **fields):
    parts = [("croissant", "croissant.json", croissant)]
    parts += [("files", name, content) for name, content in files.items()]
    parts += [("evidence", name, content) for name, content in evidence.items()]
    return client.upload("/datasets", fields, parts)


def zipped(files):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


def tarred(files):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def test_an_admitted_dataset_is_on_offer_at_once(shared, vendor):
    told = submit(vendor, *operations.dataset("fables", operations.documents(seed=31)), copies="3").json()
    shown = shared.public.get(f"/datasets/{told['product_id']}").json()
    assert {name: shown[name] for name in told if name not in ("status", "entitlement")} == {
        name: value for name, value in told.items() if name not in ("status", "entitlement")
    }
    assert (shown["licence"], shown["copies"], shown["phase"]) == ("MIT", 3, "continuous")
    assert shown["vendor"] == {"id": str(vendor.participant), "name": "Lister (simulated)", "simulated": True}
    rights = vendor.get("/entitlements", product_id=told["product_id"]).json()
    assert [right["id"] for right in rights] == [told["entitlement"]]
    claims = {each["currency"]: each["balance"] for each in vendor.get("/accounts").json()}
    rtu = told["lots"] * told["copies"] * told["lot_rtu"]
    assert claims["FABLES"] == f"{rtu // 10**6}.{rtu % 10**6:06d}"


@pytest.mark.parametrize(("pack", "name"), [(zipped, "all.zip"), (tarred, "all.tar.gz"), (tarred, "ALL.TGZ")])
def test_a_dataset_may_come_in_one_archive(vendor, pack, name):
    seed = 40 + len(name) + name.isupper()
    croissant, files, evidence = operations.dataset(f"packed {name}", operations.documents(seed=seed))
    assert submit(vendor, croissant, {name: pack({**files, **evidence})}, {}).json()["status"] == "admitted"


def test_a_dataset_is_found_by_any_of_its_names(shared, vendor):
    told = submit(vendor, *operations.dataset("sagas", operations.documents(seed=32))).json()
    names = (told["product_id"], "SAGAS", told["base"])
    assert {shared.public.get(f"/datasets/{name}").json().get("base") for name in names} == {told["base"]}


def test_a_dataset_that_nobody_listed_is_not_found(shared):
    for name in ("GOLD-CNY", "0", "..%2F..", "x" * 300):
        refused(
            shared.public.get(f"/datasets/{name}"), 404, "UNKNOWN_PRODUCT" if "%2F" not in name else "NO_SUCH_RESOURCE"
        )


def test_a_refusal_by_the_gate_names_rule_law_and_the_decision_on_record(vendor):
    croissant, files, _ = operations.dataset("orphan", operations.documents(seed=34), **{"prov:wasDerivedFrom": None})
    told = refused(submit(vendor, croissant, files, {}), 400, "GATE_REFUSED")
    laws = {reason["rule"]: reason["law"] for reason in told["details"]["reasons"]}
    assert laws["CN-02"] == "DSL Art. 33"
    assert set(laws) == {"CN-02", "EX-10"}
    decision = vendor.get(f"/decisions/{told['details']['decision']}").json()
    assert {reason["rule"] for reason in decision["reasons"]} == set(laws)


def test_the_same_listing_is_admitted_once(vendor):
    whole = operations.dataset("ballads", operations.documents(seed=35))
    base = submit(vendor, *whole).json()["base"]
    assert refused(submit(vendor, *whole), 400, "ALREADY_LISTED")["details"] == {"base": base}


def mislabelled(content):
    """(croissant, files) whose hash and size fit a file that is not what it is said to be."""
    croissant, files, _ = operations.dataset("spoilt", operations.documents(20))
    stated = json.loads(croissant)
    fits = {"sha256": hashlib.sha256(content).hexdigest(), "contentSize": f"{len(content)} B"}
    stated["distribution"][0] |= fits
    return json.dumps(stated).encode(), dict.fromkeys(files, content)


ROW = json.dumps({"question": "一", "answer": "二"}, ensure_ascii=False)
SPOILT = {
    "broken JSON-LD": ("BAD_JSON", lambda c, f: (c[:-1], f)),
    "JSON that is no listing": ("BAD_JSON", lambda c, f: (b"[]", f)),
    "metadata in UTF-16": ("BAD_JSON", lambda c, f: (c.decode().encode("utf-16"), f)),
    "a byte changed": ("FILE_HASH_MISMATCH", lambda c, f: (c, {"data.jsonl": f["data.jsonl"][:-1] + b" "})),
    "a byte lost": ("FILE_SIZE_MISMATCH", lambda c, f: (c, {"data.jsonl": f["data.jsonl"][:-1]})),
    "a file missing": ("FILE_MISSING", lambda c, f: (c, {"other.jsonl": f["data.jsonl"]})),
    "no files": ("MISSING_FIELD", lambda c, f: (c, {})),
    "an archive cut short": ("ARCHIVE_DAMAGED", lambda c, f: (c, {"all.zip": zipped(f)[:-100]})),
    "an archive that is none": ("ARCHIVE_DAMAGED", lambda c, f: (c, {"all.zip": f["data.jsonl"]})),
    "a tar cut short": ("ARCHIVE_DAMAGED", lambda c, f: (c, {"all.tar.gz": tarred(f)[:-100]})),
    "a gzip of nothing": ("FILE_MISSING", lambda c, f: (c, {"all.tgz": gzip.compress(b"")})),
    "an archive that climbs": ("ARCHIVE_UNSAFE_PATH", lambda c, f: (c, {"all.zip": zipped({"../data.jsonl": b""})})),
    "a crowded archive": ("ARCHIVE_TOO_LARGE", lambda c, f: (c, {"all.zip": zipped(dict.fromkeys(CROWD, b""))})),
    "not the stated encoding": ("ENCODING_ERROR", lambda c, f: mislabelled(ROW.encode("gb18030"))),
    "not the stated format": ("FORMAT_MISMATCH", lambda c, f: mislabelled(b"%PDF-1.7 and no JSON lines\n")),
    "nothing but broken records": ("MISSING_FIELD", lambda c, f: mislabelled(b'{"query": "x"}\n' * 3)),
}
CROWD = [str(number) for number in range(10_001)]


@pytest.mark.parametrize("kind", SPOILT)
def test_a_submission_that_is_not_what_it_says_is_refused_by_name_and_changes_nothing(shared, vendor, kind):
    code, spoil = SPOILT[kind]
    croissant, files, evidence = operations.dataset("spoilt", operations.documents(seed=36))
    before = shared.digest(), shared.public.get("/datasets", limit=200).json()
    refused(submit(vendor, *spoil(croissant, files), evidence), 400, code)
    assert (shared.digest(), shared.public.get("/datasets", limit=200).json()) == before


@pytest.mark.parametrize("copies", ["0", "-1", "1.5", "many", "9" * 11, "²"])
def test_copies_that_are_no_number_are_refused(vendor, copies):
    whole = operations.dataset("copied", operations.documents(seed=37))
    refused(submit(vendor, *whole, copies=copies), 400, "BAD_COPIES")


def test_a_form_is_asked_for_and_so_is_a_key(shared, vendor):
    refused(vendor.post("/datasets", {"croissant": "{}"}), 400, "NOT_MULTIPART")
    refused(shared.public.post("/datasets", {}), 401, "NOT_SIGNED")
    refused(submit(vendor, *operations.dataset(), profile_id="1"), 404, "UNKNOWN_ACCOUNT")


def test_trading_goes_on_while_a_dataset_is_assayed_and_a_participant_lists_one_at_a_time(shared):
    lister = shared.member("Slow lister")
    whole = operations.dataset("novels", operations.documents(count=6_000, seed=38))
    answers = []
    listing = threading.Thread(target=lambda: answers.append(submit(lister, *whole)))
    other = shared.client(lister.participant, lister.account, 1)
    listing.start()
    busy, waits_s = None, []
    while listing.is_alive():
        began_s = time.monotonic()
        assert shared.public.get("/time").status_code == 200
        waits_s.append(time.monotonic() - began_s)
        if busy is None and len(waits_s) > 5:
            busy = submit(other, *operations.dataset("second", operations.documents(seed=39)))
        time.sleep(0.02)
    listing.join()
    refused(busy, 503, "LISTING_BUSY")
    assert int(busy.headers["retry-after"]) >= 1
    assert answers[0].json()["status"] == "admitted"
    assert sorted(waits_s)[len(waits_s) // 2] < 0.25, "requests wait for the assay"
