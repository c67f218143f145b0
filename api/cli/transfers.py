"""Cash in and out, as an operator confirms it."""

from typing import Annotated

import typer

from api.cli.console import say, show, table
from api.cli.options import HERE, Key, Url, operating
from api.cli.reasons import Cause, Note, Reason, say_proposed, why

Transfer = Annotated[int, typer.Argument(min=1, help="A transfer's id")]


def deposit(
    account: Annotated[int, typer.Argument(min=1, help="An account's id")],
    amount: str,
    key: Annotated[str, typer.Option("--key", help="Names the payment; the same one credits once")],
    currency: str = "CNY",
    url: Url = HERE,
    credentials: Key = None,
) -> None:
    """Credit cash that came in."""
    with operating(url, credentials) as client:
        told = client.post(f"/accounts/{account}/deposits", {"currency": currency, "amount": amount, "key": key})
    say(f"Account {account} was credited {told['amount']} {told['currency']}.")


def list_transfers(url: Url = HERE, credentials: Key = None) -> None:
    """Withdrawals and deposits that wait to be confirmed."""
    with operating(url, credentials) as client:
        found = client.get("/transfers")
    names = ("id", "type", "account", "amount", "currency", "created_at", "key")
    rows = [[each[name] for name in names] for each in found]
    show(table("", ("id>", "what", "account>", "amount>", "of", "asked for", "key"), rows) if rows else "No transfers.")


def confirm(
    transfer: Transfer, reason: Reason = Cause.OPERATOR, note: Note = "", url: Url = HERE, credentials: Key = None
) -> None:
    """Say that the cash of a withdrawal has left. Above the limit a second operator has to agree."""
    with operating(url, credentials) as client:
        told = client.post(f"/transfers/{transfer}/confirm", why(reason, note))
    if told["status"] == "proposed":
        say_proposed(told)
    else:
        say(f"Transfer {transfer} is confirmed.")


def abort(
    transfer: Transfer, reason: Reason = Cause.OPERATOR, note: Note = "", url: Url = HERE, credentials: Key = None
) -> None:
    """Say that a transfer will not happen; what it held is free again."""
    with operating(url, credentials) as client:
        client.post(f"/transfers/{transfer}/abort", why(reason, note))
    say(f"Transfer {transfer} is aborted.")
