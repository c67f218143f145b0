"""The first records of a file, looked at to infer how documents are taken from it."""

from itertools import islice
from typing import Any

from exchange.assay.json_records import json_array, json_lines
from exchange.assay.parquet_records import parquet_sample
from exchange.assay.recipe import DocumentError, Format, Recipe
from exchange.assay.records import BadRecord, JsonRecord, Record, Records, RowRecord
from exchange.assay.streams import OFFLINE_LIMITS, Lines, open_text
from exchange.assay.table_records import table_rows
from exchange.catalogue.fields import SAMPLE_RECORDS
from exchange.catalogue.listing import ListingError
from exchange.catalogue.sources import FolderSource

BLOCKS_CHARS = 1 << 16
HEADER_CHARS = 64
_LIMIT_CHARS = OFFLINE_LIMITS.record_chars

Rows = list[dict[str, Any]]


def json_kind(source: FolderSource, path: str, encoding: str) -> Format:
    """The format that a `.json` file really has: an array begins with `[`, else it is lines."""
    with source.stream(path) as stream:
        text, _ = open_text(stream, path, Recipe((path,), "json", encoding=encoding), OFFLINE_LIMITS, "\n")
        return "json" if text.read(1 << 12).lstrip()[:1] == "[" else "jsonl"


def sample_json(source: FolderSource, path: str, kind: Format, encoding: str) -> Rows:
    recipe = Recipe((path,), kind, encoding=encoding)
    with source.stream(path) as stream:
        text, _ = open_text(stream, path, recipe, OFFLINE_LIMITS, "\n")
        records = (
            json_array(text, path, _LIMIT_CHARS) if kind == "json" else json_lines(Lines(text, _LIMIT_CHARS), path)
        )
        rows = [record.content for record in _good(records, path) if isinstance(record, JsonRecord)]
    objects = [row for row in rows if isinstance(row, dict)]
    if rows and not objects:
        raise ListingError("NO_TEXT_FIELD", f"{path} has no objects as records; say how with a Croissant file")
    return objects


def sample_table(
    source: FolderSource, path: str, kind: Format, encoding: str, header: bool | None
) -> tuple[bool | None, Rows]:
    """Whether the first row is a header, and the first rows by column: by name, or without a header by number.

    None and nothing where the file is empty.
    """
    recipe = Recipe((path,), kind, encoding=encoding, header=False)
    with source.stream(path) as stream:
        text, _ = open_text(stream, path, recipe, OFFLINE_LIMITS, "")
        records = table_rows(Lines(text, _LIMIT_CHARS), recipe, path)
        rows = [record.cells for record in _good(records, path, 1) if isinstance(record, RowRecord)]
    if not rows:
        return None, []
    has_header = looks_like_header(rows[0]) if header is None else header
    names = [cell.strip() for cell in rows[0]] if has_header else [str(place) for place in range(len(rows[0]))]
    return has_header, [dict(zip(names, row, strict=True)) for row in rows[1 if has_header else 0 :]]


def looks_like_header(cells: list[str]) -> bool:
    """Short names, each another, none a number."""
    names = [cell.strip() for cell in cells]
    return len(set(names)) == len(names) and all(
        0 < len(name) <= HEADER_CHARS and any(map(str.isalpha, name)) and not name.endswith((".", "?", "!", "。"))
        for name in names
    )


def sample_parquet(source: FolderSource, path: str) -> Rows:
    with source.stream(path) as stream:
        return parquet_sample(stream, path, SAMPLE_RECORDS, OFFLINE_LIMITS.file_bytes)


def has_blocks(source: FolderSource, path: str, encoding: str) -> bool:
    """Whether at least a twentieth of the first lines are blank: then blank lines divide the text."""
    with source.stream(path) as stream:
        text, _ = open_text(stream, path, Recipe((path,), "text", encoding=encoding), OFFLINE_LIMITS, None)
        lines = text.read(BLOCKS_CHARS).strip().split("\n")
    return 20 * sum(not line.strip() for line in lines) >= len(lines) > 1


def _good(records: Records, path: str, header_rows: int = 0) -> list[Record]:
    """The records among the first hundred; the bad ones are told of when documents are taken.

    DocumentError for the first of them where all are bad: then none will be taken.
    """
    looked_at = [record for _, record in islice(records, SAMPLE_RECORDS)]
    good = [record for record in looked_at if not isinstance(record, BadRecord)]
    bad = next((record for record in looked_at if isinstance(record, BadRecord)), None)
    if bad is not None and len(good) <= header_rows:
        raise DocumentError(bad.code, f"{path}: its first record {bad.detail}")
    return good
