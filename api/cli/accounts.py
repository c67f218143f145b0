"""What an account owns and what happened to it."""

import uuid
from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType

from api.cli.console import as_json_text, facts, say, show, table
from api.cli.options import HERE, AsJson, Key, Symbol, Url, product_of, signed

When = Annotated[str | None, typer.Option("--from", help="ISO 8601 with a zone, such as 2026-11-24T00:00:00Z")]
Until = Annotated[str | None, typer.Option("--to", help="The same")]


def accounts_command(as_json: AsJson = False, url: Url = HERE, credentials: Key = None) -> None:
    """Balances: cash, and claims in millions of RTU."""
    with signed(url, credentials) as client:
        found = client.get("/accounts")
    if as_json:
        typer.echo(as_json_text(found))
        return
    rows = [[a["profile_id"], a["currency"], a["balance"], a["hold"], a["available"]] for a in found]
    show(table("", ("account", "asset", "balance>", "held>", "available>"), rows))


def fills_command(
    symbol: Annotated[str | None, typer.Option("--product", help="Of this product only")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100, help="At most so many, the newest")] = 50,
    url: Url = HERE,
    credentials: Key = None,
) -> None:
    """Trades of the account, the newest first."""
    with signed(url, credentials) as client:
        found = client.get("/fills", product_id=symbol and product_of(symbol), limit=limit)
    columns = ("time", "product", "trade>", "order>", "side", "as", "price>", "size>", "funds>", "fee>")
    show(table("", columns, map(_fill, found)) if found else "No fills.")


def statement_command(
    since: When = None, until: Until = None, as_json: AsJson = False, url: Url = HERE, credentials: Key = None
) -> None:
    """Per asset every movement, with the balance after it, from the opening to the closing balance."""
    with signed(url, credentials) as client:
        # `from` is no name in Python.
        found = client.get("/statement", **{"from": since, "to": until})
    if as_json:
        typer.echo(as_json_text(found))
        return
    if not found:
        say("Nothing has moved on this account.")
        return
    show(Group(*(part for each in found for part in _statement(each))))


def note_command(
    symbol: Symbol,
    trade: Annotated[int, typer.Argument(min=1, help="The trade's number in this product")],
    as_json: AsJson = False,
    url: Url = HERE,
    credentials: Key = None,
) -> None:
    """The contract note of a trade."""
    with signed(url, credentials) as client:
        note = client.get(f"/trades/{product_of(symbol)}/{trade}/contract-note")
    if as_json:
        typer.echo(as_json_text(note))
        return
    say(f"Contract note: trade {trade} in {note['product_id']}")
    show(facts((name.replace("_", " "), value) for name, value in note.items()))


def withdraw_command(
    amount: Annotated[str, typer.Argument(help="As 500.00")],
    key: Annotated[str, typer.Option("--key", help="Names the payment; the same one moves cash once")],
    currency: str = "CNY",
    url: Url = HERE,
    credentials: Key = None,
) -> None:
    """Ask for cash; it is held, and debited once the venue has sent it. Takes a key with the scope transfer."""
    with signed(url, credentials) as client:
        told = client.post("/withdrawals", {"currency": currency, "amount": amount, "key": key})
    say(f"Withdrawal {told['id']} of {told['amount']} {told['currency']} waits for the venue to confirm it.")


def withdraw_claims_command(
    symbol: Symbol,
    lots: Annotated[int, typer.Argument(min=1, help="How many claims")],
    note: Annotated[str, typer.Option(help="Why, in your own words; kept on record")] = "",
    client_oid: Annotated[str | None, typer.Option(help="The same one withdraws once")] = None,
    url: Url = HERE,
    credentials: Key = None,
) -> None:
    """Burn claims of your own issue that you have not sold; nothing is delivered for them."""
    body = {"lots": lots, "note": note, "client_oid": client_oid or str(uuid.uuid4())}
    with signed(url, credentials) as client:
        told = client.post(f"/datasets/{product_of(symbol)}/withdrawals", body)
    again = "were withdrawn before" if told["replayed"] else "are withdrawn"
    say(f"{told['lots']} claims on {told['product_id']} {again}, under client_oid {told['client_oid']}.")


def _fill(told: dict[str, Any]) -> list[object]:
    made = "busted" if told["busted"] else "maker" if told["liquidity"] == "M" else "taker"
    named = [told["created_at"], told["product_id"], told["trade_id"], told["order_id"], told["side"], made]
    return [*named, told["price"], told["size"], told["funds"], told["fee"]]


def _statement(told: dict[str, Any]) -> list[RenderableType]:
    ends = f"opening {told['opening']}, closing {told['closing']}"
    rows = [[x["time"], x["reference"], x["title"], x["amount"], x["balance"]] for x in told["lines"]]
    columns = ("time", "reference", "what", "amount>", "balance>")
    return [table(f"Account {told['account']}, {told['asset']}: {ends}", columns, rows), ""]
