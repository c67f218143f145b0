"""A schedule on a venue with its journal: given, told, lived by, and replayed without any calendar."""

import shutil
import subprocess
import sys
from types import SimpleNamespace

import pytest
from open_venue import market, opened, order, refusal
from scheduled import at_ns

from exchange.operations.assigning import assign_schedule, outlook, remove_schedule
from exchange.operations.calendars import date_of
from exchange.operations.schedule import Schedule
from exchange.runtime import Exchange, Settings
from exchange.spine.snapshot import SnapshotFolder
from exchange.vocabulary.codec import NO_DIGEST
from exchange.vocabulary.instruments import Phase, Side
from exchange.vocabulary.participants import VENUE
from exchange.vocabulary.state import snapshot_hash

DAY = ("09:05", "09:20", "09:30", "11:30", "13:00", "14:55", "15:00")
REPLAY = """
import sys
sys.modules["exchange_calendars"] = None  # Any import of it fails.
from pathlib import Path
from exchange.spine.verify import verify_journal
print(verify_journal(Path(sys.argv[1])).state_hash)
"""


@pytest.fixture
def venue(tmp_path):
    """One listed product at seven in the morning of a Thursday in Shanghai, on a clock that the test sets."""
    now = SimpleNamespace(ns=at_ns("2026-11-26T07:00"))

    def clock():
        now.ns += 1_000
        return now.ns

    exchange = opened(tmp_path / "venue", clock=clock, clock_idle_s=3600.0)
    there = market(exchange)
    there.exchange, there.now, there.clock, there.folder = exchange, now, clock, tmp_path / "venue"
    there.instrument = there.listed.instrument
    yield there
    exchange.close()


def passes(venue, *times, date="2026-11-26"):
    """The phase at each of the times, after one beat of the runner."""
    phases = []
    for text in times:
        venue.now.ns = at_ns(f"{date}T{text}")
        venue.exchange.scheduler.run_due(venue.clock())
        phases.append(Phase(venue.exchange.directory.instruments[venue.instrument].phase).name.lower())
    return phases


def test_a_schedule_is_kept_as_a_document_and_told_with_what_it_comes_to(venue):
    schedule = Schedule("XSHG", closing_auction_minutes=3)
    digest = assign_schedule(venue.exchange, VENUE, venue.instrument, schedule)
    assert venue.exchange.vault.get(digest.hex()) == schedule.document()
    told = outlook(venue.exchange, venue.instrument)
    assert (told.digest, told.schedule) == (digest, schedule)
    assert [date_of(day.day).isoformat() for day in (told.today, told.next)] == ["2026-11-26", "2026-11-27"]
    assert len(told.today.steps) == len(DAY)


def test_on_a_day_of_rest_there_is_the_next_session_alone(venue):
    assign_schedule(venue.exchange, VENUE, venue.instrument, Schedule("XSHG"))
    venue.now.ns = at_ns("2026-11-28T12:00")
    told = outlook(venue.exchange, venue.instrument)
    assert told.today is None
    assert date_of(told.next.day).isoformat() == "2026-11-30"


def test_a_product_without_a_schedule_has_none_to_tell_or_to_take_away(venue):
    refusal("NO_SCHEDULE", outlook, venue.exchange, venue.instrument)
    refusal("NO_SCHEDULE", remove_schedule, venue.exchange, VENUE, venue.instrument)
    assign_schedule(venue.exchange, VENUE, venue.instrument, Schedule("XSHG"))
    remove_schedule(venue.exchange, VENUE, venue.instrument)
    assert venue.exchange.directory.instruments[venue.instrument].schedule == NO_DIGEST
    refusal("NO_SCHEDULE", outlook, venue.exchange, venue.instrument)


def test_a_schedule_that_is_refused_assigns_nothing(venue):
    for code, schedule in (("UNKNOWN_CALENDAR", Schedule("XMOON")), ("BAD_SCHEDULE", Schedule("XSHG", 10_000))):
        refusal(code, assign_schedule, venue.exchange, VENUE, venue.instrument, schedule)
    assert venue.exchange.directory.instruments[venue.instrument].schedule == NO_DIGEST


def test_a_scheduled_day_replays_to_the_same_state_without_any_calendar(venue):
    exchange = venue.exchange
    assign_schedule(exchange, VENUE, venue.instrument, Schedule("XSHG"))
    assert passes(venue, "09:04", "09:20") == ["closed", "opening_auction"]
    order(exchange, venue.vendor_account, venue.instrument, Side.SELL, 480, 1)
    order(exchange, venue.buyer_account, venue.instrument, Side.BUY, 520, 1)
    assert passes(venue, *DAY[2:]) == ["continuous", "cancel_only", "continuous", "closing_auction", "closed"]
    assert passes(venue, "09:05", "09:30", date="2026-11-27") == ["pre_open", "continuous"]
    exchange.close()
    journal = venue.folder / "journal"
    replayed = subprocess.run([sys.executable, "-c", REPLAY, str(journal)], check=True, capture_output=True, text=True)
    left = SnapshotFolder(venue.folder / "snapshots").newest(exchange.sequence)
    assert replayed.stdout.strip() == snapshot_hash(left).hex()


def test_a_venue_recovers_its_phases_from_the_journal_alone(venue, monkeypatch):
    assign_schedule(venue.exchange, VENUE, venue.instrument, Schedule("XSHG"))
    passes(venue, "09:05", "09:30", "11:30")
    before = vars(venue.exchange.directory)
    venue.exchange.close()
    (venue.folder / "exchange.db").unlink()
    shutil.rmtree(venue.folder / "snapshots")
    monkeypatch.setitem(sys.modules, "exchange_calendars", None)
    again = Exchange.open(
        Settings(data_folder=venue.folder, venue_name="Test Venue", clock_idle_s=3600.0), clock=venue.clock
    )
    try:
        assert vars(again.directory) == before
        again.start()
        again.scheduler.run_due(at_ns("2026-11-26T13:00"))
        assert again.directory.instruments[venue.instrument].phase == Phase.CANCEL_ONLY, "logged, and nothing else"
    finally:
        again.close()
