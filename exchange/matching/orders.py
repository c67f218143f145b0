"""Commands on orders: place, cancel, mass cancel. Refusals come first and change nothing; then it acts."""

from collections.abc import Iterable
from operator import attrgetter

from exchange.matching import checks, dry_runs
from exchange.matching.checks import OK
from exchange.matching.order_book import BUY, SELL, Book, Options, Order
from exchange.matching.registry import Registry
from exchange.matching.standing import hold_needed
from exchange.matching.state import Account, MachineState
from exchange.matching.stops import trailed
from exchange.matching.trading import Matcher
from exchange.matching.wishes import CLIENT_ORDER_ID, Wish, is_plain, shape
from exchange.matching.writer import REPLAYED_ORDER, EventWriter
from exchange.vocabulary import commands, events
from exchange.vocabulary.bands import collared
from exchange.vocabulary.instruments import OrderFlag, OrderType, SelfTrade, TimeInForce
from exchange.vocabulary.reasons import DoneReason, Reason

_UNPACK_PLACE = commands.PlaceOrder.STRUCT.unpack_from
_PLACE, _CANCEL = commands.PlaceOrder.KIND, commands.CancelOrder.KIND
_UNPACK_CANCEL = commands.CancelOrder.STRUCT.unpack_from
_, _MARKET, _STOP, _, _TRAILING, _PEGGED, _OCO, _ = map(int, OrderType)
_STOPS = frozenset((_STOP, _TRAILING))
_COLLARED = _STOPS | {_MARKET}
_RESTING = frozenset(map(int, (TimeInForce.GTC, TimeInForce.DAY, TimeInForce.GTD)))
_DECREMENT, _POST_ONLY, _DRY_RUN = int(SelfTrade.DECREMENT), int(OrderFlag.POST_ONLY), int(OrderFlag.DRY_RUN)
_CANCELED, _MASS_CANCELED = int(DoneReason.CANCELED), int(DoneReason.MASS_CANCELED)


class OrderDesk:
    """Place and cancel read their records field by field, because they are nearly all of the traffic."""

    def __init__(self, state: MachineState, writer: EventWriter, matcher: Matcher, registry: Registry) -> None:
        self.state = state
        self.writer = writer
        self.matcher = matcher
        self.registry = registry

    def place(self, batch: bytes, offset: int) -> None:
        (
            sequence, now, _, _, flags, _, _, account_id, instrument_id,
            side, type_, tif, self_trade, price, lots, display, minimum, stop, funds, expire,
            trail, exit_price, exit_stop, offset_ticks, peg, client_id, fingerprint,
        ) = _UNPACK_PLACE(batch, offset)  # fmt: skip
        state = self.state
        book, account = state.books.get(instrument_id), state.accounts.get(account_id)
        if book is None:
            return self._refuse(Reason.UNKNOWN_INSTRUMENT, account_id, instrument_id, client_id)
        if account is None or not account_id:
            return self._refuse(Reason.UNKNOWN_ACCOUNT, account_id, instrument_id, client_id)
        special = trail | exit_price | exit_stop | offset_ticks | peg
        if display | minimum | stop | funds | expire | special or not is_plain(
            side, type_, tif, self_trade, flags, price, lots, client_id
        ):
            asked = flags & ~_DRY_RUN
            wish = Wish(
                side, type_, tif, self_trade, asked, price, lots, display, minimum, stop, funds, expire,
                trail, exit_price, exit_stop, offset_ticks, peg,
            )  # fmt: skip
            reason = shape(wish, now, client_id)
            if reason is not OK:
                return self._refuse(reason, account_id, instrument_id, client_id)
        if client_id[0]:
            known = account.client_ids.get(client_id)
            if known is not None or len(account.client_ids) >= account.max_client_ids:
                return self._not_new(known, account_id, instrument_id, client_id, fingerprint)
        entitlement = account.entitlements.get((instrument_id, side))
        reason = checks.permission(state, account, book, side, lots or 1, entitlement)
        if reason is OK and (exit_price or exit_stop):
            reason = self.may_exit(account, book, BUY + SELL - side, lots)
        if reason is not OK:
            decision = entitlement.entitlement if entitlement else 0
            return self._refuse(reason, account_id, instrument_id, client_id, decision)
        assert entitlement is not None
        order = Order(sequence * 16, account, book, entitlement, now)
        order.side, order.type, order.tif, order.price_ticks = side, type_, tif, price
        order.lots = order.leaves_lots = lots
        order.self_trade, order.post_only = self_trade or _DECREMENT, flags & _POST_ONLY
        order.display_lots, order.stop_price_ticks = display, stop
        order.funds_minor, order.expire_at_ns = funds, expire
        if special or type_ == _OCO:
            order.options = Options(trail, exit_price, exit_stop, offset_ticks, peg)
        reason = self._admit(order, minimum)
        if reason is not OK:
            return self._refuse(reason, account_id, instrument_id, client_id)
        if flags & _DRY_RUN:
            return dry_runs.tell(self.writer, order, client_id)
        if client_id[0]:
            order.client_order_id = order.last_client_order_id = client_id
            order.fingerprint = fingerprint
            account.client_ids[client_id] = order
        return self.matcher.enter(order)

    def _admit(self, order: Order, min_lots: int) -> Reason:
        """Market state, limits, liquidity, money, matching; counts out the hold and a collared price."""
        book, account = order.book, order.account
        terms = book.terms
        reason = checks.market_state(order, min_lots)
        if reason is not OK:
            return reason
        calls = checks.joins_call(order)
        rests = calls or order.tif in _RESTING
        if calls and order.type == _MARKET and checks.band_edge(book, order.side) is None:
            return Reason.NO_REFERENCE_PRICE
        if order.type == _TRAILING and not self._start_trailing(order):
            return Reason.NO_REFERENCE_PRICE
        reason = checks.limits(terms, order.price_ticks, order.lots)
        if reason is OK and order.options is not None:
            reason = self._admit_options(order, order.options)
        if reason is OK and order.type in _COLLARED:
            reason = self._collar(order, calls)
        opens = _opens(order, rests)
        if reason is OK and opens and len(account.open_orders) + opens > account.max_open_orders:
            reason = Reason.TOO_MANY_OPEN_ORDERS
        if reason is OK and order.type == _MARKET:
            reason = _liquidity(order)
        if reason is not OK:
            return reason
        order.hold = order.funds_minor or hold_needed(order, order.price_ticks, order.lots)
        reason = checks.money(order, order.hold)
        if reason is not OK or calls or (order.type > _MARKET and order.type != _OCO):
            return reason
        return checks.matching(order, min_lots)

    def _collar(self, order: Order, calls: bool) -> Reason:
        """The limit of an order without a price of its own: the collar round the best opposite price or round the stop
        price, the band's far edge in a call; zero with nothing opposite. Its notional, or its funds, pass the limit."""
        terms = order.book.terms
        if checks.notional_above_maximum(terms, order.funds_minor):
            return Reason.NOTIONAL_ABOVE_MAXIMUM
        if order.type in _STOPS:
            price: int | None = collared(order.side, order.stop_price_ticks, terms.collar_ppm)
        elif calls:
            price = checks.band_edge(order.book, order.side)
        else:
            price = checks.collar_price(order.book, order.side)
        order.price_ticks = price or 0
        over = checks.notional_above_maximum(terms, order.price_ticks * order.lots * terms.minor_per_tick_lot)
        return Reason.NOTIONAL_ABOVE_MAXIMUM if over else OK

    def may_exit(self, account: Account, book: Book, side: int, lots: int) -> Reason:
        """Whether the account may close `lots` that a bracket's entry fills, and on the day on which it fills. What an
        exit buys back its owner held before."""
        entitlement = account.entitlements.get((book.terms.instrument, side))
        more_lots = lots if side == SELL else 0
        reason = checks.permission(self.state, account, book, side, more_lots, entitlement)
        return Reason.TOO_EARLY if reason is OK and entitlement is not None and entitlement.min_days else reason

    def _start_trailing(self, order: Order) -> bool:
        """A trailing stop starts from the last price, or the reference price; whether there is one."""
        terms, options = order.book.terms, order.options
        assert options is not None
        options.mark_ticks = terms.last_price_ticks or terms.reference_price_ticks
        order.stop_price_ticks = trailed(order.side, options.mark_ticks, options.trail_ticks)
        return options.mark_ticks > 0

    def _admit_options(self, order: Order, options: Options) -> Reason:
        """Bands and maxima for what else the order may come to, and the worst price that it may have to pay."""
        terms = order.book.terms
        if order.type == _PEGGED:
            options.cap_ticks = order.price_ticks
        elif order.type == _OCO:
            options.cap_ticks = worst_of_two(order, order.price_ticks, order.stop_price_ticks)
        exit_price = options.exit_price_ticks
        if exit_price and checks.band_refuses(terms, exit_price):
            return Reason.PRICE_OUTSIDE_BAND
        dearest = max(exit_price, options.exit_stop_ticks, options.cap_ticks)
        if checks.notional_above_maximum(terms, dearest * order.lots * terms.minor_per_tick_lot):
            return Reason.NOTIONAL_ABOVE_MAXIMUM
        return OK

    def cancel(self, batch: bytes, offset: int) -> None:
        _, _, _, _, _, _, _, account_id, _, order_id, client_id = _UNPACK_CANCEL(batch, offset)
        order, reason = self.find(account_id, order_id, client_id)
        if order is None or reason is not OK:
            return self._refuse(reason, account_id, 0, client_id, subject=order_id, kind=_CANCEL)
        return self.matcher.end(order, _CANCELED)

    def mass_cancel(self, command: commands.MassCancel) -> None:
        """Every order of account, instrument and side, lowest id first, but in a frozen call.

        Over all accounts only for an operator.
        """
        reason = self._may_mass_cancel(command)
        if reason is not OK:
            return self.writer.refused(reason, command.KIND, command.account, command.instrument)
        state = self.state
        chosen = [state.accounts[command.account]] if command.account else list(state.accounts.values())
        named = [
            order
            for account in chosen
            for order in account.open_orders.values()
            if command.instrument in (0, order.book.terms.instrument) and command.side in (0, order.side)
        ]
        canceled = self.end_all(named, _MASS_CANCELED)
        header = {"account": command.account, "instrument": command.instrument}
        return self.writer.event(events.MassCanceled(**header, canceled=canceled))

    def end_all(self, named: Iterable[Order], reason: int) -> int:
        """End open orders, the lowest id first, but those of a frozen call; how many ended."""
        now = self.writer.timestamp_ns
        ending = sorted((order for order in named if not checks.frozen(order, now)), key=attrgetter("order_id"))
        for order in ending:
            self.matcher.end(order, reason)
        return len(ending)

    def _may_mass_cancel(self, command: commands.MassCancel) -> Reason:
        if command.instrument and command.instrument not in self.state.books:
            return Reason.UNKNOWN_INSTRUMENT
        if command.account and command.account not in self.state.accounts:
            return Reason.UNKNOWN_ACCOUNT
        if command.side not in (0, 1, 2):
            return Reason.BAD_SIDE
        if not command.account and not self.registry.may_manage(command.actor):
            return Reason.NOT_PERMITTED
        return OK

    def find(self, account_id: int, order_id: int, client_id: bytes) -> tuple[Order | None, Reason]:
        state = self.state
        if order_id:
            order = state.orders.get(order_id)
        else:
            account = state.accounts.get(account_id)
            order = account.client_ids.get(client_id) if account else None
        if order is None or order.offer is not None:  # Offers are withdrawn, and never amended.
            return None, Reason.UNKNOWN_ORDER
        if order.account.account != account_id:
            return order, Reason.NOT_OWNER
        if order.done_ns:
            return order, Reason.TOO_LATE
        return order, Reason.AUCTION_FROZEN if checks.frozen(order, self.writer.timestamp_ns) else OK

    def _not_new(
        self, known: Order | None, account_id: int, instrument_id: int, client_id: bytes, fingerprint: bytes
    ) -> None:
        if known is not None:
            return self._repeat(known, client_id, fingerprint)
        return self._refuse(Reason.TOO_MANY_CLIENT_IDS, account_id, instrument_id, client_id)

    def _repeat(self, order: Order, client_id: bytes, fingerprint: bytes) -> None:
        """The first answer again for the same request; another request under the same id is refused (rule 15)."""
        if order.fingerprint == fingerprint and order.client_order_id == client_id:
            return self.writer.order(REPLAYED_ORDER, order, 0, flags=events.REPLAYED, reason=order.done_reason)
        account, instrument = order.account.account, order.book.terms.instrument
        return self._refuse(Reason.DUPLICATE_CLIENT_ORDER_ID, account, instrument, client_id, subject=order.order_id)

    def _refuse(
        self,
        reason: Reason,
        account: int,
        instrument: int,
        client_id: bytes,
        decision: int = 0,
        subject: int = 0,
        kind: int = _PLACE,
    ) -> None:
        # Only printable ids are echoed: what is no id is no text for anybody's screen.
        echoed = client_id if client_id[0] and CLIENT_ORDER_ID.fullmatch(client_id) else b""
        self.writer.refused(reason, kind, account, instrument, decision, subject, echoed)


def _opens(order: Order, rests: bool) -> int:
    """How many open orders may come of it: a bracket's exit is one more."""
    options = order.options
    return rests + (options is not None and bool(options.exit_price_ticks or options.exit_stop_ticks))


def _liquidity(order: Order) -> Reason:
    """Whether there is something for a market order to take, and funds for one lot of it, outside calls."""
    if not order.price_ticks:
        return Reason.NO_LIQUIDITY
    if order.funds_minor:
        best = order.book.opposite(order.side).best
        assert best is not None
        if not checks.affordable_lots(order, best.price_ticks):
            return Reason.FUNDS_TOO_SMALL
    return OK


def worst_of_two(order: Order, price_ticks: int, stop_price_ticks: int) -> int:
    """The dearer leg of a one-cancels-other order, which a purchase holds."""
    return max(price_ticks, collared(order.side, stop_price_ticks, order.book.terms.collar_ppm))


def covered(account: Account, book: Book, side: int) -> list[Order]:
    """The account's resting orders on one side of one book, lowest order id first."""
    return [order for _, order in sorted(account.open_orders.items()) if order.book is book and order.side == side]
