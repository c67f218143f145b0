"""Acknowledged commands per second through sequencer, journal and machine, beside the same disk's raw group commit.

    python benchmarks/journal.py [--count 60000] [--folder FOLDER]

The stated order mix (`workload.py`) is submitted one command at a time, with so many waiting at once; each is answered
once its block is synced, the reference engine has settled it, and its events are encoded. The floor writes as many
256-byte records as wait at once into an allocated file and syncs, one after the other, and does nothing else.
Then the journal is opened again, and every command replayed: from its beginning, and from a snapshot half-way.
"""

import argparse
import gc
import logging
import os
import tempfile
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import structlog

from benchmarks.engine import encoded
from benchmarks.workload import TRADERS, mixed_flow
from exchange.matching.engine import Engine
from exchange.spine.disk import Disk
from exchange.spine.journal import Journal
from exchange.spine.sequencer import Reply, Sequencer
from exchange.spine.snapshot import SnapshotFolder
from exchange.vocabulary.codec import COMMAND_BYTES
from exchange.vocabulary.commands import Command
from simulations.sandbox import Sandbox, Terms

WAITING = (1, 16, 256, 2_048)
FLOOR_S = 1.0
SPACE_BYTES = 64 << 20


@dataclass
class Recorded(Sandbox):
    """A sandbox that keeps what it asked for, so that the same can be asked through a journal."""

    asked: list[bytes] = field(default_factory=list)

    def stamped(self, batch: Sequence[Command]) -> bytes:  # type: ignore[override]
        commands = super().stamped(batch)
        self.asked.append(commands)
        return commands


def workload(count: int) -> tuple[list[bytes], list[bytes]]:
    """The commands that set the market up, and those of the mix, each encoded."""
    sandbox = Recorded(Terms(lots=2_000_000_000, collar_ppm=100_000))
    traders = [sandbox.trader(10**15, 10_000_000, max_open_orders=10**6) for _ in range(TRADERS)]
    setup = split(b"".join(sandbox.asked))
    return setup, split(encoded(sandbox, traders, list(mixed_flow(count))))


def split(commands: bytes) -> list[bytes]:
    return [commands[at : at + COMMAND_BYTES] for at in range(0, len(commands), COMMAND_BYTES)]


class Clients:
    """Submits commands in order, so many unanswered at once, and notes how long each answer took."""

    def __init__(self, sequencer: Sequencer, waiting: int) -> None:
        self._sequencer = sequencer
        self._room = threading.Semaphore(waiting)
        self._waiting = waiting
        self.times_ns: list[int] = []

    def run(self, commands: Sequence[bytes]) -> float:
        begin = time.perf_counter()
        for command in commands:
            self._room.acquire()
            self._sequencer.submit(command).add_done_callback(partial(self._answered, time.perf_counter_ns()))
        for _ in range(self._waiting):
            self._room.acquire()
        return time.perf_counter() - begin

    def _answered(self, asked_ns: int, reply: "Future[Reply]") -> None:
        reply.result()
        self.times_ns.append(time.perf_counter_ns() - asked_ns)
        self._room.release()


def floor(folder: Path, waiting: int) -> tuple[float, float, float]:
    """Records a second, and the p50 and p99 of one write with its sync in ms."""
    disk, path = Disk(), folder / "floor"
    disk.allocate(path, SPACE_BYTES)
    descriptor, group = os.open(path, os.O_RDWR), os.urandom(waiting * COMMAND_BYTES)
    offset, times, begin = 0, [], time.perf_counter()
    while time.perf_counter() - begin < FLOOR_S:
        started = time.perf_counter()
        disk.write(descriptor, group, offset)
        disk.sync(descriptor)
        times.append(time.perf_counter() - started)
        offset = (offset + len(group)) % (SPACE_BYTES - len(group))
    os.close(descriptor)
    path.unlink()
    return waiting * len(times) / sum(times), *percentiles_ms(np.array(times) * 1e9)


def percentiles_ms(times_ns: np.ndarray) -> tuple[float, float]:
    p50, p99 = np.percentile(times_ns, [50, 99]) / 1e6
    return float(p50), float(p99)


def through_spine(folder: Path, setup: Sequence[bytes], flow: Sequence[bytes], waiting: int) -> None:
    journal, engine = Journal.open(folder / "journal"), Engine()
    snapshots = SnapshotFolder(folder / "snapshots")
    sequencer = Sequencer(
        engine, journal, time.time_ns, [], failed, snapshots=snapshots, snapshot_every=len(setup) + len(flow) // 2
    )
    sequencer.start()
    Clients(sequencer, 1_000).run(setup)
    blocks: list[int] = []
    sequencer.subs.append(lambda batch: blocks.append(batch.count))
    clients = Clients(sequencer, waiting)
    seconds = clients.run(flow)
    sequencer.close()
    p50, p99 = percentiles_ms(np.array(clients.times_ns))
    rate, raw_p50, raw_p99 = floor(folder, waiting)
    print(
        f"{waiting:7,} waiting: {len(flow) / seconds:9,.0f} acknowledged/s, p50 {p50:6.2f} ms, p99 {p99:6.2f} ms, "
        f"{np.mean(blocks):6.1f} a block | raw {rate:11,.0f} records/s, p50 {raw_p50:5.2f} ms, p99 {raw_p99:5.2f} ms "
        f"| ratio {len(flow) / seconds / rate:.3f}"
    )


def failed(failure: BaseException) -> None:
    print(f"failed: {failure!r}")


def recovery(folder: Path) -> None:
    snapshots = SnapshotFolder(folder / "snapshots")
    half_way = min(snapshots.sequences())
    for name, at_most in (("the beginning", 0), ("a snapshot", half_way)):
        begin = time.perf_counter()
        journal = Journal.open(folder / "journal")
        opened = time.perf_counter()
        snapshot = snapshots.newest(at_most)
        engine = Engine.restore(snapshot) if snapshot else Engine()
        restored, first = time.perf_counter(), engine.sequence
        for commands in journal.read(engine.sequence):
            engine.apply(commands)
        ended = time.perf_counter()
        journal.close()
        print(
            f"recovery from {name}: {journal.last_sequence:,} commands read and checked in {opened - begin:.2f} s, "
            f"state restored in {restored - opened:.2f} s, {engine.sequence - first:,} replayed in "
            f"{ended - restored:.2f} s, {(engine.sequence - first) / (ended - restored):,.0f} commands/s"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=60_000)
    parser.add_argument("--folder", type=Path, help="on the disk to measure; a temporary folder where none is given")
    arguments = parser.parse_args()
    setup, flow = workload(arguments.count)
    gc.set_threshold(100_000, 50, 100)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with tempfile.TemporaryDirectory(dir=arguments.folder) as name:
        for waiting in WAITING:
            folder = Path(name) / str(waiting)
            folder.mkdir()
            through_spine(folder, setup, flow if waiting > 1 else flow[: len(flow) // 6], waiting)
        recovery(folder)


if __name__ == "__main__":
    main()
