import pytest
from small_journal import append, written

from exchange.spine.errors import JournalDamaged
from exchange.spine.journal import Journal, read_blocks
from exchange.spine.verify import verify_journal


def test_a_journal_is_counted_and_replayed_to_one_state(tmp_path):
    written(tmp_path, 1, 2)
    journal = Journal.open(tmp_path)
    append(journal, 4)
    journal.close()
    report = verify_journal(tmp_path)
    assert (report.blocks, report.commands, report.epochs, report.last_sequence) == (3, 7, 2, 7)
    assert report.head == list(read_blocks(tmp_path))[-1].header.digest.hex()
    assert report == verify_journal(tmp_path)


def test_history_cannot_be_changed_without_another_head(tmp_path):
    written(tmp_path / "one", 1, 2)
    written(tmp_path / "two", 2, 1)
    assert verify_journal(tmp_path / "one").head != verify_journal(tmp_path / "two").head
    assert verify_journal(tmp_path / "one").state_hash == verify_journal(tmp_path / "two").state_hash


def test_damage_is_refused(tmp_path):
    path = written(tmp_path, 3)
    whole = bytearray(path.read_bytes())
    whole[700] ^= 4
    path.write_bytes(whole)
    with pytest.raises(JournalDamaged):
        verify_journal(tmp_path)


def test_an_empty_folder_is_an_empty_journal(tmp_path):
    assert verify_journal(tmp_path).last_sequence == 0
