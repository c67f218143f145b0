"""What clients may ask of the feed, read out of their JSON, and the errors that answer what cannot be done."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from api.errors import ApiError
from api.feed_outbox import Message
from api.market import Market

OF_A_PRODUCT: Final = ("level2", "level2_raw", "matches", "ticker", "heartbeat", "full", "auction")
OF_THE_VENUE: Final = ("status",)
PRIVATE: Final = ("user", "balance")
CHANNELS: Final = (*OF_A_PRODUCT, *OF_THE_VENUE, *PRIVATE)
ALIASES: Final = {"level2_batch": "level2", "ticker_batch": "ticker"}
"""Names under which the dialect offers the conflated channels; here both names mean the same."""

EVERY_PRODUCT: Final = ""
GUARD: Final = "cancel_on_disconnect"
_TYPES: Final = frozenset({"subscribe", "unsubscribe", "subscriptions", GUARD})

Subscription = tuple[str, str]
"""A channel and a product id; `EVERY_PRODUCT` where the channel is not of one product, or `user` was asked for all."""


class _Channel(msgspec.Struct):
    name: str
    product_ids: list[str] = []


class _Resume(msgspec.Struct):
    sequence: int


class Request(msgspec.Struct):
    """A message of a client. `channels` are names, for all `product_ids`, or objects with ids of their own.

    `enabled` and `profile_id` belong to `cancel_on_disconnect`.
    """

    type: str
    product_ids: list[str] = []
    channels: list[str | _Channel] = []
    resume: _Resume | None = None
    key: str = ""
    signature: str = ""
    timestamp: str | int | float = ""
    passphrase: str = ""
    enabled: bool = True
    profile_id: str = ""

    @property
    def is_private(self) -> bool:
        return self.type == GUARD or any(_name(each) in PRIVATE for each in self.channels)

    def signed(self) -> Mapping[str, Any]:
        return {name: getattr(self, name) for name in ("key", "signature", "timestamp", "passphrase")}


class FeedError(Exception):
    """A message that is refused and changed nothing. `message` is what failed, `reason` why, `code` stable."""

    def __init__(self, message: str, reason: str, code: str, **details: Any) -> None:
        super().__init__(f"{code}: {reason}")
        self.told: Message = {"type": "error", "message": message, "reason": reason, "code": code, **details}


_decode: Final = msgspec.json.Decoder(Request).decode


def read_request(text: str) -> Request:
    """FeedError where it is no JSON, or no message of the feed."""
    try:
        request = _decode(text)
    except msgspec.ValidationError as error:
        raise FeedError("Malformed message", str(error), "BAD_REQUEST") from None
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise FeedError("Malformed JSON", str(error), "MALFORMED_JSON") from None
    if request.type not in _TYPES:
        raise FeedError("Malformed message", f"{request.type[:64]} is not a type of message", "UNKNOWN_TYPE")
    return request


def asked_for(request: Request, market: Market) -> list[Subscription]:
    """The subscriptions that a message names, each once. FeedError names the first channel or product that is none."""
    failed = f"Failed to {request.type}"
    if not request.channels and request.type == "subscribe":
        raise FeedError(failed, "channels are missing", "NO_CHANNELS")
    asked: dict[Subscription, None] = {}
    everything = OF_A_PRODUCT if request.product_ids else CHANNELS
    for each in request.channels or everything:
        own = each.product_ids if isinstance(each, _Channel) else []
        channel = _channel(_name(each), failed)
        products = [_product(product_id, market, failed) for product_id in own or request.product_ids]
        if channel not in OF_A_PRODUCT and not (channel == "user" and products):
            products = [EVERY_PRODUCT]
        if not products and request.type == "subscribe":
            raise FeedError(failed, f"{channel} needs product_ids", "NO_PRODUCTS", channel=channel)
        asked.update(dict.fromkeys((channel, product_id) for product_id in products or [EVERY_PRODUCT]))
    return list(asked)


def _name(channel: str | _Channel) -> str:
    return channel if isinstance(channel, str) else channel.name


def _channel(name: str, failed: str) -> str:
    channel = ALIASES.get(name, name)
    if channel not in CHANNELS:
        raise FeedError(failed, f"{name[:64]} is not a valid channel", "UNKNOWN_CHANNEL", channel=name[:64])
    return channel


def _product(product_id: str, market: Market, failed: str) -> str:
    try:
        return market.book(product_id).product_id
    except ApiError:
        reason = f"{product_id[:64]} is not a valid product"
        raise FeedError(failed, reason, "UNKNOWN_PRODUCT", product_id=product_id[:64]) from None


def told_subscriptions(subscriptions: Mapping[Subscription, Any]) -> Message:
    """The answer that lists what a connection is subscribed to, by channel."""
    channels: dict[str, list[str]] = {}
    for channel, product_id in subscriptions:
        channels.setdefault(channel, []).extend([product_id] if product_id else [])
    return {
        "type": "subscriptions",
        "channels": [{"name": name, "product_ids": products} for name, products in channels.items()],
    }
