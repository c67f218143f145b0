"""Datasets out of the Python installation that runs this: real text, on every machine, under the PSF licence.

    python-topics          the language reference's topics, as `help()` shows them
    python-docstrings      what the modules, classes and functions of the standard library say of themselves
    python-packages        the source of the standard library's packages
    python-modules         the source of its single modules
    python-signed-modules  the modules whose authors left their addresses in them: personal data, which the gate refuses

What the others would hold of addresses or secrets is left out of them, by the recognisers of the assay.
"""

import ast
import hashlib
import json
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from pydoc_data.topics import topics
from typing import Any, Final, NamedTuple

from exchange.assay.privacy import find_personal_data
from exchange.assay.secrets import find_secrets
from simulations.market.submission import LISTINGS, Submission

LICENCE_PATH: Final = "LICENSE"
DATA_PATH: Final = "documents.jsonl"
LEAST_DOCSTRING_CHARS: Final = 120
LEFT_OUT: Final = frozenset(
    {"site-packages", "dist-packages", "test", "tests", "idlelib", "lib2to3", "encodings", "pydoc_data", "ensurepip"}
)
"""Folders that are no library, and tables that are no text."""


class _Topic(NamedTuple):
    """What a listing tells of one of these datasets."""

    title: str
    description: str
    personal: str
    dataset_class: str
    profile: str


_NO_PERSONAL_DATA: Final = "none"
_TOPICS: Final[dict[str, _Topic]] = {
    "python-topics": _Topic(
        "Topics of the Python language reference",
        "The topics that Python's help shows; a document is one topic.",
        _NO_PERSONAL_DATA,
        "hangye-tongshi",
        "web-prose",
    ),
    "python-docstrings": _Topic(
        "Docstrings of the Python standard library",
        "What modules, classes and functions of the standard library say of themselves; a document is one docstring.",
        _NO_PERSONAL_DATA,
        "hangye-tongshi",
        "short-record",
    ),
    "python-packages": _Topic(
        "Source of the packages of the Python standard library",
        "Modules of the standard library that stand in packages; a document is one source file.",
        _NO_PERSONAL_DATA,
        "hangye-tongshi",
        "code",
    ),
    "python-modules": _Topic(
        "Source of the single modules of the Python standard library",
        "Modules of the standard library that stand alone; a document is one source file.",
        _NO_PERSONAL_DATA,
        "hangye-tongshi",
        "code",
    ),
    "python-signed-modules": _Topic(
        "Signed modules of the Python standard library",
        "Modules whose authors put their names and addresses into them; a document is one source file.",
        "Names and e-mail addresses of authors, where they put them into their source files.",
        "hangye-tongshi",
        "code",
    ),
}


def installation_submissions() -> Iterator[Submission]:
    """All of them, the smallest first; each is made when asked for."""
    for name, topic in _TOPICS.items():
        content = b"".join(json.dumps({"text": text}, ensure_ascii=False).encode() + b"\n" for text in _texts(name))
        licence = licence_text()
        metadata = _metadata(name, topic, content, licence)
        croissant = json.dumps(metadata, ensure_ascii=False, indent=1).encode()
        yield Submission(name, croissant, {DATA_PATH: content}, {LICENCE_PATH: licence})


def licence_text() -> bytes:
    """The licence as the installation carries it; where a packager moved it, what the interpreter says of itself."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    base = Path(sys.base_prefix)
    places = [
        Path(sysconfig.get_path("stdlib")) / "LICENSE.txt",
        base / "LICENSE.txt",
        base / "LICENSE",
        base / "share" / "doc" / version / "copyright",
        Path("/usr/share/doc") / version / "copyright",
    ]
    found = next((place for place in places if place.is_file()), None)
    return found.read_bytes() if found else sys.copyright.encode()


def _texts(name: str) -> Sequence[str]:
    if name == "python-topics":
        return [text for _, text in sorted(topics.items()) if is_clean(text)]
    sources = library_sources()
    if name == "python-docstrings":
        texts = (text for source in sources.values() for text in docstrings(source))
        return [text for text in dict.fromkeys(texts) if is_clean(text)]
    if name == "python-signed-modules":
        return [source for source in sources.values() if not is_clean(source)]
    packaged = name == "python-packages"
    return [source for path, source in sources.items() if ("/" in path) == packaged and is_clean(source)]


@lru_cache(maxsize=1)
def library_sources() -> dict[str, str]:
    """The standard library's modules by path, in its order; empty files and tables left out."""
    root = Path(sysconfig.get_path("stdlib"))
    paths = {path.relative_to(root).as_posix(): path for path in root.rglob("*.py")}
    texts = {name: paths[name].read_bytes() for name in sorted(paths) if not LEFT_OUT & set(name.split("/"))}
    return {name: text.decode() for name, text in texts.items() if text.strip() and _is_utf8(text)}


def docstrings(source: str) -> Iterator[str]:
    """Of the module, its classes and functions, those that are more than a line or two."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            text = ast.get_docstring(node)
            if text and len(text) >= LEAST_DOCSTRING_CHARS:
                yield text


def is_clean(text: str) -> bool:
    return not find_personal_data(text, 0) and not find_secrets(text, 0)


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def _metadata(name: str, topic: _Topic, content: bytes, licence: bytes) -> dict[str, Any]:
    """Croissant 1.1; the context and the offered terms are those of the listings that come with this package."""
    template: dict[str, Any] = json.loads((LISTINGS / "gsm8k.croissant.json").read_bytes())
    version = sys.version.partition(" ")[0]
    source = f"https://www.python.org/downloads/release/python-{version.replace('.', '')}/"
    return template | {
        "name": name,
        "alternateName": topic.title,
        "description": topic.description,
        "creator": {"@type": "sc:Organization", "name": "Python Software Foundation", "url": "https://www.python.org"},
        "datePublished": datetime.fromtimestamp(Path(ast.__file__).stat().st_mtime, UTC).date().isoformat(),
        "license": "https://spdx.org/licenses/PSF-2.0.html",
        "url": source,
        "version": version,
        "citeAs": f"Python Software Foundation: Python {version}. {source}",
        "keywords": ["software", "python"],
        "distribution": [
            _file(DATA_PATH, "application/jsonlines", content),
            _file(LICENCE_PATH, "text/plain", licence),
        ],
        "recordSet": [_record_set()],
        "rai:dataCollection": f"Taken from the files of a Python {version} installation.",
        "rai:personalSensitiveInformation": topic.personal,
        "rai:dataLicenseEvidence": LICENCE_PATH,
        "prov:wasDerivedFrom": [{"@id": source, "license": "PSF-2.0", "tex:acquisition": "open"}],
        "tex:datasetClass": topic.dataset_class,
        "tex:sector": "software",
        "tex:profile": topic.profile,
    }


def _file(path: str, encoding_format: str, content: bytes) -> dict[str, str]:
    return {
        "@type": "cr:FileObject",
        "@id": path,
        "name": path,
        "contentSize": f"{len(content)} B",
        "contentUrl": path,
        "encodingFormat": encoding_format,
        "sha256": hashlib.sha256(content).hexdigest(),
    }


def _record_set() -> dict[str, Any]:
    source = {"fileObject": {"@id": DATA_PATH}, "extract": {"column": "text"}}
    field = {"@type": "cr:Field", "@id": "documents/text", "name": "text", "dataType": "sc:Text", "source": source}
    return {"@type": "cr:RecordSet", "@id": "documents", "name": "documents", "field": [field]}
