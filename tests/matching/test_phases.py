"""Phases, reference price and static band (rules 16 and 17 as far as they go)."""

import pytest
from venue import kinds, refusal

from exchange.matching.engine import Engine
from exchange.vocabulary import commands
from exchange.vocabulary.codec import NO_DIGEST
from exchange.vocabulary.events import ScheduleAssigned
from exchange.vocabulary.instruments import Cause, Phase
from exchange.vocabulary.rows import InstrumentRow
from simulations.sandbox import Terms, digest


def moved(venue, phase):
    return refusal(venue.does(commands.SetPhase(instrument=venue.instrument, phase=phase)))


@pytest.mark.parametrize("away", [Phase.CLOSED, Phase.HALTED, Phase.CANCEL_ONLY])
def test_away_from_continuous_orders_are_refused_and_cancels_served(venue, away):
    venue.sell(venue.ann, 100, 1)
    order = venue.last_order
    assert moved(venue, away) == ""
    assert refusal(venue.sell(venue.ann, 100, 1)) in {"INSTRUMENT_CLOSED", "INSTRUMENT_HALTED", "CANCEL_ONLY"}
    assert refusal(venue.amend(venue.ann, order, lots=2)) in {"INSTRUMENT_CLOSED", "INSTRUMENT_HALTED", "CANCEL_ONLY"}
    assert kinds(venue.cancel(venue.ann, order)) == ["OrderDone"]


def test_a_closed_instrument_opens_only_by_way_of_another_phase(venue):
    moved(venue, Phase.CLOSED)
    assert moved(venue, Phase.CONTINUOUS) == "BAD_PHASE"
    assert moved(venue, Phase.HALTED) == ""
    assert moved(venue, Phase.CONTINUOUS) == ""


@pytest.mark.parametrize("phase", [Phase.CONTINUOUS, Phase.OPENING_AUCTION, 0, 99])
def test_a_move_that_is_not_legal_is_refused(venue, phase):
    assert moved(venue, phase) == "BAD_PHASE"


def test_the_trading_day_never_goes_back(venue):
    venue.phase(Phase.HALTED, trading_day=20_000)
    back = commands.SetPhase(instrument=venue.instrument, phase=Phase.CONTINUOUS, trading_day=19_999)
    assert refusal(venue.does(back)) == "BAD_VALUE"


def test_bounds_of_the_band_are_inclusive_and_rounded_inward():
    from venue import Venue  # noqa: PLC0415 - a venue with terms of its own.

    venue = Venue(terms=Terms(static_band_ppm=100_000))
    venue.must(commands.SetReferencePrice(instrument=venue.instrument, price_ticks=105))
    # 105 ± 10 % is 94.5 to 115.5.
    for price, answer in ((94, "PRICE_OUTSIDE_BAND"), (95, ""), (115, ""), (116, "PRICE_OUTSIDE_BAND")):
        assert refusal(venue.buy(venue.ann, price, 1)) == answer
        venue.does(commands.MassCancel(account=venue.ann))


def test_leaving_closed_ends_orders_outside_the_band():
    from venue import Venue  # noqa: PLC0415 - a venue with terms of its own.

    venue = Venue(terms=Terms(static_band_ppm=100_000))
    venue.buy(venue.ann, 50, 1)
    venue.buy(venue.ann, 100, 1)
    near = venue.last_order
    venue.phase(Phase.CLOSED)
    venue.must(commands.SetReferencePrice(instrument=venue.instrument, price_ticks=100))
    venue.phase(Phase.HALTED)
    venue.engine.check_invariants()
    assert venue.book()["bids"] == [(100, 1, near)]


def test_a_reference_price_must_be_a_price(venue):
    for price in (0, -1, 2**31):
        command = commands.SetReferencePrice(instrument=venue.instrument, price_ticks=price)
        assert refusal(venue.does(command)) == "BAD_PRICE"


@pytest.mark.parametrize("command", [commands.SetReferencePrice(price_ticks=5), commands.AssignSchedule()])
def test_a_reference_price_and_a_schedule_tell_why(venue, command):
    command.instrument, command.reason, command.evidence = venue.instrument, Cause.RISK, digest("a note")
    (told,) = venue.does(command)
    assert (told.reason, told.evidence) == (Cause.RISK, digest("a note"))


def assigned(venue, **fields):
    return venue.does(commands.AssignSchedule(**({"instrument": venue.instrument} | fields)))


def test_a_schedule_stays_with_the_instrument_until_another_or_none_is_assigned(venue):
    for schedule in (digest("a day"), digest("another"), NO_DIGEST):
        (event,) = assigned(venue, schedule=schedule)
        assert (type(event), event.instrument, event.schedule) == (ScheduleAssigned, venue.instrument, schedule)
        (row,) = venue.rows(InstrumentRow)
        assert row.schedule == schedule
        assert Engine.restore(venue.engine.snapshot()).state_hash() == venue.engine.state_hash()


def test_a_schedule_is_for_managers_and_for_instruments_that_exist(venue):
    before = venue.engine.state_hash()
    assert refusal(assigned(venue, actor=10**6, instrument=10**6)) == "NOT_PERMITTED"
    assert refusal(assigned(venue, instrument=10**6)) == "UNKNOWN_INSTRUMENT"
    assert venue.engine.state_hash() == before


@pytest.mark.parametrize("phase", [Phase.HALTED, Phase.CANCEL_ONLY])
@pytest.mark.parametrize("cause", [cause for cause in Cause if cause is not Cause.SCHEDULE])
def test_the_schedule_moves_nothing_that_another_cause_set_aside(venue, phase, cause):
    def move(phase, reason):
        return refusal(venue.does(commands.SetPhase(instrument=venue.instrument, phase=phase, reason=reason)))

    assert move(phase, cause) == ""
    for away in (Phase.CLOSED, Phase.CONTINUOUS, Phase.CLOSING_AUCTION):
        assert move(away, Cause.SCHEDULE) == "BAD_PHASE"
    assert move(Phase.CONTINUOUS, Cause.OPERATOR) == ""
    assert move(phase, Cause.SCHEDULE) == move(Phase.CLOSED, Cause.SCHEDULE) == ""


def test_a_move_says_why_and_the_instrument_remembers(venue):
    venue.does(commands.SetPhase(instrument=venue.instrument, phase=Phase.HALTED, reason=Cause.RECALL))
    assert venue.rows(InstrumentRow)[0].cause == Cause.RECALL
    venue.does(commands.SetPhase(instrument=venue.instrument, phase=Phase.CONTINUOUS, reason=Cause.OPERATOR))
    assert venue.rows(InstrumentRow)[0].cause == Cause.OPERATOR
