"""The websocket feed in the Coinbase Exchange dialect, at `/` and `/ws-feed`: the sockets of it.

One task reads what the client asks, another writes what waits for it; what is told to whom is decided in `feed_hub`.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, cast

from fastapi import APIRouter, FastAPI, WebSocket, WebSocketDisconnect

from api.auth import Caller, authenticate_websocket
from api.errors import ApiError
from api.feed_connection import Connection
from api.feed_guards import Guards
from api.feed_hub import Feed
from api.feed_protocol import ABORT_EXTENSION
from api.feed_requests import GUARD, FeedError, Request, read_request
from api.feed_settings import FeedSettings

router = APIRouter()

_SENT_AT_A_TURN: Final = 64
"""So many messages one writer may send before the others have their turn."""


@router.websocket("/")
@router.websocket("/ws-feed")
async def feed_endpoint(websocket: WebSocket) -> None:
    feed = feed_of(websocket.app)
    if not await _is_done(websocket.accept()):
        return
    waiting = asyncio.Event()
    abort = _abort_of(websocket)
    connection = feed.connect(waiting.set, abort)
    reader = asyncio.create_task(_read(websocket, feed, connection))
    writer = asyncio.create_task(_write(websocket, connection, waiting))
    try:
        await asyncio.wait([reader, writer], return_when=asyncio.FIRST_COMPLETED)
        if connection.closing:
            # The writer has still to say why.
            await asyncio.wait([writer], timeout=feed.settings.cut_grace_s)
    finally:
        feed.disconnect(connection)
        reader.cancel()
        writer.cancel()
        outcomes = await asyncio.gather(reader, writer, return_exceptions=True)
        asyncio.get_running_loop().call_later(feed.settings.cut_grace_s, abort)
    for outcome in outcomes:
        if isinstance(outcome, Exception):
            raise outcome


def feed_of(app: FastAPI) -> Feed:
    """The application's feed, made when the first client connects."""
    if not hasattr(app.state, "feed"):
        settings = getattr(app.state, "feed_settings", None) or FeedSettings()
        guards = Guards(app.state.exchange, app.state.settings.answer_timeout_s)
        app.state.feed = Feed(app.state.exchange, app.state.market, settings, guards)
    return cast(Feed, app.state.feed)


def _abort_of(websocket: WebSocket) -> Callable[[], None]:
    """What ends the socket at once, also where its client reads nothing any more; `feed_protocol` provides it."""
    extension = websocket.scope.get("extensions", {}).get(ABORT_EXTENSION)
    return cast(Callable[[], None], extension["call"]) if extension else lambda: None


async def _read(websocket: WebSocket, feed: Feed, connection: Connection) -> None:
    """Do what the client asks, until it is gone or is to be closed."""
    while not connection.closing:
        event = await websocket.receive()
        if event["type"] == "websocket.disconnect":
            return
        try:
            await _answer(websocket.app, feed, connection, event.get("text"))
            connection.accept()
        except FeedError as error:
            connection.refuse(error.told)


async def _answer(app: FastAPI, feed: Feed, connection: Connection, text: str | None) -> None:
    if not connection.may_ask():
        raise FeedError("Too many messages", "message rate limit exceeded", "RATE_LIMITED")
    if text is None:
        raise FeedError("Malformed message", "messages are text", "BINARY_MESSAGE")
    if len(text) > feed.settings.max_message_bytes:
        reason = f"a message has at most {feed.settings.max_message_bytes} bytes"
        raise FeedError("Malformed message", reason, "MESSAGE_TOO_LARGE")
    request = read_request(text)
    if request.type == "subscriptions":
        feed.list_subscriptions(connection)
    elif request.type == "unsubscribe":
        feed.unsubscribe(connection, request)
    elif request.type == GUARD:
        await feed.guards.set(connection, request, await _caller(app, request))
    else:
        feed.subscribe(connection, request, await _caller(app, request))


async def _caller(app: FastAPI, request: Request) -> Caller | None:
    """Who signed a message that asks for private channels or a guard; a key on any other is not looked at."""
    if not request.is_private or not request.key:
        return None
    try:
        return await authenticate_websocket(app, request.signed())
    except ApiError as error:
        raise FeedError("Authentication Failed", error.message, error.code, **error.details) from None


async def _write(websocket: WebSocket, connection: Connection, waiting: asyncio.Event) -> None:
    """Send what waits, in its order, as fast as the client reads; then close, where the connection is to be closed."""
    sent = 0
    while True:
        text = connection.take()
        if text is not None:
            if not await _is_done(websocket.send_text(text)):
                return
            sent += 1
            if sent % _SENT_AT_A_TURN == 0:
                await asyncio.sleep(0)
        elif connection.closing:
            await _is_done(websocket.close(connection.closing))
            return
        else:
            waiting.clear()
            await waiting.wait()


async def _is_done(sending: Awaitable[None]) -> bool:
    """False where the socket was closed meanwhile, by the client or by the server."""
    try:
        await sending
    except (WebSocketDisconnect, RuntimeError):
        return False
    return True
