"""Rows of Parquet files read in a process of their own, so that no file can stop or fill the process that asks.

A few bytes of Parquet can stand for any amount of text, and on some damage its reader aborts. The process may use so
much memory and processor time; whatever becomes of it, the file is refused by name. It reads one file after another:
the path of a copy, and the columns that are wanted, come in as lines of JSON; rows go out as msgpack, each after its
length.
"""

import importlib
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

import msgspec

from exchange.assay.parquet_records import parquet_rows
from exchange.assay.recipe import DocumentError, Field, Recipe
from exchange.assay.records import OVERLONG, BadRecord, JsonRecord, Records
from exchange.assay.streams import ReadLimits

READER_MEMORY_BYTES: Final = 2 * 2**30
"""A row group of the largest file that a listing may have, its rows, and some 300 MiB for the reader itself."""
READER_CPU_S: Final = 300
ROW_GROUP_BYTES = 2 * 2**30

RowsOf = Callable[[BinaryIO, str], Records]
_LENGTH_BYTES = 4
_ROW, _BAD, _REFUSED, _END = range(4)


@contextmanager
def parquet_reader(recipe: Recipe, limits: ReadLimits) -> Iterator[RowsOf]:
    """What gives the rows of a file, as `parquet_rows` does; in a process of its own where the limits say so."""
    limit_bytes = min(limits.file_bytes, ROW_GROUP_BYTES)
    if not limits.parquet_apart:
        yield lambda stream, path: parquet_rows(stream, recipe, path, limit_bytes)
        return
    process = _Process(recipe, limit_bytes, limits.record_chars)
    try:
        yield process.rows
    finally:
        process.stop()


class _Process:
    """The reading process as its parent sees it; begun with the first file."""

    def __init__(self, recipe: Recipe, limit_bytes: int, record_bytes: int) -> None:
        self._fields = [(field.selector, field.optional) for field in recipe.fields]
        self._limit_bytes = limit_bytes
        self._record_bytes = record_bytes
        self._running: subprocess.Popen[bytes] | None = None

    def rows(self, stream: BinaryIO, path: str) -> Records:
        """DocumentError as of parquet_rows, and where the process has ended before the file."""
        with tempfile.NamedTemporaryFile() as copy:
            shutil.copyfileobj(stream, copy)
            copy.flush()
            self._ask({
                "file": copy.name,
                "path": path,
                "fields": self._fields,
                "limit_bytes": self._limit_bytes,
                "record_bytes": self._record_bytes,
            })  # fmt: skip
            while (told := self._told(path))[0] != _END:
                if told[0] == _REFUSED:
                    raise DocumentError(*told[1:])
                yield told[1], JsonRecord(told[2]) if told[0] == _ROW else BadRecord(*told[2:])

    def stop(self) -> None:
        if self._running is not None:
            self._running.kill()
            self._running.communicate()

    def _ask(self, wanted: dict[str, Any]) -> None:
        if self._running is None:
            # What reads a stranger's file is told none of our secrets.
            told = {name: value for name, value in os.environ.items() if not name.startswith("TLX_")}
            self._running = subprocess.Popen(  # noqa: S603
                [sys.executable, "-m", __name__],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=told,
                start_new_session=True,
            )
        assert self._running.stdin is not None
        with suppress(BrokenPipeError):
            self._running.stdin.write(json.dumps(wanted).encode() + b"\n")
            self._running.stdin.flush()

    def _told(self, path: str) -> tuple[Any, ...]:
        assert self._running is not None and self._running.stdout is not None
        length = self._running.stdout.read(_LENGTH_BYTES)
        size_bytes = int.from_bytes(length, "big")
        content = self._running.stdout.read(size_bytes) if size_bytes <= 2 * self._record_bytes else b""
        if len(length) == _LENGTH_BYTES and len(content) == size_bytes:
            with suppress(msgspec.DecodeError):
                return tuple(msgspec.msgpack.decode(content))
        self._running.kill()
        if self._running.wait() == -signal.SIGXCPU:
            raise DocumentError("FILE_TOO_LARGE", f"{path} takes over {READER_CPU_S} seconds to read")
        raise DocumentError("FILE_DAMAGED", f"{path} makes its reader break off")


def serve(asked: BinaryIO, told: BinaryIO) -> None:
    """Read the files that are asked for until there are no more."""
    for line in asked:
        wanted = json.loads(line)
        fields = tuple(Field(selector, optional=optional) for selector, optional in wanted["fields"])
        recipe = Recipe((wanted["path"],), "parquet", fields)
        with Path(wanted["file"]).open("rb") as file:
            rows = parquet_rows(cast(BinaryIO, file), recipe, wanted["path"], wanted["limit_bytes"])
            _tell_rows(partial(_tell, told), rows, wanted["path"], wanted["record_bytes"])
        told.flush()


def _tell_rows(tell: Callable[[bytes], None], rows: Records, path: str, record_bytes: int) -> None:
    pack = msgspec.msgpack.encode
    try:
        for number, row in rows:
            packed = _packed(number, row)
            tell(packed if len(packed) <= record_bytes else _packed(number, OVERLONG))
    except DocumentError as error:
        tell(pack((_REFUSED, error.code, error.detail)))
    except MemoryError:
        tell(pack((_REFUSED, "FILE_TOO_LARGE", f"{path}: reading takes too much memory")))
    else:
        tell(pack((_END,)))


def _packed(number: int, row: Any) -> bytes:
    is_bad = isinstance(row, BadRecord)
    return msgspec.msgpack.encode((_BAD, number, row.code, row.detail) if is_bad else (_ROW, number, row.content))


def _tell(told: BinaryIO, content: bytes) -> None:
    told.write(len(content).to_bytes(_LENGTH_BYTES, "big"))
    told.write(content)


def _bound_this_process() -> None:
    with suppress(ImportError):
        pyarrow = importlib.import_module("pyarrow")
        pyarrow.set_memory_pool(pyarrow.system_memory_pool())
        pyarrow.set_cpu_count(1)
        pyarrow.set_io_thread_count(1)
    resource.setrlimit(resource.RLIMIT_AS, (READER_MEMORY_BYTES, READER_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (READER_CPU_S, READER_CPU_S + 5))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":  # pragma: no cover
    _bound_this_process()
    with suppress(BrokenPipeError):
        serve(sys.stdin.buffer, sys.stdout.buffer)
