"""Parquet of strangers is read in a process of its own: the same rows come, and no file stops or fills who asks."""

import io
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from exchange.assay.documents import read_documents
from exchange.assay.field_kinds import FieldKinds
from exchange.assay.recipe import DocumentError, Field, Recipe
from exchange.assay.streams import DEFAULT_LIMITS, VENUE_LIMITS, ReadLimits
from exchange.vocabulary.documents import Taken


def packed(table: pa.Table, **options: Any) -> bytes:
    written = io.BytesIO()
    pq.write_table(table, written, **options)
    return written.getvalue()


def bomb(value_bytes: int, rows: int) -> bytes:
    """A file of a kilobyte or so: one text, and how often it is there."""
    column = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), pa.array(["a " * (value_bytes // 2)]))
    options = {"write_statistics": False, "dictionary_pagesize_limit": 1 << 30, "store_schema": False}
    return packed(pa.table({"text": column}), compression="zstd", **options)


def taken(
    files: dict[str, bytes], limits: ReadLimits, *selectors: str, kinds: FieldKinds | None = None
) -> list[Taken] | str:
    """The documents, or the code of the refusal."""
    recipe = Recipe(tuple(files), "parquet", tuple(Field(selector) for selector in selectors or ("text",)))
    try:
        return list(read_documents(files, recipe, limits, kinds=kinds))
    except DocumentError as error:
        return error.code


@contextmanager
def little_memory() -> Iterator[None]:
    """Of this process: whatever is read here instead of apart would show."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    now_bytes = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (now_bytes + 768 * 2**20, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


@pytest.mark.parametrize(
    "selectors", [("text",), ("list", "text"), ("tree.n", "tree.at"), ("text", "flag"), ("tree.x",), ("none",)]
)
def test_the_same_rows_come_from_a_process_apart(selectors: tuple[str, ...]) -> None:
    table = pa.table({
        "text": pa.array([b"good", b"\xff\xfe", "诗".encode(), None], pa.binary()),
        "list": [["a"], [], ["b", "c"], ["d"]],
        "tree": [{"n": 2**60, "at": datetime(2026, 1, 2, tzinfo=UTC), "x": float("nan")}] * 4,
        "flag": [True, None, False, True],
    })  # fmt: skip
    files = {"one": packed(table), "two": packed(table.slice(2))}
    here, apart = FieldKinds(), FieldKinds()
    expected = taken(files, DEFAULT_LIMITS, *selectors, kinds=here)
    assert taken(files, VENUE_LIMITS, *selectors, kinds=apart) == expected
    assert here.sample() == apart.sample()


def test_a_file_that_stands_for_more_than_all_memory_is_refused() -> None:
    content = bomb(10 * 2**20, 256)
    assert len(content) < 2_000
    with little_memory():
        assert taken({"good": bomb(1_000, 3), "small": content}, VENUE_LIMITS) == "FILE_TOO_LARGE"


def test_a_text_that_is_there_too_often_is_refused_before_it_fills_the_memory() -> None:
    with little_memory():
        assert taken({"often": bomb(2**16, 20_000)}, VENUE_LIMITS) == "DATASET_TOO_LARGE"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGABRT, "FILE_DAMAGED"), (signal.SIGXCPU, "FILE_TOO_LARGE")])
def test_a_file_that_stops_its_reader_is_refused(monkeypatch: pytest.MonkeyPatch, number: int, code: str) -> None:
    begin = subprocess.Popen
    program = f"import os, sys; sys.stdin.readline(); os.kill(os.getpid(), {number:d})"

    def dying(_: object, **options: Any) -> Any:
        return begin([sys.executable, "-c", program], **options)

    monkeypatch.setattr(subprocess, "Popen", dying)
    assert taken({"file": packed(pa.table({"text": ["x"] * 10}))}, VENUE_LIMITS) == code


def test_one_reader_has_all_files_is_told_no_secret_and_ends_with_them(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[Any] = []
    begin = subprocess.Popen

    def noting(*arguments: Any, **options: Any) -> Any:
        assert "TLX_SECRETS_KEY" in os.environ and "TLX_SECRETS_KEY" not in options["env"]
        begun.append(begin(*arguments, **options))
        return begun[-1]

    monkeypatch.setenv("TLX_SECRETS_KEY", "00" * 32)
    monkeypatch.setattr(subprocess, "Popen", noting)
    content = packed(pa.table({"text": ["x"] * 1_000}))
    recipe = Recipe(("a", "b"), "parquet", (Field("text"),))
    reading = read_documents({"a": content, "b": content}, recipe, VENUE_LIMITS)
    next(reading)
    reading.close()  # type: ignore[attr-defined]
    assert len(list(read_documents({"a": content, "b": content}, recipe, VENUE_LIMITS))) == 2_000
    assert [each.returncode is not None for each in begun] == [True, True]


def test_an_overlong_row_is_a_bad_document() -> None:
    limits = replace(VENUE_LIMITS, document_bytes=1 << 16)
    read = taken({"a": packed(pa.table({"text": ["x", "y" * 2**21]}))}, limits)
    assert [getattr(each, "code", "") for each in read] == ["", "DOCUMENT_TOO_LARGE"]
