"""A sandbox in which accounts, orders and all else have names, and how it takes a command."""

import re
from collections.abc import Sequence
from enum import IntEnum
from typing import Any, Final, TypeVar

from exchange.matching.engine import Engine
from exchange.vocabulary import commands as c
from exchange.vocabulary import events as ev
from exchange.vocabulary.instruments import Phase
from exchange.vocabulary.reasons import Reason
from exchange.vocabulary.state import decode_snapshot
from exchange.vocabulary.units import NS_PER_SECOND
from simulations.sandbox import Sandbox, digest
from simulations.scenario_steps.registry import StepError, event_line

_UNITS_NS: Final = {
    "ns": 1, "us": 10**3, "ms": 10**6, "s": NS_PER_SECOND, "m": 60 * NS_PER_SECOND, "h": 3_600 * NS_PER_SECOND,
}  # fmt: skip
_TIME: Final = re.compile(r"(\d+)(ns|us|ms|s|m|h)")
R = TypeVar("R", bound=Any)
E = TypeVar("E", bound=IntEnum)


class Market:
    """`refused` are the kinds of command and the reasons of all refusals so far, in order."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.refused: list[tuple[int, Reason]] = []
        self._ids: dict[tuple[str, str], int] = {}
        self._names: dict[tuple[str, int], str] = {}
        self._by = 0
        self._raw: dict[str, str] = {}
        for kind, name, found in (
            ("account", "issuer", sandbox.issuer),
            ("account", "venue", 0),
            ("asset", "CNY", sandbox.asset),
            ("asset", "TEXT", sandbox.base),
            ("base", "TEXT", sandbox.base),
            ("instrument", "TEXT-CNY", sandbox.instrument),
        ):
            self.name(kind, name, found)
        self.claims_book = self._open_claims_book()

    def _open_claims_book(self) -> int:
        """Where accounts get their first claims, at one tick and free of fees: a book of its own, so that the one that
        the scenario is about has seen no trade."""
        sandbox, terms = self.sandbox, self.sandbox.terms
        define = c.DefineInstrument(
            base=sandbox.base,
            quote=sandbox.asset,
            tick_minor=terms.tick_minor,
            lot_rtu=terms.lot_rtu,
            max_lots=2**31 - 1,
            max_notional_minor=2**53,
            modes=1,
            symbol="CLAIMS-CNY",
        )
        book = sandbox.must(define)
        for phase in (Phase.HALTED, Phase.CONTINUOUS):
            sandbox.must(c.SetPhase(instrument=book, phase=phase))
        return book

    def name(self, kind: str, name: str, id_: int) -> None:
        """Call a thing (an `account`, an `order`, ...) by a name from here on."""
        self._ids[kind, name] = id_
        self._names[kind, id_] = name

    def must_be_new(self, kind: str, name: str) -> None:
        if (kind, name) in self._ids:
            raise StepError(f"there is the {kind} {name!r} already")

    def find(self, kind: str, name: str) -> int:
        """The id of what bears a name; `id=7` is the id 7, whether there is such a thing or not."""
        if name.startswith("id="):
            return int(name[3:])
        if (kind, name) not in self._ids:
            raise StepError(f"there is no {kind} {name!r}")
        return self._ids[kind, name]

    def name_of(self, kind: str, id_: int) -> str:
        return self._names.get((kind, id_), f"id={id_}")

    def number(self, kind: str, prefix: str, id_: int) -> str:
        """Call what has no label of its own by its number: `p1`, `p2`, ..."""
        name = f"{prefix}{1 + sum(named == kind for named, _ in self._names)}"
        self.name(kind, name, id_)
        return name

    @property
    def next_sequence(self) -> int:
        """The sequence of the next command, which is the id of what it makes."""
        return self.sandbox.sequence + 1

    def take_modifiers(self, words: Sequence[str]) -> Sequence[str]:
        """Keep what `by NAME` and `raw FIELD=VALUE …` at the end say for the step's command; returns the rest."""
        self._by, self._raw = 0, {}
        if "raw" in words:
            at = list(words).index("raw")
            self._raw = dict(named(word) for word in words[at + 1 :])
            words = words[:at]
        if len(words) > 2 and words[-2] == "by":
            self._by = self._asker(words[-1])
            words = words[:-2]
        return words

    def _asker(self, name: str) -> int:
        """A user or a key; of an account's name, its participant, who is no operator."""
        kind = next((kind for kind in ("user", "key", "participant") if (kind, name) in self._ids), "user")
        return self.find(kind, name)

    def apply(self, command: c.Command) -> list[str]:
        """What happened, in a trader's words and in order."""
        command.actor = self._by
        for name, value in self._raw.items():
            if not hasattr(command, name):
                raise StepError(f"{type(command).__name__} has no field {name!r}")
            setattr(command, name, self._field(name, type(getattr(command, name)), value))
        return [told for event in self._applied(command) if (told := event_line(self, event, command))]

    def _field(self, name: str, kind: type, value: str) -> int | str | bytes:
        """A raw field's value; a digest is of the word, and missing for `none`; an id may be a name."""
        if kind is bytes:
            return b"" if value == "none" else digest(value)
        if kind is str:
            return value
        return int(value) if value.lstrip("-").isdigit() else self.find(name, value)

    def _applied(self, command: c.Command) -> list[ev.Event]:
        happened = self.sandbox.apply(command)
        for event in happened:
            if isinstance(event, ev.CommandRefused):
                self.refused.append((event.command_kind, Reason(event.reason)))
        return happened

    def rows(self, row: type[R]) -> list[R]:
        """A table of the machine's state."""
        return decode_snapshot(self.sandbox.engine.snapshot()).rows(row)

    def recover(self) -> None:
        """Go on with an engine that was restored from a snapshot."""
        before = self.sandbox.engine.snapshot()
        restored = self.sandbox.engine = Engine.restore(before)
        assert restored.snapshot() == before, "a snapshot did not come back as it was"

    def in_ns(self, span: str) -> int:
        """The time that is so long from now, as `10s` or `+10s`."""
        return self.sandbox.now_ns + span_ns(span)


def named(word: str) -> tuple[str, str]:
    name, equals, value = word.partition("=")
    if not equals:
        raise StepError(f"{word!r} is no NAME=VALUE")
    return name, value


def options(words: Sequence[str], *known: str) -> dict[str, str]:
    """Words as `name=value`; StepError for a name that is not known."""
    found = dict(named(word) for word in words)
    if unknown := set(found) - set(known):
        raise StepError(f"there is no option {min(unknown)!r} here")
    return found


def labelled(words: Sequence[str], default: str = "it") -> tuple[list[str], str]:
    """The words before `as LABEL`, and the label."""
    rest = list(words)
    if "as" not in rest:
        return rest, default
    at = rest.index("as")
    return rest[:at], rest[at + 1]


def word_of(kind: type[E], word: str) -> E:
    """A member by its word: `cancel-newest` is CANCEL_NEWEST."""
    return kind[word.replace("-", "_").upper()]


def bits(kind: Any, words: str) -> int:
    """`continuous+call_auction` as the bits of a flag."""
    return sum(int(kind[word.upper()]) for word in words.split("+"))


def span_ns(span: str) -> int:
    found = _TIME.fullmatch(span.removeprefix("+"))
    if not found:
        raise StepError(f"{span!r} is no time such as 5s")
    return int(found[1]) * _UNITS_NS[found[2]]
