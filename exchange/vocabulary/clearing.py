"""The price at which a call auction clears (rule 16): found by the machine when it uncrosses, and by market data while
the call runs.

Demand and supply are steps, so between two neighbouring order prices nothing changes: pieces of equal demand and supply
are compared, not single ticks.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from itertools import accumulate
from typing import NamedTuple


class Clearing(NamedTuple):
    """The price, the lots that trade at it, and what is left over there: positive on the bid side."""

    price_ticks: int
    lots: int
    imbalance_lots: int


class _Piece(NamedTuple):
    """Neighbouring prices with the same demand and supply; bounds inclusive."""

    low: int
    high: int
    demand: int
    supply: int


class Quantities:
    """Lots by price of one side, to be summed from either end."""

    def __init__(self, orders: Iterable[tuple[int, int]]) -> None:
        """`orders` are (price in ticks, lots), in any order."""
        lots: dict[int, int] = {}
        for price, size in orders:
            lots[price] = lots.get(price, 0) + size
        self.prices = sorted(lots)
        self._sums = [0, *accumulate(lots[price] for price in self.prices)]

    def at_or_above(self, price: int) -> int:
        return self._sums[-1] - self._sums[bisect_left(self.prices, price)]

    def at_or_below(self, price: int) -> int:
        return self._sums[bisect_right(self.prices, price)]


def clear(
    bids: Quantities,
    asks: Quantities,
    market_buy_lots: int,
    market_sell_lots: int,
    band: tuple[int, int],
    reference_ticks: int,
) -> Clearing | None:
    """Where most trades; None where nothing does.

    `band` are the lowest and highest price allowed, `reference_ticks` the price to stay near, zero for none.
    """
    if not bids.prices and not asks.prices:
        # Only market orders, on both sides: the reference price, whatever is left over.
        lots = min(market_buy_lots, market_sell_lots)
        return Clearing(reference_ticks, lots, market_buy_lots - market_sell_lots) if lots else None
    pieces = list(_pieces(bids, asks, market_buy_lots, market_sell_lots, band))
    most = max(min(piece.demand, piece.supply) for piece in pieces)
    if not most:
        return None
    pieces = [piece for piece in pieces if min(piece.demand, piece.supply) == most]
    least = min(abs(piece.demand - piece.supply) for piece in pieces)
    pieces = [piece for piece in pieces if abs(piece.demand - piece.supply) == least]
    price = _choose(pieces, reference_ticks)
    (piece,) = (each for each in pieces if each.low <= price <= each.high)
    return Clearing(price, most, piece.demand - piece.supply)


def _pieces(
    bids: Quantities, asks: Quantities, market_buy_lots: int, market_sell_lots: int, band: tuple[int, int]
) -> Iterable[_Piece]:
    low, high = band
    points = sorted({low, high} | {price for price in (*bids.prices, *asks.prices) if low < price < high})
    for position, price in enumerate(points):
        demand, supply = bids.at_or_above(price) + market_buy_lots, asks.at_or_below(price) + market_sell_lots
        yield _Piece(price, price, demand, supply)
        following = points[position + 1] if position + 1 < len(points) else price
        if following > price + 1:
            yield _Piece(price + 1, following - 1, bids.at_or_above(price + 1) + market_buy_lots, supply)


def _choose(pieces: list[_Piece], reference_ticks: int) -> int:
    """All with too many bids: the highest; with too many asks: the lowest; else the nearest to the reference price, the
    lower of two; without one, the lowest."""
    if all(piece.demand > piece.supply for piece in pieces):
        return max(piece.high for piece in pieces)
    if not reference_ticks or all(piece.demand < piece.supply for piece in pieces):
        return min(piece.low for piece in pieces)
    nearest = [min(max(reference_ticks, piece.low), piece.high) for piece in pieces]
    return min(nearest, key=lambda price: (abs(price - reference_ticks), price))
