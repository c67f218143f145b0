"""How a dataset was cut into lots, as its certificate signs it: one hash over a statement of each lot.

A lot's statement is canonical JSON of {end, first, lot, root, rtu}: its documents from index `first` up to, not
including, `end`, their own Merkle root, and their tokens. The statements are the leaves of a tree shaped as that of the
documents, without salts. So whoever has the certificate cannot be told another place, or other tokens, of a lot.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from exchange.delivery.canonical import canonical_json
from exchange.vocabulary.merkle import leaf_hash, merkle_proofs, merkle_root, root_of_proof


class Span(Protocol):
    """A lot: its number from 0, and its documents from `first` up to, not including, `end`."""

    @property
    def number(self) -> int: ...
    @property
    def first(self) -> int: ...
    @property
    def end(self) -> int: ...


class Counted(Protocol):
    @property
    def rtu(self) -> int: ...


class LotStatement(NamedTuple):
    """One lot; `root` in hex."""

    end: int
    first: int
    lot: int
    root: str
    rtu: int

    @property
    def leaf(self) -> bytes:
        return leaf_hash(b"", canonical_json(self._asdict()))


class LotTable(NamedTuple):
    """The certificate's word on its lots: their nominal tokens, how many there are, and the root over statements."""

    lot_rtu: int
    lots: int
    root: bytes

    def has(self, lot: LotStatement, proof: Sequence[bytes]) -> bool:
        return root_of_proof(lot.leaf, lot.lot, self.lots, proof) == self.root


def lot_statements(rows: Sequence[Counted], leaves: Sequence[bytes], lots: Sequence[Span]) -> list[LotStatement]:
    """Of each lot; `rows` and `leaves` are the whole dataset's, in order."""
    return [
        LotStatement(
            end=lot.end,
            first=lot.first,
            lot=lot.number,
            root=merkle_root(leaves[lot.first : lot.end]).hex(),
            rtu=sum(row.rtu for row in rows[lot.first : lot.end]),
        )
        for lot in lots
    ]


def lots_certified(lot_rtu: int, statements: Sequence[LotStatement]) -> dict[str, Any]:
    """What the certificate says of the lots; integers and strings only."""
    root = merkle_root([statement.leaf for statement in statements])
    return {"lot_rtu": lot_rtu, "lots": len(statements), "root": root.hex()}


def read_lot_table(stated: Mapping[str, Any]) -> LotTable | None:
    """What a verified certificate says of its lots; None where it says nothing that can be one."""
    match stated:
        case {"lot_rtu": int(lot_rtu), "lots": int(lots), "root": str(root)} if len(stated) == 3 and len(root) == 64:
            try:
                return LotTable(lot_rtu, lots, bytes.fromhex(root))
            except ValueError:
                return None
    return None


def lot_proofs(statements: Sequence[LotStatement]) -> list[list[bytes]]:
    """For each lot, the path from its statement to the root over all of them."""
    return merkle_proofs([statement.leaf for statement in statements])
