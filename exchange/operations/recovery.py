"""From what is on disk to a running state: machine and SQL at the end of the journal, and agreeing.

    newest snapshot at or before the SQL watermark
      → replay to the watermark, compare the books: different ones are a refusal to start
      → replay the rest, into the machine and into SQL
      → compare again

SQL that was deleted stands at zero, so everything is replayed and comes back as it was.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import structlog
from sqlalchemy import Engine as Database
from sqlalchemy import select

from exchange.matching.engine import Engine
from exchange.store import tables
from exchange.store.errors import StoreError
from exchange.store.projection import Projection
from exchange.store.reconcile import Reconciliation, reconcile
from exchange.vocabulary.codec import COMMAND_BYTES, STAMP
from exchange.vocabulary.state import SnapshotError

REPLAY_COMMANDS = 4_096
DIFFERENCES_SHOWN = 5


class StartRefused(Exception):  # noqa: N818 - a refusal is an answer, no error of ours
    """The exchange does not start on this data folder. `code` is stable:

    FOLDER_IN_USE      another process has the folder open
    DATABASE_AHEAD     SQL knows sequences that the journal does not: it is another journal's
    DATABASE_FOREIGN   SQL was made from another journal's commands; delete the database to have it made anew
    BOOKS_DIFFER       SQL at its watermark is not what the machine says; delete the database to have it made anew
    DATABASE_UNUSABLE  the database does not open, or is of another version
    VAULT_INCOMPLETE   a listed dataset's or a pool's document is not in the vault, or damaged there
    LOG_BROKEN         the record of accesses, or that of queries, was altered
    SECRETS_KEY_WRONG  the master key given is not 64 hex digits
    PROFILE_UNKNOWN    there is no such licence profile; likewise the gate's other `PolicyError` codes
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Replayed:
    """Events of replayed commands, as the projection takes them."""

    first_sequence: int
    count: int
    events: bytes


class Recovered(NamedTuple):
    engine: Engine
    projection: Projection


class Snapshots(Protocol):
    def newest(self, at_most: int) -> bytes | None:
        """The newest whole snapshot at or before a sequence."""


class Commands(Protocol):
    @property
    def last_sequence(self) -> int: ...

    def read(self, after: int) -> Iterator[bytes]:
        """The journal's commands after a sequence, in runs of whole records."""


def recover(journal: Commands, snapshots: Snapshots, database: Database) -> Recovered:
    """Machine and projection at the journal's end; raises StartRefused."""
    projection = Projection(database)
    watermark = projection.watermark
    if journal.last_sequence < watermark:
        raise StartRefused("DATABASE_AHEAD", f"SQL stands at {watermark}, the journal ends at {journal.last_sequence}")
    engine = _machine(snapshots.newest(watermark))
    if engine.sequence == watermark:
        _check_books(database, engine)
    for commands in _runs(journal.read(engine.sequence), watermark):
        projection.apply([_apply(engine, commands)])
        if engine.sequence == watermark:
            _check_books(database, engine)
    engine.check_invariants()
    if engine.sequence > watermark:
        _check_books(database, engine)
    return Recovered(engine, projection)


def _machine(snapshot: bytes | None) -> Engine:
    """As the snapshot says; a new one, to replay everything into, where there is none, or one of another version."""
    if snapshot is None:
        return Engine()
    try:
        return Engine.restore(snapshot)
    except SnapshotError as error:
        structlog.get_logger("recovery").error("snapshot is not used, everything is replayed", error=str(error))
        return Engine()


def _check_books(database: Database, engine: Engine) -> None:
    """SQL, both its balances and its postings, against the machine; and that it has followed this journal."""
    with database.connect() as connection:
        dated_ns = connection.execute(select(tables.watermark.c.timestamp_ns)).scalar()
    if dated_ns != engine.timestamp_ns:
        detail = f"sequence {engine.sequence} is dated {dated_ns} ns in SQL, {engine.timestamp_ns} ns in the journal"
        raise StartRefused("DATABASE_FOREIGN", detail)
    try:
        found = reconcile(database, engine.sequence, engine.balances())
    except StoreError as error:
        raise StartRefused("BOOKS_DIFFER", str(error)) from None
    if not found.agrees:
        raise StartRefused("BOOKS_DIFFER", _told(found))


def _told(found: Reconciliation) -> str:
    shown = [
        f"account {each.account} asset {each.asset}: machine {each.engine}, SQL {each.balances}, {each.postings}"
        for each in found.differences[:DIFFERENCES_SHOWN]
    ]
    shown += [f"asset {asset} is out by {rest}" for asset, rest in found.unbalanced.items()]
    count = f"{len(found.differences)} of {found.compared} balances differ"
    return f"at sequence {found.sequence}, {count}: " + "; ".join(shown)


def _apply(engine: Engine, commands: bytes) -> Replayed:
    first = _sequence(commands, 0)
    return Replayed(first, len(commands) // COMMAND_BYTES, engine.apply(commands))


def _runs(blocks: Iterable[bytes], watermark: int) -> Iterator[bytes]:
    """The commands in runs of bounded length, with a cut where the watermark is."""
    for block in blocks:
        offset = 0
        while offset < len(block):
            count = min((len(block) - offset) // COMMAND_BYTES, REPLAY_COMMANDS)
            first = _sequence(block, offset)
            if first <= watermark < first + count - 1:
                count = watermark - first + 1
            end = offset + count * COMMAND_BYTES
            yield block[offset:end]
            offset = end


def _sequence(commands: bytes, offset: int) -> int:
    sequence: int = STAMP.unpack_from(commands, offset)[0]
    return sequence
