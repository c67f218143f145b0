"""Parquet: rows as records, streamed by row group, and files that are none."""

import contextlib
import io
import random
import sys
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from exchange.assay import parquet_process
from exchange.assay.documents import read_documents
from exchange.assay.recipe import DocumentError, Field, Recipe
from exchange.vocabulary.documents import Document


def packed(columns: dict[str, Any], **options: object) -> bytes:
    written = io.BytesIO()
    pq.write_table(pa.table(columns), written, **options)
    return written.getvalue()


def read(content: bytes, *selectors: str, **options: object) -> Iterator[tuple[int, str]]:
    recipe = Recipe(("file",), "parquet", tuple(Field(selector) for selector in selectors), **options)  # type: ignore[arg-type]
    for taken in read_documents({"file": content}, recipe):
        yield taken.record, taken.text if isinstance(taken, Document) else taken.code


@pytest.mark.parametrize("compression", ["NONE", "SNAPPY", "GZIP", "ZSTD"])
def test_rows_are_documents_over_all_row_groups(compression: str) -> None:
    texts = [f"诗 {number}" for number in range(1_000)]
    content = packed({"id": range(1_000), "text": texts}, row_group_size=300, compression=compression)
    assert list(read(content, "text")) == list(enumerate(texts))


def test_lists_and_structures_are_reached_by_paths_and_numbers_are_as_written() -> None:
    turns = [[{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]]
    content = packed({"messages": turns, "n": [2**60], "a.b": ["dotted"]})
    assert list(read(content, "messages[*].content", "n", "['a.b']")) == [(0, f"a\nb\n{2**60}\ndotted")]


def test_a_bad_row_stands_in_its_place() -> None:
    raw = pa.array([b"good", b"\xff\xfe", None], pa.binary())
    assert list(read(packed({"text": raw}), "text")) == [(0, "good"), (1, "ENCODING_ERROR"), (2, "MISSING_FIELD")]
    lying = pa.Array.from_buffers(pa.string(), 2, raw.buffers())
    assert list(read(packed({"text": lying}), "text")) == [(0, "good"), (1, "ENCODING_ERROR")]


def refusal(content: bytes, *selectors: str) -> str:
    with pytest.raises(DocumentError) as caught:
        list(read(content, *selectors))
    return caught.value.code


def test_what_is_no_parquet_or_another_table_is_refused() -> None:
    whole = packed({"text": ["x" * 100] * 100})
    assert refusal(b"text\nx\n", "text") == "FORMAT_MISMATCH"
    assert refusal(whole[:-20], "text") == "FORMAT_MISMATCH"
    assert refusal(whole, "other") == "FORMAT_MISMATCH"
    pages = bytearray(packed({"text": [str(number) * 9 for number in range(5_000)]}, compression="ZSTD"))
    pages[40:4_000] = bytes(3_960)
    assert refusal(bytes(pages), "text") in {"FILE_DAMAGED", "FORMAT_MISMATCH"}


def test_a_row_group_that_unpacks_beyond_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_process, "ROW_GROUP_BYTES", 1_000)
    assert refusal(packed({"text": [f"{number}" * 20 for number in range(200)]}), "text") == "FILE_TOO_LARGE"


def test_a_corrupted_file_gives_documents_or_a_named_error() -> None:
    """Among them are such as abort the process where the statistics of their columns are asked for."""
    whole = packed({"text": [f"row {number} " * 3 for number in range(300)]}, row_group_size=100)
    chance = random.Random(7)
    for _ in range(300):
        spoilt = bytearray(whole)
        for _ in range(chance.choice([1, 1, 2, 5])):
            spoilt[chance.randrange(len(spoilt))] ^= 1 << chance.randrange(8)
        with contextlib.suppress(DocumentError):
            assert len(list(read(bytes(spoilt), "text"))) <= 300


def test_without_the_reader_the_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    content = packed({"text": ["x"]})
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    assert refusal(content, "text") == "READER_MISSING"
