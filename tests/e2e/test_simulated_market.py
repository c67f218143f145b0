"""`python -m simulations.market` against a real server: alive, labelled, the same after every stop."""

import json
import signal
import stat
import subprocess
import sys
import time

import pytest
from served import REPOSITORY

pytestmark = pytest.mark.e2e


class Market:
    """The simulated market as a process of its own, on the text of the Python installation."""

    def __init__(self, server, folder):
        self.server, self.folder = server, folder
        self.log = folder.with_suffix(".log")
        self.process = None

    def start(self, *more):
        (self.folder.parent / "nothing").mkdir(exist_ok=True)
        command = [
            *(sys.executable, "-m", "simulations.market", "--url", self.server.url),
            *("--operator", str(self.server.folder / "operator.json"), "--state", str(self.folder)),
            *("--rate", "100", "--vendors", "1", "--buyers", "3", "--datasets", "2"),
            *("--data", str(self.folder.parent / "nothing"), *more),
        ]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, cwd=REPOSITORY, stderr=log, stdout=log)
        return self

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)

    def told(self):
        return self.log.read_text()

    def until(self, condition, seconds=40):
        """Wait for it, and be told the log where it does not come."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert self.process.poll() is None and time.monotonic() < deadline, self.told()[-3000:]
            time.sleep(0.1)


@pytest.fixture
def market(server, tmp_path):
    started = Market(server, tmp_path / "market")
    yield started
    if started.process is not None and started.process.poll() is None:
        started.process.kill()
        started.process.wait()


def trades(server):
    operator = server.operator
    return sum(len(operator.get(f"/products/{product['id']}/trades")) for product in operator.get("/products"))


def census(server):
    """Who is there, with how much in all: what a second start must not double."""
    operator = server.operator
    participants = operator.get("/participants")
    datasets = [(each["product_id"], each["lots"], each["copies"]) for each in operator.get("/datasets")]
    return sorted((each["id"], each["name"], each["state"]) for each in participants), datasets


def test_the_market_is_alive_labelled_and_the_same_after_a_restart_of_either_side(server, market):
    market.start()
    market.until(lambda: trades(server) >= 10)
    market.until(lambda: "set up" in market.told())
    participants, datasets = census(server)
    simulated = [name for _, name, _ in participants if name.startswith("Simulated ")]
    assert len(simulated) == 4
    assert all("simulated" in name for name in simulated)
    assert [product for product, _, _ in datasets] == ["PYTHONTOPICS-CNY", "PYTHONDOCSTRINGS-CNY"]
    for each in server.operator.get("/datasets"):
        assert each["vendor"]["simulated"]

    # The exchange goes away and comes back: the market waits, and goes on.
    assert server.stop() == 0
    market.until(lambda: "waiting" in market.told() or "feed lost" in market.told())
    server.start()
    known = trades(server)
    market.until(lambda: trades(server) > known)
    assert market.stop() == 0, market.told()[-3000:]

    # The market is stopped and started: the same participants, the same datasets, the same money.
    cash = balances(server, market)
    market.start("--seconds", "4", "--seed", "2")
    assert market.process.wait(60) == 0, market.told()[-3000:]
    assert census(server) == (participants, datasets)
    again = balances(server, market)
    assert again.keys() == cash.keys()
    assert total(again) <= total(cash), "nothing was deposited twice; fees were paid"
    operator = server.operator
    assert operator.get("/trial-balance")["balanced"]
    assert operator.get("/reconciliation")["agrees"]


def balances(server, market):
    """Cash of every participant, by its credentials file, which only its owner may read."""
    found = {}
    for path in sorted(market.folder.glob("*-*.json")):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        for account in server.client(path).get("/accounts"):
            if account["currency"] == "CNY":
                found[path.name] = account["balance"]
    return found


def total(cash):
    return sum(int(amount.replace(".", "")) for amount in cash.values())


def test_an_interrupted_set_up_goes_on_where_it_stopped(server, market):
    for _ in range(3):
        market.start()
        seen = market.told()
        market.until(lambda seen=seen: len(market.told()) > len(seen) + 200)
        market.process.kill()
        market.process.wait()
    market.start("--seconds", "30")
    market.until(lambda: "set up" in market.told())
    participants, datasets = census(server)
    names = [name for _, name, _ in participants]
    assert len(names) == len(set(names))
    assert len(datasets) == 2
    assert market.stop() == 0


def test_a_refused_listing_is_shown_with_rule_and_law_and_not_handed_in_again(server, market, tmp_path):
    data = tmp_path / "data" / "tiny-shakespeare"
    data.mkdir(parents=True)
    text = b"\n\n".join(
        b"First Citizen: %d times before we proceed any further, hear me speak." % n for n in range(3000)
    )
    (data / "input.txt").write_bytes(text)
    market.start("--data", str(data.parent))
    market.until(lambda: "set up" in market.told())
    assert market.stop() == 0
    kept = json.loads((market.folder / "market.json").read_text())["tiny-shakespeare"]
    assert kept["code"] == "FILE_SIZE_MISMATCH", "it is not the set that the listing states"
    market.start("--data", str(data.parent))
    market.until(lambda: market.told().count("set up") == 2)
    assert market.stop() == 0
    assert market.told().count("submitting") == 1
    assert market.told().count("FILE_SIZE_MISMATCH") >= 2


def test_without_an_operators_key_it_says_so(server, market, tmp_path):
    (server.folder / "operator.json").rename(tmp_path / "elsewhere.json")
    market.start()
    assert market.process.wait(30) == 2
    assert "CREDENTIALS" in market.told()


def test_keys_of_another_exchange_are_not_used_on_this_one(server, market):
    market.folder.mkdir()
    (market.folder / "venue.json").write_text(json.dumps({"assayer": "00" * 32}))
    market.start()
    assert market.process.wait(30) == 2
    assert "STATE_OF_ANOTHER_VENUE" in market.told()
    assert len(server.operator.get("/participants")) == 1, "the operator alone"
