import errno
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_journal import SEGMENT_BYTES, FailingDisk, append, clocks, contents, written

from exchange.spine.errors import JournalDamaged, JournalFailed, JournalFull
from exchange.spine.journal import SPARE, Journal, read_blocks
from exchange.vocabulary.codec import COMMAND_BYTES


def opened(folder, **options):
    return Journal.open(folder, segment_bytes=SEGMENT_BYTES, **options)


def test_what_was_appended_is_read_back_in_order(tmp_path):
    written(tmp_path, 1, 3, 2)
    assert contents(tmp_path) == clocks(1, 1) + clocks(2, 3) + clocks(5, 2)


def test_reading_begins_after_a_sequence_even_inside_a_block(tmp_path):
    written(tmp_path, 1, 5, 2)
    journal = opened(tmp_path)
    everything = b"".join(journal.read(0))
    for after in range(9):
        assert b"".join(journal.read(after)) == everything[after * COMMAND_BYTES :]
    journal.close()


def test_blocks_bring_their_documents(tmp_path):
    journal = opened(tmp_path)
    append(journal, 1, blobs=(b"one", b"", b"three"))
    journal.close()
    assert [block.blobs for block in read_blocks(tmp_path)] == [(b"one", b"", b"three")]


def test_each_writer_has_an_epoch_of_its_own(tmp_path):
    for epoch in (1, 2, 3):
        journal = opened(tmp_path)
        assert journal.epoch == epoch
        append(journal, 1)
        journal.close()
    assert [block.header.epoch for block in read_blocks(tmp_path)] == [1, 2, 3]


@settings(max_examples=25, deadline=None)
@given(counts=st.lists(st.integers(1, 20), min_size=1, max_size=30), stops=st.sets(st.integers(0, 29)))
def test_any_run_of_blocks_over_many_segments_and_starts_reads_back(tmp_path_factory, counts, stops):
    folder = tmp_path_factory.mktemp("journal")
    journal = opened(folder)
    for position, count in enumerate(counts):
        append(journal, count)
        if position in stops:
            journal.close()
            journal = opened(folder)
    journal.close()
    assert contents(folder) == b"".join(block.commands for block in read_blocks(folder))
    assert len(contents(folder)) == sum(counts) * COMMAND_BYTES


def test_every_cut_of_the_last_block_recovers_what_was_before_it(tmp_path):
    path = written(tmp_path, 1, 2, 5)
    whole = path.read_bytes()
    before = contents(tmp_path)[: 3 * COMMAND_BYTES]
    start = next(i for i in range(len(whole) - 512, 0, -512) if whole[i : i + 8] == b"TLXBLOCK")
    end = len(whole.rstrip(b"\0"))
    for cut in [*range(start, start + 40), *range(start + 40, end, 7), end - 2, end - 1]:
        path.write_bytes(whole[:cut] + bytes(len(whole) - cut))
        assert contents(tmp_path) == before
        assert path.read_bytes() == whole[:start] + bytes(len(whole) - start)


def test_a_last_block_of_which_any_sectors_are_missing_is_cut(tmp_path):
    path = written(tmp_path, 1, 6)
    whole = path.read_bytes()
    start, sectors = 1_024, 4
    assert whole[start : start + 8] == b"TLXBLOCK" and not any(whole[start + 512 * sectors :])
    for missing in range(1, 1 << sectors):
        torn = bytearray(whole)
        for sector in range(sectors):
            if missing >> sector & 1:
                torn[start + 512 * sector : start + 512 * (sector + 1)] = bytes(512)
        path.write_bytes(torn)
        assert contents(tmp_path) == clocks(1, 1)


def test_appending_goes_on_after_a_cut(tmp_path):
    path = written(tmp_path, 1, 5)
    whole = path.read_bytes()
    path.write_bytes(whole[:2_000] + bytes(len(whole) - 2_000))
    journal = opened(tmp_path)
    append(journal, 2)
    journal.close()
    assert contents(tmp_path) == clocks(1, 1) + clocks(2, 2)


def test_every_flipped_bit_of_a_segment_is_refused(tmp_path):
    path = written(tmp_path, 1, 2, segment_bytes=4_096)
    whole = path.read_bytes()
    with path.open("r+b") as file:
        for position in range(8 * len(whole)):
            byte = position // 8
            file.seek(byte)
            file.write(bytes([whole[byte] ^ 1 << position % 8]))
            file.flush()
            with pytest.raises(JournalDamaged):
                list(read_blocks(tmp_path))
            file.seek(byte)
            file.write(whole[byte : byte + 1])


def test_flipped_bits_of_a_megabyte_segment_are_refused_at_the_start(tmp_path):
    path = written(tmp_path, *[100] * 30, segment_bytes=1 << 20)
    whole = path.read_bytes()
    chance = random.Random(5)
    for position in chance.sample(range(8 * len(whole)), 150):
        flipped = bytearray(whole)
        flipped[position // 8] ^= 1 << position % 8
        path.write_bytes(flipped)
        with pytest.raises(JournalDamaged):
            Journal.open(tmp_path)


def test_a_missing_segment_is_refused(tmp_path):
    written(tmp_path, *[10] * 8)
    assert len(list(tmp_path.glob("*.journal"))) > 2
    (tmp_path / "0000000002.journal").unlink()
    with pytest.raises(JournalDamaged, match=r"0000000002.journal is missing"):
        Journal.open(tmp_path)


def test_a_segment_cut_short_by_a_copy_is_refused(tmp_path):
    path = written(tmp_path, 1, 2)
    path.write_bytes(path.read_bytes()[:4_096])
    with pytest.raises(JournalDamaged, match="4096 of 8192 bytes"):
        Journal.open(tmp_path)


def test_a_segment_of_another_journal_is_refused(tmp_path):
    for name in ("one", "two"):
        written(tmp_path / name, *[10] * 5)
    second = "0000000002.journal"
    (tmp_path / "one" / second).write_bytes((tmp_path / "two" / second).read_bytes())
    with pytest.raises(JournalDamaged, match="another journal"):
        Journal.open(tmp_path / "one")


def test_a_block_cut_short_in_the_middle_is_refused(tmp_path):
    written(tmp_path, *[10] * 5)
    path = tmp_path / "0000000001.journal"
    whole = path.read_bytes()
    start = whole.rindex(b"TLXBLOCK")
    path.write_bytes(whole[: start + 512] + bytes(len(whole) - start - 512))
    with pytest.raises(JournalDamaged, match="cut short"):
        Journal.open(tmp_path)


@pytest.mark.parametrize("step", ["write", "short write", "sync"])
def test_the_first_failure_is_the_last_thing_a_journal_does(tmp_path, step):
    disk = FailingDisk()
    journal = opened(tmp_path, disk=disk)
    append(journal, 2)
    disk.failing = step
    with pytest.raises(JournalFailed):
        append(journal, 3)
    disk.failing, disk.calls = "", []
    with pytest.raises(JournalFailed):
        append(journal, 3)
    assert disk.calls == [], "nothing is tried again"
    journal.close()
    # A failed sync tells nothing about what reached the disk: the block may be there, whole.
    assert contents(tmp_path) in (clocks(1, 2), clocks(1, 2) + clocks(3, 3))


def test_without_space_for_the_next_segment_the_rest_of_this_one_is_a_reserve(tmp_path, monkeypatch):
    monkeypatch.setattr("exchange.spine.journal.SPARE_RETRY_S", 0.0)
    disk = FailingDisk()
    disk.failing, disk.error = "allocate", errno.ENOSPC
    with pytest.raises(JournalFull):
        opened(tmp_path, disk=disk)
    disk.failing = ""
    journal = opened(tmp_path, disk=disk)
    assert not journal.full
    disk.failing = "allocate"
    append(journal, 10, 10, 10)
    settled(journal)
    assert journal.full
    append(journal, 1)
    with pytest.raises(JournalFull):
        append(journal, 20)
    last = journal.last_sequence
    disk.failing = ""
    settled(journal)
    assert not journal.full
    append(journal, 20)
    journal.close()
    assert contents(tmp_path) == b"".join(block.commands for block in read_blocks(tmp_path))
    assert len(contents(tmp_path)) == (last + 20) * COMMAND_BYTES


def settled(journal):
    """Let the search for space that is under way come to its end, and another after it."""
    for _ in range(2):
        journal.full  # noqa: B018 - asking looks again
        journal._spare.exception()


def test_a_start_uses_the_space_it_had_set_aside(tmp_path):
    written(tmp_path, 1)
    spare = tmp_path / SPARE
    spare.write_bytes(b"\xff" * SEGMENT_BYTES)
    journal = opened(tmp_path)
    append(journal, *[10] * 5)
    journal.close()
    assert len(contents(tmp_path)) == 51 * COMMAND_BYTES


def test_an_unfinished_allocation_is_cleared_away(tmp_path):
    written(tmp_path, 1)
    (tmp_path / "spare.new").write_bytes(b"half")
    assert contents(tmp_path) == clocks(1, 1)
    assert not (tmp_path / "spare.new").exists()
