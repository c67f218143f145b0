"""The feed's parts without a server: a small venue on the real engine, its market, and clients that read when told."""

import json
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "store"))

from feed_wire import WireBook
from small_venue import SmallVenue

from api.feed_connection import Connection
from api.feed_products import ProductFeed
from api.feed_settings import FeedSettings
from api.market import Market
from exchange.operations.directory import Directory
from exchange.vocabulary import commands as c
from exchange.vocabulary.instruments import OrderType, Side, TimeInForce

ORDER_IDS = 16
"""An order's id is its command's sequence times this."""


class Reader:
    """A connection with the book that its client rebuilds out of what it takes."""

    def __init__(self, rig, **settings):
        self.aborted = 0
        self.connection = Connection(FeedSettings(**settings), lambda: rig.now_s, lambda: None, self._abort)
        self.book = WireBook()
        self.heard = []

    def _abort(self):
        self.aborted += 1

    def read(self, count=10**9):
        """Take messages, at most `count`; those of this turn."""
        heard = []
        while len(heard) < count and (text := self.connection.take()) is not None:
            heard.append(json.loads(text))
            self.book.hear(heard[-1])
        self.heard += heard
        return heard


class Rig:
    """`now_s` is the clock of all connections."""

    def __init__(self, static_band_ppm=0):
        self.venue = SmallVenue().open(lots=10_000, cash=10**12, static_band_ppm=static_band_ppm)
        directory = Directory()
        for batch in self.venue.batches:
            directory.apply(batch.events)
        self.market = Market(self.venue.engine.snapshot(), directory)
        self.book = self.market.books[self.venue.instrument]
        self.unflushed, self.untold = [], []
        self.now_s = 0.0
        self.feed = ProductFeed(self.book, lambda: 10**18, self.unflushed.append, self.untold.append)
        self.market.watch(self.feed.follow)
        self.market.listen(lambda _: self.feed.auction.look())

    def reader(self, *channels, **settings):
        reader = Reader(self, **settings)
        for channel in channels:
            self.feed.add(channel, reader.connection)
        return reader

    def apply(self, *commands):
        self.market.apply(self.venue.apply(*commands))

    def place(self, account, side, price, lots, **fields):
        """The id of the order."""
        self.apply(self.venue.order(account, side, price, lots, **fields))
        return self.venue.sequence * ORDER_IDS

    def cancel(self, account, order_id):
        self.apply(c.CancelOrder(account=account, order_id=order_id))

    def flush(self):
        if self.unflushed:
            self.unflushed.clear()
            self.feed.flush()

    def trade(self, step):
        """One command out of four small numbers: a place, a cancel, an amend or a market order, maybe refused."""
        kind, pick, price, lots = step
        accounts = (self.venue.vendor, self.venue.buyer, self.venue.other)
        account, side = accounts[pick % 3], Side.SELL if pick % 2 else Side.BUY
        resting = self.market.portfolio.orders.open(account)
        if kind < 5 or not resting:
            self.place(account, side, 100 + price, lots)
        elif kind < 7:
            self.cancel(account, resting[pick % len(resting)].order_id)
        elif kind < 9:
            order = resting[pick % len(resting)].order_id
            self.apply(c.AmendOrder(account=account, order_id=order, lots=lots, price_ticks=100 + price))
        else:
            self.place(account, side, 0, lots, type=OrderType.MARKET, tif=TimeInForce.IOC)
