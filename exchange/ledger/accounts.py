"""The chart of accounts.

A ledger account is (account, asset, bucket). Amounts are signed: a credit is positive, a debit negative, and
what belongs to participants and the venue stands in credit. So each asset's buckets sum to zero: what
participants own and the venue has earned came in as deposits or by issue, and has not left as a withdrawal, of cash
or of claims, or a delivery. Claims on a pool are issued as claims on bases are pooled; pooled ones stand with the
venue until the pool delivers them.
"""

from enum import IntEnum
from typing import Final

from exchange.vocabulary.participants import VENUE


class Bucket(IntEnum):
    """A line of the chart, by its code. Participants' buckets exist per account, the others once, under the venue's."""

    AVAILABLE = 110
    HELD = 120
    FEES = 210
    DEPOSITS = 310
    WITHDRAWALS = 320
    ISSUED = 410
    DELIVERED = 420
    POOLED = 430
    CLAIMS_WITHDRAWN = 440


TITLES: Final = {
    Bucket.AVAILABLE: "Participants, available",
    Bucket.HELD: "Participants, held for orders and withdrawals",
    Bucket.FEES: "Trading fees earned by the venue",
    Bucket.DEPOSITS: "Outside world, deposits received",
    Bucket.WITHDRAWALS: "Outside world, withdrawals paid",
    Bucket.ISSUED: "Claims issued",
    Bucket.DELIVERED: "Claims delivered as lots",
    Bucket.POOLED: "Claims turned into claims on pools",
    Bucket.CLAIMS_WITHDRAWN: "Claims withdrawn, with nothing delivered",
}

PARTICIPANT_BUCKETS: Final = frozenset({Bucket.AVAILABLE, Bucket.HELD})
"""What an account owns: the sum of these. Neither may ever be negative."""


def own_buckets(account: int) -> frozenset[Bucket]:
    """What an account owns an asset in: the venue only its fees."""
    return frozenset({Bucket.FEES}) if account == VENUE else PARTICIPANT_BUCKETS


class Entry(IntEnum):
    """Why a posting was made."""

    MATCH = 1
    FEE = 2
    DEPOSIT = 3
    WITHDRAWAL = 4
    ISSUE = 5
    DELIVERY = 6
    HOLD = 7
    POOL = 8
    BUST = 9
    ADJUSTMENT = 10
    CLAIM_WITHDRAWAL = 11


ENTRY_TYPES: Final = {
    Entry.MATCH: "match",
    Entry.FEE: "fee",
    Entry.DEPOSIT: "transfer",
    Entry.WITHDRAWAL: "transfer",
    Entry.ISSUE: "issue",
    Entry.DELIVERY: "delivery",
    Entry.HOLD: "hold",
    Entry.POOL: "pool",
    Entry.BUST: "bust",
    Entry.ADJUSTMENT: "adjustment",
    Entry.CLAIM_WITHDRAWAL: "withdrawal",
}
"""The `type` of a ledger line as clients read it."""


def account_code(bucket: int, account: int, asset_code: str) -> str:
    """A ledger account as a bookkeeper writes it: `110-42-CNY`; the venue's have no account number: `210-CNY`."""
    return f"{bucket}-{asset_code}" if account == VENUE else f"{bucket}-{account}-{asset_code}"
