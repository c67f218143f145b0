"""Taking delivery of lots, and verifying them: at once, or any time later without any server."""

import json
import re
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from api.cli.client import Client
from api.cli.console import CommandError, as_json_text, progress_bar, say
from api.cli.options import HERE, TRAINING, Key, Purpose, Symbol, Url, product_of, signed
from exchange.assay.certificate import Certificate, verify_certificate
from exchange.assay.pipeline import rtu1_counter
from exchange.delivery.verify import VerifiedLot, verify_lot

CERTIFICATE: Final = "certificate.json"
RECEIPT: Final = "delivery.json"
"""What was delivered: the assayer's key, and of each lot the SHA-256 of its manifest."""
_LOT: Final = re.compile(r"\d{1,10}")
_KEY: Final = re.compile(r"[0-9a-f]{64}")

Assayer = Annotated[
    str | None, typer.Option(help="Public key, in hex, that must have signed the certificate; else the one received")
]


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
    """Take delivery of lots, download them, and verify them against the certificate's Merkle root.

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
    verify_command(to, assayer=signer)


def verify_command(
    folder: Annotated[Path, typer.Argument(help="Folder that `tlx deliver` filled")], assayer: Assayer = None
) -> None:
    """Verify delivered lots from their bytes alone: certificate, hashes, proofs, and every token counted again."""
    receipt = _read_receipt(folder / RECEIPT)
    signer = assayer or str(receipt["assayer"])
    certificate = _certificate(folder / CERTIFICATE, signer)
    lots: Mapping[str, Mapping[str, Any]] = receipt["lots"]
    counter = rtu1_counter()
    with progress_bar() as bar:
        verified = [
            _verify_lot(folder, number, str(told["manifest_sha256"]), certificate, counter.count)
            for number, told in bar.track(lots.items(), description="Verifying")
        ]
    for lot in verified:
        say(f"Lot {lot.lot} of {lot.base}: {len(lot.documents):,} documents, {lot.actual_rtu:,} RTU, verified.")
    say(f"Verified {len(verified)} lots against Merkle root {certificate.assay['merkle_root']},")
    say(f"certified by {signer}{'' if assayer else '; name the key you trust with --assayer'}.")


def _verify_lot(folder: Path, number: str, sha256: str, certificate: Certificate, count: Any) -> VerifiedLot:
    manifest, blob = (_place(folder, number, part).read_bytes() for part in ("manifest", "blob"))
    root = bytes.fromhex(str(certificate.assay["merkle_root"]))
    lot = verify_lot(manifest, blob, root, manifest_sha256=sha256, count_rtu=count)
    if str(lot.lot) != number:
        raise CommandError("WRONG_LOT", f"the manifest of lot {number} is that of lot {lot.lot}")
    return lot


def fetch_certificate(client: Client, product: str, folder: Path, assayer: str | None) -> str:
    """A dataset's certificate into the folder, verified; returns the key that signed it."""
    certificate = client.download(f"/datasets/{product}/certificate")
    signer = assayer or str(client.get("/assayer")["public_key"])
    verify_certificate(certificate, trusted_assayers=[_key(signer)], now_s=int(time.time()))
    _keep_once(folder / CERTIFICATE, certificate)
    return signer


def download_lots(client: Client, folder: Path, signer: str, delivered: list[dict[str, Any]]) -> None:
    """Each lot with its manifest; the receipt names a lot once it is there."""
    path = folder / RECEIPT
    receipt: dict[str, Any] = _read_receipt(path) if path.exists() else {"assayer": signer, "lots": {}}
    with progress_bar() as bar:
        for told in bar.track(delivered, description="Downloading"):
            number = str(told["lot"])
            _place(folder, number, "manifest").write_bytes(client.download(told["manifest_url"]))
            _place(folder, number, "blob").write_bytes(client.download(told["blob_url"]))
            receipt["lots"][number] = told
            path.write_text(as_json_text(receipt))


def _place(folder: Path, number: str, part: str) -> Path:
    if not _LOT.fullmatch(number):
        raise CommandError("BAD_RECEIPT", f"{number[:40]!r} is no lot's number")
    return folder / (f"lot-{number}.manifest.json" if part == "manifest" else f"lot-{number}.jsonl")


def _keep_once(path: Path, content: bytes) -> None:
    if path.exists() and path.read_bytes() != content:
        raise CommandError("FOLDER_TAKEN", f"{path.parent} holds lots of another dataset; name another folder")
    path.write_bytes(content)


def _read_receipt(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise CommandError("NO_DELIVERY", f"{path.parent} holds no delivery: it has no {path.name}")
    try:
        receipt = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        receipt = None
    lots = receipt.get("lots") if isinstance(receipt, dict) else None
    if not isinstance(lots, dict) or not all(isinstance(e, dict) and "manifest_sha256" in e for e in lots.values()):
        raise CommandError("BAD_RECEIPT", f"{path} is not what `tlx deliver` writes")
    return dict(receipt)


def _certificate(path: Path, signer: str) -> Certificate:
    """Its signature stands for ever; that it runs out concerns what may be listed, not what was delivered."""
    if not path.is_file():
        raise CommandError("NO_CERTIFICATE", f"{path.parent} has no {path.name}")
    return verify_certificate(path.read_bytes(), trusted_assayers=[_key(signer)], now_s=0)


def read_certificate(path: Path, assayer: str | None) -> Certificate:
    """Signed by the key that is trusted; where none is named, by the one that it names itself."""
    if assayer is None:
        try:
            assayer = str(json.loads(path.read_bytes())["body"]["assayer"])
        except (ValueError, KeyError, TypeError, RecursionError):
            raise CommandError("NO_CERTIFICATE", f"{path} is no certificate") from None
    return _certificate(path, assayer)


def _key(text: str) -> bytes:
    if not _KEY.fullmatch(text):
        raise CommandError("BAD_KEY", "an assayer's key is 64 hex digits, in lower case")
    return bytes.fromhex(text)
