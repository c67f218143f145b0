"""A document, the smallest piece of a dataset, and its canonical text."""

import unicodedata
from typing import NamedTuple

if unicodedata.unidata_version != "14.0.0":  # pragma: no cover
    raise ImportError(
        f"RTU-1 is defined on Unicode 14.0; this Python carries {unicodedata.unidata_version}. Use Python 3.11."
    )


class Document(NamedTuple):
    """One document in canonical text; `path` and `record` give its place in the dataset's stated order."""

    path: str
    record: int
    text: str


def canonical_text(text: str) -> str:
    """CR LF and CR become LF, then NFC of Unicode 14.0; hashes and counts are taken of this form alone."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", text)
