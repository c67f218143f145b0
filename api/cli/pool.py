"""Pools: one market for the lots of a class."""

import uuid
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli.console import facts, say, show, table
from api.cli.delivery import download_lots, fetch_certificate, fetch_pack
from api.cli.options import HERE, TRAINING, Assayer, Key, Purpose, Symbol, Url, operating, product_of, public, signed
from api.cli.verifying import verify_command

pool_command = typer.Typer(help="Trade any lot of a class.", no_args_is_help=True, add_completion=False)

PoolSymbol = Annotated[str, typer.Argument(help="A pool's product, as EDUEN-CNY")]
Lots = Annotated[int, typer.Argument(min=1)]


@pool_command.command("list")
def list_pools(url: Url = HERE) -> None:
    """All pools with their classes, and the claims in them."""
    with public(url) as client:
        found = client.get("/pools")
    if not found:
        say("There is no pool yet.")
        return
    columns = ("product", "sector", "language", "kind", "grade", "licence", "purposes", "lot>", "lots>")
    show(table("", columns, map(_row, found)))


@pool_command.command("define")
def define(
    code: Annotated[str, typer.Argument(help="A-Z and 0-9, as EDUEN")],
    sector: Annotated[str, typer.Option()],
    language: Annotated[str, typer.Option(help="As en")],
    kind: Annotated[str, typer.Option(help="The quality profile that the assay applies, as qa-sft")],
    grade: Annotated[str, typer.Option(help="The least: G1, G2 or G3")],
    licence: Annotated[str, typer.Option(help="SPDX identifier")],
    lot_rtu: Annotated[int, typer.Option(min=1, help="RTU in a lot")],
    purpose: Purpose = None,
    territory: Annotated[list[str] | None, typer.Option(help="Country code, or worldwide; may repeat")] = None,
    tick: Annotated[str | None, typer.Option(help="Quote currency per million RTU; proposed if absent")] = None,
    url: Url = HERE,
    credentials: Key = None,
) -> None:
    """Open a market in claims on any lot of a class; an operator's."""
    named = {"code": code, "sector": sector, "language": language, "kind": kind, "grade": grade, "licence": licence}
    listed = {"purposes": purpose or [TRAINING], "territories": territory or ["CN"]}
    with operating(url, credentials) as client:
        told = client.post("/pools", {**named, **listed, "lot_rtu": lot_rtu, "tick": tick})
    say(f"Pool {told['code']} trades as {told['product_id']}.")
    pairs = [("Class", told["listing"]), ("Decision", told["decision"])]
    show(facts([("Lot", told["lot_size"]), ("Tick", f"{told['tick']} {told['quote']} per million RTU"), *pairs]))


@pool_command.command("add")
def add(
    symbol: PoolSymbol,
    dataset: Symbol,
    lots: Lots,
    client_oid: Annotated[str | None, typer.Option(help="The same one pools once")] = None,
    url: Url = HERE,
    credentials: Key = None,
) -> None:
    """Turn free claims on a dataset into claims on a pool, if the dataset belongs to its class."""
    name = client_oid or str(uuid.uuid4())
    body = {"product_id": product_of(dataset), "lots": lots, "client_oid": name}
    with signed(url, credentials) as client:
        told = client.post(f"/pools/{product_of(symbol)}/claims", body)
    say(f"{told['lots']} claims on {told['pooled']} are claims on {told['product_id']} now, under client_oid {name}.")


@pool_command.command("deliver")
def deliver(
    symbol: PoolSymbol,
    lots: Lots,
    to: Annotated[Path, typer.Option("--to", help="Folder to put a folder for each dataset into")],
    purpose: Purpose = None,
    client_oid: Annotated[str | None, typer.Option(help="The same one takes the delivery once")] = None,
    assayer: Assayer = None,
    url: Url = HERE,
    credentials: Key = None,
) -> None:
    """Take delivery of lots of whatever datasets the pool has, and verify each against its own certificate."""
    name = client_oid or str(uuid.uuid4())
    body = {"product_id": product_of(symbol), "lots": lots, "purpose": purpose or [TRAINING], "client_oid": name}
    with signed(url, credentials) as client:
        delivery = client.post("/deliveries", body)
        say(f"Delivery {delivery['id']} under client_oid {name}: {len(delivery['deliveries'])} lots.")
        for product, delivered in groupby(delivery["deliveries"], itemgetter("product_id")):
            folder = to / product
            folder.mkdir(parents=True, exist_ok=True)
            signer = fetch_certificate(client, product, folder, assayer)
            download_lots(client, folder, signer, list(delivered))
            fetch_pack(client, product, folder)
            verify_command(folder, assayer=signer)


def _row(told: dict[str, Any]) -> list[str]:
    named = [told["product_id"] or "-", told["sector"], told["language"], told["kind"], told["grade"], told["licence"]]
    return [*named, ", ".join(told["purposes"]), told["lot_size"], str(told["lots"])]
