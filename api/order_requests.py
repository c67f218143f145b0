"""What clients may say about orders, decoded by msgspec and made into commands.

Only what words and numbers mean is decided here; whether an order may stand is the engine's to say. Numbers are taken
from their literal text, as strings or JSON numbers, so that none passes through a float.
"""

import hashlib
import re
from collections.abc import Mapping
from typing import Annotated, Final, TypeVar

import msgspec

from api.answers import time_ns
from api.errors import ApiError
from api.market import Book
from api.order_numbers import ABSENT, funds_minor, offset_ticks, price_ticks, size_lots
from api.refusals import refusal
from exchange.vocabulary.commands import AmendOrder, PlaceOrder
from exchange.vocabulary.instruments import OrderFlag, OrderType, Peg, SelfTrade, Side, TimeInForce
from exchange.vocabulary.reasons import Reason
from exchange.vocabulary.units import NS_PER_SECOND
from exchange.vocabulary.wire import Scales

_SIDES: Final = {"buy": Side.BUY, "sell": Side.SELL}
_TYPES: Final = {
    "limit": OrderType.LIMIT,
    "market": OrderType.MARKET,
    "trailing_stop": OrderType.TRAILING_STOP,
    "pegged": OrderType.PEGGED,
    "oco": OrderType.OCO,
}
_PEGS: Final = {peg.name.lower(): peg for peg in Peg}
_TIMES: Final = {
    "GTC": TimeInForce.GTC,
    "IOC": TimeInForce.IOC,
    "FOK": TimeInForce.FOK,
    "GTT": TimeInForce.GTD,
    "DAY": TimeInForce.DAY,
    "AT_OPEN": TimeInForce.AT_OPEN,
    "AT_CLOSE": TimeInForce.AT_CLOSE,
}
_SELF_TRADE: Final = {
    "dc": SelfTrade.DECREMENT,
    "co": SelfTrade.CANCEL_OLDEST,
    "cn": SelfTrade.CANCEL_NEWEST,
    "cb": SelfTrade.CANCEL_BOTH,
}
_AFTER_S: Final = {"min": 60, "hour": 3_600, "day": 86_400}
_STOPS: Final = {"entry": Side.BUY, "loss": Side.SELL}
_CLIENT_OID = re.compile(r"[ -~]{1,40}")

T = TypeVar("T")
Text = Annotated[str, msgspec.Meta(max_length=64)]


class Place(msgspec.Struct, kw_only=True):
    """The body of a new order."""

    product_id: Text
    side: Text
    type: Text = "limit"
    size: msgspec.Raw = ABSENT
    price: msgspec.Raw = ABSENT
    funds: msgspec.Raw = ABSENT
    stop_price: msgspec.Raw = ABSENT
    stop: Text | None = None
    trail: msgspec.Raw = ABSENT
    peg: Text | None = None
    offset: msgspec.Raw = ABSENT
    exit_price: msgspec.Raw = ABSENT
    exit_stop_price: msgspec.Raw = ABSENT
    time_in_force: Text | None = None
    display_size: msgspec.Raw = ABSENT
    min_size: msgspec.Raw = ABSENT
    cancel_after: Text | None = None
    expire_time: Text | None = None
    post_only: bool | None = None
    stp: Text | None = None
    client_oid: str | None = None
    profile_id: Text | None = None


class Amend(msgspec.Struct, kw_only=True):
    """The body of a change; `size` is the order's whole size, filled part included."""

    size: msgspec.Raw = ABSENT
    price: msgspec.Raw = ABSENT
    display_size: msgspec.Raw = ABSENT
    stop_price: msgspec.Raw = ABSENT
    expire_time: Text | None = None
    client_oid: str | None = None


class Batch(msgspec.Struct):
    orders: list[msgspec.Raw]


class Cancel(msgspec.Struct):
    """What some clients send as the body of a cancel."""

    product_id: Text | None = None
    side: Text | None = None
    profile_id: Text | None = None


_place = msgspec.json.Decoder(Place)
_amend = msgspec.json.Decoder(Amend)
_batch = msgspec.json.Decoder(Batch)
_cancel = msgspec.json.Decoder(Cancel)


def read_place(body: bytes | msgspec.Raw) -> Place:
    return read_json(_place, body)


def read_amend(body: bytes) -> Amend:
    return read_json(_amend, body)


def read_batch(body: bytes) -> list[msgspec.Raw]:
    return read_json(_batch, body).orders


def read_cancel(body: bytes) -> Cancel:
    """No body is fine: then nothing narrows the cancel."""
    return read_json(_cancel, body) if body else Cancel()


def read_json(decoder: "msgspec.json.Decoder[T]", body: bytes | msgspec.Raw) -> T:
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise ApiError(400, str(error), "BAD_REQUEST") from None
    except msgspec.DecodeError:
        raise ApiError(400, "the body is no JSON", "MALFORMED_JSON") from None


def placed(request: Place, book: Book, actor: int, account: int, now_ns: int, *, dry_run: bool) -> PlaceOrder:
    """The command; ApiError where a word or a number means nothing."""
    side = _word(_SIDES, request.side, Reason.BAD_SIDE)
    type_ = _word(_TYPES, request.type, Reason.BAD_TYPE)
    stop_ticks = price_ticks(request.stop_price, book.scales)
    if request.stop is not None and (not stop_ticks or _word(_STOPS, request.stop, Reason.BAD_COMBINATION) != side):
        raise refusal(Reason.BAD_COMBINATION, "a stop has a stop_price: `loss` sells, `entry` buys")
    command = PlaceOrder(
        actor=actor,
        account=account,
        instrument=book.instrument,
        flags=(OrderFlag.POST_ONLY if request.post_only else 0) | (OrderFlag.DRY_RUN if dry_run else 0),
        side=side,
        type=_with_stop(type_) if stop_ticks else type_,
        trail_ticks=price_ticks(request.trail, book.scales),
        peg=_word(_PEGS, request.peg, Reason.BAD_COMBINATION) if request.peg else 0,
        offset_ticks=offset_ticks(request.offset, book.scales),
        exit_price_ticks=price_ticks(request.exit_price, book.scales),
        exit_stop_ticks=price_ticks(request.exit_stop_price, book.scales),
        tif=_time_in_force(request.time_in_force, type_),
        self_trade=_word(_SELF_TRADE, request.stp or "dc", Reason.BAD_COMBINATION),
        price_ticks=price_ticks(request.price, book.scales),
        lots=size_lots(request.size, book.scales),
        display_lots=size_lots(request.display_size, book.scales),
        min_lots=size_lots(request.min_size, book.scales),
        stop_price_ticks=stop_ticks,
        funds_minor=funds_minor(request.funds, book.scales),
        expire_at_ns=_expiry(request.cancel_after, request.expire_time, now_ns),
        client_order_id=client_oid(request.client_oid),
    )
    if command.client_order_id:
        command.fingerprint = _fingerprint(command, request.cancel_after, request.expire_time)
    return command


def amended(request: Amend, scales: Scales, order_id: int, actor: int, account: int, instrument: int) -> AmendOrder:
    price, lots = price_ticks(request.price, scales), size_lots(request.size, scales)
    new_id = client_oid(request.client_oid)
    display, stop = size_lots(request.display_size, scales), price_ticks(request.stop_price, scales)
    expire = _expiry(None, request.expire_time, 0)
    if not (price or lots or display or stop or expire or new_id):
        raise ApiError(400, "an amendment names something new", "NOTHING_TO_AMEND")
    return AmendOrder(
        actor=actor,
        account=account,
        instrument=instrument,
        order_id=order_id,
        price_ticks=price,
        lots=lots,
        display_lots=display,
        stop_price_ticks=stop,
        expire_at_ns=expire,
        new_client_order_id=new_id,
    )


def client_oid(text: str | None) -> str:
    """What a request calls its order; empty where it does not."""
    return named_oid(text) if text else ""


def named_oid(text: str) -> str:
    """What an order is looked for by: nothing is no name, though many orders have none."""
    if not _CLIENT_OID.fullmatch(text):
        raise ApiError(400, "client_oid is 1 to 40 printable ASCII characters", "BAD_CLIENT_OID")
    return text


def side_of(text: str | None) -> int:
    """Zero, which means both, where no side is named."""
    return _word(_SIDES, text, Reason.BAD_SIDE) if text else 0


def _word(words: Mapping[str, int], text: str, reason: Reason) -> int:
    if text not in words:
        raise refusal(reason, allowed=", ".join(words))
    return int(words[text])


def _with_stop(type_: int) -> int:
    """A stop price makes a stop of a plain order; others have their own use for it, or none."""
    return {OrderType.MARKET: OrderType.STOP, OrderType.LIMIT: OrderType.STOP_LIMIT}.get(OrderType(type_), type_)


def _time_in_force(text: str | None, type_: int) -> int:
    if text is None:
        return TimeInForce.IOC if type_ == OrderType.MARKET else TimeInForce.GTC
    return _word(_TIMES, text, Reason.BAD_TIF)


def _expiry(cancel_after: str | None, expire_time: str | None, now_ns: int) -> int:
    if expire_time is not None:
        return time_ns(expire_time, "expire_time")
    if cancel_after is None:
        return 0
    return now_ns + _word(_AFTER_S, cancel_after, Reason.BAD_TIF) * NS_PER_SECOND


def _fingerprint(command: PlaceOrder, cancel_after: str | None, expire_time: str | None) -> bytes:
    """Of all that the client said, so that a repeat is told from another order under the same id.

    An expiry counts as it was said: a span means another time with each repeat.
    """
    # A dry run asks for the very order that it is the dry run of.
    flags = command.flags & ~OrderFlag.DRY_RUN
    said = (
        command.instrument, flags, command.side, command.type, command.tif, command.self_trade,
        command.price_ticks, command.lots, command.stop_price_ticks, command.funds_minor, command.display_lots,
        command.min_lots, command.trail_ticks, command.peg, command.offset_ticks, command.exit_price_ticks,
        command.exit_stop_ticks,
    )  # fmt: skip
    return hashlib.blake2b(
        repr(([int(each) for each in said], cancel_after, expire_time)).encode(), digest_size=16
    ).digest()
