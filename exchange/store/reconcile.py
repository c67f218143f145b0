"""The SQL books against the engine's balances: equal at the same sequence, or named where not."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import BigInteger, Engine, cast, func, select

from exchange.ledger.accounts import Bucket
from exchange.store import tables
from exchange.store.errors import StoreError

Key = tuple[int, int]
Owned = tuple[int, int]

_KEY = ("account", "asset", "bucket")
_OWN_BUCKETS = (Bucket.AVAILABLE, Bucket.HELD, Bucket.FEES)
"""What the engine counts as a balance: participants' buckets, and the venue's fees."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One balance, (total, held), that the engine, the balances table and the postings do not agree on."""

    account: int
    asset: int
    engine: Owned
    balances: Owned
    postings: Owned


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """`differences` name what disagrees, `unbalanced` the assets whose postings do not sum to zero, with the rest."""

    sequence: int
    compared: int
    differences: tuple[Difference, ...]
    unbalanced: dict[int, int]

    @property
    def agrees(self) -> bool:
        return not self.differences and not self.unbalanced


def reconcile(
    engine: Engine,
    sequence: int,
    owned: Iterable[tuple[int, int, int, int]],
    *,
    from_postings: bool = True,
) -> Reconciliation:
    """Compare the tables with `owned`, the machine's (account, asset, total, held) as they stand at `sequence`.

    Adding up every posting takes about a second per million; without `from_postings` the balances table answers for
    them. Tables that are ahead are read as they stood at `sequence`, which must be a batch's last, and from postings
    alone. Raises `StoreError` where they have not come so far: wait for the projector, then ask again.
    """
    machine = {(account, asset): (total, held) for account, asset, total, held in owned if total or held}
    balance = [tables.balances.c[name] for name in _KEY]
    posting = [tables.postings.c[name] for name in _KEY]
    upto = tables.postings.c.sequence <= sequence
    summed = select(*posting, cast(func.sum(tables.postings.c.amount), BigInteger)).where(upto).group_by(*posting)
    with engine.connect() as connection:  # One transaction: all of it stands at one watermark.
        watermark = connection.execute(select(tables.watermark.c.sequence)).scalar() or 0
        if watermark < sequence or (watermark > sequence and not from_postings):
            raise StoreError(f"the tables stand at sequence {watermark}, the machine at {sequence}")
        running = [tuple(row) for row in connection.execute(select(*balance, tables.balances.c.amount))]
        postings = [tuple(row) for row in connection.execute(summed)] if from_postings else running
        if watermark > sequence:
            running = postings
    balances, booked = _owned(running), _owned(postings)
    keys = sorted(machine.keys() | balances.keys() | booked.keys())
    compared = [Difference(*key, *(books.get(key, (0, 0)) for books in (machine, balances, booked))) for key in keys]
    differing = tuple(each for each in compared if not each.engine == each.balances == each.postings)
    return Reconciliation(sequence, len(keys), differing, _unbalanced(postings))


def _owned(rows: Iterable[tuple[int, ...]]) -> dict[Key, Owned]:
    """(total, held) by (account, asset), where not zero."""
    owned: dict[Key, Owned] = {}
    for account, asset, bucket, amount in rows:
        if bucket in _OWN_BUCKETS:
            total, held = owned.get((account, asset), (0, 0))
            owned[account, asset] = (total + amount, held + (amount if bucket == Bucket.HELD else 0))
    return {key: amounts for key, amounts in owned.items() if amounts != (0, 0)}


def _unbalanced(rows: Iterable[tuple[int, ...]]) -> dict[int, int]:
    sums: dict[int, int] = {}
    for _, asset, _, amount in rows:
        sums[asset] = sums.get(asset, 0) + amount
    return {asset: rest for asset, rest in sums.items() if rest}
