import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from served import Server


@pytest.fixture
def server(tmp_path):
    """A server on an empty folder, running."""
    served = Server(tmp_path / "venue").start()
    yield served
    served.close()


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory):
    """A server that the tests of one module share."""
    served = Server(tmp_path_factory.mktemp("shared") / "venue").start()
    yield served
    served.close()
