"""Rights and orders, from a command line."""

from enum import StrEnum
from typing import Annotated, Any, Final

import typer
from rich.console import RenderableType

from api.cli.client import Client
from api.cli.console import CommandError, as_json_text, facts, say, show, table
from api.cli.options import HERE, TRAINING, AsJson, Key, Purpose, Symbol, Url, product_of, signed
from exchange.vocabulary.units import MAX_LOTS, format_scaled, parse_scaled
from exchange.vocabulary.wire import SIZE_SCALE


class Side(StrEnum):
    BUY = "buy"
    SELL = "sell"


class Type(StrEnum):
    LIMIT = "limit"
    MARKET = "market"
    TRAILING_STOP = "trailing_stop"
    PEGGED = "pegged"
    OCO = "oco"


class Tif(StrEnum):
    GTC = "GTC"
    IOC = "IOC"
    FOK = "FOK"
    GTT = "GTT"
    DAY = "DAY"
    AT_OPEN = "AT_OPEN"
    AT_CLOSE = "AT_CLOSE"


Way = Annotated[Side, typer.Argument(help="buy or sell", show_choices=False)]
STOPS: Final = {Side.BUY: "entry", Side.SELL: "loss"}


def entitle_command(
    symbol: Symbol, side: Way, purpose: Purpose = None, url: Url = HERE, credentials: Key = None
) -> None:
    """Ask the gate for the right to trade one side of a product, for a purpose."""
    body = {"product_id": product_of(symbol), "side": side.value, "purpose": purpose or [TRAINING]}
    with signed(url, credentials) as client:
        got = client.post("/entitlements", body)
    say(f"Account {got['account']} may {side.value} {got['product_id']} for {', '.join(got['purposes'])}.")
    pairs = [("Until", got["expires_at"]), ("Position limit", got["position_limit"]), ("Decision", got["decision"])]
    show(facts(pairs))


def order_command(
    symbol: Symbol,
    side: Way,
    size: Annotated[str, typer.Argument(help="In millions of RTU, or in lots: 0.9, or 2lots")],
    price: Annotated[str | None, typer.Argument(help="Per million RTU; none for a market order")] = None,
    kind: Annotated[Type | None, typer.Option("--type", help="By default market where no price is given")] = None,
    tif: Annotated[Tif | None, typer.Option(help="How long it stands")] = None,
    post_only: Annotated[bool, typer.Option("--post-only", help="Only ever make, never take")] = False,
    client_oid: Annotated[str | None, typer.Option(help="The same one places the order once")] = None,
    stop_price: Annotated[str | None, typer.Option(help="Waits until the market trades there")] = None,
    trail: Annotated[str | None, typer.Option(help="A trailing stop's distance from the best price")] = None,
    peg: Annotated[str | None, typer.Option(help="Follow best_bid, best_ask or mid; PRICE is the limit")] = None,
    offset: Annotated[str | None, typer.Option(help="Of a pegged order, added to what it follows")] = None,
    exit_price: Annotated[str | None, typer.Option(help="Close what it fills at this price")] = None,
    exit_stop_price: Annotated[str | None, typer.Option(help="Close what it fills at this stop")] = None,
    display_size: Annotated[str | None, typer.Option(help="What of it shows in the book")] = None,
    min_size: Annotated[str | None, typer.Option(help="At least so much at once")] = None,
    expire_time: Annotated[str | None, typer.Option(help="With GTT: ISO 8601, such as 2026-12-01T00:00:00Z")] = None,
    stp: Annotated[str | None, typer.Option(help="Own orders that would meet: dc, co, cn, cb")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only ask what would become of it")] = False,
    as_json: AsJson = False,
    url: Url = HERE,
    credentials: Key = None,
) -> None:
    """Place an order, and see what became of it."""
    chosen = kind or _type(price, trail, peg)
    if (price is None) != (chosen in (Type.MARKET, Type.TRAILING_STOP)):
        told = "a market order and a trailing stop have no price, others have one"
        raise typer.BadParameter(told, param_hint="PRICE")
    product = product_of(symbol)
    wishes = {
        "price": price,
        "time_in_force": tif and tif.value,
        "post_only": post_only or None,
        "client_oid": client_oid,
        "stop": STOPS[side] if stop_price else None,
        "stop_price": stop_price,
        "trail": trail,
        "peg": peg,
        "offset": offset,
        "exit_price": exit_price,
        "exit_stop_price": exit_stop_price,
        "display_size": display_size,
        "min_size": min_size,
        "expire_time": expire_time,
        "stp": stp,
    }
    said = {name: value for name, value in wishes.items() if value is not None}
    with signed(url, credentials) as client:
        body = {"product_id": product, "side": side.value, "type": chosen.value, "size": size_of(client, product, size)}
        told = client.post("/orders?dry_run=1" if dry_run else "/orders", body | said)
    if as_json:
        typer.echo(as_json_text(told))
        return
    say(became(told))
    show(order_facts(told))


def _type(price: str | None, trail: str | None, peg: str | None) -> Type:
    """What the options say of an order whose type is not named."""
    if trail is not None:
        return Type.TRAILING_STOP
    if peg is not None:
        return Type.PEGGED
    return Type.MARKET if price is None else Type.LIMIT


def cancel_command(
    order: Annotated[str | None, typer.Argument(help="An order's id, or client: and its client_oid")] = None,
    every: Annotated[bool, typer.Option("--all", help="All open orders of the account")] = False,
    symbol: Annotated[str | None, typer.Option("--product", help="With --all: of this product only")] = None,
    url: Url = HERE,
    credentials: Key = None,
) -> None:
    """Cancel an order, or all."""
    if every == (order is not None):
        raise typer.BadParameter("name an order, or --all", param_hint="ORDER")
    with signed(url, credentials) as client:
        if every:
            gone = client.delete("/orders", product_id=symbol and product_of(symbol))
        else:
            gone = [client.delete(f"/orders/{order}")]
    say(f"Cancelled: {', '.join(gone)}." if gone else "There was nothing to cancel.")


def orders_command(
    status: Annotated[str, typer.Option(help="open, done or all")] = "open",
    symbol: Annotated[str | None, typer.Option("--product", help="Of this product only")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100, help="At most so many, the newest")] = 50,
    as_json: AsJson = False,
    url: Url = HERE,
    credentials: Key = None,
) -> None:
    """Orders, the newest first."""
    with signed(url, credentials) as client:
        found = client.get("/orders", status=status, product_id=symbol and product_of(symbol), limit=limit)
    if as_json:
        typer.echo(as_json_text(found))
        return
    columns = ("order", "product", "side", "type", "tif", "price>", "size>", "filled>", "status", "since")
    show(table("", columns, map(_row, found)) if found else "No orders.")


def _row(told: dict[str, Any]) -> list[str]:
    named = [told["id"], told["product_id"], told["side"], told["type"], told["time_in_force"]]
    return [*named, told["price"], told["size"], told["filled_size"], _status(told), told["created_at"]]


def size_of(client: Client, product: str, text: str) -> str:
    """A size as the wire has it; lots are counted by the product's own."""
    number = text.lower().removesuffix("s").removesuffix("lot").strip()
    if number == text.lower():
        return text
    if not (number.isascii() and number.isdigit() and 0 < int(number) <= MAX_LOTS):
        raise CommandError("BAD_SIZE", f"{text!r} is no number of lots; write 2lots")
    lot_rtu = parse_scaled(client.get(f"/products/{product}")["base_increment"], SIZE_SCALE)
    return format_scaled(int(number) * lot_rtu, SIZE_SCALE)


def became(told: dict[str, Any]) -> str:
    if told["status"] == "checked":
        return f"The order would be taken: {told['would_trade']} would trade at once, and {told['hold']} be held."
    again = " (placed before under this client_oid)" if told.get("replayed") else ""
    return f"Order {told['id']} is {_status(told)}{again}."


def _status(told: dict[str, Any]) -> str:
    if told["status"] != "done":
        return str(told["status"])
    return "filled" if told["done_reason"] == "filled" else str(told["done_detail"]).replace("_", " ")


def order_facts(told: dict[str, Any]) -> RenderableType:
    pairs = [
        ("Product", told["product_id"]),
        ("Side", f"{told['side']}, {told['type']}, {told['time_in_force']}"),
        ("Price", told["price"]),
        ("Size", f"{told['size']}, of which {told['filled_size']} filled"),
        ("Executed value", f"{told['executed_value']}, fees {told['fill_fees']}"),
    ]
    return facts(pairs)
