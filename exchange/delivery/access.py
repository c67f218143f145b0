"""Who may open which lot, and the record of everyone who did or tried."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from exchange.delivery.chain import ChainedLog, read_chain


class AccessError(Exception):
    """`code` is stable:

    NOT_DELIVERED       this lot was not delivered to this participant
    UNKNOWN_DOCUMENT    the lot has no such document: neither its manifest nor its blob
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


class AccessLog(ChainedLog[Access]):
    """Every access that was tried."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, Access)


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
    return read_chain(path, Access)
