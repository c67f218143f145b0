"""Encoded events to balanced postings: what each event moves between ledger accounts.

Settlement moves available balances; holds move between an account's available and held buckets, as one net entry for
each account, asset and batch, so that orders that come and go cost the ledger nothing.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np

from exchange.ledger.accounts import Bucket, Entry
from exchange.ledger.postings import HOLD_INDEX, POSTING, Rows, gather, groups, lines, select
from exchange.vocabulary.events import (
    ClaimsIssued,
    ClaimsPooled,
    ClaimsWithdrawn,
    InstrumentDefined,
    LotDelivered,
    OrderAccepted,
    OrderAmended,
    OrderDone,
    OrderRested,
    Trade,
    TradeAdjusted,
    TradeBusted,
    TransferAborted,
    TransferBegun,
    TransferConfirmed,
)
from exchange.vocabulary.instruments import Side
from exchange.vocabulary.participants import VENUE

HOLD: Final = np.dtype([("batch", "<i8"), ("account", "<i8"), ("asset", "<i8"), ("amount", "<i8")])


class Market(NamedTuple):
    """What an instrument trades: claims on `base` (the asset of that id) for cash in `quote`."""

    base: int
    quote: int


def markets_defined(events: bytes) -> dict[int, Market]:
    """The instruments that these events define."""
    rows = select(events, InstrumentDefined)
    columns = zip(rows["instrument"].tolist(), rows["base"].tolist(), rows["quote"].tolist(), strict=True)
    return {instrument: Market(base, quote) for instrument, base, quote in columns}


def settle(events: bytes, markets: Mapping[int, Market], batch_ends: Sequence[int]) -> Rows:
    """The postings of whole batches of events, `batch_ends` their last sequences, in ascending order.

    `markets` holds every instrument defined before or by these events. Settled postings depend on the events alone;
    where holds are netted also on the batches. Raises `LedgerError` for an event that does not balance.
    """
    settled = [*_trade_lines(events), *_correction_lines(events), *_transfer_lines(events), *_claim_lines(events)]
    holds = [*_order_holds(events, markets, batch_ends), *_settled_holds(events, batch_ends)]
    return gather([*settled, *_hold_lines(np.concatenate(holds), events, batch_ends)])


def _trade_lines(events: bytes) -> list[Rows]:
    trades = select(events, Trade)
    taker_buys = trades["taker_side"] == Side.BUY
    buyer = np.where(taker_buys, trades["account"], trades["maker_account"])
    seller = np.where(taker_buys, trades["maker_account"], trades["account"])
    buyer_fee = np.where(taker_buys, trades["taker_fee_minor"], trades["maker_fee_minor"])
    seller_fee = np.where(taker_buys, trades["maker_fee_minor"], trades["taker_fee_minor"])
    quote, notional, base, lots = (trades[name] for name in ("quote", "notional_minor", "base", "lots"))
    return [
        lines(trades, 0, buyer, quote, Bucket.AVAILABLE, Entry.MATCH, -notional),
        lines(trades, 1, seller, quote, Bucket.AVAILABLE, Entry.MATCH, notional),
        lines(trades, 2, seller, base, Bucket.AVAILABLE, Entry.MATCH, -lots),
        lines(trades, 3, buyer, base, Bucket.AVAILABLE, Entry.MATCH, lots),
        lines(trades, 4, buyer, quote, Bucket.AVAILABLE, Entry.FEE, -buyer_fee),
        lines(trades, 5, seller, quote, Bucket.AVAILABLE, Entry.FEE, -seller_fee),
        lines(trades, 6, VENUE, quote, Bucket.FEES, Entry.FEE, buyer_fee + seller_fee),
    ]


def _correction_lines(events: bytes) -> list[Rows]:
    """A bust is the trade's lines the other way round; an adjustment moves cash between its parties."""
    busts, adjusted = select(events, TradeBusted), select(events, TradeAdjusted)
    buyer, seller, base, quote = (busts[name] for name in ("buyer", "seller", "base", "quote"))
    notional, lots = busts["notional_minor"], busts["lots"]
    buyer_fee, seller_fee = busts["buyer_fee_minor"], busts["seller_fee_minor"]
    paid = adjusted["amount"]
    return [
        lines(busts, 0, buyer, quote, Bucket.AVAILABLE, Entry.BUST, notional),
        lines(busts, 1, seller, quote, Bucket.AVAILABLE, Entry.BUST, -notional),
        lines(busts, 2, seller, base, Bucket.AVAILABLE, Entry.BUST, lots),
        lines(busts, 3, buyer, base, Bucket.AVAILABLE, Entry.BUST, -lots),
        lines(busts, 4, buyer, quote, Bucket.AVAILABLE, Entry.BUST, buyer_fee),
        lines(busts, 5, seller, quote, Bucket.AVAILABLE, Entry.BUST, seller_fee),
        lines(busts, 6, VENUE, quote, Bucket.FEES, Entry.BUST, -(buyer_fee + seller_fee)),
        lines(adjusted, 0, adjusted["payer"], adjusted["quote"], Bucket.AVAILABLE, Entry.ADJUSTMENT, -paid),
        lines(adjusted, 1, adjusted["payee"], adjusted["quote"], Bucket.AVAILABLE, Entry.ADJUSTMENT, paid),
    ]


def _transfer_lines(events: bytes) -> list[Rows]:
    confirmed = select(events, TransferConfirmed)
    deposits = confirmed[confirmed["withdrawal"] == 0]
    withdrawals = confirmed[confirmed["withdrawal"] == 1]
    return [
        *_pair(deposits, deposits["asset"], Bucket.DEPOSITS, Entry.DEPOSIT, deposits["amount"]),
        *_pair(withdrawals, withdrawals["asset"], Bucket.WITHDRAWALS, Entry.WITHDRAWAL, -withdrawals["amount"]),
    ]


def _claim_lines(events: bytes) -> list[Rows]:
    issued, delivered = select(events, ClaimsIssued), select(events, LotDelivered)
    withdrawn = select(events, ClaimsWithdrawn)
    claimed = np.where(delivered["pool"] > 0, delivered["pool"], delivered["base"])
    return [
        *_pair(issued, issued["base"], Bucket.ISSUED, Entry.ISSUE, issued["claims"]),
        *_pair(delivered, claimed, Bucket.DELIVERED, Entry.DELIVERY, -1),
        *_pair(withdrawn, withdrawn["base"], Bucket.CLAIMS_WITHDRAWN, Entry.CLAIM_WITHDRAWAL, -withdrawn["claims"]),
        *_pool_lines(select(events, ClaimsPooled), delivered[delivered["pool"] > 0]),
    ]


def _pool_lines(pooled: Rows, delivered: Rows) -> list[Rows]:
    """Claims on a base stand with the venue from their pooling until the pool delivers them."""
    base = delivered["base"]
    return [
        *_pair(pooled, pooled["base"], Bucket.POOLED, Entry.POOL, -pooled["claims"]),
        *_pair(pooled, pooled["pool"], Bucket.ISSUED, Entry.POOL, pooled["claims"], first_line=2),
        lines(delivered, 2, VENUE, base, Bucket.POOLED, Entry.DELIVERY, -1),
        lines(delivered, 3, VENUE, base, Bucket.DELIVERED, Entry.DELIVERY, 1),
    ]


def _pair(rows: Rows, asset: Rows, contra: Bucket, entry: Entry, amount: Any, first_line: int = 0) -> list[Rows]:
    """`amount` into the header's account, out of the venue's bucket `contra`."""
    return [
        lines(rows, first_line, rows["account"], asset, Bucket.AVAILABLE, entry, amount),
        lines(rows, first_line + 1, VENUE, asset, contra, entry, np.negative(amount)),
    ]


def _order_holds(events: bytes, markets: Mapping[int, Market], batch_ends: Sequence[int]) -> list[Rows]:
    """Changes of what orders hold: cash for a buy, claims for a sell."""
    holds = []
    for kind in (OrderAccepted, OrderRested, OrderDone, OrderAmended):
        orders = select(events, kind)
        orders = orders[orders["hold_change"] != 0]
        instruments, inverse = np.unique(orders["instrument"], return_inverse=True)
        traded = np.array([markets[each] for each in instruments.tolist()], np.int64).reshape(-1, 2)[inverse]
        asset = np.where(orders["side"] == Side.BUY, traded[:, 1], traded[:, 0])
        holds.append(_holds(orders, batch_ends, orders["account"], asset, orders["hold_change"]))
    return holds


def _settled_holds(events: bytes, batch_ends: Sequence[int]) -> list[Rows]:
    """Changes of holds by trades, and by withdrawals that begin and end."""
    trades = select(events, Trade)
    taker_buys = trades["taker_side"] == Side.BUY
    taker_asset = np.where(taker_buys, trades["quote"], trades["base"])
    maker_asset = np.where(taker_buys, trades["base"], trades["quote"])
    holds = [
        _holds(trades, batch_ends, trades["account"], taker_asset, trades["taker_hold_change"]),
        _holds(trades, batch_ends, trades["maker_account"], maker_asset, trades["maker_hold_change"]),
    ]
    for kind, sign in ((TransferBegun, 1), (TransferConfirmed, -1), (TransferAborted, -1)):
        rows = select(events, kind)
        rows = rows[rows["withdrawal"] == 1]
        holds.append(_holds(rows, batch_ends, rows["account"], rows["asset"], sign * rows["amount"]))
    return holds


def _holds(events: Rows, batch_ends: Sequence[int], account: Rows, asset: Rows, amount: Rows) -> Rows:
    rows = np.empty(len(events), HOLD)
    rows["batch"] = np.searchsorted(np.asarray(batch_ends, np.uint64), events["sequence"])
    rows["account"], rows["asset"], rows["amount"] = account, asset, amount
    return rows


def _hold_lines(holds: Rows, events: bytes, batch_ends: Sequence[int]) -> list[Rows]:
    """Two lines, out of available and into held, for each account and asset whose hold a batch changed."""
    order, starts = groups(holds, ("batch", "account", "asset"))
    if not len(order):
        return []
    net = holds[order[starts]]
    net["amount"] = np.add.reduceat(holds["amount"][order], starts)
    net = net[net["amount"] != 0]
    rows = np.empty(len(net), POSTING)
    rows["sequence"], rows["event_index"] = np.asarray(batch_ends)[net["batch"]], HOLD_INDEX
    rows["timestamp_ns"] = _batch_times(events, batch_ends)[net["batch"]]
    # Numbered from zero in each batch, so that a batch posts the same whatever is posted with it.
    rows["line"] = 2 * (np.arange(len(net)) - np.searchsorted(net["batch"], net["batch"]))
    rows["account"], rows["asset"], rows["entry"] = net["account"], net["asset"], Entry.HOLD
    rows["bucket"], rows["amount"] = Bucket.AVAILABLE, -net["amount"]
    held = rows.copy()
    held["line"], held["bucket"], held["amount"] = rows["line"] + 1, Bucket.HELD, net["amount"]
    return [rows, held]


def _batch_times(events: bytes, batch_ends: Sequence[int]) -> Rows:
    """The time of each batch's last event."""
    headers = np.frombuffer(events, np.dtype([("sequence", "<u8"), ("timestamp_ns", "<i8"), ("rest", "V240")]))
    last = np.searchsorted(headers["sequence"], np.asarray(batch_ends, np.uint64), side="right") - 1
    times: Rows = headers["timestamp_ns"][np.maximum(last, 0)]
    return times
