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


class BadDocument(NamedTuple):
    """A document that could not be read, in its place in the stream: it is told of and counted, and the rest goes on.

    `code` is one of DocumentError's; `detail` says why, and shows nothing of the text.
    """

    path: str
    record: int
    code: str
    detail: str


Taken = Document | BadDocument
"""What comes of one place of a dataset's files."""


def canonical_text(text: str) -> str:
    """CR LF and CR become LF, then NFC of Unicode 14.0; hashes and counts are taken of this form alone."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", text)
