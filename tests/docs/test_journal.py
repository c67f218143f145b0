"""The page on the journal is enough to read one: this reader knows nothing of ours but what the page says."""

import hashlib
import struct
import tarfile
import zlib
from pathlib import Path

import pytest

from exchange.spine.journal import read_blocks

GOLDEN = sorted((Path(__file__).parents[1] / "golden").glob("*.tar.xz"))
COMMAND_BYTES = 256
SEGMENT = struct.Struct("<8s HHI 16s Q Q 32s I")
BLOCK = struct.Struct("<8s HHI Q Q I II I 32s 32s I")


def contents(path):
    """Each run of written sectors, without the markers."""
    data = path.read_bytes()
    for sector in range(0, len(data), 512):
        marker = data[sector + 511]
        assert marker in {0, 0xA5}
        if not marker:
            return
        yield data[sector : sector + 511]


def blocks(folder):
    """Header and payload of each block, with every checksum and link of the chain."""
    chain = bytes(32)
    for number, path in enumerate(sorted(folder.glob("*.journal"), key=lambda path: int(path.stem)), 1):
        first, *rest = contents(path)
        magic, _, _, stated, _, _, size, previous, checksum = SEGMENT.unpack(first[: SEGMENT.size])
        assert (magic, stated, size) == (b"TLXSEGMT", number, path.stat().st_size)
        assert previous == chain
        assert checksum == zlib.crc32(first[: SEGMENT.size - 4])
        while rest:
            header = BLOCK.unpack(rest[0][: BLOCK.size])
            commands, documents_bytes = header[6], header[8]
            count = -(-(BLOCK.size + commands * COMMAND_BYTES + documents_bytes) // 511)
            whole, rest = b"".join(rest[:count]), rest[count:]
            payload = whole[BLOCK.size : BLOCK.size + commands * COMMAND_BYTES + documents_bytes]
            assert header[0] == b"TLXBLOCK"
            assert header[3] == BLOCK.size
            assert header[10] == hashlib.sha256(payload).digest()
            assert header[11] == chain
            assert header[12] == zlib.crc32(whole[: BLOCK.size - 4])
            chain = hashlib.sha256(whole[: BLOCK.size]).digest()
            yield header, payload


@pytest.mark.parametrize("archive", GOLDEN, ids=lambda path: path.name)
def test_a_reader_made_from_the_page_reads_what_ours_reads(archive, tmp_path):
    with tarfile.open(archive) as packed:
        packed.extractall(tmp_path, filter="data")
    read = list(blocks(tmp_path / "journal"))
    ours = list(read_blocks(tmp_path / "journal"))
    assert [payload[: header[6] * COMMAND_BYTES] for header, payload in read] == [block.commands for block in ours]
    documents = [payload[header[6] * COMMAND_BYTES :] for header, payload in read]
    assert any(documents)
    for packed_documents in filter(None, documents):
        (length,) = struct.unpack_from("<I", packed_documents)
        assert packed_documents[4 : 4 + length] == b"a document"
