"""The feed: who is connected, what each is subscribed to, and its timers, of conflation and of heartbeats.

    market ──event by event──▶ ProductFeed ──┐
           ──batch by batch──▶ PrivateFeed ──┴─▶ Connection: outbox ──▶ its writer ──▶ socket

Everything runs on the event loop's thread and nothing waits: a message is put into outboxes, and each connection's own
writer sends it as fast as that one client reads.
"""

import asyncio
from collections.abc import Callable, Sequence

from api.auth import Caller
from api.feed_connection import TRY_AGAIN_LATER, Connection
from api.feed_guards import Guards
from api.feed_outbox import Message, as_text
from api.feed_private import PrivateFeed, private_of
from api.feed_products import ProductFeed
from api.feed_requests import (
    EVERY_PRODUCT,
    OF_A_PRODUCT,
    PRIVATE,
    FeedError,
    Request,
    Subscription,
    asked_for,
    told_subscriptions,
)
from api.feed_settings import FeedSettings
from api.feed_window import Window
from api.market import Followed, Market
from api.products import product
from exchange.runtime import Exchange
from exchange.vocabulary.events import Event, InstrumentDefined, Killed, PhaseSet, Unkilled

_STATUS: Subscription = ("status", EVERY_PRODUCT)


class Feed:
    """Made on the loop's thread; follows the market from then on."""

    def __init__(self, exchange: Exchange, market: Market, settings: FeedSettings, guards: Guards) -> None:
        self.settings = settings
        self.guards = guards
        self._exchange = exchange
        self._market = market
        self._loop = asyncio.get_running_loop()
        self._connections: dict[Connection, None] = {}
        self._products: dict[int, ProductFeed] = {}
        self._private = PrivateFeed(market, exchange.now_ns)
        self._books = Window(self._loop, settings.conflation_s)
        self._calls = Window(self._loop, settings.auction_s)
        self._beating = False
        self._status_changed = False
        market.watch(self._follow)
        market.listen(self._private.follow)
        market.listen(self._look_at_calls)
        market.listen(self._look_for_kills)

    @property
    def connections(self) -> int:
        return len(self._connections)

    def connect(self, wake: Callable[[], None], abort: Callable[[], None]) -> Connection:
        """A new client; where there are too many already it is told so, and closed."""
        connection = Connection(self.settings, self._loop.time, wake, abort)
        if self.connections >= self.settings.max_connections:
            error = FeedError("Failed to connect", "too many connections", "TOO_MANY_CONNECTIONS")
            connection.send(as_text(error.told))
            connection.close(TRY_AGAIN_LATER)
        # Also who is turned away is watched until it is gone.
        self._connections[connection] = None
        self.guards.connect(connection)
        if not self._beating:
            self._beating = True
            self._loop.call_later(self.settings.heartbeat_s, self._beat)
        return connection

    def disconnect(self, connection: Connection) -> None:
        self._drop(connection, list(connection.subscriptions))
        del self._connections[connection]
        self.guards.disconnect(connection)

    def subscribe(self, connection: Connection, request: Request, caller: Caller | None) -> None:
        """All that the message asks for, or FeedError and nothing. `caller` has signed it, where it is signed."""
        asked = asked_for(request, self._market)
        caller = caller or connection.caller
        self._may_subscribe(connection, asked, caller)
        connection.subscriptions.update(dict.fromkeys(asked))
        connection.send(as_text(told_subscriptions(connection.subscriptions)))
        if request.resume is not None:
            self._resync(connection, asked, request.resume.sequence)
        for channel, product_id in asked:
            if channel in PRIVATE:
                assert caller is not None, "a private channel without a caller"
                self._private.add(channel, connection, caller)
            elif channel == "status":
                connection.send_newest(_STATUS, self._status())
            else:
                self._product(product_id).add(channel, connection)

    def unsubscribe(self, connection: Connection, request: Request) -> None:
        """What the message names; a channel without products is left for all of them."""
        asked = set(asked_for(request, self._market))
        every = {channel for channel, product_id in asked if product_id == EVERY_PRODUCT}
        self._drop(connection, [each for each in connection.subscriptions if each in asked or each[0] in every])
        self.list_subscriptions(connection)

    def list_subscriptions(self, connection: Connection) -> None:
        connection.send(as_text(told_subscriptions(connection.subscriptions)))

    def _may_subscribe(self, connection: Connection, asked: list[Subscription], caller: Caller | None) -> None:
        failed = "Failed to subscribe"
        together = connection.subscriptions.keys() | set(asked)
        if len(together) > self.settings.max_subscriptions:
            reason = f"more than {self.settings.max_subscriptions} subscriptions on one connection"
            raise FeedError(failed, reason, "TOO_MANY_SUBSCRIPTIONS")
        for channel, product_id in together:
            if channel == "level2" and ("level2_raw", product_id) in together:
                reason = "level2 and level2_raw of one product look alike: use two connections"
                raise FeedError(failed, reason, "BAD_COMBINATION", product_id=product_id)
        private = any(channel in PRIVATE for channel, _ in asked)
        if private and caller is None:
            raise FeedError("Authentication Failed", "a private channel needs a signed message", "NOT_SIGNED")
        if private and caller and connection.caller and connection.caller.key != caller.key:
            raise FeedError(failed, "this connection is signed with another key", "OTHER_KEY")

    def _resync(self, connection: Connection, asked: list[Subscription], sequence: int) -> None:
        """Events are not kept for replay: whoever missed some begins again, from the snapshots that follow."""
        for product_id in dict.fromkeys(product_id for channel, product_id in asked if channel in OF_A_PRODUCT):
            current = self._product(product_id).sequence
            if current != sequence:
                connection.send(as_text(_resync_required(product_id, sequence, current)))

    def _drop(self, connection: Connection, left: list[Subscription]) -> None:
        for channel, product_id in left:
            del connection.subscriptions[channel, product_id]
            if channel in PRIVATE or channel == "status":
                connection.forget((channel, product_id))
            else:
                self._product(product_id).remove(channel, connection)
        if not any(private_of(connection.subscriptions)):
            self._private.remove(connection)

    def _product(self, product_id: str) -> ProductFeed:
        book = self._market.book(product_id)
        feed = self._products.get(book.instrument)
        if feed is None:
            windows = self._books.want, self._calls.want
            feed = self._products[book.instrument] = ProductFeed(book, self._exchange.now_ns, *windows)
        return feed

    def _follow(self, followed: Followed) -> None:
        feed = self._products.get(followed.book.instrument)
        if feed is not None:
            feed.follow(followed)
        if isinstance(followed.event, PhaseSet | InstrumentDefined):
            self._status_changed = True

    def _look_at_calls(self, _: Sequence[Event]) -> None:
        for feed in self._products.values():
            feed.auction.look()

    def _look_for_kills(self, events: Sequence[Event]) -> None:
        """No public event tells that a kill was lifted, and the products' answers do."""
        self._status_changed |= any(isinstance(event, Killed | Unkilled) for event in events)

    def _beat(self) -> None:
        """Every second, as long as anybody is connected."""
        self._beating = bool(self._connections)
        if not self._beating:
            return
        self._loop.call_later(self.settings.heartbeat_s, self._beat)
        for feed in self._products.values():
            feed.beat()
        if self._status_changed:
            self._tell_status()
        for connection in list(self._connections):
            self._check_key(connection)
            connection.check()

    def _tell_status(self) -> None:
        self._status_changed = False
        listening = [each for each in self._connections if _STATUS in each.subscriptions]
        text = self._status() if listening else ""
        for connection in listening:
            connection.send_newest(_STATUS, text)

    def _status(self) -> str:
        products = [product(self._exchange, book) for book in self._market.books.values()]
        return as_text({"type": "status", "products": products})

    def _check_key(self, connection: Connection) -> None:
        """A key that was revoked, or ran out, hears nothing private any more."""
        if connection.caller is None:
            return
        entry = self._exchange.directory.keys[connection.caller.key]
        if entry.revoked or 0 < entry.expires_at_ns <= self._exchange.now_ns():
            self._drop(connection, list(private_of(connection.subscriptions)))
            error = FeedError("Unsubscribed", "the key is not valid any more", "INVALID_KEY")
            connection.send(as_text(error.told))
            self.list_subscriptions(connection)


def _resync_required(product_id: str, requested: int, current: int) -> Message:
    return {
        "type": "resync_required",
        "product_id": product_id,
        "requested_sequence": requested,
        "sequence": current,
        "reason": "the events since then are not retained",
    }
