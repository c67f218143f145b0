import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def venue():
    from venue import Venue  # noqa: PLC0415 - found by the line above.

    return Venue()
