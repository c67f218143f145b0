"""Records of a file's text: JSON values, rows of a table, lines or blocks of plain text."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NoReturn, Protocol

from exchange.assay.recipe import DocumentError, Recipe, json_path

# The module's own limit of 128 KiB refuses long answers in a table; documents have a limit of theirs.
csv.field_size_limit(64 * 2**20)

Value = str | list[Any]


class Record(Protocol):
    def value(self, selector: str) -> Value:
        """The text, or list of texts, at `selector`; LookupError where there is none, TypeError where it is no text."""


@dataclass(frozen=True, slots=True)
class JsonRecord:
    content: Any

    def value(self, selector: str) -> Value:
        found = [self.content]
        many = False
        for step in json_path(selector):
            many = many or step is None
            found = [inner for outer in found for inner in _step(outer, step)]
        return found if many else _text_or_list(found[0])


@dataclass(frozen=True, slots=True)
class RowRecord:
    cells: list[str]
    columns: dict[str, int]

    def value(self, selector: str) -> Value:
        return self.cells[self.columns[selector] if selector in self.columns else column_number(selector)]


@dataclass(frozen=True, slots=True)
class LineRecord:
    line: str
    delimiter: str

    def value(self, selector: str) -> Value:
        if not selector:
            return self.line
        return self.line.split(self.delimiter)[column_number(selector)]


@dataclass(frozen=True, slots=True)
class BlockRecord:
    block: str
    delimiter: str

    def value(self, selector: str) -> Value:
        if not selector:
            return self.block
        column = column_number(selector)
        return [line.split(self.delimiter)[column] for line in self.block.strip("\n").split("\n")]


def read_records(text: str, recipe: Recipe, path: str) -> Iterator[tuple[int, Record]]:
    """Each record of a file with its number there from 0; the numbers of filtered lines are left out."""
    readers: dict[str, Callable[[], Iterator[tuple[int, Record]]]] = {
        "jsonl": lambda: _json_lines(text, path),
        "json": lambda: _json_array(text, path),
        "csv": lambda: _rows(text, ",", recipe, path),
        "tsv": lambda: _rows(text, "\t", recipe, path),
        "text": lambda: _text_records(text, recipe),
    }
    return readers[recipe.format]()


def column_number(selector: str) -> int:
    """A column's number from 0; LookupError for a name."""
    if not (selector.isascii() and selector.isdigit() and len(selector) < 7):
        raise LookupError(f"no column {selector!r}")
    return int(selector)


def _step(outer: Any, step: str | int | None) -> list[Any]:
    if step is None:
        if not isinstance(outer, list):
            raise TypeError("not a list")
        return outer
    is_place = isinstance(outer, dict) if isinstance(step, str) else isinstance(outer, list)
    if not is_place:
        raise LookupError(step)
    return [outer[step]]


def _text_or_list(found: Any) -> Value:
    if found is None:
        raise LookupError("null")
    if isinstance(found, str | list):
        return found
    raise TypeError(f"holds {type(found).__name__}")


def _json_lines(text: str, path: str) -> Iterator[tuple[int, Record]]:
    number = 0
    for line in text.split("\n"):
        if not line.strip():
            continue
        try:
            content = parse_json(line)
        except ValueError as error:
            _refuse_json(path, number, error)
        yield number, JsonRecord(content)
        number += 1


def _refuse_json(path: str, number: int, error: ValueError) -> NoReturn:
    if number == 0:
        raise DocumentError("FORMAT_MISMATCH", f"{path} is not JSON lines: {error}") from None
    raise DocumentError("MALFORMED_RECORD", f"{path} record {number}: {error}") from None


def _json_array(text: str, path: str) -> Iterator[tuple[int, Record]]:
    try:
        members = parse_json(text)
    except ValueError as error:
        raise DocumentError("FORMAT_MISMATCH", f"{path} is not JSON: {error}") from None
    if not isinstance(members, list):
        raise DocumentError("FORMAT_MISMATCH", f"{path} is not a JSON array of records")
    for number, member in enumerate(members):
        yield number, JsonRecord(member)


def parse_json(text: str) -> Any:
    """JSON with numbers as written, so that none is rounded; ValueError for NaN, Infinity and too deep nesting."""
    try:
        return json.loads(text, parse_float=str, parse_int=str, parse_constant=_refuse_constant)
    except RecursionError:
        raise ValueError("nested too deep") from None


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


def _rows(text: str, delimiter: str, recipe: Recipe, path: str) -> Iterator[tuple[int, Record]]:
    """Rows of a table; a blank row is none. Every row must be as wide as the first: that is what tells a table."""
    if text.lstrip()[:1] in ("{", "["):
        raise DocumentError("FORMAT_MISMATCH", f"{path} looks like JSON, its metadata says {recipe.format}")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    number, width, columns = 0, 0, dict[str, int]()
    try:
        for cells in reader:
            if not cells:
                continue
            if not width:
                width = len(cells)
                if width <= (recipe.columns_from or 0):
                    raise DocumentError("FORMAT_MISMATCH", f"{path} has only {width} columns")
                if recipe.header:
                    columns = _header(cells, recipe, path)
                    continue
            if len(cells) != width:
                detail = f"{path} record {number} has {len(cells)} columns, not {width}"
                raise DocumentError("MALFORMED_RECORD", detail)
            yield number, RowRecord(cells, columns)
            number += 1
    except csv.Error as error:
        raise DocumentError("MALFORMED_RECORD", f"{path} record {number}: {error}") from None


def _header(cells: list[str], recipe: Recipe, path: str) -> dict[str, int]:
    columns = {name.strip(): place for place, name in enumerate(cells)}
    wanted = [field.selector for field in recipe.fields if not field.optional and recipe.columns_from is None]
    missing = [name for name in wanted if name not in columns and not name.isdigit()]
    if missing:
        raise DocumentError("FORMAT_MISMATCH", f"{path} has no column {missing[0]!r} in its header")
    if len(columns) < len(cells):
        raise DocumentError("FORMAT_MISMATCH", f"{path} names a column twice in its header")
    return columns


def _text_records(text: str, recipe: Recipe) -> Iterator[tuple[int, Record]]:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if recipe.splitter == "file":
        yield 0, BlockRecord(text, recipe.delimiter)
    elif recipe.splitter == "blank-lines":
        for number, block in enumerate(text.split("\n\n")):
            yield number, BlockRecord(block, recipe.delimiter)
    else:
        for number, line in enumerate(text.removesuffix("\n").split("\n") if text else []):
            if line.startswith(recipe.line_prefix) and line.count("\t") >= recipe.minimum_tabs:
                yield number, LineRecord(line, recipe.delimiter)
