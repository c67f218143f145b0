"""A process that projects is killed at any moment; the next one goes on, and nothing is there twice or missing."""

import random
import subprocess
import sys
import time
from pathlib import Path

from small_venue import SmallVenue

from exchange.store.database import open_database, sqlite_url
from exchange.store.projection import Projection
from exchange.store.reconcile import reconcile
from exchange.vocabulary.instruments import Side

IMPORTS = f"{Path(__file__).parent}:{Path(__file__).parents[2]}"
PROJECT = """
import sys
from small_venue import Batch
from exchange.store.database import open_database
from exchange.store.projection import Projection

projection = Projection(open_database(sys.argv[1]))
events = open(sys.argv[2], "rb").read()
for line in open(sys.argv[3]):
    start, end, first, count = map(int, line.split())
    projection.apply([Batch(events[start:end], first, count)])
    print(projection.watermark, flush=True)
"""


def write_batches(folder, batches):
    position, lines = 0, []
    for batch in batches:
        end = position + len(batch.events)
        lines.append(f"{position} {end} {batch.first_sequence} {batch.count}")
        position = end
    (folder / "events").write_bytes(b"".join(batch.events for batch in batches))
    (folder / "batches").write_text("\n".join(lines))


def test_killed_at_any_moment_the_books_are_whole_and_go_on(tmp_path):
    venue = SmallVenue().open(lots=10_000, cash=2**40)
    for n in range(800):
        venue.apply(venue.order(venue.vendor, Side.SELL, 500, 1 + n % 7), venue.order(venue.buyer, Side.BUY, 500, 3))
    write_batches(tmp_path, venue.batches)
    url, moments = sqlite_url(tmp_path / "killed.db"), random.Random(1)
    for _ in range(3):
        told = project_and_kill(tmp_path, url, moments.uniform(0.02, 0.1))
        assert told < venue.sequence, "killed too late to prove anything"
        database = open_database(url)
        assert Projection(database).watermark >= told
        database.dispose()
    database = open_database(url)
    Projection(database).apply(venue.batches)
    assert reconcile(database, venue.sequence, venue.engine.balances()).agrees
    database.dispose()


def project_and_kill(folder, url, after_s):
    """Project until some time after the first batch; the last sequence that was told as written."""
    command = [sys.executable, "-c", PROJECT, url, folder / "events", folder / "batches"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={"PYTHONPATH": IMPORTS})
    first = process.stdout.readline()
    time.sleep(after_s)
    process.kill()
    lines = (first + process.communicate()[0]).splitlines(keepends=True)
    return int([line for line in lines if line.endswith("\n")][-1])
