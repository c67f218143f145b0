"""To whom an offer goes, as records carry it: up to eight accounts as little-endian u64, zeros after the last."""

import struct
from collections.abc import Sequence
from typing import Final

OFFERED_AT_MOST: Final = 8
_TO: Final = struct.Struct(f"<{OFFERED_AT_MOST}Q")


def packed_accounts(accounts: Sequence[int]) -> bytes:
    return _TO.pack(*accounts, *[0] * (OFFERED_AT_MOST - len(accounts)))


def named_accounts(to: bytes) -> tuple[int, ...]:
    """Each named account once, in the order named; none means everyone."""
    return tuple(filter(None, dict.fromkeys(_TO.unpack(to))))
