"""Why an operator does something, and what becomes of what takes a second one."""

from enum import StrEnum
from typing import Annotated, Any

import typer

from api.cli.console import say


class Cause(StrEnum):
    OPERATOR = "operator"
    RECALL = "recall"
    REGULATOR = "regulator"
    TECHNICAL = "technical"
    CONDUCT = "conduct"
    RISK = "risk"


Reason = Annotated[Cause, typer.Option(help="Why, in the word that the journal has")]
Note = Annotated[str, typer.Option(help="Why, in your own words; kept on record")]


def why(reason: Cause, note: str) -> dict[str, str]:
    return {"reason": reason.value, "note": note}


def say_proposed(told: dict[str, Any]) -> None:
    """Nothing has happened yet: who has to do what."""
    number = told["proposal"]["id"]
    say(f"Proposal {number} waits for another operator: tlx operator approve {number}")
