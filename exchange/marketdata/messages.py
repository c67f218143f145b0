"""Public messages and answers about one product, as plain values ready to be written as JSON.

Every book message carries the product's `sequence` and a `checksum`; updates also the `prev_sequence` they follow.
"""

from collections.abc import Iterable
from typing import Any, Final

from exchange.marketdata.depth import Change, Depth, DepthSide
from exchange.marketdata.indicative import Indicative
from exchange.marketdata.tape import Print, Stats, Tape
from exchange.vocabulary.events import TradeBusted
from exchange.vocabulary.instruments import MatchType, Phase, Side
from exchange.vocabulary.wire import Scales, iso_time

Message = dict[str, Any]
SIDES: Final = {int(Side.BUY): "buy", int(Side.SELL): "sell"}
MATCH_TYPES: Final = {int(kind): kind.name.lower() for kind in MatchType}
PHASES: Final = {int(phase): phase.name.lower() for phase in Phase}


def book(depth: Depth, scales: Scales, level: int) -> Message:
    """The answer to `GET book`: the best level, fifty levels, or every order under its public id."""
    return {
        "sequence": depth.sequence,
        "bids": _book_side(depth.bids, scales, level),
        "asks": _book_side(depth.asks, scales, level),
        "time": iso_time(depth.time_ns),
        "checksum": depth.checksum(scales),
    }


def _book_side(side: DepthSide, scales: Scales, level: int) -> list[list[Any]]:
    if level == 3:
        return [[scales.price(o.price_ticks), scales.size(o.lots), str(o.public_id)] for o in side.orders()]
    count = 1 if level == 1 else 50
    return [[scales.price(q.price_ticks), scales.size(q.lots), q.orders] for q in side.quotes(count)]


def snapshot(product_id: str, depth: Depth, scales: Scales) -> Message:
    """The whole book by level, from which `l2update` messages go on."""
    return {
        "type": "snapshot",
        "product_id": product_id,
        "sequence": depth.sequence,
        "bids": [[scales.price(q.price_ticks), scales.size(q.lots)] for q in depth.bids.quotes()],
        "asks": [[scales.price(q.price_ticks), scales.size(q.lots)] for q in depth.asks.quotes()],
        "time": iso_time(depth.time_ns),
        "checksum": depth.checksum(scales),
    }


def l2update(product_id: str, depth: Depth, scales: Scales, changes: Iterable[Change], prev_sequence: int) -> Message:
    """The levels that changed since `prev_sequence`, as they stand now; a size of zero removes the level."""
    return {
        "type": "l2update",
        "product_id": product_id,
        "changes": [[SIDES[c.side], scales.price(c.price_ticks), scales.size(c.lots)] for c in changes],
        "time": iso_time(depth.time_ns),
        "sequence": depth.sequence,
        "prev_sequence": prev_sequence,
        "checksum": depth.checksum(scales),
    }


def trade(printed: Print, scales: Scales) -> Message:
    return {
        "trade_id": printed.trade_id,
        "side": SIDES[printed.maker_side],
        "size": scales.size(printed.lots),
        "price": scales.price(printed.price_ticks),
        "time": iso_time(printed.time_ns),
        "match_type": MATCH_TYPES[printed.match_type],
    }


def match(product_id: str, printed: Print, scales: Scales, maker_public_id: int | None, kind: str = "match") -> Message:
    """A trade on the feed; `kind` is `last_match` for the one that opens a subscription."""
    told = {"type": kind, "product_id": product_id, "sequence": printed.sequence, **trade(printed, scales)}
    return told if maker_public_id is None else told | {"maker_order_id": str(maker_public_id)}


def bust(product_id: str, busted: TradeBusted, scales: Scales) -> Message:
    """A trade that was printed does not count any more."""
    return {
        "type": "bust",
        "product_id": product_id,
        "sequence": busted.product_sequence,
        "trade_id": busted.trade_id,
        "size": scales.size(busted.lots),
        "price": scales.price(busted.price_ticks),
        "traded_at": iso_time(busted.traded_ns),
        "time": iso_time(busted.timestamp_ns),
    }


def ticker(product_id: str, depth: Depth, tape: Tape, scales: Scales, now_ns: int) -> Message:
    """The last trade that moved the price, with the best prices round it; empty strings stand for what there is not."""
    bid, ask = (next(side.quotes(1), None) for side in (depth.bids, depth.asks))
    stats, last = tape.stats(now_ns), tape.last_priced
    return {
        "type": "ticker",
        "sequence": depth.sequence,
        "product_id": product_id,
        "price": _price(tape.last_price_ticks, scales),
        "open_24h": _price(stats.open_ticks, scales),
        "volume_24h": scales.size(stats.lots),
        "low_24h": _price(stats.low_ticks, scales),
        "high_24h": _price(stats.high_ticks, scales),
        "best_bid": scales.price(bid.price_ticks) if bid else "",
        "best_bid_size": scales.size(bid.lots if bid else 0),
        "best_ask": scales.price(ask.price_ticks) if ask else "",
        "best_ask_size": scales.size(ask.lots if ask else 0),
        # A ticker's side is the taker's, a match's the maker's: so the dialect has it.
        "side": SIDES[3 - last.maker_side] if last else "",
        "time": iso_time(last.time_ns if last else depth.time_ns),
        "trade_id": tape.last_trade_id,
        "last_size": scales.size(last.lots if last else 0),
    }


def ticker_answer(depth: Depth, tape: Tape, scales: Scales, now_ns: int) -> Message:
    """The answer to `GET ticker`."""
    told = ticker("", depth, tape, scales, now_ns)
    same = {name: told[name] for name in ("trade_id", "price", "time")}
    return {
        **same,
        "size": told["last_size"],
        "bid": told["best_bid"],
        "ask": told["best_ask"],
        "volume": told["volume_24h"],
        "sequence": depth.sequence,
    }


def stats(figures: Stats, scales: Scales) -> Message:
    return {
        "open": _price(figures.open_ticks, scales),
        "high": _price(figures.high_ticks, scales),
        "low": _price(figures.low_ticks, scales),
        "last": _price(figures.last_ticks, scales),
        "volume": scales.size(figures.lots),
    }


def auction(call: Indicative, scales: Scales) -> Message:
    """What the call would come to if it ended now; empty strings where none runs, nothing would trade, or a time is
    not set."""
    found = call.clearing()
    left = found.imbalance_lots if found else 0
    return {
        "phase": PHASES[call.phase],
        "indicative_price": scales.price(found.price_ticks) if found else "",
        "indicative_size": scales.size(found.lots) if found else "",
        "imbalance": scales.size(abs(left)) if found else "",
        "imbalance_side": "" if not left else SIDES[int(Side.BUY if left > 0 else Side.SELL)],
        "freezes_at": iso_time(call.freezes_at_ns) if call.freezes_at_ns else "",
        "ends_at": iso_time(call.ends_at_ns) if call.ends_at_ns else "",
    }


def heartbeat(product_id: str, sequence: int, last_trade_id: int, now_ns: int) -> Message:
    return {
        "type": "heartbeat",
        "sequence": sequence,
        "last_trade_id": last_trade_id,
        "product_id": product_id,
        "time": iso_time(now_ns),
    }


def _price(ticks: int, scales: Scales) -> str:
    return scales.price(ticks) if ticks else ""
