"""What can be looked at between two steps."""

from collections.abc import Sequence

from exchange.vocabulary.instruments import OrderType, Phase, Side
from exchange.vocabulary.rows import BalanceRow, InstrumentRow, OrderRow
from simulations.scenario_steps.market import Market
from simulations.scenario_steps.registry import StepError, view


@view("book")
def _book(market: Market, _words: Sequence[str]) -> list[str]:
    """Levels as everyone sees them, bids first, the best of each side first."""
    levels: dict[tuple[int, int], int] = {}
    for row in _open_orders(market):
        if row.place and row.type != OrderType.MARKET:  # One in a call shows nowhere.
            key = (row.side, row.price_ticks)
            levels[key] = levels.get(key, 0) + row.leaves_lots - row.hidden_lots
    best_first = sorted(levels, key=lambda key: (key[0], -key[1] if key[0] == Side.BUY else key[1]))
    return [f"{'bid' if side == Side.BUY else 'ask'} {levels[side, price]} @ {price}" for side, price in best_first]


@view("orders")
def _orders(market: Market, words: Sequence[str]) -> list[str]:
    """An account's open orders, the oldest first, with what each holds."""
    account = market.find("account", words[0])
    return [_order(market, row) for row in _open_orders(market) if row.account == account]


def _order(market: Market, row: OrderRow) -> str:
    side = Side(row.side).name.lower()
    name = market.name_of("order", row.order_id)
    unseen = "" if row.place else " waits"
    return f"{name} {side} {row.leaves_lots} of {row.lots} @ {row.price_ticks} holds {row.hold}{unseen}"


def _open_orders(market: Market) -> list[OrderRow]:
    rows = market.rows(OrderRow)
    return [row for row in rows if not row.done_ns and row.instrument == market.sandbox.instrument]


@view("balance", names=2)
def _balance(market: Market, words: Sequence[str]) -> list[str]:
    """An account's cash or claims, all of it, and what of that is held."""
    if words[1] not in {"cash", "claims"}:
        raise StepError(f"a balance is of cash or claims, not of {words[1]!r}")
    asset = market.sandbox.asset if words[1] == "cash" else market.sandbox.base
    wanted = (market.find("account", words[0]), asset)
    rows = market.rows(BalanceRow)
    total, held = next(((row.total, row.held) for row in rows if (row.account, row.asset) == wanted), (0, 0))
    return [f"{total} held {held}"]


@view("last", names=0)
def _last(market: Market, _words: Sequence[str]) -> list[str]:
    """The last price, `none` before the first trade."""
    return [str(_terms(market).last_price_ticks or "none")]


@view("now", names=0)
def _now(market: Market, _words: Sequence[str]) -> list[str]:
    """The instrument's phase."""
    return [Phase(_terms(market).phase).name.lower()]


def _terms(market: Market) -> InstrumentRow:
    return next(row for row in market.rows(InstrumentRow) if row.instrument == market.sandbox.instrument)
