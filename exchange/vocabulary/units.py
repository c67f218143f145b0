"""Units and their bounds. Money, prices and sizes are integers here and fixed-scale strings on the wire.

A price is quote currency per 1,000,000 RTU, counted in ticks; a size counts lots; cash counts minor units of its asset.
"""

from typing import Final

RTU_PER_PRICE: Final = 1_000_000
PPM: Final = 1_000_000

MAX_PRICE_TICKS: Final = 2**31 - 1
MAX_LOTS: Final = 2**31 - 1
MAX_NOTIONAL_MINOR: Final = 2**53
MAX_BALANCE: Final = 2**62
MAX_FEE_PPM: Final = 100_000
NO_LIMIT_LOTS: Final = MAX_LOTS

NS_PER_SECOND: Final = 1_000_000_000
NS_PER_HOUR: Final = 3600 * NS_PER_SECOND
DONE_ORDERS_KEPT_NS: Final = 24 * NS_PER_HOUR
TRADES_KEPT_NS: Final = 7 * 24 * NS_PER_HOUR
FOREVER_NS: Final = 2**63 - 1


def round_half_even(numerator: int, denominator: int) -> int:
    """numerator / denominator to the nearest integer, ties to the even one."""
    quotient, remainder = divmod(numerator, denominator)
    twice = 2 * remainder
    return quotient + (twice > denominator or (twice == denominator and quotient & 1))


def minor_per_tick_lot(tick_minor: int, lot_rtu: int) -> int | None:
    """Minor units that one tick on one lot is worth, or None where that is not a positive whole number."""
    whole, rest = divmod(tick_minor * lot_rtu, RTU_PER_PRICE)
    return whole if whole > 0 and not rest else None


def format_scaled(value: int, scale: int) -> str:
    """`value` counted in 10^-scale as a decimal string with exactly `scale` places."""
    sign, digits = ("-", -value) if value < 0 else ("", value)
    if not scale:
        return f"{sign}{digits}"
    whole, fraction = divmod(digits, 10**scale)
    return f"{sign}{whole}.{fraction:0{scale}d}"


def parse_scaled(text: str, scale: int) -> int:
    """A plain decimal string as an integer of 10^-scale; ValueError where it is none or has finer digits than that.

    No sign but minus, no exponent, no separators, no more than 40 characters: what a price or an amount looks like.
    """
    negative = text.startswith("-")
    whole, _, fraction = text[negative:].partition(".")
    if len(text) > 40 or not (whole + fraction).isdigit() or not (whole + fraction).isascii():
        raise ValueError(f"{text[:40]!r} is not a decimal number")
    kept, rest = fraction[:scale].ljust(scale, "0"), fraction[scale:]
    if rest.strip("0"):
        raise ValueError(f"{text} has more than {scale} decimal places")
    value = int((whole or "0") + kept)
    return -value if negative else value
