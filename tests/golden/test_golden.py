"""What earlier releases wrote is read, and means what it meant: every event and the state, byte for byte.

The golden journal of a release that is out is never made anew. Where one of these fails, a rule or a layout has
changed: that takes a new version, and the old one stays as it was.
"""

import hashlib
import json
import tarfile
from pathlib import Path

import pytest

from exchange.matching.engine import Engine
from exchange.spine.journal import read_blocks
from exchange.spine.verify import verify_journal
from exchange.vocabulary.codec import COMMANDS, EVENTS
from exchange.vocabulary.events import CommandRefused
from exchange.vocabulary.reasons import DoneReason

FOLDER = Path(__file__).parent
HASHES = json.loads((FOLDER / "hashes.json").read_text())


@pytest.fixture(scope="module", params=HASHES)
def golden(request, tmp_path_factory):
    """A release's journal, and what that release made of it."""
    folder = tmp_path_factory.mktemp(f"golden-{request.param}")
    with tarfile.open(FOLDER / f"{request.param}.tar.xz") as archive:
        archive.extractall(folder, filter="data")
    return folder / "journal", HASHES[request.param]


def commands_of(journal):
    return b"".join(block.commands for block in read_blocks(journal))


def test_a_journal_of_an_earlier_release_is_whole_and_leads_to_the_same_state(golden):
    journal, told = golden
    report = verify_journal(journal)
    assert (report.commands, report.head, report.state_hash) == (told["commands"], told["head"], told["state_hash"])
    assert report.epochs > 1


def test_every_event_comes_out_as_it_did(golden):
    journal, told = golden
    engine = Engine()
    events = b"".join(engine.apply(block.commands) for block in read_blocks(journal))
    assert hashlib.sha256(events).hexdigest() == told["events_sha256"]


def test_a_golden_journal_asks_for_everything_and_sees_everything_happen(golden):
    commands = commands_of(golden[0])
    assert {type(each) for each in COMMANDS.decode_all(commands)} == set(COMMANDS.kinds.values())
    happened = list(EVENTS.decode_all(Engine().apply(commands)))
    assert {type(each) for each in happened} == set(EVENTS.kinds.values())
    refused = {each.reason for each in happened if isinstance(each, CommandRefused)}
    assert len(refused) > 25
    ended = {each.reason for each in happened if type(each).__name__ == "OrderDone"}
    assert len(ended) > len(DoneReason) // 2
