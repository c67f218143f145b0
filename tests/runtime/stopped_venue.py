"""A venue with a market that was stopped, and what is looked at when it starts again."""

import importlib.util
import threading
from pathlib import Path

import pytest

from exchange.matching.engine import Engine
from exchange.operations.recovery import StartRefused
from exchange.vocabulary.commands import PlaceOrder
from exchange.vocabulary.instruments import Side
from exchange.vocabulary.participants import VENUE


def _operations_venue():
    path = Path(__file__).parents[1] / "operations" / "open_venue.py"
    spec = importlib.util.spec_from_file_location("operations_venue", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


venues = _operations_venue()
QUIET = {"clock_idle_s": 3600.0}
"""No clock of the exchange's own, where a test counts sequences."""


def state_hash(exchange):
    """Of the machine as it was recovered."""
    return Engine.restore(exchange.opening_state).state_hash()


def left(exchange):
    """All that a start has to bring back: state, directory, records. Closes the exchange."""
    directory = venues.seen(exchange.directory)
    opening = state_hash(exchange)
    found = venues.records(exchange.database)
    exchange.close()
    return opening, directory, found


def refused_start(reopen, code):
    descriptors, threads = venues.count_fds(), threading.active_count()
    with pytest.raises(StartRefused) as caught:
        reopen()
    assert caught.value.code == code, str(caught.value)
    assert str(caught.value).startswith(f"{code}: ")
    assert (venues.count_fds(), threading.active_count()) == (descriptors, threads), "something was left open"
    return caught.value.detail


def resting_order(exchange):
    (instrument,) = exchange.directory.instruments
    (row,) = [row for row in exchange.history.orders() if row["price_ticks"] == 600]
    return instrument, row["account"], row["order_id"]


def a_bid(exchange, price_ticks=100):
    instrument, _, _ = resting_order(exchange)
    (buyer,) = (account for account, _, side in exchange.directory.entitlements if side == Side.BUY)
    return PlaceOrder(
        actor=VENUE, account=buyer, instrument=instrument, side=Side.BUY, type=1, tif=1, self_trade=1,
        price_ticks=price_ticks, lots=1,
    )  # fmt: skip
