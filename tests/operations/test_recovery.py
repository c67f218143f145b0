"""Machine and records at the journal's end, wherever the records stood before."""

import shutil

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from open_venue import opened, records, traded

from exchange.matching.engine import Engine
from exchange.operations.recovery import Replayed, StartRefused, recover
from exchange.spine.journal import Journal
from exchange.spine.snapshot import SnapshotFolder
from exchange.store.database import open_database, sqlite_url
from exchange.store.projection import Projection
from exchange.vocabulary.codec import COMMAND_BYTES, STAMP


class Run:
    """A recorded run: its journal's blocks, and its state after each command."""

    def __init__(self, folder):
        journal = Journal.open(folder / "journal")
        self.blocks, self.last_sequence = list(journal.read(0)), journal.last_sequence
        journal.close()
        joined = b"".join(self.blocks)
        engine = Engine()
        self.snapshots, self.events = [engine.snapshot()], []
        for offset in range(0, len(joined), COMMAND_BYTES):
            self.events.append(engine.apply(joined[offset : offset + COMMAND_BYTES]))
            self.snapshots.append(engine.snapshot())
        self.hash = engine.state_hash()

    def read(self, after):
        """As the journal does."""
        for block in self.blocks:
            first = STAMP.unpack_from(block)[0]
            if first + len(block) // COMMAND_BYTES - 1 > after:
                yield block[max(0, after + 1 - first) * COMMAND_BYTES :]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run") / "venue"
    exchange = opened(folder, clock_idle_s=3600.0)
    traded(exchange, lots=1)
    exchange.close()
    return Run(folder)


@pytest.fixture(scope="module")
def empty_records(tmp_path_factory):
    """A database with its tables made; copies of it are quick."""
    path = tmp_path_factory.mktemp("records") / "empty.db"
    open_database(sqlite_url(path)).dispose()
    return path


@pytest.fixture(scope="module")
def whole(run, empty_records, tmp_path_factory):
    """The records of the whole run."""
    database = standing_at(run, run.last_sequence, empty_records, tmp_path_factory.mktemp("whole"))
    found = records(database)
    database.dispose()
    return found


def standing_at(run, watermark, empty_records, folder):
    """Records that stand at a sequence of the run."""
    folder.mkdir(exist_ok=True)
    path = folder / "records.db"
    path.unlink(missing_ok=True)
    shutil.copy(empty_records, path)
    database = open_database(sqlite_url(path))
    projection = Projection(database)
    projection.apply([Replayed(number, 1, run.events[number - 1]) for number in range(1, watermark + 1)])
    return database


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_wherever_records_and_snapshots_stood_all_come_to_the_journals_end(run, empty_records, whole, tmp_path, data):
    watermark = data.draw(st.integers(0, run.last_sequence))
    kept = data.draw(st.sets(st.integers(1, run.last_sequence), max_size=3))
    snapshots = SnapshotFolder(tmp_path / f"snapshots-{watermark}-{'-'.join(map(str, sorted(kept)))}")
    for sequence in sorted(kept):
        snapshots.write(sequence, run.snapshots[sequence])
    database = standing_at(run, watermark, empty_records, tmp_path / "records")
    recovered = recover(run, snapshots, database)
    assert recovered.engine.state_hash() == run.hash
    assert recovered.projection.watermark == run.last_sequence
    assert records(database) == whole
    database.dispose()


def test_records_that_are_further_than_the_journal_are_refused(run, empty_records, tmp_path):
    database = standing_at(run, run.last_sequence, empty_records, tmp_path / "records")
    shorter = Run.__new__(Run)
    shorter.blocks, shorter.last_sequence = run.blocks[:-1], STAMP.unpack_from(run.blocks[-1])[0] - 1
    with pytest.raises(StartRefused) as caught:
        recover(shorter, SnapshotFolder(tmp_path / "snapshots"), database)
    assert caught.value.code == "DATABASE_AHEAD"
    database.dispose()


@pytest.mark.parametrize("back", [0, 1, 5])
def test_books_that_differ_are_found_before_anything_is_added_to_them(run, empty_records, tmp_path, back):
    database = standing_at(run, run.last_sequence - back, empty_records, tmp_path / "records")
    with database.begin() as connection:
        connection.exec_driver_sql("UPDATE balances SET amount = amount + 1 WHERE account <> 0")
    found = records(database)
    with pytest.raises(StartRefused) as caught:
        recover(run, SnapshotFolder(tmp_path / "snapshots"), database)
    assert caught.value.code == "BOOKS_DIFFER"
    assert f"at sequence {run.last_sequence - back}," in caught.value.detail
    assert records(database) == found
    database.dispose()


def test_records_dated_otherwise_than_the_journal_are_another_journals(run, empty_records, tmp_path):
    database = standing_at(run, 10, empty_records, tmp_path / "records")
    with database.begin() as connection:
        connection.exec_driver_sql("UPDATE watermark SET timestamp_ns = timestamp_ns + 1")
    with pytest.raises(StartRefused) as caught:
        recover(run, SnapshotFolder(tmp_path / "snapshots"), database)
    assert caught.value.code == "DATABASE_FOREIGN"
    database.dispose()
