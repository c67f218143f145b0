"""The application as a whole: what it does when its own view breaks, and what it says of itself."""

import time

import pytest
from api_venue import GENEROUS, ServerThread, refused, venue_of

from api.settings import ApiSettings
from exchange.spine.errors import Busy, Stopped
from exchange.vocabulary.commands import Clock
from exchange.vocabulary.participants import VENUE


def test_a_view_that_broke_is_not_served_on(empty_venue, monkeypatch):
    def broken(_batch):
        raise ArithmeticError("a bug in a projection")

    monkeypatch.setattr(empty_venue.app.state.market, "apply", broken)
    empty_venue.operator.post("/participants/1/accounts", {})
    assert empty_venue.exchange.failed.wait(10)
    assert isinstance(empty_venue.exchange.failure, ArithmeticError)
    told = refused(empty_venue.public.get("/products"), 503, "FAILED")
    assert "bug" not in told["message"]
    health = empty_venue.public.get("/health")
    assert (health.status_code, health.json()["status"]) == (503, "failed")


def test_a_bug_is_named_and_not_shown(shared, monkeypatch):
    def broken(*_):
        raise ArithmeticError("a bug in a route")

    monkeypatch.setattr("api.products.product", broken)
    told = refused(shared.public.get("/products"), 500, "INTERNAL")
    assert told["message"] == "internal error"


@pytest.mark.parametrize(
    ("error", "code"), [(Busy("9 commands are waiting"), "BUSY"), (Stopped("it has stopped"), "STOPPED")]
)
def test_an_order_that_is_not_let_in_may_be_sent_again(shared, monkeypatch, error, code):
    def submit(*_):
        raise error

    monkeypatch.setattr(shared.exchange, "submit", submit)
    body = {"product_id": shared.product_id, "side": "buy", "price": shared.price(1), "size": shared.lot}
    response = shared.buyer.post("/orders", body)
    refused(response, 503, code)
    assert int(response.headers["retry-after"]) >= 1


def test_an_answer_that_does_not_come_in_time_says_so_and_harms_nothing(tmp_path, monkeypatch):
    settings = ApiSettings(**GENEROUS, answer_timeout_s=0.3)
    with ServerThread(tmp_path / "data", settings) as server:
        venue = venue_of(server)
        engine_apply = server.exchange._sequencer._engine.apply

        def slow(commands):
            time.sleep(0.9)
            return engine_apply(commands)

        client = venue.member("Slow", 100)
        monkeypatch.setattr(server.exchange._sequencer._engine, "apply", slow)
        refused(client.delete("/orders"), 503, "TIMEOUT")
        monkeypatch.setattr(server.exchange._sequencer._engine, "apply", engine_apply)
        server.exchange.submit(Clock(actor=VENUE).encode()).result(30)
        assert client.delete("/orders").json() == []
        assert not server.exchange.failed.is_set()
        for each in venue.clients:
            each.close()


def test_new_orders_wait_while_the_records_are_far_behind(shared, monkeypatch):
    monkeypatch.setattr(type(shared.exchange.projector), "lag", 10**6)
    body = {"product_id": shared.product_id, "side": "buy", "price": shared.price(1), "size": shared.lot}
    before = shared.exchange.sequence
    response = shared.buyer.post("/orders", body)
    refused(response, 503, "RECORDS_BEHIND")
    assert response.headers["retry-after"]
    assert shared.buyer.delete("/orders").json() == []
    assert shared.exchange.sequence > before


def test_a_client_that_adds_a_slash_is_answered_all_the_same(shared):
    assert shared.public.get("/products/").json() == shared.public.get("/products").json()
    assert shared.buyer.get("/accounts/").json() == shared.buyer.get("/accounts").json()


def test_every_operation_is_documented(shared):
    schema = shared.public.get("/openapi.json").json()
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            where = f"{method} {path}"
            assert operation.get("summary"), where
            assert operation.get("description") or operation["summary"] != operation["operationId"], where
            assert set(operation["responses"]) & {"400", "503"}, where


@pytest.mark.parametrize("name", ["Order", "Fill", "Account", "Product", "BookAnswer", "PublicTrade", "Problem"])
def test_what_clients_read_has_an_example_with_every_field_that_always_stands(shared, name):
    schema = shared.public.get("/openapi.json").json()["components"]["schemas"][name]
    assert set(schema["required"]) <= set(schema["example"])


def test_the_body_of_an_order_is_documented_with_an_example_that_is_taken(shared):
    schema = shared.public.get("/openapi.json").json()["paths"]["/orders"]["post"]["requestBody"]
    example = schema["content"]["application/json"]["example"]
    refused(shared.buyer.post("/orders", example), 404, "UNKNOWN_INSTRUMENT")
    response = shared.buyer.post("/orders", example | {"product_id": shared.product_id, "price": "0.01"})
    assert response.json()["code"] == "BAD_PRICE", response.text
