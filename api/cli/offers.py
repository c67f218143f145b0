"""Negotiated trades from a command line: offers made, listed, accepted and withdrawn."""

from typing import Annotated, Any

import typer

from api.cli.client import Client
from api.cli.console import CommandError, as_json_text, facts, say, show, table
from api.cli.options import HERE, AsJson, Key, Symbol, Url, product_of, signed
from api.cli.trading import Way, became, order_facts, size_of

offer_command = typer.Typer(help="Negotiate trades outside the book.", no_args_is_help=True, add_completion=False)

Offer = Annotated[str, typer.Argument(help="An offer's id")]
ClientOid = Annotated[str | None, typer.Option(help="The same one does it once")]


@offer_command.command("make")
def make(
    symbol: Symbol,
    side: Way,
    size: Annotated[str, typer.Argument(help="In millions of RTU, or in lots: 0.9, or 2lots")],
    price: Annotated[str, typer.Argument(help="Per million RTU")],
    to: Annotated[list[str] | None, typer.Option(help="An account it is made to; may repeat, up to eight")] = None,
    part: Annotated[bool, typer.Option("--part", help="Let it be accepted in parts")] = False,
    expire_time: Annotated[str | None, typer.Option(help="ISO 8601, such as 2026-12-01T00:00:00Z")] = None,
    client_oid: ClientOid = None,
    as_json: AsJson = False,
    url: Url = HERE,
    credentials: Key = None,
) -> None:
    """Offer a trade, to the accounts named or to everyone who is entitled."""
    product = product_of(symbol)
    wishes = {"to": to or None, "part": part or None, "expire_time": expire_time, "client_oid": client_oid}
    said = {name: value for name, value in wishes.items() if value is not None}
    with signed(url, credentials) as client:
        body = {"product_id": product, "side": side.value, "price": price, "size": size_of(client, product, size)}
        told = client.post("/offers", body | said)
    if as_json:
        typer.echo(as_json_text(told))
        return
    again = " (made before under this client_oid)" if told.get("replayed") else ""
    say(f"Offer {told['id']} is {told['status']}{again}.")
    show(_facts(told))


@offer_command.command("list")
def list_offers(
    symbol: Annotated[str | None, typer.Option("--product", help="Of this product only")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100, help="At most so many, the newest")] = 50,
    as_json: AsJson = False,
    url: Url = HERE,
    credentials: Key = None,
) -> None:
    """Open offers: one's own, those made to one, and those open to everyone, the newest first."""
    with signed(url, credentials) as client:
        found = client.get("/offers", product_id=symbol and product_of(symbol), limit=limit)
    if as_json:
        typer.echo(as_json_text(found))
        return
    columns = ("offer", "product", "side", "price>", "left>", "size>", "part", "to", "until")
    show(table("", columns, map(_row, found)) if found else "No offers.")


@offer_command.command("accept")
def accept(
    offer: Offer,
    size: Annotated[
        str | None, typer.Argument(help="A part of it, as 0.9 or 2lots; by default all that is left")
    ] = None,
    client_oid: ClientOid = None,
    as_json: AsJson = False,
    url: Url = HERE,
    credentials: Key = None,
) -> None:
    """Accept an offer, whole or in part; it settles at once."""
    said = {"client_oid": client_oid} if client_oid else {}
    with signed(url, credentials) as client:
        if size is not None:
            said["size"] = size_of(client, _product_of(client, offer), size)
        told = client.post(f"/offers/{offer}/accept", said)
    if as_json:
        typer.echo(as_json_text(told))
        return
    say(became(told))
    show(order_facts(told))


@offer_command.command("withdraw")
def withdraw(
    offer: Annotated[str, typer.Argument(help="An offer's id, or client: and its client_oid")],
    url: Url = HERE,
    credentials: Key = None,
) -> None:
    """Take an offer back."""
    with signed(url, credentials) as client:
        say(f"Withdrawn: {client.delete(f'/offers/{offer}')}.")


def _product_of(client: Client, offer: str) -> str:
    """The product of an open offer; CommandError where the caller sees none of that id."""
    for told in client.get("/offers", limit=1000):
        if told["id"] == offer:
            return str(told["product_id"])
    raise CommandError("UNKNOWN_OFFER", f"there is no open offer {offer}")


def _row(told: dict[str, Any]) -> list[str]:
    whose = f"{told['side']}, mine" if told["mine"] else told["side"]
    named = [told["id"], told["product_id"], whose, told["price"], told["remaining_size"], told["size"]]
    return [*named, "yes" if told["part"] else "whole", _to(told), told.get("expire_time", "")]


def _facts(told: dict[str, Any]) -> Any:
    pairs = [
        ("Product", told["product_id"]),
        ("Side", told["side"]),
        ("Price", told["price"]),
        ("Size", f"{told['size']}, {'in parts' if told['part'] else 'whole'}"),
        ("To", _to(told)),
        ("Until", told.get("expire_time", "withdrawn")),
    ]
    return facts(pairs)


def _to(told: dict[str, Any]) -> str:
    if not told["private"]:
        return "everyone"
    return ", ".join(told["to"]) if told["mine"] else "you"
