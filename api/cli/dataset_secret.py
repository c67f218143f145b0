"""A vendor's or an auditor's way to make a certificate again: the secret of a dataset's salts."""

import os
from pathlib import Path
from typing import Annotated

import typer

from api.cli.console import say
from api.cli.options import HERE, Key, Symbol, Url, product_of, signed


def secret_command(
    symbol: Symbol,
    to: Annotated[Path, typer.Option("--to", help="File to write it to, readable by its owner alone")],
    url: Url = HERE,
    credentials: Key = None,
) -> None:
    """Fetch the secret that salts a dataset's documents, for `tlx verify --secret`; its vendor and auditors may.

    Whoever has it and the certificate can test guesses at the dataset's text: keep it like the documents.
    """
    product = product_of(symbol)
    with signed(url, credentials) as client:
        told = client.get(f"/datasets/{product}/secret")
    descriptor = os.open(to, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(f"{told['secret']}\n")
    say(f"{to} holds the secret of {product}.")
