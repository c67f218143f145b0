"""Who trades: participants, their accounts, users and keys, and what the gate and the venue let them do."""

from collections.abc import Sequence
from typing import Final

from exchange.vocabulary import commands as c
from exchange.vocabulary.instruments import Cause, Purpose, Side
from exchange.vocabulary.participants import ParticipantState, Role, Scope
from exchange.vocabulary.units import FOREVER_NS, MAX_LOTS
from simulations.sandbox import digest
from simulations.scenario_steps.market import Market, bits, options, word_of
from simulations.scenario_steps.registry import verb

CASH: Final = 10**12
CLAIMS: Final = 1_000


@verb("account")
def _account(market: Market, words: Sequence[str]) -> list[str]:
    """NAME with cash, claims and an entitlement for both sides; of a new participant where none is named."""
    name, *rest = words
    market.must_be_new("account", name)
    given = options(rest, "cash", "claims", "owner", "of", "max_open_orders", "max_client_ids")
    sandbox = market.sandbox
    if "of" in given:
        participant = market.find("participant", given["of"])
    else:
        owner = market.find("participant", given["owner"]) if "owner" in given else 0
        participant = sandbox.participant(owner)
        market.name("participant", name, participant)
    limits = {key: int(given[key]) for key in ("max_open_orders", "max_client_ids") if key in given}
    account = sandbox.account(participant, **limits)
    market.name("account", name, account)
    sandbox.entitle(account)
    if cash := int(given.get("cash", CASH)):
        sandbox.deposit(account, cash)
    if claims := int(given.get("claims", CLAIMS)):
        _hand_out(market, account, claims)
    return []


def _hand_out(market: Market, account: int, claims: int) -> None:
    """Claims from the issuer, for cash that is paid in for them alone."""
    sandbox, book = market.sandbox, market.claims_book
    tick_minor = sandbox.terms.tick_minor * sandbox.terms.lot_rtu // 1_000_000
    sandbox.deposit(account, claims * tick_minor)
    for party, side in ((sandbox.issuer, Side.SELL), (account, Side.BUY)):
        grant = _grant(party, book, side) | {"position_limit_lots": MAX_LOTS, "expires_at_ns": FOREVER_NS}
        sandbox.must(c.GrantEntitlement(**grant))  # type: ignore[arg-type]
        order = sandbox.order(party, side, 1, claims)
        order.instrument = book
        sandbox.must(order)


def _grant(account: int, instrument: int, side: Side) -> dict[str, object]:
    decision = digest(f"{account} {side}")
    return {"account": account, "instrument": instrument, "side": side, "purpose": 1, "decision": decision}


@verb("participant")
def _participant(market: Market, words: Sequence[str]) -> list[str]:
    """NAME [owner=NAME], as it applies."""
    given = options(words[1:], "owner")
    owner = market.find("participant", given["owner"]) if "owner" in given else 0
    market.name("participant", words[0], market.next_sequence)
    return market.apply(c.RegisterParticipant(owner=owner, profile=digest("profile")))


@verb("open")
def _open(market: Market, words: Sequence[str]) -> list[str]:
    """NAME of=PARTICIPANT: an account and nothing more."""
    given = options(words[1:], "of")
    market.name("account", words[0], market.next_sequence)
    return market.apply(c.OpenAccount(participant=market.find("participant", given["of"])))


@verb("state")
def _state(market: Market, words: Sequence[str]) -> list[str]:
    """NAME STATE: a participant moves."""
    participant, state = market.find("participant", words[0]), word_of(ParticipantState, words[1])
    return market.apply(c.SetParticipantState(participant=participant, state=state, evidence=digest("evidence")))


@verb("user")
def _user(market: Market, words: Sequence[str]) -> list[str]:
    """NAME of=PARTICIPANT roles=ROLE+ROLE."""
    given = options(words[1:], "of", "roles")
    market.name("user", words[0], market.next_sequence)
    roles = bits(Role, given["roles"])
    return market.apply(c.RegisterUser(participant=market.find("participant", given["of"]), roles=roles))


@verb("key")
def _key(market: Market, words: Sequence[str]) -> list[str]:
    """NAME of=USER scopes=SCOPE+SCOPE [until=TIME]."""
    given = options(words[1:], "of", "scopes", "until")
    market.name("key", words[0], market.next_sequence)
    expires = market.in_ns(given["until"]) if "until" in given else 0
    command = c.RegisterKey(
        user=market.find("user", given["of"]),
        scopes=bits(Scope, given["scopes"]),
        expires_at_ns=expires,
        fingerprint=digest(words[0]),
    )
    return market.apply(command)


@verb("revoke-key")
def _revoke_key(market: Market, words: Sequence[str]) -> list[str]:
    return market.apply(c.RevokeKey(key=market.find("key", words[0])))


@verb("block")
def _block(market: Market, words: Sequence[str]) -> list[str]:
    return market.apply(c.BlockAccount(**_blocked(market, words), evidence=digest("evidence")))


@verb("unblock")
def _unblock(market: Market, words: Sequence[str]) -> list[str]:
    return market.apply(c.UnblockAccount(**_blocked(market, words), evidence=digest("evidence")))


def _blocked(market: Market, words: Sequence[str]) -> dict[str, int]:
    reason = options(words[1:], "reason").get("reason", "operator")
    return {"account": market.find("account", words[0]), "reason": word_of(Cause, reason)}


@verb("entitle")
def _entitle(market: Market, words: Sequence[str]) -> list[str]:
    """NAME buy|sell [limit=LOTS] [until=TIME] [days=N] [purpose=PURPOSE+PURPOSE]."""
    given = options(words[2:], "limit", "until", "days", "purpose")
    command = c.GrantEntitlement(
        account=market.find("account", words[0]),
        instrument=market.sandbox.instrument,
        side=word_of(Side, words[1]),
        purpose=bits(Purpose, given.get("purpose", "training")),
        min_days=int(given.get("days", 0)),
        position_limit_lots=int(given.get("limit", MAX_LOTS)),
        expires_at_ns=market.in_ns(given["until"]) if "until" in given else FOREVER_NS,
        decision=digest(" ".join(words)),
    )
    return market.apply(command)


@verb("revoke")
def _revoke(market: Market, words: Sequence[str]) -> list[str]:
    """NAME buy|sell: what was granted is taken back."""
    command = c.RevokeEntitlement(
        account=market.find("account", words[0]),
        instrument=market.sandbox.instrument,
        side=word_of(Side, words[1]),
        decision=digest("revoked"),
    )
    return market.apply(command)
