import errno
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from small_journal import START_NS, FailingDisk

from exchange.matching.engine import Engine
from exchange.spine.errors import Busy, JournalFailed, Stopped, StorageFull
from exchange.spine.journal import Journal
from exchange.spine.sequencer import Sequencer
from exchange.spine.snapshot import SnapshotFolder
from exchange.vocabulary.codec import COMMANDS, EVENTS
from exchange.vocabulary.commands import CancelOrder, Clock, DefineAsset, WithdrawOffer
from exchange.vocabulary.events import AssetDefined, CommandRefused

TICK = Clock(actor=1).encode()


class Spine:
    """A sequencer over a journal in a folder, with all that it told."""

    def __init__(self, folder, disk=None, clock=time.time_ns, **options):
        self.folder = folder
        self.failures = []
        self.batches = []
        self.failed = threading.Event()
        self.journal = Journal.open(folder / "journal", disk=disk, segment_bytes=1 << 16)
        self.engine = Engine()
        for commands in self.journal.read(0):
            self.engine.apply(commands)
        self.sequencer = Sequencer(self.engine, self.journal, clock, [self.batches.append], self.fail, **options)

    def fail(self, failure):
        self.failures.append(failure)
        self.failed.set()

    def ask(self, *commands, blobs=()):
        return self.sequencer.submit(b"".join(each.encode() for each in commands), blobs).result(timeout=10)


@pytest.fixture
def make(tmp_path):
    made = []

    def start(**options):
        made.append(Spine(tmp_path, **options))
        made[-1].sequencer.start()
        return made[-1]

    yield start
    for spine in made:
        spine.sequencer.close()


def test_each_command_gets_its_own_events(make):
    spine = make()
    reply = spine.ask(DefineAsset(code="CNY", scale=2), DefineAsset(code="CNY", scale=2), Clock())
    first, second, third = ([type(event) for event in EVENTS.decode_all(each)] for each in reply.events)
    assert (reply.first_sequence, first, second) == (1, [AssetDefined], [CommandRefused])
    assert all(event.sequence == 3 for event in EVENTS.decode_all(reply.events[2])) and third


def test_commands_are_numbered_without_a_gap_whoever_submits(make):
    spine = make()
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda _: spine.sequencer.submit(TICK * 3).result(timeout=10), range(200)))
    firsts = sorted(reply.first_sequence for reply in replies)
    assert firsts == list(range(1, 601, 3)), "groups stay together"
    assert spine.sequencer.sequence == 600
    told = [command.sequence for batch in spine.batches for command in COMMANDS.decode_all(batch.commands)]
    assert told == list(range(1, 601))
    assert len(spine.batches) < 200, "commands that wait share a block"


def test_an_answer_comes_after_everyone_was_told(make):
    spine = make()
    seen = []
    spine.sequencer.subs.append(lambda batch: (time.sleep(0.02), seen.append(batch.first_sequence)))
    for sequence in range(1, 6):
        spine.ask(Clock())
        assert seen[-1] == sequence


def test_an_answer_comes_after_the_command_is_in_the_journal(make, tmp_path):
    disk = FailingDisk()
    spine = make(disk=disk)
    synced = []
    spine.sequencer.subs.append(lambda _: synced.append(disk.calls.count("sync")))
    before = disk.calls.count("sync")
    for _ in range(3):
        spine.ask(Clock())
    assert synced == [before + 1, before + 2, before + 3]


def test_time_never_goes_back_not_even_over_a_start(make, tmp_path):
    readings = iter([START_NS, START_NS - 3_600_000_000_000, START_NS + 5, START_NS + 1])
    spine = make(clock=lambda: next(readings))
    for _ in range(3):
        spine.ask(Clock())
    spine.sequencer.close()
    again = make(clock=lambda: next(readings))
    again.ask(Clock())
    times = [
        command.timestamp_ns
        for each in (spine, again)
        for batch in each.batches
        for command in COMMANDS.decode_all(batch.commands)
    ]
    assert times == [START_NS, START_NS, START_NS + 5, START_NS + 5]


@pytest.mark.parametrize("commands", [b"", b"x", TICK[:-1], TICK * 5])
def test_what_is_no_group_of_commands_is_refused_at_the_door(make, commands):
    spine = make(max_commands_per_block=4)
    with pytest.raises(ValueError, match="no group of 1 to 4 commands"):
        spine.sequencer.submit(commands)
    assert spine.sequencer.sequence == 0


def test_past_the_admission_limit_it_is_busy(tmp_path):
    spine = Spine(tmp_path, max_waiting_commands=10)
    waiting = [spine.sequencer.submit(TICK * 5) for _ in range(2)]
    with pytest.raises(Busy):
        spine.sequencer.submit(TICK)
    spine.sequencer.start()
    assert [each.result(timeout=10).first_sequence for each in waiting] == [1, 6]
    spine.sequencer.submit(TICK).result(timeout=10)
    spine.sequencer.close()


def test_closing_works_off_what_waits_and_takes_nothing_more(make):
    spine = make()
    waiting = [spine.sequencer.submit(TICK) for _ in range(50)]
    spine.sequencer.close()
    assert [each.result(timeout=0).first_sequence for each in waiting] == list(range(1, 51))
    with pytest.raises(Stopped):
        spine.sequencer.submit(TICK)


@pytest.mark.parametrize("step", ["write", "short write", "sync"])
def test_a_failing_disk_ends_it_and_nothing_after_is_acknowledged(make, step):
    disk = FailingDisk()
    spine = make(disk=disk)
    acknowledged = spine.ask(Clock()).first_sequence
    disk.failing = step
    unanswered = [spine.sequencer.submit(TICK) for _ in range(1)]
    assert spine.failed.wait(10)
    for each in unanswered:
        with pytest.raises(Stopped):
            each.result(timeout=10)
    with pytest.raises(Stopped):
        spine.sequencer.submit(TICK)
    assert isinstance(spine.failures[0], JournalFailed) and len(spine.failures) == 1
    spine.sequencer.close()
    disk.failing = ""
    assert make().engine.sequence >= acknowledged


def test_a_subscriber_that_fails_ends_it(make):
    spine = make()
    spine.sequencer.subs.append(lambda _: 1 / 0)
    with pytest.raises(Stopped):
        spine.ask(Clock())
    assert isinstance(spine.failures[0], ZeroDivisionError)


def test_without_space_new_orders_are_refused_while_cancels_go_on(make, monkeypatch):
    monkeypatch.setattr("exchange.spine.journal.SPARE_RETRY_S", 0.01)
    disk = FailingDisk()
    spine = make(disk=disk)
    disk.failing, disk.error = "allocate", errno.ENOSPC
    while not spine.journal.full:
        spine.sequencer.submit(TICK * 40).result(timeout=10)
    sequence = spine.sequencer.sequence
    with pytest.raises(StorageFull):
        spine.ask(DefineAsset(code="CNY", scale=2))
    with pytest.raises(StorageFull):
        spine.ask(CancelOrder(order_id=16), DefineAsset(code="CNY", scale=2))
    assert spine.sequencer.sequence == sequence
    spine.ask(CancelOrder(order_id=16), WithdrawOffer(offer=16))
    assert spine.sequencer.sequence == sequence + 2
    disk.failing = ""
    deadline = time.monotonic() + 10
    while spine.journal.full and time.monotonic() < deadline:
        time.sleep(0.02)
    spine.ask(DefineAsset(code="CNY", scale=2))


def test_whoever_stops_listening_takes_nothing_back(make):
    spine = make()
    reply = spine.sequencer.submit(TICK)
    assert not reply.cancel()
    assert reply.result(timeout=10).first_sequence == 1
    spine.ask(Clock())
    assert not spine.failures


def test_documents_travel_with_their_commands(make):
    spine = make()
    spine.ask(Clock(), blobs=(b"a decision",))
    assert spine.batches[0].blobs == (b"a decision",)


def test_snapshots_are_kept_as_it_goes_and_at_the_end(make, tmp_path):
    snapshots = SnapshotFolder(tmp_path / "snapshots")
    spine = make(snapshots=snapshots, snapshot_every=10)
    for _ in range(25):
        spine.ask(Clock())
    spine.ask(DefineAsset(code="CNY", scale=2))
    spine.sequencer.close()
    assert list(snapshots.sequences()) == [26, 20, 10]
    assert Engine.restore(snapshots.newest(26)).state_hash() == spine.engine.state_hash()


def test_balances_are_told_between_two_blocks(make):
    spine = make()
    assert spine.sequencer.balances().result(timeout=10) == (0, [])
    spine.ask(Clock())
    sequence, owned = spine.sequencer.balances().result(timeout=10)
    assert (sequence, owned) == (1, spine.engine.balances())
    spine.sequencer.close()
    with pytest.raises(Stopped):
        spine.sequencer.balances()
