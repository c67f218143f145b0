"""Texts on one's own machine: a corpus to compare a dataset with, or a file that leaked."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from api.cli.console import CommandError
from api.cli.folders import find_croissant
from api.cli.measured import open_dataset
from exchange.catalogue.layouts import Wishes
from exchange.vocabulary.documents import Document, canonical_text

RECORDS: Final = frozenset({".jsonl", ".ndjson"})
ASSAYED: Final = frozenset({".parquet", ".csv", ".tsv", ".gz", ".zst", ".zip", ".tar", ".tgz"})
TEXT: Final = "text"
"""The field of a record that is its document, where it has one and no other is named."""


def corpus_texts(place: Path, field: str | None = None, damaged: list[str] | None = None) -> Iterator[str]:
    """Documents in canonical text: of a folder with Croissant metadata as that says, else of every file below.

    Each line of JSON lines is a document: the named field, `text`, or else all that is text in it. Tables, Parquet,
    and what is compressed or packed are read as `tlx assay` reads each of them. Every other file is one document in
    UTF-8. Hidden files are left out. CommandError NO_CORPUS, BAD_CORPUS; and what `tlx assay` refuses with. With a list
    for what is `damaged`, what cannot be read is told there and left out: of a leaked file any rest will do.
    """
    if not place.exists():
        raise CommandError("NO_CORPUS", f"{place} is neither a file nor a folder")
    if place.is_dir() and _has_metadata(place):
        yield from _assayed(place, None)
        return
    for path in _files(place):
        if path.suffix.lower() in ASSAYED or (path == place and path.suffix.lower() == ".json"):
            yield from _assayed(path, field)
        else:
            read = _records if path.suffix.lower() in RECORDS else _whole
            yield from map(canonical_text, read(path, field, damaged))


def _has_metadata(folder: Path) -> bool:
    try:
        find_croissant(folder)
    except CommandError as error:
        return error.code == "WHICH_METADATA"
    return True


def _assayed(place: Path, field: str | None) -> Iterator[str]:
    with open_dataset(place, None, Wishes(fields=(field,)) if field else Wishes()) as measured:
        for taken in measured.documents:
            if isinstance(taken, Document):
                yield taken.text


def _files(place: Path) -> list[Path]:
    if place.is_file():
        return [place]
    found = (path for path in place.rglob("*") if path.is_file())
    return sorted(path for path in found if not any(part.startswith(".") for part in path.relative_to(place).parts))


def _whole(path: Path, _: str | None, damaged: list[str] | None) -> Iterator[str]:
    content = path.read_bytes()
    try:
        yield content.decode()
    except UnicodeDecodeError as error:
        _refuse(f"{path} is not UTF-8 at byte {error.start}", damaged)
        yield content.decode(errors="replace")


def _records(path: Path, field: str | None, damaged: list[str] | None) -> Iterator[str]:
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                yield _record(line, field)
            except ValueError as error:
                _refuse(f"{path} line {number} {error}", damaged)


def _refuse(detail: str, damaged: list[str] | None) -> None:
    if damaged is None:
        raise CommandError("BAD_CORPUS", detail)
    damaged.append(detail)


def _record(line: bytes, field: str | None) -> str:
    """The document in a line; ValueError with what is wrong with it."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        raise ValueError("is no JSON") from None
    text = _document(record, field)
    if text is None:
        raise ValueError(f"has no text in {field or 'it'}")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("holds half a surrogate pair") from None
    return text


def _document(record: Any, field: str | None) -> str | None:
    if isinstance(record, str):
        return record
    if not isinstance(record, dict):
        return None
    chosen = record.get(field or TEXT)
    if isinstance(chosen, str):
        return chosen
    texts = [value for value in record.values() if isinstance(value, str)]
    return "\n".join(texts) if texts and field is None else None
