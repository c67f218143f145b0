"""One exchange started again on what an earlier one left, or refused by name."""

import shutil
import sqlite3
import subprocess
import sys
import threading

import pytest
from stopped_venue import QUIET, a_bid, left, refused_start, resting_order, venues

from exchange.operations.asking import ask
from exchange.operations.recovery import StartRefused
from exchange.runtime import Exchange, Settings
from exchange.spine.errors import JournalDamaged
from exchange.spine.snapshot import SnapshotFolder
from exchange.vocabulary.commands import CancelOrder
from exchange.vocabulary.participants import VENUE


def test_a_restart_goes_on_with_state_directory_and_records(reopen, before):
    exchange = reopen()
    assert left(exchange) == before
    assert left(reopen()) == before


def test_records_that_were_deleted_come_back_as_they_were(folder, reopen, before):
    for path in folder.glob("exchange.db*"):
        path.unlink()
    assert left(reopen()) == before


def test_without_snapshots_everything_is_replayed_to_the_same_state(folder, reopen, before):
    shutil.rmtree(folder / "snapshots")
    assert left(reopen()) == before


@pytest.mark.parametrize("damage", ["flipped", "short", "empty"])
def test_a_damaged_newest_snapshot_is_passed_over_to_the_same_state(folder, reopen, before, damage):
    newest, *older = sorted((folder / "snapshots").glob("*.snapshot"), reverse=True)
    content = bytearray(newest.read_bytes())
    content[len(content) // 2] ^= 1
    newest.write_bytes({"flipped": content, "short": content[:100], "empty": b""}[damage])
    assert SnapshotFolder(folder / "snapshots").newest(10**9) == _body(older[0])
    assert left(reopen()) == before


def _body(path):
    return SnapshotFolder(path.parent).newest(int(path.stem))


def test_a_snapshot_of_another_version_is_not_used(folder, reopen, before):
    (newest,) = list(SnapshotFolder(folder / "snapshots").sequences())[:1]
    for path in (folder / "snapshots").glob("*.snapshot"):
        path.unlink()
    SnapshotFolder(folder / "snapshots").write(newest, b"TLXSTATE of a later version")
    assert left(reopen()) == before


def test_records_that_were_behind_when_the_process_died_are_brought_level(folder, reopen, before):
    """A copy of SQL from earlier stands for a projection that was interrupted."""
    early = {path: path.read_bytes() for path in folder.glob("exchange.db*")}
    exchange = reopen()
    ask(exchange, a_bid(exchange))
    at_last = exchange.sequence
    exchange.projector.wait_for(at_last, 10)
    books = venues.records(exchange.database)
    exchange.close()
    for path in folder.glob("exchange.db*"):
        path.unlink()
    for path, content in early.items():
        path.write_bytes(content)
    again = reopen()
    assert again.sequence == at_last
    assert left(again)[2] == books != before[2]


def test_what_rested_before_a_restart_can_be_cancelled_after_it(reopen):
    exchange = reopen()
    _, account, order_id = resting_order(exchange)
    (answer,) = ask(exchange, CancelOrder(actor=VENUE, account=account, order_id=order_id))
    assert answer[-1].order_id == order_id
    assert exchange.reconcile().agrees


def test_a_listing_is_still_known_by_its_metadata_after_a_restart(reopen):
    exchange = reopen()
    assert list(exchange.listed.values()) == list(exchange.directory.bases)


# A start that is refused.


def test_a_second_process_on_the_same_folder_is_refused_and_told_who_has_it(folder, reopen):
    reopen(started=False)
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from exchange.runtime import Exchange, Settings, StartRefused\n"
        "try:\n"
        "    Exchange.open(Settings(data_folder=Path(sys.argv[1])))\n"
        "except StartRefused as refused:\n"
        "    sys.exit(str(refused))\n"
    )
    second = subprocess.run([sys.executable, "-c", program, folder], capture_output=True, text=True, check=False)
    owner = (folder / "lock").read_text().strip()
    assert second.returncode == 1
    assert second.stderr.startswith(f"FOLDER_IN_USE: process {owner} has ")


def test_records_ahead_of_the_journal_are_refused(folder, reopen):
    shutil.rmtree(folder / "journal")
    assert "the journal ends at 0" in refused_start(reopen, "DATABASE_AHEAD")


def test_records_of_another_journal_are_refused_though_their_books_are_alike(folder, reopen, tmp_path):
    """Two venues after the same first commands: no balance differs, every key does."""
    for name in ("one", "two"):
        venue = venues.opened(tmp_path / name, **QUIET)
        venue.close()
    (tmp_path / "one" / "exchange.db").replace(tmp_path / "two" / "exchange.db")
    with pytest.raises(StartRefused) as caught:
        Exchange.open(Settings(data_folder=tmp_path / "two"))
    assert caught.value.code == "DATABASE_FOREIGN"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE balances SET amount = amount + 1 WHERE rowid = (SELECT min(rowid) FROM balances WHERE amount > 0)",
        "UPDATE postings SET amount = amount - 1 WHERE sequence = (SELECT max(sequence) FROM postings)",
        "DELETE FROM postings WHERE sequence = (SELECT max(sequence) FROM postings)",
    ],
)
@pytest.mark.parametrize("snapshots", [True, False])
def test_records_that_were_tampered_with_are_refused(folder, reopen, statement, snapshots):
    with sqlite3.connect(folder / "exchange.db") as connection:
        assert connection.execute(statement).rowcount >= 1
    connection.close()
    if not snapshots:
        shutil.rmtree(folder / "snapshots")
    assert "balances differ" in refused_start(reopen, "BOOKS_DIFFER")


def test_a_damaged_journal_is_refused_and_nothing_starts(folder, reopen):
    (segment,) = (folder / "journal").glob("*.journal")
    content = bytearray(segment.read_bytes())
    content[2_000] ^= 1
    segment.write_bytes(content)
    descriptors, threads = venues.count_fds(), threading.active_count()
    with pytest.raises(JournalDamaged):
        reopen()
    assert (venues.count_fds(), threading.active_count()) == (descriptors, threads)


def _not_a_database(folder):
    (folder / "exchange.db").write_bytes(b"no database " * 1000)


def _of_a_later_version(folder):
    with sqlite3.connect(folder / "exchange.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()


def _altered_accesses(folder):
    (folder / "accesses.log").write_bytes(b'{"participant": 1}\n')


def _altered_queries(folder):
    (folder / "queries.log").write_bytes(b'{"participant": 1}\n')


def _lost_dossier(folder):
    for path in (folder / "vault").glob("??/*"):
        if b"tlx-listing/1" in path.read_bytes():
            path.unlink()


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        (_not_a_database, "DATABASE_UNUSABLE"),
        (_of_a_later_version, "DATABASE_UNUSABLE"),
        (_altered_accesses, "LOG_BROKEN"),
        (_altered_queries, "LOG_BROKEN"),
        (_lost_dossier, "VAULT_INCOMPLETE"),
    ],
)
def test_what_does_not_open_is_refused_by_name_and_leaves_nothing_open(folder, reopen, damage, code):
    damage(folder)
    refused_start(reopen, code)
    refused_start(reopen, code)  # And not FOLDER_IN_USE.


@pytest.mark.parametrize(
    ("settings", "code"),
    [({"licence_profile": "none"}, "PROFILE_UNKNOWN"), ({"secrets_key": "not hex"}, "SECRETS_KEY_WRONG")],
)
def test_settings_that_cannot_be_are_refused_by_name(reopen, settings, code):
    refused_start(lambda: reopen(**settings), code)
    assert reopen().sequence
