import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from open_venue import market, opened
from scheduled import Scheduled


@pytest.fixture
def exchange(tmp_path):
    venue = opened(tmp_path / "venue")
    yield venue
    venue.close()


@pytest.fixture(scope="session")
def standing(tmp_path_factory):
    """One venue with a market of two lots in many copies, for all tests that take nothing away from it."""
    exchange = opened(tmp_path_factory.mktemp("standing") / "venue", clock_idle_s=3600.0)
    there = market(exchange, copies=500)
    there.exchange = exchange
    yield there
    exchange.close()


@pytest.fixture(scope="session")
def venue(standing):
    """The standing market's exchange."""
    return standing.exchange


@pytest.fixture
def product(tmp_path):
    """Follows XSHG, on the eve of Thursday, 26 November 2026, at night: closed."""
    made = Scheduled(tmp_path)
    made.set("2026-11-26T03:00")
    made.follows()
    made.at("2026-11-26T03:00")
    return made
