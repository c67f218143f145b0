"""Running balances: what postings make of the balances before them."""

from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from exchange.ledger.accounts import PARTICIPANT_BUCKETS, Bucket, Entry
from exchange.ledger.postings import LedgerError, Rows, groups

_KEYS: Final = ("account", "asset", "bucket")


class LedgerAccount(NamedTuple):
    account: int
    asset: int
    bucket: int


Balances = Mapping[LedgerAccount, int]


class Posted(NamedTuple):
    """The new balances of the ledger accounts that were touched, and the running balance after each line."""

    changes: dict[LedgerAccount, int]
    running: NDArray[np.int64]


def post(rows: Rows, balances: Balances) -> Posted:
    """Add postings, in their order, to `balances`, which stays as it is.

    The running balance of a participant's line is what the account owns of the asset, held or not; of another line,
    its bucket's. Raises `LedgerError` where a participant's bucket would end below zero.
    """
    changes = _changed(rows, balances)
    for key, amount in changes.items():
        if amount < 0 and key.bucket in PARTICIPANT_BUCKETS:
            raise LedgerError(f"balance of {tuple(key)} would be {amount}")
    return Posted(changes, _running(rows, balances))


def _changed(rows: Rows, balances: Balances) -> dict[LedgerAccount, int]:
    order, starts = groups(rows, _KEYS)
    if not len(order):
        return {}
    sums = np.add.reduceat(rows["amount"][order], starts).tolist()
    return {
        key: balances.get(key, 0) + change
        for key, change in zip(_ledger_accounts(rows[order[starts]]), sums, strict=True)
    }


def _running(rows: Rows, balances: Balances) -> NDArray[np.int64]:
    owned = rows.copy()
    owned["bucket"][rows["bucket"] == Bucket.HELD] = Bucket.AVAILABLE
    owned["amount"][rows["entry"] == Entry.HOLD] = 0  # A hold changes what is free, not what is owned.
    order, starts = groups(owned, _KEYS)
    amounts = owned["amount"][order]
    through = np.cumsum(amounts)
    opening = [owned_amount(balances, key) for key in _ledger_accounts(owned[order[starts]])]
    offsets = np.array(opening, np.int64) - (through[starts] - amounts[starts])
    running = np.empty(len(rows), np.int64)
    running[order] = through + np.repeat(offsets, np.diff(np.append(starts, len(order))))
    return running


def owned_amount(balances: Balances, key: LedgerAccount) -> int:
    """What stands in a bucket; for a participant's available one, together with what is held."""
    held = balances.get(key._replace(bucket=Bucket.HELD), 0) if key.bucket == Bucket.AVAILABLE else 0
    return balances.get(key, 0) + held


def _ledger_accounts(rows: Rows) -> list[LedgerAccount]:
    return list(map(LedgerAccount, *(rows[key].tolist() for key in _KEYS)))
