"""Folders that the tests of layouts write."""

from pathlib import Path

from exchange.assay.documents import read_documents
from exchange.assay.streams import OFFLINE_LIMITS
from exchange.catalogue.layouts import Layout, Wishes, infer_layout
from exchange.vocabulary.documents import Document


def tree(folder: Path, files: dict[str, bytes | str]) -> Path:
    for path, content in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def taken(place: Path, **wishes: object) -> tuple[Layout, dict[str, list[str]]]:
    """The layout, and the documents' texts by path."""
    source, layout = infer_layout(place, Wishes(**wishes))  # type: ignore[arg-type]
    texts: dict[str, list[str]] = {}
    for document in read_documents(source, layout.recipe, OFFLINE_LIMITS):
        assert isinstance(document, Document), document
        texts.setdefault(document.path, []).append(document.text)
    return layout, texts
