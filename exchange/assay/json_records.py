"""JSON lines and JSON arrays as streams of records."""

import json
import re
from collections.abc import Iterator
from typing import Any, NoReturn, TextIO

from exchange.assay.recipe import DocumentError
from exchange.assay.records import OVERLONG, BadRecord, JsonRecord, NumberText, Records
from exchange.assay.streams import Lines

CHUNK_CHARS = 1 << 18
_BLANKS = re.compile(r"[ \t\n\r]*")


def json_lines(lines: Lines, path: str) -> Records:
    """A record a line; a blank line is none."""
    number = 0
    for line in lines:
        if lines.is_overlong:
            lines.is_overlong = False
            yield number, OVERLONG
        elif not line.strip():
            continue
        else:
            yield number, _json_line(line, number, path)
        number += 1


def _json_line(line: str, number: int, path: str) -> JsonRecord | BadRecord:
    try:
        return JsonRecord(parse_json(line))
    except ValueError as error:
        if number == 0:
            raise DocumentError("FORMAT_MISMATCH", f"{path} is not JSON lines: {error}") from None
        return BadRecord("MALFORMED_RECORD", f"is not JSON: {error}")


def json_array(text: TextIO, path: str, limit_chars: int) -> Records:
    """The members of one array, of which no more than one is held. Where its JSON breaks, the file is refused."""
    try:
        for number, member in enumerate(_members(text, path, limit_chars)):
            yield number, JsonRecord(member)
    except json.JSONDecodeError as error:
        raise DocumentError("FORMAT_MISMATCH", f"{path} is not JSON: {error.msg}") from None
    except ValueError as error:
        raise DocumentError("FORMAT_MISMATCH", f"{path} is not a JSON array of records: {error}") from None


def _members(text: TextIO, path: str, limit_chars: int) -> Iterator[Any]:
    window = _Window(text, path, limit_chars)
    if window.next_mark() != "[":
        raise ValueError("it begins otherwise")
    window.take_mark()
    if window.next_mark() == "]":
        window.take_mark()
    else:
        while True:
            yield window.take_value()
            mark = window.next_mark()
            if mark not in ("]", ","):
                raise ValueError("a member is followed by neither comma nor bracket")
            window.take_mark()
            if mark == "]":
                break
    if window.next_mark():
        raise ValueError("something follows it")


class _Window:
    """The part of a text that was read and not yet taken."""

    def __init__(self, text: TextIO, path: str, limit_chars: int) -> None:
        self._text = text
        self._path = path
        self._limit_chars = limit_chars
        self._held = ""
        self._place = 0

    def next_mark(self) -> str:
        """The next character that is not blank, left where it is; nothing at the end."""
        while True:
            blanks = _BLANKS.match(self._held, self._place)
            assert blanks is not None, "it matches nothing too"
            self._place = blanks.end()
            if self._place < len(self._held):
                return self._held[self._place]
            if not self._read_on(CHUNK_CHARS):
                return ""

    def take_mark(self) -> None:
        self._place += 1

    def take_value(self) -> Any:
        """The JSON value that begins here. While it is cut off by the window's end, the window is doubled."""
        self.next_mark()
        while True:
            try:
                value, end = _DECODER.raw_decode(self._held, self._place)
            except json.JSONDecodeError:
                if not self._read_on(max(CHUNK_CHARS, len(self._held) - self._place)):
                    raise
                continue
            except RecursionError:
                raise ValueError("nested too deep") from None
            # A number at the window's end may go on.
            if end < len(self._held) or not self._read_on(CHUNK_CHARS):
                self._place = end
                return value

    def _read_on(self, size_chars: int) -> bool:
        self._held, self._place = self._held[self._place :], 0
        if len(self._held) > self._limit_chars:
            raise DocumentError("DOCUMENT_TOO_LARGE", f"{self._path}: a member has over {self._limit_chars} characters")
        more = self._text.read(size_chars)
        self._held += more
        return bool(more)


def parse_json(text: str) -> Any:
    """JSON with numbers as written, so that none is rounded; ValueError for NaN, Infinity and too deep nesting."""
    try:
        return _DECODER.decode(text)
    except RecursionError:
        raise ValueError("nested too deep") from None


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


_DECODER = json.JSONDecoder(parse_float=NumberText, parse_int=NumberText, parse_constant=_refuse_constant)
