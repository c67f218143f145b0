"""What operators do to trades and to traders, and what takes two of them."""

from collections.abc import Sequence
from typing import Any

from exchange.vocabulary import commands as c
from exchange.vocabulary import events as ev
from exchange.vocabulary.instruments import Cause
from simulations.sandbox import digest
from simulations.scenario_steps.market import Market, options, word_of
from simulations.scenario_steps.registry import StepError, line, verb


@verb("kill")
def _kill(market: Market, words: Sequence[str]) -> list[str]:
    """venue | participant NAME | instrument NAME [reason=REASON]."""
    return market.apply(c.Kill(**_killed(market, words)))


@verb("unkill")
def _unkill(market: Market, words: Sequence[str]) -> list[str]:
    return market.apply(c.Unkill(**_killed(market, words)))


def _killed(market: Market, words: Sequence[str]) -> dict[str, Any]:
    what, *rest = words
    named = {} if what == "venue" else {what: market.find(what, rest.pop(0))}
    return named | _why(rest)


def _why(words: Sequence[str]) -> dict[str, Any]:
    return {"reason": word_of(Cause, options(words, "reason").get("reason", "operator"))}


@verb("bust")
def _bust(market: Market, words: Sequence[str]) -> list[str]:
    """TRADE [reason=REASON], the number that the trade has in `TEXT-CNY`."""
    return market.apply(c.BustTrade(instrument=market.sandbox.instrument, trade_id=int(words[0]), **_why(words[1:])))


@verb("adjust")
def _adjust(market: Market, words: Sequence[str]) -> list[str]:
    """TRADE AMOUNT from NAME to NAME [reason=REASON]."""
    trade, amount, _, payer, _, payee, *rest = words
    command = c.AdjustTrade(
        instrument=market.sandbox.instrument,
        trade_id=int(trade),
        payer=market.find("account", payer),
        payee=market.find("account", payee),
        amount=int(amount),
        **_why(rest),
    )
    return market.apply(command)


@verb("approve")
def _approve(market: Market, words: Sequence[str]) -> list[str]:
    return market.apply(c.Approve(proposal=market.find("proposal", words[0])))


@verb("reject")
def _reject(market: Market, words: Sequence[str]) -> list[str]:
    return market.apply(c.Reject(proposal=market.find("proposal", words[0])))


@verb("policies")
def _policies(market: Market, words: Sequence[str]) -> list[str]:
    """WORD: the gate's policy set whose digest is the word's."""
    return market.apply(c.AdoptPolicies(policies=digest(words[0])))


@verb("limit")
def _limit(market: Market, words: Sequence[str]) -> list[str]:
    """AMOUNT [asset=CODE]: withdrawals of more take two."""
    asset = market.find("asset", options(words[1:], "asset").get("asset", "CNY"))
    return market.apply(c.SetWithdrawalLimit(asset=asset, amount=int(words[0])))


@line(ev.Killed)
def _was_killed(market: Market, event: ev.Killed, _command: c.Command) -> str:
    return f"killed {_reached(market, event)}"


@line(ev.Unkilled)
def _was_lifted(market: Market, event: ev.Unkilled, _command: c.Command) -> str:
    return f"lifted {_reached(market, event)}"


def _reached(market: Market, event: ev.Killed | ev.Unkilled) -> str:
    if event.instrument:
        return market.name_of("instrument", event.instrument)
    return market.name_of("participant", event.participant) if event.participant else "venue"


@line(ev.TradeBusted)
def _busted(_market: Market, event: ev.TradeBusted, _command: c.Command) -> str:
    return f"busted {event.trade_id}: {event.lots} @ {event.price_ticks}"


@line(ev.TradeAdjusted)
def _adjusted(market: Market, event: ev.TradeAdjusted, _command: c.Command) -> str:
    payer, payee = market.name_of("account", event.payer), market.name_of("account", event.payee)
    return f"adjusted {event.trade_id}: {event.amount} from {payer} to {payee}"


@line(ev.Proposed)
def _proposed(market: Market, event: ev.Proposed, _command: c.Command) -> str:
    """Proposals are called p1, p2, … as they come."""
    number = 1
    while _is_taken(market, f"p{number}"):
        number += 1
    market.name("proposal", f"p{number}", event.proposal)
    return f"proposed p{number}"


def _is_taken(market: Market, name: str) -> bool:
    try:
        return bool(market.find("proposal", name))
    except StepError:
        return False


@line(ev.ProposalEnded)
def _ended(market: Market, event: ev.ProposalEnded, _command: c.Command) -> str:
    return f"{'approved' if event.approved else 'rejected'} {market.name_of('proposal', event.proposal)}"


@line(ev.PoliciesAdopted)
def _adopted(_market: Market, _event: ev.PoliciesAdopted, _command: c.Command) -> str:
    return "adopted policies"


@line(ev.RulesVersionSet)
def _ruled(_market: Market, event: ev.RulesVersionSet, _command: c.Command) -> str:
    return f"rules {event.rules_version}"


@line(ev.WithdrawalLimitSet)
def _limited(_market: Market, event: ev.WithdrawalLimitSet, _command: c.Command) -> str:
    return f"limit {event.amount}"


@line(ev.TransferConfirmed)
def _confirmed(market: Market, event: ev.TransferConfirmed, command: c.Command) -> str:
    """A transfer that one confirms goes without saying."""
    approved = isinstance(command, c.Approve)
    return f"confirmed {market.name_of('transfer', event.transfer)}" if approved else ""
