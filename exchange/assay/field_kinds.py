"""Whether a field holds the same kind of value in every record: indicator 0207.

Looked at are JSON objects, by the type of each member, and rows of a table, by whether a cell is a numeral. A field's
usual kind is the one most of its values have; the others are defects. Absent, null and blank values have no kind. In a
table a numeral is no defect where words are usual, since a cell of words may well say 7.
"""

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from exchange.assay.records import JsonRecord, NumberText, Record, RowRecord

MOST_FIELDS = 1_000
"""Objects whose keys are data have no end of fields; those that come later are not looked at."""

_NUMERAL = re.compile(r"[+-]?(?:\d{1,18}|\d{1,3}(?:,\d{3}){1,5})(?:\.\d{1,18})?(?:[eE][+-]?\d{1,3})?%?", re.ASCII)
_WORDING, _NUMERAL_KIND = "wording", "numeral"


class FieldKinds:
    """How often each field had a value of each kind, over all records that were read."""

    def __init__(self) -> None:
        self._fields: dict[str, Counter[str]] = {}

    def note(self, record: Record) -> None:
        if isinstance(record, JsonRecord) and isinstance(record.content, dict):
            self._note_object(record.content)
        elif isinstance(record, RowRecord):
            self._note_row(record)

    def sample(self) -> tuple[int, int]:
        """Values looked at, and those not of their field's usual kind; (0, 0) where nothing had fields."""
        counts = self._fields.values()
        return sum(map(Counter.total, counts)), sum(map(_unusual, counts))

    def _note_object(self, content: Mapping[str, Any]) -> None:
        for name, value in content.items():
            if value is not None and not (isinstance(value, str) and not value.strip()):
                self._count(name, _json_kind(value))

    def _note_row(self, record: RowRecord) -> None:
        for place, cell in enumerate(record.cells):
            told = cell.strip()
            if told:
                self._count(str(place), _NUMERAL_KIND if _NUMERAL.fullmatch(told) else _WORDING)

    def _count(self, field: str, kind: str) -> None:
        kinds = self._fields.get(field)
        if kinds is None:
            if len(self._fields) == MOST_FIELDS:
                return
            kinds = self._fields[field] = Counter()
        kinds[kind] += 1


def _unusual(kinds: Counter[str]) -> int:
    usual = max(kinds.values())
    if kinds.get(_WORDING) == usual:
        return 0
    return kinds.total() - usual


def _json_kind(value: object) -> str:
    """Numbers are read as they are written, so they come as a text of their own kind."""
    if isinstance(value, NumberText):
        return "number"
    return "text" if isinstance(value, str) else type(value).__name__
