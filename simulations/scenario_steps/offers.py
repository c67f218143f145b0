"""Negotiated trades: offers, their acceptance, and taking them back."""

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
    """buy|sell LOTS @ PRICE [to=NAME,NAME] [part=yes] [until=TIME] [oid=ID] [as LABEL]."""
    rest, label = labelled(words)
    given = options(rest[4:], "to", "part", "until", "oid")
    named = [market.find("account", name) for name in given["to"].split(",")] if "to" in given else []
    command = c.MakeOffer(
        account=account,
        instrument=market.sandbox.instrument,
        side=word_of(Side, rest[0]),
        lots=int(rest[1]),
        price_ticks=int(rest[3]),
        part=int("part" in given),
        expire_at_ns=market.in_ns(given["until"]) if "until" in given else 0,
        to=packed_accounts(named),
        **_identity(given, rest),
    )
    market.name("order", label, market.next_sequence * 16)
    return market.apply(command)


@account_verb("accept")
def _accept(market: Market, account: int, words: Sequence[str]) -> list[str]:
    """OFFER [lots=N] [oid=ID] [as LABEL]."""
    rest, label = labelled(words)
    given = options(rest[1:], "lots", "oid")
    offer, lots = market.find("order", rest[0]), int(given.get("lots", 0))
    market.name("order", label, market.next_sequence * 16)
    return market.apply(c.AcceptOffer(account=account, offer=offer, lots=lots, **_identity(given, rest)))


@account_verb("take-back")
def _withdraw_offer(market: Market, account: int, words: Sequence[str]) -> list[str]:
    """OFFER, or oid=ID."""
    if words[0].startswith("oid="):
        return market.apply(c.WithdrawOffer(account=account, client_order_id=words[0][4:]))
    return market.apply(c.WithdrawOffer(account=account, offer=market.find("order", words[0])))


def _identity(given: dict[str, str], words: Sequence[str]) -> dict[str, Any]:
    return {"client_order_id": given.get("oid", ""), "fingerprint": digest(" ".join(words))[:16]}
