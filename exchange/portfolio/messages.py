"""Orders, fills and the private feed as plain values ready to be written as JSON."""

from collections.abc import Iterator
from typing import Any, Final

from exchange.portfolio.orders import Fill, Options, OrderView, fills_of
from exchange.vocabulary.events import (
    REPLAYED,
    RESTS,
    WAITS,
    Event,
    OfferTerms,
    OrderAccepted,
    OrderAmended,
    OrderDone,
    OrderEvent,
    OrderReplayed,
    OrderRested,
    OrderTriggered,
    Trade,
    TradeAdjusted,
    TradeBusted,
)
from exchange.vocabulary.instruments import Cause, MatchType, OrderType, Peg, SelfTrade, Side, TimeInForce
from exchange.vocabulary.reasons import DoneReason
from exchange.vocabulary.wire import Scales, iso_time

Message = dict[str, Any]
SIDES: Final = {int(Side.BUY): "buy", int(Side.SELL): "sell"}
TYPES: Final = {int(kind): kind.name.lower() for kind in OrderType}
MATCH_TYPES: Final = {int(kind): kind.name.lower() for kind in MatchType}
TIMES_IN_FORCE: Final = {int(tif): tif.name for tif in TimeInForce} | {int(TimeInForce.GTD): "GTT"}
SELF_TRADE_MODES: Final = {
    int(SelfTrade.DECREMENT): "dc",
    int(SelfTrade.CANCEL_OLDEST): "co",
    int(SelfTrade.CANCEL_NEWEST): "cn",
    int(SelfTrade.CANCEL_BOTH): "cb",
}
PEGS: Final = {int(peg): peg.name.lower() for peg in Peg}
_FILLED: Final = int(DoneReason.FILLED)


def done_reason(reason: int) -> str:
    """Clients know two; which kind of cancel it was stands in the detail."""
    return "filled" if reason == _FILLED else "canceled"


def done_detail(reason: int) -> str:
    return DoneReason(reason).name.lower()


def order(view: OrderView, product_id: str, scales: Scales) -> Message:
    """An order of the dialect; a market order's price is the limit that its collar set."""
    told: Message = {
        "id": str(view.order_id),
        "product_id": product_id,
        "profile_id": str(view.account),
        "side": SIDES[view.side],
        "type": TYPES[view.type],
        "price": scales.price(view.price_ticks),
        "size": scales.size(view.lots),
        "time_in_force": TIMES_IN_FORCE[view.tif],
        "stp": SELF_TRADE_MODES[view.self_trade],
        "post_only": bool(view.post_only),
        "created_at": iso_time(view.created_ns),
        "filled_size": scales.size(view.cum_lots),
        "executed_value": scales.money(view.cum_notional_minor),
        "fill_fees": scales.money(view.fee_minor),
        "status": "done" if view.done_reason else "active" if view.waits else "open",
        "settled": bool(view.done_reason),
    }
    told |= _options(view, scales)
    if view.client_order_id:
        told["client_oid"] = view.client_order_id
    if view.done_reason:
        told["done_at"] = iso_time(view.done_ns)
        told["done_reason"] = done_reason(view.done_reason)
        told["done_detail"] = done_detail(view.done_reason)
    return told


def _options(view: OrderView, scales: Scales) -> Message:
    """What only some orders have."""
    told: Message = {}
    if view.stop_price_ticks:
        entry = "entry" if view.side == Side.BUY else "loss"
        told |= {"stop": entry, "stop_price": scales.price(view.stop_price_ticks)}
    if view.options is not None:
        told |= _linked(view.options, scales)
    if view.display_lots:
        told["display_size"] = scales.size(view.display_lots)
    if view.funds_minor:
        told["funds"] = scales.money(view.funds_minor)
    if view.expire_at_ns:
        told["expire_time"] = iso_time(view.expire_at_ns)
    return told


def _linked(options: Options, scales: Scales) -> Message:
    """What orders that follow have: of a pegged order the limit beside the price at which it stands."""
    prices = {"trail": options.trail_ticks, "exit_price": options.exit_price_ticks}
    prices["exit_stop_price"] = options.exit_stop_ticks
    told: Message = {name: scales.price(ticks) for name, ticks in prices.items() if ticks}
    if options.peg:
        told |= {"peg": PEGS[options.peg], "limit_price": scales.price(options.cap_ticks)}
    if options.offset_ticks:
        told["offset"] = scales.price(options.offset_ticks)
    if options.entry:
        told["entry_id"] = str(options.entry)
    return told


def offer(view: OrderView, account: int, product_id: str, scales: Scales) -> Message:
    """An offer as `account` sees it: whose it is and to whom it goes is its owner's to know."""
    assert view.offered is not None, "an order that is no offer"
    told: Message = {
        "id": str(view.order_id),
        "product_id": product_id,
        "side": SIDES[view.side],
        "price": scales.price(view.price_ticks),
        "size": scales.size(view.lots),
        "remaining_size": scales.size(0 if view.done_ns else view.leaves_lots),
        "part": view.offered.part,
        "private": bool(view.offered.to),
        "mine": view.account == account,
        "created_at": iso_time(view.created_ns),
        "status": "done" if view.done_ns else "open",
    }
    if view.expire_at_ns:
        told["expire_time"] = iso_time(view.expire_at_ns)
    if view.done_ns:
        told["done_reason"], told["done_detail"] = done_reason(view.done_reason), done_detail(view.done_reason)
    if view.account == account:
        told |= {"profile_id": str(account), "to": [str(each) for each in view.offered.to]}
        if view.client_order_id:
            told["client_oid"] = view.client_order_id
    return told


def fill(one: Fill, product_id: str, scales: Scales, *, busted: bool = False) -> Message:
    return {
        "trade_id": one.trade_id,
        "product_id": product_id,
        "order_id": str(one.order_id),
        "profile_id": str(one.account),
        "side": SIDES[one.side],
        "liquidity": "M" if one.is_maker else "T",
        "price": scales.price(one.price_ticks),
        "size": scales.size(one.lots),
        "funds": scales.money(one.notional_minor),
        "fee": scales.money(one.fee_minor),
        "settled": not busted,
        "busted": busted,
        "created_at": iso_time(one.time_ns),
        "match_type": MATCH_TYPES[one.match_type],
    }


def accounts_of(event: Event) -> tuple[int, ...]:
    """Whose private feed an event belongs to, each account once."""
    if isinstance(event, Trade):
        both = (event.maker_account, event.account)
        return both if both[0] != both[1] else both[:1]
    if isinstance(event, TradeBusted):
        return (event.buyer, event.seller)
    if isinstance(event, TradeAdjusted):
        return (event.payer, event.payee)
    return (event.account,) if isinstance(event, OrderEvent) else ()


def offer_of(event: Event) -> int:
    """The order that may be an offer of which the event tells, zero for none."""
    if isinstance(event, OfferTerms):
        return 0 if event.flags & REPLAYED else event.offer
    if isinstance(event, Trade):
        return event.maker_order_id if event.match_type == MatchType.NEGOTIATED else 0
    return event.order_id if isinstance(event, OrderDone) and event.type == OrderType.OFFER else 0


def user_messages(event: Event, account: int, product_id: str, scales: Scales) -> Iterator[Message]:
    """What one account is told about its orders (received, open, match, change, done) and trades (bust, adjustment)."""
    if isinstance(event, Trade):
        for one, order_id in zip(fills_of(event), (event.maker_order_id, event.taker_order_id), strict=True):
            if one.account == account:
                yield _match(event, one, product_id, scales)
                yield from _done_by_fill(event, one, order_id, product_id, scales)
    elif isinstance(event, OrderEvent) and not isinstance(event, OrderReplayed):
        yield from _order_messages(event, product_id, scales)
    elif isinstance(event, TradeBusted | TradeAdjusted):
        yield _correction(event, account, product_id, scales)


def _order_messages(event: OrderEvent, product_id: str, scales: Scales) -> Iterator[Message]:
    about = _about(event, product_id)
    remaining = {"price": scales.price(event.price_ticks), "remaining_size": scales.size(event.leaves_lots)}
    if isinstance(event, OrderAccepted) and event.flags & WAITS and event.type != OrderType.OFFER:
        yield about | {"type": "activate", "size": scales.size(event.lots)} | _stop_terms(event, scales)
    elif isinstance(event, OrderAccepted | OrderTriggered):
        size = {"price": scales.price(event.price_ticks), "size": scales.size(event.lots)}
        yield about | {"type": "received", "order_type": TYPES[event.type]} | size
    if isinstance(event, OrderRested) or (isinstance(event, OrderAccepted) and event.flags & RESTS):
        yield about | {"type": "open"} | remaining
    elif isinstance(event, OrderAmended):
        old = {"old_price": scales.price(event.old_price_ticks), "old_size": scales.size(event.old_leaves_lots)}
        new = {"new_price": scales.price(event.price_ticks), "new_size": scales.size(event.leaves_lots)}
        reason = "STP" if event.reason == DoneReason.SELF_TRADE else "modify_order"
        yield about | {"type": "change", "reason": reason} | remaining | old | new
    elif isinstance(event, OrderDone):
        reasons = {"reason": done_reason(event.reason), "done_detail": done_detail(event.reason)}
        yield about | {"type": "done"} | remaining | reasons


def _stop_terms(event: OrderEvent, scales: Scales) -> Message:
    terms = {"order_type": TYPES[event.type], "stop_price": scales.price(event.stop_price_ticks)}
    return terms | {"limit_price": scales.price(event.price_ticks)}


def _about(event: OrderEvent, product_id: str) -> Message:
    about = {
        "product_id": product_id,
        "time": iso_time(event.timestamp_ns),
        "order_id": str(event.order_id),
        "side": SIDES[event.side],
        "profile_id": str(event.account),
        "user_id": str(event.account),
    }
    return about | {"client_oid": event.client_order_id} if event.client_order_id else about


def _correction(event: TradeBusted | TradeAdjusted, account: int, product_id: str, scales: Scales) -> Message:
    """A trade undone, with the fee that comes back; or cash that comes with one, or goes where it is negative."""
    told: Message = {
        "product_id": product_id,
        "time": iso_time(event.timestamp_ns),
        "trade_id": event.trade_id,
        "reason": Cause(event.reason).name.lower(),
        "profile_id": str(account),
        "user_id": str(account),
    }
    if isinstance(event, TradeAdjusted):
        amount = event.amount if account == event.payee else -event.amount
        return told | {"type": "adjustment", "amount": scales.money(amount)}
    bought = account == event.buyer
    fee = event.buyer_fee_minor if bought else event.seller_fee_minor
    whole = {"price": scales.price(event.price_ticks), "size": scales.size(event.lots)}
    return told | {"type": "bust", "side": "buy" if bought else "sell", **whole, "fee": scales.money(fee)}


def _match(trade: Trade, one: Fill, product_id: str, scales: Scales) -> Message:
    mine = "maker" if one.is_maker else "taker"
    return {
        "type": "match",
        "product_id": product_id,
        "time": iso_time(trade.timestamp_ns),
        "trade_id": trade.trade_id,
        f"{mine}_order_id": str(one.order_id),
        "order_id": str(one.order_id),
        # As on the public feed, the side is the maker's, whoever reads.
        "side": SIDES[one.side if one.is_maker else 3 - one.side],
        "price": scales.price(one.price_ticks),
        "size": scales.size(one.lots),
        "liquidity": "M" if one.is_maker else "T",
        "fee": scales.money(one.fee_minor),
        f"{mine}_user_id": str(one.account),
        f"{mine}_profile_id": str(one.account),
        "profile_id": str(one.account),
        "user_id": str(one.account),
    }


def _done_by_fill(trade: Trade, one: Fill, order_id: int, product_id: str, scales: Scales) -> Iterator[Message]:
    leaves = trade.maker_leaves_lots if one.is_maker else trade.taker_leaves_lots
    if not leaves:
        yield {
            "type": "done",
            "product_id": product_id,
            "time": iso_time(trade.timestamp_ns),
            "order_id": str(order_id),
            "side": SIDES[one.side],
            "profile_id": str(one.account),
            "user_id": str(one.account),
            "price": scales.price(one.price_ticks),
            "remaining_size": scales.size(0),
            "reason": "filled",
            "done_detail": "filled",
        }
