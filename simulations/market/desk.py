"""One participant at its desk: what it owns and has in the books, as the exchange tells it, and how it acts."""

import time
import uuid
from dataclasses import dataclass, field
from typing import Any, Final

from exchange.delivery.verify import LotMismatchError, verify_lot
from exchange.vocabulary.instruments import Side
from exchange.vocabulary.units import parse_scaled
from simulations.market.agents import Action, Cancel, Place, Resting, Sight, Style, TakeDelivery
from simulations.market.books import Book, Product
from simulations.market.client import RefusedError, Venue
from simulations.market.enrolment import CURRENCY, Member
from simulations.market.listings import PURPOSE

LOOK_AGAIN_S: Final = 15.0
SIDES: Final = {"buy": Side.BUY, "sell": Side.SELL}
MOST_OPEN: Final = 1_000


@dataclass
class Desk:
    """`cash_minor` and `claims` (lots by base) are free ones; `orders` by product; `delivered` lots by product."""

    member: Member
    products: dict[str, Product] = field(default_factory=dict)
    cash_minor: int = 0
    claims: dict[str, int] = field(default_factory=dict)
    orders: dict[str, dict[str, Resting]] = field(default_factory=dict)
    delivered: dict[str, int] = field(default_factory=dict)
    looked_s: float = 0.0

    async def look(self, venue: Venue) -> None:
        """Read balances, open orders and deliveries, unless that was done a moment ago."""
        if self.looked_s and time.monotonic() - self.looked_s < LOOK_AGAIN_S:
            return
        key = self.member.credentials
        accounts = await venue.surely("GET", "/accounts", key)
        opened = await venue.surely("GET", f"/orders?status=open&limit={MOST_OPEN}", key)
        if not self.looked_s:
            self.delivered = delivered_lots(await venue.surely("GET", "/deliveries", key))
        free = {each["currency"]: str(each["available"]) for each in accounts}
        for product in self.products.values():
            self.claims[product.base] = product.scales.lots(free.get(product.base, "0"))
            self.cash_minor = parse_scaled(free.get(CURRENCY, "0"), product.scales.quote_scale)
        self.orders = {product_id: {} for product_id in self.products}
        for order in opened:
            if order["product_id"] in self.products:
                self._add(self.products[order["product_id"]], order)
        self.looked_s = time.monotonic()

    def sight(self, product: Product, book: Book, fair_ticks: int) -> Sight:
        """What the member goes by in one product."""
        cost_minor = product.cost_minor(fair_ticks)
        return Sight(
            fair_ticks=fair_ticks,
            bid_ticks=book.bid_ticks,
            ask_ticks=book.ask_ticks,
            affordable_lots=self.cash_minor * 9 // 10 // cost_minor if cost_minor else 0,
            claims=self.claims.get(product.base, 0),
            undelivered_lots=product.lots - self.delivered.get(product.product_id, 0),
            orders=tuple(self.orders.get(product.product_id, {}).values()),
        )

    async def perform(self, venue: Venue, product: Product, action: Action) -> None:
        """Do it; a refusal is one of the market's turns, after which the desk looks again."""
        try:
            if isinstance(action, Place):
                await self._place(venue, product, action)
            elif isinstance(action, Cancel):
                await self._cancel(venue, product, action)
            else:
                await self._take_delivery(venue, product, action)
        except RefusedError as refused:
            self.looked_s = min(self.looked_s, time.monotonic() - LOOK_AGAIN_S)
            who = self.member.plan.name
            venue.log.debug("turned down", who=who, product=product.product_id, code=refused.code)

    async def _place(self, venue: Venue, product: Product, place: Place) -> None:
        takes = place.style is Style.TAKE
        body = {
            "type": "limit",
            "side": place.side.name.lower(),
            "product_id": product.product_id,
            "price": product.scales.price(place.price_ticks),
            "size": product.scales.size(place.lots),
            "time_in_force": "IOC" if takes else "GTC",
            "post_only": not takes,
            "client_oid": str(uuid.uuid4()),
        }
        order = await venue.surely("POST", "/orders", self.member.credentials, body)
        if order["status"] == "open":
            self._add(product, order)
        if place.side is Side.BUY:
            self.cash_minor -= place.lots * product.cost_minor(place.price_ticks)
        else:
            self.claims[product.base] -= place.lots

    async def _cancel(self, venue: Venue, product: Product, cancel: Cancel) -> None:
        self.orders[product.product_id].pop(cancel.order_id, None)
        await venue.surely("DELETE", f"/orders/{cancel.order_id}", self.member.credentials)

    async def _take_delivery(self, venue: Venue, product: Product, wanted: TakeDelivery) -> None:
        body = {
            "product_id": product.product_id,
            "lots": wanted.lots,
            "purpose": PURPOSE,
            "client_oid": str(uuid.uuid4()),
        }
        told = await venue.surely("POST", "/deliveries", self.member.credentials, body)
        self.claims[product.base] -= wanted.lots
        for delivered in told["deliveries"]:
            self.delivered[product.product_id] = self.delivered.get(product.product_id, 0) + 1
            await self._verify(venue, product, delivered, bytes.fromhex(told["merkle_root"]))

    async def _verify(self, venue: Venue, product: Product, delivered: dict[str, Any], root: bytes) -> None:
        """Download a delivered lot, and prove it against the root that was certified."""
        key = self.member.credentials
        log = venue.log.bind(who=self.member.plan.name, product=product.product_id, lot=delivered["lot"])
        manifest = await venue.download(delivered["manifest_url"], key)
        blob = await venue.download(delivered["blob_url"], key)
        try:
            lot = verify_lot(manifest, blob, root, manifest_sha256=delivered["manifest_sha256"])
        except LotMismatchError as mismatch:
            log.critical("lot does not verify", why=str(mismatch))
        else:
            log.info("delivered and verified", documents=len(lot.documents), rtu=lot.actual_rtu)

    def _add(self, product: Product, order: dict[str, Any]) -> None:
        price_ticks = product.scales.ticks(str(order["price"]))
        resting = Resting(str(order["id"]), SIDES[order["side"]], price_ticks)
        self.orders.setdefault(product.product_id, {})[resting.order_id] = resting


def delivered_lots(deliveries: list[dict[str, Any]]) -> dict[str, int]:
    """Delivered lots by product."""
    counted: dict[str, int] = {}
    for each in deliveries:
        counted[str(each["product_id"])] = counted.get(str(each["product_id"]), 0) + 1
    return counted
