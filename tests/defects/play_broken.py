"""Every check of the machine against one that has a module replaced: `play_broken.py FILE RULES < the module's text`.

Prints `caught: by what` at the first check that fails, `passed` when none does, and `unsound: why` for a text that is
no machine at all: what cannot be imported, or names what does not exist, says nothing about the checks.
"""

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


def main() -> None:
    file, rules = sys.argv[1:]
    sys.path.insert(0, str(ROOT))
    sys.meta_path.insert(0, Replaced(file, sys.stdin.read()))
    try:
        print(played({int(rule) for rule in rules.split(",") if rule}))
    except MISTAKES_OF_WRITING as error:
        print(f"unsound: {type(error).__name__}: {error}")


if __name__ == "__main__":
    main()
