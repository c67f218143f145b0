"""Negotiated trades (rule 21): offers, private to named accounts or posted to all; acceptance, and withdrawal.

An offer is an order that waits outside the book for a counterparty: holds, counters, timers, client order ids and
whatever ends orders treat it as one. So is its acceptance, which enters and trades at once.
"""

from exchange.matching import checks
from exchange.matching.checks import OK
from exchange.matching.order_book import BUY, OFFERED, SELL, Offer, Order
from exchange.matching.standing import expiry, hold_needed
from exchange.matching.state import Account, Entitlement, MachineState
from exchange.matching.trading import Matcher, add_fill
from exchange.matching.wishes import CLIENT_ORDER_ID
from exchange.matching.writer import ACCEPTED, REPLAYED_ORDER, EventWriter
from exchange.vocabulary import commands, events
from exchange.vocabulary.instruments import MatchType, Mode, OrderType, Phase, SelfTrade, TimeInForce
from exchange.vocabulary.offering import named_accounts, packed_accounts
from exchange.vocabulary.reasons import DoneReason, Reason
from exchange.vocabulary.rows import InstrumentRow
from exchange.vocabulary.units import MAX_LOTS, MAX_PRICE_TICKS

_OFFER, _NEGOTIATED = int(OrderType.OFFER), int(MatchType.NEGOTIATED)
_GTC, _GTD, _FOK = map(int, (TimeInForce.GTC, TimeInForce.GTD, TimeInForce.FOK))
_CANCELED, _FILLED = int(DoneReason.CANCELED), int(DoneReason.FILLED)
_STOPPED = {int(Phase.HALTED): Reason.INSTRUMENT_HALTED, int(Phase.CANCEL_ONLY): Reason.CANCEL_ONLY}

Entering = commands.MakeOffer | commands.AcceptOffer
"""Commands that enter an order."""


class OfferMatcher(Matcher):
    """What happens to an offer, and to an acceptance, once nothing can refuse it any more."""

    def post(self, order: Order) -> None:
        self._enter_with_hold(order)
        if order.expire_at_ns:
            self.state.timers[expiry(order)] = (order.order_id, 0, 0)
        self._wait(order, OFFERED)

    def accept(self, offer: Order, acceptance: Order) -> None:
        """The acceptance is never in the book, so nobody but its owner is told of it; of the trade everyone is."""
        self._enter_with_hold(acceptance)
        self.writer.order(ACCEPTED, acceptance, acceptance.hold, flags=events.WAITS)
        lots, terms = acceptance.leaves_lots, offer.book.terms
        notional = offer.price_ticks * lots * terms.minor_per_tick_lot
        fees = (
            add_fill(offer, lots, notional, offer.maker_ppm),
            add_fill(acceptance, lots, notional, acceptance.taker_ppm),
        )
        if offer.side == BUY:
            changes = self._settle(offer, acceptance, lots, notional, *fees)
        else:
            changes = self._settle(acceptance, offer, lots, notional, *fees[::-1])[::-1]
        self._take_off(offer, lots, hidden_first=False)
        if not offer.leaves_lots:
            self._leave(offer)
            self._finish(offer, _FILLED)
        self._finish(acceptance, _FILLED)
        self.writer.trade(offer, acceptance, offer.price_ticks, lots, notional, fees, changes, _NEGOTIATED)

    def _enter_with_hold(self, order: Order) -> None:
        order.held_balance().held += order.hold
        self.state.orders[order.order_id] = order


class OfferDesk:
    def __init__(self, state: MachineState, writer: EventWriter, matcher: OfferMatcher) -> None:
        self.state = state
        self.writer = writer
        self.matcher = matcher

    def make(self, command: commands.MakeOffer) -> None:
        reason = self._shape(command)
        if reason is not OK:
            return self._refuse(command, reason)
        account, book = self.state.accounts[command.account], self.state.books[command.instrument]
        if self._is_answered(command, account):
            return None
        entitlement = account.entitlements.get((command.instrument, command.side))
        reason = checks.permission(self.state, account, book, command.side, command.lots, entitlement)
        if reason is OK:
            reason = _market_state(book.terms)
        if reason is OK:
            reason = _limits(account, book.terms, command.price_ticks, command.lots)
        if reason is not OK or entitlement is None:
            return self._refuse(command, reason, _decision(entitlement))
        order = Order(command.sequence * 16, account, book, entitlement, command.timestamp_ns)
        order.offer = Offer(command.part, named_accounts(command.to))
        order.tif, order.expire_at_ns = _GTD if command.expire_at_ns else _GTC, command.expire_at_ns
        _fill_in(order, command.side, command.price_ticks, command.lots)
        reason = checks.money(order, order.hold)
        if reason is not OK:
            return self._refuse(command, reason)
        _name(order, command)
        self.matcher.post(order)
        return self._tell_terms(order)

    def accept(self, command: commands.AcceptOffer) -> None:
        account = self.state.accounts.get(command.account)
        if account is None or not command.account:
            return self._refuse(command, Reason.UNKNOWN_ACCOUNT)
        if not _is_name(command.client_order_id) or command.flags:
            return self._refuse(command, Reason.BAD_COMBINATION)
        if self._is_answered(command, account):
            return None
        offer = self._seen(account, command.offer)
        if offer is None:
            return self._refuse(command, Reason.UNKNOWN_OFFER)
        lots = command.lots or offer.leaves_lots
        side = BUY + SELL - offer.side
        entitlement = account.entitlements.get((offer.book.terms.instrument, side))
        reason = self._may_accept(account, offer, lots, entitlement)
        if reason is not OK or entitlement is None:
            return self._refuse(command, reason, _decision(entitlement))
        order = Order(command.sequence * 16, account, offer.book, entitlement, command.timestamp_ns)
        order.tif = _FOK
        _fill_in(order, side, offer.price_ticks, lots)
        reason = checks.money(order, order.hold)
        if reason is not OK:
            return self._refuse(command, reason)
        _name(order, command)
        return self.matcher.accept(offer, order)

    def withdraw(self, command: commands.WithdrawOffer) -> None:
        account = self.state.accounts.get(command.account)
        offer = None
        if account is not None and command.offer:
            offer = self._seen(account, command.offer)
        elif account is not None:
            named = account.client_ids.get(_padded(command.client_order_id))
            offer = named if named is not None and named.offer is not None else None
        if offer is None:
            return self._refuse(command, Reason.UNKNOWN_OFFER)
        if offer.account is not account:
            return self._refuse(command, Reason.NOT_OWNER)
        if offer.done_ns:
            return self._refuse(command, Reason.TOO_LATE)
        return self.matcher.end(offer, _CANCELED)

    def _shape(self, command: commands.MakeOffer) -> Reason:
        """Whether the fields are values that exist, go together, and lie within bounds."""
        if command.instrument not in self.state.books:
            return Reason.UNKNOWN_INSTRUMENT
        if not command.account or command.account not in self.state.accounts:
            return Reason.UNKNOWN_ACCOUNT
        if command.side not in (BUY, SELL):
            return Reason.BAD_SIDE
        if command.expire_at_ns and command.expire_at_ns < command.timestamp_ns:
            return Reason.BAD_TIF
        strangers = any(account not in self.state.accounts for account in named_accounts(command.to))
        if command.part > 1 or strangers or command.flags or not _is_name(command.client_order_id):
            return Reason.BAD_COMBINATION
        if not 1 <= command.price_ticks <= MAX_PRICE_TICKS:
            return Reason.BAD_PRICE
        return OK if 1 <= command.lots <= MAX_LOTS else Reason.BAD_SIZE

    def _is_answered(self, command: Entering, account: Account) -> bool:
        """Whether the client order id settles the matter: the first answer again for the same request, else a refusal
        (rule 15)."""
        client_id = _padded(command.client_order_id)
        if not command.client_order_id:
            return False
        known = account.client_ids.get(client_id)
        if known is not None and known.fingerprint == command.fingerprint and known.client_order_id == client_id:
            self.writer.order(REPLAYED_ORDER, known, 0, flags=events.REPLAYED, reason=known.done_reason)
            if known.offer is not None:
                self._tell_terms(known, events.REPLAYED)
        elif known is not None:
            self._refuse(command, Reason.DUPLICATE_CLIENT_ORDER_ID)
        elif len(account.client_ids) >= account.max_client_ids:
            self._refuse(command, Reason.TOO_MANY_CLIENT_IDS)
        else:
            return False
        return True

    def _seen(self, account: Account, order_id: int) -> Order | None:
        """The offer as far as the account may know of it: its own, made to it, or posted to all."""
        order = self.state.orders.get(order_id)
        if order is None or order.offer is None:
            return None
        to = order.offer.to
        return order if order.account is account or not to or account.account in to else None

    def _may_accept(self, account: Account, offer: Order, lots: int, entitlement: Entitlement | None) -> Reason:
        assert offer.offer is not None
        if offer.done_ns:
            return Reason.TOO_LATE
        if not 1 <= lots <= offer.leaves_lots or (lots < offer.leaves_lots and not offer.offer.part):
            return Reason.BAD_SIZE
        if offer.account.owner == account.owner:
            return Reason.SELF_TRADE
        side = BUY + SELL - offer.side
        reason = checks.permission(self.state, account, offer.book, side, lots, entitlement)
        return reason if reason is not OK else _market_state(offer.book.terms)

    def _tell_terms(self, order: Order, flags: int = 0) -> None:
        assert order.offer is not None
        header = {"flags": flags, "account": order.account.account, "instrument": order.book.terms.instrument}
        part, to = order.offer.part, packed_accounts(order.offer.to)
        self.writer.event(events.OfferTerms(**header, offer=order.order_id, part=part, to=to))

    def _refuse(self, command: Entering | commands.WithdrawOffer, reason: Reason, decision: int = 0) -> None:
        # Only printable ids are echoed: what is no id is no text for anybody's screen.
        echoed = _padded(command.client_order_id) if _is_name(command.client_order_id) else b""
        subject = 0 if isinstance(command, commands.MakeOffer) else command.offer
        self.writer.refused(reason, command.KIND, command.account, command.instrument, decision, subject, echoed)


def _fill_in(order: Order, side: int, price_ticks: int, lots: int) -> None:
    """What an offer and an acceptance are made of. Both pay the negotiated fee, and hold no more than that."""
    order.side, order.type, order.self_trade = side, _OFFER, int(SelfTrade.DECREMENT)
    order.price_ticks, order.lots, order.leaves_lots = price_ticks, lots, lots
    order.maker_ppm = order.taker_ppm = order.book.terms.negotiated_ppm
    order.hold = hold_needed(order, price_ticks, lots)


def _name(order: Order, command: Entering) -> None:
    if command.client_order_id:
        client_id = _padded(command.client_order_id)
        order.client_order_id = order.last_client_order_id = client_id
        order.fingerprint = command.fingerprint
        order.account.client_ids[client_id] = order


def _market_state(terms: InstrumentRow) -> Reason:
    """Negotiated trades need no book, so the phase only matters where everything has stopped."""
    if terms.phase in _STOPPED:
        return _STOPPED[terms.phase]
    return OK if terms.modes & Mode.NEGOTIATED else Reason.MODE_NOT_LICENSED


def _limits(account: Account, terms: InstrumentRow, price_ticks: int, lots: int) -> Reason:
    """Maximum size and notional, number of open orders; no band is asked."""
    if lots > terms.max_lots:
        return Reason.SIZE_ABOVE_MAXIMUM
    if checks.notional_above_maximum(terms, price_ticks * lots * terms.minor_per_tick_lot):
        return Reason.NOTIONAL_ABOVE_MAXIMUM
    return OK if len(account.open_orders) < account.max_open_orders else Reason.TOO_MANY_OPEN_ORDERS


def _decision(entitlement: Entitlement | None) -> int:
    return entitlement.entitlement if entitlement else 0


def _is_name(client_order_id: str) -> bool:
    """Printable, or none."""
    return not client_order_id or CLIENT_ORDER_ID.fullmatch(client_order_id.encode()) is not None


def _padded(client_order_id: str) -> bytes:
    return client_order_id.encode().ljust(40, b"\0")
