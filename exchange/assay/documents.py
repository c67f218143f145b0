"""Documents out of a dataset's files: streams in, documents in (path, record) order out, bad ones in their place."""

import io
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import chain

from exchange.assay.field_kinds import FieldKinds
from exchange.assay.json_records import json_array, json_lines
from exchange.assay.parquet_process import RowsOf, parquet_reader
from exchange.assay.patterns import bounded_pattern
from exchange.assay.recipe import DocumentError, Field, Recipe
from exchange.assay.records import BadRecord, Record, Records, RowRecord
from exchange.assay.streams import DEFAULT_LIMITS, MARK, InMemory, Lines, ReadLimits, Source, open_text
from exchange.assay.table_records import table_rows
from exchange.assay.text_records import text_blocks, text_file, text_lines
from exchange.vocabulary.documents import BadDocument, Document, Taken, canonical_text

BAD_FROM_THE_START = 100
"""A file whose first documents are this many bad ones in a row is not what it was said to be."""
DOCUMENT_COST_CHARS = 512
"""What a document counts for beside its text, for what is measured on it, and its place in a lot."""
_NEWLINES: dict[str, str | None] = {"jsonl": "\n", "json": "\n", "csv": "", "tsv": "", "text": None}


def read_documents(
    files: Mapping[str, bytes] | Source,
    recipe: Recipe,
    limits: ReadLimits = DEFAULT_LIMITS,
    encodings: Counter[str] | None = None,
    kinds: FieldKinds | None = None,
) -> Iterator[Taken]:
    """The documents of `files`, in the recipe's order of files; empty ones are kept, they are part of the set.

    A document's `record` is its record's number in the file, so numbers that the recipe's filters leave out are
    missing. One that cannot be read comes as a BadDocument in its place. DocumentError, which names the file and why,
    where a file is missing, damaged, or not what it was said to be, and where no document at all can be read.
    `encodings` counts the files by the encoding they were read in, `kinds` the values of fields by what they are.
    """
    source = InMemory(files) if isinstance(files, Mapping) else files
    counted = Counter[str]() if encodings is None else encodings
    read_any, first_bad = False, None
    with parquet_reader(recipe, limits) as parquet:
        for taken in _bounded(_read_files(source, recipe, limits, counted, kinds, parquet), limits.dataset_chars):
            if isinstance(taken, BadDocument):
                first_bad = first_bad or taken
            else:
                read_any = True
            yield taken
    if first_bad is not None and not read_any:
        raise _all_bad(first_bad)


def _bounded(taken: Iterator[Taken], limit_chars: int) -> Iterator[Taken]:
    """The same up to the limit: a recipe may take a text many times, and a format say in a few bytes how often."""
    left_chars = limit_chars
    for one in taken:
        left_chars -= DOCUMENT_COST_CHARS + (len(one.text) if isinstance(one, Document) else 0)
        if left_chars < 0:
            where = f"{one.path} record {one.record}"
            detail = f"{where}: up to here are over {limit_chars} characters, {DOCUMENT_COST_CHARS} for each document"
            raise DocumentError("DATASET_TOO_LARGE", detail)
        yield one


def _read_files(
    source: Source,
    recipe: Recipe,
    limits: ReadLimits,
    encodings: Counter[str],
    kinds: FieldKinds | None,
    parquet: RowsOf,
) -> Iterator[Taken]:
    whole = recipe.format == "text" and recipe.splitter == "file"
    for path in recipe.files:
        taken = _read_file(source, path, recipe, limits, encodings, kinds, parquet)
        yield from _as_one_document(taken, path) if whole else _after_a_good_one(taken)


def _read_file(
    source: Source,
    path: str,
    recipe: Recipe,
    limits: ReadLimits,
    encodings: Counter[str],
    kinds: FieldKinds | None,
    parquet: RowsOf,
) -> Iterator[Taken]:
    with source.stream(path) as stream:
        path = path.encode(errors="replace").decode()  # A name on a disk need not be UTF-8.
        if recipe.format == "parquet":
            records, encoding = parquet(stream, path), "utf-8"
        else:
            text, encoding = open_text(stream, path, recipe, limits, _NEWLINES[recipe.format])
            records = _text_records(text, recipe, path, limits.record_chars)
        encodings[encoding] += 1
        if kinds is not None:
            records = _noted(records, kinds)
        yield from _take_all(records, recipe, path, limits, encoding)


def _noted(records: Records, kinds: FieldKinds) -> Records:
    for number, record in records:
        if not isinstance(record, BadRecord):
            kinds.note(record)
        yield number, record


def _as_one_document(taken: Iterator[Taken], path: str) -> Iterator[Taken]:
    """Where each file is one document, a bad file is a bad document; only one that is not there is another matter."""
    try:
        yield from taken
    except DocumentError as error:
        if error.code == "FILE_MISSING":
            raise
        yield BadDocument(path, 0, error.code, error.detail)


def _text_records(text: io.TextIOWrapper, recipe: Recipe, path: str, limit_chars: int) -> Records:
    match recipe.format, recipe.splitter:
        case "jsonl", _:
            return json_lines(Lines(text, limit_chars), path)
        case "json", _:
            return json_array(text, path, limit_chars)
        case (("csv" | "tsv"), _):
            return table_rows(Lines(text, limit_chars), recipe, path)
        case _, "lines":
            return text_lines(Lines(text, limit_chars), recipe)
        case _, "blank-lines":
            return text_blocks(text, recipe, limit_chars)
        case _:
            return text_file(text, recipe, limit_chars)


def _after_a_good_one(taken: Iterator[Taken]) -> Iterator[Taken]:
    """The same, unless nothing but bad ones come: then the file is refused for the first of them."""
    held: list[BadDocument] = []
    for one in taken:
        if isinstance(one, Document):
            yield from chain(held, [one], taken)
            return
        held.append(one)
        if len(held) == BAD_FROM_THE_START:
            break
    if held:
        raise _all_bad(held[0])


def _all_bad(bad: BadDocument) -> DocumentError:
    return DocumentError(bad.code, f"{bad.path} record {bad.record} {bad.detail}")


class _UnreadableError(Exception):
    """One document cannot be taken."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail


def _take_all(records: Records, recipe: Recipe, path: str, limits: ReadLimits, encoding: str) -> Iterator[Taken]:
    for number, record in records:
        if isinstance(record, BadRecord):
            yield BadDocument(path, number, record.code, record.detail)
            continue
        try:
            text = canonical_text(_take(record, recipe, limits.record_chars))
            if recipe.drop_blank and not text.strip():
                continue
            _check_text(text, recipe, limits, encoding)
        except _UnreadableError as error:
            yield BadDocument(path, number, error.code, error.detail)
        else:
            yield Document(path, number, text)


def _take(record: Record, recipe: Recipe, limit_chars: int) -> str:
    if recipe.columns_from is not None:
        assert isinstance(record, RowRecord), "the recipe was checked"
        return _joined(record.cells[recipe.columns_from :], recipe.joiner, limit_chars)
    return _joined([_piece(record, field, limit_chars) for field in recipe.fields], recipe.joiner, limit_chars)


def _joined(texts: list[str], joiner: str, limit_chars: int) -> str:
    """Nothing is joined to be measured: a joiner is there as often as a record has members."""
    chars = sum(map(len, texts)) + len(joiner) * (len(texts) - 1)
    if chars > limit_chars:
        raise _UnreadableError("DOCUMENT_TOO_LARGE", f"comes to {chars} characters, over {limit_chars}")
    return joiner.join(texts)


def _piece(record: Record, field: Field, limit_chars: int) -> str:
    try:
        value = record.value(field.selector)
    except LookupError:
        if field.optional:
            return ""
        raise _UnreadableError("MISSING_FIELD", f"has no {field.selector!r}") from None
    except TypeError as error:
        raise _UnreadableError("FIELD_NOT_TEXT", f"{field.selector!r}: {error}") from None
    if isinstance(value, list):
        if not all(isinstance(member, str) for member in value):
            raise _UnreadableError("FIELD_NOT_TEXT", f"{field.selector!r} holds more than text")
        value = _joined(value, field.list_joiner, limit_chars)
    if field.pattern is not None:
        value = _matched(value, field)
    return value.strip(field.strip) if field.strip else value


def _matched(value: str, field: Field) -> str:
    assert field.pattern is not None
    match = bounded_pattern(field.pattern).match(value)
    if match is None:
        raise _UnreadableError("MISSING_FIELD", f"does not match {field.pattern!r}")
    return match[1] or "" if match.re.groups else match[0]


def _check_text(text: str, recipe: Recipe, limits: ReadLimits, encoding: str) -> None:
    """Refuse what has no UTF-8 form (bytes of another encoding, half a surrogate pair), and what is too large."""
    if MARK in text:
        raise _UnreadableError("ENCODING_ERROR", f"holds bytes that are not {encoding}")
    try:
        size_bytes = len(text.encode())
    except UnicodeEncodeError as error:
        raise _UnreadableError("ENCODING_ERROR", f"has no UTF-8 form: {error.reason}") from None
    if size_bytes > limits.document_bytes:
        raise _UnreadableError("DOCUMENT_TOO_LARGE", f"has {size_bytes} bytes, over {limits.document_bytes}")
    if "\0" in text and recipe.format in ("text", "csv", "tsv"):
        raise _UnreadableError("FORMAT_MISMATCH", "holds NUL characters: binary, or another encoding")
