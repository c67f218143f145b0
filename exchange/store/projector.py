"""The projection's thread: takes batches off a queue, several at a time, while trading goes on."""

import threading
from collections import deque
from collections.abc import Callable
from typing import Final

from sqlalchemy.exc import DBAPIError

from exchange.store.database import is_temporary
from exchange.store.errors import StoreError
from exchange.store.projection import EventBatch, Projection

TRANSACTION_BYTES: Final = 8 << 20
"""Queued batches are joined into one transaction up to about this much of events."""

GATHER_S: Final = 0.02
"""How long batches gather before a transaction, unless someone waits for them: a transaction for each would take the
interpreter and the disk away from the orders that come after."""

_FIRST_RETRY_S: Final = 0.05
_LAST_RETRY_S: Final = 2.0


class Projector:
    """Applies batches in the order they are offered.

    A database that is away for a while is tried again, with growing pauses, and `lag` grows meanwhile; anything else
    that goes wrong stops the thread for good and is given to `on_failure`, from the projector's thread.
    """

    def __init__(self, projection: Projection, on_failure: Callable[[Exception], None]) -> None:
        self._projection = projection
        self._on_failure = on_failure
        self._changed = threading.Condition()
        self._queue: deque[EventBatch] = deque()
        self._offered = projection.watermark
        self._applied = projection.watermark
        self._closing = False
        self._waiting = 0
        self._urgent = threading.Event()
        self._failure: Exception | None = None
        self.unavailable: DBAPIError | None = None
        """Why the database does not answer just now, if it does not."""
        self._thread = threading.Thread(target=self._run, name="projector", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self, timeout_s: float | None = None) -> bool:
        """Apply what is queued and end; False where that took longer than the time given or failed."""
        with self._changed:
            self._closing = True
            self._urgent.set()
            self._changed.notify_all()
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        return not self._thread.is_alive() and self._failure is None

    def offer(self, batch: EventBatch) -> None:
        """Queue a batch; returns at once. `StoreError` once the projection has failed."""
        with self._changed:
            self._raise_failure()
            self._queue.append(batch)
            self._offered = max(self._offered, batch.first_sequence + batch.count - 1)
            self._changed.notify_all()

    @property
    def watermark(self) -> int:
        """The last sequence whose effects can be read."""
        return self._applied

    @property
    def lag(self) -> int:
        """How many sequences are offered and not yet in the tables."""
        return self._offered - self._applied

    def wait_for(self, sequence: int, timeout_s: float) -> bool:
        """Whether the tables hold `sequence`, waiting for it; `StoreError` once the projection has failed."""
        with self._changed:
            if self._applied < sequence:
                self._hurry(sequence, timeout_s)
            if self._applied >= sequence:
                return True
            self._raise_failure()
            return False

    def _hurry(self, sequence: int, timeout_s: float) -> None:
        """Wait, and have nothing gather meanwhile."""
        self._waiting += 1
        self._urgent.set()
        self._changed.wait_for(lambda: self._applied >= sequence or self._failure is not None, timeout_s)
        self._waiting -= 1
        if not self._waiting and not self._closing:
            self._urgent.clear()

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise StoreError("the projection has stopped") from self._failure

    def _run(self) -> None:
        try:
            while batches := self._take():
                self._apply(batches)
        except Exception as failure:  # noqa: BLE001 - whatever it was, trading must hear of it.
            with self._changed:
                self._failure = failure
                self._changed.notify_all()
            self._on_failure(failure)

    def _take(self) -> list[EventBatch]:
        """The next batches for one transaction; none once closed and empty."""
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._closing)
        self._urgent.wait(GATHER_S)
        with self._changed:
            taken: list[EventBatch] = []
            size = 0
            while self._queue and size < TRANSACTION_BYTES:
                taken.append(self._queue.popleft())
                size += len(taken[-1].events)
            return taken

    def _apply(self, batches: list[EventBatch]) -> None:
        pause_s = _FIRST_RETRY_S
        while not self._try(batches):
            with self._changed:
                self._changed.wait_for(lambda: self._closing, pause_s)
                if self._closing:
                    raise StoreError("closed while the database is away") from self.unavailable
            pause_s = min(2 * pause_s, _LAST_RETRY_S)
        with self._changed:
            self._applied = self._projection.watermark
            self._changed.notify_all()

    def _try(self, batches: list[EventBatch]) -> bool:
        """False where the database is away and the batches must be given to it again."""
        try:
            if self.unavailable is not None:
                self._projection.reload()
            self._projection.apply(batches)
        except DBAPIError as error:
            if not is_temporary(error):
                raise
            self.unavailable = error
            return False
        self.unavailable = None
        return True
