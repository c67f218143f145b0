"""The stated order mix: 55 % new limit orders, 35 % cancels, 10 % market orders; nearly half of all messages trade.

Operations are plain tuples, so that each engine under test builds its own orders from the same stream. Cancels name a
recent limit order, which may be done by then, as in a real market.
"""

import random
from collections.abc import Iterator
from typing import NamedTuple

LIMIT, CANCEL, MARKET = "limit", "cancel", "market"
TRADERS = 50


class Operation(NamedTuple):
    """`target` is the index of the limit operation that a cancel names; sizes in lots, prices in ticks."""

    kind: str
    trader: int
    side: int
    price_ticks: int
    lots: int
    target: int


def mixed_flow(count: int, seed: int = 1) -> Iterator[Operation]:
    chance = random.Random(seed)
    middle, limits = 10_000, [0]
    yield Operation(LIMIT, 0, 2, middle + 50, 1_000_000, 0)
    yield Operation(LIMIT, 1, 1, middle - 50, 1_000_000, 0)
    for index in range(2, count):
        draw, trader, side = chance.random(), chance.randrange(TRADERS), chance.choice((1, 2))
        if draw < 0.35:
            yield Operation(CANCEL, 0, 0, 0, 0, limits[-1 - min(int(chance.expovariate(1 / 20)), len(limits) - 1)])
        elif draw < 0.45:
            yield Operation(MARKET, trader, side, 0, chance.randint(1, 5), 0)
        else:
            middle += chance.choice((-1, 0, 0, 0, 1))
            passive = chance.random() < 0.3
            away = chance.randint(1, 10) if passive else -chance.randint(4, 10)
            price = middle - away if side == 1 else middle + away
            yield Operation(LIMIT, trader, side, price, chance.randint(10, 40) if passive else chance.randint(1, 5), 0)
            limits.append(index)
