"""Orders, trades and the ledger as the API and the command line read them: rows of integers, newest first.

Reads see what the projector has committed; a caller who must see its own write waits for that sequence first. Pages go
on `before` the last id of the page before them.
"""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import FromClause, or_, select, tuple_, union_all
from sqlalchemy.sql.functions import coalesce

from exchange.ledger.accounts import Entry, own_buckets
from exchange.store import tables
from exchange.store.reader import PAGE, Reader, Row, given
from exchange.vocabulary.instruments import Side

_OPTIONS: Final = [column for column in tables.order_options.columns if not column.primary_key]
_ORDERS: Final = select(tables.orders, *_OPTIONS).outerjoin(
    tables.order_options, tables.order_options.c.order_id == tables.orders.c.order_id
)
"""With what only orders that follow have, which is null for the others."""


class History(Reader):
    """What happened to orders and accounts; safe to use from several threads."""

    def orders(
        self,
        account: int | None = None,
        instrument: int | None = None,
        *,
        is_open: bool | None = None,
        before: int | None = None,
        limit: int = PAGE,
    ) -> Sequence[Row]:
        """Orders as they stand, by falling order id."""
        order = tables.orders.c
        where = given((order.account, account), (order.instrument, instrument))
        if is_open is not None:
            where.append(order.done_ns == 0 if is_open else order.done_ns != 0)
        if before is not None:
            where.append(order.order_id < before)
        return self._rows(_ORDERS.where(*where).order_by(order.order_id.desc()).limit(limit))

    def order(self, order_id: int) -> Row | None:
        return self._first(_ORDERS.where(tables.orders.c.order_id == order_id))

    def order_of_client(self, account: int, client_order_id: str) -> Row | None:
        """The newest order of the account that was given this client order id first or last."""
        order = tables.orders.c
        named = or_(order.client_order_id == client_order_id, order.last_client_order_id == client_order_id)
        query = _ORDERS.where(order.account == account, named)
        return self._first(query.order_by(order.order_id.desc()))

    def fills(
        self,
        account: int,
        instrument: int | None = None,
        *,
        order_id: int | None = None,
        before: tuple[int, int] | None = None,
        limit: int = PAGE,
    ) -> Sequence[Row]:
        """Trades that the account was a side of, by falling (sequence, event_index).

        A row is the whole trade: whoever shows it to the account leaves out what is the other side's.
        """
        trade = tables.trades.c
        where = given((trade.instrument, instrument))
        if before is not None:
            where.append(tuple_(trade.sequence, trade.event_index) < before)
        sides = []
        for side, order in (
            (trade.account, trade.taker_order_id),
            (trade.maker_account, trade.maker_order_id),
        ):
            query = select(tables.trades).where(side == account, *where, *given((order, order_id)))
            newest = query.order_by(trade.sequence.desc(), trade.event_index.desc()).limit(limit)
            sides.append(select(newest.subquery()))
        both = union_all(*sides).subquery()
        return self._rows(select(both).order_by(both.c.sequence.desc(), both.c.event_index.desc()).limit(limit))

    def trades(
        self,
        instrument: int,
        *,
        before: int | None = None,
        after: int | None = None,
        limit: int = PAGE,
        busted: bool = True,
    ) -> Sequence[Row]:
        """Trades of an instrument by falling trade id, those below `before` and above `after`; busted ones too?"""
        trade = tables.trades.c
        where = [trade.instrument == instrument]
        if not busted:
            where.append(trade.bust_sequence == 0)
        if before is not None:
            where.append(trade.trade_id < before)
        if after is not None:
            where.append(trade.trade_id > after)
        return self._rows(select(tables.trades).where(*where).order_by(trade.trade_id.desc()).limit(limit))

    def trade(self, instrument: int, trade_id: int) -> Row | None:
        trade = tables.trades.c
        return self._first(select(tables.trades).where(trade.instrument == instrument, trade.trade_id == trade_id))

    def ledger(
        self,
        account: int,
        asset: int,
        *,
        before: tuple[int, int, int] | None = None,
        limit: int = PAGE,
    ) -> Sequence[Row]:
        """What changed the account's balance of the asset, by falling (sequence, event_index, line).

        The columns of its trade, or of the trade that it corrects, or none, stand beside a line: `trade_id`,
        `instrument` and both order ids.
        """
        posting, bust, adjustment = tables.postings.c, tables.busts.c, tables.adjustments.c
        done, corrected = tables.trades.alias("done"), tables.trades.alias("corrected")
        own = posting.bucket.in_(own_buckets(account))
        where = [posting.account == account, posting.asset == asset, own, posting.entry != Entry.HOLD]
        place = (posting.sequence, posting.event_index, posting.line)
        if before is not None:
            where.append(tuple_(*place) < before)
        joined: FromClause = tables.postings
        for table in (done, tables.busts, tables.adjustments):
            told_by = (table.c.sequence == posting.sequence) & (table.c.event_index == posting.event_index)
            joined = joined.outerjoin(table, told_by)
        product = coalesce(bust.instrument, adjustment.instrument)
        is_its = (corrected.c.instrument == product) & (
            corrected.c.trade_id == coalesce(bust.trade_id, adjustment.trade_id)
        )
        joined = joined.outerjoin(corrected, is_its)
        told = [
            coalesce(done.c[name], corrected.c[name]).label(label)
            for name, label in (
                ("trade_id", "trade_id"),
                ("instrument", "instrument"),
                ("account", "taker_account"),
                ("taker_order_id", "taker_order_id"),
                ("maker_order_id", "maker_order_id"),
            )
        ]
        query = select(tables.postings, *told).select_from(joined).where(*where)
        return self._rows(query.order_by(*(column.desc() for column in place)).limit(limit))

    def balances(self, account: int | None = None) -> Sequence[Row]:
        """Available and held amounts of an account, or of all, by asset: `account, asset, bucket, amount`."""
        balance = tables.balances.c
        where = given((balance.account, account))
        return self._rows(select(tables.balances).where(*where).order_by(balance.asset, balance.bucket))

    def holds(
        self, account: int, asset: int | None = None, *, before: int | None = None, limit: int = PAGE
    ) -> Sequence[Row]:
        """Open orders of the account that hold cash or claims, or one asset, by falling order id."""
        order, instrument = tables.orders.c, tables.instruments.c
        where = [order.account == account, order.done_ns == 0, order.hold > 0]
        if before is not None:
            where.append(order.order_id < before)
        if asset is not None:
            buys, sells = order.side == Side.BUY, order.side == Side.SELL
            where.append(or_(buys & (instrument.quote == asset), sells & (instrument.base == asset)))
        joined = tables.orders.join(tables.instruments, instrument.instrument == order.instrument)
        query = select(tables.orders).select_from(joined).where(*where)
        return self._rows(query.order_by(order.order_id.desc()).limit(limit))

    def transfers(
        self,
        account: int | None = None,
        asset: int | None = None,
        *,
        before: int | None = None,
        limit: int = PAGE,
    ) -> Sequence[Row]:
        transfer = tables.transfers.c
        where = given((transfer.account, account), (transfer.asset, asset))
        if before is not None:
            where.append(transfer.transfer < before)
        return self._rows(select(tables.transfers).where(*where).order_by(transfer.transfer.desc()).limit(limit))
