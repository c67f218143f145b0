"""Dead-man timers, guarded connections, and the answers to dry runs."""

from collections.abc import Sequence

from exchange.vocabulary import commands as c
from exchange.vocabulary import events as ev
from simulations.scenario_steps.market import Market, labelled
from simulations.scenario_steps.registry import account_verb, line


@account_verb("dead-man")
def _dead_man(market: Market, account: int, words: Sequence[str]) -> list[str]:
    """TIME, from now, or `off`."""
    fires = 0 if words[0] == "off" else market.in_ns(words[0])
    return market.apply(c.SetDeadMan(account=account, fires_at_ns=fires))


@account_verb("guard")
def _guard(market: Market, account: int, words: Sequence[str]) -> list[str]:
    """[as LABEL]: one more connection whose breaking ends the account's orders."""
    _, label = labelled(words, "connection")
    market.name("guard", label, market.next_sequence)
    return market.apply(c.ArmDisconnect(account=account))


@account_verb("unguard")
def _unguard(market: Market, account: int, words: Sequence[str]) -> list[str]:
    return market.apply(c.DisarmDisconnect(account=account, guard=_which(market, words)))


@account_verb("disconnect")
def _disconnect(market: Market, account: int, words: Sequence[str]) -> list[str]:
    """[LABEL]: the venue saw that connection break."""
    return market.apply(c.Disconnect(account=account, guard=_which(market, words)))


def _which(market: Market, words: Sequence[str]) -> int:
    return market.find("guard", words[0] if words else "connection")


@line(ev.DeadManFired)
def _fired(market: Market, event: ev.DeadManFired, _command: c.Command) -> str:
    return f"dead-man {market.name_of('account', event.account)} ended {event.canceled}"


@line(ev.Disconnected)
def _disconnected(market: Market, event: ev.Disconnected, _command: c.Command) -> str:
    return f"disconnected {market.name_of('account', event.account)} ended {event.canceled}"


@line(ev.OrderChecked)
def _checked(_market: Market, event: ev.OrderChecked, _command: c.Command) -> str:
    return f"checked {event.lots} @ {event.price_ticks} trades {event.trades_lots} holds {event.hold}"
