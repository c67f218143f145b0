"""Everything that is measured on one document alone, in one pass over its text; pure, so it runs anywhere."""

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

from exchange.assay.duplicates import minhash_digests, shingles
from exchange.assay.errors import TextError
from exchange.assay.language import language_of
from exchange.assay.privacy import Finding, find_personal_data
from exchange.assay.quality import failed_rules, is_garbled
from exchange.assay.secrets import find_secrets
from exchange.assay.tokens import TokenCounter
from exchange.assay.words import SensitiveWords
from exchange.vocabulary.documents import Document, canonical_text
from exchange.vocabulary.merkle import document_salt, leaf_hash


class ScannedDocument(NamedTuple):
    """The facts of one document. `language_judged` is False where there is too little text to trust the language.

    `second_rtu` is the second implementation's count; `failed` names the broken rules of the profile.
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


class Scanner(NamedTuple):
    """What scanning needs beside the documents: the counter, the dataset's secret for salts, the profile, a list."""

    counter: TokenCounter
    secret: bytes
    profile: str
    words: SensitiveWords | None = None

    def scan(self, documents: Sequence[Document], first_index: int) -> tuple[list[ScannedDocument], bytes]:
        """Facts of consecutive documents, the first of which has `first_index`, and their MinHash digests."""
        facts = [self._facts(document, first_index + place) for place, document in enumerate(documents)]
        return facts, minhash_digests([shingles(document.text) for document in documents])

    def _facts(self, document: Document, index: int) -> ScannedDocument:
        text = document.text
        content = _utf8(document)
        return ScannedDocument(
            document.path,
            document.record,
            hashlib.sha256(content).digest(),
            len(content),
            self.counter.count(text),
            self.counter.second_count(text),
            leaf_hash(document_salt(self.secret, index), content),
            *language_of(text),
            is_garbled(text),
            tuple(failed_rules(text, self.profile)),
            (*find_personal_data(text, index), *find_secrets(text, index), *self._sensitive_words(text, index)),
        )

    def _sensitive_words(self, text: str, index: int) -> Sequence[Finding]:
        return self.words.find(text, index) if self.words else ()


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
