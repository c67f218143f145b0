"""Secrets and people's data: encrypted at rest, found by opaque ids, erased for good on request.

    secrets.db        values, each encrypted (AES-256-GCM) under the key of its subject
    secrets.keys.db   the subjects' keys, each encrypted under the master key
    secrets.key       the master key, mode 600; or it comes from the environment and there is no such file

A subject is 16 opaque bytes: a person, an API key, a dataset, or the venue itself. Erasing one deletes its key, so that
copies of `secrets.db` made before become unreadable too. Nothing here is logged, and nothing goes into the journal.
"""

import hashlib
import os
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

VENUE_SUBJECT: Final = bytes(16)
SUBJECT_BYTES: Final = 16
KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12

_VALUES, _KEYS, _MASTER = "secrets.db", "secrets.keys.db", "secrets.key"
_SCHEMA: Final = (
    "CREATE TABLE IF NOT EXISTS main.secret (subject BLOB, name TEXT, sealed BLOB, PRIMARY KEY (subject, name))",
    "CREATE TABLE IF NOT EXISTS keys.subject_key (subject BLOB PRIMARY KEY, sealed BLOB)",
)


class SecretsError(Exception):
    """The store cannot be opened or read. `code` is stable; the text never holds a secret:

    SECRETS_KEY_MISSING   there are values, but no key to read them with
    SECRETS_KEY_WRONG     the master key is not 32 bytes, or not the one the store was made with
    SECRETS_KEY_EXPOSED   others than its owner may read the key file
    SECRETS_DAMAGED       a value was altered, or the file is no database
    """

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


def subject_of(kind: str, name: str) -> bytes:
    """The subject of something that has a public name, such as an API key's id."""
    return hashlib.sha256(f"{kind}\0{name}".encode()).digest()[:SUBJECT_BYTES]


class SecretStore:
    """One open store; safe to share between threads."""

    def __init__(self, connection: sqlite3.Connection, master_key: bytes) -> None:
        self._connection = connection
        self._master = AESGCM(master_key)
        self._lock = Lock()

    @classmethod
    def open(cls, folder: Path, master_key: bytes | None = None) -> Self:
        """Open the store in `folder`, or make a new one; without `master_key`, the key file's. Raises SecretsError."""
        folder.mkdir(parents=True, exist_ok=True)
        holds_values = (folder / _VALUES).exists()
        if holds_values and not (folder / _KEYS).exists():
            raise SecretsError("SECRETS_KEY_MISSING", f"{_VALUES} is there and {_KEYS} is not")
        key = _read_master_key(folder / _MASTER, holds_values) if master_key is None else master_key
        if len(key) != KEY_BYTES:
            raise SecretsError("SECRETS_KEY_WRONG", f"a master key has {KEY_BYTES} bytes")
        store = cls(_connect(folder), key)
        try:
            with store._write():
                store._subject_key(VENUE_SUBJECT, create=True)
        except SecretsError:
            store.close()
            raise
        return store

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def put(self, subject: bytes, name: str, value: bytes) -> None:
        """Keep `value`, in place of the one before; durable on return."""
        with self._write():
            key = self._subject_key(subject, create=True)
            assert key is not None
            sealed = _seal(key, value, subject + name.encode())
            self._connection.execute("INSERT OR REPLACE INTO main.secret VALUES (?, ?, ?)", (subject, name, sealed))

    def get(self, subject: bytes, name: str) -> bytes | None:
        """The value, or None where there is none, or no longer. SECRETS_DAMAGED where it was altered."""
        with self._lock:
            query = "SELECT sealed FROM main.secret WHERE subject = ? AND name = ?"
            row = self._connection.execute(query, (subject, name)).fetchone()
            key = self._subject_key(subject, create=False)
        if row is None or key is None:
            return None
        return _unseal(key, row[0], subject + name.encode(), "SECRETS_DAMAGED")

    def get_or_make(self, subject: bytes, name: str, make: Callable[[], bytes]) -> bytes:
        """The value; made, kept and durable where there was none."""
        found = self.get(subject, name)
        if found is None:
            found = make()
            self.put(subject, name, found)
        return found

    def add_person(self, description: bytes) -> bytes:
        """Keep what describes a person under a new opaque id, which is all that the journal and SQL may hold."""
        person = os.urandom(SUBJECT_BYTES)
        self.put(person, "description", description)
        return person

    def person(self, person: bytes) -> bytes | None:
        return self.get(person, "description")

    def erase(self, subject: bytes) -> bool:
        """Delete the subject's key and values for good; False where there was nothing. The venue's own cannot go."""
        assert subject != VENUE_SUBJECT, "the venue's own secrets are not erased"
        with self._write():
            gone = self._connection.execute("DELETE FROM keys.subject_key WHERE subject = ?", (subject,)).rowcount
            self._connection.execute("DELETE FROM main.secret WHERE subject = ?", (subject,))
        return gone > 0

    def _subject_key(self, subject: bytes, *, create: bool) -> AESGCM | None:
        assert len(subject) == SUBJECT_BYTES
        row = self._connection.execute("SELECT sealed FROM keys.subject_key WHERE subject = ?", (subject,)).fetchone()
        if row is not None:
            return AESGCM(_unseal(self._master, row[0], subject, "SECRETS_KEY_WRONG"))
        if not create:
            return None
        key = AESGCM.generate_key(8 * KEY_BYTES)
        sealed = _seal(self._master, key, subject)
        self._connection.execute("INSERT INTO keys.subject_key VALUES (?, ?)", (subject, sealed))
        return AESGCM(key)

    @contextmanager
    def _write(self) -> Iterator[None]:
        """One transaction over both files: a rollback journal commits them together, a WAL would not."""
        with self._lock, self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            yield


def _connect(folder: Path) -> sqlite3.Connection:
    for name in (_VALUES, _KEYS):
        (folder / name).touch(mode=0o600)
    connection = sqlite3.connect(folder / _VALUES, check_same_thread=False, isolation_level=None)
    try:
        connection.execute("ATTACH DATABASE ? AS keys", (str(folder / _KEYS),))
        for schema in ("main", "keys"):
            connection.execute(f"PRAGMA {schema}.journal_mode = DELETE")
            connection.execute(f"PRAGMA {schema}.synchronous = EXTRA")
            connection.execute(f"PRAGMA {schema}.secure_delete = ON")
        for statement in _SCHEMA:
            connection.execute(statement)
    except sqlite3.DatabaseError as error:
        connection.close()
        raise SecretsError("SECRETS_DAMAGED", str(error)) from None
    return connection


def _seal(key: AESGCM, value: bytes, place: bytes) -> bytes:
    """Encrypted, and bound to its place, so that one row's value does not pass for another's."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + key.encrypt(nonce, value, place)


def _unseal(key: AESGCM, sealed: bytes, place: bytes, code: str) -> bytes:
    try:
        return key.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], place)
    except (InvalidTag, ValueError):
        raise SecretsError(code, "a value does not open under this key") from None


def _read_master_key(path: Path, holds_values: bool) -> bytes:
    if not path.exists():
        if holds_values:
            raise SecretsError("SECRETS_KEY_MISSING", f"{_VALUES} is there and {_MASTER} is not")
        _write_master_key(path)
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise SecretsError("SECRETS_KEY_EXPOSED", f"{_MASTER} must have mode 600")
    try:
        return bytes.fromhex(path.read_text("ascii").strip())
    except ValueError:
        raise SecretsError("SECRETS_KEY_WRONG", f"{_MASTER} holds no key in hex") from None


def _write_master_key(path: Path) -> None:
    """Whole or not at all: a key that is half written must never be taken for one."""
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(descriptor, os.urandom(KEY_BYTES).hex().encode() + b"\n")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    draft.rename(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
