"""Proof before purchase over the API: what is new to a buyer, on record, and only so often."""

import hashlib
import json
import random

import pytest
from api_venue import ServerThread, operations, refused, venue_of, with_market

from exchange.assay.novelty import exact_held
from exchange.assay.novelty_statement import verify_novelty
from exchange.assay.pipeline import rtu1_counter
from exchange.assay.sketches import sketch_corpus
from exchange.delivery.chain import read_chain
from exchange.delivery.queries import Query
from exchange.operations.dossier import read_dossier

ROWS = operations.documents(count=240, seed=181)
SECOND = ROWS[:60] + operations.documents(count=180, seed=182)
FAR_PPM = 60_000
"""More than five standard errors of the estimates here: keys are drawn, so bounds fail now and then, and this never."""


def texts(rows):
    return [f"{row['question']}\n{row['answer']}" for row in rows]


def listed(client, name, rows):
    croissant, files, evidence = operations.dataset(name, rows)
    parts = [("croissant", "croissant.json", croissant)]
    parts += [("files", path, content) for path, content in files.items()]
    parts += [("evidence", path, content) for path, content in evidence.items()]
    return client.upload("/datasets", {}, parts).json()


def sketched(client, product_id, corpus):
    told = client.get(f"/datasets/{product_id}/novelty").json()
    return sketch_corpus(bytes.fromhex(told["key"]), told["rate_log2"], corpus).document()


def ask(client, product_id, corpus, **evaluations):
    """Asks with lists of texts."""
    parts = [("corpus", "corpus", sketched(client, product_id, corpus))]
    parts += [("evaluation", name, sketched(client, product_id, each)) for name, each in evaluations.items()]
    return client.upload(f"/datasets/{product_id}/novelty", {}, parts)


def truth_ppm(venue, listed, rows, corpus):
    """The share of a dataset's lots that a corpus holds, from the texts."""
    lots = read_dossier(venue.exchange.vault, bytes.fromhex(listed["listing"])).lots
    sold, counter = texts(rows)[: sum(lot.documents for lot in lots)], rtu1_counter()
    return int(exact_held([(text, counter.count(text)) for text in sold], corpus).share * 10**6)


@pytest.fixture(scope="module")
def market(shared):
    """Two datasets, of which the second has half of the first; a vendor and a buyer of the module's own."""
    shared.author = shared.member("Author")
    shared.reader = shared.member("Reader", cash_minor=10_000_000)
    shared.first = listed(shared.author, "verses", ROWS)
    shared.second = listed(shared.author, "more verses", SECOND)
    return shared


def test_what_was_new_to_the_exchange_is_stated_and_signed(market):
    first, second = (
        market.public.get(f"/datasets/{each['product_id']}").json() for each in (market.first, market.second)
    )
    # No other test may list these seeds; what others have listed may still have a phrase in common with them.
    assert first["novelty"]["new_ppm"]["high"] >= 990_000
    assert first["novelty"]["new_ppm"]["low"] >= 940_000
    truth = truth_ppm(market, market.second, SECOND, texts(ROWS))
    assert abs(second["novelty"]["new_ppm"]["estimate"] - (1_000_000 - truth)) < 2 * FAR_PPM
    assert second["novelty"]["datasets"] == first["novelty"]["datasets"] + 1
    assert second["novelty"]["inventory"] != first["novelty"]["inventory"]
    signed = market.public.get(f"/datasets/{second['product_id']}/novelty/statement").content
    assert hashlib.sha256(signed).hexdigest() == second["novelty"]["statement"]
    body = verify_novelty(signed, [market.exchange.assayer])
    assert (body["certificate"], body["inventory"]) == (second["certificate"], second["novelty"]["inventory"])
    inventory = json.loads(market.exchange.vault.get(body["inventory"]))["sketches"]
    assert len(inventory) == body["datasets"]
    assert first["base"] in inventory


def test_a_buyer_learns_what_is_new_before_it_pays(market):
    product = market.first["product_id"]
    own = texts(operations.documents(count=60, seed=183))
    corpus = [*own, *texts(ROWS[:80])]
    told = ask(market.reader, product, corpus).json()
    truth = truth_ppm(market, market.first, ROWS, corpus)
    assert told["held_ppm"]["low"] <= told["held_ppm"]["estimate"] <= told["held_ppm"]["high"]
    assert 300_000 < truth < 700_000
    assert abs(told["held_ppm"]["estimate"] - truth) < FAR_PPM
    assert told["held_ppm"]["high"] - told["held_ppm"]["low"] < 100_000
    assert told["new_rtu"]["estimate"] == told["rtu"] * (1_000_000 - told["held_ppm"]["estimate"]) // 1_000_000
    assert told["price_per_million_new"] is None, "nobody offers it, and nothing has traded"


def test_who_has_all_of_it_and_who_has_nothing_are_told_so(market):
    product = market.second["product_id"]
    whole = ask(market.reader, product, texts(SECOND)).json()
    nothing = ask(market.reader, product, texts(operations.documents(count=100, seed=184))).json()
    assert (whole["held_ppm"]["high"], whole["new_rtu"]["low"]) == (1_000_000, 0)
    assert nothing["held_ppm"]["low"] == 0
    assert nothing["new_rtu"]["high"] == nothing["rtu"]
    assert nothing["queries_left"] == whole["queries_left"] - 1


def test_overlap_with_evaluation_sets_is_told_by_their_names(market):
    inside, outside = texts(ROWS[:60]), texts(operations.documents(count=60, seed=185))
    told = ask(market.reader, market.first["product_id"], outside, mine=inside, other=outside).json()
    mine, other = told["evaluations"]
    assert (mine["name"], other["name"]) == ("mine", "other")
    assert mine["found_ppm"]["high"] == 1_000_000
    assert mine["found_ppm"]["low"] > 900_000
    overlap = told["rtu"] * truth_ppm(market, market.first, ROWS, inside) // 10**6
    assert abs(mine["overlap_rtu"]["estimate"] - overlap) < told["rtu"] * FAR_PPM // 10**6
    assert other["found_ppm"]["low"] == 0


def test_the_price_of_what_is_new_follows_the_best_offer(venue):
    half = texts(operations.documents()[:120])
    terms = {"type": "limit", "product_id": venue.product_id, "price": venue.price(500), "size": venue.size(1)}
    venue.vendor.order(side="sell", **terms)
    told = ask(venue.buyer, venue.product_id, half).json()
    assert (told["price"], told["price_from"], told["quote"]) == (venue.price(500), "ask", "CNY")
    paid = float(told["price"]) * venue.listed.lots * venue.listed.lot_rtu
    for end, other in (("estimate", "estimate"), ("low", "high"), ("high", "low")):
        assert abs(float(told["price_per_million_new"][end]) - paid / told["new_rtu"][other]) <= 0.011
    venue.buyer.order(side="buy", **terms)
    assert ask(venue.buyer, venue.product_id, half).json()["price_from"] == "last"


def test_where_nothing_is_offered_nor_traded_the_reference_price_counts(venue):
    asked = texts(operations.documents()[:120])
    venue.operator.post(f"/products/{venue.product_id}/reference-price", {"price": venue.price(500)})
    told = ask(venue.buyer, venue.product_id, asked).json()
    assert (told["price"], told["price_from"]) == (venue.price(500), "reference")


def test_where_nothing_may_be_new_the_price_has_no_bound(venue):
    terms = {"type": "limit", "product_id": venue.product_id, "price": venue.price(500), "size": venue.size(1)}
    venue.vendor.order(side="sell", **terms)
    told = ask(venue.buyer, venue.product_id, texts(operations.documents())).json()["price_per_million_new"]
    assert (told["estimate"], told["high"]) == (None, None)
    assert told["low"] is not None


def test_questions_are_counted_on_record_and_a_restart_keeps_the_count(tmp_path):
    corpus = texts(operations.documents(count=60, seed=186))
    with ServerThread(tmp_path / "data", novelty_queries=2) as server:
        venue = with_market(venue_of(server))
        assert [ask(venue.buyer, venue.product_id, corpus).json()["queries_left"] for _ in range(2)] == [1, 0]
        told = refused(ask(venue.buyer, venue.product_id, corpus), 400, "QUERY_LIMIT")
        assert told["details"] == {"limit": 2}
        sent = sketched(venue.buyer, venue.product_id, corpus)
        buyer, product = venue.buyer, venue.product_id
        for client in venue.clients:
            client.close()
    records = list(read_chain(tmp_path / "data" / "queries.log", Query))
    assert [(each.participant, each.sketch) for each in records] == (
        [(buyer.participant, hashlib.sha256(sent).hexdigest())] * 2
    )
    with ServerThread(tmp_path / "data", novelty_queries=2) as server:
        again = venue_of(server)
        buyer.url, buyer._http = server.url, None
        assert buyer.get(f"/datasets/{product}/novelty").json()["queries_left"] == 0
        refused(ask(buyer, product, corpus), 400, "QUERY_LIMIT")
        assert len(again.exchange.inventory) == 1
        other = again.member("Other")
        assert ask(other, product, corpus).json()["queries_left"] == 1
        for client in (*again.clients, buyer):
            client.close()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda sketch: b"", "SKETCH_MALFORMED"),
        (lambda sketch: sketch[:-1], "SKETCH_MALFORMED"),
        (lambda sketch: random.Random(1).randbytes(4_000), "SKETCH_MALFORMED"),
        (lambda sketch: sketch_corpus(bytes(16), 2, texts(ROWS)).document(), "SKETCH_KEY"),
    ],
)
def test_what_is_no_sketch_for_the_dataset_is_refused_and_takes_no_question(market, change, code):
    product = market.first["product_id"]
    left = market.reader.get(f"/datasets/{product}/novelty").json()["queries_left"]
    for field in ("corpus", "evaluation"):
        good = sketched(market.reader, product, texts(ROWS))
        parts = {"corpus": good, field: change(good)}
        sent = [(name, name, content) for name, content in parts.items()]
        refused(market.reader.upload(f"/datasets/{product}/novelty", {}, sent), 400, code)
    assert market.reader.get(f"/datasets/{product}/novelty").json()["queries_left"] == left


def test_a_question_about_so_little_text_that_it_would_tell_documents_is_refused(market):
    refused(ask(market.reader, market.first["product_id"], texts(ROWS[:1])), 400, "SKETCH_TOO_SMALL")
    coarse = market.reader.get(f"/datasets/{market.first['product_id']}/novelty").json()
    sketch = sketch_corpus(bytes.fromhex(coarse["key"]), 20, texts(ROWS)).document()
    answered = market.reader.upload(f"/datasets/{market.first['product_id']}/novelty", {}, [("corpus", "c", sketch)])
    refused(answered, 400, "SKETCH_TOO_SMALL")


def test_more_evaluation_sets_than_are_taken_are_refused(market):
    many = {f"set{number}": texts(ROWS) for number in range(9)}
    refused(ask(market.reader, market.first["product_id"], texts(ROWS), **many), 400, "TOO_MANY_EVALUATIONS")


def test_a_question_needs_a_key_that_may_trade_and_a_dataset(market):
    path = f"/datasets/{market.first['product_id']}/novelty"
    refused(market.public.get(path), 401, "NOT_SIGNED")
    refused(market.reader.get("/datasets/NOSUCH-CNY/novelty"), 404, "UNKNOWN_PRODUCT")
    refused(market.reader.post(path, {}), 400, "NOT_MULTIPART")
    refused(market.reader.upload(path, {}, [("evaluation", "one", b"x")]), 400, "MISSING_FIELD")
    refused(market.reader.upload(path, {"rate": "1"}, []), 400, "UNKNOWN_FIELD")
