"""Numbers and times as the outside reads them: fixed-scale decimal strings, ISO 8601 in UTC."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Final, NamedTuple

from exchange.vocabulary.units import NS_PER_SECOND, format_scaled, parse_scaled

SIZE_SCALE: Final = 6
"""Sizes are in millions of RTU, so six places tell single RTU."""


class InexactError(ValueError):
    """A decimal that is no whole number of ticks or lots."""


class Scales(NamedTuple):
    """How one instrument's ticks, lots and minor units are written.

    A price is quote currency per 1,000,000 RTU in the quote asset's scale; a size is millions of RTU.
    """

    tick_minor: int
    quote_scale: int
    lot_rtu: int

    def price(self, ticks: int) -> str:
        return format_scaled(ticks * self.tick_minor, self.quote_scale)

    def size(self, lots: int) -> str:
        return format_scaled(lots * self.lot_rtu, SIZE_SCALE)

    def money(self, minor: int) -> str:
        return format_scaled(minor, self.quote_scale)

    def ticks(self, price: str) -> int:
        """ValueError where it is no number, `InexactError` where finer than a tick."""
        return _whole(price, self.quote_scale, self.tick_minor)

    def lots(self, size: str) -> int:
        """ValueError where it is no number, `InexactError` where finer than a lot."""
        return _whole(size, SIZE_SCALE, self.lot_rtu)


def _whole(text: str, scale: int, step: int) -> int:
    parse_scaled(text, len(text))
    try:
        whole, rest = divmod(parse_scaled(text, scale), step)
    except ValueError as error:
        raise InexactError(str(error)) from None
    if rest:
        raise InexactError(f"{text} is no multiple of {format_scaled(step, scale)}")
    return whole


def iso_time(timestamp_ns: int) -> str:
    """UTC to the microsecond, as clients of exchanges parse it."""
    seconds, rest_ns = divmod(timestamp_ns, NS_PER_SECOND)
    return f"{_iso_second(seconds)}.{rest_ns // 1000:06d}Z"


@lru_cache(maxsize=1024)
def _iso_second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
