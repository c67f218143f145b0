"""Who may open which lot, and the record of everyone who did or tried."""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from exchange.delivery.canonical import canonical_json, parse_canonical

FIRST_PREVIOUS = "0" * 64


class AccessError(Exception):
    """`code` is stable:

    NOT_DELIVERED       this lot was not delivered to this participant
    UNKNOWN_DOCUMENT    the lot has no such document: neither its manifest nor its blob
    LOG_BROKEN          the record of accesses was altered: a line is missing, changed or out of order
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Access:
    """One try to open a document of a lot, `at_ns` after 1970; `outcome` is OPENED or the code of the refusal."""

    participant: int
    base: int
    lot: int
    digest: str
    at_ns: int
    outcome: str


class AccessRule:
    """Lots are opened by the participants they were delivered to, and by none else. Fed from delivery events."""

    def __init__(self) -> None:
        self._delivered: set[tuple[int, int, int]] = set()
        self._documents: dict[tuple[int, int], frozenset[str]] = {}

    def define_lot(self, base: int, lot: int, manifest_sha256: str, blob_sha256: str) -> None:
        """The two documents of a lot; they are fixed with the base and never change."""
        documents = frozenset({manifest_sha256, blob_sha256})
        assert self._documents.setdefault((base, lot), documents) == documents, "a lot's documents are fixed"

    def grant(self, participant: int, base: int, lot: int) -> None:
        self._delivered.add((participant, base, lot))

    def refusal(self, participant: int, base: int, lot: int, digest: str) -> AccessError | None:
        """Why the document may not be opened, or None. Who has not the lot does not learn what documents it has."""
        if (participant, base, lot) not in self._delivered:
            return AccessError("NOT_DELIVERED", f"lot {lot} of base {base} was not delivered to this participant")
        if digest not in self._documents.get((base, lot), frozenset()):
            return AccessError("UNKNOWN_DOCUMENT", f"lot {lot} of base {base} has no document {digest[:64]}")
        return None

    def lots_of(self, participant: int) -> list[tuple[int, int]]:
        """(base, lot) of everything delivered to the participant, in order."""
        return sorted((base, lot) for holder, base, lot in self._delivered if holder == participant)


class AccessLog:
    """An append-only file of accesses, each line chained to the one before by its SHA-256, synced before it counts.

    A torn last line, of a machine that died while writing, is cut: nothing was opened for it. Any other damage is
    LOG_BROKEN. One writer at a time: the process that holds the data folder.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        kept_bytes, self._previous = _checked_end(path)
        self._file = path.open("ab")
        self._file.truncate(kept_bytes)

    def append(self, access: Access) -> None:
        line = canonical_json({**asdict(access), "previous": self._previous})
        self._file.write(line + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())
        self._previous = hashlib.sha256(line).hexdigest()

    @property
    def head(self) -> str:
        """The SHA-256 of the last line; published, it fixes every line before it."""
        return self._previous

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def authorise(rule: AccessRule, log: AccessLog, access: Access) -> None:
    """Record the access with its outcome, then raise its refusal where it has one; `access.outcome` is ignored.

    The record is durable before the document is handed out, so nobody can have a lot that the log does not show.
    """
    refusal = rule.refusal(access.participant, access.base, access.lot, access.digest)
    outcome = refusal.code if refusal else "OPENED"
    log.append(Access(access.participant, access.base, access.lot, access.digest, access.at_ns, outcome))
    if refusal:
        raise refusal


def read_accesses(path: Path) -> Iterator[Access]:
    """The whole lines of a log, the chain checked as they come."""
    previous = FIRST_PREVIOUS
    for number, line in enumerate(_whole_lines(path)):
        access, previous = _read_line(line, previous, number)
        yield access


def _checked_end(path: Path) -> tuple[int, str]:
    """Bytes of the whole lines, and the SHA-256 of the last one."""
    kept_bytes, previous = 0, FIRST_PREVIOUS
    for number, line in enumerate(_whole_lines(path)):
        _, previous = _read_line(line, previous, number)
        kept_bytes += len(line) + 1
    return kept_bytes, previous


def _whole_lines(path: Path) -> Iterator[bytes]:
    if not path.exists():
        return
    with path.open("rb") as file:
        for line in file:
            if line.endswith(b"\n"):
                yield line[:-1]


def _read_line(line: bytes, previous: str, number: int) -> tuple[Access, str]:
    try:
        stated = parse_canonical(line)
        follows = stated.pop("previous")
        access = Access(**stated)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise AccessError("LOG_BROKEN", f"line {number}: {error}") from None
    if follows != previous:
        raise AccessError("LOG_BROKEN", f"line {number} does not follow the line before it")
    return access, hashlib.sha256(line).hexdigest()
