"""What a client of the feed does: subscribe over a real websocket, and rebuild a book from what it hears alone."""

import json
import socket
import time
from contextlib import contextmanager
from urllib.parse import urlsplit
from zlib import crc32

from websockets.client import ClientProtocol
from websockets.sync.client import connect
from websockets.uri import parse_uri

from exchange.vocabulary.signing import WEBSOCKET_PATH, signature


def digits(decimal):
    """A decimal without its point and leading zeros, as the checksum sums it."""
    return decimal.replace(".", "").lstrip("0")


class WireBook:
    """The book of one product out of its snapshot and updates; every one of them is held to sequence and checksum."""

    def __init__(self):
        self.sequence = None
        self.sides = {"buy": {}, "sell": {}}
        self.heard = 0

    def hear(self, message):
        if message["type"] == "snapshot":
            self.sides = {"buy": dict(message["bids"]), "sell": dict(message["asks"])}
        elif message["type"] == "l2update":
            assert message["prev_sequence"] == self.sequence, "an update is missing"
            assert message["sequence"] > self.sequence
            for side, price, size in message["changes"]:
                self.sides[side].pop(price, None)
                if float(size):
                    self.sides[side][price] = size
        else:
            return
        self.sequence = message["sequence"]
        self.heard += 1
        assert self.checksum() == message["checksum"], f"another book at {self.sequence}"

    def levels(self, side):
        best_first = sorted(self.sides[side].items(), key=lambda level: float(level[0]), reverse=side == "buy")
        return [list(level) for level in best_first]

    def checksum(self):
        levels = self.levels("sell")[:10] + self.levels("buy")[:10]
        return crc32("".join(digits(price) + digits(size) for price, size in levels).encode())


class FeedClient:
    """A websocket with what it heard so far."""

    def __init__(self, websocket):
        self.websocket = websocket
        self.heard = []

    def send(self, message):
        self.websocket.send(message if isinstance(message, str | bytes) else json.dumps(message))

    def subscribe(self, product_ids, *channels, signer=None, **extra):
        asked = {"type": "subscribe", "product_ids": product_ids, "channels": list(channels)}
        self.send(asked | (auth(signer) if signer else {}) | extra)

    def next(self, timeout=10):
        self.heard.append(json.loads(self.websocket.recv(timeout=timeout)))
        return self.heard[-1]

    def until(self, kind, timeout=10, **fields):
        """The next message of a type, with these fields, passing over all others."""
        deadline = time.monotonic() + timeout
        while True:
            message = self.next(max(0.01, deadline - time.monotonic()))
            if message["type"] == kind and all(message.get(name) == value for name, value in fields.items()):
                return message

    def of(self, *kinds):
        return [message for message in self.heard if message["type"] in kinds]


@contextmanager
def feed_client(venue, path="/"):
    with connect(venue.url.replace("http", "ws") + path, max_size=2**24) as websocket:
        yield FeedClient(websocket)


def auth(client, **changed):
    """What signs a subscription for a client's key, with some of it changed."""
    timestamp = changed.get("timestamp", client.timestamp())
    signed = signature(client.secret, timestamp, "GET", WEBSOCKET_PATH)
    said = {"key": client.key, "passphrase": client.passphrase, "timestamp": timestamp, "signature": signed}
    return said | changed


@contextmanager
def deaf_client(venue, message):
    """A socket that subscribes and then reads nothing more; yields it."""
    url = venue.url.replace("http", "ws") + "/"
    protocol = ClientProtocol(parse_uri(url))
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.connect((urlsplit(url).hostname, urlsplit(url).port))
        protocol.send_request(protocol.connect())
        sock.sendall(b"".join(protocol.data_to_send()))
        answer = b""
        while not answer.endswith(b"\r\n\r\n"):
            answer += sock.recv(1)
        protocol.receive_data(answer)
        protocol.send_text(json.dumps(message).encode())
        sock.sendall(b"".join(protocol.data_to_send()))
        yield sock
