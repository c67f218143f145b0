"""The public websocket: books and trades of every product, for as long as the market runs."""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from simulations.market.books import Books, GapError, Product
from simulations.market.client import Venue

CHANNELS: Final = ("level2", "matches")
RECONNECT_S: Final = 1.0

OnMessage = Callable[[dict[str, Any]], None]


class Feed:
    """Keeps `books` equal to the exchange's; `on_message` is called after each message was followed."""

    def __init__(self, venue: Venue, on_message: OnMessage) -> None:
        self.books = Books()
        self.messages = 0
        self._venue = venue
        self._on_message = on_message
        self._connection: ClientConnection | None = None
        self._changed = asyncio.Event()

    async def follow(self, product: Product) -> None:
        """Take one more product in; its book stays empty until the snapshot comes."""
        self.books.add(product)
        self._changed.set()
        if self._connection is not None:
            # A line that broke is made anew, for every book.
            with suppress(WebSocketException):
                await self._subscribe(self._connection, [product.product_id])

    async def run(self) -> None:
        """Connect, follow, and connect again whenever the line breaks or a message is missing."""
        await self._changed.wait()
        while True:
            try:
                async with connect(self._venue.websocket_url, max_size=2**24) as connection:
                    await self._receive(connection)
            except (OSError, WebSocketException, TimeoutError) as error:
                self._venue.log.info("feed lost", reason=f"{type(error).__name__}: {error}"[:120])
            except GapError as gap:
                self._venue.log.warning("feed has a gap", detail=str(gap))
            finally:
                self._connection = None
            await asyncio.sleep(RECONNECT_S)

    async def _receive(self, connection: ClientConnection) -> None:
        self._connection = connection
        await self._subscribe(connection, list(self.books.by_product))
        async for text in connection:
            message = json.loads(text)
            self.messages += 1
            self.books.apply(message)
            self._on_message(message)

    @staticmethod
    async def _subscribe(connection: ClientConnection, product_ids: list[str]) -> None:
        wanted = {"type": "subscribe", "product_ids": product_ids, "channels": list(CHANNELS)}
        await connection.send(json.dumps(wanted))
