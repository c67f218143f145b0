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

from exchange.vocabulary.codec import RecordError
from exchange.vocabulary.instruments import Mode
from exchange.vocabulary.reasons import Reason
from simulations.sandbox import Sandbox, SandboxError, Terms
from simulations.scenario_steps import Market, StepError, bits, is_view, stated, told

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
    """`difference` is empty where everything came as expected, else what a reader needs to see why not; `refused` are
    the kinds of command that were refused, with the reasons, and `ranked` those with a later reason that was said to
    be given too."""

    scenario: Scenario
    difference: str
    refused: frozenset[tuple[int, Reason]] = frozenset()
    ranked: frozenset[tuple[int, Reason, Reason]] = frozenset()

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
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError:
        raise ScenarioError(f"{path}: a scenario is text in UTF-8") from None
    for number, line in enumerate(lines, 1):
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
        for name, _, value in (word.partition("=") for word in terms[1].split()):
            scenario.terms[name] = _term(f"{scenario.path}:{number}", name, value)
    elif text[0].isspace():
        if not scenario.steps:
            raise ScenarioError(f"{scenario.path}:{number}: something is expected of no step")
        scenario.steps[-1].expected.append(" ".join(text.split()))
    elif text.startswith("rules:"):
        raise ScenarioError(f"{scenario.path}:{number}: rules are named by their numbers")
    else:
        scenario.steps.append(Step(number, _words(scenario, number, text)))


def _words(scenario: Scenario, number: int, text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        raise ScenarioError(f"{scenario.path}:{number}: a quotation is not closed") from None


def _term(where: str, name: str, value: str) -> int:
    """A whole number, or modes by their names: `call_auction+negotiated`."""
    is_modes = name == "modes" and all(word.upper() in Mode.__members__ for word in value.split("+"))
    if name not in Terms.__dataclass_fields__ or not (value.isdigit() or is_modes):
        raise ScenarioError(f"{where}: {name!r} is no term with a whole number")
    return bits(Mode, value) if is_modes else int(value)


def run(scenario: Scenario, *, recovering: bool = False) -> Outcome:
    """Play it against a fresh machine, one that comes back from a snapshot after each step where it is `recovering`.

    Raises ScenarioError where a step is no step.
    """
    market = _market(scenario)
    ranked: set[tuple[int, Reason, Reason]] = set()
    difference = ""
    for step in scenario.steps:
        try:
            happened = told(market, step.words)
            market.sandbox.engine.check_invariants()
            if not _as_expected(step, happened):
                difference = _difference(scenario, step, happened)
                break
            ranked |= _ranked(market, step)
        except StepError as error:
            raise ScenarioError(f"{scenario.path}:{step.number}: {error}") from None
        if recovering:
            market.recover()
    market.recover()
    return Outcome(scenario, difference, frozenset(market.refused), frozenset(ranked))


def _market(scenario: Scenario) -> Market:
    try:
        return Market(Sandbox(Terms(**scenario.terms)))
    except (SandboxError, RecordError) as error:
        raise ScenarioError(f"{scenario.path}:{scenario.number}: there is no market of these terms: {error}") from None


def _ranked(market: Market, step: Step) -> set[tuple[int, Reason, Reason]]:
    """What a step says of the order of refusals: `refused BAD_PRICE before BAD_SIZE`."""
    lines = [line.split() for line in step.expected if " before " in line]
    for line in lines:
        if line[-1] not in Reason.__members__:
            raise StepError(f"there is no reason {line[-1]!r}")
    return {(market.refused[-1][0], Reason[line[1]], Reason[line[-1]]) for line in lines}


def _as_expected(step: Step, happened: list[str]) -> bool:
    if (answer := stated(step.words)) is not None:
        return happened == answer
    if not step.expected and not is_view(step.words):
        return not any(each.startswith("refused") for each in happened)
    expected = [] if step.expected in (["nothing"], ["empty"]) else step.expected
    return len(expected) == len(happened) and all(map(_matches, expected, happened))


def _matches(expected: str, happened: str) -> bool:
    """A trade may leave out with whom, a refusal may say which one it comes before."""
    said = expected.partition(" before ")[0] if expected.startswith("refused") else expected
    return happened == said or (said.startswith("trade") and happened.startswith(f"{said} with"))


def _difference(scenario: Scenario, step: Step, happened: list[str]) -> str:
    expected = stated(step.words) or step.expected or ["nothing" if is_view(step.words) else "no refusal"]
    lines = [f"{scenario.path}:{step.number}: {scenario.title}", f"  step      {' '.join(step.words)}"]
    lines += [f"  expected  {each}" for each in expected]
    lines += [f"  happened  {each}" for each in happened or ["nothing"]]
    return "\n".join(lines)
