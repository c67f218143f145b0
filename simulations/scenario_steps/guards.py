"""What ends an account's orders when it is not heard of."""

from collections.abc import Sequence

from exchange.vocabulary import commands as c
from simulations.scenario_steps.market import Market, labelled
from simulations.scenario_steps.registry import account_verb, verb


@account_verb("dead-man")
def _dead_man(market: Market, account: int, words: Sequence[str]) -> list[str]:
    """TIME, or off."""
    fires_at_ns = 0 if words[0] == "off" else market.in_ns(words[0])
    return market.apply(c.SetDeadMan(account=account, fires_at_ns=fires_at_ns))


@account_verb("guard")
def _guard(market: Market, account: int, words: Sequence[str]) -> list[str]:
    """[as LABEL]: a connection is guarded."""
    _, label = labelled(words)
    market.name("guard", label, market.next_sequence)
    return market.apply(c.ArmDisconnect(account=account))


@account_verb("unguard")
def _unguard(market: Market, account: int, words: Sequence[str]) -> list[str]:
    return market.apply(c.DisarmDisconnect(account=account, guard=market.find("guard", words[0])))


@verb("disconnect")
def _disconnect(market: Market, words: Sequence[str]) -> list[str]:
    """NAME GUARD: the venue saw the connection break."""
    account, guard = market.find("account", words[0]), market.find("guard", words[1])
    return market.apply(c.Disconnect(account=account, guard=guard))
