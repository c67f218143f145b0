"""Everything that is measured on one document alone, in one pass over its text; pure, so it runs anywhere."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from exchange.assay.duplicates import minhash_digests
from exchange.assay.errors import CountError, TextError
from exchange.assay.language import language_of
from exchange.assay.privacy import Finding, find_personal_data
from exchange.assay.quality import failed_rules, is_garbled
from exchange.assay.secrets import find_secrets
from exchange.assay.tokens import TokenCounter, check_countable
from exchange.assay.vocabularies import is_counted, other_counts
from exchange.assay.words import SensitiveWords
from exchange.vocabulary.documents import BadDocument, Document, Taken, canonical_text
from exchange.vocabulary.merkle import document_salt, leaf_hash


class ScannedDocument(NamedTuple):
    """The facts of one document. `language_judged` is False where there is too little text to trust the language.

    `second_rtu` is the second implementation's count; `failed` names the broken rules of the profile.
    `other_tokens` are those in other vocabularies, by their names' order, where they were counted.
    """

    path: str
    record: int
    sha256: bytes
    utf8_bytes: int
    rtu: int
    second_rtu: int
    leaf: bytes
    language: str
    language_judged: bool
    garbled: bool
    failed: tuple[str, ...]
    findings: tuple[Finding, ...]
    other_tokens: tuple[int, ...] = ()


class Scanner(NamedTuple):
    """What scanning needs beside the documents: the counter, the dataset's secret for salts, the profile, a list."""

    counter: TokenCounter
    secret: bytes
    profile: str
    words: SensitiveWords | None = None

    def scan(self, documents: Sequence[Document], first_index: int) -> tuple[list[ScannedDocument], bytes]:
        """Facts of consecutive documents, the first of which has `first_index`, and their MinHash digests.

        One operator goes over all of them before the next does: their tables do not drive each other out of the
        processor's cache, which doubles the speed.
        """
        contents = [_utf8(document) for document in documents]
        texts = [document.text for document in documents]
        sha256s = [hashlib.sha256(content).digest() for content in contents]
        numbered = list(enumerate(texts, first_index))
        columns = zip(
            documents,
            map(len, contents),
            sha256s,
            [
                leaf_hash(document_salt(self.secret, index), content)
                for index, content in enumerate(contents, first_index)
            ],
            [self.counter.count(text) for text in texts],
            [self.counter.second_count(text) for text in texts],
            [language_of(text) for text in texts],
            [is_garbled(text) for text in texts],
            [tuple(failed_rules(text, self.profile)) for text in texts],
            [self._findings(text, index) for index, text in numbered],
            [
                other_counts(text) if is_counted(index, sha) else ()
                for (index, text), sha in zip(numbered, sha256s, strict=True)
            ],
            strict=True,
        )
        scanned = [
            ScannedDocument(
                document.path,
                document.record,
                sha256,
                size,
                rtu,
                second_rtu,
                leaf,
                spoken.code,
                spoken.judged,
                garbled,
                failed,
                found,
                others,
            )
            for document, size, sha256, leaf, rtu, second_rtu, spoken, garbled, failed, found, others in columns
        ]
        return scanned, minhash_digests(texts)

    def _findings(self, text: str, index: int) -> tuple[Finding, ...]:
        words = self.words.find(text, index) if self.words else ()
        return (*find_personal_data(text, index), *find_secrets(text, index), *words)


def scannable(taken: Iterable[Taken]) -> Iterator[Taken]:
    """The same, with each document that no scanner can take as a bad one in its place."""
    for one in taken:
        if isinstance(one, BadDocument):
            yield one
            continue
        try:
            _utf8(one)
            check_countable(one.text)
        except (TextError, CountError) as error:
            yield BadDocument(one.path, one.record, error.code, error.detail)
        else:
            yield one


def _utf8(document: Document) -> bytes:
    """The document's bytes; TextError where it has none, or is not in canonical text."""
    where = f"{document.path} record {document.record}"
    try:
        content = document.text.encode()
    except UnicodeEncodeError as error:
        raise TextError("TEXT_NOT_UNICODE", f"{where}: character {error.start} is {error.reason}") from None
    if canonical_text(document.text) != document.text:
        raise TextError("TEXT_NOT_CANONICAL", f"{where}: line ends or NFC")
    return content
