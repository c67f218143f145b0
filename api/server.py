"""The exchange as one server process: opened, served until a signal or a failure, and closed."""

import asyncio
import logging
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

import structlog
import uvicorn
import uvloop

from api.app import create_app
from api.feed_protocol import FeedProtocol
from api.settings import ApiSettings
from exchange.runtime import Exchange, Settings, StartRefused
from exchange.spine.errors import JournalError
from exchange.store.errors import StoreError
from exchange.store.secrets import SecretsError

log = structlog.get_logger("api")

STOPPED: Final = 0
NOT_STARTED: Final = 2
FAILED: Final = 3
"""Exit statuses: closed as asked; refused to start, with one line on stderr; failed while running."""

_WATCH_S: Final = 0.2
_WEBSOCKET_MESSAGE_BYTES: Final = 1 << 16
_KEEP_ALIVE_S: Final = 75


class _Server(uvicorn.Server):
    """uvicorn, with the signals left to `serve`, which wants an exit status of its own."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def serve(settings: Settings, api_settings: ApiSettings) -> int:
    """Run until SIGTERM or SIGINT; the exit status. What keeps it from starting is told in one line on stderr."""
    log_to_stderr()
    try:
        listening = socket.create_server((api_settings.host, api_settings.port), backlog=1024)
    except OSError as error:
        return _refuse(f"ADDRESS_UNUSABLE: {api_settings.host}:{api_settings.port}: {error.strerror or error}")
    try:
        exchange = Exchange.open(settings)
    except (StartRefused, JournalError, SecretsError, StoreError, OSError) as error:
        listening.close()
        return _refuse(str(error))
    with listening, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(serve_exchange(exchange, api_settings, listening))


def server_config(exchange: Exchange, settings: ApiSettings) -> uvicorn.Config:
    return uvicorn.Config(
        create_app(exchange, settings),
        http="httptools",
        ws=FeedProtocol,
        ws_max_size=_WEBSOCKET_MESSAGE_BYTES,
        ws_per_message_deflate=False,
        ws_ping_interval=settings.websocket_ping_s,
        ws_ping_timeout=settings.websocket_ping_s,
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=settings.shutdown_timeout_s,
    )


def log_to_stderr() -> None:
    """Logs are lines on stderr, so that what a program prints stays its own."""
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")


async def serve_exchange(exchange: Exchange, settings: ApiSettings, listening: socket.socket) -> int:
    """Serve an opened exchange on a bound socket until a signal or its failure, and close it; the exit status."""
    server = _Server(server_config(exchange, settings))
    loop = asyncio.get_running_loop()

    def stop() -> None:
        server.should_exit = True

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    watching = asyncio.create_task(_watch(exchange, server))
    address = listening.getsockname()
    log.info("serving", host=address[0], port=address[1], data=str(exchange.settings.data_folder))
    await server.serve([listening])
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching
    return FAILED if exchange.failed.is_set() or not server.started else STOPPED


async def _watch(exchange: Exchange, server: uvicorn.Server) -> None:
    """A failed exchange acknowledges nothing more; the process ends, so that a supervisor starts it anew."""
    while not exchange.failed.is_set():  # noqa: ASYNC110 - the event is a thread's
        await asyncio.sleep(_WATCH_S)
    server.should_exit = True


def _refuse(line: str) -> int:
    sys.stderr.write(line.replace("\n", " ") + "\n")
    return NOT_STARTED


if __name__ == "__main__":
    sys.exit(serve(Settings(), ApiSettings()))
