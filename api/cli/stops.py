"""Stopping and letting go on: a product's phase, an account, and the kill switch."""

from enum import StrEnum
from typing import Annotated, Any

import typer

from api.cli.console import say, show, table
from api.cli.options import HERE, Key, Symbol, Url, operating, product_of
from api.cli.reasons import Cause, Note, Reason, say_proposed, why

Account = Annotated[int, typer.Argument(min=1, help="An account's id")]
Participant = Annotated[int | None, typer.Option(min=1, help="Of this participant, with all its accounts")]
Product = Annotated[str | None, typer.Option(help="Of this product, as GSM8K-CNY")]
Venue = Annotated[bool, typer.Option("--venue", help="Of everyone, everywhere")]


class Phase(StrEnum):
    CLOSED = "closed"
    PRE_OPEN = "pre_open"
    OPENING_AUCTION = "opening_auction"
    CONTINUOUS = "continuous"
    VOLATILITY_AUCTION = "volatility_auction"
    CLOSING_AUCTION = "closing_auction"
    HALTED = "halted"
    CANCEL_ONLY = "cancel_only"


def phase(
    symbol: Symbol, phase: Phase, reason: Reason = Cause.OPERATOR, note: Note = "", url: Url = HERE,
    credentials: Key = None,
) -> None:  # fmt: skip
    """Move a product to a phase, whatever its schedule says."""
    with operating(url, credentials) as client:
        body = {"phase": phase.value, **why(reason, note)}
        told = client.post(f"/products/{product_of(symbol)}/phase", body)
    say(f"{told['product_id']} is {told['phase']}.")


def halt(symbol: Symbol, reason: Reason, note: Note = "", url: Url = HERE, credentials: Key = None) -> None:
    """Stop trading in a product; its orders stay, and can be cancelled."""
    phase(symbol, Phase.HALTED, reason, note, url, credentials)


def resume(
    symbol: Symbol,
    to: Annotated[Phase, typer.Option("--to", help="With which phase; a call lets prices find each other")] = (
        Phase.CONTINUOUS
    ),
    reason: Reason = Cause.OPERATOR,
    note: Note = "",
    url: Url = HERE,
    credentials: Key = None,
) -> None:
    """Let a halted product trade again."""
    phase(symbol, to, reason, note, url, credentials)


def reference_price(
    symbol: Symbol,
    price: Annotated[str, typer.Argument(help="As 500.00; what the static band lies round")],
    reason: Reason = Cause.OPERATOR,
    note: Note = "",
    url: Url = HERE,
    credentials: Key = None,
) -> None:
    """Set a product's reference price; not while a call runs."""
    with operating(url, credentials) as client:
        told = client.post(f"/products/{product_of(symbol)}/reference-price", {"price": price, **why(reason, note)})
    say(f"The reference price of {told['product_id']} is {told['price']}.")


def block(
    account: Account, reason: Reason = Cause.OPERATOR, note: Note = "", url: Url = HERE, credentials: Key = None
) -> None:
    """End an account's orders and refuse new ones."""
    with operating(url, credentials) as client:
        client.post(f"/accounts/{account}/block", why(reason, note))
    say(f"Account {account} is blocked.")


def unblock(
    account: Account, reason: Reason = Cause.OPERATOR, note: Note = "", url: Url = HERE, credentials: Key = None
) -> None:
    """Take an operator's block from an account; a kill's stays."""
    with operating(url, credentials) as client:
        client.post(f"/accounts/{account}/unblock", why(reason, note))
    say(f"Account {account} is not blocked by an operator any more.")


def kill(
    reason: Reason, participant: Participant = None, product: Product = None, venue: Venue = False, note: Note = "",
    url: Url = HERE, credentials: Key = None,
) -> None:  # fmt: skip
    """End all orders of a participant, in a product, or of the whole venue, and let no new one in. At once."""
    target = _target(participant, product, venue=venue)
    with operating(url, credentials) as client:
        told = client.post("/kill", target | why(reason, note))
    say(f"Killed: {_named(told)}; {told['orders_ended']} orders ended.")


def unkill(
    reason: Reason, participant: Participant = None, product: Product = None, venue: Venue = False, note: Note = "",
    url: Url = HERE, credentials: Key = None,
) -> None:  # fmt: skip
    """Propose to lift a kill. Products stay halted until they are resumed."""
    target = _target(participant, product, venue=venue)
    with operating(url, credentials) as client:
        say_proposed(client.post("/unkill", target | why(reason, note)))


def list_kills(url: Url = HERE, credentials: Key = None) -> None:
    """What is killed now."""
    with operating(url, credentials) as client:
        found = client.get("/kills")
    rows = [[_named(each), each["at"], each["by"], each["reason"], each["note"]] for each in found]
    show(table("", ("what", "since", "by user", "reason", "note"), rows) if rows else "Nothing is killed.")


def list_interventions(url: Url = HERE, credentials: Key = None) -> None:
    """Who blocked, killed and halted whom and lifted it, when and why, the newest first."""
    with operating(url, credentials) as client:
        found = client.get("/interventions")
    rows = [[x["at"], x["what"], _named(x), x["by"], x["reason"], x["note"]] for x in found]
    show(table("", ("time", "what", "whom", "by user", "reason", "note"), rows) if rows else "Nobody was stopped.")


def _target(participant: int | None, product: str | None, *, venue: bool) -> dict[str, Any]:
    named: dict[str, Any] = {} if participant is None else {"participant": str(participant)}
    named |= {} if product is None else {"product_id": product_of(product)}
    named |= {"venue": True} if venue else {}
    if len(named) != 1:
        raise typer.BadParameter("name one of --participant, --product and --venue")
    return named


def _named(told: dict[str, Any]) -> str:
    for name in ("participant", "account"):
        if name in told:
            return f"{name} {told[name]}"
    return str(told.get("product_id") or "the venue")
