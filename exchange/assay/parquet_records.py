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
    group over the limit once unpacked; FILE_DAMAGED where reading fails on the way.
    """
    pyarrow, file = open_parquet(stream, path)
    columns = list(dict.fromkeys(str(json_path(field.selector)[0]) for field in recipe.fields))
    known = file.schema_arrow.names
    missing = [
        field.selector for field in recipe.fields if not field.optional and json_path(field.selector)[0] not in known
    ]
    if missing:
        raise DocumentError("FORMAT_MISMATCH", f"{path} has no column {missing[0]!r}")
    _check_size(file, columns, path, limit_bytes)
    number = 0
    try:
        wanted = [column for column in columns if column in known]
        for batch in file.iter_batches(BATCH_ROWS, columns=wanted, use_threads=False):
            for row in range(batch.num_rows):
                yield number, _record(batch, row)
                number += 1
    except (pyarrow.ArrowException, OSError) as error:
        raise DocumentError("FILE_DAMAGED", f"{path} record {number}: {_first_line(error)}") from None


def open_parquet(stream: BinaryIO, path: str) -> tuple[Any, Any]:
    """pyarrow, and the opened file."""
    try:
        pyarrow = importlib.import_module("pyarrow")
        parquet = importlib.import_module("pyarrow.parquet")
    except ImportError:
        raise DocumentError("READER_MISSING", f"{path} is Parquet; install tlx[parquet] to read it") from None
    try:
        return pyarrow, parquet.ParquetFile(stream)
    except (pyarrow.ArrowException, OSError) as error:
        raise DocumentError("FORMAT_MISMATCH", f"{path} is no Parquet file: {_first_line(error)}") from None


def _check_size(file: Any, columns: list[str], path: str, limit_bytes: int) -> None:
    for group in range(file.metadata.num_row_groups):
        parts = file.metadata.row_group(group)
        chunks = [parts.column(place) for place in range(parts.num_columns)]
        unpacked_bytes = sum(
            chunk.total_uncompressed_size for chunk in chunks if chunk.path_in_schema.split(".")[0] in columns
        )
        if unpacked_bytes > limit_bytes:
            raise DocumentError(
                "FILE_TOO_LARGE", f"{path} row group {group} unpacks to {unpacked_bytes} bytes, over {limit_bytes}"
            )


def _record(batch: Any, row: int) -> Record | BadRecord:
    try:
        return JsonRecord({name: _as_json(batch.column(name)[row].as_py()) for name in batch.schema.names})
    except UnicodeDecodeError as error:
        return BadRecord("ENCODING_ERROR", f"holds bytes that are not utf-8: {error.reason}")


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
