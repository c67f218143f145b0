import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from api_venue import ServerThread, second_operator, venue_of, with_market


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory):
    return tmp_path_factory.mktemp("shared-venue")


@pytest.fixture(scope="session")
def shared(shared_folder):
    """One running venue for all tests that leave no orders and no fewer rights behind."""
    with ServerThread(shared_folder / "data") as server:
        venue = with_market(venue_of(server))
        yield venue
        for client in venue.clients:
            client.close()


@pytest.fixture(scope="session")
def operated(tmp_path_factory):
    """One running venue with two operators, `operator` and `second`, whose tests stop it and let it go on again."""
    with ServerThread(tmp_path_factory.mktemp("operated-venue") / "data") as server:
        venue = with_market(venue_of(server))
        venue.second = second_operator(venue)
        yield venue
        for client in venue.clients:
            client.close()


@pytest.fixture
def venue(tmp_path):
    """A running venue of the test's own, with one listed dataset."""
    with ServerThread(tmp_path / "data") as server:
        venue = with_market(venue_of(server))
        yield venue
        for client in venue.clients:
            client.close()


@pytest.fixture
def empty_venue(tmp_path):
    """A running venue with nothing but its operator."""
    with ServerThread(tmp_path / "data") as server:
        venue = venue_of(server)
        yield venue
        for client in venue.clients:
            client.close()
