"""Scenarios: what a rule does, written so that a trader can read it, and run against the machine.

The format is `docs/reference/scenarios.md`. A file holds several; each has a market of its own, with the accounts that
it names. A step is one line; indented under it stands what must come of it, in order.
"""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from exchange.matching.engine import Engine
from exchange.vocabulary.instruments import OrderType, Side
from exchange.vocabulary.rows import BalanceRow, OrderRow
from exchange.vocabulary.state import decode_snapshot
from simulations.sandbox import Sandbox, Terms
from simulations.scenario_steps import Market, StepError, told

_HEAD: Final = re.compile(r"scenario:\s*(.+)")
_RULES: Final = re.compile(r"rules:\s*([\d\s]+)")
_TERMS: Final = re.compile(r"terms:\s*(.+)")


class ScenarioError(ValueError):
    """A file that is no scenario: `path:line: what is wrong`."""


@dataclass
class Step:
    """A line with what is expected of it; `number` is its line in the file."""

    number: int
    words: list[str]
    expected: list[str] = field(default_factory=list)


@dataclass
class Scenario:
    path: Path
    number: int
    title: str
    rules: tuple[int, ...] = ()
    terms: dict[str, int] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)


@dataclass(frozen=True)
class Outcome:
    """`difference` is empty where everything came as expected, else what a reader needs to see why not."""

    scenario: Scenario
    difference: str

    @property
    def ok(self) -> bool:
        return not self.difference


def read_scenarios(path: Path) -> Iterator[Scenario]:
    """Every scenario of a file, or of the `.scenario` files of a folder. Raises ScenarioError, OSError."""
    files = sorted(path.rglob("*.scenario")) if path.is_dir() else [path]
    for file in files:
        yield from _read(file)


def _read(path: Path) -> Iterator[Scenario]:
    current: Scenario | None = None
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        text = line.split("#", 1)[0].rstrip()
        if not text:
            continue
        if head := _HEAD.fullmatch(text):
            if current:
                yield current
            current = Scenario(path, number, head[1])
        elif current is None:
            raise ScenarioError(f"{path}:{number}: a scenario begins with `scenario: its title`")
        else:
            _take(current, number, text)
    if current:
        yield current


def _take(scenario: Scenario, number: int, text: str) -> None:
    if rules := _RULES.fullmatch(text):
        scenario.rules = tuple(int(rule) for rule in rules[1].split())
    elif terms := _TERMS.fullmatch(text):
        known = Terms.__dataclass_fields__
        for name, _, value in (word.partition("=") for word in terms[1].split()):
            if name not in known or not value.isdigit():
                raise ScenarioError(f"{scenario.path}:{number}: {name!r} is no term with a whole number")
            scenario.terms[name] = int(value)
    elif text[0].isspace():
        if not scenario.steps:
            raise ScenarioError(f"{scenario.path}:{number}: something is expected of no step")
        scenario.steps[-1].expected.append(" ".join(text.split()))
    else:
        scenario.steps.append(Step(number, shlex.split(text)))


def run(scenario: Scenario) -> Outcome:
    """Play it against a fresh machine; raises ScenarioError where a step is no step."""
    market = Market(Sandbox(Terms(**scenario.terms)))
    for step in scenario.steps:
        try:
            happened = _seen(market, step)
        except StepError as error:
            raise ScenarioError(f"{scenario.path}:{step.number}: {error}") from None
        market.sandbox.engine.check_invariants()
        if not _as_expected(step, happened):
            return Outcome(scenario, _difference(scenario, step, happened))
    _check_snapshot(market.sandbox.engine)
    return Outcome(scenario, "")


def _seen(market: Market, step: Step) -> list[str]:
    if step.words[0] == "book":
        return _book(market)
    if step.words[0] == "balance":
        return [_balance(market, *step.words[1:3])]
    return told(market, step.words)


def _as_expected(step: Step, happened: list[str]) -> bool:
    if step.words[0] == "balance":
        return happened == [" ".join(step.words[3:])]
    if not step.expected and step.words[0] != "book":
        return not any(each.startswith("refused") for each in happened)
    expected = [] if step.expected in (["nothing"], ["empty"]) else step.expected
    return len(expected) == len(happened) and all(map(_matches, expected, happened))


def _matches(expected: str, happened: str) -> bool:
    """A trade may leave out with whom."""
    return happened == expected or (expected.startswith("trade") and happened.startswith(f"{expected} with"))


def _book(market: Market) -> list[str]:
    """Levels as everyone sees them, bids first, the best of each side first."""
    levels: dict[tuple[int, int], int] = {}
    for row in decode_snapshot(market.sandbox.engine.snapshot()).rows(OrderRow):
        if row.place and not row.done_ns and row.type != OrderType.MARKET:  # One in a call shows nowhere.
            key = (row.side, row.price_ticks)
            levels[key] = levels.get(key, 0) + row.leaves_lots - row.hidden_lots
    best_first = sorted(levels, key=lambda key: (key[0], -key[1] if key[0] == Side.BUY else key[1]))
    return [f"{'bid' if side == Side.BUY else 'ask'} {levels[side, price]} @ {price}" for side, price in best_first]


def _balance(market: Market, name: str, asset: str) -> str:
    wanted = (market.account(name), market.sandbox.asset if asset == "cash" else market.sandbox.base)
    rows = decode_snapshot(market.sandbox.engine.snapshot()).rows(BalanceRow)
    found = next(((row.total, row.held) for row in rows if (row.account, row.asset) == wanted), (0, 0))
    return f"{found[0]} held {found[1]}"


def _check_snapshot(engine: Engine) -> None:
    """Whatever state a scenario ends in, a snapshot of it comes back as it was."""
    assert Engine.restore(engine.snapshot()).snapshot() == engine.snapshot()


def _difference(scenario: Scenario, step: Step, happened: list[str]) -> str:
    expected = [" ".join(step.words[3:])] if step.words[0] == "balance" else step.expected or ["no refusal"]
    lines = [f"{scenario.path}:{step.number}: {scenario.title}", f"  step      {' '.join(step.words)}"]
    lines += [f"  expected  {each}" for each in expected]
    lines += [f"  happened  {each}" for each in happened or ["nothing"]]
    return "\n".join(lines)
