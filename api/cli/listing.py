"""A vendor's first two steps: measure a dataset offline, then hand it in."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, cast

import typer
from rich.console import RenderableType

from api.cli.assaying import run_assay
from api.cli.certifying import write_certificate
from api.cli.client import Part
from api.cli.console import as_json_text, err, facts, say, show
from api.cli.folders import Folder, read_folder
from api.cli.measured import Measured, open_dataset
from api.cli.options import HERE, Key, Url, signed
from api.cli.taken import taken_report
from exchange.assay.html_report import html_page, masked_examples
from exchange.assay.pipeline import AssayResult, Way
from exchange.assay.recipe import ENCODINGS, FORMATS, SPLITTERS, Format, Splitter
from exchange.assay.report import render
from exchange.catalogue.layouts import Wishes
from exchange.catalogue.lots import LotError, pack_lots, propose_lot_rtu, stranded_rtu
from exchange.vocabulary.units import PPM

Place = Annotated[Path, typer.Argument(help="Folder with the metadata, the files and the evidence")]
Data = Annotated[Path, typer.Argument(help="Folder with or without metadata, one file, or an archive")]
Metadata = Annotated[
    Path | None, typer.Option("--croissant", help="The metadata, where it is not the one in the folder")
]


def assay_command(
    place: Data,
    croissant: Metadata = None,
    fields: Annotated[
        list[str] | None, typer.Option("--field", help="A column or JSON path that is text; may be repeated")
    ] = None,
    format_: Annotated[str | None, typer.Option("--format", help=f"Of {', '.join(FORMATS)}")] = None,
    encoding: Annotated[str | None, typer.Option(help=f"Of {', '.join(ENCODINGS)}")] = None,
    splitter: Annotated[str | None, typer.Option(help=f"How text is cut, of {', '.join(SPLITTERS)}")] = None,
    files: Annotated[
        list[str] | None, typer.Option("--files", help="Pattern of the files to take; may be repeated")
    ] = None,
    config: Annotated[str | None, typer.Option(help="Configuration of a dataset card")] = None,
    header: Annotated[bool | None, typer.Option("--header/--no-header", help="Whether a table has one")] = None,
    workers: Annotated[int, typer.Option(min=0, help="Processes that read; 0 takes what the text is worth")] = 0,
    cluster: Annotated[str | None, typer.Option(help="Work on a Ray cluster: its address, auto or local")] = None,
    resume: Annotated[
        Path | None, typer.Option(help="Keep scanned parts in this folder, and go on from those in it")
    ] = None,
    secret: Annotated[Path | None, typer.Option(help="The dataset's secret in hex; else one by chance")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print what a certificate would say, as JSON")] = False,
    html: Annotated[Path | None, typer.Option("--html", help="Write the report to this file, a page to send")] = None,
    words: Annotated[Path | None, typer.Option("--words", help="Sensitive words to look for, one a line")] = None,
    certificate: Annotated[Path | None, typer.Option(help="Sign what was measured, and write it to this file")] = None,
    key: Annotated[Path, typer.Option("--signing-key", help="Key to sign with; made where it is missing")] = Path(
        "assayer.key"
    ),
) -> None:
    """Measure a dataset as the exchange would: tokens, duplicates, languages, personal data, secrets, grade.

    Takes a folder with Croissant metadata; or without, when it infers how documents are taken, says so, and lets you
    correct it: a dataset card with its files, Parquet, JSON lines, JSON, CSV, TSV, text, a source tree, compressed or
    in an archive. Nothing is sent anywhere. The Merkle root is salted by the secret, so without --secret or --resume
    it is another one on each run.
    """
    wishes = _wishes(fields or (), format_, encoding, splitter, files or (), config, header)
    for written in filter(None, (html, certificate)):
        _try_place(written)
    with open_dataset(place, croissant, wishes) as measured:
        result = run_assay(measured, Way(workers, cluster, resume), secret, words)
    if certificate:
        signer = write_certificate(result.body, certificate, key)
        err().print(f"Certified in {certificate}, by the key {signer}.", markup=False, highlight=False)
    if html:
        html.write_bytes(html_page(result.body, masked_examples(result)).encode())
    if as_json:
        typer.echo(as_json_text(result.body))
        return
    show(render(result))
    show(taken_report(measured, result.bad))
    show(_lots(measured, result))


def _try_place(file: Path) -> None:
    """Fail now where a file cannot be written, and not after hours of measuring."""
    was_there = file.exists()
    with file.open("ab"):
        pass
    if not was_there:
        file.unlink()


def _wishes(
    fields: Sequence[str],
    format_: str | None,
    encoding: str | None,
    splitter: str | None,
    files: Sequence[str],
    config: str | None,
    header: bool | None,
) -> Wishes:
    for option, value, known in (
        ("--format", format_, FORMATS),
        ("--encoding", encoding, tuple(ENCODINGS)),
        ("--splitter", splitter, SPLITTERS),
    ):
        if value is not None and value not in known:
            raise typer.BadParameter(f"{value!r} is not of {', '.join(known)}", param_hint=option)
    return Wishes(
        files=tuple(files),
        fields=tuple(fields),
        format=cast(Format | None, format_),
        encoding=encoding,
        splitter=cast(Splitter | None, splitter),
        header=header,
        config=config,
    )


def list_command(
    folder: Place,
    croissant: Metadata = None,
    copies: Annotated[int | None, typer.Option(min=1, help="How often each lot may be delivered")] = None,
    url: Url = HERE,
    credentials: Key = None,
) -> None:
    """Hand a dataset in: it is assayed, judged by the gate, and admitted or refused with rules and articles.

    An admitted one is cut into lots, and claims on them are issued to the account.
    """
    read = read_folder(folder, croissant)
    with signed(url, credentials) as client:
        err().print(
            f"Handing in {read.listing.name}; the answer comes when it is assayed.", markup=False, highlight=False
        )
        told = client.upload("/datasets", _parts(read, copies))
    say(f"Admitted as {told['product_id']}.")
    show(_admission(told))


def _lots(measured: Measured, result: AssayResult) -> RenderableType:
    """What a listing would propose."""
    rtus = [document.rtu for document in result.documents]
    try:
        lot_rtu = (measured.listing and measured.listing.lot_rtu) or propose_lot_rtu(rtus)
    except LotError as error:
        return facts([("Lots", f"none: {error.detail}")])
    lots = len(pack_lots(rtus, lot_rtu))
    share_ppm = PPM * stranded_rtu(rtus, lot_rtu) // max(sum(rtus), 1)
    sizes = f"{lots} of {lot_rtu:,} RTU, with {share_ppm // 10_000}.{share_ppm % 10_000 // 100:02d} % not in any"
    return facts([("Lots", sizes if lots else f"none: too small for one of {lot_rtu:,} RTU")])


def _parts(read: Folder, copies: int | None) -> list[Part]:
    parts: list[Part] = [("croissant", ("croissant.json", read.croissant))]
    parts += [("files", (path, content)) for path, content in read.files.items()]
    parts += [("evidence", (path, content)) for path, content in read.evidence.items()]
    return [*parts, ("copies", (None, str(copies)))] if copies else parts


def _tally(bad: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {code}" for code, count in bad.items()) or "none"


def _admission(told: dict[str, Any]) -> RenderableType:
    entitled = "granted" if told["entitlement"] else "not granted: the gate asks for more than to list it"
    pairs: list[tuple[str, object]] = [
        ("Grade", told["grade"]),
        ("Documents", f"{told['documents']:,}"),
        ("Not readable", _tally(told["bad_documents"])),
        ("RTU", f"{told['rtu']:,}"),
        ("Lots", f"{told['lots']} of {told['lot_rtu']:,} RTU, {told['lot_size']} in orders"),
        ("Claims issued", f"{told['lots'] * told['copies']:,}, as {told['copies']} copies"),
        ("Tick", f"{told['tick']} {told['quote']} per million RTU"),
        ("Right to sell", entitled),
        ("Certificate", told["certificate"]),
        ("Decision", told["decision"]),
    ]
    return facts(pairs)
