"""Commands per second of processor time of two commits, in turns within one run, on `benchmarks/engine.py`'s flow.

    python benchmarks/alternated.py BASE [OTHER] [--count 100000] [--turns 5]

OTHER is the working tree where it is not named. Each turn is a process of its own with that commit's files alone, so
that noise of the machine falls on both alike; medians are compared.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TURN = """
import sys, time
time.perf_counter_ns = time.process_time_ns
from benchmarks.engine import run_engine
from benchmarks.workload import mixed_flow
flow = list(mixed_flow(int(sys.argv[1])))
print(len(flow) / run_engine(flow)[0])
"""


def tree_of(commit: str, folder: Path) -> Path:
    """The files of a commit, unpacked."""
    folder.mkdir()
    archive = ["git", "archive", commit]
    packed = subprocess.run(archive, cwd=ROOT, check=True, capture_output=True).stdout  # noqa: S603 - its own text.
    subprocess.run(["tar", "-x", "-C", str(folder)], input=packed, check=True)  # noqa: S603, S607 - its own text.
    return folder


def turn(tree: Path, count: int) -> float:
    """Commands per second of one process on the files of `tree`."""
    environment = os.environ | {"PYTHONPATH": str(tree)}
    ran = subprocess.run(  # noqa: S603 - its own text.
        [sys.executable, "-c", TURN, str(count)],
        cwd=tree,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    return float(ran.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("base")
    parser.add_argument("other", nargs="?")
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--turns", type=int, default=5)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        base = tree_of(chosen.base, Path(folder) / "base")
        other = tree_of(chosen.other, Path(folder) / "other") if chosen.other else ROOT
        rates: list[tuple[float, float]] = []
        for number in range(chosen.turns):
            rates.append((turn(base, chosen.count), turn(other, chosen.count)))
            print(f"  turn {number + 1}: {rates[-1][0]:>10,.0f} {rates[-1][1]:>10,.0f} commands/s")
    before, after = (statistics.median(side) for side in zip(*rates, strict=True))
    print(f"{chosen.base} {before:,.0f}, {chosen.other or 'working tree'} {after:,.0f}: {after / before - 1:+.1%}")


if __name__ == "__main__":
    main()
