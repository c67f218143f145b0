"""Commands on orders: place, cancel, amend, mass cancel. Refusals come first and change nothing; then it acts."""

from exchange.matching import checks
from exchange.matching.checks import OK
from exchange.matching.order_book import Book, Order
from exchange.matching.registry import Registry
from exchange.matching.state import Account, MachineState
from exchange.matching.trading import Matcher, hold_needed
from exchange.matching.writer import AMENDED, REPLAYED_ORDER, EventWriter
from exchange.vocabulary import commands, events
from exchange.vocabulary.instruments import OrderFlag, OrderType, SelfTrade, TimeInForce
from exchange.vocabulary.reasons import DoneReason, Reason

_UNPACK_PLACE = commands.PlaceOrder.STRUCT.unpack_from
_PLACE, _CANCEL = commands.PlaceOrder.KIND, commands.CancelOrder.KIND
_UNPACK_CANCEL = commands.CancelOrder.STRUCT.unpack_from
_MARKET, _GTC = int(OrderType.MARKET), int(TimeInForce.GTC)
_DECREMENT, _POST_ONLY = int(SelfTrade.DECREMENT), int(OrderFlag.POST_ONLY)
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
            side, type_, tif, self_trade, price, lots, display, minimum, stop, funds, expire, client_id, fingerprint,
        ) = _UNPACK_PLACE(batch, offset)  # fmt: skip
        state = self.state
        book, account = state.books.get(instrument_id), state.accounts.get(account_id)
        if book is None:
            return self._refuse(Reason.UNKNOWN_INSTRUMENT, account_id, instrument_id, client_id)
        if account is None or not account_id:
            return self._refuse(Reason.UNKNOWN_ACCOUNT, account_id, instrument_id, client_id)
        unused = display | minimum | stop | funds | expire
        reason = checks.shape(side, type_, tif, self_trade, flags, price, lots, unused, client_id)
        if reason is not OK:
            return self._refuse(reason, account_id, instrument_id, client_id)
        if client_id[0]:
            known = account.client_ids.get(client_id)
            if known is not None:
                return self._repeat(known, client_id, fingerprint)
            if len(account.client_ids) >= account.max_client_ids:
                return self._refuse(Reason.TOO_MANY_CLIENT_IDS, account_id, instrument_id, client_id)
        entitlement = account.entitlements.get((instrument_id, side))
        reason = checks.permission(state, account, book, side, lots, entitlement)
        if reason is not OK:
            decision = entitlement.entitlement if entitlement else 0
            return self._refuse(reason, account_id, instrument_id, client_id, decision)
        assert entitlement is not None
        order = Order(sequence * 16, account, book, entitlement, now)
        order.side, order.type, order.tif, order.price_ticks = side, type_, tif, price
        order.lots = order.leaves_lots = lots
        order.self_trade = self_trade or _DECREMENT
        order.post_only = flags & _POST_ONLY
        reason = self._admit(order)
        if reason is not OK:
            return self._refuse(reason, account_id, instrument_id, client_id)
        if client_id[0]:
            order.client_order_id = order.last_client_order_id = client_id
            order.fingerprint = fingerprint
            account.client_ids[client_id] = order
        return self.matcher.enter(order)

    def _admit(self, order: Order) -> Reason:
        """Market state, limits, liquidity, money, matching; counts out the hold and a market order's collar."""
        book, account = order.book, order.account
        terms = book.terms
        reason = checks.market_state(terms)
        if reason is not OK:
            return reason
        collar = checks.collar_price(book, order.side) if order.type == _MARKET else None
        price = (collar or 0) if order.type == _MARKET else order.price_ticks
        banded = 0 if order.type == _MARKET else price
        reason = checks.limits(account, terms, banded, order.lots, order.tif == _GTC)
        if reason is not OK:
            return reason
        if order.type == _MARKET:
            if collar is None:
                return Reason.NO_LIQUIDITY
            order.price_ticks = price
            reason = checks.limits(account, terms, price, order.lots, may_rest=False)
            if reason is Reason.NOTIONAL_ABOVE_MAXIMUM:
                return reason
        order.hold = hold_needed(order, price, order.lots)
        reason = checks.money(order, order.hold)
        return reason if reason is not OK else checks.matching(order)

    def cancel(self, batch: bytes, offset: int) -> None:
        _, _, _, _, _, _, _, account_id, _, order_id, client_id = _UNPACK_CANCEL(batch, offset)
        order, reason = self._find(account_id, order_id, client_id)
        if order is None or reason is not OK:
            return self._refuse(reason, account_id, 0, client_id, subject=order_id, kind=_CANCEL)
        return self.matcher.end(order, _CANCELED)

    def mass_cancel(self, command: commands.MassCancel) -> None:
        """Every order of account, instrument and side, lowest id first; over all accounts only for an operator."""
        reason = self._may_mass_cancel(command)
        if reason is not OK:
            return self.writer.refused(reason, command.KIND, command.account, command.instrument)
        state = self.state
        chosen = [state.accounts[command.account]] if command.account else list(state.accounts.values())
        canceled = [
            order
            for account in chosen
            for order in account.open_orders.values()
            if command.instrument in (0, order.book.terms.instrument) and command.side in (0, order.side)
        ]
        for order in sorted(canceled, key=lambda order: order.order_id):
            self.matcher.end(order, _MASS_CANCELED)
        header = {"account": command.account, "instrument": command.instrument}
        return self.writer.event(events.MassCanceled(**header, canceled=len(canceled)))

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

    def amend(self, command: commands.AmendOrder) -> None:
        """Rule 8: smaller keeps its place; another price or a larger size loses it and may take."""
        client_id = command.client_order_id.encode().ljust(40, b"\0")
        order, reason = self._find(command.account, command.order_id, client_id)
        if order is not None and reason is OK:
            reason = self._may_amend(order, command)
        if order is None or reason is not OK:
            subject = command.order_id or (order.order_id if order else 0)
            return self.writer.refused(reason, command.KIND, command.account, command.instrument, 0, subject, client_id)
        new_id = command.new_client_order_id.encode().ljust(40, b"\0")
        if new_id[0]:
            _rename(order, new_id)
        return self._change(order, command.price_ticks or order.price_ticks, command.lots or order.lots)

    def _change(self, order: Order, price: int, lots: int) -> None:
        old_price, old_leaves = order.price_ticks, order.leaves_lots
        leaves = lots - order.cum_lots
        keeps_place = price == old_price and lots <= order.lots
        side = order.book.side(order.side)
        if not keeps_place:
            self.matcher.lift(order)
        order.price_ticks, order.lots, order.leaves_lots = price, lots, leaves
        change = self.matcher.set_hold(order, hold_needed(order, price, leaves))
        if keeps_place:
            assert order.level is not None
            order.level.lots -= old_leaves - leaves
            order.entitlement.open_lots -= old_leaves - leaves
        best = order.book.opposite(order.side).best
        if not keeps_place and best is not None and best.price_ticks * side.sign >= price * side.sign:
            self.writer.order(AMENDED, order, change, old_price, old_leaves)
            return self.matcher.take(order)
        if not keeps_place:
            self.matcher.rest(order)
        return self.writer.order(AMENDED, order, change, old_price, old_leaves, flags=events.RESTS)

    def _may_amend(self, order: Order, command: commands.AmendOrder) -> Reason:
        """The groups of an order again, for the order as it would be."""
        account, book = order.account, order.book
        price, lots = command.price_ticks or order.price_ticks, command.lots or order.lots
        new_id = command.new_client_order_id.encode().ljust(40, b"\0")
        unused = 0 if command.lots >= 0 and command.price_ticks >= 0 else -1
        flags = _POST_ONLY if order.post_only else 0
        reason = checks.shape(order.side, order.type, order.tif, order.self_trade, flags, price, lots, 0, new_id)
        if reason is OK and (unused or lots <= order.cum_lots):
            reason = Reason.BAD_SIZE
        if reason is OK and new_id[0]:
            reason = self._may_rename(order, new_id)
        if reason is OK:
            more = lots - order.lots
            reason = checks.permission(self.state, account, book, order.side, max(more, 0), order.entitlement)
        if reason is OK:
            reason = checks.market_state(book.terms)
        if reason is OK:
            reason = checks.limits(account, book.terms, price, lots, may_rest=False)
        return reason if reason is not OK else self._may_cost(order, price, lots)

    def _may_rename(self, order: Order, new_id: bytes) -> Reason:
        account = order.account
        if account.client_ids.get(new_id, order) is not order:
            return Reason.DUPLICATE_CLIENT_ORDER_ID
        full = new_id not in account.client_ids and len(account.client_ids) >= account.max_client_ids
        return Reason.TOO_MANY_CLIENT_IDS if full else OK

    def _may_cost(self, order: Order, price: int, lots: int) -> Reason:
        reason = checks.money(order, hold_needed(order, price, lots - order.cum_lots) - order.hold)
        if reason is OK and order.post_only:
            best = order.book.opposite(order.side).best
            sign = order.book.side(order.side).sign
            if best is not None and best.price_ticks * sign >= price * sign:
                return Reason.POST_ONLY_WOULD_TAKE
        return reason

    def _find(self, account_id: int, order_id: int, client_id: bytes) -> tuple[Order | None, Reason]:
        state = self.state
        if order_id:
            order = state.orders.get(order_id)
        else:
            account = state.accounts.get(account_id)
            order = account.client_ids.get(client_id) if account else None
        if order is None:
            return None, Reason.UNKNOWN_ORDER
        if order.account.account != account_id:
            return order, Reason.NOT_OWNER
        return order, Reason.TOO_LATE if order.done_ns else OK

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
        echoed = client_id if client_id[0] and checks.CLIENT_ORDER_ID.fullmatch(client_id) else b""
        self.writer.refused(reason, kind, account, instrument, decision, subject, echoed)


def _rename(order: Order, new_id: bytes) -> None:
    """The first and the newest client order id find the order; one in between is free again."""
    ids = order.account.client_ids
    if order.last_client_order_id != order.client_order_id:
        ids.pop(order.last_client_order_id)
    order.last_client_order_id = new_id
    ids[new_id] = order


def covered(account: Account, book: Book, side: int) -> list[Order]:
    """The account's resting orders on one side of one book, lowest order id first."""
    return [order for _, order in sorted(account.open_orders.items()) if order.book is book and order.side == side]
