"""Cash in and out, and claims into lots."""

from collections.abc import Sequence

from exchange.vocabulary import commands as c
from simulations.sandbox import digest
from simulations.scenario_steps.market import Market, labelled, options
from simulations.scenario_steps.registry import account_verb, verb


@account_verb("deposit")
def _deposit(market: Market, account: int, words: Sequence[str]) -> list[str]:
    """AMOUNT [key=KEY] [as LABEL]: begun; `confirm LABEL` or `abort LABEL` ends it."""
    amount, key = _begun(market, words)
    return market.apply(c.BeginDeposit(account=account, asset=market.sandbox.asset, amount=amount, key=key))


@account_verb("withdraw")
def _withdraw(market: Market, account: int, words: Sequence[str]) -> list[str]:
    amount, key = _begun(market, words)
    return market.apply(c.BeginWithdrawal(account=account, asset=market.sandbox.asset, amount=amount, key=key))


def _begun(market: Market, words: Sequence[str]) -> tuple[int, str]:
    rest, label = labelled(words)
    given = options(rest[1:], "key")
    market.name("transfer", label, market.next_sequence)
    return int(rest[0]), given.get("key", f"transfer {market.next_sequence}")


@verb("confirm")
def _confirm(market: Market, words: Sequence[str]) -> list[str]:
    return market.apply(c.ConfirmTransfer(transfer=market.find("transfer", words[0])))


@verb("abort")
def _abort(market: Market, words: Sequence[str]) -> list[str]:
    return market.apply(c.AbortTransfer(transfer=market.find("transfer", words[0])))


@account_verb("deliver")
def _deliver(market: Market, account: int, words: Sequence[str]) -> list[str]:
    """LOTS [of=CODE] [key=KEY], of `TEXT` where no base or pool is named."""
    given = options(words[1:], "key", "of")
    key = given.get("key", f"delivery {market.next_sequence}")
    base, decision = market.find("base", given.get("of", "TEXT")), digest("deliver")
    return market.apply(c.TakeDelivery(account=account, base=base, lots=int(words[0]), decision=decision, key=key))


@verb("issue")
def _issue(market: Market, words: Sequence[str]) -> list[str]:
    return market.apply(c.Issue(base=market.find("base", words[0])))
