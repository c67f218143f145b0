"""A vendor's first two steps: measure a dataset offline, then hand it in."""

import os
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import RenderableType

from api.cli.client import Part
from api.cli.console import as_json_text, err, facts, progress_bar, say, show
from api.cli.folders import Folder, read_folder
from api.cli.options import HERE, Key, Url, signed
from exchange.assay.documents import read_documents
from exchange.assay.pipeline import AssayResult, Way, assay_documents
from exchange.assay.report import render
from exchange.catalogue.lots import pack_lots, propose_lot_rtu, stranded_rtu
from exchange.operations.listing import DATASET_SECRET_BYTES, declaration
from exchange.vocabulary.documents import Document
from exchange.vocabulary.units import PPM

BYTES_OF_A_WORKER: Final = 2_000_000
"""Less text than this is not worth another process."""

Place = Annotated[Path, typer.Argument(help="Folder with the metadata, the files and the evidence")]
Metadata = Annotated[
    Path | None, typer.Option("--croissant", help="The metadata, where it is not the one in the folder")
]


def assay_command(
    folder: Place,
    croissant: Metadata = None,
    workers: Annotated[int, typer.Option(min=0, help="Processes that read; 0 takes what the text is worth")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print what a certificate would say, as JSON")] = False,
) -> None:
    """Measure a dataset as the exchange would: tokens, duplicates, languages, personal data, secrets, grade.

    Nothing is sent anywhere. The Merkle root is salted by chance, so it is another one on each run.
    """
    read = read_folder(folder, croissant)
    result = _assay(read, workers)
    if as_json:
        typer.echo(as_json_text(result.body))
        return
    show(render(result))
    show(_lots(read, result))


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
        err().print(f"Handing in {read.listing.name}; the answer comes when it is assayed.", highlight=False)
        told = client.upload("/datasets", _parts(read, copies))
    say(f"Admitted as {told['product_id']}.")
    show(_admission(told))


def _assay(read: Folder, workers: int) -> AssayResult:
    documents = list(read_documents(read.contents, read.listing.recipe))
    total = sum(len(document.text.encode()) for document in documents if isinstance(document, Document))
    worth = min(len(os.sched_getaffinity(0)), 1 + total // BYTES_OF_A_WORKER)
    with progress_bar() as bar:
        task = bar.add_task(f"Assaying {read.listing.name}", total=total)
        return assay_documents(
            documents,
            name=read.listing.name,
            version=read.listing.version,
            secret=os.urandom(DATASET_SECRET_BYTES),
            declared=declaration(read.listing, read.contents),
            way=Way(workers or worth),
            progress=lambda _, done: bar.update(task, completed=done),
        )


def _lots(read: Folder, result: AssayResult) -> RenderableType:
    """What a listing would propose."""
    rtus = [document.rtu for document in result.documents]
    lot_rtu = read.listing.lot_rtu or propose_lot_rtu(rtus)
    lots = len(pack_lots(rtus, lot_rtu))
    share_ppm = PPM * stranded_rtu(rtus, lot_rtu) // max(sum(rtus), 1)
    sizes = f"{lots} of {lot_rtu:,} RTU, with {share_ppm // 10_000}.{share_ppm % 10_000 // 100:02d} % not in any"
    return facts([("Lots", sizes if lots else f"none: too small for one of {lot_rtu:,} RTU")])


def _parts(read: Folder, copies: int | None) -> list[Part]:
    parts: list[Part] = [("croissant", ("croissant.json", read.croissant))]
    parts += [("files", (path, content)) for path, content in read.files.items()]
    parts += [("evidence", (path, content)) for path, content in read.evidence.items()]
    return [*parts, ("copies", (None, str(copies)))] if copies else parts


def _admission(told: dict[str, Any]) -> RenderableType:
    entitled = "granted" if told["entitlement"] else "not granted: the gate asks for more than to list it"
    pairs: list[tuple[str, object]] = [
        ("Grade", told["grade"]),
        ("Documents", f"{told['documents']:,}"),
        ("RTU", f"{told['rtu']:,}"),
        ("Lots", f"{told['lots']} of {told['lot_rtu']:,} RTU, {told['lot_size']} in orders"),
        ("Claims issued", f"{told['lots'] * told['copies']:,}, as {told['copies']} copies"),
        ("Tick", f"{told['tick']} {told['quote']} per million RTU"),
        ("Right to sell", entitled),
        ("Certificate", told["certificate"]),
        ("Decision", told["decision"]),
    ]
    return facts(pairs)
