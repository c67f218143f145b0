import sys
from pathlib import Path

import pytest

from exchange.compliance.gate import Gate

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def gate():
    return Gate.load()


@pytest.fixture(scope="session")
def cn_gate():
    return Gate.load("cn-unapproved")
