"""The books as the websocket tells them, in whole ticks and lots."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from exchange.vocabulary.instruments import Side
from exchange.vocabulary.units import RTU_PER_PRICE, parse_scaled
from exchange.vocabulary.wire import SIZE_SCALE, Scales

_SIDES = {"buy": Side.BUY, "sell": Side.SELL}


class GapError(Exception):
    """A message is missing: the book is not known any more, and a new snapshot is needed."""


class Product(NamedTuple):
    """One instrument's terms, out of `GET /products`; `lots` are those of its dataset."""

    product_id: str
    base: str
    quote: str
    scales: Scales
    lots: int

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> "Product":
        tick, lot = str(told["quote_increment"]), str(told["base_increment"])
        quote_scale = len(tick.partition(".")[2])
        scales = Scales(parse_scaled(tick, quote_scale), quote_scale, parse_scaled(lot, SIZE_SCALE))
        base, quote = str(told["base_currency"]), str(told["quote_currency"])
        return cls(str(told["id"]), base, quote, scales, int(told["lots"]))

    def cost_minor(self, price_ticks: int) -> int:
        """What one lot costs, in minor units of the quote currency."""
        return price_ticks * self.scales.tick_minor * self.scales.lot_rtu // RTU_PER_PRICE


@dataclass
class Book:
    """Lots by price in ticks, and the last message's sequence."""

    product: Product
    levels: dict[Side, dict[int, int]] = field(default_factory=lambda: {Side.BUY: {}, Side.SELL: {}})
    sequence: int = 0
    last_ticks: int | None = None
    trades: int = 0

    @property
    def bid_ticks(self) -> int | None:
        return max(self.levels[Side.BUY], default=None)

    @property
    def ask_ticks(self) -> int | None:
        return min(self.levels[Side.SELL], default=None)

    def replace(self, message: Mapping[str, Any]) -> None:
        for side, name in ((Side.BUY, "bids"), (Side.SELL, "asks")):
            self.levels[side] = {self._ticks(level[0]): self._lots(level[1]) for level in message[name]}
        self.sequence = int(message["sequence"])

    def change(self, message: Mapping[str, Any]) -> None:
        if int(message["prev_sequence"]) != self.sequence:
            raise GapError(
                f"{self.product.product_id}: after {self.sequence} came one after {message['prev_sequence']}"
            )
        for side, price, size in message["changes"]:
            level, lots = self.levels[_SIDES[side]], self._lots(size)
            if lots:
                level[self._ticks(price)] = lots
            else:
                level.pop(self._ticks(price), None)
        self.sequence = int(message["sequence"])

    def trade(self, message: Mapping[str, Any]) -> None:
        self.last_ticks = self._ticks(message["price"])
        self.trades += 1

    def _ticks(self, price: str) -> int:
        return self.product.scales.ticks(price)

    def _lots(self, size: str) -> int:
        return self.product.scales.lots(size)


class Books:
    """Every book that was subscribed to, by product."""

    def __init__(self) -> None:
        self.by_product: dict[str, Book] = {}

    def add(self, product: Product) -> Book:
        return self.by_product.setdefault(product.product_id, Book(product))

    def apply(self, message: Mapping[str, Any]) -> None:
        """Follow one message; those of other kinds or products are passed over. Raises GapError."""
        book = self.by_product.get(str(message.get("product_id", "")))
        if book is None:
            return
        kind = message.get("type")
        if kind == "snapshot":
            book.replace(message)
        elif kind == "l2update":
            book.change(message)
        elif kind == "match":
            book.trade(message)
