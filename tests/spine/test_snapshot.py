import pytest

from exchange.spine.snapshot import KEPT, SnapshotFolder


def test_the_newest_at_or_before_a_sequence_is_taken(tmp_path):
    folder = SnapshotFolder(tmp_path)
    for sequence in (10, 20, 30):
        folder.write(sequence, b"state %d" % sequence)
    assert [folder.newest(at) for at in (5, 10, 29, 30, 99)] == [
        None,
        b"state 10",
        b"state 20",
        b"state 30",
        b"state 30",
    ]


def test_only_the_newest_few_are_kept(tmp_path):
    folder = SnapshotFolder(tmp_path)
    for sequence in range(1, 8):
        folder.write(sequence, b"state")
    assert list(folder.sequences()) == [7, 6, 5][:KEPT]


def test_a_flipped_bit_anywhere_falls_back_to_the_one_before(tmp_path):
    folder = SnapshotFolder(tmp_path)
    folder.write(1, b"first")
    folder.write(2, b"second")
    path = max(tmp_path.glob("*.snapshot"))
    whole = path.read_bytes()
    for position in range(8 * len(whole)):
        flipped = bytearray(whole)
        flipped[position // 8] ^= 1 << position % 8
        path.write_bytes(flipped)
        assert folder.newest(9) == b"first"


@pytest.mark.parametrize("content", [b"", b"TLXSNAPS", b"x" * 100])
def test_a_file_that_is_no_snapshot_is_passed_over(tmp_path, content):
    folder = SnapshotFolder(tmp_path)
    folder.write(1, b"first")
    (tmp_path / f"{2:020d}.snapshot").write_bytes(content)
    assert folder.newest(9) == b"first"


def test_a_snapshot_that_was_not_finished_is_none(tmp_path):
    folder = SnapshotFolder(tmp_path)
    (tmp_path / f"{2:020d}.new").write_bytes(b"half")
    assert folder.newest(9) is None
