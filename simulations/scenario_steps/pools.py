"""Pools: claims on any lot of a class, and what they are made of."""

from collections.abc import Sequence

from exchange.vocabulary import commands as c
from exchange.vocabulary import events as ev
from exchange.vocabulary.instruments import Cause
from exchange.vocabulary.rows import BalanceRow, PooledRow
from simulations.sandbox import digest
from simulations.scenario_steps.market import Market, options, word_of
from simulations.scenario_steps.registry import account_verb, line, verb, view


@verb("pool")
def _pool(market: Market, words: Sequence[str]) -> list[str]:
    """CODE: a pool of lots of the size that `TEXT` has."""
    for kind in ("base", "asset", "pool"):
        market.name(kind, words[0], market.next_sequence)
    lot_rtu, decision = market.sandbox.terms.lot_rtu, digest("decision")
    return market.apply(c.DefinePool(lot_rtu=lot_rtu, code=words[0], listing=digest("class"), decision=decision))


@account_verb("pool")
def _pool_claims(market: Market, account: int, words: Sequence[str]) -> list[str]:
    """LOTS of=BASE into=POOL [key=KEY]."""
    given = options(words[1:], "of", "into", "key")
    command = c.PoolClaims(
        account=account,
        base=market.find("base", given["of"]),
        pool=market.find("pool", given["into"]),
        lots=int(words[0]),
        decision=digest("belongs"),
        key=given.get("key", f"pooling {market.next_sequence}"),
    )
    return market.apply(command)


@line(ev.ClaimsPooled)
def _pooled(market: Market, event: ev.ClaimsPooled, _command: c.Command) -> str:
    """Pooling that was asked for goes without saying."""
    repeated = event.flags & ev.REPLAYED
    return f"replayed {event.claims} of {market.name_of('base', event.base)}" if repeated else ""


@verb("withhold")
def _withhold(market: Market, words: Sequence[str]) -> list[str]:
    """BASE: nothing of it is delivered or pooled."""
    return market.apply(c.WithholdBase(base=market.find("base", words[0]), withheld=1, decision=digest("recall")))


@verb("release")
def _release(market: Market, words: Sequence[str]) -> list[str]:
    """BASE: it is delivered and pooled again."""
    return market.apply(c.WithholdBase(base=market.find("base", words[0]), withheld=0, decision=digest("lifted")))


@account_verb("withdraw-claims")
def _withdraw_claims(market: Market, account: int, words: Sequence[str]) -> list[str]:
    """LOTS of=BASE [key=KEY] [reason=REASON]."""
    given = options(words[1:], "of", "key", "reason")
    command = c.WithdrawClaims(
        account=account,
        base=market.find("base", given["of"]),
        lots=int(words[0]),
        key=given.get("key", f"withdrawal {market.next_sequence}"),
        reason=word_of(Cause, given.get("reason", "operator")),
        evidence=digest("evidence"),
    )
    return market.apply(command)


@line(ev.ClaimsWithdrawn)
def _withdrawn(market: Market, event: ev.ClaimsWithdrawn, _command: c.Command) -> str:
    again = "replayed" if event.flags & ev.REPLAYED else "withdrawn"
    return f"{again} {event.claims} of {market.name_of('base', event.base)}"


@view("pooled")
def _in_pool(market: Market, words: Sequence[str]) -> list[str]:
    """What a pool delivers from: claims by base, the first pooled first."""
    pool = market.find("pool", words[0])
    return [f"{row.claims} of {market.name_of('base', row.base)}" for row in market.rows(PooledRow) if row.pool == pool]


@view("claims", names=2)
def _claims(market: Market, words: Sequence[str]) -> list[str]:
    """An account's claims on a base or a pool, all of them, and what of that is held."""
    wanted = (market.find("account", words[0]), market.find("asset", words[1]))
    rows = market.rows(BalanceRow)
    total, held = next(((row.total, row.held) for row in rows if (row.account, row.asset) == wanted), (0, 0))
    return [f"{total} held {held}"]
