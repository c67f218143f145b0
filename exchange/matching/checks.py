"""Whether an order may stand, asked in the documented order; each check returns a `Reason`, `NONE` to go on.

The groups are those of `docs/reference/refusals.md`: shape, identity, permission, market state, limits, liquidity,
money, matching. None of them changes anything.
"""

from exchange.matching.order_book import BUY, SELL, Book, Order
from exchange.matching.state import Account, Entitlement, MachineState
from exchange.vocabulary.bands import collared, static_band
from exchange.vocabulary.instruments import Mode, OrderType, Phase, SelfTrade, TimeInForce
from exchange.vocabulary.participants import ParticipantState
from exchange.vocabulary.reasons import Reason
from exchange.vocabulary.rows import InstrumentRow
from exchange.vocabulary.units import MAX_LOTS, MAX_NOTIONAL_MINOR, PPM, round_half_even

OK = Reason.NONE
_MARKET = int(OrderType.MARKET)
_IOC, _FOK = int(TimeInForce.IOC), int(TimeInForce.FOK)
_AT_OPEN, _AT_CLOSE = int(TimeInForce.AT_OPEN), int(TimeInForce.AT_CLOSE)
_CONTINUOUS, _VOLATILITY = int(Phase.CONTINUOUS), int(Phase.VOLATILITY_AUCTION)
_OPENING = frozenset(map(int, (Phase.PRE_OPEN, Phase.OPENING_AUCTION)))
_SHUT = {
    int(Phase.CLOSED): Reason.INSTRUMENT_CLOSED,
    int(Phase.HALTED): Reason.INSTRUMENT_HALTED,
    int(Phase.CANCEL_ONLY): Reason.CANCEL_ONLY,
}
_CONTINUOUS_MODE, _CALL_MODE = int(Mode.CONTINUOUS), int(Mode.CALL_AUCTION)
_SINGLE_SELLER_MODE = int(Mode.SINGLE_SELLER_AUCTION)
_ACTIVE = int(ParticipantState.ACTIVE)
_CANCEL_OLDEST, _DECREMENT = int(SelfTrade.CANCEL_OLDEST), int(SelfTrade.DECREMENT)


def permission(
    state: MachineState, account: Account, book: Book, side: int, more_lots: int, entitlement: Entitlement | None
) -> Reason:
    """Blocked party, then the gate's verdict with its counters; `more_lots` is what would be open beyond today's,
    negative where an amend asks for less."""
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


def market_state(order: Order, min_lots: int) -> Reason:
    """Whether the phase takes such an order, and the venue's licence such trading (table of phases)."""
    terms = order.book.terms
    phase, tif = terms.phase, order.tif
    if phase == _CONTINUOUS:
        if not terms.modes & _CONTINUOUS_MODE or (tif == _AT_CLOSE and not _call_is_licensed(order)):
            return Reason.MODE_NOT_LICENSED
        return OK if tif != _AT_OPEN else Reason.TIF_NOT_IN_PHASE
    if phase in _SHUT:
        return _SHUT[phase]
    if not _call_is_licensed(order) or (_needs_continuous(order) and not terms.modes & _CONTINUOUS_MODE):
        return Reason.MODE_NOT_LICENSED
    if tif == _FOK or (tif == _IOC and (order.type != _MARKET or order.funds_minor or min_lots)):
        return Reason.TIF_NOT_IN_PHASE
    return Reason.TIF_NOT_IN_PHASE if tif == _AT_OPEN and phase not in _OPENING else OK


def _needs_continuous(order: Order) -> bool:
    """Whether the order waits for continuous trading, or its exit would enter it."""
    options = order.options
    exits = options is not None and (options.exit_price_ticks or options.exit_stop_ticks)
    return order.type > _MARKET or bool(exits)


def _call_is_licensed(order: Order) -> bool:
    """Volatility auctions go with continuous trading, but not what waits for the close in them."""
    terms = order.book.terms
    interrupts = terms.phase == _VOLATILITY and order.tif != _AT_CLOSE
    if terms.modes & _CALL_MODE or (interrupts and terms.modes & _CONTINUOUS_MODE):
        return True
    issues = order.side == BUY or order.account.account == order.book.issuer
    return bool(terms.modes & _SINGLE_SELLER_MODE) and issues


def joins_call(order: Order) -> bool:
    """Whether the order is for an auction, this one or a later one, and not for continuous trading."""
    return order.tif >= _AT_OPEN or order.book.terms.phase != _CONTINUOUS


def frozen(order: Order, now_ns: int) -> bool:
    """Whether the order's call has passed the time from which nothing is taken back; an offer is in no call."""
    return order.offer is None and 0 < order.book.terms.freezes_at_ns <= now_ns


def limits(terms: InstrumentRow, price_ticks: int, lots: int) -> Reason:
    """Bands, maximum size and notional; `price_ticks` zero is a market order's."""
    if price_ticks and band_refuses(terms, price_ticks):
        return Reason.PRICE_OUTSIDE_BAND
    if lots > terms.max_lots:
        return Reason.SIZE_ABOVE_MAXIMUM
    if notional_above_maximum(terms, price_ticks * lots * terms.minor_per_tick_lot):
        return Reason.NOTIONAL_ABOVE_MAXIMUM
    return OK


def notional_above_maximum(terms: InstrumentRow, notional_minor: int) -> bool:
    return notional_minor > terms.max_notional_minor or notional_minor > MAX_NOTIONAL_MINOR


def band_refuses(terms: InstrumentRow, price_ticks: int) -> bool:
    """Whether there is a static band and the price lies outside it."""
    return bool(terms.reference_price_ticks and terms.static_band_ppm) and outside_band(terms, price_ticks)


def outside_band(terms: InstrumentRow, price_ticks: int) -> bool:
    """Outside the static band round the reference price, bounds inclusive and rounded inward (rule 17)."""
    low, high = static_band(terms.reference_price_ticks, terms.static_band_ppm)
    return not low <= price_ticks <= high


def collar_price(book: Book, side: int) -> int | None:
    """A market order's limit: the best opposite price and the collar; None with nothing opposite."""
    best = book.opposite(side).best
    return None if best is None else collared(side, best.price_ticks, book.terms.collar_ppm)


def band_edge(book: Book, side: int) -> int | None:
    """The far edge of the static band, the limit of a market order in a call; None without a band."""
    terms = book.terms
    if not (terms.reference_price_ticks and terms.static_band_ppm):
        return None
    return collared(side, terms.reference_price_ticks, terms.static_band_ppm)


def static_bounds(book: Book) -> tuple[int, int]:
    """The lowest and highest price that the static band allows; every price where there is none."""
    return static_band(book.terms.reference_price_ticks, book.terms.static_band_ppm)


def dynamic_bounds(book: Book, sequence: int) -> tuple[int, int] | None:
    """The lowest and highest price that may trade in this command, round the last trade before it; None for any."""
    terms = book.terms
    if book.band_sequence != sequence:
        book.band_sequence, book.last_before = sequence, terms.last_price_ticks
    last, band = book.last_before, terms.dynamic_band_ppm
    return (collared(SELL, last, band), collared(BUY, last, band)) if last and band else None


def affordable_lots(order: Order, price_ticks: int) -> int:
    """The most whole lots at this price whose notional and fee fit what is left of the order's funds (rule 3)."""
    left = order.funds_minor - order.cum_notional_minor
    worth = price_ticks * order.book.terms.minor_per_tick_lot

    def fits(lots: int) -> bool:
        notional = lots * worth
        return notional + round_half_even(order.fee_num + notional * order.taker_ppm, PPM) <= left

    lots = max(0, (left - order.fee_minor) * PPM // (worth * (PPM + order.taker_ppm)) + 1)
    while lots and not fits(lots):
        lots -= 1
    return min(lots, MAX_LOTS)


def money(order: Order, more_hold: int) -> Reason:
    balance = order.held_balance()
    if balance.total - balance.held >= more_hold:
        return OK
    return Reason.INSUFFICIENT_FUNDS if order.side == BUY else Reason.INSUFFICIENT_CLAIMS


def matching(order: Order, min_lots: int = 0) -> Reason:
    """What only the book can refuse: a post-only order that would trade, a fill-or-kill or a least size that would
    not be met."""
    if order.post_only:
        best = order.book.opposite(order.side).best
        if best is not None and crosses(order, best.price_ticks):
            return Reason.POST_ONLY_WOULD_TAKE
    if order.tif == _FOK and tradable_lots(order, order.lots) < order.lots:
        return Reason.FOK_NOT_FILLABLE
    if min_lots and tradable_lots(order, min_lots) < min_lots:
        return Reason.MIN_NOT_FILLABLE
    return OK


def tradable_lots(order: Order, enough: int) -> int:
    """How much of a new order would trade, up to `enough`, with self-trade prevention foreseen (rules 2, 7, 11).

    Own orders are passed over by `cancel_oldest`, end the order in `cancel_newest` and `cancel_both`, and take lots off
    it without a trade in `decrement`. Within a level every shown part comes before any hidden one.
    """
    traded, left = 0, order.leaves_lots
    owner, mode = order.account.owner, order.self_trade
    bounds = dynamic_bounds(order.book, order.order_id >> 4)
    for level in order.book.opposite(order.side).crossing(order.price_ticks):
        outside = bounds is not None and not bounds[0] <= level.price_ticks <= bounds[1]
        hidden = 0
        for maker in level.orders.values():
            taken = 0
            if maker.account.owner != owner:
                if outside:
                    return traded
                taken = min(left, maker.leaves_lots - maker.hidden_lots)
                hidden += maker.hidden_lots
            elif mode == _DECREMENT:
                left -= min(left, maker.leaves_lots)
            elif mode != _CANCEL_OLDEST:
                return traded
            traded, left = traded + taken, left - taken
            if traded >= enough or not left:
                return traded
        taken = min(left, hidden)
        traded, left = traded + taken, left - taken
        if traded >= enough or not left:
            return traded
    return traded


def crosses(order: Order, opposite_ticks: int) -> bool:
    return opposite_ticks <= order.price_ticks if order.side == BUY else opposite_ticks >= order.price_ticks
