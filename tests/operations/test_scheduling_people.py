"""The runner of schedules beside people: whoever halts or moves a product goes first."""

import pytest
from scheduled import Scheduled, at_ns, order

from exchange.vocabulary import commands
from exchange.vocabulary.instruments import Cause, Phase, Side

BUY, SELL = Side.BUY, Side.SELL


@pytest.mark.parametrize("phase", [Phase.HALTED, Phase.CANCEL_ONLY])
@pytest.mark.parametrize("cause", [Cause.OPERATOR, Cause.RECALL, Cause.REGULATOR, Cause.TECHNICAL, Cause.NONE])
def test_what_a_person_set_aside_waits_for_a_person(product, phase, cause):
    product.at("2026-11-26T10:00")
    product.operator(phase, cause)
    for text in ("2026-11-26T13:00", "2026-11-26T15:00", "2026-11-27T09:05", "2026-11-27T10:00"):
        assert product.at(text) == []
        assert product.said in (["waits until an operator resumes"], [])
    product.operator(Phase.CONTINUOUS)
    assert product.at("2026-11-27T10:01") == []
    assert product.at("2026-11-27T11:30")[-1] == "cancel_only"


def test_a_halt_that_comes_between_the_decision_and_the_move_holds(product, monkeypatch):
    submit = product.submit

    def late(encoded):
        product.operator(Phase.HALTED)
        return submit(encoded)

    product.at("2026-11-26T10:00")
    with monkeypatch.context() as patched:
        patched.setattr(product.scheduler, "_submit", late)
        product.at("2026-11-26T11:30")
    assert product.refusals == ["BAD_PHASE"]
    assert (product.at("2026-11-26T13:00"), product.phase) == ([], "halted")


def test_it_is_said_once_that_a_product_waits(product):
    product.at("2026-11-26T10:00")
    product.operator(Phase.HALTED)
    product.at("2026-11-26T11:30")
    assert product.said == ["waits until an operator resumes"]
    assert product.log[0] | {"symbol": "TEXT-CNY", "due": "CANCEL_ONLY", "cause": "OPERATOR"} == product.log[0]
    product.at("2026-11-26T11:31")
    assert product.said == []


def test_a_persons_move_holds_until_the_next_of_the_schedule(product):
    product.at("2026-11-26T10:00")
    product.operator(Phase.CLOSED)
    assert product.at("2026-11-26T10:01") == []
    assert product.at("2026-11-26T11:30") == ["cancel_only"]
    product.operator(Phase.CONTINUOUS)
    assert product.at("2026-11-26T12:00") == []
    assert product.at("2026-11-26T14:55") == ["closing_auction"]


def test_a_persons_move_holds_though_a_volatility_call_came_after_it(tmp_path):
    product = Scheduled(tmp_path, dynamic_band_ppm=10_000, volatility_s=60)
    product.set("2026-11-26T03:00")
    product.follows().at("2026-11-26T03:00")
    buyer = product.sandbox.trader()
    product.at("2026-11-26T15:01")
    product.operator(Phase.PRE_OPEN)
    product.operator(Phase.CONTINUOUS)
    order(product, product.sandbox.issuer, SELL, 100)
    order(product, buyer, BUY, 100)
    order(product, product.sandbox.issuer, SELL, 200)
    order(product, buyer, BUY, 200)
    assert product.phase == "volatility_auction"
    assert product.at("2026-11-26T15:10") == []
    assert product.phase == "continuous"


def test_a_volatility_call_is_left_to_end_by_itself(tmp_path):
    product = Scheduled(tmp_path, dynamic_band_ppm=10_000, volatility_s=60)
    product.follows().at("2026-11-26T10:00")
    buyer = product.sandbox.trader()
    for price in (100, 200):
        order(product, product.sandbox.issuer, SELL, price)
        order(product, buyer, BUY, price)
    assert (product.at("2026-11-26T10:00:30"), product.phase) == ([], "volatility_auction")
    assert (product.at("2026-11-26T10:02"), product.phase) == ([], "continuous")


def test_a_schedule_given_after_a_persons_move_takes_over_at_once(product):
    product.at("2026-11-26T10:00")
    product.operator(Phase.CLOSED)
    product.follows(closing_auction_minutes=3)
    assert product.at("2026-11-26T10:01") == ["pre_open", "continuous"]


def test_a_product_without_a_schedule_is_left_alone(product):
    product.does(commands.AssignSchedule(instrument=product.instrument))
    assert product.at("2026-11-26T10:00") == []


def test_the_day_of_a_move_is_the_schedules_and_none_where_there_is_none(product):
    assert product.scheduler.trading_day(product.entry, at_ns("2026-11-30T10:00")) == product.entry.trading_day + 5
    product.does(commands.AssignSchedule(instrument=product.instrument))
    assert product.scheduler.trading_day(product.entry, at_ns("2026-11-30T10:00")) == 0
