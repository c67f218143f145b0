"""Files as streams: bounded, told from what they are not, and decoded so that one bad byte spoils one document."""

import codecs
import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from exchange.assay.encodings import SAMPLE_BYTES, detect_encoding
from exchange.assay.recipe import DETECT, ENCODINGS, DocumentError, Recipe

CHUNK_BYTES = 1 << 20
HEAD_CHARS = 1 << 16
NUL_SHARE = 100
"""A file is no text where one in so many of its first characters is NUL; of fewer, each spoils its document."""
MARK = "\udcff"
"""Stands in decoded text for bytes that are none; no decoder gives half a surrogate pair otherwise."""
_MARKING = "tlx.mark"
FOREIGN_MAGIC = {
    b"PK\x03\x04": "a zip archive",
    b"\x1f\x8b": "a gzip file",
    b"\x28\xb5\x2f\xfd": "a zstd file",
    b"%PDF-": "a PDF",
    b"\xfd7zXZ\x00": "an xz file",
    b"BZh91AY&SY": "a bzip2 file",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"Rar!\x1a\x07": "a RAR archive",
    b"PAR1": "a Parquet file",
    b"\x89PNG": "a picture",
    b"\x7fELF": "a program",
}
"""How files begin that are no text, whatever their names say."""

codecs.register_error(_MARKING, lambda error: (MARK, error.end))  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class ReadLimits:
    """The largest file and document taken, in bytes; a larger one is refused before it is parsed or counted.

    `dataset_chars` are those of all documents, with a share for each document.
    With `parquet_apart`, Parquet is read in a process of its own that may use so much and no more.
    """

    file_bytes: int = 256 * 2**20
    document_bytes: int = 32 * 2**20
    dataset_chars: int = 512 * 2**20
    parquet_apart: bool = False

    @property
    def record_chars(self) -> int:
        """The longest record held: what a document of the limit may take with its escapes and its other fields."""
        return 2 * self.document_bytes + 2**20


DEFAULT_LIMITS = ReadLimits()
VENUE_LIMITS = ReadLimits(parquet_apart=True)
"""For files of strangers, whose documents are all held until they are in lots."""
OFFLINE_LIMITS = ReadLimits(file_bytes=2**40, dataset_chars=2**50)
"""On one's own machine a file is only streamed, so its size is nobody's harm."""


class Source(Protocol):
    def stream(self, path: str) -> BinaryIO:
        """A stream of the file's bytes, decompressed; DocumentError FILE_MISSING, and FILE_DAMAGED while it is read."""


@dataclass(frozen=True, slots=True)
class InMemory:
    files: Mapping[str, bytes]

    def stream(self, path: str) -> BinaryIO:
        if path not in self.files:
            raise DocumentError("FILE_MISSING", path)
        return io.BytesIO(self.files[path])


class BoundedStream(io.RawIOBase):
    """`head`, then `stream`; DocumentError FILE_TOO_LARGE as soon as they have given more than the limit."""

    def __init__(self, head: bytes, stream: BinaryIO, path: str, limit_bytes: int) -> None:
        self._head = head
        self._stream = stream
        self._path = path
        self._limit_bytes = limit_bytes
        self._given_bytes = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        if self._head:
            content, self._head = self._head[: len(view)], self._head[len(view) :]
        else:
            content = self._stream.read(len(view))
        view[: len(content)] = content
        self._given_bytes += len(content)
        if self._given_bytes > self._limit_bytes:
            raise DocumentError("FILE_TOO_LARGE", f"{self._path} has over {self._limit_bytes} bytes")
        return len(content)


def open_text(
    stream: BinaryIO, path: str, recipe: Recipe, limits: ReadLimits, newline: str | None
) -> tuple[io.TextIOWrapper, str]:
    """The file as text, and the name of its encoding. Under a strict policy bytes that are no text become MARK.

    Raises DocumentError FORMAT_MISMATCH for what is plainly no text, ENCODING_UNKNOWN where nobody says.
    """
    head = _read_head(stream, SAMPLE_BYTES if recipe.encoding == DETECT else CHUNK_BYTES)
    for magic, kind in FOREIGN_MAGIC.items():
        if head.startswith(magic):
            raise DocumentError("FORMAT_MISMATCH", f"{path} is {kind}, not {recipe.format} as stated")
    encoding = detect_encoding(head, path) if recipe.encoding == DETECT else recipe.encoding
    errors = _MARKING if recipe.errors == "strict" else recipe.errors
    beginning = codecs.getincrementaldecoder(ENCODINGS[encoding])("replace").decode(head[: 4 * HEAD_CHARS])[:HEAD_CHARS]
    if beginning.count("\0") * NUL_SHARE > len(beginning):
        raise DocumentError("FORMAT_MISMATCH", f"{path} holds NUL characters: binary, or another encoding")
    whole = io.BufferedReader(BoundedStream(head, stream, path, limits.file_bytes), CHUNK_BYTES)
    return io.TextIOWrapper(whole, ENCODINGS[encoding], errors, newline), encoding


def _read_head(stream: BinaryIO, size_bytes: int) -> bytes:
    """As many bytes as there are up to `size_bytes`: a stream may give fewer at a time."""
    parts, missing_bytes = [], size_bytes
    while missing_bytes > 0 and (part := stream.read(missing_bytes)):
        parts.append(part)
        missing_bytes -= len(part)
    return b"".join(parts)


class Lines:
    """The lines of a text, each with its end. In place of one over the limit comes an empty one, and `is_overlong`.

    Whoever has told of it sets `is_overlong` back. `has_ended` once more was asked for than there is.
    """

    def __init__(self, text: io.TextIOWrapper, limit_chars: int) -> None:
        self._text = text
        self._limit_chars = limit_chars
        self.is_overlong = False
        self.has_ended = False

    def __iter__(self) -> "Lines":
        return self

    def __next__(self) -> str:
        line = self._text.readline(self._limit_chars)
        if not line:
            self.has_ended = True
            raise StopIteration
        if len(line) < self._limit_chars:
            return line
        while len(line) == self._limit_chars and line[-1] not in "\r\n":
            line = self._text.readline(self._limit_chars)
        self.is_overlong = True
        return "\n"
