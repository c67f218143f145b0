import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_journal import clocks

from exchange.spine.blocks import FIRST_CHAIN, HEADER_BYTES, BlockError, build, decode, decode_header
from exchange.spine.sectors import CONTENT_BYTES


@given(st.integers(1, 20), st.lists(st.binary(max_size=300), max_size=5), st.binary(min_size=32, max_size=32))
def test_a_block_says_what_it_was_built_of(count, blobs, previous):
    commands = clocks(7, count)
    header, content = build(3, 7, commands, blobs, previous)
    block = decode(content + bytes(100))
    assert (block.header, block.commands, block.blobs) == (header, commands, tuple(blobs))
    assert (header.epoch, header.first_sequence, header.last_sequence) == (3, 7, 6 + count)
    assert header.previous == previous


def test_a_header_fits_one_sector():
    assert HEADER_BYTES < CONTENT_BYTES


def test_every_flipped_bit_of_a_block_is_noticed():
    _, content = build(1, 1, clocks(1, 1), [b"a document"], FIRST_CHAIN)
    for position in range(8 * len(content)):
        flipped = bytearray(content)
        flipped[position // 8] ^= 1 << position % 8
        with pytest.raises(BlockError):
            decode(bytes(flipped))


@pytest.mark.parametrize("content", [b"", b"TLXBLOCK", bytes(200)])
def test_what_is_no_header_is_refused(content):
    with pytest.raises(BlockError):
        decode_header(content)
