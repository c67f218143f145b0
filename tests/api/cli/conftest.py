import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

sys.path.insert(0, str(Path(__file__).parents[2] / "e2e"))
sys.path.insert(0, str(Path(__file__).parent))

from delivered_lots import bought, delivered, lots
from served import Server, small_dataset

from api.cli.main import app

__all__ = ["bought", "delivered", "lots"]  # Fixtures of the tests of `tlx verify`.


@pytest.fixture(scope="session")
def cli_server(tmp_path_factory):
    """A server process that the command line's tests share."""
    served = Server(tmp_path_factory.mktemp("cli") / "exchange").start()
    yield served
    served.close()


@pytest.fixture
def tlx(monkeypatch):
    """Calls a command; its result has exit_code, stdout, stderr. Whoever is at the keyboard has set nothing."""
    for name in ("TLX_URL", "TLX_CREDENTIALS", "TLX_DATA_FOLDER"):
        monkeypatch.delenv(name, raising=False)
    return lambda *arguments: CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def dataset_folder(tmp_path):
    """An honest dataset in a folder, with its metadata beside it."""
    croissant, files, evidence = small_dataset()
    folder = tmp_path / "riddles"
    folder.mkdir()
    for path, content in {"croissant.json": croissant, **files, **evidence}.items():
        (folder / path).write_bytes(content)
    return folder
