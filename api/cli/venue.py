"""A venue as anyone sees it from outside."""

import time
from typing import Annotated, Any, Final

import typer

from api.cli.client import Client
from api.cli.console import CommandError, facts, say, show, table
from api.cli.options import HERE, Url, public

POLL_S: Final = 0.25
SHORT_HASH: Final = 12


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


def datasets_command(
    words: Annotated[str, typer.Argument(help="Words to look for in code, name, description, keywords")] = "",
    url: Url = HERE,
) -> None:
    """Datasets on offer."""
    with public(url) as client:
        found = client.get("/datasets", q=words or None)
    if not found:
        say("No dataset is on offer under these words." if words else "No dataset is on offer yet.")
        return
    rows = [_dataset_row(each) for each in found]
    columns = ("product", "name", "vendor", "licence", "grade", "documents>", "RTU>", "lots>", "certificate")
    show(table("", columns, rows))


def _dataset_row(dataset: dict[str, Any]) -> list[str]:
    lots = f"{dataset['lots']} × {dataset['copies']}"
    named = [dataset["product_id"] or "-", dataset["name"], dataset["vendor"]["name"], dataset["licence"]]
    counted = [dataset["grade"], f"{dataset['documents']:,}", f"{dataset['rtu']:,}", lots]
    return [*named, *counted, dataset["certificate"][:SHORT_HASH]]


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
