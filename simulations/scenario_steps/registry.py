"""Where steps are found: what a market does, what an account does, what is looked at, and how an event is told.

    @verb("reference")          of the market: `reference 100`
    @account_verb("deliver")    of an account: `ann deliver 5`
    @view("book")               a look, which changes nothing and is expected in full
    @view("last", names=0)      a look whose answer stands on its own line: `last 100`
    @line(ev.Trade)             an event as a line, empty where it goes without saying

Any step of a command may end with `by NAME`, who asks, and with `raw FIELD=VALUE …`, fields of the command as they
come, for what the words cannot say.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from exchange.vocabulary import commands as c
from exchange.vocabulary import events as ev
from exchange.vocabulary.codec import RecordError
from simulations.sandbox import SandboxError

if TYPE_CHECKING:
    from simulations.scenario_steps.market import Market

F = TypeVar("F")
Look = Callable[["Market", Sequence[str]], list[str]]


class StepError(ValueError):
    """A line that is no step."""


class View(NamedTuple):
    """`names` is how many words say what is looked at where the answer stands on the same line, else None."""

    look: Look
    names: int | None


_VERBS: dict[str, Look] = {}
_ACCOUNT_VERBS: dict[str, Callable[[Market, int, Sequence[str]], list[str]]] = {}
_VIEWS: dict[str, View] = {}
_LINES: dict[type[ev.Event], Callable[[Market, Any, c.Command], str]] = {}


def verb(name: str) -> Callable[[F], F]:
    """`(market, words after the verb) -> lines of what happened`."""
    return _entry(_VERBS, name)


def account_verb(name: str) -> Callable[[F], F]:
    """`(market, account, words after the verb) -> lines of what happened`."""
    return _entry(_ACCOUNT_VERBS, name)


def view(name: str, names: int | None = None) -> Callable[[Look], Look]:
    """`(market, words after the name) -> lines of what is seen`."""

    def register(look: Look) -> Look:
        _entry(_VIEWS, name)(View(look, names))
        return look

    return register


def line(event: type[ev.Event]) -> Callable[[F], F]:
    """`(market, event, the command that it came of) -> a line, or nothing`."""
    return _entry(_LINES, event)


def _entry(table: dict[Any, Any], key: object) -> Callable[[F], F]:
    def register(entry: F) -> F:
        assert key not in table, f"{key} is registered twice"
        table[key] = entry
        return entry

    return register


def told(market: Market, words: Sequence[str]) -> list[str]:
    """Take one step, or look; what happened or is seen, in order. Raises StepError."""
    try:
        return _take(market, words)
    except StepError:
        raise
    except (IndexError, KeyError, TypeError, ValueError, RecordError, SandboxError) as error:
        raise StepError(f"{' '.join(words)!r} is no step: {_in_words(error)}") from None


def _in_words(error: Exception) -> str:
    """What Python says of a line that stops short, or of a word where a number should be, for whoever wrote it."""
    if isinstance(error, IndexError):
        return "something is missing"
    return re.sub(r"invalid literal for int\(\) with base 10: (.*)", r"\1 is no whole number", str(error))


def _take(market: Market, words: Sequence[str]) -> list[str]:
    if words[0] in _VIEWS:
        found = _VIEWS[words[0]]
        return found.look(market, words[1:] if found.names is None else words[1 : 1 + found.names])
    rest = market.take_modifiers(words)
    if rest[0] in _VERBS:
        return _VERBS[rest[0]](market, rest[1:])
    account = market.find("account", rest[0])
    if rest[1] not in _ACCOUNT_VERBS:
        raise StepError(f"an account does not {rest[1]!r}")
    return _ACCOUNT_VERBS[rest[1]](market, account, rest[2:])


def known_steps() -> list[str]:
    """The first words of every step and look there is, as a reader writes them: `phase`, `NAME buy`."""
    return [*_VERBS, *(f"NAME {verb}" for verb in _ACCOUNT_VERBS), *_VIEWS]


def stated(words: Sequence[str]) -> list[str] | None:
    """What a look itself says must be seen: the rest of its line, or what stands under it (None)."""
    found = _VIEWS.get(words[0])
    return None if found is None or found.names is None else [" ".join(words[1 + found.names :])]


def is_view(words: Sequence[str]) -> bool:
    """Whether the step looks, so that nothing under it means that nothing is to be seen."""
    return words[0] in _VIEWS


def event_line(market: Market, event: ev.Event, command: c.Command) -> str:
    """What a trader would say of an event; empty for what goes without saying."""
    tell = _LINES.get(type(event))
    return tell(market, event, command) if tell else ""
