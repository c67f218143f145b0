"""Secrets of API keys: the HMAC secret, which signing needs in clear, and the passphrase, of which a hash will do."""

import hmac
import os
import secrets
from typing import Final, NamedTuple

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from exchange.store.secrets import SecretStore, subject_of

SECRET_BYTES: Final = 64
_HMAC, _PASSPHRASE = "hmac", "passphrase"


class NewKey(NamedTuple):
    """A key as shown once to its owner; `public_id` alone may be seen again."""

    public_id: str
    secret: bytes
    passphrase: str

    def __repr__(self) -> str:
        return f"NewKey(public_id={self.public_id!r})"


class KeySecrets:
    """The secrets of API keys in a store.

    Argon2 takes tens of milliseconds, too long for every request: a passphrase that was right once is afterwards
    known by a keyed hash that lives in memory alone.
    """

    def __init__(self, store: SecretStore) -> None:
        self._store = store
        self._hasher = PasswordHasher()
        self._memory_key = os.urandom(32)
        self._right: dict[str, bytes] = {}

    def create(self, public_id: str | None = None) -> NewKey:
        """Make and keep the secrets of a new key, durable on return."""
        new = NewKey(public_id or secrets.token_hex(16), os.urandom(SECRET_BYTES), secrets.token_urlsafe(12))
        subject = subject_of("api-key", new.public_id)
        self._store.put(subject, _HMAC, new.secret)
        self._store.put(subject, _PASSPHRASE, self._hasher.hash(new.passphrase).encode())
        return new

    def hmac_secret(self, public_id: str) -> bytes | None:
        """What the key's requests are signed with; None for an unknown or erased key."""
        return self._store.get(subject_of("api-key", public_id), _HMAC)

    def is_passphrase(self, public_id: str, passphrase: str) -> bool:
        seen = hmac.digest(self._memory_key, f"{public_id}\0{passphrase}".encode(), "sha256")
        right = self._right.get(public_id)
        if right is not None:
            return hmac.compare_digest(right, seen)
        kept = self._store.get(subject_of("api-key", public_id), _PASSPHRASE)
        if kept is None:
            return False
        try:
            self._hasher.verify(kept.decode(), passphrase)
        except VerificationError:
            return False
        self._right[public_id] = seen
        return True

    def erase(self, public_id: str) -> bool:
        gone = self._store.erase(subject_of("api-key", public_id))
        self._right.pop(public_id, None)
        return gone
