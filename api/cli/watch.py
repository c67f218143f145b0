"""The live book of one product in a terminal; in a pipe, its trades and calls line by line and the book at the end."""

import json
import sys
import time
from collections.abc import Iterator
from typing import Annotated, Any, Final

import typer
from rich.columns import Columns
from rich.console import Group, RenderableType
from rich.live import Live
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.sync.client import ClientConnection, connect

from api.cli.client import Client
from api.cli.console import CommandError, out, say, show, table
from api.cli.options import HERE, Symbol, Url, product_of
from api.cli.watched_book import WatchedBook

CHANNELS: Final = ("level2", "matches", "auction", "heartbeat")
"""The heartbeat comes each second, so a line that went silent is noticed."""
SILENCE_S: Final = 15.0
LEVELS: Final = 10
MESSAGE_BYTES: Final = 1 << 24


def watch_command(
    symbol: Symbol,
    seconds: Annotated[float | None, typer.Option(min=0, help="Stop after so long; else on Ctrl-C")] = None,
    url: Url = HERE,
) -> None:
    """Watch book, trades and calls live; every update of the book is checked against its sequence and checksum."""
    book = WatchedBook(product_of(symbol))
    until_s = None if seconds is None else time.monotonic() + seconds
    try:
        with _connected(url) as connection:
            subscription = {"type": "subscribe", "product_ids": [book.product_id], "channels": list(CHANNELS)}
            connection.send(json.dumps(subscription))
            _follow(book, _messages(connection, until_s))
    except KeyboardInterrupt:
        say("")
    say(f"{book.checked} checksums agreed, {book.traded} trades seen; at sequence {book.sequence}.")


def _follow(book: WatchedBook, messages: Iterator[dict[str, Any]]) -> None:
    if not sys.stdout.isatty():
        for message in messages:
            book.apply(message)
            if message["type"] == "match":
                say(" ".join(_trade(message)))
            elif message["type"] == "auction" and (line := book.call()):
                say(line)
        show(_picture(book))
        return
    with Live(_picture(book), console=out(), refresh_per_second=10) as live:
        for message in messages:
            book.apply(message)
            live.update(_picture(book))


def _connected(url: str) -> ClientConnection:
    with Client(url) as client:
        address = client.websocket_url
    try:
        return connect(f"{address}/", max_size=MESSAGE_BYTES)
    except (OSError, WebSocketException, ValueError):
        raise CommandError("NOT_REACHED", f"no feed answers at {address}; is `tlx serve` running?") from None


def _messages(connection: ClientConnection, until_s: float | None) -> Iterator[dict[str, Any]]:
    """Until the time has come. CommandError where the line breaks or falls silent."""
    while until_s is None or time.monotonic() < until_s:
        left_s = SILENCE_S if until_s is None else min(SILENCE_S, until_s - time.monotonic())
        try:
            message = json.loads(connection.recv(timeout=max(left_s, 0)))
        except TimeoutError:
            if left_s < SILENCE_S:
                return
            raise CommandError("FEED_SILENT", f"nothing came for {SILENCE_S:.0f} s") from None
        except ConnectionClosed as closed:
            raise CommandError("FEED_CLOSED", f"the exchange closed the line: {closed.rcvd or 'it is gone'}") from None
        yield message


def _picture(book: WatchedBook) -> RenderableType:
    bids, asks = (book.best(side, LEVELS) for side in ("bids", "asks"))
    sides = [
        table("Bids", ("size>", "price>"), ((size, price) for price, size in bids)),
        table("Asks", ("price>", "size>"), asks),
    ]
    heading = f"{book.product_id}  sequence {book.sequence}  {book.checked} checksums agreed"
    trades = table("Trades", ("time", "took", "size>", "price>"), map(_trade, book.trades))
    return Group(heading, *filter(None, [book.call()]), Columns(sides, padding=(0, 4)), trades)


def _trade(message: dict[str, Any] | Any) -> list[str]:
    """A match's side is the maker's; a reader of a tape wants the taker's."""
    took = "sell" if message["side"] == "buy" else "buy"
    return [message["time"], took, message["size"], message["price"]]
