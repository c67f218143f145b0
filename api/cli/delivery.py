"""Taking delivery of lots, with the certificate and the evidence pack; what came is verified at once."""

import json
import time
import uuid
from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli.client import Client
from api.cli.console import CommandError, as_json_text, progress_bar, say
from api.cli.options import HERE, TRAINING, Assayer, Key, Purpose, Symbol, Url, key_of, product_of, signed
from api.cli.verifying import verify_command
from exchange.assay.certificate import Certificate, verify_certificate
from exchange.delivery.folder import CERTIFICATE, RECEIPT, FolderError, lot_paths, read_receipt


def deliver_command(
    symbol: Symbol,
    lots: Annotated[int, typer.Argument(min=1, help="How many; which ones, the venue assigns")],
    to: Annotated[Path, typer.Option("--to", help="Folder to put lots, manifests and certificate into")],
    purpose: Purpose = None,
    client_oid: Annotated[str | None, typer.Option(help="The same one takes the delivery once")] = None,
    assayer: Assayer = None,
    url: Url = HERE,
    credentials: Key = None,
) -> None:
    """Take delivery of lots, download them with their evidence pack, and verify all of it as `tlx verify` does.

    Where it was cut off, the same command with the same --client-oid goes on with the same lots.
    """
    product = product_of(symbol)
    body = {"product_id": product, "lots": lots, "purpose": purpose or [TRAINING]}
    name = client_oid or str(uuid.uuid4())
    to.mkdir(parents=True, exist_ok=True)
    with signed(url, credentials) as client:
        signer = fetch_certificate(client, product, to, assayer)
        delivery = client.post("/deliveries", {**body, "client_oid": name})
        say(f"Delivery {delivery['id']} under client_oid {name}: {len(delivery['deliveries'])} lots.")
        download_lots(client, to, signer, delivery["deliveries"])
        fetch_pack(client, product, to)
    verify_command(to, assayer=signer)


def fetch_certificate(client: Client, product: str, folder: Path, assayer: str | None) -> str:
    """A dataset's certificate into the folder, verified; returns the key that signed it."""
    certificate = client.download(f"/datasets/{product}/certificate")
    signer = assayer or str(client.get("/assayer")["public_key"])
    verify_certificate(certificate, trusted_assayers=[key_of(signer)], now_s=int(time.time()))
    _keep_once(folder / CERTIFICATE, certificate)
    return signer


def download_lots(client: Client, folder: Path, signer: str, delivered: list[dict[str, Any]]) -> None:
    """Each lot with its manifest; the receipt names a lot once it is there."""
    path = folder / RECEIPT
    receipt: dict[str, Any] = dict(read_receipt(folder).told) if path.exists() else {"assayer": signer, "lots": {}}
    with progress_bar() as bar:
        for told in bar.track(delivered, description="Downloading"):
            number = str(told["lot"])
            manifest, blob = lot_paths(folder, number)
            manifest.write_bytes(client.download(told["manifest_url"]))
            blob.write_bytes(client.download(told["blob_url"]))
            receipt["lots"][number] = told
            path.write_text(as_json_text(receipt))


def fetch_pack(client: Client, product: str, folder: Path) -> None:
    """The evidence pack beside the lots. What was delivered is not lost where there is none to be had."""
    try:
        (folder / f"{product}-evidence.zip").write_bytes(client.download(f"/datasets/{product}/evidence-pack"))
    except CommandError as error:
        say(f"Without an evidence pack, for now: {error}")


def _keep_once(path: Path, content: bytes) -> None:
    if path.exists() and path.read_bytes() != content:
        raise FolderError("FOLDER_TAKEN", f"{path.parent} holds lots of another dataset; name another folder")
    path.write_bytes(content)


def read_certificate(path: Path, assayer: str | None) -> Certificate:
    """Signed by the key that is trusted; where none is named, by the one that it names itself.

    Its signature stands for ever; that it runs out concerns what may be listed, not what was delivered.
    """
    if not path.is_file():
        raise CommandError("NO_CERTIFICATE", f"{path.parent} has no {path.name}")
    content = path.read_bytes()
    if assayer is None:
        try:
            assayer = str(json.loads(content)["body"]["assayer"])
        except (ValueError, KeyError, TypeError, RecursionError):
            raise CommandError("NO_CERTIFICATE", f"{path} is no certificate") from None
    return verify_certificate(content, trusted_assayers=[key_of(assayer)], now_s=0)
