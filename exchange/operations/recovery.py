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

from sqlalchemy import Engine as Database

from exchange.matching.engine import Engine
from exchange.store.errors import StoreError
from exchange.store.projection import Projection
from exchange.store.reconcile import Reconciliation, reconcile
from exchange.vocabulary.codec import COMMAND_BYTES, STAMP

REPLAY_COMMANDS = 4_096
DIFFERENCES_SHOWN = 5


class StartRefused(Exception):  # noqa: N818 - a refusal is an answer, no error of ours
    """The exchange does not start on this data folder. `code` is stable:

    FOLDER_IN_USE     another process has the folder open
    DATABASE_AHEAD    SQL knows sequences that the journal does not: it is another journal's
    BOOKS_DIFFER      SQL at its watermark is not what the machine says; delete the database to have it made anew
    SECRETS_KEY_WRONG the master key given is not 64 hex digits
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
    def read(self, after: int) -> Iterator[bytes]:
        """The journal's commands after a sequence, in runs of whole records."""


def recover(journal: Commands, snapshots: Snapshots, database: Database) -> Recovered:
    """Machine and projection at the journal's end; raises StartRefused."""
    projection = Projection(database)
    watermark = projection.watermark
    snapshot = snapshots.newest(watermark)
    engine = Engine.restore(snapshot) if snapshot else Engine()
    pending = _runs(journal.read(engine.sequence), watermark)
    for commands in pending:
        projection.apply([_apply(engine, commands)])
        if engine.sequence == watermark:
            _check_books(database, engine)
    if engine.sequence < watermark:
        raise StartRefused("DATABASE_AHEAD", f"SQL stands at {watermark}, the journal ends at {engine.sequence}")
    engine.check_invariants()
    _check_books(database, engine)
    return Recovered(engine, projection)


def books(database: Database, engine: Engine) -> Reconciliation:
    """SQL, both its balances and its postings, against the machine, at the sequence where both stand."""
    return reconcile(database, engine.sequence, engine.balances())


def _check_books(database: Database, engine: Engine) -> None:
    try:
        found = books(database, engine)
    except StoreError as error:
        raise StartRefused("BOOKS_DIFFER", str(error)) from None
    if not found.agrees:
        shown = [
            f"account {each.account} asset {each.asset}: machine {each.engine}, SQL {each.balances}, {each.postings}"
            for each in found.differences[:DIFFERENCES_SHOWN]
        ]
        shown += [f"asset {asset} is out by {rest}" for asset, rest in found.unbalanced.items()]
        detail = f"at sequence {found.sequence}, {len(found.differences)} of {found.compared} balances differ: "
        raise StartRefused("BOOKS_DIFFER", detail + "; ".join(shown))


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
