"""The records of recalls and withdrawals: documents in the vault, whose digests are decisions on the listing.

So they come back from journal and vault like everything else, and the gate knows of them from the first request on.
"""

import json
from dataclasses import asdict, dataclass
from typing import Any, Final

from exchange.catalogue.lifecycle import UNDELIVERABLE, ListingState, Move
from exchange.compliance.decisions import canonical_json
from exchange.delivery.vault import Vault
from exchange.operations.directory import Directory
from exchange.operations.entries import BaseEntry

RECORD_FORMAT: Final = "tlx-lifecycle/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """One move of a listing by a person: `actor` is its key, `reason` a cause by its name, `note` its own words."""

    base: int
    listing: str
    move: Move
    state: ListingState
    reason: str
    note: str
    actor: int
    at_ns: int

    def document(self) -> bytes:
        return canonical_json({"format": RECORD_FORMAT, **asdict(self)})


def moves_of(vault: Vault, directory: Directory, entry: BaseEntry) -> list[tuple[bytes, Moved]]:
    """Every recorded move of a listing with its digest, the first one first."""
    found = []
    for digest in directory.permits.get(entry.listing, ()):
        record: dict[str, Any] = json.loads(vault.get(digest.hex()))
        if record.pop("format", "") == RECORD_FORMAT:
            record |= {"move": Move(record["move"]), "state": ListingState(record["state"])}
            found.append((digest, Moved(**record)))
    return found


def recalled_bases(vault: Vault, directory: Directory) -> dict[int, ListingState]:
    """Bases that are recalled or withdrawn now."""
    found = {}
    for entry in list(directory.bases.values()):
        moves = moves_of(vault, directory, entry) if entry.listing in directory.permits else []
        if moves and moves[-1][1].state in UNDELIVERABLE:
            found[entry.base] = moves[-1][1].state
    return found
