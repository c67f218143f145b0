"""The composition root: one exchange built from settings, as a list of its parts.

    data folder
      journal/       blocks of commands: the truth            snapshots/    states to start from
      vault/         documents by digest                      secrets.*     the erasable, encrypted store
      accesses.log   who opened which lot                     exchange.db   the SQL projection
      queries.log    who asked what of a dataset is new

Nothing above holds a reference into the engine: what is asked goes through `submit`, what happened comes by
`subscribe`, and begins from `opening_state`.
"""

import fcntl
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, Self

import structlog
from alembic.util.exc import CommandError
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine as Database
from sqlalchemy.exc import DBAPIError

from exchange.catalogue.lifecycle import ListingState
from exchange.compliance.errors import PolicyError
from exchange.compliance.facts import DatasetFacts
from exchange.compliance.gate import Gate
from exchange.delivery.access import AccessLog
from exchange.delivery.chain import BrokenLogError
from exchange.delivery.queries import QueryLog
from exchange.delivery.vault import Vault, VaultError
from exchange.operations.directory import Directory
from exchange.operations.dossier import INVENTORY, read_dossier
from exchange.operations.recalls import recalled_bases
from exchange.operations.recovery import StartRefused, recover
from exchange.operations.scheduling import Scheduler
from exchange.operations.settings import Settings
from exchange.spine.journal import Journal
from exchange.spine.sequencer import Batch, Busy, Reply, Sequencer, Stopped
from exchange.spine.snapshot import SnapshotFolder
from exchange.store.database import open_database, sqlite_url
from exchange.store.directory import Directory as Register
from exchange.store.errors import StoreError
from exchange.store.history import History
from exchange.store.key_secrets import KeySecrets
from exchange.store.projector import Projector
from exchange.store.reconcile import Reconciliation, reconcile
from exchange.store.reports import Reports
from exchange.store.secrets import KEY_BYTES, VENUE_SUBJECT, SecretStore
from exchange.vocabulary.codec import COMMAND_BYTES, KIND_OFFSET
from exchange.vocabulary.commands import AmendOrder, Clock, PlaceOrder
from exchange.vocabulary.participants import VENUE

__all__ = ["Batch", "Exchange", "RecordsBehind", "Reply", "Settings", "StartRefused"]

ASSAYER_KEY = "assayer-ed25519"
CLOSE_TIMEOUT_S = 60.0

_ORDERS = frozenset({PlaceOrder.KIND, AmendOrder.KIND})


class RecordsBehind(Busy):
    """SQL is further behind than the settings allow: no new orders until it has caught up; all else goes on."""

    code = "RECORDS_BEHIND"


class Exchange:
    """One venue, running in this process. `open` recovers it, `start` lets commands in, `close` ends it."""

    def __init__(self, settings: Settings, clock: Callable[[], int], opened: ExitStack) -> None:
        """Build the parts that need no journal, their ends put on `opened`; use `open`."""
        folder = settings.data_folder
        self.settings = settings
        self.now_ns = clock
        self.log = structlog.get_logger("exchange")
        self.failed = threading.Event()
        self.failure: BaseException | None = None
        self.gate = Gate.load(settings.licence_profile, in_force=self._has_adopted)
        self.vault = Vault(folder / "vault")
        self.secrets = SecretStore.open(folder, _master_key(settings))
        opened.callback(self.secrets.close)
        self.key_secrets = KeySecrets(self.secrets)
        self.assayer_key = _assayer_key(self.secrets)
        self.access_log = AccessLog(folder / "accesses.log")
        opened.callback(self.access_log.close)
        self.access_lock = threading.Lock()
        self.query_log = QueryLog(folder / "queries.log")
        opened.callback(self.query_log.close)
        self.database: Database = open_database(settings.database_url or sqlite_url(folder / "exchange.db"))
        opened.callback(self.database.dispose)
        self.history = History(self.database)
        self.register = Register(self.database)
        self.reports = Reports(self.database)
        self.directory = Directory()
        self.scheduler = Scheduler(self.directory, self.vault, self.submit)
        self.listing_lock = threading.Lock()
        self.recall_lock = threading.Lock()
        """Held while a listing is recalled, and while an operator opens a product: what was recalled is not opened."""
        self.pool_lock = threading.Lock()
        """Held while claims are pooled or a pool delivers: what was judged is then what the pool draws on."""
        self.listed: dict[str, int] = {}
        """Base by the SHA-256 of the metadata it was listed with."""
        self.inventory: dict[int, str] = {}
        """Of each base, the digest of its sketch under the venue's own key."""
        self.recalled: dict[int, ListingState] = {}
        """Bases that were recalled or withdrawn: nothing of them is traded, shown or delivered."""
        self.dataset_facts: dict[int, DatasetFacts] = {}
        self.whole_lots: set[tuple[int, int]] = set()
        """(base, lot) whose documents were read whole since the start."""
        self.samples: dict[int, str] = {}
        """Digests of the samples made since the start, by base."""
        self.sampled: dict[tuple[Any, ...], bytes] = {}
        """Decisions on samples recorded since the start, by account, base, policies and reasons."""
        self._last_submitted_s = 0.0
        self._closing = threading.Event()
        self._opened = opened
        self._ticker = threading.Thread(target=self._tick, name="clock", daemon=True)

    @classmethod
    def open(cls, settings: Settings, *, clock: Callable[[], int] = time.time_ns) -> Self:
        """Recover what the data folder holds, not started yet. Raises StartRefused, SecretsError, JournalError.

        Whatever is raised, nothing stays open and the folder is free again.
        """
        settings.data_folder.mkdir(parents=True, exist_ok=True)
        with ExitStack() as opened, _refusals():
            opened.callback(os.close, _lock_folder(settings.data_folder))
            exchange = cls(settings, clock, opened)
            exchange._recover()
            exchange._opened = opened.pop_all()
        return exchange

    def _recover(self) -> None:
        folder, settings = self.settings.data_folder, self.settings
        journal, snapshots = Journal.open(folder / "journal"), SnapshotFolder(folder / "snapshots")
        self._opened.callback(journal.close)
        engine, projection = recover(journal, snapshots, self.database)
        self.opening_state = engine.snapshot()
        with self.database.connect() as connection:
            self.directory.load(connection)
        for base in self.directory.bases.values():
            dossier = read_dossier(self.vault, base.listing)
            self.listed[dossier.croissant] = base.base
            if INVENTORY in dossier.sketches:
                self.inventory[base.base] = dossier.sketches[INVENTORY]
        self.recalled = recalled_bases(self.vault, self.directory)
        for pool in self.directory.pools.values():
            self.vault.get(pool.listing.hex())  # Without its class nothing could be judged for it.
        self.projector = Projector(projection, self.fail)
        self._opened.callback(self._close_projector)
        self._sequencer = Sequencer(
            engine,
            journal,
            self.now_ns,
            [self._take_in],
            self.fail,
            snapshots=snapshots,
            snapshot_every=settings.snapshot_every,
            max_commands_per_block=settings.max_commands_per_block,
        )
        self._opened.callback(self._sequencer.close)

    def _take_in(self, batch: Batch) -> None:
        """First of all subscribers: who is told of a batch finds it in the directory, and soon in SQL."""
        self.directory.apply(batch.events)
        self.projector.offer(batch)

    def _has_adopted(self, policies_sha256: str) -> bool:
        """Whether the gate's policies are those that the venue adopted last."""
        return self.directory.policies.hex() == policies_sha256

    def subscribe(self, on_batch: Callable[[Batch], None]) -> None:
        """Have every batch from `opening_state` on; called on the sequencer's thread, before its answers are given."""
        self._sequencer.subs.append(on_batch)

    def start(self) -> None:
        self.projector.start()
        self._sequencer.start()
        self._ticker.start()

    def submit(self, commands: bytes, blobs: Sequence[bytes] = ()) -> Future[Reply]:
        """Encoded commands, one atomic group; the future holds their events once they are durable. Busy, Stopped.

        RecordsBehind where there is an order among them, and SQL is too far behind.
        """
        if self.failed.is_set():
            raise Stopped("the exchange has failed")
        if self.projector.lag > self.settings.max_projection_lag and _has_order(commands):
            raise RecordsBehind(f"the records are {self.projector.lag} commands behind")
        reply = self._sequencer.submit(commands, blobs)
        self._last_submitted_s = time.monotonic()
        return reply

    def reconcile(self) -> Reconciliation:
        """SQL against the machine, both as they stood after the same command, while trading goes on. Stopped."""
        sequence, owned = self._sequencer.balances().result()
        if not self.projector.wait_for(sequence, CLOSE_TIMEOUT_S):
            raise StoreError(f"the records have not come to sequence {sequence}")
        return reconcile(self.database, sequence, owned)

    @property
    def sequence(self) -> int:
        """The last sequence given out and applied."""
        return self._sequencer.sequence

    @property
    def market_time_ns(self) -> int:
        """Now, but never before the last command's date: a clock that was set back takes no market back with it."""
        return max(self.now_ns(), self._sequencer.timestamp_ns)

    @property
    def assayer(self) -> bytes:
        """The public key that certificates are verified with."""
        return self.assayer_key.public_key().public_bytes_raw()

    def close(self) -> None:
        """Finish what was submitted, bring SQL level, and let go of the folder. Done once, whatever has failed."""
        self._closing.set()
        if self._ticker.is_alive():
            self._ticker.join()
        self._opened.close()

    def _close_projector(self) -> None:
        if not self.projector.close(CLOSE_TIMEOUT_S):
            self.log.error("records are not level, the next start brings them there", lag=self.projector.lag)

    def fail(self, failure: BaseException) -> None:
        """Journal, machine or a projection broke: take nothing more, and let the server's exit say so."""
        self.failure = self.failure or failure
        self.log.error("exchange failed", error=repr(failure))
        self.failed.set()

    def _tick(self) -> None:
        """Moves that schedules have due; and a clock command where nobody asks for anything, so that timers need no
        traffic.

        Not before the first command: that one states the rules.
        """
        idle_s = self.settings.clock_idle_s
        while not self._closing.wait(idle_s) and not self.failed.is_set():
            if not self.sequence:
                continue
            self.scheduler.run_due(self.market_time_ns)
            if time.monotonic() - self._last_submitted_s >= idle_s:
                with suppress(Busy, Stopped):
                    self._sequencer.submit(Clock(actor=VENUE).encode())


def _has_order(commands: bytes) -> bool:
    return not _ORDERS.isdisjoint(commands[KIND_OFFSET::COMMAND_BYTES])


@contextmanager
def _refusals() -> Iterator[None]:
    """What parts of the exchange say when they cannot be opened, as the refusal to start that it is."""
    try:
        yield
    except (BrokenLogError, PolicyError) as error:
        raise StartRefused(error.code, error.detail) from None
    except VaultError as error:
        raise StartRefused("VAULT_INCOMPLETE", f"a listing's document cannot be read: {error}") from None
    except (CommandError, DBAPIError) as error:
        told = getattr(error, "orig", None) or error
        raise StartRefused("DATABASE_UNUSABLE", f"{type(told).__name__}: {told}") from None


def _lock_folder(folder: Path) -> int:
    """An open descriptor on the folder's lock, held until it is closed, or the process ends in whatever way."""
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        owner = os.read(descriptor, 20).decode("ascii", "replace").strip() or "unknown"
        os.close(descriptor)
        raise StartRefused("FOLDER_IN_USE", f"process {owner} has {folder} open; one folder has one writer") from None
    os.ftruncate(descriptor, 0)
    os.write(descriptor, f"{os.getpid()}\n".encode())
    return descriptor


def _master_key(settings: Settings) -> bytes | None:
    if settings.secrets_key is None:
        return None
    try:
        return bytes.fromhex(settings.secrets_key.get_secret_value())
    except ValueError:
        raise StartRefused("SECRETS_KEY_WRONG", "TLX_SECRETS_KEY is not 64 hex digits") from None


def _assayer_key(secrets: SecretStore) -> Ed25519PrivateKey:
    """The venue's signing key for certificates, made once."""
    return Ed25519PrivateKey.from_private_bytes(
        secrets.get_or_make(VENUE_SUBJECT, ASSAYER_KEY, lambda: os.urandom(KEY_BYTES))
    )
