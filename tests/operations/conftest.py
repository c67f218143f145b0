import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from open_venue import opened


@pytest.fixture
def exchange(tmp_path):
    venue = opened(tmp_path / "venue")
    yield venue
    venue.close()
