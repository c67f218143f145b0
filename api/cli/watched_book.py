"""One product's book and trades as the websocket tells them, each message checked against sequence and checksum."""

import zlib
from collections import deque
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

from api.cli.console import CommandError
from exchange.vocabulary.instruments import CALLS

CHECKED_LEVELS: Final = 10
TRADES_KEPT: Final = 12
_CALLS: Final = frozenset(phase.name.lower() for phase in CALLS)
_TIMES: Final = (("freezes", "freezes_at"), ("ends", "ends_at"))


class WatchedBook:
    """`bids` and `asks` hold sizes by price, both as they were written; `checked` counts the checksums that agreed,
    `auction` is what was told last of phase and call."""

    def __init__(self, product_id: str) -> None:
        self.product_id = product_id
        self.bids: dict[str, str] = {}
        self.asks: dict[str, str] = {}
        self.trades: deque[Mapping[str, Any]] = deque(maxlen=TRADES_KEPT)
        self.traded = 0
        self.auction: Mapping[str, Any] = {}
        self.sequence: int | None = None
        self.checked = 0

    def apply(self, message: Mapping[str, Any]) -> None:
        """Follow one message. CommandError FEED_GAP, CHECKSUM_MISMATCH, or the code of an `error` of the feed."""
        kind = message.get("type")
        if kind == "error":
            told = f"{message.get('message')}: {message.get('reason')}"
            raise CommandError(str(message.get("code", "FEED_ERROR")), told)
        if kind == "snapshot":
            self.bids, self.asks = (dict(message[side]) for side in ("bids", "asks"))
            self._agree(message)
        elif kind == "l2update":
            self._change(message)
            self._agree(message)
        elif kind in {"match", "last_match"}:
            self.trades.appendleft(message)
            self.traded += kind == "match"
        elif kind == "auction":
            self.auction = message

    def best(self, side: str, count: int) -> list[tuple[str, str]]:
        """The best levels of `bids` or `asks`, the best one first."""
        levels: dict[str, str] = getattr(self, side)
        return sorted(levels.items(), key=lambda level: Decimal(level[0]), reverse=side == "bids")[:count]

    def call(self) -> str:
        """A running call in a line, as if it ended now; empty where none runs."""
        told = self.auction
        if told.get("phase") not in _CALLS:
            return ""
        parts = [f"{told['phase']}: nothing would trade"]
        if told["indicative_price"]:
            parts = [f"{told['phase']}: {told['indicative_size']} would trade at {told['indicative_price']}"]
        if told["imbalance_side"]:
            parts.append(f"{told['imbalance']} left to {told['imbalance_side']}")
        parts += [f"{verb} {told[at]}" for verb, at in _TIMES if told[at]]
        return "; ".join(parts)

    def _change(self, message: Mapping[str, Any]) -> None:
        if message["prev_sequence"] != self.sequence:
            told = f"{self.product_id}: after {self.sequence} came an update of {message['prev_sequence']}"
            raise CommandError("FEED_GAP", told)
        for side, price, size in message["changes"]:
            levels = self.bids if side == "buy" else self.asks
            if Decimal(size):
                levels[price] = size
            else:
                levels.pop(price, None)

    def _agree(self, message: Mapping[str, Any]) -> None:
        self.sequence = message["sequence"]
        own = checksum(self.best("asks", CHECKED_LEVELS), self.best("bids", CHECKED_LEVELS))
        if own != message["checksum"]:
            told = f"{self.product_id} at {self.sequence}: {own} here, {message['checksum']} at the exchange"
            raise CommandError("CHECKSUM_MISMATCH", told)
        self.checked += 1


def checksum(asks: Iterable[tuple[str, str]], bids: Iterable[tuple[str, str]]) -> int:
    """CRC32 over the digits of price and size, without point and leading zeros: asks upwards, then bids downwards."""
    digits = (text.replace(".", "").lstrip("0") for level in (*asks, *bids) for text in level)
    return zlib.crc32("".join(digits).encode())
