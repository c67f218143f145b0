"""What simulated participants do: pure functions of what they see and of a seeded generator.

Prices are whole ticks, sizes whole lots; nothing here knows of servers, clocks or currencies.
"""

import hashlib
from dataclasses import dataclass
from enum import Enum
from random import Random
from typing import Final, NamedTuple

from exchange.vocabulary.instruments import Side

PER_MILLE: Final = 1_000
STALE_PER_MILLE: Final = 25
"""An order this far from what its owner believes is taken back."""
REVERSION_PER_MILLE: Final = 20
STEP_PER_MILLE: Final = 3
SPREAD_PER_MILLE: Final = 2
DEPTH_STEPS: Final = 6
LARGEST_ORDER_LOTS: Final = 8
MOST_ORDERS: Final = 8
DELIVERY_PER_MILLE: Final = 25
TAKING_PER_MILLE: Final = {"vendor": 30, "maker": 120, "taker": 550}
EAGER_PER_MILLE: Final = 15
"""How much worse than its belief a taker's price may be."""


class Role(Enum):
    """`VENDOR` sells what it was issued; `MAKER` quotes both sides; `TAKER` buys, sells and takes delivery."""

    VENDOR = "vendor"
    MAKER = "maker"
    TAKER = "taker"


class Style(Enum):
    """`REST` adds to the book or is refused; `TAKE` trades at once, what is left of it goes."""

    REST = "rest"
    TAKE = "take"


class Resting(NamedTuple):
    """An order of one's own in the book."""

    order_id: str
    side: Side
    price_ticks: int


class Place(NamedTuple):
    """Ask for an order."""

    side: Side
    price_ticks: int
    lots: int
    style: Style


class Cancel(NamedTuple):
    """Take an order back."""

    order_id: str


class TakeDelivery(NamedTuple):
    """Burn claims, get lots."""

    lots: int


Action = Place | Cancel | TakeDelivery


@dataclass
class Belief:
    """A fair price that wanders and is drawn back to its anchor; at least ten ticks, so that it has room."""

    anchor_ticks: int
    fair_ticks: int = 0

    def __post_init__(self) -> None:
        self.anchor_ticks = max(self.anchor_ticks, 10)
        self.fair_ticks = self.fair_ticks or self.anchor_ticks

    def step(self, chance: Random) -> int:
        pull = (self.anchor_ticks - self.fair_ticks) * REVERSION_PER_MILLE // PER_MILLE
        widest = max(self.anchor_ticks * STEP_PER_MILLE // PER_MILLE, 1)
        self.fair_ticks = max(self.fair_ticks + pull + chance.randint(-widest, widest), 2)
        return self.fair_ticks


def anchor_price(name: str, least: int, most: int) -> int:
    """A price for a dataset that is the same on every start: whole units of the quote currency per million RTU."""
    return least + int.from_bytes(hashlib.sha256(name.encode()).digest()[:4]) % (most - least + 1)


class Sight(NamedTuple):
    """All that an agent goes by. `bid_ticks` and `ask_ticks` are None where that side of the book is empty.

    `affordable_lots` is what its free cash buys at the fair price; `claims` are free ones; `undelivered_lots` are the
    lots of the dataset that it does not have yet.
    """

    fair_ticks: int
    bid_ticks: int | None
    ask_ticks: int | None
    affordable_lots: int
    claims: int
    undelivered_lots: int
    orders: tuple[Resting, ...]


def act(role: Role, sight: Sight, chance: Random) -> Action | None:
    """The next thing that a participant does in one instrument, None where it lets the moment pass."""
    stale = [order for order in sight.orders if _is_stale(order, sight.fair_ticks)]
    if stale:
        return Cancel(max(stale, key=lambda order: abs(order.price_ticks - sight.fair_ticks)).order_id)
    if role is Role.TAKER and _takes_delivery(sight, chance):
        return TakeDelivery(1)
    if chance.randrange(PER_MILLE) < TAKING_PER_MILLE[role.value]:
        taken = _take(role, sight, chance)
        if taken:
            return taken
    return _quote(role, sight, chance)


def _is_stale(order: Resting, fair_ticks: int) -> bool:
    return abs(order.price_ticks - fair_ticks) * PER_MILLE > max(fair_ticks * STALE_PER_MILLE, 3 * PER_MILLE)


def _takes_delivery(sight: Sight, chance: Random) -> bool:
    return bool(sight.claims and sight.undelivered_lots) and chance.randrange(PER_MILLE) < DELIVERY_PER_MILLE


def _take(role: Role, sight: Sight, chance: Random) -> Place | None:
    """An order that trades at once, where the other side's price is near enough to one's belief."""
    eager = max(sight.fair_ticks * EAGER_PER_MILLE // PER_MILLE, 1)
    sides = [Side.SELL] if role is Role.VENDOR else [Side.BUY, Side.SELL]
    side = chance.choice(sides)
    lots = chance.randint(1, LARGEST_ORDER_LOTS // 2)
    if side is Side.BUY and sight.ask_ticks is not None and sight.ask_ticks <= sight.fair_ticks + eager:
        lots = min(lots, sight.affordable_lots)
        return Place(side, sight.ask_ticks, lots, Style.TAKE) if lots else None
    if side is Side.SELL and sight.bid_ticks is not None and sight.bid_ticks >= sight.fair_ticks - eager:
        lots = min(lots, sight.claims)
        return Place(side, sight.bid_ticks, lots, Style.TAKE) if lots else None
    return None


def _quote(role: Role, sight: Sight, chance: Random) -> Action | None:
    """A resting order near the belief, on the side with fewer of one's own; the oldest is taken back when full."""
    if len(sight.orders) >= MOST_ORDERS:
        return Cancel(chance.choice(sight.orders).order_id)
    side = _quoting_side(role, sight, chance)
    free = sight.affordable_lots if side is Side.BUY else sight.claims
    lots = min(chance.randint(1, LARGEST_ORDER_LOTS), free)
    if lots <= 0:
        return None
    unit = max(sight.fair_ticks * SPREAD_PER_MILLE // PER_MILLE, 1)
    away = unit * chance.randint(1, DEPTH_STEPS)
    if side is Side.BUY:
        price = sight.fair_ticks - away
        price = price if sight.ask_ticks is None else min(price, sight.ask_ticks - 1)
    else:
        price = sight.fair_ticks + away
        price = price if sight.bid_ticks is None else max(price, sight.bid_ticks + 1)
    return Place(side, price, lots, Style.REST) if price > 0 else None


def _quoting_side(role: Role, sight: Sight, chance: Random) -> Side:
    if role is Role.VENDOR:
        return Side.SELL
    if not sight.claims:
        return Side.BUY
    buying = sum(1 for order in sight.orders if order.side is Side.BUY)
    selling = len(sight.orders) - buying
    if buying == selling:
        return chance.choice([Side.BUY, Side.SELL])
    return Side.BUY if buying < selling else Side.SELL
