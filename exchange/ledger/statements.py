"""What a participant or an auditor reads: statements, contract notes, trial balance. All amounts as exact decimals."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from exchange.ledger.accounts import ENTRY_TYPES, TITLES, Bucket, Entry, account_code
from exchange.ledger.postings import LedgerError
from exchange.vocabulary.events import Trade
from exchange.vocabulary.instruments import MatchType, Side
from exchange.vocabulary.participants import VENUE
from exchange.vocabulary.units import NS_PER_SECOND, format_scaled

RTU_SCALE = 6
"""Sizes read in millions of RTU, to the single token."""


def utc_text(timestamp_ns: int) -> str:
    """A time as ISO 8601 in UTC, to the nanosecond."""
    seconds, rest = divmod(timestamp_ns, NS_PER_SECOND)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:09d}Z"


@dataclass(frozen=True, slots=True)
class Asset:
    asset: int
    code: str
    scale: int


@dataclass(frozen=True, slots=True)
class Line:
    """One posting to what an account owns of an asset: change and balance after it, in minor units or claims."""

    sequence: int
    event_index: int
    line: int
    timestamp_ns: int
    entry: int
    amount: int
    balance: int


@dataclass(frozen=True, slots=True)
class StatementLine:
    time: str
    reference: str
    type: str
    title: str
    amount: str
    balance: str


@dataclass(frozen=True, slots=True)
class Statement:
    """An account's movements in one asset over a time, from the opening to the closing balance."""

    account: int
    asset: str
    opening: str
    lines: tuple[StatementLine, ...]
    closing: str


def statement(account: int, asset: Asset, opening: int, lines: Sequence[Line]) -> Statement:
    """`LedgerError` where opening balance and lines do not lead from each balance to the next."""
    balance = opening
    for line in lines:
        balance += line.amount
        if balance != line.balance:
            raise LedgerError(f"account {account}: {line} does not follow from {balance - line.amount}")
    told = tuple(_statement_line(line, asset.scale) for line in lines)
    return Statement(
        account, asset.code, format_scaled(opening, asset.scale), told, format_scaled(balance, asset.scale)
    )


def _statement_line(line: Line, scale: int) -> StatementLine:
    entry = Entry(line.entry)
    return StatementLine(
        time=utc_text(line.timestamp_ns),
        reference=f"{line.sequence}-{line.event_index}-{line.line}",
        type=ENTRY_TYPES[entry],
        title=entry.name.replace("_", " ").capitalize(),
        amount=format_scaled(line.amount, scale),
        balance=format_scaled(line.balance, scale),
    )


@dataclass(frozen=True, slots=True)
class Terms:
    """What an instrument's numbers mean: one tick is `tick_minor` of the quote asset per 1,000,000 RTU."""

    symbol: str
    base_code: str
    quote: Asset
    tick_minor: int
    lot_rtu: int


@dataclass(frozen=True, slots=True)
class ContractNote:
    """One side's evidence of a trade. It names the other side nowhere, nor anything that only that side may know.

    `status` is `settled` or `busted`; `adjusted` is the cash that adjustments brought the account, or cost it.
    """

    trade_id: int
    symbol: str
    account: int
    side: str
    liquidity: str
    settled_at: str
    price: str
    lots: int
    size: str
    quote: str
    notional: str
    fee: str
    net: str
    order_id: int
    decision: int
    sequence: int
    status: str
    adjusted: str


def contract_note(
    trade: Trade, terms: Terms, account: int, *, busted: bool = False, adjusted_minor: int = 0
) -> ContractNote:
    """The note for `account`, which is a side of the trade. `net` is what a buyer paid or a seller received.

    `liquidity` is `T` or `M`, and empty where no side made or took: in an auction or a negotiated trade.
    `decision` is the entitlement under which the order stood, whose digest names the gate's decision.
    """
    assert account in {trade.account, trade.maker_account}, "a contract note is for a side of the trade"
    took = account == trade.account
    buys = took == (trade.taker_side == Side.BUY)
    fee = trade.taker_fee_minor if took else trade.maker_fee_minor
    net = trade.notional_minor + fee if buys else trade.notional_minor - fee
    cash = terms.quote.scale
    continuous = trade.match_type == MatchType.CONTINUOUS
    return ContractNote(
        trade_id=trade.trade_id,
        symbol=terms.symbol,
        account=account,
        side="buy" if buys else "sell",
        liquidity=("T" if took else "M") if continuous else "",
        settled_at=utc_text(trade.timestamp_ns),
        price=format_scaled(trade.price_ticks * terms.tick_minor, cash),
        lots=trade.lots,
        size=format_scaled(trade.lots * terms.lot_rtu, RTU_SCALE),
        quote=terms.quote.code,
        notional=format_scaled(trade.notional_minor, cash),
        fee=format_scaled(fee, cash),
        net=format_scaled(net, cash),
        order_id=trade.taker_order_id if took else trade.maker_order_id,
        decision=trade.taker_decision if took else trade.maker_decision,
        sequence=trade.sequence,
        status="busted" if busted else "settled",
        adjusted=format_scaled(adjusted_minor, cash),
    )


@dataclass(frozen=True, slots=True)
class TrialBalanceLine:
    code: str
    title: str
    asset: str
    debit: str
    credit: str


@dataclass(frozen=True, slots=True)
class TrialBalance:
    """Each bucket's total per asset; `differences` names the assets whose credits and debits are not equal."""

    lines: tuple[TrialBalanceLine, ...]
    differences: dict[str, str]


def trial_balance(totals: Iterable[tuple[int, int, int]], assets: dict[int, Asset]) -> TrialBalance:
    """From (asset, bucket, amount); several amounts of one bucket are added up."""
    sums: dict[tuple[int, int], int] = {}
    for asset, bucket, amount in totals:
        sums[asset, bucket] = sums.get((asset, bucket), 0) + amount
    lines = tuple(
        _trial_line(assets[asset], Bucket(bucket), amount) for (asset, bucket), amount in sorted(sums.items())
    )
    rests: dict[int, int] = {}
    for (asset, _), amount in sums.items():
        rests[asset] = rests.get(asset, 0) + amount
    differences = {assets[a].code: format_scaled(rest, assets[a].scale) for a, rest in rests.items() if rest}
    return TrialBalance(lines, differences)


def _trial_line(asset: Asset, bucket: Bucket, amount: int) -> TrialBalanceLine:
    return TrialBalanceLine(
        code=account_code(bucket, VENUE, asset.code),
        title=TITLES[bucket],
        asset=asset.code,
        debit=format_scaled(max(-amount, 0), asset.scale),
        credit=format_scaled(max(amount, 0), asset.scale),
    )
