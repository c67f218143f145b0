"""Tracing a leaked file to the lots and holders that it may have come from."""

from itertools import islice
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from api.cli.console import CommandError, as_json_text, err, say, show, table
from api.cli.corpora import corpus_texts
from api.cli.options import HERE, AsJson, Key, Url, operating
from exchange.assay.tracing import DocumentSketches, sketch_documents

DOCUMENTS_AT_ONCE: Final = 4_096


def trace_command(
    file: Annotated[Path, typer.Argument(help="The leaked file, or a folder of files: text, or JSON lines")],
    field: Annotated[str | None, typer.Option(help="The field of JSON lines that is the document")] = None,
    as_json: AsJson = False,
    url: Url = HERE,
    credentials: Key = None,
) -> None:
    """Which listed lots a leaked file's documents are in, exactly and nearly, and who was delivered those lots.

    For operators. What of a file is cut short or damaged is left out, and told. Only hashes and digests of the
    documents are sent.
    """
    damaged: list[str] = []
    with operating(url, credentials) as client:
        told = client.upload("/trace", [("documents", ("documents", _sketched(file, field, damaged).document()))])
    if damaged:
        err().print(f"{len(damaged):,} cannot be read whole; the first: {damaged[0]}.", markup=False, highlight=False)
    if as_json:
        typer.echo(as_json_text(told))
        return
    say(f"{told['documents']:,} documents: {told['exact']:,} are in a listed lot, {told['near']:,} nearly.")
    if told["lots"]:
        show(table("", ("product", "lot>", "documents>", "exact>", "near>", "delivered to"), map(_row, told["lots"])))
    for each in told["holders"]:
        say(f"{each['name']} ({each['participant']}) holds {each['lots']} of these lots, with {each['documents']:,}.")


def _row(lot: dict[str, Any]) -> list[object]:
    held = "; ".join(f"{each['name']} on {each['delivered_at'][:10]}" for each in lot["holders"])
    return [lot["product_id"] or lot["base"], lot["lot"], lot["documents"], lot["exact"], lot["near"], held or "nobody"]


def _sketched(file: Path, field: str | None, damaged: list[str]) -> DocumentSketches:
    texts, sha256s, digests = corpus_texts(file, field, damaged), bytearray(), bytearray()
    while some := list(islice(texts, DOCUMENTS_AT_ONCE)):
        sketched = sketch_documents(some)
        sha256s += sketched.sha256s
        digests += sketched.digests
    if not sha256s:
        raise CommandError("NO_DOCUMENTS", damaged[0] if damaged else f"{file} has no documents")
    return DocumentSketches(bytes(sha256s), bytes(digests))
