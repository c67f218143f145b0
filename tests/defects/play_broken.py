"""Every check of the machine against one that has a module replaced, for each line of input: a JSON object of the
`file`, the `source` to take in its place, and the `rules` whose scenarios come first.

Answers each with a line, a JSON string: `caught: by what` at the first check that fails, `passed` when none does, and
`unsound: why` for a text that is no machine at all: what cannot be imported, names what does not exist, or never comes
to an end says nothing about the checks.

Each broken machine lives and dies in a process of its own, forked from this one, which has loaded what is the same for
all: the records are most of the time that loading takes.
"""

import json
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import CodeType

ROOT = Path(__file__).parents[2]
SCENARIOS = ROOT / "simulations" / "scenarios"
LONGEST_S = 120
MISTAKES_OF_WRITING = (SyntaxError, ImportError, NameError, AttributeError, TypeError)


class Replaced(MetaPathFinder):
    """Finds one module, and gives it another text than its file has."""

    def __init__(self, file: str, text: str) -> None:
        self.path, self.text = str(ROOT / file), text
        self.name = file.removesuffix(".py").replace("/", ".")

    def find_spec(self, fullname: str, _path: object = None, _target: object = None) -> ModuleSpec | None:
        if fullname != self.name:
            return None
        return spec_from_file_location(fullname, self.path, loader=_Loader(fullname, self.path, self.text))


class _Loader(SourceFileLoader):
    def __init__(self, fullname: str, path: str, text: str) -> None:
        super().__init__(fullname, path)
        self.text = text

    def get_code(self, _fullname: str) -> CodeType:
        return compile(self.text, self.path, "exec", dont_inherit=True)


def checks(rules: set[int]) -> Iterator[Callable[[], str | None]]:
    """Scenarios that name the rules, then the checks beside them, then all other scenarios; each tells a difference."""
    from simulations.scenario import read_scenarios, run  # noqa: PLC0415 - it imports the machine: the broken one.

    scenarios = list(read_scenarios(SCENARIOS))
    yield from (lambda each=each: run(each).difference for each in scenarios if rules & set(each.rules))

    import defect_checks  # noqa: PLC0415 - as above.
    import venue_checks  # noqa: PLC0415

    yield from (*defect_checks.CHECKS, *venue_checks.CHECKS)
    yield from (lambda each=each: run(each).difference for each in scenarios if not rules & set(each.rules))


def played(rules: set[int]) -> str:
    for check in checks(rules):
        try:
            difference = check()
        except (AssertionError, ValueError, LookupError) as error:
            at = traceback.extract_tb(error.__traceback__)[-1]
            difference = f"{type(error).__name__} in {at.name}, {at.line}: {error}"
        if difference:
            return f"caught: {difference}"
    return "passed"


def verdict(file: str, source: str, rules: list[int]) -> str:
    forget(everything=file.startswith("exchange/vocabulary/"))
    sys.meta_path.insert(0, Replaced(file, source))
    try:
        return played(set(rules))
    except MISTAKES_OF_WRITING as error:
        return f"unsound: {type(error).__name__}: {error}"


def forget(*, everything: bool) -> None:
    """Have the machine loaded anew, but its records only where one of their modules is broken."""
    for name in list(sys.modules):
        vocabulary = name == "exchange" or name.startswith("exchange.vocabulary")
        if name.startswith(("exchange", "simulations")) and (everything or not vocabulary):
            del sys.modules[name]


def in_a_process_of_its_own(line: str) -> None:
    if child := os.fork():
        _, status = os.waitpid(child, 0)
        if status:
            print(json.dumps(f"unsound: it ended with status {status}"), flush=True)
        return
    signal.alarm(LONGEST_S)
    print(json.dumps(verdict(**json.loads(line))), flush=True)
    os._exit(0)


def main() -> None:
    sys.path.insert(0, str(ROOT))
    import simulations.scenario  # noqa: F401, PLC0415 - for what it loads.

    for line in sys.stdin:
        in_a_process_of_its_own(line)


if __name__ == "__main__":
    main()
