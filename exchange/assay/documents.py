"""Documents out of a dataset's files: bytes in, documents in (path, record) order out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NoReturn

from exchange.assay.patterns import bounded_pattern
from exchange.assay.recipe import ENCODINGS, DocumentError, Field, Recipe
from exchange.assay.records import Record, RowRecord, read_records
from exchange.vocabulary.documents import Document, canonical_text

_FOREIGN_MAGIC = {
    b"PK\x03\x04": "a zip archive",
    b"\x1f\x8b": "a gzip file",
    b"%PDF-": "a PDF",
    b"PAR1": "a Parquet file",
    b"\x89PNG": "a picture",
    b"\x7fELF": "a program",
}


@dataclass(frozen=True, slots=True)
class ReadLimits:
    """The largest file and document taken, in bytes; a larger one is refused before it is parsed or counted."""

    file_bytes: int = 256 * 2**20
    document_bytes: int = 32 * 2**20


DEFAULT_LIMITS = ReadLimits()


def read_documents(
    files: Mapping[str, bytes], recipe: Recipe, limits: ReadLimits = DEFAULT_LIMITS
) -> Iterator[Document]:
    """The documents of `files`, in the recipe's order of files; empty ones are kept, they are part of the set.

    A document's `record` is its record's number in the file, so numbers that the recipe's filters leave out are
    missing. Raises DocumentError, which names the file and the record.
    """
    for path in recipe.files:
        text = _decode(path, files, recipe, limits)
        for number, record in read_records(text, recipe, path):
            document = Document(path, number, canonical_text(_take(record, recipe, path, number)))
            if recipe.drop_blank and not document.text.strip():
                continue
            _check_text(document, limits)
            yield document


def _decode(path: str, files: Mapping[str, bytes], recipe: Recipe, limits: ReadLimits) -> str:
    if path not in files:
        raise DocumentError("FILE_MISSING", path)
    content = files[path]
    if len(content) > limits.file_bytes:
        raise DocumentError("FILE_TOO_LARGE", f"{path} has {len(content)} bytes, over {limits.file_bytes}")
    for magic, kind in _FOREIGN_MAGIC.items():
        if content.startswith(magic):
            raise DocumentError("FORMAT_MISMATCH", f"{path} is {kind}, its metadata says {recipe.format}")
    try:
        text = content.decode(ENCODINGS[recipe.encoding], recipe.errors)
    except UnicodeDecodeError as error:
        where = f"{path} byte {error.start} is not {recipe.encoding}"
        raise DocumentError("ENCODING_ERROR", f"{where}: {error.reason}") from None
    if "\0" in text:
        raise DocumentError("FORMAT_MISMATCH", f"{path} holds NUL characters: binary, or another encoding")
    return text


def _take(record: Record, recipe: Recipe, path: str, number: int) -> str:
    if recipe.columns_from is not None:
        assert isinstance(record, RowRecord), "the recipe was checked"
        return recipe.joiner.join(record.cells[recipe.columns_from :])
    return recipe.joiner.join([_piece(record, field, path, number) for field in recipe.fields])


def _piece(record: Record, field: Field, path: str, number: int) -> str:
    try:
        value = record.value(field.selector)
    except LookupError:
        if field.optional:
            return ""
        _refuse("MISSING_FIELD", path, number, f"has no {field.selector!r}")
    except TypeError as error:
        _refuse("FIELD_NOT_TEXT", path, number, f"{field.selector!r}: {error}")
    if isinstance(value, list):
        if not all(isinstance(member, str) for member in value):
            _refuse("FIELD_NOT_TEXT", path, number, f"{field.selector!r} holds more than text")
        value = field.list_joiner.join(value)
    if field.pattern is not None:
        value = _matched(value, field, path, number)
    return value.strip(field.strip) if field.strip else value


def _matched(value: str, field: Field, path: str, number: int) -> str:
    assert field.pattern is not None
    match = bounded_pattern(field.pattern).match(value)
    if match is None:
        _refuse("MISSING_FIELD", path, number, f"does not match {field.pattern!r}")
    return match[1] or "" if match.re.groups else match[0]


def _check_text(document: Document, limits: ReadLimits) -> None:
    """Refuse what has no UTF-8 form (half a surrogate pair, from a JSON escape), and what is too large."""
    try:
        size_bytes = len(document.text.encode())
    except UnicodeEncodeError as error:
        _refuse("ENCODING_ERROR", document.path, document.record, f"has no UTF-8 form: {error.reason}")
    if size_bytes > limits.document_bytes:
        detail = f"has {size_bytes} bytes, over {limits.document_bytes}"
        _refuse("FILE_TOO_LARGE", document.path, document.record, detail)


def _refuse(code: str, path: str, number: int, detail: str) -> NoReturn:
    raise DocumentError(code, f"{path} record {number} {detail}")
