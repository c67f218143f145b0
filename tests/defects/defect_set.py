"""The set of deliberate defects: `*.toml` beside this file, each a small change that breaks one rule of the machine.

A defect is a sentence, the rules of `docs/reference/matching.md` that it breaks, a source file, and what to write there
in place of what; `CONTRIBUTING.md` says how to add one.
"""

import json
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from subprocess import PIPE, Popen

FOLDER = Path(__file__).parent
PLAYER = FOLDER / "play_broken.py"
ROOT = FOLDER.parents[1]


class StaleDefectError(AssertionError):
    """The code has changed under a defect, which has to be brought up to date."""


@dataclass(frozen=True)
class Defect:
    """`old`, which stands once in `file`, becomes `new`. Scenarios that name one of `rules` are played first."""

    name: str
    file: str
    old: str
    new: str
    rules: tuple[int, ...] = ()

    def source(self) -> str:
        """The file with the defect in it. Raises StaleDefectError."""
        text = (ROOT / self.file).read_text(encoding="utf-8")
        if (found := text.count(self.old)) != 1:
            others = [
                path for path in (ROOT / "exchange").rglob("*.py") if self.old in path.read_text(encoding="utf-8")
            ]
            raise StaleDefectError(
                f"bring up to date: {self.name!r}: {self.old!r} stands {found} times in {self.file}, "
                f"and in {[path.relative_to(ROOT).as_posix() for path in others]}"
            )
        return text.replace(self.old, self.new)


def read_defects() -> list[Defect]:
    """Every defect of the set, by file."""
    return [
        Defect(**{**each, "rules": tuple(each.get("rules", ()))})
        for path in sorted(FOLDER.glob("*.toml"))
        for each in tomllib.loads(path.read_text(encoding="utf-8"))["defect"]
    ]


class Workers:
    """Processes that check broken machines, one machine each at a time."""

    def __init__(self, count: int) -> None:
        self.idle: SimpleQueue[Popen[str]] = SimpleQueue()
        self.all = [Popen([sys.executable, PLAYER], stdin=PIPE, stdout=PIPE, text=True) for _ in range(count)]
        for each in self.all:
            self.idle.put(each)

    def verdict(self, defect: Defect) -> str:
        """What the checks say of a machine with the defect: `caught: by what`, `passed`, or `unsound: why`."""
        asked = {"file": defect.file, "source": defect.source(), "rules": defect.rules}
        worker = self.idle.get()
        assert worker.stdin and worker.stdout
        print(json.dumps(asked), file=worker.stdin, flush=True)
        answer = worker.stdout.readline()
        self.idle.put(worker)
        told: str = json.loads(answer)
        return told

    def close(self) -> None:
        for each in self.all:
            each.communicate()
