"""Busts and adjustments: what moves back, who lacks what, and for how long a trade is remembered."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from venue import IOC, Venue, kinds, refusal

from exchange.matching.engine import Engine
from exchange.vocabulary import commands
from exchange.vocabulary.events import CommandRefused, TradeAdjusted, TradeBusted
from exchange.vocabulary.instruments import Cause, MatchType, OrderType, Phase
from exchange.vocabulary.reasons import Reason
from exchange.vocabulary.rows import InstrumentRow, TradeRow
from exchange.vocabulary.units import NS_PER_HOUR, TRADES_KEPT_NS
from simulations.sandbox import digest


@pytest.fixture
def traded(venue):
    """Ann has bought 3 lots of bob's at 10,000: 30,000, her fee 30, his 15."""
    venue.before = everyone(venue)
    venue.sell(venue.bob, 10_000, 3)
    venue.buy(venue.ann, 10_000, 3)
    return venue


def everyone(venue):
    return {
        (account, asset): venue.balance(account, asset)
        for account in (venue.ann, venue.bob, venue.issuer, 0)
        for asset in (venue.asset, venue.base)
    }


def last_trade(venue):
    return venue.rows(InstrumentRow)[0].last_trade_id


def bust(venue, **fields):
    made = {"instrument": venue.instrument, "trade_id": last_trade(venue), "reason": Cause.OPERATOR} | fields
    return commands.BustTrade(**made)


def adjust(venue, **fields):
    made = {"payer": venue.bob, "payee": venue.ann, "amount": 100} | fields
    return commands.AdjustTrade(instrument=venue.instrument, trade_id=last_trade(venue), **made)


def lacking(answers):
    refused = answers[0]
    assert isinstance(refused, CommandRefused)
    return (Reason(refused.reason).name, refused.subject, refused.asset, refused.lacking)


def test_a_bust_gives_both_sides_and_the_venue_what_they_had_before_the_trade(traded):
    assert everyone(traded) != traded.before
    answers = traded.does(bust(traded, evidence=digest("why")))
    assert everyone(traded) == traded.before
    busted = answers[0]
    assert isinstance(busted, TradeBusted)
    assert (busted.buyer, busted.seller, busted.lots, busted.notional_minor) == (traded.ann, traded.bob, 3, 30_000)
    assert (busted.buyer_fee_minor, busted.seller_fee_minor, busted.match_type) == (30, 15, MatchType.CONTINUOUS)
    assert busted.product_sequence == traded.rows(InstrumentRow)[0].product_sequence
    assert busted.evidence == digest("why")


def test_the_aggressor_may_be_the_seller(venue):
    before = everyone(venue)
    venue.buy(venue.ann, 10_000, 3)
    venue.sell(venue.bob, 10_000, 3)
    busted = venue.does(bust(venue))[0]
    assert isinstance(busted, TradeBusted)
    assert (busted.buyer_fee_minor, busted.seller_fee_minor) == (15, 30)
    assert everyone(venue) == before


def test_an_auctions_trade_is_busted_like_any_other(venue):
    before = everyone(venue)
    venue.phase(Phase.CLOSING_AUCTION)
    venue.sell(venue.bob, 9_000, 3)
    venue.buy(venue.ann, 9_000, 3)
    venue.phase(Phase.CLOSED)
    busted = venue.does(bust(venue))[0]
    assert isinstance(busted, TradeBusted)
    assert busted.match_type == MatchType.AUCTION
    assert everyone(venue) == before


def test_a_bust_moves_no_price_wakes_no_stop_and_brings_no_order_back(venue):
    venue.sell(venue.bob, 100, 1)
    venue.buy(venue.ann, 100, 1)
    venue.sell(venue.bob, 200, 1)
    venue.buy(venue.ann, 200, 1)
    venue.buy(venue.ann, 0, 1, type=OrderType.STOP, stop_price_ticks=300)
    book, answers = venue.book(), venue.does(bust(venue))
    assert kinds(answers) == ["TradeBusted"]
    assert venue.book() == book
    assert venue.rows(InstrumentRow)[0].last_price_ticks == 200


def test_a_trade_is_busted_once(traded):
    traded.does(bust(traded))
    assert refusal(traded.does(bust(traded))) == "BAD_STATE"


def test_a_buyer_who_sold_or_promised_on_what_it_bought_cannot_give_it_back(traded):
    traded.sell(traded.ann, 20_000, 1_001)
    asked = traded.last_order
    assert lacking(traded.does(bust(traded))) == ("BUST_IMPOSSIBLE", traded.ann, traded.base, 1)
    traded.cancel(traded.ann, asked)
    assert not refusal(traded.does(bust(traded)))


def test_a_seller_who_spent_what_it_got_lacks_it_but_its_fee(traded):
    free = traded.balance(traded.bob)[0]
    spent = commands.BeginWithdrawal(account=traded.bob, asset=traded.asset, amount=free - 29_984, key="out")
    traded.must(spent)
    assert lacking(traded.does(bust(traded))) == ("BUST_IMPOSSIBLE", traded.bob, traded.asset, 1)


def test_of_two_who_lack_the_buyer_is_told(traded):
    free = traded.balance(traded.bob)[0]
    traded.must(commands.BeginWithdrawal(account=traded.bob, asset=traded.asset, amount=free, key="out"))
    traded.sell(traded.ann, 20_000, 1_003)
    assert lacking(traded.does(bust(traded))) == ("BUST_IMPOSSIBLE", traded.ann, traded.base, 3)


def test_after_delivery_a_trade_is_not_busted_but_adjusted(traded):
    deliver = {"account": traded.ann, "base": traded.base, "decision": digest("deliver")}
    traded.must(commands.TakeDelivery(lots=1_001, key="all but two", **deliver))
    assert lacking(traded.does(bust(traded))) == ("BUST_IMPOSSIBLE", traded.ann, traded.base, 1)
    assert not refusal(traded.does(adjust(traded)))


def test_an_adjustment_moves_cash_either_way_and_no_fee(traded):
    before = everyone(traded)
    answers = traded.does(adjust(traded, amount=500, reason=Cause.REGULATOR))
    adjusted = answers[0]
    assert isinstance(adjusted, TradeAdjusted)
    assert (adjusted.payer, adjusted.payee, adjusted.amount, adjusted.reason) == (
        traded.bob, traded.ann, 500, Cause.REGULATOR,
    )  # fmt: skip
    assert traded.balance(traded.ann)[0] - before[traded.ann, traded.asset][0] == 500
    traded.does(adjust(traded, payer=traded.ann, payee=traded.bob, amount=500))
    assert everyone(traded) == before


def test_an_adjustment_comes_out_of_what_is_free(traded):
    free = traded.balance(traded.bob)[0]
    assert refusal(traded.does(adjust(traded, amount=free + 1))) == "INSUFFICIENT_FUNDS"
    assert not refusal(traded.does(adjust(traded, amount=free)))


def test_the_first_reason_that_refuses_a_bust_is_told(traded):
    wrong = {"actor": 999, "instrument": 99, "trade_id": 99, "reason": 99}
    for right, answer in (
        ((), "NOT_PERMITTED"),
        (("actor",), "UNKNOWN_INSTRUMENT"),
        (("instrument",), "UNKNOWN_TRADE"),
        (("trade_id",), "BAD_VALUE"),
    ):
        for field in right:
            del wrong[field]
        before = traded.engine.state_hash()
        assert refusal(traded.does(bust(traded, **wrong))) == answer
        assert traded.engine.state_hash() == before
    traded.does(bust(traded))
    assert refusal(traded.does(bust(traded, reason=99))) == "BAD_VALUE"


@pytest.mark.parametrize(
    ("fields", "answer"),
    [
        ({"payer": 0, "amount": 0}, "BAD_VALUE"),
        ({"payee": 0, "amount": 0}, "BAD_VALUE"),
        ({"reason": 99, "amount": 0}, "BAD_VALUE"),
        ({"amount": 0}, "BAD_AMOUNT"),
        ({"amount": -1}, "BAD_AMOUNT"),
        ({"amount": 2**63 - 1}, "BAD_AMOUNT"),
    ],
    ids=str,
)
def test_an_unsound_adjustment_is_refused(traded, fields, answer):
    assert refusal(traded.does(adjust(traded, **fields))) == answer


def test_one_party_cannot_pay_itself(traded):
    assert refusal(traded.does(adjust(traded, payee=traded.bob))) == "BAD_VALUE"


def test_a_trade_is_remembered_for_seven_days_and_not_longer(traded):
    traded_ns = traded.now_ns
    traded.now_ns = traded_ns + TRADES_KEPT_NS - 1_000
    assert not refusal(traded.does(bust(traded)))
    traded.now_ns = traded_ns + TRADES_KEPT_NS
    assert refusal(traded.does(adjust(traded))) == "UNKNOWN_TRADE"


def test_forgotten_trades_leave_the_state_within_the_hour_and_alike_after_a_restart(traded):
    traded.now_ns += TRADES_KEPT_NS - NS_PER_HOUR // 2
    traded.sell(traded.bob, 100, 1)
    traded.buy(traded.ann, 100, 1)
    again = Engine.restore(traded.engine.snapshot())
    for hours in (1, 2, 24, 24 * 7):
        traded.now_ns += hours * NS_PER_HOUR
        tick = traded.stamped([commands.Clock()])
        assert (traded.engine.apply(tick), traded.engine.state_hash()) == (again.apply(tick), again.state_hash())
    assert traded.rows(TradeRow) == []


flows = st.lists(
    st.tuples(st.booleans(), st.integers(1, 5), st.integers(90, 110), st.integers(0, 6)), min_size=1, max_size=25
)


@settings(max_examples=40, deadline=None)
@given(flows)
def test_whatever_is_busted_money_and_claims_are_conserved(flow):
    venue = Venue()
    for ann_buys, lots, price, busted in flow:
        buyer, seller = (venue.ann, venue.bob) if ann_buys else (venue.bob, venue.ann)
        venue.sell(seller, price, lots)
        venue.buy(buyer, price, lots, IOC)
        before = everyone(venue)
        answers = venue.does(bust(venue, trade_id=max(1, last_trade(venue) - busted)))
        changes = {key: total - before[key][0] for key, (total, _) in everyone(venue).items()}
        for asset in (venue.asset, venue.base):
            assert sum(change for key, change in changes.items() if key[1] == asset) == 0
        if refusal(answers):
            assert not any(changes.values())
        again = Engine.restore(venue.engine.snapshot())
        assert again.state_hash() == venue.engine.state_hash()
