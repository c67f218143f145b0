"""Multipart forms: files with their names, taken apart off the loop, within bounds.

The gatehouse has bounded the body and verified the signature over it before any of this runs.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Final, NoReturn, TypeVar

from anyio import to_thread
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from api.errors import ApiError
from exchange.catalogue.listing import ListingError, safe_path

MAX_PARTS: Final = 2_000
MAX_FIELD_BYTES: Final = 1 << 14

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Upload:
    """The text fields by name, and of each file field the files by their own names: plain relative paths."""

    fields: Mapping[str, str]
    files: Mapping[str, Mapping[str, bytes]]

    def text(self, name: str) -> str:
        if not self.fields.get(name, "").strip():
            raise ApiError(400, f"the form lacks the field {name}", "MISSING_FIELD", {"field": name})
        return self.fields[name].strip()

    def one_file(self, name: str) -> bytes:
        """The content of the one file in a field."""
        found = list(self.files.get(name, {}).values())
        if len(found) != 1:
            raise ApiError(400, f"the form has {len(found)} files {name}, not one", "MISSING_FIELD", {"field": name})
        return found[0]


async def read_upload(request: Request, *, fields: Collection[str], files: Collection[str]) -> Upload:
    """The form in a request; ApiError NOT_MULTIPART, MALFORMED_UPLOAD,
    TOO_MANY_FILES, DUPLICATE_PART, UNKNOWN_FIELD, UNSAFE_PATH."""
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind != b"multipart/form-data" or not options.get(b"boundary"):
        raise ApiError(400, "this resource takes multipart/form-data", "NOT_MULTIPART")
    chunks = [chunk async for chunk in request.stream() if chunk]
    body = chunks[0] if len(chunks) == 1 else b"".join(chunks)
    return await to_thread.run_sync(partial(parse_form, body, options[b"boundary"], fields=fields, files=files))


def parse_form(body: bytes, boundary: bytes, *, fields: Collection[str], files: Collection[str]) -> Upload:
    """The form in `body`, of these fields and no others."""
    form = _Form(frozenset(fields), frozenset(files))
    try:
        parser = MultipartParser(boundary, form.callbacks())  # type: ignore[arg-type]
        parser.write(body)
        parser.finalize()
    except FormParserError as error:
        _malformed(str(error))
    if not form.ended:
        _malformed("the form ends before its last boundary")
    return Upload(form.fields, form.files)


@dataclass(slots=True)
class _Form:
    """A form while it is being parsed: `pieces` are of the part whose `name` and `file` were read."""

    field_names: frozenset[str]
    file_names: frozenset[str]
    fields: dict[str, str] = field(default_factory=dict)
    files: dict[str, dict[str, bytes]] = field(default_factory=dict)
    ended: bool = False
    name: str = ""
    file: str | None = None
    count: int = 0
    header: bytes = b""
    value: bytes = b""
    disposition: bytes = b""
    pieces: list[bytes] = field(default_factory=list)
    size: int = 0

    def callbacks(self) -> dict[str, object]:
        names = ("part_begin", "header_field", "header_value", "header_end", "headers_finished", "part_data")
        return {f"on_{name}": getattr(self, name) for name in (*names, "part_end", "end")}

    def part_begin(self) -> None:
        self.header = self.value = self.disposition = b""
        self.pieces = []
        self.size = 0

    def header_field(self, data: bytes, start: int, end: int) -> None:
        self.header += data[start:end]

    def header_value(self, data: bytes, start: int, end: int) -> None:
        self.value += data[start:end]

    def header_end(self) -> None:
        if self.header.lower() == b"content-disposition":
            self.disposition = self.value
        self.header = self.value = b""

    def headers_finished(self) -> None:
        _, options = parse_options_header(self.disposition)
        self.name = _decoded(options.get(b"name", b""))
        self.file = _decoded(options[b"filename"]) if b"filename" in options else None
        known = self.field_names if self.file is None else self.file_names
        if self.name not in known:
            what = "field" if self.file is None else "file"
            told = {"known": sorted(known)}
            raise ApiError(400, f"the form has no {what} {self.name[:60]!r}", "UNKNOWN_FIELD", told)
        self.count += 1
        if self.count > MAX_PARTS:
            raise ApiError(400, f"more than {MAX_PARTS} files", "TOO_MANY_FILES", {"max_files": MAX_PARTS})

    def part_data(self, data: bytes, start: int, end: int) -> None:
        self.pieces.append(data[start:end])
        self.size += end - start
        if self.file is None and self.size > MAX_FIELD_BYTES:
            _malformed(f"the field {self.name} is larger than {MAX_FIELD_BYTES} bytes")

    def part_end(self) -> None:
        content = b"".join(self.pieces)
        if self.file is None:
            _add(self.fields, self.name, _decoded(content))
        else:
            _add(self.files.setdefault(self.name, {}), _plain(self.file), content)
        self.pieces = []

    def end(self) -> None:
        self.ended = True


def _add(parts: dict[str, T], name: str, content: T) -> None:
    if name in parts:
        raise ApiError(400, f"the form has {name[:100]!r} twice", "DUPLICATE_PART", {"name": name[:200]})
    parts[name] = content


def _plain(name: str) -> str:
    """A file's name as a relative path below the dataset's folder."""
    try:
        return safe_path(name)
    except ListingError as error:
        raise ApiError(400, f"a file's name is no plain relative path: {error.detail}", error.code) from None


def _decoded(text: bytes) -> str:
    try:
        return text.decode()
    except UnicodeDecodeError:
        _malformed("a name or a field is not UTF-8")


def _malformed(detail: str) -> NoReturn:
    raise ApiError(400, f"the form is malformed: {detail}", "MALFORMED_UPLOAD")
