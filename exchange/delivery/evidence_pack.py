"""An evidence pack: the documents that show what a dataset is and why it may be traded, with their hashes.

A zip whose bytes follow from its contents alone. `manifest.json` names every other file with its SHA-256, and what was
left out with the reason, so that a pack that was thinned out on its way shows it.
"""

import hashlib
import io
import zipfile
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from exchange.delivery.canonical import canonical_json, parse_canonical

FORMAT: Final = "tlx-evidence-pack-1"
MANIFEST: Final = "manifest.json"
MAXIMUM_BYTES: Final = 1 << 30
MAXIMUM_FILES: Final = 10_000
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)


class EvidencePackError(Exception):
    """The pack is not what it should be. `code` is stable:

    PACK_MALFORMED      no zip with a manifest of this format, or one over its limits
    PACK_INCOMPLETE     a file that the manifest names is not there, or one is there that it does not name
    PACK_ALTERED        a file has another SHA-256 than the manifest states
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


class EvidencePack(NamedTuple):
    """`about` is the manifest: format, what it is of, `files` with hashes, `left_out` with reasons."""

    about: dict[str, Any]
    files: dict[str, bytes]


def build_pack(of: Mapping[str, Any], files: Mapping[str, bytes], left_out: Mapping[str, str]) -> bytes:
    """The zip; `of` says what it is about, `left_out` why something is not in it, by path."""
    about = {
        **of,
        "format": FORMAT,
        "files": {path: hashlib.sha256(content).hexdigest() for path, content in files.items()},
        "left_out": dict(left_out),
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in sorted({**files, MANIFEST: canonical_json(about)}.items()):
            entry = zipfile.ZipInfo(path, _EPOCH)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(entry, content)
    return packed.getvalue()


def read_pack(content: bytes) -> EvidencePack:
    """The files of a pack, each with the hash that its manifest states; EvidencePackError."""
    files = _unpacked(content)
    try:
        about = parse_canonical(files.pop(MANIFEST))
        stated: dict[str, str] = dict(about["files"])
        is_ours = about["format"] == FORMAT
    except (KeyError, TypeError, ValueError) as error:
        raise EvidencePackError("PACK_MALFORMED", f"no manifest: {type(error).__name__}") from None
    if not is_ours:
        raise EvidencePackError("PACK_MALFORMED", f"not of format {FORMAT}")
    if odd := sorted(stated.keys() ^ files.keys()):
        raise EvidencePackError("PACK_INCOMPLETE", f"{odd[0][:200]} is {'absent' if odd[0] in stated else 'foreign'}")
    for path, bytes_ in files.items():
        if hashlib.sha256(bytes_).hexdigest() != stated[path]:
            raise EvidencePackError("PACK_ALTERED", path[:200])
    return EvidencePack(about, files)


def _unpacked(content: bytes) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            if len(entries) > MAXIMUM_FILES or sum(entry.file_size for entry in entries) > MAXIMUM_BYTES:
                raise EvidencePackError("PACK_MALFORMED", "the pack is over its limits")
            return {entry.filename: archive.read(entry) for entry in entries}
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
        raise EvidencePackError("PACK_MALFORMED", str(error)[:200]) from None
