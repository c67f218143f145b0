"""Asking the machine: commands in, events out, refusals raised by name."""

from typing import TypeVar

from exchange.operations.refusals import OperationRefused
from exchange.runtime import Exchange
from exchange.vocabulary.codec import EVENTS, Record
from exchange.vocabulary.commands import Command
from exchange.vocabulary.events import CommandRefused
from exchange.vocabulary.reasons import Reason, message

ANSWER_TIMEOUT_S = 60.0

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
                reason = Reason(event.reason)
                raise OperationRefused(reason.name, message(reason), {"sequence": str(event.sequence)})
    return answers


def ask_one(exchange: Exchange, command: Command, expected: type[E]) -> E:
    """The one event of the expected kind that answers the command, after what timers fired before it."""
    (answer,) = ask(exchange, command)
    return next(event for event in answer if isinstance(event, expected))
