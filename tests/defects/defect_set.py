"""The set of deliberate defects: `*.toml` beside this file, each a small change that breaks one rule of the machine.

A defect is a sentence, the rules of `docs/reference/matching.md` that it breaks, a source file, and what to write there
in place of what; `CONTRIBUTING.md` says how to add one.
"""

import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[1]
LONGEST_S = 120
"""A machine that never answers is broken too, but a test must end."""


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


def verdict(defect: Defect) -> str:
    """What the checks say of a machine with the defect: `caught: by what`, `passed`, or `unsound: why`.

    It runs in an interpreter of its own, so that no broken module outlives it.
    """
    rules = ",".join(map(str, defect.rules))
    command = [sys.executable, FOLDER / "play_broken.py", defect.file, rules]
    source = defect.source().encode()
    played = subprocess.run(command, input=source, capture_output=True, cwd=ROOT, timeout=LONGEST_S, check=False)
    return played.stdout.decode().strip() or f"unsound: {played.stderr.decode()}"
