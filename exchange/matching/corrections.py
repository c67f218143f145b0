"""Busts and adjustments of trades, out of what their parties have free (rule 22)."""

from collections.abc import Iterator

from exchange.matching.order_book import Book
from exchange.matching.proposals import Lack
from exchange.matching.registry import Registry, is_cause
from exchange.matching.state import MachineState
from exchange.matching.writer import EventWriter
from exchange.vocabulary import commands, events
from exchange.vocabulary.participants import VENUE
from exchange.vocabulary.reasons import Reason
from exchange.vocabulary.rows import TradeRow
from exchange.vocabulary.units import MAX_BALANCE, TRADES_KEPT_NS

OK = Reason.NONE


class Corrections:
    """Each command in two halves, because it takes two users: `check_...` refuses, the other acts."""

    def __init__(self, state: MachineState, writer: EventWriter, registry: Registry) -> None:
        self.state = state
        self.writer = writer
        self.registry = registry

    def check_bust(self, command: commands.BustTrade) -> Reason:
        trade, reason = self._managed_trade(command)
        if trade is None:
            return reason
        if not is_cause(command.reason):
            return Reason.BAD_VALUE
        if trade.busted:
            return Reason.BAD_STATE
        return Reason.BUST_IMPOSSIBLE if next(self._lacks(trade), None) else OK

    def lack(self, command: commands.BustTrade) -> Lack:
        """Who cannot give back what, the buyer before the seller before the venue."""
        trade = self._trade(self.state.books[command.instrument], command.trade_id)
        return Lack() if trade is None else next(self._lacks(trade), Lack())

    def bust(self, command: commands.BustTrade) -> None:
        """The trade's transfers the other way round. Orders, stops, last price and quotas stay as they are."""
        book = self.state.books[command.instrument]
        trade = self._found(book, command.trade_id)
        trade.busted = 1
        book.trades[_position(book, command.trade_id)] = trade.encode()
        terms, accounts = book.terms, self.state.accounts
        buyer, seller = accounts[trade.buyer], accounts[trade.seller]
        buyer.balance(terms.base).total -= trade.lots
        seller.balance(terms.base).total += trade.lots
        seller.balance(terms.quote).total -= trade.notional_minor - trade.seller_fee_minor
        buyer.balance(terms.quote).total += trade.notional_minor + trade.buyer_fee_minor
        self.state.venue.balance(terms.quote).total -= trade.buyer_fee_minor + trade.seller_fee_minor
        terms.product_sequence += 1
        self.writer.event(_busted(trade, book, command))

    def check_adjust(self, command: commands.AdjustTrade) -> Reason:
        trade, reason = self._managed_trade(command)
        if trade is None:
            return reason
        parties = {trade.buyer, trade.seller}
        if command.payer == command.payee or {command.payer, command.payee} != parties or not is_cause(command.reason):
            return Reason.BAD_VALUE
        if not 0 < command.amount <= MAX_BALANCE:
            return Reason.BAD_AMOUNT
        quote = self.state.books[command.instrument].terms.quote
        return OK if self._free(command.payer, quote) >= command.amount else Reason.INSUFFICIENT_FUNDS

    def adjust(self, command: commands.AdjustTrade) -> None:
        """Cash from one party to the other; the trade stands, and may be adjusted again or busted."""
        quote = self.state.books[command.instrument].terms.quote
        self.state.accounts[command.payer].balance(quote).total -= command.amount
        self.state.accounts[command.payee].balance(quote).total += command.amount
        self.writer.event(
            events.TradeAdjusted(
                instrument=command.instrument,
                trade_id=command.trade_id,
                quote=quote,
                payer=command.payer,
                payee=command.payee,
                amount=command.amount,
                reason=command.reason,
                evidence=command.evidence,
            )
        )

    def _managed_trade(self, command: commands.BustTrade | commands.AdjustTrade) -> tuple[TradeRow | None, Reason]:
        if not self.registry.may_manage(command.actor):
            return None, Reason.NOT_PERMITTED
        book = self.state.books.get(command.instrument)
        if book is None:
            return None, Reason.UNKNOWN_INSTRUMENT
        return self._trade(book, command.trade_id), Reason.UNKNOWN_TRADE

    def _trade(self, book: Book, trade_id: int) -> TradeRow | None:
        """A trade of the last seven days."""
        position = _position(book, trade_id)
        if not 0 <= position < len(book.trades):
            return None
        trade = TradeRow.decode(book.trades[position])
        return trade if trade.timestamp_ns >= self.state.timestamp_ns - TRADES_KEPT_NS else None

    def _found(self, book: Book, trade_id: int) -> TradeRow:
        trade = self._trade(book, trade_id)
        assert trade is not None, "a correction acts on what it has not checked"
        return trade

    def _lacks(self, trade: TradeRow) -> Iterator[Lack]:
        """What each side has too little of to give it back, the buyer's claims first."""
        terms = self.state.books[trade.instrument].terms
        for account, asset, amount in (
            (trade.buyer, terms.base, trade.lots),
            (trade.seller, terms.quote, trade.notional_minor - trade.seller_fee_minor),
            (VENUE, terms.quote, trade.buyer_fee_minor + trade.seller_fee_minor),
        ):
            lacking = amount - self._free(account, asset)
            if lacking > 0:
                yield Lack(account, asset, lacking)

    def _free(self, account: int, asset: int) -> int:
        balance = self.state.accounts[account].balance(asset)
        return balance.total - balance.held


def _position(book: Book, trade_id: int) -> int:
    """Where the book remembers a trade: trade ids leave no gap, and the last trade is remembered last."""
    return trade_id - 1 - book.terms.last_trade_id + len(book.trades)


def _busted(trade: TradeRow, book: Book, command: commands.BustTrade) -> events.TradeBusted:
    terms = book.terms
    return events.TradeBusted(
        instrument=terms.instrument,
        trade_id=trade.trade_id,
        product_sequence=terms.product_sequence,
        base=terms.base,
        quote=terms.quote,
        price_ticks=trade.price_ticks,
        lots=trade.lots,
        notional_minor=trade.notional_minor,
        buyer=trade.buyer,
        seller=trade.seller,
        buyer_fee_minor=trade.buyer_fee_minor,
        seller_fee_minor=trade.seller_fee_minor,
        traded_ns=trade.timestamp_ns,
        match_type=trade.match_type,
        reason=command.reason,
        evidence=command.evidence,
    )
