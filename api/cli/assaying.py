"""Running an assay from the command line: how many work on it, where scanned parts are kept, and its secret."""

import os
from pathlib import Path
from typing import Final

from api.cli.console import CommandError
from api.cli.measured import Measured
from api.cli.progress import progress
from exchange.assay.pipeline import AssayResult, ReferenceFiles, Way, assay_documents
from exchange.operations.listing import DATASET_SECRET_BYTES

BYTES_OF_A_WORKER: Final = 2_000_000
"""Less text than this is not worth another process."""
SECRET_NAME: Final = "secret"  # noqa: S105 - a file's name.


def run_assay(measured: Measured, way: Way, secret: Path | None, words: Path | None) -> AssayResult:
    """No workers are as many as the text is worth. CommandError where the secret is none.

    Without a file of its own the secret is made by chance, and kept beside the parts where those are kept.
    """
    worth = workers_worth(measured.size_bytes)
    with progress(f"Assaying {measured.name}", measured.size_bytes) as told:
        return assay_documents(
            measured.documents,
            name=measured.name,
            version=measured.version,
            secret=_secret(secret, way.folder),
            declared=measured.declared,
            way=way._replace(workers=way.workers or worth),
            progress=told,
            reference=ReferenceFiles(words=words),
            account=measured.account,
        )


def workers_worth(size_bytes: int) -> int:
    """As many processes as there are processors for, and text for."""
    return min(len(os.sched_getaffinity(0)), 1 + size_bytes // BYTES_OF_A_WORKER)


def _secret(file: Path | None, folder: Path | None) -> bytes:
    if file is not None:
        return _read_secret(file)
    if folder is None:
        return os.urandom(DATASET_SECRET_BYTES)
    kept = folder / SECRET_NAME
    if not kept.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as made:
            made.write(os.urandom(DATASET_SECRET_BYTES).hex())
    return _read_secret(kept)


def _read_secret(file: Path) -> bytes:
    try:
        secret = bytes.fromhex(file.read_text("ascii"))
    except (OSError, ValueError) as error:
        raise CommandError("BAD_SECRET", f"{file} holds no secret in hex: {error}") from None
    if len(secret) != DATASET_SECRET_BYTES:
        raise CommandError("BAD_SECRET", f"{file} holds {len(secret)} bytes, not {DATASET_SECRET_BYTES}")
    return secret
