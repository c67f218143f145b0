"""Style as a ratchet: what is short may not quietly grow, what is truly long is listed with its size and may shrink."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
FILE_LINES = 300
FUNCTION_LINES = 55

LONG_FILES: dict[str, int] = {}

LONG_FUNCTIONS: dict[str, int] = {}

FORBIDDEN = re.compile(r"\b(?:TODO|FIXME)\b|\bpdb\.|breakpoint\(")
PRINTS_TO_PEOPLE = ("api/cli/",)
FOLDERS = ("exchange", "api", "simulations", "tests", "benchmarks")


def sources(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Each function's `file:name` and its lines, docstring and decorators not counted."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            has_docstring = len(node.body) > 1 and ast.get_docstring(node) is not None
            told = (node.body[0].end_lineno or 0) - node.body[0].lineno + 1 if has_docstring else 0
            yield f"{relative(path)}:{node.name}", (node.end_lineno or node.lineno) - node.lineno + 1 - told


def grown(sizes: dict[str, int], limit: int, listed: dict[str, int]) -> list[str]:
    return [f"{name}: {size} lines" for name, size in sizes.items() if size > listed.get(name, limit)]


def stale(sizes: dict[str, int], limit: int, listed: dict[str, int]) -> list[str]:
    """Exceptions that are none any more, or are listed larger than they are."""
    return [name for name, size in listed.items() if sizes.get(name, 0) <= limit or sizes[name] < size]


def test_no_file_is_longer_than_it_should_be() -> None:
    sizes = {relative(path): len(path.read_text().splitlines()) for path in sources("exchange", "api", "simulations")}
    assert not grown(sizes, FILE_LINES, LONG_FILES)
    assert not stale(sizes, FILE_LINES, LONG_FILES), "tighten the ratchet"


def test_no_function_is_longer_than_it_should_be() -> None:
    sizes = dict(each for path in sources(*FOLDERS) for each in functions(path))
    assert not grown(sizes, FUNCTION_LINES, LONG_FUNCTIONS)
    assert not stale(sizes, FUNCTION_LINES, LONG_FUNCTIONS), "tighten the ratchet"


def test_nothing_is_left_for_later() -> None:
    own = Path(__file__)
    marked = [relative(path) for path in sources(*FOLDERS) if path != own and FORBIDDEN.search(path.read_text())]
    assert not marked


def test_the_machine_prints_nothing() -> None:
    printing = []
    for path in sources("exchange", "api"):
        if not relative(path).startswith(PRINTS_TO_PEOPLE):
            calls = [node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
            printing += [relative(path) for call in calls if isinstance(call, ast.Name) and call.id == "print"]
    assert not printing


def test_a_listed_exception_may_shrink_but_not_grow() -> None:
    assert grown({"a": 301, "b": 310}, 300, {"b": 310}) == ["a: 301 lines"]
    assert stale({"a": 301, "b": 310}, 300, {"a": 302, "b": 310}) == ["a"]
