"""The trading day over the API: a whole day of a real calendar in seconds, on a clock that the test sets."""

import json
import time
from contextlib import contextmanager
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from api_venue import ServerThread, operations, refused, venue_of, with_market

from exchange.operations.calendars import date_of
from exchange.operations.listing import submit_listing
from exchange.vocabulary.participants import VENUE
from exchange.vocabulary.units import NS_PER_SECOND

SHANGHAI = ZoneInfo("Asia/Shanghai")
TODAY, TOMORROW = "2026-11-26", "2026-11-27"
SAMPLING = {
    "manual_items": 240,
    "manual_pass_bp": 9_900,
    "technical_share_bp": 10_000,
    "technical_pass_bp": 9_900,
    "illegal_content_bp": 0,
}
XSHG = {"calendar": "XSHG", "closing_auction_minutes": 3, "closing_freeze_seconds": 30}


class DayClock:
    """Runs like any clock, from wherever it is set to."""

    def __init__(self):
        self.offset_ns = 0

    def __call__(self):
        return time.time_ns() + self.offset_ns

    def set(self, text, date=TODAY):
        """To the time in Shanghai, and a little past it, as it is when anyone looks."""
        when = datetime.fromisoformat(f"{date}T{text}").replace(tzinfo=SHANGHAI)
        self.offset_ns = int(when.timestamp()) * NS_PER_SECOND + 10_000_000 - time.time_ns()


class DayVenue:
    """A venue on a clock of its own; `at` sets it, and waits until the product's phase is what it should be."""

    def __init__(self, server, clock):
        self.clock = clock
        self.venue = venue_of(server)

    def at(self, text, phase, date=TODAY):
        self.clock.set(text, date)
        self.sign_by_its_clock()
        self.reaches(phase)

    def sign_by_its_clock(self):
        for client in self.venue.clients:
            client.skew_s = self.clock.offset_ns / NS_PER_SECOND

    def with_market(self):
        with_market(self.venue)
        self.sign_by_its_clock()
        return self

    def reaches(self, phase):
        deadline = time.monotonic() + 30
        while (now := self.phase) != phase:
            assert time.monotonic() < deadline, f"{now}, not {phase}"
            time.sleep(0.01)

    def comes_to(self, date):
        deadline = time.monotonic() + 30
        while self.trading_day != date:
            assert time.monotonic() < deadline, f"{self.trading_day}, not {date}"
            time.sleep(0.01)

    @property
    def phase(self):
        return self.venue.public.get(f"/products/{self.venue.product_id}").json()["phase"]

    @property
    def trading_day(self):
        (instrument,) = self.venue.exchange.directory.instruments.values()
        return date_of(instrument.trading_day).isoformat()

    def stays(self, phase):
        """For several beats of the runner."""
        time.sleep(0.15)
        assert self.phase == phase

    def order(self, client, side, ticks, **fields):
        terms = {"side": side, "type": "limit", "product_id": self.venue.product_id, "price": self.venue.price(ticks)}
        told = client.order(**(terms | {"size": self.venue.size(1)} | fields))
        assert told.status_code == 200, told.text
        return told.json()["id"]

    def done(self, client, order):
        return client.get(f"/orders/{order}").json().get("done_reason")

    def put(self, **lengths):
        return self.venue.operator.request("PUT", f"/products/{self.venue.product_id}/schedule", lengths)


@contextmanager
def running(folder, clock, **settings):
    with ServerThread(folder, clock=clock, clock_idle_s=0.02, **settings) as server:
        day = DayVenue(server, clock)
        try:
            yield day
        finally:
            for client in day.venue.clients:
                client.close()


@pytest.fixture
def clock():
    made = DayClock()
    made.set("07:00:00")
    return made


@pytest.fixture
def day(tmp_path, clock):
    """A listed dataset that follows no schedule yet, early on a Thursday in Shanghai."""
    with running(tmp_path / "data", clock) as made:
        yield made.with_market()


def test_a_whole_day_passes_by_the_calendar(day):
    venue, (vendor, buyer) = day.venue, (day.venue.vendor, day.venue.buyer)
    assert day.phase == "continuous", "as listed, before it has a schedule"
    assert day.put(**XSHG).status_code == 200
    day.reaches("closed")
    refused(vendor.order(side="sell", product_id=venue.product_id, price=venue.price(500), size=venue.size(1)),
            400, "INSTRUMENT_CLOSED")  # fmt: skip

    day.at("09:05:00", "pre_open")
    sold = day.order(vendor, "sell", 480)
    day.at("09:20:00", "opening_auction")
    bought = day.order(buyer, "buy", 520)
    day.at("09:29:30", "opening_auction")
    refused(buyer.delete(f"/orders/{bought}"), 400, "AUCTION_FROZEN")
    day.at("09:30:00", "continuous")
    assert day.done(vendor, sold) == day.done(buyer, bought) == "filled"
    (trade,) = venue.public.get(f"/products/{venue.product_id}/trades").json()
    assert trade["match_type"] == "auction"

    today, standing = day.order(vendor, "sell", 900, time_in_force="DAY"), day.order(vendor, "sell", 901)
    day.at("11:30:00", "cancel_only")
    refused(vendor.order(side="sell", product_id=venue.product_id, price=venue.price(500), size=venue.size(1)),
            400, "CANCEL_ONLY")  # fmt: skip
    day.at("13:00:00", "continuous")
    at_close = day.order(buyer, "buy", 910, time_in_force="AT_CLOSE")
    day.at("14:57:00", "closing_auction")
    day.at("15:00:00", "closed")
    assert day.done(buyer, at_close) == "filled", "the closing auction uncrossed"
    assert {day.done(vendor, today), day.done(vendor, standing)} == {"filled", None}
    day.at("09:05:00", "pre_open", TOMORROW)
    day.at("09:30:00", "continuous", TOMORROW)


def test_orders_for_the_day_end_with_it(day):
    day.put(**XSHG)
    day.reaches("closed")
    day.at("09:30:00", "continuous")
    today, standing = (
        day.order(day.venue.vendor, "sell", 900, time_in_force="DAY"),
        day.order(day.venue.vendor, "sell", 9),
    )
    day.at("15:00:00", "closed")
    assert (day.done(day.venue.vendor, today), day.done(day.venue.vendor, standing)) == ("canceled", None)


def test_a_halt_of_an_operator_outlasts_the_schedule_until_it_is_lifted(day):
    phase = f"/products/{day.venue.product_id}/phase"
    day.put(**XSHG)
    day.reaches("closed")
    day.at("10:00:00", "continuous")
    halted = {"phase": "halted", "reason": "regulator", "note": "an inquiry"}
    assert day.venue.operator.post(phase, halted).status_code == 200
    for text in ("11:30:00", "13:00:00", "15:00:00"):
        day.at(text, "halted")
        day.stays("halted")
    day.at("09:20:00", "halted", TOMORROW)
    day.at("10:00:00", "halted", TOMORROW)
    assert day.venue.operator.post(phase, {"phase": "continuous"}).status_code == 200
    assert day.trading_day == TOMORROW
    day.stays("continuous")
    day.at("11:30:00", "cancel_only", TOMORROW)


def test_orders_for_a_day_that_ended_in_a_halt_do_not_trade_on_the_next(day):
    phase = f"/products/{day.venue.product_id}/phase"
    day.put(**XSHG)
    day.at("10:00:00", "continuous")
    today, standing = (
        day.order(day.venue.vendor, "sell", 900, time_in_force="DAY"),
        day.order(day.venue.vendor, "sell", 901),
    )
    assert day.venue.operator.post(phase, {"phase": "halted", "reason": "technical"}).status_code == 200
    day.at("10:00:00", "halted", TOMORROW)
    assert day.venue.operator.post(phase, {"phase": "continuous"}).status_code == 200
    assert (day.done(day.venue.vendor, today), day.done(day.venue.vendor, standing)) == ("canceled", None)


@pytest.mark.parametrize(
    ("at", "phase", "back"), [("09:20:00", "opening_auction", "09:19:50"), ("11:30:00", "cancel_only", "11:29:50")]
)
def test_a_clock_that_is_set_back_takes_no_market_back_with_it(day, at, phase, back):
    day.put(**XSHG)
    day.reaches("closed")
    day.at(at, phase)
    day.clock.set(back)
    day.sign_by_its_clock()
    day.stays(phase)


def test_an_operators_own_move_holds_until_the_next_of_the_schedule(day):
    phase = f"/products/{day.venue.product_id}/phase"
    day.put(**XSHG)
    day.at("10:00:00", "continuous")
    assert day.venue.operator.post(phase, {"phase": "closed"}).status_code == 200
    day.stays("closed")
    day.at("11:30:00", "cancel_only")


def test_a_restart_in_the_middle_goes_on_where_the_day_should_be(tmp_path, clock):
    with running(tmp_path / "data", clock) as day:
        listed = day.with_market().venue.listed
        day.put(**XSHG)
        day.at("09:21:00", "opening_auction")
    clock.set("13:30:00")
    with running(tmp_path / "data", clock) as day:
        day.venue.listed = listed
        day.reaches("continuous")
        told = day.venue.public.get(f"/products/{listed.symbol}/schedule").json()
        assert told["schedule"]["calendar"] == "XSHG"
    clock.set("10:00:00", "2026-11-30")
    with running(tmp_path / "data", clock) as day:
        day.venue.listed = listed
        # It was left in this phase, so the day tells whether the runner has been there.
        day.comes_to("2026-11-30")
        day.reaches("continuous")
        day.at("11:30:00", "cancel_only", "2026-11-30")


def test_everyone_is_told_the_day_in_both_clocks(day):
    path = f"/products/{day.venue.product_id}/schedule"
    refused(day.venue.public.get(path), 404, "NO_SCHEDULE")
    told = day.put(**XSHG).json()
    assert told == day.venue.public.get(path).json()
    assert (told["time_zone"], told["today"]["date"], told["next"]["date"]) == ("Asia/Shanghai", TODAY, TOMORROW)
    phases = [(step["phase"], step["local"][11:16]) for step in told["today"]["steps"]]
    assert phases == [
        ("pre_open", "09:05"), ("opening_auction", "09:20"), ("continuous", "09:30"), ("cancel_only", "11:30"),
        ("continuous", "13:00"), ("closing_auction", "14:57"), ("closed", "15:00"),
    ]  # fmt: skip
    assert told["today"]["steps"][1] == {
        "phase": "opening_auction",
        "at": f"{TODAY}T01:20:00.000000Z",
        "local": f"{TODAY}T09:20:00+08:00",
        "freezes_at": f"{TODAY}T01:29:00.000000Z",
        "ends_at": f"{TODAY}T01:30:00.000000Z",
    }
    assert told["known_until"] >= "2026-12-31"


def test_a_schedule_that_is_taken_away_moves_nothing_any_more(day):
    path = f"/products/{day.venue.product_id}/schedule"
    day.put(**XSHG, reason="technical", note="as Shanghai")
    day.at("10:00:00", "continuous")
    refused(day.venue.operator.delete(path, reason="a hunch"), 400, "BAD_REQUEST")
    why = {"reason": "risk", "note": "by hand"}
    assert day.venue.operator.delete(path, **why).json() == {"product_id": day.venue.product_id, "schedule": None}
    refused(day.venue.operator.delete(path), 404, "NO_SCHEDULE")
    refused(day.venue.public.get(path), 404, "NO_SCHEDULE")
    day.at("11:30:00", "continuous")
    day.stays("continuous")


def test_a_venue_without_continuous_trading_holds_its_call_and_closes(tmp_path, clock):
    with running(tmp_path / "data", clock, licence_profile="cn-unapproved") as day:
        venue = day.venue
        venue.vendor, venue.buyer = venue.member("vendor"), venue.member("buyer", cash_minor=10**9)
        day.sign_by_its_clock()
        croissant, files, evidence = operations.dataset(**{"tex:evidence": {"sampling-report": "sampling.json"}})
        report = {**evidence, "sampling.json": json.dumps(SAMPLING).encode()}
        venue.listed = submit_listing(venue.exchange, VENUE, venue.vendor.account, croissant, files, report, copies=50)
        asked = {"product_id": venue.product_id, "side": "buy", "purpose": "training"}
        assert venue.buyer.post("/entitlements", asked).status_code == 200
        told = day.put(**XSHG).json()
        assert [step["phase"] for step in told["today"]["steps"]] == ["pre_open", "opening_auction", "closed"]
        day.at("09:20:00", "opening_auction")
        sold, bought = day.order(venue.vendor, "sell", 480), day.order(venue.buyer, "buy", 520)
        day.at("09:30:00", "closed")
        assert day.done(venue.vendor, sold) == day.done(venue.buyer, bought) == "filled"
        day.at("13:00:00", "closed")
        day.at("09:05:00", "pre_open", TOMORROW)


@pytest.mark.parametrize(
    ("lengths", "status", "code"),
    [
        ({"calendar": "XMOON"}, 404, "UNKNOWN_CALENDAR"),
        ({}, 400, "BAD_REQUEST"),
        ({"calendar": "XSHG", "pre_open_minutes": -1}, 400, "BAD_REQUEST"),
        ({"calendar": "XSHG", "tea_minutes": 5}, 400, "BAD_REQUEST"),
        ({"calendar": "XSHG", "pre_open_minutes": 1_000}, 400, "BAD_SCHEDULE"),
        ({"calendar": "XSHG", "opening_auction_minutes": 121}, 400, "BAD_SCHEDULE"),
        ({"calendar": "XSHG", "closing_auction_minutes": 120, "opening_auction_minutes": 0}, 400, "BAD_SCHEDULE"),
        ({"calendar": "XSHG", "closing_freeze_seconds": 300}, 400, "BAD_SCHEDULE"),
        ({"calendar": "XSHG", "reopening_auction_minutes": 90}, 400, "BAD_SCHEDULE"),
        ({"calendar": "XSHG", "lunch_break": "trade_through", "reopening_auction_minutes": 5}, 400, "BAD_SCHEDULE"),
    ],
)
def test_a_schedule_that_makes_no_sense_is_refused(shared, lengths, status, code):
    path, sequence = f"/products/{shared.product_id}/schedule", shared.exchange.sequence
    refused(shared.operator.request("PUT", path, lengths), status, code)
    refused(shared.public.get(path), 404, "NO_SCHEDULE")
    assert shared.exchange.sequence - sequence <= 5, "clock commands alone"


def test_schedules_are_for_operators_and_for_products_that_exist(shared):
    path = f"/products/{shared.product_id}/schedule"
    refused(shared.buyer.request("PUT", path, XSHG), 400, "MISSING_SCOPE")
    refused(shared.public.request("PUT", path, XSHG), 401, "NOT_SIGNED")
    refused(shared.operator.request("PUT", "/products/GOLD-CNY/schedule", XSHG), 404, "UNKNOWN_INSTRUMENT")
    refused(shared.public.get("/products/GOLD-CNY/schedule"), 404, "UNKNOWN_INSTRUMENT")
