"""Negotiated trades: offers, acceptances and withdrawals."""

from collections.abc import Sequence
from typing import Any

from exchange.vocabulary import commands as c
from exchange.vocabulary.instruments import Side
from exchange.vocabulary.offering import packed_accounts
from simulations.sandbox import digest
from simulations.scenario_steps.market import Market, labelled, options, word_of
from simulations.scenario_steps.registry import account_verb


@account_verb("offer")
def _offer(market: Market, account: int, words: Sequence[str]) -> list[str]:
    """buy|sell LOTS @ PRICE [to=NAME+NAME] [part] [until=TIME] [oid=ID] [as LABEL]."""
    rest, label = labelled(words)
    side, lots, _, price = rest[:4]
    given = options([word for word in rest[4:] if word != "part"], "to", "until", "oid")
    to = [market.find("account", name) for name in given["to"].split("+")] if "to" in given else []
    command = c.MakeOffer(
        account=account,
        instrument=market.sandbox.instrument,
        side=word_of(Side, side),
        part="part" in rest,
        price_ticks=int(price),
        lots=int(lots),
        expire_at_ns=market.in_ns(given["until"]) if "until" in given else 0,
        to=packed_accounts(to),
        **_identity(given, rest),
    )
    market.name("order", label, market.next_sequence * 16)
    return market.apply(command)


@account_verb("accept")
def _accept(market: Market, account: int, words: Sequence[str]) -> list[str]:
    """LABEL [LOTS] [oid=ID] [as LABEL]: all that is left where no lots are named."""
    rest, label = labelled(words)
    named = [word for word in rest[1:] if "=" in word]
    (lots,) = [word for word in rest[1:] if "=" not in word] or ["0"]
    identity = _identity(options(named, "oid"), rest)
    command = c.AcceptOffer(account=account, offer=market.find("order", rest[0]), lots=int(lots), **identity)
    market.name("order", label, market.next_sequence * 16)
    return market.apply(command)


@account_verb("withdraw-offer")
def _withdraw_offer(market: Market, account: int, words: Sequence[str]) -> list[str]:
    """LABEL, or oid=ID."""
    if words[0].startswith("oid="):
        return market.apply(c.WithdrawOffer(account=account, client_order_id=words[0][4:]))
    return market.apply(c.WithdrawOffer(account=account, offer=market.find("order", words[0])))


def _identity(given: dict[str, str], words: Sequence[str]) -> dict[str, Any]:
    """The client order id with a fingerprint of the step's words."""
    return {"client_order_id": given.get("oid", ""), "fingerprint": digest(" ".join(words))[:16]}
