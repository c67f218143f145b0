"""Whether an order may stand, asked in the documented order; each check returns a `Reason`, `NONE` to go on.

The groups are those of `docs/reference/refusals.md`: shape, identity, permission, market state, limits, liquidity,
money, matching. None of them changes anything.
"""

import re

from exchange.matching.order_book import BUY, SELL, Book, Order
from exchange.matching.state import Account, Entitlement, MachineState
from exchange.vocabulary.instruments import Mode, OrderFlag, OrderType, Phase, SelfTrade, TimeInForce
from exchange.vocabulary.participants import ParticipantState
from exchange.vocabulary.reasons import Reason
from exchange.vocabulary.state import InstrumentRow
from exchange.vocabulary.units import MAX_LOTS, MAX_NOTIONAL_MINOR, MAX_PRICE_TICKS, PPM

OK = Reason.NONE
_LIMIT, _MARKET = int(OrderType.LIMIT), int(OrderType.MARKET)
_GTC, _IOC, _FOK = int(TimeInForce.GTC), int(TimeInForce.IOC), int(TimeInForce.FOK)
_POST_ONLY = int(OrderFlag.POST_ONLY)
_CONTINUOUS, _CLOSED, _HALTED = int(Phase.CONTINUOUS), int(Phase.CLOSED), int(Phase.HALTED)
_CANCEL_ONLY = int(Phase.CANCEL_ONLY)
_CONTINUOUS_MODE = int(Mode.CONTINUOUS)
_ACTIVE = int(ParticipantState.ACTIVE)
_CANCEL_OLDEST = int(SelfTrade.CANCEL_OLDEST)
_MODES_OF_SELF_TRADE = len(SelfTrade)

CLIENT_ORDER_ID = re.compile(rb"[ -~]{1,40}\0*")


# (type, time in force, flags) that go together in rules version 1.
_COMBINATIONS = frozenset(
    {(_LIMIT, _GTC, 0), (_LIMIT, _GTC, _POST_ONLY)}
    | {(type_, tif, 0) for type_ in (_LIMIT, _MARKET) for tif in (_IOC, _FOK)}
)


def shape(
    side: int,
    type_: int,
    tif: int,
    self_trade: int,
    flags: int,
    price_ticks: int,
    lots: int,
    unused: int,
    client_order_id: bytes,
) -> Reason:
    """Rules version 1 knows limit and market orders, GTC, IOC and FOK; `unused` is what only other orders set."""
    if side not in (BUY, SELL):
        return Reason.BAD_SIDE
    if type_ not in (_LIMIT, _MARKET):
        return Reason.BAD_TYPE
    if tif not in (_GTC, _IOC, _FOK):
        return Reason.BAD_TIF
    if unused or (type_, tif, flags) not in _COMBINATIONS or self_trade > _MODES_OF_SELF_TRADE:
        return Reason.BAD_COMBINATION
    if client_order_id[0] and not CLIENT_ORDER_ID.fullmatch(client_order_id):
        return Reason.BAD_COMBINATION
    if price_ticks if type_ == _MARKET else not 1 <= price_ticks <= MAX_PRICE_TICKS:
        return Reason.BAD_PRICE
    return OK if 1 <= lots <= MAX_LOTS else Reason.BAD_SIZE


def permission(
    state: MachineState, account: Account, book: Book, side: int, more_lots: int, entitlement: Entitlement | None
) -> Reason:
    """Blocked party, then the gate's verdict with its counters; `more_lots` is what would be open beyond today's."""
    if account.blocked or account.participant.state != _ACTIVE:
        return Reason.ACCOUNT_BLOCKED
    if entitlement is None:
        return Reason.NOT_ENTITLED
    if entitlement.expires_at_ns < state.timestamp_ns:
        return Reason.ENTITLEMENT_EXPIRED
    if position_lots(account, book, side, entitlement) + more_lots > entitlement.position_limit_lots:
        return Reason.QUOTA_EXCEEDED
    if entitlement.min_days and too_early(state, account, book, side, entitlement.min_days):
        return Reason.TOO_EARLY
    if side == BUY and book.terms.max_holders and too_many_holders(state, account, book):
        return Reason.TOO_MANY_HOLDERS
    return OK


def position_lots(account: Account, book: Book, side: int, entitlement: Entitlement) -> int:
    """Held + open + delivered of a buyer; of a seller what it has open, since selling more only shrinks the rest."""
    if side == SELL:
        return entitlement.open_lots
    base = book.terms.base
    return account.balance(base).total + entitlement.open_lots + account.delivered_lots.get(base, 0)


def too_early(state: MachineState, account: Account, book: Book, side: int, min_days: int) -> bool:
    """Whether the beneficial owner traded the other side less than `min_days` trading days ago, or is about to."""
    terms, other = book.terms, BUY + SELL - side
    last_day = state.last_days.get((account.owner, terms.instrument, other))
    if last_day is not None and terms.trading_day - last_day < min_days:
        return True
    return any(
        order.book is book and order.side == other
        for sibling in state.accounts.values()
        if sibling.owner == account.owner
        for order in sibling.open_orders.values()
    )


def too_many_holders(state: MachineState, account: Account, book: Book) -> bool:
    """Whether a new holder would exceed the cap: owners with held, open-buy or delivered lots count."""
    base = book.terms.base
    holders = {
        each.owner
        for each in state.accounts.values()
        if each.account
        and (
            (base in each.balances and each.balances[base].total)
            or each.delivered_lots.get(base)
            or any(order.book is book and order.side == BUY for order in each.open_orders.values())
        )
    }
    return account.owner not in holders and len(holders) >= book.terms.max_holders


def market_state(terms: InstrumentRow) -> Reason:
    phase = terms.phase
    if phase == _CONTINUOUS:
        return OK if terms.modes & _CONTINUOUS_MODE else Reason.MODE_NOT_LICENSED
    if phase == _CLOSED:
        return Reason.INSTRUMENT_CLOSED
    return Reason.INSTRUMENT_HALTED if phase == _HALTED else Reason.CANCEL_ONLY


def limits(account: Account, terms: InstrumentRow, price_ticks: int, lots: int, may_rest: bool) -> Reason:
    """Bands, maximum size and notional, number of open orders; `price_ticks` zero is a market order's."""
    if price_ticks and terms.reference_price_ticks and terms.static_band_ppm and outside_band(terms, price_ticks):
        return Reason.PRICE_OUTSIDE_BAND
    if lots > terms.max_lots:
        return Reason.SIZE_ABOVE_MAXIMUM
    notional = price_ticks * lots * terms.minor_per_tick_lot
    if notional > terms.max_notional_minor or notional > MAX_NOTIONAL_MINOR:
        return Reason.NOTIONAL_ABOVE_MAXIMUM
    if may_rest and len(account.open_orders) >= account.max_open_orders:
        return Reason.TOO_MANY_OPEN_ORDERS
    return OK


def outside_band(terms: InstrumentRow, price_ticks: int) -> bool:
    """Outside the static band round the reference price, bounds inclusive and rounded inward (rule 17)."""
    reference, band = terms.reference_price_ticks, terms.static_band_ppm
    low = -(-reference * (PPM - band) // PPM)
    high = reference * (PPM + band) // PPM
    return not max(low, 1) <= price_ticks <= min(high, MAX_PRICE_TICKS)


def collar_price(book: Book, side: int) -> int | None:
    """A market order's limit: the best opposite price and the collar, rounded inward; None with nothing opposite."""
    best, collar = book.opposite(side).best, book.terms.collar_ppm
    if best is None:
        return None
    if side == BUY:
        return min(best.price_ticks * (PPM + collar) // PPM, MAX_PRICE_TICKS)
    return max(-(-best.price_ticks * (PPM - collar) // PPM), 1)


def money(order: Order, more_hold: int) -> Reason:
    balance = order.held_balance()
    if balance.total - balance.held >= more_hold:
        return OK
    return Reason.INSUFFICIENT_FUNDS if order.side == BUY else Reason.INSUFFICIENT_CLAIMS


def matching(order: Order) -> Reason:
    """What only the book can refuse: a post-only order that would trade, a fill-or-kill that would not fill."""
    if order.post_only:
        best = order.book.opposite(order.side).best
        if best is not None and _crosses(order, best.price_ticks):
            return Reason.POST_ONLY_WOULD_TAKE
    if order.tif == _FOK and not fillable(order):
        return Reason.FOK_NOT_FILLABLE
    return OK


def fillable(order: Order) -> bool:
    """Whether the whole order would trade. Own orders are passed over by `cancel_oldest`; every other mode would
    end the order there or take size off it without a trade (rules 2, 11)."""
    wanted, owner = order.leaves_lots, order.account.owner
    for level in order.book.opposite(order.side).crossing(order.price_ticks):
        for maker in level.orders.values():
            if maker.account.owner != owner:
                wanted -= maker.leaves_lots
            elif order.self_trade != _CANCEL_OLDEST:
                return False
            if wanted <= 0:
                return True
    return False


def _crosses(order: Order, opposite_ticks: int) -> bool:
    return opposite_ticks <= order.price_ticks if order.side == BUY else opposite_ticks >= order.price_ticks
