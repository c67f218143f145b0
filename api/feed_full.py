"""The `full` channel: every public event of one book, with orders under their public ids and never their owners.

Of the messages that tell one event, exactly one carries its `sequence`: that which changes the book. So a client that
counts sequences, and passes over what has none, holds the book of `GET /products/{id}/book?level=3` level.
"""

from api.causes import CAUSES
from api.feed_outbox import Message
from api.market import Followed
from exchange.marketdata import messages
from exchange.marketdata.messages import PHASES, SIDES
from exchange.marketdata.tape import print_of
from exchange.vocabulary.events import (
    RESTS,
    OrderAccepted,
    OrderAmended,
    OrderDone,
    OrderEvent,
    OrderTriggered,
    PhaseSet,
    ReferencePriceSet,
    Trade,
    TradeBusted,
    Uncrossed,
)
from exchange.vocabulary.instruments import OrderType, Side
from exchange.vocabulary.reasons import DoneReason
from exchange.vocabulary.wire import Scales, iso_time


def full_messages(followed: Followed) -> list[Message]:
    """What everyone is told of one event, in the order it is told."""
    book, event, scales = followed.book, followed.event, followed.book.scales
    about = {"product_id": book.product_id, "time": iso_time(event.timestamp_ns)}
    numbered = about | {"sequence": book.sequence}
    if isinstance(event, Trade):
        return _trade(followed, event, about)
    if isinstance(event, TradeBusted):
        return [messages.bust(book.product_id, event, scales)]
    if isinstance(event, OrderEvent):
        return _order(followed, event, about, numbered)
    if isinstance(event, PhaseSet):
        return [{"type": "phase", **numbered, "phase": PHASES[event.phase], "cause": CAUSES[event.reason]}]
    if isinstance(event, Uncrossed):
        told = {"price": scales.price(event.price_ticks), "size": scales.size(event.lots)}
        return [{"type": "uncrossed", **numbered, **told, "imbalance": scales.size(event.imbalance_lots)}]
    assert isinstance(event, ReferencePriceSet), "a public event of an unknown kind"
    return [{"type": "reference_price", **numbered, "price": scales.price(event.price_ticks)}]


def _trade(followed: Followed, trade: Trade, about: Message) -> list[Message]:
    book, before = followed.book, followed.before
    told = [messages.match(book.product_id, print_of(trade), book.scales, before.place if before else None)]
    if before is not None and before.lots == trade.lots:
        maker_side = Side.SELL if trade.taker_side == Side.BUY else Side.BUY
        told.append({
            "type": "done", **about, "order_id": str(before.place), "side": SIDES[maker_side],
            "price": book.scales.price(trade.price_ticks), "remaining_size": book.scales.size(0), "reason": "filled",
        })  # fmt: skip
    return told


def _order(followed: Followed, event: OrderEvent, about: Message, numbered: Message) -> list[Message]:
    scales, side = followed.book.scales, {"side": SIDES[event.side]}
    rests = bool(event.flags & RESTS)
    price, remaining = scales.price(event.price_ticks), scales.size(event.leaves_lots - event.hidden_lots)
    before = _order_id(followed.before.place if followed.before else None)
    now = _order_id(event.place if rests else None)
    opened = {"type": "open", **numbered, **now, **side, "price": price, "remaining_size": remaining}
    if isinstance(event, OrderAccepted | OrderTriggered):
        received = {"type": "received", **now, **side, **_terms(event, scales)}
        return [received | about, opened] if rests else [received | numbered]
    if isinstance(event, OrderAmended) and (rests or followed.before is None):
        return [{"type": "change", **numbered, **side, **_change(followed, event, before, now)}]
    if isinstance(event, OrderAmended | OrderDone):
        # What never rested left no price: clients look for an order at a price that they are told.
        stood = {"price": scales.price(event.old_price_ticks)} if before else {}
        done = {"type": "done", **numbered, **before, **side, **stood, "remaining_size": remaining}
        return [done | {"reason": "canceled"}]
    return [opened]


def _terms(event: OrderEvent, scales: Scales) -> Message:
    """What came in; the price of a market order is the venue's collar, and no wish of its owner."""
    size = min(event.lots, event.display_lots or event.lots)
    terms = {"order_type": OrderType(event.type).name.lower(), "size": scales.size(size)}
    if event.funds_minor:
        terms = {"order_type": "market", "funds": scales.money(event.funds_minor)}
    if event.type in {OrderType.MARKET, OrderType.STOP}:
        return terms
    return terms | {"price": scales.price(event.price_ticks)}


def _change(followed: Followed, event: OrderAmended, before: Message, now: Message) -> Message:
    """An order that loses its place goes on under another id, which `new_order_id` tells."""
    reason = {"reason": "STP" if event.reason == DoneReason.SELF_TRADE else "modify_order"}
    scales, shown = followed.book.scales, followed.before
    if shown is None:
        return reason  # An order on its way in shrank: no book shows it yet.
    moved = {"new_order_id": now["order_id"]} if before != now else {}
    sizes = {"old_size": scales.size(shown.lots), "new_size": scales.size(event.leaves_lots - event.hidden_lots)}
    prices = {"old_price": scales.price(event.old_price_ticks), "new_price": scales.price(event.price_ticks)}
    return {**before, **moved, "price": scales.price(event.price_ticks), **sizes, **prices, **reason}


def _order_id(public_id: int | None) -> Message:
    return {} if public_id is None else {"order_id": str(public_id)}
