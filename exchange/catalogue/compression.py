"""Files that are compressed alone, with gzip or zstd, read as streams that cannot grow without end."""

import gzip
import importlib
import io
import zlib
from typing import Any, BinaryIO

from exchange.assay.recipe import DocumentError

WINDOW_LOG_MAX = 27
"""zstd's memory: a window of 128 MiB, the most that `zstd -d` takes without being told to."""
MAGIC = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}
SUFFIXES = {".gz": "gzip", ".zst": "zstd", ".zstd": "zstd"}


def compression_of(head: bytes) -> str | None:
    return next((name for magic, name in MAGIC.items() if head.startswith(magic)), None)


class Decompressed(io.BufferedReader):
    """The content of a compressed file. Reading it raises DocumentError FILE_DAMAGED for what is corrupt, cut short
    or needs too much memory, and FILE_TOO_LARGE beyond the limit. `file` stays open unless it is `owned`.
    """

    def __init__(self, file: BinaryIO, compression: str, path: str, limit_bytes: int, *, owned: bool = False) -> None:
        super().__init__(_Decompressing(file, compression, path, limit_bytes), 1 << 18)
        self._file = file if owned else None

    def close(self) -> None:
        super().close()
        if self._file is not None:
            self._file.close()


class _Decompressing(io.RawIOBase):
    def __init__(self, file: BinaryIO, compression: str, path: str, limit_bytes: int) -> None:
        self._path = path
        self._limit_bytes = self._left_bytes = limit_bytes
        if compression == "gzip":
            self._stream: Any = gzip.GzipFile(fileobj=file)
            self._errors: tuple[type[Exception], ...] = (OSError, EOFError, zlib.error)
        else:
            zstd = _zstd(path)
            options = {zstd.DecompressionParameter.window_log_max: WINDOW_LOG_MAX}
            self._stream = zstd.ZstdFile(file, options=options)
            self._errors = (OSError, EOFError, zstd.ZstdError)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        try:
            content = self._stream.read(min(len(view), self._left_bytes + 1))
        except self._errors as error:
            raise DocumentError("FILE_DAMAGED", f"{self._path}: {str(error)[:200]}") from None
        self._left_bytes -= len(content)
        if self._left_bytes < 0:
            raise DocumentError("FILE_TOO_LARGE", f"{self._path} unpacks to over {self._limit_bytes} bytes")
        view[: len(content)] = content
        return len(content)


def _zstd(path: str) -> Any:
    try:
        return importlib.import_module("backports.zstd")
    except ImportError:
        raise DocumentError("READER_MISSING", f"{path} is zstd; install backports.zstd to read it") from None
