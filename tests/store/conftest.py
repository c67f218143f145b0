import sys
from pathlib import Path

import pytest

from exchange.store.database import open_database, sqlite_url

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def database(tmp_path):
    engine = open_database(sqlite_url(tmp_path / "projection.db"))
    yield engine
    engine.dispose()
