"""The recipe out of a Croissant record set: standard fields where Croissant has the word, `tex:` keys where not.

On the record set: `tex:splitter`, `tex:join`, `tex:encoding`, `tex:encodingErrors`, `tex:linePrefix`,
`tex:minimumTabs`, `tex:dropBlank`, `tex:header`, `tex:columnsFrom`. On a field: `tex:column`, `tex:strip`,
`tex:listJoin`, `tex:optional`. With none of them, the fields of a record are joined by LF.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from exchange.assay.recipe import DocumentError, Field, Format, Recipe
from exchange.catalogue.listing import FileEntry, ListingError
from exchange.catalogue.metadata import objects, texts

FORMAT_OF_MIME: dict[str, Format] = {
    "application/jsonlines": "jsonl",
    "application/x-ndjson": "jsonl",
    "application/x-jsonlines": "jsonl",
    "application/json": "json",
    "text/csv": "csv",
    "text/tab-separated-values": "tsv",
    "text/plain": "text",
    "application/x-parquet": "parquet",
    "application/vnd.apache.parquet": "parquet",
}
_SET_KEYS: dict[str, tuple[str, type]] = {
    "tex:splitter": ("splitter", str),
    "tex:join": ("joiner", str),
    "tex:encoding": ("encoding", str),
    "tex:encodingErrors": ("errors", str),
    "tex:linePrefix": ("line_prefix", str),
    "tex:minimumTabs": ("minimum_tabs", int),
    "tex:dropBlank": ("drop_blank", bool),
    "tex:header": ("header", bool),
    "tex:columnsFrom": ("columns_from", int),
}
_FIELD_KEYS: dict[str, tuple[str, type]] = {
    "tex:column": ("column", int),
    "tex:strip": ("strip", str),
    "tex:listJoin": ("list_joiner", str),
    "tex:optional": ("optional", bool),
}


@dataclass(frozen=True, slots=True)
class _Piece:
    """One Croissant field as read: where it comes from, and how a record is cut for it."""

    source: str
    field: Field
    delimiter: str
    file_property: str


def read_recipe(metadata: dict[str, Any], files: Sequence[FileEntry]) -> Recipe:
    """How documents are taken, by the first record set; BAD_RECIPE with what contradicts, MISSING_FIELD without one."""
    record_sets = objects(metadata, "recordSet")
    if not record_sets or not objects(record_sets[0], "field"):
        raise ListingError("MISSING_FIELD", "recordSet with its fields")
    pieces = [_read_piece(field) for field in objects(record_sets[0], "field")]
    entries = _entries(_one({piece.source for piece in pieces}, "source"), metadata, files)
    format_, charset = _format({entry.encoding_format for entry in entries})
    options = {"encoding": charset} | _options(record_sets[0], _SET_KEYS)
    if format_ == "text" and _one({piece.file_property for piece in pieces}, "fileProperty") == "content":
        options.setdefault("splitter", "file")
    try:
        return Recipe(
            files=tuple(entry.path for entry in entries),
            format=format_,
            fields=tuple(piece.field for piece in pieces),
            delimiter=_one({piece.delimiter for piece in pieces}, "separator"),
            **options,
        )
    except DocumentError as error:
        raise ListingError("BAD_RECIPE", error.detail) from None


def _read_piece(field: dict[str, Any]) -> _Piece:
    name = str(field.get("@id", field.get("name", "")))[:100]
    sources = objects(field, "source")
    if len(sources) != 1:
        raise ListingError("BAD_RECIPE", f"field {name!r} must have one source")
    source = sources[0]
    files = texts(source.get("fileObject")) + texts(source.get("fileSet"))
    extract = source.get("extract")
    if len(files) != 1 or not isinstance(extract, dict):
        raise ListingError("BAD_RECIPE", f"field {name!r} must extract from one file or file set")
    options = _options(field, _FIELD_KEYS)
    column = options.pop("column", None)
    selectors = [*texts(extract.get("column")), *texts(extract.get("jsonPath"))]
    if column is not None:
        selectors.append(str(column))
    if len(selectors) > 1:
        raise ListingError("BAD_RECIPE", f"field {name!r} is extracted in more than one way")
    transforms = _transforms(source, name)
    piece = Field(selector="".join(selectors), pattern=transforms.get("regex"), **options)
    return _Piece(files[0], piece, transforms.get("separator", ""), str(extract.get("fileProperty", "")))


def _transforms(source: dict[str, Any], name: str) -> dict[str, str]:
    """The regex and the separator of a field; a transform we do not apply is refused, not passed over."""
    found: dict[str, str] = {}
    for transform in objects(source, "transform"):
        for word, value in transform.items():
            if word.startswith("@"):
                continue
            if word not in ("regex", "separator") or not isinstance(value, str) or word in found:
                raise ListingError("BAD_RECIPE", f"field {name!r}: transform {word!r} is not supported here")
            found[word] = value
    return found


def _options(node: dict[str, Any], keys: dict[str, tuple[str, type]]) -> dict[str, Any]:
    """The `tex:` keys of a node by the recipe's names; a misspelt one is refused, as it would change every document."""
    options: dict[str, Any] = {}
    for key, value in node.items():
        if not key.startswith("tex:"):
            continue
        if key not in keys:
            raise ListingError("BAD_RECIPE", f"unknown key {key[:100]!r}, not of {', '.join(keys)}")
        name, kind = keys[key]
        if type(value) is not kind:
            raise ListingError("BAD_RECIPE", f"{key} must be {kind.__name__}")
        options[name] = value
    return options


def _entries(source: str, metadata: dict[str, Any], files: Sequence[FileEntry]) -> list[FileEntry]:
    """The files that `source` stands for: a file object, or what a file set includes, pattern by pattern in order."""
    named = [entry for entry in files if entry.id == source]
    if named:
        return named
    for file_set in objects(metadata, "distribution"):
        if file_set.get("@id") == source:
            patterns = texts(file_set.get("includes"))
            included = [entry for pattern in patterns for entry in files if fnmatchcase(entry.path, pattern)]
            if included:
                return list(dict.fromkeys(included))
    raise ListingError("BAD_RECIPE", f"no file for source {source[:100]!r}")


def _format(mimes: set[str]) -> tuple[Format, str]:
    """The format and the encoding that a MIME type names, UTF-8 where it names none."""
    mime, _, parameter = _one(mimes, "encodingFormat").lower().partition(";")
    if mime.strip() not in FORMAT_OF_MIME:
        raise ListingError("BAD_RECIPE", f"no documents are taken from {mime!r}, only {', '.join(FORMAT_OF_MIME)}")
    name, _, charset = parameter.partition("=")
    return FORMAT_OF_MIME[mime.strip()], charset.strip().strip('"') if name.strip() == "charset" else "utf-8"


def _one(values: set[str], what: str) -> str:
    if len(values) != 1:
        raise ListingError("BAD_RECIPE", f"fields of one record set differ in {what}: {sorted(values)}")
    return next(iter(values))
