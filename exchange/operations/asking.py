"""Asking the machine: commands in, events out, refusals raised by name."""

from typing import Final, TypeVar

from exchange.operations.directory import Directory
from exchange.operations.refusals import OperationRefused
from exchange.runtime import Exchange
from exchange.vocabulary.codec import EVENTS, Record
from exchange.vocabulary.commands import Command
from exchange.vocabulary.events import CommandRefused, Proposed
from exchange.vocabulary.reasons import Reason
from exchange.vocabulary.refusals import MEANINGS
from exchange.vocabulary.units import format_scaled
from exchange.vocabulary.wire import SIZE_SCALE

ANSWER_TIMEOUT_S = 60.0

_SENTENCES: Final = {
    Reason.SAME_USER: "whoever proposed it cannot approve it: another user with the role operator does, under a key of "
    "that user; where there is none yet, register one",
    Reason.BUST_IMPOSSIBLE: "a party cannot give back what it got",
    Reason.KILLED: "the kill switch is on; it has to be lifted first",
}
"""Where what a reason means does not say what to do about it."""

E = TypeVar("E", bound=Record)


def ask(exchange: Exchange, *commands: Command) -> list[list[Record]]:
    """Submit the commands as one group and wait; the events of each. Raises OperationRefused on the first refusal.

    Every command of the group is judged by itself: what a refused one would have prepared, the later ones find absent
    and are refused too, so a group is put in an order in which that holds.
    """
    encoded = b"".join(command.encode() for command in commands)
    reply = exchange.submit(encoded).result(ANSWER_TIMEOUT_S)
    answers = [list(EVENTS.decode_all(events)) for events in reply.events]
    for answer in answers:
        for event in answer:
            if isinstance(event, CommandRefused):
                raise _refusal(exchange.directory, event)
    return answers


def ask_one(exchange: Exchange, command: Command, expected: type[E]) -> E:
    """The one event of the expected kind that answers the command, after what timers fired before it."""
    (answer,) = ask(exchange, command)
    return next(event for event in answer if isinstance(event, expected))


def propose(exchange: Exchange, command: Command, expected: type[E]) -> E | Proposed:
    """What answers a command that may take a second user: the proposal it became, or what it did at once."""
    (answer,) = ask(exchange, command)
    return next(event for event in answer if isinstance(event, (expected, Proposed)))


def _refusal(directory: Directory, event: CommandRefused) -> OperationRefused:
    reason = Reason(event.reason)
    details = {"sequence": str(event.sequence)}
    if reason is Reason.BUST_IMPOSSIBLE:
        details |= {"account": str(event.subject), **_lacking(directory, event)}
    return OperationRefused(reason.name, _SENTENCES.get(reason) or MEANINGS[reason], details)


def _lacking(directory: Directory, event: CommandRefused) -> dict[str, str]:
    """What a party lacks, in the units in which balances are told."""
    cash = directory.assets.get(event.asset)
    if cash is not None:
        return {"currency": cash.code, "lacking": format_scaled(event.lacking, cash.scale)}
    claimed = directory.claimed(event.asset)
    return {"currency": claimed.code, "lacking": format_scaled(event.lacking * claimed.lot_rtu, SIZE_SCALE)}
