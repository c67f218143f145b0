"""Phases, reference price and static band (rules 16 and 17 as far as they go)."""

import pytest
from venue import kinds, refusal

from exchange.vocabulary import commands
from exchange.vocabulary.instruments import Phase
from simulations.sandbox import Terms


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
