"""The market at work: one seeded generator picks who acts next, in which product, and the exchange answers."""

import time
from collections import Counter
from datetime import UTC, datetime
from random import Random
from typing import Any, Final

from exchange.vocabulary.instruments import Side
from simulations.market.agents import Belief, Role, act, anchor_price
from simulations.market.books import Product
from simulations.market.client import AwayError, Venue
from simulations.market.credentials import Credentials
from simulations.market.desk import Desk
from simulations.market.enrolment import Member, deposit
from simulations.market.feed import Feed

SUMMARY_S: Final = 15.0
LEAST_PRICE: Final = 400
MOST_PRICE: Final = 4_000
"""Whole units of the quote currency per million RTU, between which anchors lie."""
LOW_CASH_SHARE: Final = 10


class Trading:
    """Who trades what, and what each believes it is worth."""

    def __init__(self, venue: Venue, operator: Credentials, seed: int) -> None:
        self._venue = venue
        self._operator = operator
        self._chance = Random(seed)  # noqa: S311 - a market's whims, no secrets.
        self._desks: dict[str, Desk] = {}
        self._seats: list[tuple[Desk, Product]] = []
        self._beliefs: dict[str, Belief] = {}
        self._told_s = time.monotonic()
        self.counts: Counter[str] = Counter()
        self.feed = Feed(venue, self._heard)

    async def open(self, product: Product, traders: dict[str, tuple[Member, frozenset[Side]]]) -> None:
        """Let members trade a product; a vendor that may not sell stays away."""
        scales = product.scales
        minor = anchor_price(product.base, LEAST_PRICE, MOST_PRICE) * 10**scales.quote_scale
        self._beliefs[product.product_id] = Belief(minor // scales.tick_minor)
        for slug, (member, sides) in traders.items():
            if Side.SELL in sides and (member.plan.role is Role.VENDOR or Side.BUY in sides):
                desk = self._desks.setdefault(slug, Desk(member))
                desk.products[product.product_id] = product
                desk.looked_s = 0.0
                self._seats.append((desk, product))
        await self.feed.follow(product)

    @property
    def is_open(self) -> bool:
        return bool(self._seats)

    @property
    def requests(self) -> int:
        return self._venue.requests

    async def turn(self) -> None:
        """One participant looks, and does one thing or nothing."""
        desk, product = self._chance.choice(self._seats)
        await desk.look(self._venue)
        await self._top_up(desk)
        book = self.feed.books.by_product[product.product_id]
        fair_ticks = self._beliefs[product.product_id].step(self._chance)
        action = act(desk.member.plan.role, desk.sight(product, book, fair_ticks), self._chance)
        if action is None:
            self.counts["passed"] += 1
            return
        self.counts[type(action).__name__] += 1
        try:
            await desk.perform(self._venue, product, action)
        except AwayError as away:
            self._venue.log.info("not carried out", who=desk.member.plan.name, reason=str(away))

    async def _top_up(self, desk: Desk) -> None:
        """A buyer short of cash pays in more, at most once an hour: the key of the deposit says which."""
        plan = desk.member.plan
        product = next(iter(desk.products.values()))
        least_minor = plan.deposit * 10**product.scales.quote_scale // LOW_CASH_SHARE
        if plan.role is not Role.VENDOR and desk.cash_minor < least_minor:
            hour = datetime.now(UTC).strftime("%Y%m%d%H")
            await deposit(self._venue, self._operator, desk.member, f"topup-{plan.slug}-{hour}")
            desk.looked_s = 0.0

    def _heard(self, message: dict[str, Any]) -> None:
        if message.get("type") == "match":
            self.counts["trades"] += 1
        elif message.get("type") == "error":
            self._venue.log.warning("feed refused", message=message.get("message"), reason=message.get("reason"))

    def summarise(self) -> None:
        """A line now and then: what was done, and where each price stands."""
        if time.monotonic() - self._told_s < SUMMARY_S:
            return
        self._told_s = time.monotonic()
        books = self.feed.books.by_product.values()
        prices = {
            book.product.product_id: book.product.scales.price(book.last_ticks)
            for book in books
            if book.last_ticks is not None
        }
        self._venue.log.info("market", requests=self._venue.requests, **dict(self.counts), last=prices)
