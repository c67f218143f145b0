"""Whatever comes in that is wrong gets a named refusal, and nothing is changed by it."""

import contextlib
import io
import json
import socket
import zipfile

import pytest
from served import LICENCE, admit_firm, entitle, small_dataset, submit

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def venue(shared_server):
    vendor = admit_firm(shared_server, "Vendor of input")
    buyer = admit_firm(shared_server, "Buyer of input", "10000.00")
    listed = submit(vendor, small_dataset("input", seed=3), copies=5)
    entitle(buyer, listed["product_id"], "buy")
    vendor.order(listed["product_id"], "sell", "800.00", listed["lot_size"])
    return shared_server, vendor, buyer, listed


@pytest.fixture(autouse=True)
def _nothing_changes(venue):
    """Every balance, order, book, dataset and right is afterwards what it was before."""
    server, vendor, buyer, listed = venue
    before = state(server, vendor, buyer, listed)
    yield
    assert state(server, vendor, buyer, listed) == before


def state(server, vendor, buyer, listed):
    operator = server.operator
    book = operator.get(f"/products/{listed['product_id']}/book?level=3")
    book.pop("time")
    firms = [
        firm.client.get(path)
        for firm in (vendor, buyer)
        for path in ("/accounts", "/orders?status=all", "/fills", "/deliveries", "/entitlements")
    ]
    return book, firms, operator.get("/datasets"), operator.get("/participants")


ORDER = {"side": "buy", "product_id": "INPUT-CNY", "price": "700.00", "size": "0.010000"}


def order(**changes):
    return {**ORDER, **changes}


ORDERS = {
    "no side": ({k: v for k, v in ORDER.items() if k != "side"}, "BAD_REQUEST"),
    "another side": (order(side="hold"), "BAD_SIDE"),
    "no such product": (order(product_id="GOLD-CNY"), "UNKNOWN_INSTRUMENT"),
    "NaN as a price": (order(price="NaN"), "BAD_PRICE"),
    "infinity as a price": (order(price="Infinity"), "BAD_PRICE"),
    "an exponent": (order(price="7e2"), "BAD_PRICE"),
    "a negative price": (order(price="-700.00"), "BAD_PRICE"),
    "a zero price": (order(price="0"), "BAD_PRICE"),
    "a huge price": (order(price="9" * 200), "BAD_PRICE"),
    "a price off the tick": (order(price="700.001"), "BAD_PRICE"),
    "a price of another script": (order(price="٧٠٠"), "BAD_PRICE"),
    "a negative size": (order(size="-0.010000"), "BAD_SIZE"),
    "a size off the lot": (order(size="0.010001"), "BAD_SIZE"),
    "a huge size": (order(size="9" * 400), "BAD_SIZE"),
    "a list as a size": (order(size=["0.01"]), "BAD_SIZE"),
    "more than there is money for": (order(size="10.000000", price="9000.00"), "INSUFFICIENT_FUNDS"),
    "a client id of 41": (order(client_oid="x" * 41), "BAD_CLIENT_OID"),
    "a client id with a line feed": (order(client_oid="a\nb"), "BAD_CLIENT_OID"),
    "an order type that is not known": (order(type="iceberg"), "BAD_TYPE"),
    "post only and immediate": (order(post_only=True, time_in_force="IOC"), "BAD_COMBINATION"),
    "a profile of another firm": (order(profile_id="1"), "UNKNOWN_ACCOUNT"),
}


@pytest.mark.parametrize("case", ORDERS)
def test_an_order_that_is_wrong_is_refused_by_name(venue, case):
    body, code = ORDERS[case]
    refusal = venue[2].client.refused("POST", "/orders", body)
    assert (refusal.code, refusal.status in {400, 404}) == (code, True), refusal
    assert set(refusal.told) == {"message", "code", "details", "request_id"}


BODIES = {
    "nothing": b"",
    "half an object": b'{"side": "buy"',
    "no UTF-8": b'{"side": "\xff\xfe"}',
    "a number NaN": b'{"side": "buy", "product_id": "INPUT-CNY", "price": NaN, "size": "0.010000"}',
    "an array": b"[1, 2]",
    "text": b"hello",
    "depth": b"[" * 5000 + b"]" * 5000,
    "a megabyte": b'{"side": "' + b"x" * (1 << 20) + b'"}',
}


@pytest.mark.parametrize("path", ["/orders", "/deliveries", "/entitlements"])
@pytest.mark.parametrize("body", BODIES)
def test_a_body_that_is_no_request_is_refused_by_name(venue, body, path):
    headers = {"content-type": "application/json"}
    refusal = venue[2].client.refused("POST", path, content=BODIES[body], headers=headers)
    assert refusal.status == 400
    assert refusal.code.isupper()
    assert "Traceback" not in str(refusal.told)


UNKNOWN = [
    ("GET", "/products/GOLD-CNY"), ("GET", "/products/GOLD-CNY/book"), ("GET", "/products/%00/book"),
    ("GET", "/orders/999999999"), ("GET", "/orders/client:nobody"), ("DELETE", "/orders/999999999"),
    ("GET", "/orders/99999999999999999999999999"), ("GET", "/orders/-1"), ("GET", "/datasets/GOLD-CNY"),
    ("GET", "/datasets/GOLD-CNY/certificate"), ("GET", "/decisions/" + "0" * 64),
    ("GET", "/deliveries/INPUT-CNY/1/manifest"), ("GET", "/deliveries/INPUT-CNY/999/blob"),
    ("GET", "/trades/INPUT-CNY/1/contract-note"), ("GET", "/accounts/999-CNY"), ("GET", "/no/such/place"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path"), UNKNOWN)
def test_what_does_not_exist_is_refused_by_name(venue, method, path):
    refusal = venue[2].client.refused(method, path)
    assert refusal.status in {400, 404}, refusal
    assert refusal.code.replace("_", "").isupper()


OPERATORS = [
    ("GET", "/trial-balance"), ("GET", "/reconciliation"), ("GET", "/participants"),
    ("POST", "/accounts/2/deposits"), ("POST", "/products/INPUT-CNY/phase"), ("POST", "/participants/1/state"),
    ("POST", "/kill"), ("POST", "/unkill"), ("POST", "/trades/INPUT-CNY/1/bust"),
    ("POST", "/trades/INPUT-CNY/1/adjust"), ("GET", "/kills"), ("GET", "/interventions"), ("GET", "/proposals"),
    ("POST", "/proposals/1/approve"),
    ("POST", "/proposals/1/reject"), ("GET", "/transfers"), ("POST", "/transfers/1/confirm"), ("POST", "/rules"),
    ("POST", "/transfers/1/abort"), ("POST", "/policies/adopt"), ("GET", "/policies"), ("GET", "/withdrawal-limits"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path"), OPERATORS)
def test_a_firm_cannot_do_what_is_the_operators(venue, method, path):
    body = {"currency": "CNY", "amount": "1.00", "key": "k", "phase": "halted", "state": "active"}
    refusal = venue[2].client.refused(method, path, body if method == "POST" else None)
    assert refusal.status in {400, 404}
    assert refusal.code in {"MISSING_SCOPE", "MISSING_ROLE"}


def test_a_replayed_request_is_refused(venue):
    client = venue[2].client
    request = client.http.build_request("DELETE", "/orders/999999999")
    first = client.send("DELETE", "/orders/999999999")
    request.headers.update({k: v for k, v in first.request.headers.items() if k.startswith("cb-access")})
    again = client.http.send(request)
    assert (again.status_code, again.json()["code"]) == (401, "REPLAYED_REQUEST")


def test_a_changed_body_does_not_carry_the_signature(venue):
    server, _, buyer, _ = venue
    client = server.client(buyer.client.credentials)
    built = client.http.build_request

    def changed(method, path, **more):
        request = built(method, path, **more)
        request.read = lambda: json.dumps(order(price="600.00")).encode()
        return request

    client.http.build_request = changed
    refusal = client.refused("POST", "/orders", order())
    assert (refusal.status, refusal.code) == (401, "INVALID_SIGNATURE")


def zip_of(files):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


def spoilt(kind):
    """A listing with one thing wrong, as (metadata, files, evidence)."""
    croissant, files, evidence = small_dataset("spoilt", seed=11)
    content = files["data.jsonl"]
    if kind == "files changed":
        return croissant, {"data.jsonl": content.replace(b"mar", b"ram", 1)}, evidence
    if kind == "file missing":
        return croissant, {"other.jsonl": content}, evidence
    if kind == "metadata is no JSON":
        return b"{", files, evidence
    if kind == "metadata is no Croissant":
        return b'{"@context": {}, "name": "x"}', files, evidence
    if kind == "corrupt archive":
        return croissant, {"data.zip": zip_of(files)[:-40] + b"\0" * 40}, evidence
    if kind == "archive climbs":
        return croissant, {"data.zip": zip_of({"../data.jsonl": content})}, evidence
    if kind == "archive bomb":
        return croissant, {"data.zip": zip_of({f"{n}.txt": b"" for n in range(10_001)})}, evidence
    raise AssertionError(kind)


UPLOADS = {
    "files changed": "FILE_HASH_MISMATCH",
    "file missing": "FILE_MISSING",
    "metadata is no JSON": "BAD_JSON",
    "metadata is no Croissant": "BAD_CROISSANT",
    "corrupt archive": "ARCHIVE_DAMAGED",
    "archive climbs": "ARCHIVE_UNSAFE_PATH",
    "archive bomb": "ARCHIVE_TOO_LARGE",
}


@pytest.mark.parametrize("kind", UPLOADS)
def test_a_submission_that_is_not_what_it_says_is_refused_by_name(venue, kind):
    refusal = venue[1].client.refused("POST", "/datasets", files=parts(*spoilt(kind)))
    assert (refusal.status, refusal.code) == (400, UPLOADS[kind])


def parts(croissant, files, evidence):
    named = [("croissant", ("croissant.json", croissant))]
    named += [("files", (path, content)) for path, content in files.items()]
    return named + [("evidence", (path, content)) for path, content in evidence.items()]


CONTENTS = {
    "no UTF-8": (b'{"question": "\xff\xfe", "answer": "x"}\n', "ENCODING_ERROR"),
    "half a record": (b'{"question": "q", "ans\n', "FORMAT_MISMATCH"),
    "a record without its field": (b'{"question": "q"}\n', "MISSING_FIELD"),
    "a number for a text": (b'{"question": {"a": 1}, "answer": "x"}\n', "FIELD_NOT_TEXT"),
    "an image": (b"\x89PNG\r\n\x1a\n" + bytes(200), "FORMAT_MISMATCH"),
}


@pytest.mark.parametrize("case", CONTENTS)
def test_a_file_that_is_not_what_its_metadata_says_is_refused_by_name(venue, case):
    content, code = CONTENTS[case]
    croissant, _, _ = small_dataset("contents", content=content)
    submission = parts(croissant, {"data.jsonl": content}, {"LICENSE": LICENCE})
    refusal = venue[1].client.refused("POST", "/datasets", files=submission)
    assert (refusal.status, refusal.code) == (400, code)


RAW = {
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(100),
    "a header that never ends": b"GET /time HTTP/1.1\r\nX: " + b"a" * 300_000,
    "a length that lies": b"POST /orders HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999\r\n\r\n{}",
    "a negative length": b"POST /orders HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
}


@pytest.mark.parametrize("case", RAW)
def test_what_is_no_request_at_all_leaves_the_server_serving(venue, case):
    server = venue[0]
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as line:
        line.settimeout(1)
        # Cut off, or left waiting for the rest that it announced: both are fine.
        with contextlib.suppress(OSError):
            line.sendall(RAW[case])
            line.recv(1000)
    assert server.operator.get("/health")["status"] == "ok"
