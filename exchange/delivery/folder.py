"""A folder of delivered lots as it lies on a buyer's disk, read as what it may be: somebody else's."""

import json
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

CERTIFICATE: Final = "certificate.json"
RECEIPT: Final = "delivery.json"
"""What was delivered: the assayer's key, and of each lot the SHA-256 of its manifest."""
SAMPLE: Final = "sample.json"
"""What `tlx peek` leaves, maybe in the same folder; it proves itself."""
PACKS: Final = "*-evidence.zip"
PROOFS: Final = "*.proof.json"
SMALL_BYTES: Final = 16 * 2**20
"""The most that a receipt or a certificate has."""
LARGEST_BYTES: Final = 4 * 2**30
"""The most that a lot or its manifest has."""
MOST_ENTRIES: Final = 100_000

_LOT: Final = re.compile(r"\d{1,10}", re.ASCII)
_SHA256: Final = re.compile(r"[0-9a-f]{64}")


class FolderError(Exception):
    """`code` is stable:

    NO_DELIVERY     the folder holds no receipt of a delivery
    BAD_RECEIPT     the receipt is not of the shape that `tlx deliver` writes
    NO_CERTIFICATE  the folder holds no certificate
    FILE_ABSENT     a file of a lot is not there
    FILE_UNSAFE     a link, a folder or a device stands where a file should
    FILE_OVERSIZED  a file is larger than any delivery's
    EXTRA_FILE      a file belongs to no lot that was delivered
    FOLDER_TAKEN    the folder holds lots of another dataset
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Receipt:
    """The key that signed the certificate, as the venue told it, and the SHA-256 of each lot's manifest, by number."""

    assayer: str
    manifests: Mapping[str, str]
    told: Mapping[str, Any]


def read_receipt(folder: Path) -> Receipt:
    content = read_small(folder / RECEIPT, "NO_DELIVERY")
    try:
        told = json.loads(content)
        manifests = {number: lot["manifest_sha256"] for number, lot in told["lots"].items()}
        assayer = told["assayer"]
    except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
        raise FolderError("BAD_RECEIPT", f"{folder / RECEIPT} is not what a delivery writes") from None
    for number, sha256 in manifests.items():
        if not _LOT.fullmatch(number) or not isinstance(sha256, str) or not _SHA256.fullmatch(sha256):
            raise FolderError("BAD_RECEIPT", f"{number[:40]!r} is no lot's number with its manifest's SHA-256")
    if not isinstance(assayer, str) or not manifests:
        raise FolderError("BAD_RECEIPT", f"{folder / RECEIPT} names no lot, or no assayer")
    return Receipt(assayer, manifests, told)


def read_certificate(folder: Path) -> bytes:
    return read_small(folder / CERTIFICATE, "NO_CERTIFICATE")


def lot_paths(folder: Path, number: str) -> tuple[Path, Path]:
    """Where a lot's manifest and its documents lie."""
    if not _LOT.fullmatch(number):
        raise FolderError("BAD_RECEIPT", f"{number[:40]!r} is no lot's number")
    return folder / f"lot-{number}.manifest.json", folder / f"lot-{number}.jsonl"


def read_lot(folder: Path, number: str) -> tuple[bytes, bytes]:
    """A lot's manifest and its documents, unchecked."""
    manifest, blob = (read_plain(path, LARGEST_BYTES) for path in lot_paths(folder, number))
    return manifest, blob


def extra_files(folder: Path, receipt: Receipt) -> list[str]:
    """What lies in the folder and is no part of the delivery; proofs and packs may, hidden files are not looked at."""
    known = {CERTIFICATE, RECEIPT, SAMPLE}
    for number in receipt.manifests:
        known.update(path.name for path in lot_paths(folder, number))
    return [path.name for path in _entries(folder) if path.name not in known and not _belongs(path)]


def evidence_packs(folder: Path) -> list[Path]:
    return [path for path in _entries(folder) if path.match(PACKS)]


def read_small(path: Path, absent: str) -> bytes:
    """A file of a few megabytes at most; refused by the name `absent` where there is none."""
    try:
        return read_plain(path, SMALL_BYTES)
    except FolderError as error:
        raise (FolderError(absent, error.detail) if error.code == "FILE_ABSENT" else error) from None


def read_plain(path: Path, limit_bytes: int) -> bytes:
    """The content of a plain file: no link is followed, no device waited for, nothing over the limit held."""
    try:
        found = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        raise FolderError("FILE_ABSENT", f"{path} is not there") from None
    if not stat.S_ISREG(found.st_mode):
        raise FolderError("FILE_UNSAFE", f"{path} is no plain file")
    with path.open("rb") as file:
        content = file.read(limit_bytes + 1) if found.st_size <= limit_bytes else b""
    if found.st_size > limit_bytes or len(content) > limit_bytes:
        raise FolderError("FILE_OVERSIZED", f"{path} has over {limit_bytes} bytes")
    return content


def _belongs(path: Path) -> bool:
    return path.name.startswith(".") or path.match(PROOFS) or path.match(PACKS)


def _entries(folder: Path) -> Iterator[Path]:
    """In order of name; what is beyond all measure is not gone through."""
    for number, path in enumerate(sorted(folder.iterdir())):
        if number >= MOST_ENTRIES:
            raise FolderError("EXTRA_FILE", f"{folder} holds over {MOST_ENTRIES} files")
        yield path
