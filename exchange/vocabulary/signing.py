"""How a request is signed: the same words on the server and in every client.

The prehash is the timestamp, the method, the path with its query, and the body, in the bytes that travel; the signature
is the base64 of HMAC-SHA256 under the key's secret (the Coinbase Exchange scheme).
"""

import base64
import hashlib
import hmac
from typing import Final

WEBSOCKET_PATH: Final = "/users/self/verify"
"""What a websocket client signs, with method GET and no body, to subscribe to its private channels."""


def signature(secret: bytes, timestamp: str, method: str, path: str, body: bytes = b"") -> str:
    """Base64 of the signature; `secret` is the decoded one, `path` holds its query, `timestamp` is in seconds."""
    prehash = timestamp.encode() + method.upper().encode() + path.encode() + body
    # Not `hmac.digest`: that lets go of the interpreter, and a busy server waits long to get it back.
    return base64.b64encode(hmac.new(secret, prehash, hashlib.sha256).digest()).decode()


def headers(
    key: str, secret: bytes, passphrase: str, timestamp: str, method: str, path: str, body: bytes = b""
) -> dict[str, str]:
    """The four headers of a signed request."""
    return {
        "CB-ACCESS-KEY": key,
        "CB-ACCESS-SIGN": signature(secret, timestamp, method, path, body),
        "CB-ACCESS-TIMESTAMP": timestamp,
        "CB-ACCESS-PASSPHRASE": passphrase,
    }
