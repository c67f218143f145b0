"""Proof that a journal is whole, and what it says: for an operator, an auditor, and every test that kills a server."""

from dataclasses import dataclass
from pathlib import Path

from exchange.matching.engine import Engine
from exchange.spine.journal import read_blocks


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalReport:
    """`head` is the digest that vouches for all of it, `epochs` how many writers there have been."""

    blocks: int
    commands: int
    epochs: int
    last_sequence: int
    head: str
    state_hash: str


def verify_journal(folder: Path) -> JournalReport:
    """Read every block against its chain and replay every command, checking the machine's invariants at the end.

    Raises JournalDamaged where the bytes are not what was written, AssertionError where the machine does not hold.
    """
    engine = Engine()
    blocks = commands = epoch = 0
    head = ""
    for block in read_blocks(folder):
        engine.apply(block.commands)
        blocks += 1
        commands += block.header.commands
        epoch, head = block.header.epoch, block.header.digest.hex()
    engine.check_invariants()
    return JournalReport(
        blocks=blocks,
        commands=commands,
        epochs=epoch,
        last_sequence=engine.sequence,
        head=head,
        state_hash=engine.state_hash().hex(),
    )
