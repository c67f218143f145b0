"""Whatever is sent, the answer is a named refusal, and no order, balance or book is other than before."""

import json

import pytest
from api_venue import refused

from api.refusals import refusal
from exchange.vocabulary.reasons import Reason

GOOD = {"side": "buy", "type": "limit", "price": "1.00", "size": "LOT"}


@pytest.fixture(scope="module")
def quiet(shared):
    """The shared venue with nothing open, held to be as it was once the module is through."""
    for client in (shared.vendor, shared.buyer):
        client.delete("/orders")
    before = shared.digest()
    yield shared
    assert shared.digest() == before


def order_body(venue, changes):
    fields = {"product_id": venue.product_id, **GOOD, **changes}
    fields = {name: venue.lot if value == "LOT" else value for name, value in fields.items() if value is not ...}
    return json.dumps(fields)


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"product_id": "NOPE-CNY"}, 404, "UNKNOWN_INSTRUMENT"),
        ({"product_id": "x" * 65}, 400, "BAD_REQUEST"),
        ({"product_id": ...}, 400, "BAD_REQUEST"),
        ({"product_id": 7}, 400, "BAD_REQUEST"),
        ({"side": "up"}, 400, "BAD_SIDE"),
        ({"side": ...}, 400, "BAD_REQUEST"),
        ({"side": None}, 400, "BAD_REQUEST"),
        ({"type": "iceberg"}, 400, "BAD_TYPE"),
        ({"time_in_force": "GFD"}, 400, "BAD_TIF"),
        ({"stp": "zz"}, 400, "BAD_COMBINATION"),
        ({"price": "NaN"}, 400, "BAD_PRICE"),
        ({"price": "Infinity"}, 400, "BAD_PRICE"),
        ({"price": "-1.00"}, 400, "BAD_PRICE"),
        ({"price": "0"}, 400, "BAD_PRICE"),
        ({"price": ""}, 400, "BAD_PRICE"),
        ({"price": " 1.00"}, 400, "BAD_PRICE"),
        ({"price": "1,00"}, 400, "BAD_PRICE"),
        ({"price": "1e3"}, 400, "BAD_PRICE"),
        ({"price": 1e300}, 400, "BAD_PRICE"),
        ({"price": "9" * 30}, 400, "BAD_PRICE"),
        ({"price": "9" * 5_000}, 400, "BAD_PRICE"),
        ({"price": "1.000001"}, 400, "BAD_PRICE"),
        ({"price": "١.00"}, 400, "BAD_PRICE"),
        ({"price": True}, 400, "BAD_PRICE"),
        ({"price": ["1.00"]}, 400, "BAD_PRICE"),
        ({"price": {"a": 1}}, 400, "BAD_PRICE"),
        ({"price": ...}, 400, "BAD_PRICE"),
        ({"price": None}, 400, "BAD_PRICE"),
        ({"size": "NaN"}, 400, "BAD_SIZE"),
        ({"size": "-0.450000"}, 400, "BAD_SIZE"),
        ({"size": "0"}, 400, "BAD_SIZE"),
        ({"size": "0.000001"}, 400, "BAD_SIZE"),
        ({"size": "9" * 30}, 400, "BAD_SIZE"),
        ({"size": 1e-7}, 400, "BAD_SIZE"),
        ({"size": ...}, 400, "BAD_SIZE"),
        ({"client_oid": "x" * 41}, 400, "BAD_CLIENT_OID"),
        ({"client_oid": "größe"}, 400, "BAD_CLIENT_OID"),
        ({"client_oid": "a\u0000b"}, 400, "BAD_CLIENT_OID"),
        ({"client_oid": 7}, 400, "BAD_REQUEST"),
        ({"post_only": "yes"}, 400, "BAD_REQUEST"),
        ({"stop": "loss"}, 400, "BAD_COMBINATION"),
        ({"stop": "loss", "stop_price": "1.00"}, 400, "BAD_COMBINATION"),
        ({"funds": "-1", "type": "market", "price": ..., "size": ...}, 400, "FUNDS_TOO_SMALL"),
        ({"funds": "NaN", "type": "market", "price": ..., "size": ...}, 400, "FUNDS_TOO_SMALL"),
        ({"cancel_after": "week", "time_in_force": "GTT"}, 400, "BAD_TIF"),
        ({"expire_time": "soon", "time_in_force": "GTT"}, 400, "BAD_TIME"),
        ({"profile_id": "1"}, 404, "UNKNOWN_ACCOUNT"),
        ({"type": "market"}, 400, "BAD_PRICE"),
    ],
)
def test_an_order_that_says_something_wrong_is_refused_by_name(quiet, changes, status, code):
    body = order_body(quiet, changes).encode()
    refused(quiet.buyer.request("POST", "/orders", content=body), status, code)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "MALFORMED_JSON"),
        (b'{"price": NaN}', "MALFORMED_JSON"),
        (b'{"price": -Infinity}', "MALFORMED_JSON"),
        (b"{}{}", "MALFORMED_JSON"),
        (b'{"side": "\xff"}', "MALFORMED_JSON"),
        (b"\x00", "MALFORMED_JSON"),
        (b"", "MALFORMED_JSON"),
        (b"[]", "BAD_REQUEST"),
        (b"null", "BAD_REQUEST"),
        (b'"buy"', "BAD_REQUEST"),
        (b"{}", "BAD_REQUEST"),
        (b'{"a":' * 40 + b"1" + b"}" * 40, "NESTED_TOO_DEEP"),
        (b"[" * 20_000 + b"]" * 20_000, "NESTED_TOO_DEEP"),
        (b'{"a": "' + b"x" * (1 << 18) + b'"}', "BODY_TOO_LARGE"),
    ],
)
@pytest.mark.parametrize("path", ["/orders", "/orders/batch", "/entitlements"])
def test_a_body_that_is_no_request_is_refused_by_name(quiet, path, body, code):
    answer = quiet.buyer.request("POST", path, content=body, content_type="application/json")
    alike = {"MALFORMED_JSON", "BAD_REQUEST"}
    told = refused(answer, 400, answer.json()["code"])
    assert told["message"]
    # Resources that FastAPI decodes name an absent or mistaken body alike.
    assert told["code"] == code or {told["code"], code} <= alike


def test_brackets_within_a_string_are_no_nesting(quiet):
    body = order_body(quiet, {"side": "[" * 100}).encode()
    refused(quiet.buyer.request("POST", "/orders", content=body), 400, "BAD_REQUEST")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/xml", "nonsense"])
def test_a_body_of_another_kind_is_refused(quiet, kind):
    body = order_body(quiet, {}).encode()
    refused(quiet.buyer.request("POST", "/orders", content=body, content_type=kind), 400, "NOT_JSON")


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("PUT", "/orders", 400, "METHOD_NOT_ALLOWED"),
        ("POST", "/time", 400, "METHOD_NOT_ALLOWED"),
        ("DELETE", "/products", 400, "METHOD_NOT_ALLOWED"),
        ("GET", "/nothing/here", 404, "NO_SUCH_RESOURCE"),
        ("GET", "/products/NOPE-CNY", 404, "UNKNOWN_INSTRUMENT"),
        ("GET", "/products/NOPE-CNY/book", 404, "UNKNOWN_INSTRUMENT"),
        ("GET", "/products/NOPE-CNY/trades", 404, "UNKNOWN_INSTRUMENT"),
        ("GET", "/products/%00/book", 404, "UNKNOWN_INSTRUMENT"),
        ("GET", "/orders/999999999999999", 404, "UNKNOWN_ORDER"),
        ("GET", "/orders/client:unheard-of", 404, "UNKNOWN_ORDER"),
        ("DELETE", "/orders/999999999999999", 404, "UNKNOWN_ORDER"),
        ("DELETE", "/orders/client:unheard-of", 404, "UNKNOWN_ORDER"),
        ("GET", "/orders/99999999999999999999999", 400, "BAD_ID"),
        ("GET", "/orders/abc", 400, "BAD_ID"),
        ("GET", "/orders/-1", 400, "BAD_ID"),
        ("GET", "/orders?limit=0", 400, "BAD_REQUEST"),
        ("GET", "/orders?limit=1e9", 400, "BAD_REQUEST"),
        ("GET", "/orders?limit=99999999999999999999", 400, "BAD_REQUEST"),
        ("GET", "/orders?product_id=NOPE-CNY", 404, "UNKNOWN_INSTRUMENT"),
        ("GET", "/fills?after=x-y", 400, "BAD_ID"),
        ("GET", "/fills?after=1-2-3-4", 400, "BAD_ID"),
        ("GET", "/fills?order_id=x", 400, "BAD_ID"),
        ("GET", "/accounts/x", 404, "UNKNOWN_ACCOUNT"),
        ("GET", "/accounts/1-CNY", 404, "UNKNOWN_ACCOUNT"),
        ("GET", "/accounts?profile_id=abc", 404, "UNKNOWN_ACCOUNT"),
        ("DELETE", "/orders?side=up", 400, "BAD_SIDE"),
        ("DELETE", "/orders?product_id=NOPE-CNY", 404, "UNKNOWN_INSTRUMENT"),
        ("POST", "/orders?dry_run=maybe", 400, "BAD_REQUEST"),
    ],
)
def test_a_request_for_what_there_is_not_is_refused_by_name(quiet, method, path, status, code):
    refused(quiet.buyer.request(method, path), status, code)


@pytest.mark.parametrize("level", ["0", "4", "x", ""])
def test_a_book_has_three_levels(quiet, level):
    refused(quiet.public.get(f"/products/{quiet.product_id}/book", level=level), 400, "BAD_REQUEST")


@pytest.mark.parametrize(
    ("changes", "phrase"),
    [
        ({"price": "0"}, "price too small"),
        ({"price": "1.000001"}, "price too precise"),
        ({"size": "0"}, "size is too small"),
        ({"size": "0.000001"}, "size is too small"),
        ({"product_id": "NOPE-CNY"}, "Product not found"),
    ],
)
def test_a_refusal_holds_the_phrase_that_clients_know(quiet, changes, phrase):
    answer = quiet.buyer.request("POST", "/orders", content=order_body(quiet, changes).encode())
    assert phrase in answer.json()["message"]


def test_every_refusal_of_the_machine_has_a_sentence_and_a_status_that_no_client_tries_again():
    for reason in set(Reason) - {Reason.NONE}:
        told = refusal(reason)
        assert told.code == reason.name and told.message and told.status in {400, 404}
