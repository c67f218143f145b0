"""What an assay refuses, by stable code.

AssayError
├── VocabularyError     VOCABULARY_MISSING        no file of the RTU-1 vocabulary was found
│                       VOCABULARY_UNKNOWN        its SHA-256 is not RTU-1's
├── CountError          TOKENIZER_DISAGREEMENT    two implementations count a document differently
│                       TEXT_NOT_COUNTABLE        a document no tokenizer can split: half a million blanks in a row
├── TextError           TEXT_NOT_CANONICAL        a document is not in canonical text
│                       TEXT_NOT_UNICODE          a document holds half a surrogate pair, so it has no UTF-8 form
│                       NO_DOCUMENTS              there is nothing to assay
├── WorkerError         WORKER_LOST               a worker process died, or could not start
│                       CLUSTER_MISSING           Ray, which works on clusters, is not installed
├── WordListError       WORDS_MISSING             the operator's list of sensitive words cannot be read
│                       WORDS_INVALID             it is not UTF-8, has no word, or one that is too long
│                       WORDS_CHANGED             it was changed while it was in use
├── DeclarationError    DECLARATION_INVALID       an unknown key, or a value of the wrong kind
├── SketchError         SKETCH_MALFORMED          not a sketch in its form
│                       SKETCH_KEY                a sketch was made with another key than the dataset's
│                       SKETCH_TOO_SMALL          a sketch has too few hashes to be asked about
│                       SKETCH_TOO_LARGE          a sketch has more hashes than are taken; make it at a lower rate
└── CertificateError    CERTIFICATE_NOT_CANONICAL a value other than integers and strings, or another spelling
                        CERTIFICATE_MALFORMED     not JSON, or not a certificate's shape
                        CERTIFICATE_ALTERED       the digest is not the body's
                        CERTIFICATE_UNTRUSTED     signed by a key the reader does not trust
                        CERTIFICATE_FORGED        the signature does not fit body and key
                        CERTIFICATE_EXPIRED       past its expiry
"""


class AssayError(Exception):
    """Nothing was measured, counted or certified; `code` is stable, `detail` is for a reader."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}"


class VocabularyError(AssayError):
    pass


class CountError(AssayError):
    pass


class TextError(AssayError):
    pass


class WorkerError(AssayError):
    pass


class WordListError(AssayError):
    pass


class DeclarationError(AssayError):
    pass


class SketchError(AssayError):
    pass


class CertificateError(AssayError):
    pass
