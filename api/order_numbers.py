"""Prices and sizes of orders, taken from their literal text, so that none passes through a float."""

from collections.abc import Callable
from typing import Final

import msgspec

from api.refusals import refusal
from exchange.vocabulary.reasons import Reason
from exchange.vocabulary.units import MAX_BALANCE, MAX_LOTS, MAX_PRICE_TICKS, parse_scaled
from exchange.vocabulary.wire import InexactError, Scales

ABSENT: Final = msgspec.Raw()


def literal(raw: msgspec.Raw) -> str | None:
    """The text of a JSON string or number; None where the field is absent or null."""
    text = bytes(raw)
    if text in {b"", b"null"}:
        return None
    return text.removeprefix(b'"').removesuffix(b'"').decode("utf-8", "replace")


def price_ticks(raw: msgspec.Raw, scales: Scales) -> int:
    """Zero where there is none. Known clients tell refusals by these words."""
    exact = f"price too precise: the tick is {scales.price(1)}"
    return _whole(raw, "price", "price too small", scales.ticks, MAX_PRICE_TICKS, Reason.BAD_PRICE, exact)


def size_lots(raw: msgspec.Raw, scales: Scales) -> int:
    """Zero where there is none."""
    exact = f"size is too small or too precise: one lot is {scales.size(1)}"
    return _whole(raw, "size", "size is too small", scales.lots, MAX_LOTS, Reason.BAD_SIZE, exact)


def _whole(
    raw: msgspec.Raw, name: str, small: str, parse: Callable[[str], int], most: int, reason: Reason, inexact: str
) -> int:
    text = literal(raw)
    if text is None:
        return 0
    try:
        number = parse(text)
    except InexactError:
        raise refusal(reason, inexact) from None
    except ValueError:
        raise refusal(reason, f"{name} is no decimal number") from None
    if number <= 0:
        raise refusal(reason, small)
    if number > most:
        raise refusal(reason, f"{name} is too large")
    return number


def offset_ticks(raw: msgspec.Raw, scales: Scales) -> int:
    """A pegged order's distance from the price that it follows, below it where negative."""
    text = literal(raw)
    if text is None or not text.strip("-+0."):
        return 0
    sign = -1 if text.startswith("-") else 1
    return sign * price_ticks(msgspec.Raw(text.lstrip("+-").encode()), scales)


def funds_minor(raw: msgspec.Raw, scales: Scales) -> int:
    text = literal(raw)
    if text is None:
        return 0
    try:
        minor = parse_scaled(text, scales.quote_scale)
    except ValueError:
        raise refusal(Reason.FUNDS_TOO_SMALL, "funds are no amount of the quote currency") from None
    if not 0 < minor < MAX_BALANCE:
        raise refusal(Reason.FUNDS_TOO_SMALL, "funds are outside what can be paid")
    return minor
