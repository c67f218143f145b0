"""Looking at a sample that nobody chose, and verifying it: at once, or later without any server."""

import time
from pathlib import Path
from typing import Annotated, Final

import typer

from api.cli.console import CommandError, say
from api.cli.delivery import fetch_certificate, read_certificate
from api.cli.options import HERE, Assayer, Key, Url, product_of, signed
from exchange.assay.pipeline import rtu1_counter
from exchange.delivery.folder import CERTIFICATE, SAMPLE
from exchange.delivery.sample import VerifiedSample, verify_sample
from exchange.vocabulary.units import NS_PER_SECOND

_WHY: Final = {
    "personal_data": "personal data was found in it",
    "secret": "a secret was found in it",
    "sensitive_words": "words of the venue's list are in it",
    "too_long": "it would bring the sample over a hundredth of the tokens",
    "not_in_a_lot": "it is in no lot",
}


def peek_command(
    symbol: Annotated[str, typer.Argument(help="A product, as GSM8K-CNY; with --offline not needed")] = "",
    to: Annotated[Path | None, typer.Option("--to", help="Folder to keep sample and certificate in")] = None,
    offline: Annotated[Path | None, typer.Option(help="Verify what was kept in this folder; nothing is asked")] = None,
    assayer: Assayer = None,
    url: Url = HERE,
    credentials: Key = None,
) -> None:
    """See documents of a dataset that nobody chose, each proved to be in it and to be drawn by the listing's seal."""
    if offline is not None:
        _tell(_verified((_kept(offline, SAMPLE)).read_bytes(), offline, assayer))
        return
    if to is None:
        raise CommandError("NO_FOLDER", "name a folder for sample and certificate: --to FOLDER")
    product = product_of(symbol)
    to.mkdir(parents=True, exist_ok=True)
    with signed(url, credentials) as client:
        content = client.download(f"/datasets/{product}/sample")
        signer = fetch_certificate(client, product, to, assayer)
    (to / SAMPLE).write_bytes(content)
    _tell(_verified(content, to, signer))


def _verified(content: bytes, folder: Path, assayer: str | None) -> VerifiedSample:
    certificate = read_certificate(_kept(folder, CERTIFICATE), assayer)
    return verify_sample(content, certificate.assay, certificate.assayer, rtu1_counter().count)


def _kept(folder: Path, name: str) -> Path:
    path = folder / name
    if not path.is_file():
        raise CommandError("NO_SAMPLE", f"{folder} has no {name}")
    return path


def _tell(sample: VerifiedSample) -> None:
    for index, document in sample.documents.items():
        say(f"--- document {index}: {document.path} record {document.record}")
        say(document.text)
    say("---")
    for index, status in sample.withheld.items():
        say(f"Document {index} was drawn and is not shown: {_WHY[status]}.")
    for base, shared in sample.earlier.items():
        say(f"The vendor listed {shared:,} of these documents before, as base {base}: another draw.")
    sealed = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(sample.at_ns // NS_PER_SECOND))
    say(f"Verified {len(sample.documents)} documents of {sample.base}, drawn by its seal:")
    say(f"base {sample.sequence}, admitted {sealed} UTC.")
