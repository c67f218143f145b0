"""A certificate of one's own: what an assay measured, signed with the assayer's key."""

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from api.cli.console import CommandError
from exchange.assay.certificate import sign_certificate

VALID_S: Final = 365 * 86_400
_KEY_BYTES: Final = 32


def write_certificate(body: Mapping[str, Any], file: Path, key_file: Path) -> str:
    """Sign and write; the public key in hex, by which others verify. CommandError BAD_KEY, CANNOT_WRITE."""
    key = _key(key_file)
    now_s = int(time.time())
    try:
        file.write_bytes(sign_certificate(body, key, issued_at_s=now_s, expires_at_s=now_s + VALID_S))
    except OSError as error:
        raise CommandError("CANNOT_WRITE", f"{file}: {error.strerror}") from None
    return key.public_key().public_bytes_raw().hex()


def _key(file: Path) -> Ed25519PrivateKey:
    """The key in the file, in hex; one by chance where there is no file yet, for its owner's eyes alone."""
    try:
        if file.exists():
            return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(file.read_text(encoding="ascii").strip()))
        key = Ed25519PrivateKey.generate()
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as opened:
            opened.write(key.private_bytes_raw().hex() + "\n")
    except OSError as error:
        raise CommandError("CANNOT_WRITE", f"{file}: {error.strerror}") from None
    except ValueError:
        raise CommandError("BAD_KEY", f"{file} holds no {_KEY_BYTES} bytes in hex") from None
    return key
