"""The reference says what the code does, because it is written from it."""

import inspect
from dataclasses import dataclass
from enum import IntEnum, IntFlag
from pathlib import Path

import pytest

from exchange.vocabulary import instruments, participants
from exchange.vocabulary.codec import COMMANDS
from exchange.vocabulary.reasons import DoneReason, Reason
from exchange.vocabulary.reference_page import ENDINGS, PLAIN, VALUES, meaning, pages
from exchange.vocabulary.refusals import MEANINGS, REFUSALS

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"


@pytest.mark.parametrize("name", pages())
def test_a_page_is_what_the_code_writes(name):
    written = (REFERENCE / name).read_text(encoding="utf-8")
    assert written == pages()[name], "run python -m exchange.vocabulary.reference_page docs/reference"


def test_every_command_has_its_refusals_and_every_reason_its_meaning():
    assert set(REFUSALS) == set(COMMANDS.kinds.values())
    assert set(MEANINGS) == set(Reason) - {Reason.NONE}
    assert {reason for reasons in REFUSALS.values() for reason in reasons} == set(MEANINGS)


def test_a_docstring_that_nobody_wrote_is_no_meaning():
    assert meaning(dataclass(type("Nameless", (), {}))) == ""
    assert meaning(COMMANDS.kinds[2]).startswith("Nothing but time")


def test_every_command_says_what_it_asks():
    silent = {command for command in COMMANDS.kinds.values() if not meaning(command)}
    assert set(PLAIN) == silent


def test_every_value_of_the_vocabulary_is_listed_and_every_ending_explained():
    enumerations = {
        each
        for module in (instruments, participants)
        for _, each in inspect.getmembers(module, inspect.isclass)
        if each.__module__ == module.__name__ and issubclass(each, (IntEnum, IntFlag))
    }
    assert set(VALUES) == enumerations
    assert set(ENDINGS) == set(DoneReason) - {DoneReason.NONE}
