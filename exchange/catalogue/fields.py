"""Which fields of a record are its text, inferred from the first records where nobody says."""

from collections.abc import Mapping, Sequence
from typing import Any

from exchange.assay.recipe import Field
from exchange.catalogue.listing import ListingError

SAMPLE_RECORDS = 100
KNOWN_LAYOUTS: tuple[tuple[str, ...], ...] = (
    ("messages[*].content",),
    ("conversations[*].value",),
    ("instruction", "input?", "output"),
    ("question", "answer"),
    ("query", "response"),
    ("prompt", "response"),
    ("prompt", "completion"),
    ("text",),
    ("content",),
    ("code",),
)
"""Layouts that are common enough to be taken without asking, first match first; `?` marks what a record may lack."""
ASKING = frozenset({"messages", "conversations", "instruction", "question", "query", "prompt"})
"""Fields whose first text asks for what the next one answers."""
NO_TEXT = frozenset({
    "id", "idx", "index", "uid", "uuid", "guid", "hash", "sha", "sha1", "sha256", "md5", "url", "uri", "link",
    "source", "src", "path", "file", "filename", "file_name", "date", "time", "timestamp", "created", "updated",
    "created_at", "updated_at", "lang", "language", "locale", "license", "licence", "split", "subset", "label",
    "labels", "category", "type", "meta", "metadata", "tag", "tags", "author", "user", "score", "rating",
})  # fmt: skip
"""Columns that tell about a record and are none of its text."""
PLAIN_NAME = frozenset(".[]'\"$*")


def class_of(fields: Sequence[Field]) -> str | None:
    """The class of data that the fields' own names give away, None where they give nothing away."""
    first = fields[0].selector.partition("[")[0]
    return "qa-sft" if first in ASKING and (len(fields) > 1 or "[" in fields[0].selector) else None


def infer_fields(records: Sequence[Mapping[str, Any]], path: str, *, is_table: bool = False) -> tuple[Field, ...]:
    """The fields whose texts make the document. ListingError NO_TEXT_FIELD where none of the columns is text."""
    names = list(dict.fromkeys(name for record in records for name in record))
    for layout in KNOWN_LAYOUTS:
        if all(_fits(selector, records, names) for selector in layout):
            return tuple(
                Field(selector.removesuffix("?"), optional=selector.endswith("?"))
                for selector in layout
                if selector.removesuffix("?").partition("[")[0] in names
            )
    texts = [name for name in names if _is_text_column(name, records)]
    if not texts:
        told = ", ".join(names[:20]) or ("no fields" if records else "no records")
        raise ListingError("NO_TEXT_FIELD", f"{path} has {told}; say which are its text with --field")
    return tuple(
        Field(name if is_table else quoted(name), optional=any(record.get(name) is None for record in records))
        for name in texts
    )


def quoted(name: str) -> str:
    """A column's name as a selector, which reads dots and brackets as steps."""
    return f"['{name}']" if PLAIN_NAME & set(name) and "'" not in name else name


def _fits(selector: str, records: Sequence[Mapping[str, Any]], names: Sequence[str]) -> bool:
    name, bracket, rest = selector.removesuffix("?").partition("[")
    if selector.endswith("?") and name not in names:
        return True
    values = [record[name] for record in records if record.get(name) is not None]
    if not bracket:
        return 2 * sum(isinstance(value, str) for value in values) > len(records) or (
            selector.endswith("?") and all(isinstance(value, str) for value in values)
        )
    inner = rest.removeprefix("*].")
    return bool(values) and all(
        isinstance(value, list) and value and all(isinstance(turn, dict) and inner in turn for turn in value)
        for value in values
    )


def _is_text_column(name: str, records: Sequence[Mapping[str, Any]]) -> bool:
    if name.strip().lower() in NO_TEXT or name.lower().endswith("_id"):
        return False
    values = [record[name] for record in records if record.get(name) is not None]
    return (
        bool(values)
        and all(isinstance(value, str) or _is_list_of_texts(value) for value in values)
        and any(character.isalpha() for value in values for text in value for character in text)
    )


def _is_list_of_texts(value: Any) -> bool:
    """Such as the lines of a poem; a document has them joined by line feeds."""
    return isinstance(value, list) and all(isinstance(member, str) for member in value)
