"""Pools: claims on any lot of a class."""

from collections.abc import Sequence

from exchange.vocabulary import commands as c
from exchange.vocabulary import events as ev
from simulations.sandbox import digest
from simulations.scenario_steps.market import Market, options
from simulations.scenario_steps.registry import account_verb, line, verb


@verb("pool")
def _define(market: Market, words: Sequence[str]) -> list[str]:
    """CODE: a pool of lots like those of `TEXT`."""
    for kind in ("base", "asset", "pool"):
        market.name(kind, words[0], market.next_sequence)
    lot_rtu = market.sandbox.terms.lot_rtu
    listing, decision = digest("class"), digest("decision")
    return market.apply(c.DefinePool(code=words[0], lot_rtu=lot_rtu, listing=listing, decision=decision))


@account_verb("pool")
def _pool(market: Market, account: int, words: Sequence[str]) -> list[str]:
    """LOTS into=CODE [base=CODE] [key=KEY]."""
    given = options(words[1:], "into", "base", "key")
    command = c.PoolClaims(
        account=account,
        base=market.find("base", given.get("base", "TEXT")),
        pool=market.find("base", given["into"]),
        lots=int(words[0]),
        decision=digest("belongs"),
        key=given.get("key", f"pooling {market.next_sequence}"),
    )
    return market.apply(command)


@line(ev.ClaimsPooled)
def _pooled(_market: Market, event: ev.ClaimsPooled, _command: c.Command) -> str:
    return f"replayed {event.claims} pooled" if event.flags & ev.REPLAYED else ""
