"""A venue in a folder, and a small dataset that the tests write themselves."""

import copy
import hashlib
import json
import random
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from exchange.operations.admission import activate_participant, deposit, open_account, register_participant
from exchange.operations.asking import ask
from exchange.operations.bootstrap import bootstrap
from exchange.operations.entitling import request_entitlement
from exchange.operations.issuing import finish_issues
from exchange.operations.listing import submit_listing
from exchange.operations.refusals import OperationRefused
from exchange.runtime import Exchange, Settings
from exchange.store import tables
from exchange.vocabulary.commands import PlaceOrder
from exchange.vocabulary.instruments import OrderType, Purpose, SelfTrade, Side, TimeInForce
from exchange.vocabulary.participants import VENUE

IDENTITY = {"business-licence.txt": b"Business licence of a firm that the test made up"}
LICENCE = b"MIT License. Permission is hereby granted, free of charge, to any person obtaining a copy."
WORDS = [a + b for a in ("mar", "fen", "tol", "bri", "cas", "lun", "ved", "por") for b in ("ket", "der", "ish", "an")]
REPOSITORY = Path(__file__).parents[2]


def documents(count=240, seed=7):
    """Questions with answers, about 130 tokens each, alike on every run."""
    chance = random.Random(seed)

    def sentence(words):
        return " ".join(chance.choice(WORDS) for _ in range(words)) + f" {chance.randrange(1000)}."

    return [{"question": sentence(12), "answer": " ".join(sentence(11) for _ in range(3))} for _ in range(count)]


def dataset(name="riddles", rows=None, **changes):
    """(metadata, files, evidence) of an honest listing under MIT, with top-level `changes`; None takes a key away."""
    content = b"".join(json.dumps(row).encode() + b"\n" for row in (rows or documents()))
    metadata = copy.deepcopy(template())
    metadata["name"] = name
    metadata["distribution"] = [
        {
            "@type": "cr:FileObject",
            "@id": "data.jsonl",
            "name": "data.jsonl",
            "contentSize": f"{len(content)} B",
            "contentUrl": "data.jsonl",
            "encodingFormat": "application/jsonlines",
            "sha256": hashlib.sha256(content).hexdigest(),
        }
    ]
    for field in metadata["recordSet"][0]["field"]:
        field["source"]["fileObject"]["@id"] = "data.jsonl"
    metadata.update(changes)
    metadata = {key: value for key, value in metadata.items() if value is not None}
    return json.dumps(metadata).encode(), {"data.jsonl": content}, {"LICENSE": LICENCE}


def template():
    return json.loads((REPOSITORY / "simulations/listings/gsm8k.croissant.json").read_text())


def opened(folder, clock=time.time_ns, **settings):
    """The venue in `folder`, started and set up."""
    exchange = Exchange.open(Settings(data_folder=folder, venue_name="Test Venue", **settings), clock=clock)
    exchange.start()
    bootstrap(exchange)
    finish_issues(exchange)
    return exchange


def member(exchange, name="Firm", cash_minor=0, **registration):
    """A verified and active participant with an account: (participant, account)."""
    participant = register_participant(exchange, VENUE, name, "organisation", IDENTITY, simulated=True, **registration)
    activate_participant(exchange, VENUE, participant)
    account = open_account(exchange, VENUE, participant)
    if cash_minor:
        deposit(exchange, VENUE, account, "CNY", cash_minor, f"opening-{account}")
    return participant, account


def order(exchange, account, instrument, side, price_ticks, lots):
    """Place a limit order; the last event of the answer."""
    command = PlaceOrder(
        actor=VENUE,
        account=account,
        instrument=instrument,
        side=side,
        type=OrderType.LIMIT,
        tif=TimeInForce.GTC,
        self_trade=SelfTrade.DECREMENT,
        price_ticks=price_ticks,
        lots=lots,
    )
    (answer,) = ask(exchange, command)
    return answer[-1]


def market(exchange, copies=1):
    """One listed dataset, its vendor, and a buyer with cash and the right to buy for training."""
    vendor, vendor_account = member(exchange, "Vendor")
    buyer, buyer_account = member(exchange, "Buyer", cash_minor=100_000_000)
    listed = submit_listing(exchange, VENUE, vendor_account, *dataset(), copies=copies)
    request_entitlement(exchange, VENUE, buyer_account, listed.instrument, Side.BUY, Purpose.TRAINING)
    return SimpleNamespace(
        listed=listed, vendor=vendor, vendor_account=vendor_account, buyer=buyer, buyer_account=buyer_account
    )


def traded(exchange, lots=2, price_ticks=500):
    """A market in which the buyer has bought."""
    there = market(exchange)
    order(exchange, there.vendor_account, there.listed.instrument, Side.SELL, price_ticks, lots)
    order(exchange, there.buyer_account, there.listed.instrument, Side.BUY, price_ticks, lots)
    return there


def count_fds():
    return len(list(Path("/proc/self/fd").iterdir()))


def records(database):
    """Every row of every table of the records, by table."""
    with database.connect() as connection:
        return {
            table.name: sorted(map(repr, connection.execute(table.select()))) for table in tables.metadata.sorted_tables
        }


def seen(directory):
    """All that a directory knows."""
    return vars(directory)


def refusal(code, operation, *arguments, **named):
    """Have an operation refused with this code; returns the refusal."""
    with pytest.raises(OperationRefused) as caught:
        operation(*arguments, **named)
    assert caught.value.code == code, str(caught.value)
    return caught.value
