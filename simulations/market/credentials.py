"""Keys in files, each readable by its owner alone, and what else a simulated market keeps in its folder."""

import base64
import binascii
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


class CredentialsError(Exception):
    """A file that holds no key."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """An API key. What is secret stays out of what is printed."""

    key: str
    secret: bytes = field(repr=False)
    passphrase: str = field(repr=False)

    @classmethod
    def of(cls, told: dict[str, Any]) -> "Credentials":
        """From the JSON of a credentials file, or of the answer that made the key; CredentialsError."""
        try:
            return cls(str(told["key"]), base64.b64decode(told["secret"], validate=True), str(told["passphrase"]))
        except (KeyError, TypeError, binascii.Error):
            raise CredentialsError("a credentials file has key, secret (base64) and passphrase") from None


def read_credentials(path: Path) -> Credentials:
    try:
        told = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise CredentialsError(f"{path}: {error}") from None
    return Credentials.of(told if isinstance(told, dict) else {})


def write_private(path: Path, told: dict[str, Any]) -> None:
    """Replace a JSON file that only its owner may read; durable, whole or not at all."""
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(told, file, ensure_ascii=False, indent=1)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)


def read_private(path: Path) -> dict[str, Any]:
    """What `write_private` wrote; empty where there is nothing yet."""
    if not path.exists():
        return {}
    told = json.loads(path.read_text())
    if not isinstance(told, dict):
        raise CredentialsError(f"{path} is none of this market's files")
    return told
