"""Statements, contract notes and the trial balance, out of the tables."""

from dataclasses import fields

from sqlalchemy import BigInteger, cast, func, select

from exchange.ledger.accounts import Entry, own_buckets
from exchange.ledger.statements import (
    Asset,
    ContractNote,
    Line,
    Statement,
    Terms,
    TrialBalance,
    contract_note,
    statement,
    trial_balance,
)
from exchange.store import tables
from exchange.store.reader import Reader, Row
from exchange.vocabulary.events import Trade
from exchange.vocabulary.units import FOREVER_NS

_LINE_FIELDS = [field.name for field in fields(Line)]
_TRADE_FIELDS = ({"index"} | set(tables.trades.columns.keys())) - {"event_index", "bust_reason", "bust_sequence"}


class Reports(Reader):
    """What goes to participants and auditors, rendered exactly."""

    def assets(self) -> dict[int, Asset]:
        asset = tables.assets.c
        rows = self._rows(select(asset.asset, asset.code, asset.scale))
        return {row["asset"]: Asset(**row) for row in rows}

    def statement(self, account: int, asset: int, from_ns: int = 0, to_ns: int = FOREVER_NS) -> Statement | None:
        """Movements from `from_ns` until before `to_ns`; None for an asset that does not exist."""
        known = self.assets().get(asset)
        if known is None:
            return None
        posting = tables.postings.c
        owned = (posting.account == account, posting.asset == asset, posting.bucket.in_(own_buckets(account)))
        moved = (*owned, posting.entry != Entry.HOLD)
        place = (posting.sequence, posting.event_index, posting.line)
        between = (posting.timestamp_ns >= from_ns, posting.timestamp_ns < to_ns)
        columns = [posting[name] for name in _LINE_FIELDS]
        rows = self._rows(select(*columns).where(*moved, *between).order_by(*place))
        before = select(posting.balance).where(*moved, posting.timestamp_ns < from_ns)
        last = self._first(before.order_by(*(column.desc() for column in place)))
        return statement(account, known, last["balance"] if last else 0, [Line(**row) for row in rows])

    def contract_note(self, instrument: int, trade_id: int, account: int) -> ContractNote | None:
        """The account's side of a trade; None where there is no such trade, or the account is no side of it."""
        trade = tables.trades.c
        row = self._first(select(tables.trades).where(trade.instrument == instrument, trade.trade_id == trade_id))
        if row is None or account not in {row["account"], row["maker_account"]}:
            return None
        busted, adjusted = bool(row["bust_sequence"]), self._adjusted(instrument, trade_id, account)
        return contract_note(trade_of(row), self.terms(instrument), account, busted=busted, adjusted_minor=adjusted)

    def _adjusted(self, instrument: int, trade_id: int, account: int) -> int:
        """The cash that adjustments of a trade brought the account, less what they cost it."""
        made = tables.adjustments.c
        rows = self._rows(select(tables.adjustments).where(made.instrument == instrument, made.trade_id == trade_id))
        return sum(row["amount"] * ((row["payee"] == account) - (row["payer"] == account)) for row in rows)

    def terms(self, instrument: int) -> Terms:
        """What the numbers of an instrument that exists mean."""
        found = self._first(select(tables.instruments).where(tables.instruments.c.instrument == instrument))
        assert found is not None, f"there is no instrument {instrument}"
        assets = self.assets()
        base, quote = assets[found["base"]], assets[found["quote"]]
        return Terms(found["symbol"], base.code, quote, found["tick_minor"], found["lot_rtu"])

    def trial_balance(self) -> TrialBalance:
        """Every bucket's total, summed from the postings themselves."""
        posting = tables.postings.c
        total = cast(func.sum(posting.amount), BigInteger).label("amount")
        rows = self._rows(select(posting.asset, posting.bucket, total).group_by(posting.asset, posting.bucket))
        return trial_balance([(row["asset"], row["bucket"], row["amount"]) for row in rows], self.assets())


def trade_of(row: Row) -> Trade:
    """The event again, as far as the table keeps it."""
    values = {"index" if name == "event_index" else name: value for name, value in row.items()}
    return Trade(**{name: values[name] for name in _TRADE_FIELDS})
