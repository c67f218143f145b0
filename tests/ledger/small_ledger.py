"""Ledgers as a bookkeeper writes them: one line a posting, `seq account asset bucket entry amount`."""

from exchange.ledger.accounts import Bucket, Entry
from exchange.ledger.settlement import Market, markets_defined, settle
from exchange.vocabulary import events as ev
from exchange.vocabulary.instruments import Side

CNY, DATA, INSTRUMENT, POOL = 1, 2, 3, 4
VENDOR, BUYER = 10, 20
NAMES = {0: "venue", VENDOR: "vendor", BUYER: "buyer"}
ASSETS = {CNY: "CNY", DATA: "DATA", POOL: "POOL"}
MARKETS = {INSTRUMENT: Market(DATA, CNY)}


def written(rows):
    """Posting rows as lines of text."""
    return [
        f"{row['sequence']} {NAMES[int(row['account'])]} {ASSETS[int(row['asset'])]} "
        f"{Bucket(row['bucket']).name.lower()} {Entry(row['entry']).name.lower()} {row['amount']:+}"
        for row in rows
    ]


def ledger(text):
    """The lines of a table, their columns freely spaced."""
    return [" ".join(line.split()) for line in text.strip().splitlines()]


def encoded(*events):
    return b"".join(event.encode() for event in events)


def post_events(*events, batch_ends=None):
    stream = encoded(*events)
    ends = batch_ends or [events[-1].sequence]
    return settle(stream, MARKETS | markets_defined(stream), ends)


def sell_order(sequence, hold_change, kind=ev.OrderAccepted):
    return kind(sequence=sequence, account=VENDOR, instrument=INSTRUMENT, side=Side.SELL, hold_change=hold_change)


def buy_order(sequence, hold_change, kind=ev.OrderAccepted):
    return kind(sequence=sequence, account=BUYER, instrument=INSTRUMENT, side=Side.BUY, hold_change=hold_change)


def trade(sequence, **fields):
    """The buyer takes 3 lots of the vendor for 600, with fees of 1 and 2."""
    made = {
        "index": 1, "account": BUYER, "maker_account": VENDOR, "instrument": INSTRUMENT, "base": DATA, "quote": CNY,
        "lots": 3, "notional_minor": 600, "maker_fee_minor": 1, "taker_fee_minor": 2, "taker_side": Side.BUY,
        "taker_hold_change": -602, "maker_hold_change": -3,
    }  # fmt: skip
    return ev.Trade(sequence=sequence, **(made | fields))
