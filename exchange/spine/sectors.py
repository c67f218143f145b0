"""Framing that tells a torn write from damage.

A disk writes sectors of 512 bytes whole or not at all. Content is laid into them 511 bytes at a time, and the last byte
of each is a marker of four set bits. Allocated space is zeros, so a sector with marker zero was never written; and no
single flipped bit makes a written sector look unwritten, or an unwritten one written.
"""

from typing import Final

import numpy as np

SECTOR_BYTES: Final = 512
CONTENT_BYTES: Final = SECTOR_BYTES - 1
MARKER: Final = 0xA5
UNWRITTEN: Final = 0


def sectors_of(content_bytes: int) -> int:
    """How many sectors that much content takes."""
    return -(-content_bytes // CONTENT_BYTES)


def frame(content: bytes) -> bytes:
    """Whole sectors holding `content`, padded with zeros."""
    count = sectors_of(len(content))
    sectors = np.zeros((count, SECTOR_BYTES), np.uint8)
    padded = content.ljust(count * CONTENT_BYTES, b"\0")
    sectors[:, :CONTENT_BYTES] = np.frombuffer(padded, np.uint8).reshape(count, CONTENT_BYTES)
    sectors[:, CONTENT_BYTES] = MARKER
    return sectors.tobytes()


def unframe(sectors: bytes | memoryview) -> bytes:
    """The content of whole sectors, with its padding. Markers are `markers`' business."""
    return np.frombuffer(sectors, np.uint8).reshape(-1, SECTOR_BYTES)[:, :CONTENT_BYTES].tobytes()


def markers(sectors: bytes | memoryview) -> bytes:
    """The marker of each sector."""
    return np.frombuffer(sectors, np.uint8).reshape(-1, SECTOR_BYTES)[:, CONTENT_BYTES].tobytes()


def set_bits(sectors: bytes | memoryview) -> int:
    """How many bits are set, to tell a flipped bit in unwritten space from the beginning of a write."""
    written = np.frombuffer(sectors, np.uint8)
    return int(np.unpackbits(written[written != 0]).sum())
