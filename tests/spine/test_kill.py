"""A writer killed at any moment loses nothing that it acknowledged."""

import os
import random
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from exchange.spine.verify import verify_journal

WRITER = Path(__file__).parent / "writer.py"
ROOT = Path(__file__).parents[2]


def killed_after(folder, seconds):
    """The last sequence that a writer acknowledged before it was killed."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [sys.executable, str(WRITER), str(folder)], stdout=subprocess.PIPE, text=True, env=environment
    )
    first = process.stdout.readline()
    timer = threading.Timer(seconds, process.kill)
    timer.start()
    told = [first, *process.stdout]
    process.wait()
    timer.cancel()
    process.stdout.close()
    return max(int(line) for line in told if line.endswith("\n"))


def check_kills(folder, kills, seed=0):
    chance = random.Random(seed)
    for kill in range(1, kills + 1):
        acknowledged = killed_after(folder, chance.uniform(0.0, 0.25))
        one, two = verify_journal(folder), verify_journal(folder)
        assert one == two
        assert one.last_sequence >= acknowledged
        assert one.epochs <= kill


def test_five_kills_lose_nothing(tmp_path):
    check_kills(tmp_path, 5)


@pytest.mark.soak
@pytest.mark.timeout(1_800)
def test_two_hundred_kills_lose_nothing(tmp_path):
    """In journals of ten kills each, since every check replays all there is."""
    for number in range(20):
        check_kills(tmp_path / str(number), 10, seed=number)
