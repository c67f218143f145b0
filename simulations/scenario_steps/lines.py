"""Events of orders and of the market, as lines."""

from exchange.vocabulary import commands as c
from exchange.vocabulary import events as ev
from exchange.vocabulary.instruments import OrderType, Phase, Side
from exchange.vocabulary.reasons import DoneReason, Reason
from simulations.scenario_steps.market import Market
from simulations.scenario_steps.registry import line


@line(ev.CommandRefused)
def _refused(_market: Market, event: ev.CommandRefused, _command: c.Command) -> str:
    return f"refused {Reason(event.reason).name}"


@line(ev.Trade)
def _trade(market: Market, event: ev.Trade, _command: c.Command) -> str:
    return f"trade {event.lots} @ {event.price_ticks} with {_order(market, event.maker_order_id)}"


@line(ev.OrderDone)
def _done(market: Market, event: ev.OrderDone, _command: c.Command) -> str:
    return f"done {_order(market, event.order_id)} {DoneReason(event.reason).name}"


@line(ev.OrderTriggered)
def _triggered(market: Market, event: ev.OrderTriggered, _command: c.Command) -> str:
    return f"triggered {_order(market, event.order_id)}"


@line(ev.OrderRefreshed)
def _refreshed(market: Market, event: ev.OrderRefreshed, _command: c.Command) -> str:
    return f"shows {event.leaves_lots - event.hidden_lots} of {_order(market, event.order_id)}"


@line(ev.OrderAccepted)
def _accepted(market: Market, event: ev.OrderAccepted, _command: c.Command) -> str:
    """An order that was asked for goes without saying; the exit of a bracket was not."""
    return f"enters {_order(market, event.order_id)} for {event.leaves_lots}" if event.order_id % 16 else ""


@line(ev.OrderAmended)
def _amended(market: Market, event: ev.OrderAmended, command: c.Command) -> str:
    """An amend that was asked for goes without saying."""
    name = _order(market, event.order_id)
    if event.reason:
        return f"reduced {name} to {event.leaves_lots}"
    if event.type == OrderType.TRAILING_STOP and not isinstance(command, c.AmendOrder):
        return f"trails {name} to {event.stop_price_ticks}"
    if event.type == OrderType.PEGGED:
        return _moved(name, event)
    return f"grows {name} to {event.leaves_lots}" if event.order_id % 16 and event.hold_change > 0 else ""


def _moved(name: str, event: ev.OrderAmended) -> str:
    """A pegged order that left the book is told of twice: it left, and it waits."""
    if event.flags & ev.WAITS:
        return "" if event.hold_change else f"waits {name}"
    moved = event.price_ticks != event.old_price_ticks
    return f"moves {name} to {event.price_ticks}" if moved else ""


@line(ev.OrderReplayed)
def _replayed(market: Market, event: ev.OrderReplayed, _command: c.Command) -> str:
    return f"replayed {_order(market, event.order_id)}"


@line(ev.Uncrossed)
def _uncrossed(_market: Market, event: ev.Uncrossed, _command: c.Command) -> str:
    return f"uncross {event.lots} @ {event.price_ticks} over {event.imbalance_lots}"


@line(ev.PhaseSet)
def _phase(_market: Market, event: ev.PhaseSet, command: c.Command) -> str:
    """A move that was asked for goes without saying, another one's instrument too."""
    asked = isinstance(command, c.SetPhase) and event.phase == command.phase
    return "" if asked else f"phase {Phase(event.phase).name.lower()}"


@line(ev.LotDelivered)
def _delivered(market: Market, event: ev.LotDelivered, _command: c.Command) -> str:
    """With the base where that is not the instrument's own."""
    of = "" if event.base == market.sandbox.base and not event.pool else f" of {market.name_of('base', event.base)}"
    return f"{'replayed' if event.flags & ev.REPLAYED else 'delivered'} lot {event.lot}{of}"


@line(ev.TransferBegun)
def _transfer(market: Market, event: ev.TransferBegun, _command: c.Command) -> str:
    return f"replayed {market.name_of('transfer', event.transfer)}" if event.flags & ev.REPLAYED else ""


@line(ev.EntitlementEnded)
def _expired(market: Market, event: ev.EntitlementEnded, _command: c.Command) -> str:
    """A verdict that was taken back goes without saying."""
    side = Side(event.side).name.lower()
    return f"expired {market.name_of('account', event.account)} {side}" if event.expired else ""


def _order(market: Market, order_id: int) -> str:
    return market.name_of("order", order_id)
