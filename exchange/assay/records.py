"""What a file's records are, whatever their format: each gives the text at a selector."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from exchange.assay.recipe import json_path

Value = str | list[Any]


class NumberText(str):
    """A JSON number as it is written, so that none is rounded, and it can still be told from a text."""

    __slots__ = ()


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


@dataclass(frozen=True, slots=True)
class BadRecord:
    """In place of a record that cannot be read: one of DocumentError's codes, and why."""

    code: str
    detail: str


Numbered = tuple[int, Record | BadRecord]
Records = Iterator[Numbered]
"""Each record of a file with its number there from 0; the numbers of filtered lines are left out."""

OVERLONG = BadRecord("DOCUMENT_TOO_LARGE", "is a record over the limit")


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
