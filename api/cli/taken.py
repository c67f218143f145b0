"""How documents were taken, as an assay's report tells it: what one may correct, and what a listing would still ask."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType

from api.cli.console import facts, table
from api.cli.measured import Measured
from exchange.catalogue.layouts import Layout
from exchange.vocabulary.documents import BadDocument

BAD_SHOWN = 20


def taken_report(measured: Measured, bad: Sequence[BadDocument]) -> RenderableType:
    """The recipe with its reasons, the bad documents, and without metadata the licence and what a listing lacks."""
    parts: list[RenderableType] = ["", facts(_recipe_facts(measured))]
    if bad:
        shown = [(each.path, each.record, each.code, each.detail) for each in bad[:BAD_SHOWN]]
        title = f"Documents that could not be read: {measured.account.bad_documents:,}"
        parts += ["", table(title, ("file", "record>", "code", "why"), shown)]
    if measured.layout is not None:
        parts += ["", facts(_listing_facts(measured.layout))]
    return Group(*parts)


def _recipe_facts(measured: Measured) -> Iterator[tuple[str, object]]:
    stated = measured.account.statement()
    by = "as the metadata states" if measured.layout is None else "; ".join(measured.layout.why)
    yield "Taken", by
    yield "Files", f"{stated['files']:,} {stated['format']}"
    if stated["format"] == "text":
        yield (
            "Cut into",
            {"file": "whole files", "lines": "lines"}.get(stated["splitter"], "blocks between blank lines"),
        )
    elif "fields" in stated:
        yield "Fields", _fields(stated["fields"])
    encodings = measured.account.encodings
    told = " in detected encodings" if "encodings" in stated else ""
    yield "Encoding", ", ".join(f"{name} {count:,}" for name, count in sorted(encodings.items())) + told
    if skipped := stated.get("skipped_files"):
        yield "Left out", ", ".join(f"{count:,} {why}" for why, count in skipped.items())
    if measured.layout is not None:
        yield "", "to be taken otherwise: --field, --format, --encoding, --splitter, --files, --config, --no-header"


def _fields(fields: Sequence[Mapping[str, Any]]) -> str:
    return " + ".join(f"{field['selector']}{' (where there)' if 'optional' in field else ''}" for field in fields)


def _listing_facts(layout: Layout) -> Iterator[tuple[str, object]]:
    licence = layout.licence
    found = f"{licence.identifier}, by {licence.said_by}" if licence.identifier else "none found"
    texts = f"; its text in {', '.join(licence.files)}" if licence.files else "; no file with its text"
    yield "Licence", found + texts
    yield "For a listing", "; ".join(_missing(layout))


def _missing(layout: Layout) -> Iterator[str]:
    if layout.lacking:
        yield f"the metadata first of all: {layout.lacking}"
    else:
        yield "Croissant 1.1 metadata with each file's SHA-256, sources, the offered terms, personal data, data level"
    if not layout.licence.files:
        yield "the licence's text as a file"
    if not layout.licence.identifier:
        yield "an SPDX identifier of the licence"
    if not layout.language and not layout.lacking:
        yield "the language"
