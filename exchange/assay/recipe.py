"""How documents are taken out of a dataset's files: declared by its listing, never coded for one dataset."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from exchange.assay.patterns import PatternError, bounded_pattern

Format = Literal["jsonl", "json", "csv", "tsv", "text", "parquet"]
Splitter = Literal["lines", "blank-lines", "file"]
ErrorPolicy = Literal["strict", "replace"]

DETECT = "detect"
"""The encoding of a recipe that leaves it to each file's bytes, by the rule of exchange/assay/encodings.py."""
ENCODINGS = {
    "utf-8": "utf-8-sig",
    "utf-16": "utf-16",
    "utf-16-le": "utf-16-le",
    "utf-16-be": "utf-16-be",
    "gb18030": "gb18030",
}
FORMATS: tuple[Format, ...] = ("jsonl", "json", "csv", "tsv", "text", "parquet")
SPLITTERS: tuple[Splitter, ...] = ("lines", "blank-lines", "file")
ERROR_POLICIES: tuple[ErrorPolicy, ...] = ("strict", "replace")
_STEP = re.compile(r"\.?(?P<key>[^.\[\]'\"$]+)|\[(?:(?P<index>\d{1,9})|'(?P<quoted>[^']+)'|(?P<all>\*))\]")


class DocumentError(Exception):
    """Documents could not be taken; nothing was. `code` is stable, and a BadDocument's is one of them:

    BAD_RECIPE              the recipe contradicts itself
    FILE_MISSING            a file of the recipe is not among those given
    FILE_TOO_LARGE          a file is over its limit, or takes too much memory or time to read
    DOCUMENT_TOO_LARGE      a document, or the record it is taken from, is over its limit
    DATASET_TOO_LARGE       the documents are too many, or have too much text in all
    ENCODING_ERROR          bytes or escapes that are no text in the declared encoding
    ENCODING_UNKNOWN        the encoding was left open, and the bytes are none of those known
    FILE_DAMAGED            a compressed file or a Parquet file that is cut short or corrupt
    READER_MISSING          the package that reads a format is not installed
    FORMAT_MISMATCH         the file is not what its metadata says
    MALFORMED_RECORD        one record of the file cannot be parsed
    MISSING_FIELD           a record without a declared field
    FIELD_NOT_TEXT          a field that holds an object where text is declared
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Field:
    """One piece of a document.

    `selector` is a column's name or number, or a JSON path; empty, it takes the whole record. `pattern` must match at
    the start and gives its first group. `strip` characters go from both ends. A list's members are joined by
    `list_joiner`. A record without an `optional` field has an empty text there.
    """

    selector: str = ""
    pattern: str | None = None
    strip: str = ""
    list_joiner: str = "\n"
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Recipe:
    """Files in their stated order, and the one way in which documents are taken from each of them.

    A record is a JSON value, a row, or for text what `splitter` says; with a `delimiter`, a text line has numbered
    columns, and a field of a block of lines is the list of that column. `columns_from` takes every column of a row
    from that number on, in place of named fields. Lines without `line_prefix` or with fewer than `minimum_tabs` tabs
    are no records of theirs.
    """

    files: tuple[str, ...]
    format: Format
    fields: tuple[Field, ...] = (Field(),)
    joiner: str = "\n"
    encoding: str = "utf-8"
    errors: ErrorPolicy = "strict"
    splitter: Splitter = "lines"
    delimiter: str = ""
    header: bool = True
    columns_from: int | None = None
    line_prefix: str = ""
    minimum_tabs: int = 0
    drop_blank: bool = False

    def __post_init__(self) -> None:
        for complaint in _complaints(self):
            raise DocumentError("BAD_RECIPE", complaint)
        for field in self.fields:
            _check_field(field, self)


@lru_cache(maxsize=1024)
def json_path(selector: str) -> tuple[str | int | None, ...]:
    """The steps of a JSON path (`$.a.b[0]`, `a['b']`, `a[*]`): keys, indexes, and None for every member.

    ValueError where it holds anything else. A leading `$[*]`, every record of a file, is the record itself.
    """
    rest = selector.removeprefix("$").removeprefix("[*]") if selector.startswith("$") else selector
    steps: list[str | int | None] = []
    position = 0
    while position < len(rest):
        step = _STEP.match(rest, position)
        if step is None:
            raise ValueError(f"not a plain JSON path: {selector!r}")
        steps.append(None if step["all"] else int(step["index"]) if step["index"] else step["key"] or step["quoted"])
        position = step.end()
    return tuple(steps)


def _complaints(recipe: Recipe) -> list[str]:
    is_table = recipe.format in ("csv", "tsv")
    cuts_lines = recipe.format == "text" and recipe.splitter == "lines"
    checks = [
        (not recipe.files, "no file to take documents from"),
        (len(set(recipe.files)) < len(recipe.files), "a file named twice"),
        (recipe.format not in FORMATS, f"unknown format {recipe.format!r}"),
        (recipe.splitter not in SPLITTERS, f"unknown splitter {recipe.splitter!r}"),
        (
            recipe.encoding not in (*ENCODINGS, DETECT),
            f"unknown encoding {recipe.encoding!r}, not of {', '.join(ENCODINGS)}",
        ),
        (recipe.errors not in ERROR_POLICIES, f"unknown policy for encoding errors {recipe.errors!r}"),
        (not recipe.fields and recipe.columns_from is None, "no field to take"),
        (recipe.columns_from is not None and not is_table, "columns_from is for tables"),
        (recipe.columns_from is not None and recipe.columns_from < 0, "columns_from is negative"),
        (bool(recipe.line_prefix or recipe.minimum_tabs) and not cuts_lines, "line filters are for lines of text"),
        (bool(recipe.delimiter) and recipe.format != "text", "a delimiter is for lines of text"),
        (recipe.minimum_tabs < 0, "minimum_tabs is negative"),
    ]
    return [complaint for failed, complaint in checks if failed]


def _check_field(field: Field, recipe: Recipe) -> None:
    try:
        if field.pattern is not None:
            bounded_pattern(field.pattern)
        if recipe.format in ("jsonl", "json", "parquet"):
            steps = json_path(field.selector)
            if recipe.format == "parquet" and not (steps and isinstance(steps[0], str)):
                raise DocumentError("BAD_RECIPE", "a field of a Parquet file begins with a column's name")
    except PatternError as error:
        raise DocumentError("BAD_RECIPE", f"pattern {field.pattern!r}: {error}") from None
    except ValueError as error:
        raise DocumentError("BAD_RECIPE", str(error)) from None
    if recipe.format == "text" and field.selector and not (recipe.delimiter and field.selector.isdecimal()):
        raise DocumentError("BAD_RECIPE", f"text has a column {field.selector!r} only by number, with a delimiter")
