import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import shutil
import sys
from pathlib import Path

import pytest
from stopped_venue import QUIET, left, venues

from exchange.runtime import Exchange, Settings
from exchange.vocabulary.instruments import Side


@pytest.fixture(scope="module")
def traded_folder(tmp_path_factory):
    """The folder of a venue with a market, stopped in good order; `expected` tells how it was left."""
    folder = tmp_path_factory.mktemp("traded") / "venue"
    exchange = venues.opened(folder, snapshot_every=10, **QUIET)
    there = venues.traded(exchange, lots=1)
    venues.order(exchange, there.vendor_account, there.listed.instrument, Side.SELL, 600, 1)
    exchange.close()
    return folder


@pytest.fixture
def folder(traded_folder, tmp_path):
    return Path(shutil.copytree(traded_folder, tmp_path / "venue"))


@pytest.fixture
def reopen(folder):
    """Open the folder as often as a test likes; what it leaves open is closed."""
    opened = []

    def open_it(*, started=True, **settings):
        exchange = Exchange.open(Settings(data_folder=folder, **{**QUIET, **settings}))
        opened.append(exchange)
        if started:
            exchange.start()
        return exchange

    yield open_it
    for exchange in opened:
        exchange.close()


@pytest.fixture
def before(reopen):
    return left(reopen())
