"""Scanned parts kept in a folder, so that an assay that was interrupted goes on where it stopped.

A part's file is named by what it was made of, text, place, settings and code; so a part is never taken for another's,
and whatever changed is scanned again. Files are written beside their place and then renamed.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from exchange.assay.store import Scanned, packed, unpacked
from exchange.vocabulary.documents import Document

_CHECK_BYTES = 32


class PartFolder:
    """`settings` are all that scanning depends on beside the documents."""

    def __init__(self, folder: Path, settings: Sequence[object]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._settings = repr(settings).encode()

    def path_of(self, first: int, documents: Sequence[Document]) -> Path:
        """Where the part of these documents lies, the first of which has index `first`."""
        digest = hashlib.sha256(self._settings)
        for document in documents:
            head = f"\n{document.path}\n{document.record} {len(document.text)}\n"
            digest.update(f"{head}{document.text}".encode(errors="surrogatepass"))
        return self._folder / f"{first:012d}-{digest.hexdigest()[:32]}.part"

    def load(self, path: Path) -> Scanned | None:
        """The part, or None where there is none, or its file is damaged."""
        try:
            content = path.read_bytes()
            if hashlib.sha256(content[_CHECK_BYTES:]).digest() != content[:_CHECK_BYTES]:
                return None
            return unpacked(content[_CHECK_BYTES:])
        except (FileNotFoundError, ValueError):
            return None

    def keep(self, path: Path, scanned: Scanned) -> None:
        content = packed(scanned)
        beside = path.with_suffix(".new")
        beside.write_bytes(hashlib.sha256(content).digest() + content)
        beside.replace(path)
