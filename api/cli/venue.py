"""A venue as anyone sees it from outside."""

import time
from typing import Annotated, Any, Final

import typer

from api.cli.client import Client
from api.cli.console import CommandError, facts, say, show, table
from api.cli.options import HERE, Url, public

POLL_S: Final = 0.25


def status_command(
    url: Url = HERE,
    wait: Annotated[float, typer.Option(help="Seconds to wait for the exchange to answer")] = 0.0,
) -> None:
    """Whether an exchange runs, and where to look."""
    with public(url) as client:
        health = _health(client, time.monotonic() + wait)
        pairs = [("Venue", health["venue"]), ("Status", health["status"]), ("Products", health["products"])]
        pairs += [("Sequence", health["sequence"]), ("Records behind", health["projection_lag"])]
        pairs += [("API docs", f"{client.url}/docs"), ("Websocket", f"{client.websocket_url}/")]
        show(facts(pairs))
    if health["status"] != "ok":
        raise CommandError("NOT_WELL", f"the exchange says {health['status']}")


def products_command(url: Url = HERE) -> None:
    """What trades, with the best prices."""
    with public(url) as client:
        rows = [_product_row(client, each) for each in client.get("/products")]
    if not rows:
        say("Nothing is listed yet.")
        return
    show(table("", ("product", "phase", "bid>", "ask>", "last>", "volume 24 h>", "tick>", "lot>", "lots>"), rows))


def _product_row(client: Client, product: dict[str, Any]) -> list[str]:
    ticker = client.get(f"/products/{product['id']}/ticker")
    prices = [ticker[name] or "-" for name in ("bid", "ask", "price", "volume")]
    increments = [product["quote_increment"], product["base_increment"], f"{product['lots']} × {product['copies']}"]
    return [product["id"], product["phase"], *prices, *increments]


def _health(client: Client, deadline_s: float) -> dict[str, Any]:
    while True:
        try:
            health: dict[str, Any] = client.get("/health")
        except CommandError as error:
            if error.code != "NOT_REACHED" or time.monotonic() >= deadline_s:
                raise
            time.sleep(POLL_S)
        else:
            return health
