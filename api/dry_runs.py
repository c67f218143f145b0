"""The answer to a dry run: the order as it would be, of which there is none."""

from typing import Any

from api.market import Book
from exchange.portfolio import messages
from exchange.portfolio.orders import Options, OrderView
from exchange.vocabulary.commands import PlaceOrder
from exchange.vocabulary.events import OrderChecked
from exchange.vocabulary.instruments import OrderFlag, Side


def checked_order(asked: PlaceOrder, told: OrderChecked, book: Book) -> dict[str, Any]:
    """What was asked for, the limit and the hold that it would have, and the size that would trade at once.

    A buy holds quote currency, fee included; a sell holds its size.
    """
    view = OrderView(
        order_id=0,
        account=asked.account,
        instrument=asked.instrument,
        side=asked.side,
        type=asked.type,
        tif=asked.tif,
        self_trade=asked.self_trade,
        post_only=asked.flags & OrderFlag.POST_ONLY,
        price_ticks=told.price_ticks,
        lots=told.lots,
        leaves_lots=told.lots,
        cum_lots=0,
        cum_notional_minor=0,
        fee_minor=0,
        created_ns=told.timestamp_ns,
        decision=0,
        client_order_id=asked.client_order_id,
        funds_minor=asked.funds_minor,
        display_lots=asked.display_lots,
        stop_price_ticks=asked.stop_price_ticks,
        expire_at_ns=asked.expire_at_ns,
        options=_options(asked),
    )
    scales = book.scales
    order = messages.order(view, book.product_id, scales)
    del order["id"]
    hold = scales.money(told.hold) if told.side == Side.BUY else scales.size(told.hold)
    return order | {"status": "checked", "would_trade": scales.size(told.trades_lots), "hold": hold}


def _options(asked: PlaceOrder) -> Options:
    """A pegged order's own price is the one beyond which it does not follow."""
    return Options(
        entry=0,
        peg=asked.peg,
        offset_ticks=asked.offset_ticks,
        cap_ticks=asked.price_ticks,
        trail_ticks=asked.trail_ticks,
        exit_price_ticks=asked.exit_price_ticks,
        exit_stop_ticks=asked.exit_stop_ticks,
    )
