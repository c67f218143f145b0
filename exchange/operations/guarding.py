"""Guards on connections of a server that is gone: whoever had them is not connected any more (rule 10)."""

from exchange.operations.asking import ask
from exchange.runtime import Exchange
from exchange.vocabulary import commands, rows
from exchange.vocabulary.participants import VENUE
from exchange.vocabulary.state import decode_snapshot

_AT_ONCE = 16
"""Commands of one group: the least that settings allow a block to hold."""


def end_old_guards(exchange: Exchange) -> int:
    """Tell the machine that every connection guarded in the opening state broke; how many there were.

    Interrupted, the next start finds what is left. To be called once, before clients are let in.
    """
    left = [
        commands.Disconnect(actor=VENUE, account=row.account, guard=row.guard)
        for row in decode_snapshot(exchange.opening_state).rows(rows.GuardRow)
    ]
    for start in range(0, len(left), _AT_ONCE):
        ask(exchange, *left[start : start + _AT_ONCE])
    return len(left)
