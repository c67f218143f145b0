"""Orders that are only asked about."""

from exchange.vocabulary import commands as c
from exchange.vocabulary import events as ev
from simulations.scenario_steps.market import Market
from simulations.scenario_steps.registry import line


@line(ev.OrderChecked)
def _checked(_market: Market, event: ev.OrderChecked, _command: c.Command) -> str:
    return f"would trade {event.trades_lots} and hold {event.hold}"
