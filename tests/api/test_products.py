"""Public market data over HTTP, beside what was traded."""

import pytest
from test_orders import place

from exchange.operations.asking import ask
from exchange.vocabulary.commands import SetPhase
from exchange.vocabulary.instruments import Phase
from exchange.vocabulary.participants import VENUE


@pytest.fixture(scope="module")
def traded(tmp_path_factory):
    """A venue of the module's own in which five trades of one lot happened, at 500 to 504 ticks."""
    from api_venue import ServerThread, venue_of, with_market  # noqa: PLC0415 - found by the conftest's path.

    with ServerThread(tmp_path_factory.mktemp("traded") / "data") as server:
        venue = with_market(venue_of(server))
        for ticks in range(500, 505):
            place(venue.vendor, venue, "sell", ticks)
            place(venue.buyer, venue, "buy", ticks)
        place(venue.vendor, venue, "sell", 600, 2)
        place(venue.vendor, venue, "sell", 600)
        place(venue.buyer, venue, "buy", 400)
        yield venue
        for client in venue.clients:
            client.close()


def get(venue, path, **params):
    response = venue.public.get(f"/products/{venue.product_id}{path}", **params)
    assert response.status_code == 200, response.text
    return response


def test_a_product_tells_the_steps_of_prices_and_sizes(traded):
    told = get(traded, "").json()
    assert told in traded.public.get("/products").json()
    assert (told["base_increment"], told["quote_increment"]) == (traded.lot, traded.price(1))
    assert (told["status"], told["phase"], told["trading_disabled"]) == ("online", "continuous", False)
    assert told["id"].count("-") == 1
    currencies = {each["id"]: each for each in traded.public.get("/currencies").json()}
    assert currencies[told["base_currency"]]["details"] == {"type": "claim"}
    assert currencies[told["quote_currency"]]["max_precision"] == "0.01"


def test_a_book_shows_best_prices_levels_or_orders(traded):
    best, levels, orders = (get(traded, "/book", level=level).json() for level in (1, 2, 3))
    assert best["asks"] == [[traded.price(600), traded.size(3), 2]] == levels["asks"]
    assert best["bids"] == [[traded.price(400), traded.size(1), 1]]
    assert [row[:2] for row in orders["asks"]] == [
        [traded.price(600), traded.size(2)],
        [traded.price(600), traded.size(1)],
    ]
    assert best["sequence"] == levels["sequence"] == orders["sequence"] > 0
    assert len({each["checksum"] for each in (best, levels, orders)}) == 1


def test_a_ticker_and_statistics_follow_the_trades(traded):
    ticker, stats = get(traded, "/ticker").json(), get(traded, "/stats").json()
    assert (ticker["trade_id"], ticker["price"], ticker["size"]) == (5, traded.price(504), traded.size(1))
    assert (ticker["bid"], ticker["ask"], ticker["volume"]) == (traded.price(400), traded.price(600), traded.size(5))
    assert [stats[name] for name in ("open", "low", "high", "last")] == [traded.price(n) for n in (500, 500, 504, 504)]


@pytest.mark.parametrize("forget", [False, True])
def test_trades_page_alike_out_of_memory_and_out_of_the_records(traded, monkeypatch, forget):
    if forget:
        monkeypatch.setattr("api.products._from_tape", lambda *_: None)
    every = get(traded, "/trades").json()
    assert [(each["trade_id"], each["price"]) for each in every] == [
        (n, traded.price(499 + n)) for n in range(5, 0, -1)
    ]
    assert {each["side"] for each in every} == {"sell"}
    first = get(traded, "/trades", limit=2)
    assert (first.json(), first.headers["cb-before"], first.headers["cb-after"]) == (every[:2], "5", "4")
    assert get(traded, "/trades", limit=2, after="4").json() == every[2:4]
    assert get(traded, "/trades", before="3").json() == every[:2]
    nothing = get(traded, "/trades", after="1")
    assert nothing.json() == [] and "cb-after" not in nothing.headers


def test_there_is_no_indicative_price_while_no_call_runs(traded):
    told = get(traded, "/auction").json()
    assert told.pop("time") and told.pop("sequence") == get(traded, "/book").json()["sequence"]
    assert told.pop("phase") == "continuous"
    assert set(told.values()) == {""}


def test_spark_lines_run_from_old_to_new(traded):
    line = traded.public.get("/products/spark-lines").json()[traded.product_id]
    assert line == sorted(line) and line[-1][1] == traded.price(504)


def test_a_server_restarted_in_the_middle_of_a_call_shows_the_same_market(tmp_path):
    from api_venue import ServerThread, venue_of, with_market  # noqa: PLC0415 - found by the conftest's path.

    paths = ("/book?level=3", "/trades", "/stats", "/ticker", "/auction", "")
    with ServerThread(tmp_path / "data") as server:
        venue = with_market(venue_of(server))
        place(venue.vendor, venue, "sell", 500, 2)
        place(venue.buyer, venue, "buy", 500)
        closing = SetPhase(actor=VENUE, instrument=venue.listed.instrument, phase=Phase.CLOSING_AUCTION)
        ask(venue.exchange, closing)
        place(venue.buyer, venue, "buy", 505, 3)
        product = f"/products/{venue.product_id}"
        before = [venue.public.get(product + path).json() for path in paths]
        mine = [venue.buyer.get(path).json() for path in ("/accounts", "/fills", "/orders?status=all")]
        assert before[4]["indicative_price"] == venue.price(505), "too many bids: the highest price"
        buyer = venue.buyer
        for client in venue.clients:
            client.close()
    with ServerThread(tmp_path / "data") as server:
        venue = venue_of(server)
        again = [venue.public.get(product + path).json() for path in paths]
        assert [_timeless(each) for each in again] == [_timeless(each) for each in before]
        buyer = venue._kept(type(buyer)(server.url, buyer.key, buyer.secret, buyer.passphrase))
        assert [buyer.get(path).json() for path in ("/accounts", "/fills", "/orders?status=all")] == mine
        for client in venue.clients:
            client.close()


def _timeless(told):
    """A book's time is that of its last event, which a snapshot does not keep."""
    return {name: value for name, value in told.items() if name != "time"} if isinstance(told, dict) else told
