"""Certificates for everyone; decisions for those they are about."""

import hashlib

import pytest
from api_venue import operations, refused

from exchange.assay.certificate import verify_certificate
from exchange.vocabulary.participants import Role


@pytest.fixture(scope="module")
def denied(shared):
    """(vendor, digest) of a decision that refused the vendor's listing."""
    vendor = shared.member("Refused vendor")
    croissant, files, _ = operations.dataset("denied", operations.documents(seed=51))
    answer = vendor.upload("/datasets", {}, [("croissant", "c", croissant), ("files", *next(iter(files.items())))])
    return vendor, refused(answer, 400, "GATE_REFUSED")["details"]["decision"]


def test_a_certificate_is_the_venues_and_is_named_by_its_hash(shared):
    answer = shared.public.get(f"/datasets/{shared.product_id}/certificate")
    digest = hashlib.sha256(answer.content).hexdigest()
    assert answer.headers["etag"] == f'"{digest}"'
    assayer = bytes.fromhex(shared.public.get("/assayer").json()["public_key"])
    now_s = shared.exchange.now_ns() // 10**9
    assert verify_certificate(answer.content, trusted_assayers=[assayer], now_s=now_s).assay["grade"]
    assert shared.public.get(f"/certificates/{digest}").content == answer.content


def test_a_client_that_has_a_document_is_not_sent_it_again(shared):
    path = f"/datasets/{shared.product_id}/certificate"
    etag = shared.public.get(path).headers["etag"]
    again = shared.public.request("GET", path, if_none_match=etag)
    assert (again.status_code, again.content) == (304, b"")


def test_a_certificate_can_be_read_as_a_page_that_it_links_to(shared):
    certificate = shared.public.get(f"/datasets/{shared.product_id}/certificate")
    path, _, alternate = certificate.headers["link"].partition(">")
    assert 'rel="alternate"' in alternate
    page = shared.public.get(path.lstrip("<"))
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert page.content == shared.public.get(f"/datasets/{shared.product_id}/report").content
    digest = hashlib.sha256(certificate.content).hexdigest()
    for told in (digest, certificate.json()["body"]["assay"]["merkle_root"], "signed what it found", "<svg"):
        assert told in page.text
    again = shared.public.request("GET", f"/datasets/{shared.product_id}/report", if_none_match=page.headers["etag"])
    assert (again.status_code, again.content) == (304, b"")
    refused(shared.public.get("/datasets/NOBODYS/report"), 404, "UNKNOWN_PRODUCT")


def test_no_document_of_the_vault_but_certificates_is_a_certificate(shared):
    shown = shared.public.get(f"/datasets/{shared.product_id}").json()
    for digest in (shown["listing"], shown["decision"], shown["dataset"], "0" * 64):
        refused(shared.public.get(f"/certificates/{digest}"), 404, "NO_SUCH_DOCUMENT")
    for digest in ("0", "G" * 64, shown["certificate"].upper()):
        refused(shared.public.get(f"/certificates/{digest}"), 400, "BAD_REQUEST")


def test_a_refusal_is_for_its_vendor_and_for_overseers(shared, denied):
    vendor, digest = denied
    auditor = shared.client(vendor.participant, 0, Role.AUDITOR)
    for reader in (vendor, shared.operator, auditor):
        answer = reader.get(f"/decisions/{digest}")
        assert hashlib.sha256(answer.content).hexdigest() == digest
        assert not answer.json()["permitted"]
        assert answer.headers["cache-control"].startswith("private")
    for stranger in (shared.buyer, shared.vendor, shared.member("Curious")):
        refused(stranger.get(f"/decisions/{digest}"), 404, "NO_SUCH_DOCUMENT")
    refused(shared.public.get(f"/decisions/{digest}"), 401, "NOT_SIGNED")


def test_an_admission_is_also_for_those_who_may_trade_it(shared):
    digest = shared.public.get(f"/datasets/{shared.product_id}").json()["decision"]
    for reader in (shared.vendor, shared.buyer):
        assert reader.get(f"/decisions/{digest}").json()["action"] == "list"
    refused(shared.member("Passer-by").get(f"/decisions/{digest}"), 404, "NO_SUCH_DOCUMENT")


def test_a_right_to_trade_is_shown_to_nobody_but_its_holder(shared):
    (right,) = shared.buyer.get("/entitlements").json()
    assert shared.buyer.get(f"/decisions/{right['decision']}").status_code == 200
    refused(shared.vendor.get(f"/decisions/{right['decision']}"), 404, "NO_SUCH_DOCUMENT")


def test_a_document_that_is_no_decision_is_not_found_there(shared):
    shown = shared.public.get(f"/datasets/{shared.product_id}").json()
    for digest in (shown["certificate"], shown["listing"], shown["dataset"]):
        refused(shared.operator.get(f"/decisions/{digest}"), 404, "NO_SUCH_DOCUMENT")
