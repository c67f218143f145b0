"""Rows of a Parquet file as a stream of records; pyarrow, an optional package, reads them."""

import importlib
from typing import Any, BinaryIO

from exchange.assay.recipe import DocumentError, Recipe, json_path
from exchange.assay.records import BadRecord, JsonRecord, Record, Records

BATCH_ROWS = 256
"""Rows in memory at once, beside what the reader holds of a row group."""


def parquet_rows(stream: BinaryIO, recipe: Recipe, path: str, limit_bytes: int) -> Records:
    """Each row as an object of the columns that the recipe takes, dates and whole numbers in their written form.

    DocumentError: READER_MISSING; FORMAT_MISMATCH for no Parquet, or one without a column; FILE_TOO_LARGE for a row
    group that says it unpacks beyond the limit, or does beyond all memory; FILE_DAMAGED where reading fails on the way.
    """
    file = open_parquet(stream, path)
    columns = _columns(file, recipe, path)
    _check_size(file, path, limit_bytes)
    number = 0
    try:
        for batch in file.iter_batches(BATCH_ROWS, columns=columns, use_threads=False):
            cells = {name: batch.column(name) for name in batch.schema.names}
            for row in range(batch.num_rows):
                yield number, _record(cells, row)
                number += 1
    except MemoryError:
        # Also pyarrow's own, which is one of its damages too.
        raise DocumentError("FILE_TOO_LARGE", f"{path} record {number}: reading takes too much memory") from None
    except _damages() as error:
        raise DocumentError("FILE_DAMAGED", f"{path} record {number}: {_first_line(error)}") from None


def parquet_sample(stream: BinaryIO, path: str, rows: int, limit_bytes: int) -> list[dict[str, Any]]:
    """The first rows with all columns, and None for what has no form in JSON, such as a picture's bytes."""
    file = open_parquet(stream, path)
    _check_size(file, path, limit_bytes)
    try:
        for batch in file.iter_batches(rows, use_threads=False):
            columns = {name: batch.column(name) for name in batch.schema.names}
            return [{name: _or_none(cells[row]) for name, cells in columns.items()} for row in range(len(batch))]
    except _damages() as error:
        raise DocumentError("FILE_DAMAGED", f"{path}: {_first_line(error)}") from None
    return []


def open_parquet(stream: BinaryIO, path: str) -> Any:
    """pyarrow's view of the file, of which only the footer is read."""
    try:
        parquet = importlib.import_module("pyarrow.parquet")
    except ImportError:
        raise DocumentError("READER_MISSING", f"{path} is Parquet; install tlx[parquet] to read it") from None
    try:
        return parquet.ParquetFile(stream)
    except _damages() as error:
        raise DocumentError("FORMAT_MISMATCH", f"{path} is no Parquet file: {_first_line(error)}") from None


def _damages() -> tuple[type[Exception], ...]:
    """What pyarrow raises on files that are corrupt; names of columns that are no UTF-8 are a ValueError."""
    return importlib.import_module("pyarrow").ArrowException, OSError, ValueError, LookupError


def _columns(file: Any, recipe: Recipe, path: str) -> list[str]:
    known = file.schema_arrow.names
    wanted = {str(json_path(field.selector)[0]): field.optional for field in recipe.fields}
    missing = [name for name, is_optional in wanted.items() if name not in known and not is_optional]
    if missing:
        raise DocumentError("FORMAT_MISMATCH", f"{path} has no column {missing[0]!r}")
    return [name for name in wanted if name in known]


def _check_size(file: Any, path: str, limit_bytes: int) -> None:
    # Only sizes of whole row groups: to ask for those of a column aborts the process where its statistics are corrupt.
    for group in range(file.metadata.num_row_groups):
        unpacked_bytes = file.metadata.row_group(group).total_byte_size
        if unpacked_bytes > limit_bytes:
            detail = f"{path} row group {group} unpacks to {unpacked_bytes} bytes, over {limit_bytes}"
            raise DocumentError("FILE_TOO_LARGE", detail)


def _record(cells: dict[str, Any], row: int) -> Record | BadRecord:
    try:
        return JsonRecord({name: _as_json(_value(column[row])) for name, column in cells.items()})
    except UnicodeDecodeError as error:
        return BadRecord("ENCODING_ERROR", f"holds bytes that are not utf-8: {error.reason}")


def _value(scalar: Any) -> Any:
    """The value, or as text a time that Python has no form for: beyond the year 9999, or of nanoseconds."""
    try:
        return scalar.as_py()
    except UnicodeDecodeError:
        raise
    except (OverflowError, ValueError):
        return scalar.cast("string").as_py()


def _or_none(scalar: Any) -> Any:
    try:
        return _as_json(scalar.as_py())
    except (OverflowError, ValueError, LookupError):
        return None


def _as_json(value: Any) -> Any:
    """Bytes are UTF-8 text or nothing of ours; whole numbers and dates become text as JSON's do."""
    if isinstance(value, list):
        return [_as_json(member) for member in value]
    if isinstance(value, dict):
        return {name: _as_json(member) for name, member in value.items()}
    if isinstance(value, bytes):
        return value.decode()
    if value is None or isinstance(value, bool | float | str):
        return value
    return str(value)


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0][:200]
