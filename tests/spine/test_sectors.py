from hypothesis import given
from hypothesis import strategies as st

from exchange.spine.sectors import MARKER, SECTOR_BYTES, frame, markers, sectors_of, set_bits, unframe


@given(st.binary(min_size=1, max_size=3_000))
def test_content_comes_back_out_of_its_sectors(content):
    sectors = frame(content)
    assert len(sectors) == SECTOR_BYTES * sectors_of(len(content))
    assert unframe(sectors)[: len(content)] == content
    assert not any(unframe(sectors)[len(content) :])
    assert set(markers(sectors)) == {MARKER}


def test_a_marker_cannot_be_mistaken_for_unwritten_space_by_one_flipped_bit():
    assert MARKER.bit_count() >= 2


def test_set_bits_are_counted():
    assert set_bits(bytes(512)) == 0
    assert set_bits(bytes(100) + b"\x11" + bytes(411)) == 2
