"""Know before you pay: what of a dataset is new to one's own corpus; and after delivery, whether that was so."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from api.cli.client import Part
from api.cli.console import CommandError, as_json_text, err, facts, say, show
from api.cli.corpora import corpus_texts
from api.cli.options import HERE, AsJson, Key, Symbol, Url, product_of, signed
from exchange.assay.grade import ONE_PPM
from exchange.assay.novelty import exact_held
from exchange.assay.sketches import MOST_RATE_LOG2, sketch_corpus
from exchange.delivery.verify import verify_lot

HASHES: Final = 1_000_000
"""A corpus's sketch has at most so many, of 8 bytes each; a larger corpus is sampled less."""

Corpus = Annotated[
    Path, typer.Argument(help="A file, or a folder of text and JSON lines, or one with Croissant metadata")
]
Field = Annotated[
    str | None, typer.Option(help="The field of JSON lines that is the document; else `text`, or all text")
]


def novelty_command(
    corpus: Corpus,
    symbol: Symbol,
    evaluation: Annotated[
        list[Path] | None, typer.Option(help="An evaluation set that must not be trained on; may repeat")
    ] = None,
    field: Field = None,
    hashes: Annotated[int, typer.Option(min=64, help="The most hashes of a sketch; fewer tell and leak less")] = HASHES,
    save: Annotated[Path | None, typer.Option(help="Keep the answer in this file, for `tlx confirm`")] = None,
    as_json: AsJson = False,
    url: Url = HERE,
    credentials: Key = None,
) -> None:
    """How many tokens of a dataset are new beside a corpus, before paying and without seeing them.

    The corpus is sketched on this machine, and only the sketch is sent. Each answer takes one of few questions.
    """
    product = product_of(symbol)
    if save and not save.absolute().parent.is_dir():
        raise CommandError("CANNOT_READ_OR_WRITE", f"{save}: there is no such folder")
    with signed(url, credentials) as client:
        parameters = client.get(f"/datasets/{product}/novelty")
        parts: list[Part] = [("corpus", ("corpus", _sketch(corpus, parameters, field, hashes)))]
        others = ((name, _sketch(place, parameters, field, hashes)) for name, place in _named(evaluation or []))
        parts += [("evaluation", other) for other in others]
        told = client.upload(f"/datasets/{product}/novelty", parts)
    if as_json:
        typer.echo(as_json_text(told))
    else:
        show(facts(_lines(told)))
    # Shown first: the question is taken, whatever becomes of the file.
    if save:
        save.write_text(as_json_text(told))


def confirm_command(
    folder: Annotated[Path, typer.Argument(help="Folder that `tlx deliver` filled")],
    corpus: Corpus,
    answer: Annotated[Path, typer.Argument(help="The answer that `tlx novelty --save` kept")],
    field: Field = None,
) -> None:
    """Whether what `tlx novelty` said was so, computed from the delivered lots themselves. Nothing is sent.

    Lots that were not delivered may be all new or all held: their part stays open.
    """
    told = _read_answer(answer)
    documents = list(_delivered(folder, str(told.get("product_id", ""))))
    seen = sum(rtu for _, rtu in documents)
    held = exact_held(documents, corpus_texts(corpus, field))
    new = seen - int(seen * held.share)
    whole, bound = int(told["rtu"]), told["held_ppm"]
    if seen > whole:
        raise CommandError("OTHER_DATASET", f"{seen:,} RTU were delivered, the answer is of a dataset of {whole:,}")
    least_ppm, most_ppm = (
        int(held.share * seen * ONE_PPM / whole),
        int((held.share * seen + whole - seen) * ONE_PPM / whole),
    )
    say(f"Delivered are {seen:,} RTU of {whole:,}; {new:,} of them were new.")
    say(f"Held of the whole are {_percent(least_ppm)} to {_percent(most_ppm)}; told were {_bounds(bound)}.")
    if most_ppm < bound["low"] or least_ppm > bound["high"]:
        raise CommandError("BOUND_BROKEN", "the answer does not hold")
    inside = bound["low"] <= least_ppm and most_ppm <= bound["high"]
    say(
        "The answer holds." if inside else "The answer is not contradicted; lots that were not delivered leave it open."
    )


def _named(places: Sequence[Path]) -> list[tuple[str, Path]]:
    """Each evaluation set by its own name, with a number where one before has it too; some characters do not cross."""
    named: dict[str, Path] = {}
    for place in places:
        name = "".join("_" if each in '\\:"' or ord(each) < 32 else each for each in place.resolve().name) or "set"
        names = [name, *(f"{name} ({number})" for number in range(2, len(places) + 1))]
        named[next(each for each in names if each not in named)] = place
    return list(named.items())


def _sketch(place: Path, parameters: dict[str, Any], field: str | None, hashes: int) -> bytes:
    err().print(f"Sketching {place}", markup=False, highlight=False)
    key, rate_log2 = bytes.fromhex(parameters["key"]), min(int(parameters["rate_log2"]), MOST_RATE_LOG2)
    return sketch_corpus(
        key, rate_log2, corpus_texts(place, field), min(hashes, int(parameters["most_hashes"]))
    ).document()


def _lines(told: dict[str, Any]) -> Iterator[tuple[str, object]]:
    yield "Dataset", f"{told['product_id']}, {told['rtu']:,} RTU in lots"
    yield "New", _range(told["new_rtu"]) + " RTU"
    yield "Held already", _bounds(told["held_ppm"])
    if told["price"]:
        new = {name: value or "unbounded" for name, value in told["price_per_million_new"].items()}
        yield "Price", f"{told['price']} {told['quote']} per million RTU ({told['price_from']})"
        yield "Per million new", f"{new['estimate']} ({new['low']} to {new['high']}) {told['quote']}"
    for each in told["evaluations"]:
        found, overlap = _bounds(each["found_ppm"]), _range(each["overlap_rtu"])
        yield f"In {each['name']}", f"{found} of it is in the dataset, as {overlap} RTU"
    yield "Bounds", f"each for {told['confidence_ppm'] // 10_000} of 100 keys, from {told['sampled']:,} hashes"
    yield "Questions left", told["queries_left"]


def _range(bounded: dict[str, int]) -> str:
    return f"{bounded['estimate']:,} ({bounded['low']:,} to {bounded['high']:,})"


def _bounds(share: dict[str, int]) -> str:
    return f"{_percent(share['estimate'])} ({_percent(share['low'])} to {_percent(share['high'])})"


def _percent(ppm: int) -> str:
    return f"{ppm // 10_000}.{ppm % 10_000 // 1_000} %"


def _read_answer(path: Path) -> dict[str, Any]:
    try:
        told = json.loads(path.read_bytes())
        _ = int(told["rtu"]), int(told["held_ppm"]["low"]), int(told["held_ppm"]["high"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise CommandError("BAD_ANSWER", f"{path} is not what `tlx novelty --save` writes") from None
    return dict(told)


def _delivered(folder: Path, product: str) -> Iterator[tuple[str, int]]:
    """Each document with its RTU, as the manifests of the lots in the folder have it; all of the product's dataset."""
    manifests = sorted(folder.glob("lot-*.manifest.json"))
    if not manifests:
        raise CommandError("NO_DELIVERY", f"{folder} holds no delivered lot")
    for path in manifests:
        manifest = path.read_bytes()
        blob = path.with_name(path.name.removesuffix(".manifest.json") + ".jsonl").read_bytes()
        try:
            stated = json.loads(manifest)
            root, base = bytes.fromhex(stated["dataset"]["root"]), str(stated["base"])
        except (ValueError, KeyError, TypeError, RecursionError):
            raise CommandError("NO_DELIVERY", f"{path} is no manifest") from None
        # An answer that was asked for by the number of a dataset does not tell its code.
        if product and not product.isdigit() and product.partition("-")[0] != base:
            raise CommandError("OTHER_DATASET", f"{path} is of a lot of {base}, the answer is about {product}")
        lot = verify_lot(manifest, blob, root)
        yield from zip((each.text for each in lot.documents), (e["rtu"] for e in stated["documents"]), strict=True)
