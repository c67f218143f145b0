"""The sequencer: the only writer, and the one door to the machine.

    submit ──▶ 1 take what waits ──▶ 2 number and date ──▶ 3 journal, synced ──▶ 4 machine ──▶ 5 tell ──▶ 6 answer

What waits while one block is being synced goes into the next: alone a command has a sync to itself, under load
thousands share one. Nobody is told of a command before the sync; after it, nothing is lost.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
import structlog

from exchange.matching.engine import Engine
from exchange.spine.blocks import MAX_BLOBS, MAX_BLOBS_BYTES
from exchange.spine.errors import Busy, JournalFull, Stopped, StorageFull
from exchange.spine.journal import Journal
from exchange.spine.segments import stamp_all
from exchange.spine.snapshot import SnapshotFolder
from exchange.vocabulary.codec import COMMAND_BYTES, EVENT_BYTES, KIND_OFFSET
from exchange.vocabulary.commands import (
    AbortTransfer,
    ArmDisconnect,
    BlockAccount,
    CancelOrder,
    Clock,
    Disconnect,
    Kill,
    MassCancel,
    Reject,
    RevokeEntitlement,
    RevokeKey,
    SetDeadMan,
    SetPhase,
    WithdrawOffer,
)

__all__ = ["Batch", "Busy", "Reply", "Sequencer", "Stopped", "StorageFull"]

MAX_COMMANDS_PER_BLOCK: Final = 4_096
MAX_WAITING_COMMANDS: Final = 65_536
SNAPSHOT_EVERY: Final = 100_000

_REDUCING: Final = bytes(
    kind.KIND
    for kind in (
        AbortTransfer, ArmDisconnect, BlockAccount, CancelOrder, Clock, Disconnect, Kill, MassCancel, Reject,
        RevokeEntitlement, RevokeKey, SetDeadMan, SetPhase, WithdrawOffer,
    )
)  # fmt: skip
"""What is still taken when the next segment finds no space: it takes risk away, and needs little room."""

_SEQUENCES: Final = np.dtype({"names": ["sequence"], "formats": ["<u8"], "itemsize": EVENT_BYTES})


@dataclass(frozen=True, slots=True)
class Batch:
    """Commands that became durable together, and what happened."""

    first_sequence: int
    count: int
    commands: bytes
    events: bytes
    blobs: tuple[bytes, ...]


class Reply(NamedTuple):
    """The answer to one submission: for each of its commands, the encoded events."""

    first_sequence: int
    events: tuple[bytes, ...]


class Balances(NamedTuple):
    """(account, asset, total, held) of every balance that is not empty, after the command `sequence`."""

    sequence: int
    owned: list[tuple[int, int, int, int]]


@dataclass(frozen=True, slots=True)
class _Submission:
    commands: bytes
    blobs: Sequence[bytes]
    reply: "Future[Reply]"

    @property
    def count(self) -> int:
        return len(self.commands) // COMMAND_BYTES


class Sequencer:
    """Takes submissions from any thread, and works them off on its own.

    `subs` are called on that thread with each batch, in order, before its answers are given. Any failure, theirs, the
    machine's or the journal's, ends the sequencer: what waits is told Stopped, and `on_failure` is called once.
    """

    def __init__(
        self,
        engine: Engine,
        journal: Journal,
        clock: Callable[[], int],
        subs: list[Callable[[Batch], None]],
        on_failure: Callable[[BaseException], None],
        *,
        snapshots: SnapshotFolder | None = None,
        snapshot_every: int = SNAPSHOT_EVERY,
        max_commands_per_block: int = MAX_COMMANDS_PER_BLOCK,
        max_waiting_commands: int = MAX_WAITING_COMMANDS,
    ) -> None:
        """`engine` stands at the journal's end. `clock` is UTC in ns; `snapshot_every` counts commands."""
        assert engine.sequence == journal.last_sequence, "the machine does not stand at the journal's end"
        self.subs = subs
        self.sequence = engine.sequence
        self._engine = engine
        self._journal = journal
        self._clock = clock
        self._on_failure = on_failure
        self._snapshots = snapshots
        self._snapshot_every = snapshot_every
        self._snapshot_at = engine.sequence + snapshot_every
        self._snapshot_writer = ThreadPoolExecutor(1, "snapshots")
        self._max_commands_per_block = max_commands_per_block
        self._max_waiting_commands = max_waiting_commands
        self.timestamp_ns = journal.timestamp_ns
        self._changed = threading.Condition()
        self._waiting: deque[_Submission] = deque()
        self._waiting_commands = 0
        self._asked: deque[Future[Balances]] = deque()
        self._stopped = False
        self._log = structlog.get_logger("sequencer")
        self._thread = threading.Thread(target=self._run, name="sequencer", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def submit(self, commands: bytes, blobs: Sequence[bytes] = ()) -> "Future[Reply]":
        """Encoded commands, one group that enters the journal whole and in its order, with documents it brings.

        The future holds the answer once it is durable. Raises ValueError where these are no commands or too many,
        Busy past the admission limit, StorageFull where the disk has no room, Stopped at the end.
        """
        count, rest = divmod(len(commands), COMMAND_BYTES)
        if rest or not 0 < count <= self._max_commands_per_block:
            raise ValueError(f"{len(commands)} bytes are no group of 1 to {self._max_commands_per_block} commands")
        if len(blobs) > MAX_BLOBS or sum(map(len, blobs)) > MAX_BLOBS_BYTES:
            raise ValueError(f"more than {MAX_BLOBS} documents or {MAX_BLOBS_BYTES} bytes of them")
        submission = _Submission(bytes(commands), blobs, _promised())
        if self._journal.full and not _only_reducing(submission.commands):
            raise StorageFull("there is no space for the next journal segment")
        with self._changed:
            if self._stopped:
                raise Stopped("the sequencer has stopped")
            if self._waiting_commands + count > self._max_waiting_commands:
                raise Busy(f"{self._waiting_commands} commands are waiting")
            self._waiting.append(submission)
            self._waiting_commands += count
            self._changed.notify()
        return submission.reply

    def balances(self) -> "Future[Balances]":
        """What every account has, as the machine says between two blocks. Raises Stopped."""
        with self._changed:
            if self._stopped:
                raise Stopped("the sequencer has stopped")
            self._asked.append(Future())
            self._changed.notify()
            return self._asked[-1]

    def close(self) -> None:
        """Work off what waits, snapshot, and end."""
        with self._changed:
            self._stopped = True
            self._changed.notify()
        if self._thread.ident is not None:
            self._thread.join()
        self._snapshot_writer.shutdown()
        self._journal.close()

    def _run(self) -> None:
        taken: list[_Submission] = []
        try:
            while taken := self._take():
                self._commit(taken)
            self._snapshot()
        except BaseException as failure:  # noqa: BLE001 - whatever it was, nothing more may be acknowledged
            self._fail(failure, taken)

    def _take(self) -> list[_Submission]:
        """Stage 1: what waits, up to one block; nothing once closed and empty."""
        with self._changed:
            while not self._waiting:
                self._tell_balances()
                if self._stopped:
                    return []
                self._changed.wait()
            self._tell_balances()
            taken: list[_Submission] = []
            commands = blobs = blobs_bytes = 0
            while self._waiting:
                first = self._waiting[0]
                commands += first.count
                blobs += len(first.blobs)
                blobs_bytes += sum(map(len, first.blobs))
                if commands > self._max_commands_per_block or blobs > MAX_BLOBS or blobs_bytes > MAX_BLOBS_BYTES:
                    break
                taken.append(self._waiting.popleft())
                self._waiting_commands -= first.count
            return taken

    def _tell_balances(self) -> None:
        while self._asked:
            self._asked.popleft().set_result(Balances(self.sequence, self._engine.balances()))

    def _commit(self, taken: list[_Submission]) -> None:
        commands = self._stamped(taken)  # 2
        blobs = tuple(blob for submission in taken for blob in submission.blobs)
        try:
            self._journal.append(commands, blobs)  # 3
        except JournalFull as error:
            for submission in taken:
                submission.reply.set_exception(StorageFull(error.detail))
            return
        events = self._engine.apply(commands)  # 4
        batch = Batch(self.sequence + 1, len(commands) // COMMAND_BYTES, commands, events, blobs)
        self.sequence = self._engine.sequence
        for subscriber in self.subs:  # 5
            subscriber(batch)
        _answer(taken, batch)  # 6
        if self.sequence >= self._snapshot_at:
            self._snapshot()

    def _stamped(self, taken: list[_Submission]) -> bytes:
        """One block's commands, numbered, and dated alike. Journal time never goes back."""
        commands = bytearray().join(submission.commands for submission in taken)
        self.timestamp_ns = max(self.timestamp_ns, self._clock())
        stamp_all(commands, self.sequence + 1, self.timestamp_ns)
        return bytes(commands)

    def _snapshot(self) -> None:
        """Keep the state; writing it is another thread's work, and failing to is no reason to stop."""
        self._snapshot_at = self.sequence + self._snapshot_every
        if self._snapshots is not None and self.sequence:
            started_s = time.monotonic()
            snapshot = self._engine.snapshot()
            self._log.info("snapshot", sequence=self.sequence, bytes=len(snapshot), s=time.monotonic() - started_s)
            self._snapshot_writer.submit(self._write_snapshot, self._snapshots, self.sequence, snapshot)

    def _write_snapshot(self, snapshots: SnapshotFolder, sequence: int, snapshot: bytes) -> None:
        try:
            snapshots.write(sequence, snapshot)
        except OSError as error:
            self._log.error("snapshot not kept, the next start replays more", sequence=sequence, error=str(error))

    def _fail(self, failure: BaseException, taken: list[_Submission]) -> None:
        """Whether what was taken is durable is not known here: the journal tells at the next start."""
        with self._changed:
            self._stopped = True
            unanswered: list[Future[Any]] = [*(each.reply for each in (*taken, *self._waiting)), *self._asked]
            self._waiting.clear()
            self._asked.clear()
        for reply in unanswered:
            if not reply.done():
                reply.set_exception(Stopped(f"the sequencer failed: {failure}"))
        self._on_failure(failure)


def _promised() -> "Future[Reply]":
    """A future whose holder cannot cancel it: what is submitted will happen, whether anyone still listens or not."""
    reply: Future[Reply] = Future()
    reply.set_running_or_notify_cancel()
    return reply


def _only_reducing(commands: bytes) -> bool:
    return not commands[KIND_OFFSET::COMMAND_BYTES].strip(_REDUCING)


def _answer(taken: list[_Submission], batch: Batch) -> None:
    """Give each submission the events of its commands. The answers of one batch are cut out of its event stream."""
    events, count = batch.events, batch.count
    sequences = np.frombuffer(events, _SEQUENCES)["sequence"]
    ends = np.searchsorted(sequences, np.arange(batch.first_sequence, batch.first_sequence + count), side="right")
    cuts = [0, *(ends * EVENT_BYTES).tolist()]
    position = 0
    for submission in taken:
        end = position + submission.count
        answers = tuple(events[cuts[i] : cuts[i + 1]] for i in range(position, end))
        submission.reply.set_result(Reply(batch.first_sequence + position, answers))
        position = end
