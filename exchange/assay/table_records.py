"""Rows of CSV and TSV as a stream of records."""

import csv
from itertools import chain, islice

from exchange.assay.recipe import DocumentError, Recipe
from exchange.assay.records import OVERLONG, BadRecord, Records, RowRecord
from exchange.assay.streams import Lines

# The module's own limit of 128 KiB refuses long answers in a table; documents have a limit of theirs.
csv.field_size_limit(64 * 2**20)
DIVIDERS = ";\t|"
"""What divides the cells of a CSV file that no comma divides; many spreadsheets write a semicolon."""


def table_rows(lines: Lines, recipe: Recipe, path: str) -> Records:
    """Rows of a table; a blank row is none. Every row must be as wide as the first: that is what tells a table."""
    divider, head = ("\t", []) if recipe.format == "tsv" else _divider(lines)
    reader = csv.reader(chain(head, lines), delimiter=divider)
    number, width, columns = 0, 0, dict[str, int]()
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield number, BadRecord("MALFORMED_RECORD", f"is no row: {error}")
            number += 1
            continue
        if lines.is_overlong:
            lines.is_overlong = False
            yield number, OVERLONG
        elif not cells:
            continue
        elif lines.has_ended:
            # The reader asked for more than there is: what it gives is all that followed the quotation mark.
            yield number, BadRecord("MALFORMED_RECORD", "has a quotation mark that is never closed")
        elif not width:
            width = len(cells)
            columns = _first_row(cells, recipe, path)
            if recipe.header:
                continue
            yield number, RowRecord(cells, columns)
        elif len(cells) != width:
            yield number, BadRecord("MALFORMED_RECORD", f"has {len(cells)} columns, not {width}")
        else:
            yield number, RowRecord(cells, columns)
        number += 1


def _divider(lines: Lines) -> tuple[str, list[str]]:
    """What divides the cells, and the lines that were read to see it.

    A comma, unless the first line has none, has another divider, and the second line is cut by that one too.
    """
    head = list(islice(lines, 1))
    others = {divider: head[0].count(divider) for divider in DIVIDERS if head and divider in head[0]}
    if not others or "," in head[0]:
        return ",", head
    divider = max(others, key=lambda each: others[each])
    head += islice(lines, 1)
    lines.has_ended = False
    return divider if divider in head[-1] and len(head) > 1 else ",", head


def _first_row(cells: list[str], recipe: Recipe, path: str) -> dict[str, int]:
    """The columns by name, where the first row names them; FORMAT_MISMATCH where this is another table, or none."""
    if cells[0].lstrip()[:1] in ("{", "["):
        raise DocumentError("FORMAT_MISMATCH", f"{path} looks like JSON, its metadata says {recipe.format}")
    if len(cells) <= (recipe.columns_from or 0):
        raise DocumentError("FORMAT_MISMATCH", f"{path} has only {len(cells)} columns")
    return _header(cells, recipe, path) if recipe.header else {}


def _header(cells: list[str], recipe: Recipe, path: str) -> dict[str, int]:
    columns = {name.strip(): place for place, name in enumerate(cells)}
    wanted = [field.selector for field in recipe.fields if not field.optional and recipe.columns_from is None]
    missing = [name for name in wanted if name not in columns and not name.isdigit()]
    if missing:
        raise DocumentError("FORMAT_MISMATCH", f"{path} has no column {missing[0]!r} in its header")
    if len(columns) < len(cells):
        raise DocumentError("FORMAT_MISMATCH", f"{path} names a column twice in its header")
    return columns
