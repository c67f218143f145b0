"""Files are streamed: what is read in pieces is what would be read whole, and no more is held than a record."""

import io
import itertools
import json
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.assay import json_records, text_records
from exchange.assay.documents import read_documents
from exchange.assay.recipe import DocumentError, Field, Recipe
from exchange.assay.streams import OFFLINE_LIMITS, ReadLimits
from exchange.vocabulary.documents import Document

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("ab", max_size=3), inner, max_size=3),
    max_leaves=10,
)


@given(st.lists(VALUES), st.integers(1, 9), st.sampled_from([None, 1]))
def test_an_array_in_pieces_is_the_array(members: list[object], chunk: int, indent: int | None) -> None:
    text = json.dumps(members, ensure_ascii=False, indent=indent)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_records, "CHUNK_CHARS", chunk)
        records = [record.content for _, record in json_records.json_array(io.StringIO(text), "file", 10_000)]
    assert records == json.loads(text, parse_int=str)


@pytest.mark.parametrize("text", ["", "{}", "[1", "[1,]", "[1 2]", "[1]]", "[,1]", "[1],", "[NaN]", "[" * 99_999])
def test_a_broken_array_is_refused(text: str) -> None:
    with pytest.raises(DocumentError, match="FORMAT_MISMATCH"):
        list(json_records.json_array(io.StringIO(text), "file", 1_000_000))


def test_a_member_over_the_limit_is_refused() -> None:
    with pytest.raises(DocumentError, match="over 1000 characters"):
        list(json_records.json_array(io.StringIO('["' + "x" * 2_000_000 + '"]'), "file", 1_000))


@given(st.text("a\n", max_size=40), st.integers(1, 5))
def test_blocks_in_pieces_are_the_blocks(text: str, chunk: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_records, "CHUNK_CHARS", chunk)
        blocks = text_records.text_blocks(io.StringIO(text), Recipe(("file",), "text"), 1_000)
        assert [record.block for _, record in blocks] == text.split("\n\n")


class Endless(io.RawIOBase):
    """A file of one line time and again, which is nowhere as a whole."""

    def __init__(self, line: bytes, lines: int) -> None:
        self._pieces = itertools.repeat(line * 1_000, lines // 1_000)
        self._rest = b""

    def stream(self, _path: str) -> "Endless":
        return self

    def read(self, size: int = -1) -> bytes:
        self._rest = self._rest or next(self._pieces, b"")
        piece, self._rest = self._rest[:size], self._rest[size:]
        return piece


FORMS = {
    "jsonl": (b'{"text": "' + b"x" * 400 + b'"}\n', Field("text"), {}),
    "csv": (b"x" * 400 + b",y\n", Field("0"), {"header": False}),
    "text": (b"x" * 400 + b"\n", Field(), {}),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_large_file_takes_little_memory(form: str) -> None:
    line, field, options = FORMS[form]
    recipe = Recipe(("file",), form, (field,), **options)  # type: ignore[arg-type]
    tracemalloc.start()
    try:
        found = sum(isinstance(one, Document) for one in read_documents(Endless(line, 100_000), recipe, OFFLINE_LIMITS))
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found == 100_000
    assert peak_bytes < 10_000_000, "the file has 40 MB"


def test_a_stream_over_the_limit_is_refused_though_nobody_knows_its_length() -> None:
    recipe = Recipe(("file",), "text")
    with pytest.raises(DocumentError, match="FILE_TOO_LARGE: file has over 9999 bytes"):
        list(read_documents(Endless(b"x" * 100 + b"\n", 1_000), recipe, ReadLimits(file_bytes=9_999)))
