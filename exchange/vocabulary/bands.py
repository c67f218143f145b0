"""How far a price may be off another one (rules 3 and 17): so many ppm, bounds inclusive and rounded inward."""

from exchange.vocabulary.instruments import Side
from exchange.vocabulary.units import MAX_PRICE_TICKS, PPM

_BUY, _SELL = int(Side.BUY), int(Side.SELL)


def collared(side: int, price_ticks: int, ppm: int) -> int:
    """The farthest price that a buyer may pay or a seller may take: so much off `price_ticks`."""
    if side == _BUY:
        return min(price_ticks * (PPM + ppm) // PPM, MAX_PRICE_TICKS)
    return max(-(-price_ticks * (PPM - ppm) // PPM), 1)


def static_band(reference_ticks: int, ppm: int) -> tuple[int, int]:
    """The lowest and highest price round the reference price; every price where there is no band."""
    if not (reference_ticks and ppm):
        return 1, MAX_PRICE_TICKS
    return collared(_SELL, reference_ticks, ppm), collared(_BUY, reference_ticks, ppm)
