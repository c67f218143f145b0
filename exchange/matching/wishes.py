"""What an order asks for, and whether its fields are values that exist, go together and lie within bounds.

The first group of refusals of `docs/reference/refusals.md`.
"""

import re
from typing import NamedTuple

from exchange.matching.order_book import BUY, SELL
from exchange.vocabulary.instruments import OrderFlag, OrderType, Peg, SelfTrade, TimeInForce
from exchange.vocabulary.reasons import Reason
from exchange.vocabulary.units import MAX_LOTS, MAX_NOTIONAL_MINOR, MAX_PRICE_TICKS

OK = Reason.NONE
_LIMIT, _MARKET, _STOP, _STOP_LIMIT, _TRAILING, _PEGGED, _OCO, _ = map(int, OrderType)
_GTC, _IOC, _FOK, _DAY, _GTD, _AT_OPEN, _AT_CLOSE = map(int, TimeInForce)
_TYPES = frozenset((_LIMIT, _MARKET, _STOP, _STOP_LIMIT, _TRAILING, _PEGGED, _OCO))
_STOPS = frozenset((_STOP, _STOP_LIMIT, _OCO))
_WITHOUT_PRICE = frozenset((_MARKET, _STOP, _TRAILING))
_RESTING_TYPES = frozenset((_LIMIT, _STOP_LIMIT, _PEGGED, _OCO))
_SHOWN_IN_PART = frozenset((_LIMIT, _STOP_LIMIT))
_ENTRIES = frozenset((_LIMIT, _MARKET))
_TIFS = frozenset(map(int, TimeInForce))
_RESTING = frozenset((_GTC, _DAY, _GTD))
_TIFS_OF = {
    _LIMIT: _TIFS,
    _MARKET: frozenset((_IOC, _FOK, _AT_OPEN, _AT_CLOSE)),
    _STOP: _RESTING,
    _STOP_LIMIT: _RESTING,
    _TRAILING: _RESTING,
    _PEGGED: _RESTING,
    _OCO: _RESTING,
}
_POST_ONLY = int(OrderFlag.POST_ONLY)
_MODES_OF_SELF_TRADE = len(SelfTrade)
_PEGS = len(Peg)

CLIENT_ORDER_ID = re.compile(rb"[ -~]{1,40}\0*")


class Wish(NamedTuple):
    """What an order asks for; what it does not use is zero."""

    side: int
    type: int
    tif: int
    self_trade: int
    flags: int
    price_ticks: int
    lots: int
    display_lots: int
    min_lots: int
    stop_price_ticks: int
    funds_minor: int
    expire_at_ns: int
    trail_ticks: int = 0
    exit_price_ticks: int = 0
    exit_stop_ticks: int = 0
    offset_ticks: int = 0
    peg: int = 0


# (type, time in force, flags) that go together where nothing more is asked.
_PLAIN = frozenset(
    {(_LIMIT, tif, flags) for tif in (_GTC, _DAY) for flags in (0, _POST_ONLY)}
    | {(type_, tif, 0) for type_ in (_LIMIT, _MARKET) for tif in (_IOC, _FOK)}
)


def is_plain(
    side: int, type_: int, tif: int, self_trade: int, flags: int, price_ticks: int, lots: int, client_order_id: bytes
) -> bool:
    """Whether `shape` would say OK to an order without options: asked first, because nearly all orders are such."""
    return (
        side in (BUY, SELL)
        and (type_, tif, flags) in _PLAIN
        and self_trade <= _MODES_OF_SELF_TRADE
        and (not price_ticks if type_ == _MARKET else 1 <= price_ticks <= MAX_PRICE_TICKS)
        and 1 <= lots <= MAX_LOTS
        and (not client_order_id[0] or CLIENT_ORDER_ID.fullmatch(client_order_id) is not None)
    )


def shape(wish: Wish, now_ns: int, client_order_id: bytes) -> Reason:
    """Whether the fields are values that exist, go together, and lie within bounds."""
    if wish.side not in (BUY, SELL):
        return Reason.BAD_SIDE
    if wish.type not in _TYPES:
        return Reason.BAD_TYPE
    if wish.tif not in _TIFS or (wish.tif == _GTD and wish.expire_at_ns != 0 and wish.expire_at_ns < now_ns):
        return Reason.BAD_TIF
    if not _go_together(wish) or wish.self_trade > _MODES_OF_SELF_TRADE:
        return Reason.BAD_COMBINATION
    if client_order_id[0] and not CLIENT_ORDER_ID.fullmatch(client_order_id):
        return Reason.BAD_COMBINATION
    if wish.price_ticks if wish.type in _WITHOUT_PRICE else not 1 <= wish.price_ticks <= MAX_PRICE_TICKS:
        return Reason.BAD_PRICE
    if wish.type in _STOPS and not 1 <= wish.stop_price_ticks <= MAX_PRICE_TICKS:
        return Reason.BAD_PRICE
    if not _options_are_priced(wish):
        return Reason.BAD_PRICE
    if wish.funds_minor:
        return OK if 1 <= wish.funds_minor <= MAX_NOTIONAL_MINOR else Reason.BAD_SIZE
    if not 1 <= wish.lots <= MAX_LOTS:
        return Reason.BAD_SIZE
    return OK if 0 <= wish.display_lots <= wish.lots and 0 <= wish.min_lots <= wish.lots else Reason.BAD_SIZE


def _go_together(wish: Wish) -> bool:
    """The table of combinations."""
    type_, tif = wish.type, wish.tif
    rests, exits = type_ in _RESTING_TYPES and tif in _RESTING, wish.exit_price_ticks != 0 or wish.exit_stop_ticks != 0
    return (
        tif in _TIFS_OF[type_]
        and (type_ in _STOPS) == (wish.stop_price_ticks != 0)
        and (tif == _GTD) == (wish.expire_at_ns != 0)
        and wish.flags in (0, _POST_ONLY)
        and (rests or not wish.flags)
        and (not wish.display_lots or (rests and type_ in _SHOWN_IN_PART))
        and (type_ == _TRAILING) == (wish.trail_ticks != 0)
        and (1 <= wish.peg <= _PEGS if type_ == _PEGGED else not (wish.peg or wish.offset_ticks))
        and (not exits or (type_ in _ENTRIES and tif < _AT_OPEN and not wish.funds_minor))
        and (not wish.min_lots or (tif == _IOC and not wish.funds_minor))
        and (not wish.funds_minor or (type_ == _MARKET and tif == _IOC and wish.side == BUY and not wish.lots))
    )


def _options_are_priced(wish: Wish) -> bool:
    """Whether trail, exits and the two legs of an `oco` lie within bounds and on the right sides of each other."""
    if wish.type == _OCO and not _apart(wish.side, wish.price_ticks, wish.stop_price_ticks):
        return False
    exit_side = BUY + SELL - wish.side
    both = wish.exit_price_ticks and wish.exit_stop_ticks
    return (
        0 <= wish.trail_ticks <= MAX_PRICE_TICKS
        and 0 <= wish.exit_price_ticks <= MAX_PRICE_TICKS
        and 0 <= wish.exit_stop_ticks <= MAX_PRICE_TICKS
        and (not both or _apart(exit_side, wish.exit_price_ticks, wish.exit_stop_ticks))
    )


def _apart(side: int, price_ticks: int, stop_ticks: int) -> bool:
    """A sale's limit lies above its stop, a purchase's below."""
    return price_ticks > stop_ticks if side == SELL else price_ticks < stop_ticks
