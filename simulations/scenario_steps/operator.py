"""The operator's day: the kill switch, corrections, and what takes a second user.

What a user asks for that takes two is told as `proposed p1`, the next as `p2`; `approve p1` carries it out.
"""

from collections.abc import Sequence
from typing import Any

from exchange.vocabulary import commands as c
from exchange.vocabulary import events as ev
from exchange.vocabulary.instruments import Cause
from simulations.sandbox import digest
from simulations.scenario_steps.market import Market, options, word_of
from simulations.scenario_steps.registry import line, verb


@verb("kill")
def _kill(market: Market, words: Sequence[str]) -> list[str]:
    """NAME of a participant, a SYMBOL, or `venue`; [reason=REASON]."""
    return market.apply(c.Kill(**_killed(market, words), evidence=digest("evidence")))


@verb("unkill")
def _unkill(market: Market, words: Sequence[str]) -> list[str]:
    return market.apply(c.Unkill(**_killed(market, words), evidence=digest("evidence")))


def _killed(market: Market, words: Sequence[str]) -> dict[str, Any]:
    reason = _cause(options(words[1:], "reason"))
    if words[0] == "venue":
        return {"reason": reason}
    kind = "instrument" if "-" in words[0] else "participant"
    return {kind: market.find(kind, words[0]), "reason": reason}


def _cause(given: dict[str, str]) -> int:
    return word_of(Cause, given.get("reason", "operator"))


@verb("bust")
def _bust(market: Market, words: Sequence[str]) -> list[str]:
    """TRADE [reason=REASON]: the instrument's first trade is 1."""
    reason = _cause(options(words[1:], "reason"))
    instrument, evidence = market.sandbox.instrument, digest("evidence")
    return market.apply(c.BustTrade(instrument=instrument, trade_id=int(words[0]), reason=reason, evidence=evidence))


@verb("adjust")
def _adjust(market: Market, words: Sequence[str]) -> list[str]:
    """TRADE payer=NAME payee=NAME amount=N [reason=REASON]."""
    given = options(words[1:], "payer", "payee", "amount", "reason")
    command = c.AdjustTrade(
        instrument=market.sandbox.instrument,
        trade_id=int(words[0]),
        payer=market.find("account", given["payer"]),
        payee=market.find("account", given["payee"]),
        amount=int(given["amount"]),
        reason=_cause(given),
        evidence=digest("evidence"),
    )
    return market.apply(command)


@verb("policies")
def _policies(market: Market, words: Sequence[str]) -> list[str]:
    return market.apply(c.AdoptPolicies(policies=digest(words[0])))


@verb("withdrawal-limit")
def _withdrawal_limit(market: Market, words: Sequence[str]) -> list[str]:
    """CODE AMOUNT: above it a withdrawal takes a second user."""
    return market.apply(c.SetWithdrawalLimit(asset=market.find("asset", words[0]), amount=int(words[1])))


@verb("schedule")
def _schedule(market: Market, words: Sequence[str]) -> list[str]:
    return market.apply(c.AssignSchedule(instrument=market.sandbox.instrument, schedule=digest(words[0])))


@verb("approve")
def _approve(market: Market, words: Sequence[str]) -> list[str]:
    return market.apply(c.Approve(proposal=market.find("proposal", words[0])))


@verb("reject")
def _reject(market: Market, words: Sequence[str]) -> list[str]:
    return market.apply(c.Reject(proposal=market.find("proposal", words[0])))


@line(ev.Proposed)
def _proposed(market: Market, event: ev.Proposed, _command: c.Command) -> str:
    return f"proposed {market.number('proposal', 'p', event.proposal)}"


@line(ev.TradeBusted)
def _busted(_market: Market, event: ev.TradeBusted, _command: c.Command) -> str:
    return f"busted {event.trade_id}"


@line(ev.TradeAdjusted)
def _adjusted(_market: Market, event: ev.TradeAdjusted, _command: c.Command) -> str:
    return f"adjusted {event.trade_id} by {event.amount}"
