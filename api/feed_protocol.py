"""uvicorn's websocket protocol, which also lets the application abort a socket.

ASGI knows only a polite close, and that waits until what was written has been read: a client that reads nothing, and
answers no ping, would keep its socket for as long as it likes.
"""

from typing import Final

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

ABORT_EXTENSION: Final = "tlx.abort"
"""The extension of a connection's scope whose `call` aborts the socket."""


class FeedProtocol(WebSocketsSansIOProtocol):
    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        if not self.handshake_complete:  # Else the handshake was refused, and there is no scope.
            extensions = self.scope["extensions"]
            assert extensions is not None
            extensions[ABORT_EXTENSION] = {"call": self.transport.abort}
