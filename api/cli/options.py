"""What most commands take: where the exchange is, and with whose key to sign."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final

import typer

from api.cli.client import DEFAULT_URL, Client, read_credentials
from api.cli.console import CommandError

Url = Annotated[str, typer.Option("--url", envvar="TLX_URL", help="Address of the exchange")]
Key = Annotated[
    Path | None, typer.Option("--credentials", "-c", envvar="TLX_CREDENTIALS", help="File with the key to sign with")
]
Symbol = Annotated[str, typer.Argument(help="A product, as GSM8K-CNY")]
Purpose = Annotated[
    list[str] | None,
    typer.Option("--purpose", help="training, fine-tuning, evaluation, retrieval or research; may repeat"),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the answer as JSON")]
Assayer = Annotated[
    str | None, typer.Option(help="Public key, in hex, that must have signed the certificate; else the one received")
]

HERE: Final = DEFAULT_URL
TRAINING: Final = "training"
"""The purpose where none is named."""
_KEY: Final = re.compile(r"[0-9a-f]{64}")


@contextmanager
def public(url: str) -> Iterator[Client]:
    with Client(url) as client:
        yield client


@contextmanager
def signed(url: str, credentials: Path | None) -> Iterator[Client]:
    """A client with a key; CommandError where none is named."""
    if credentials is None:
        raise CommandError("NO_CREDENTIALS", "name a file with a key: --credentials FILE, or TLX_CREDENTIALS")
    with Client(url, read_credentials(credentials)) as client:
        yield client


@contextmanager
def operating(url: str, credentials: Path | None) -> Iterator[Client]:
    """As `signed`, with the operator's own key in the data folder where none is named."""
    own = Path(os.environ.get("TLX_DATA_FOLDER", "var/exchange")) / "operator.json"
    with signed(url, credentials or (own if own.exists() else None)) as client:
        yield client


def product_of(symbol: str) -> str:
    """A product id as it stands in paths; CommandError where it cannot be one."""
    name = symbol.strip().upper()
    if not name.replace("-", "").isalnum() or not name.isascii() or name.count("-") != 1:
        raise CommandError("BAD_SYMBOL", f"{symbol!r} is no product; one is written as GSM8K-CNY")
    return name


def key_of(text: str) -> bytes:
    """An assayer's public key out of hex; CommandError BAD_KEY."""
    if not _KEY.fullmatch(text):
        raise CommandError("BAD_KEY", "an assayer's key is 64 hex digits, in lower case")
    return bytes.fromhex(text)
