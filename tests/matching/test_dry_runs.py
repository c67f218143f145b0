"""Dry runs: the answer of the real order, foreseen, and nothing changed."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from venue import IOC, Venue, kinds, refusal

from exchange.matching.engine import Engine
from exchange.vocabulary import commands as c
from exchange.vocabulary.codec import EVENTS
from exchange.vocabulary.events import CommandRefused, OrderAccepted, OrderChecked, Trade
from exchange.vocabulary.instruments import OrderFlag, OrderType, Peg, Phase, SelfTrade, Side, TimeInForce
from simulations.sandbox import Terms

DRY, POST_ONLY = OrderFlag.DRY_RUN, OrderFlag.POST_ONLY


def checked(venue, account, side, price, lots, **more):
    """The answer to a dry run that is not refused."""
    before = venue.engine.state_hash()
    (told,) = venue.does(venue.order(account, side, price, lots, flags=DRY | more.pop("flags", 0), **more))
    assert isinstance(told, OrderChecked), told
    assert venue.engine.state_hash() == before
    return told


def test_it_tells_limit_hold_and_what_would_trade(venue):
    venue.sell(venue.ann, 100, 3)
    venue.sell(venue.ann, 101, 3)
    told = checked(venue, venue.bob, Side.BUY, 100, 5, client_order_id="bid-1")
    assert (told.account, told.instrument) == (venue.bob, venue.instrument)
    assert (told.price_ticks, told.lots, told.trades_lots, told.hold) == (100, 5, 3, 500)
    assert (told.side, told.type, told.tif) == (Side.BUY, OrderType.LIMIT, TimeInForce.GTC)
    assert told.client_order_id == "bid-1"


def test_it_uses_up_no_client_order_id(venue):
    checked(venue, venue.bob, Side.BUY, 100, 5, client_order_id="bid-1", fingerprint=b"1" * 16)
    again = venue.buy(venue.bob, 100, 5, client_order_id="bid-1", fingerprint=b"2" * 16)
    assert kinds(again) == ["OrderAccepted"]
    same = venue.buy(venue.bob, 100, 5, flags=DRY, client_order_id="bid-1", fingerprint=b"2" * 16)
    assert kinds(same) == ["OrderReplayed"]
    assert refusal(venue.buy(venue.bob, 100, 5, flags=DRY, client_order_id="bid-1", fingerprint=b"3" * 16)) == (
        "DUPLICATE_CLIENT_ORDER_ID"
    )


def test_a_market_order_is_told_its_collar(venue):
    venue.sell(venue.ann, 100, 3)
    told = checked(venue, venue.bob, Side.BUY, 0, 5, tif=IOC, type=OrderType.MARKET)
    assert (told.price_ticks, told.trades_lots) == (105, 3)


def test_funds_buy_what_they_pay_for_and_hold_themselves(venue):
    venue.sell(venue.ann, 100, 3)
    venue.sell(venue.ann, 102, 30)
    told = checked(venue, venue.bob, Side.BUY, 0, 0, tif=IOC, type=OrderType.MARKET, funds_minor=1_000)
    assert (told.lots, told.trades_lots, told.hold) == (0, 3 + 6, 1_000)


def test_a_stop_trades_nothing_unless_its_condition_holds(venue):
    venue.sell(venue.ann, 100, 3)
    venue.buy(venue.bob, 100, 1)
    stop = {"type": OrderType.STOP_LIMIT}
    assert checked(venue, venue.bob, Side.BUY, 110, 5, stop_price_ticks=101, **stop).trades_lots == 0
    assert checked(venue, venue.bob, Side.BUY, 110, 5, stop_price_ticks=100, **stop).trades_lots == 2
    post_only = checked(venue, venue.bob, Side.BUY, 110, 5, stop_price_ticks=100, flags=POST_ONLY, **stop)
    assert post_only.trades_lots == 0


def test_what_joins_a_call_or_waits_for_one_trades_nothing(venue):
    venue.sell(venue.ann, 100, 3)
    assert checked(venue, venue.bob, Side.BUY, 100, 3, tif=TimeInForce.AT_CLOSE).trades_lots == 0
    venue.phase(Phase.CLOSED)
    venue.phase(Phase.PRE_OPEN)
    assert checked(venue, venue.bob, Side.BUY, 100, 3).trades_lots == 0


@pytest.mark.parametrize("flags", [4, 6, 128])
def test_other_flags_are_still_no_combination(venue, flags):
    assert refusal(venue.buy(venue.bob, 100, 1, flags=flags)) == "BAD_COMBINATION"


def test_it_is_refused_as_the_order_would_be(venue):
    venue.sell(venue.ann, 100, 3)
    assert refusal(venue.buy(venue.bob, 100, 1, flags=DRY | POST_ONLY)) == "POST_ONLY_WOULD_TAKE"
    assert refusal(venue.buy(venue.bob, 100, 4, TimeInForce.FOK, flags=DRY)) == "FOK_NOT_FILLABLE"
    assert refusal(venue.buy(venue.bob, 0, 1, flags=DRY)) == "BAD_PRICE"
    assert refusal(venue.sell(venue.bob, 100, 10**6, flags=DRY)) == "INSUFFICIENT_CLAIMS"
    assert refusal(venue.buy(venue.bob, 100, 1, IOC, flags=DRY | POST_ONLY)) == "BAD_COMBINATION"


kind_of = st.sampled_from([
    {"type": OrderType.LIMIT, "tif": TimeInForce.GTC},
    {"type": OrderType.LIMIT, "tif": TimeInForce.GTC, "flags": POST_ONLY},
    {"type": OrderType.LIMIT, "tif": TimeInForce.GTC, "display_lots": 2},
    {"type": OrderType.LIMIT, "tif": TimeInForce.IOC},
    {"type": OrderType.LIMIT, "tif": TimeInForce.IOC, "min_lots": 3},
    {"type": OrderType.LIMIT, "tif": TimeInForce.FOK},
    {"type": OrderType.LIMIT, "tif": TimeInForce.AT_CLOSE},
    {"type": OrderType.MARKET, "tif": TimeInForce.IOC},
    {"type": OrderType.MARKET, "tif": TimeInForce.FOK},
    {"type": OrderType.MARKET, "tif": TimeInForce.IOC, "funds_minor": 1},
    {"type": OrderType.STOP, "tif": TimeInForce.GTC, "stop_price_ticks": 1},
    {"type": OrderType.STOP_LIMIT, "tif": TimeInForce.GTC, "stop_price_ticks": 1},
    {"type": OrderType.STOP_LIMIT, "tif": TimeInForce.GTC, "stop_price_ticks": 1, "flags": POST_ONLY},
    {"type": OrderType.TRAILING_STOP, "tif": TimeInForce.GTC, "trail_ticks": 3},
    {"type": OrderType.PEGGED, "tif": TimeInForce.GTC, "peg": Peg.MID, "offset_ticks": 1},
    {"type": OrderType.PEGGED, "tif": TimeInForce.GTC, "peg": Peg.BEST_ASK, "flags": POST_ONLY},
    {"type": OrderType.PEGGED, "tif": TimeInForce.GTC, "peg": Peg.BEST_BID, "offset_ticks": -2},
    {"type": OrderType.OCO, "tif": TimeInForce.GTC, "stop_price_ticks": 1},
    {"type": OrderType.OCO, "tif": TimeInForce.GTC, "stop_price_ticks": 1, "flags": POST_ONLY},
    {"type": OrderType.LIMIT, "tif": TimeInForce.GTC, "exit_price_ticks": 100, "exit_stop_ticks": 0},
    {"type": OrderType.MARKET, "tif": TimeInForce.IOC, "exit_stop_ticks": 100},
])  # fmt: skip
wishes = st.tuples(
    kind_of,
    st.integers(0, 3),
    st.sampled_from(Side),
    st.integers(94, 106),
    st.integers(1, 12),
    st.sampled_from(SelfTrade),
)


def wished(venue, wish):
    """An order of one of four accounts, two of which have one owner; its stop or funds follow from price and size."""
    fields, who, side, price, lots, self_trade = wish
    fields = dict(fields)
    if "stop_price_ticks" in fields:
        fields["stop_price_ticks"] = 200 - price
    if "funds_minor" in fields:
        fields["funds_minor"], lots, side = price * lots + lots, 0, Side.BUY
    if fields["type"] == OrderType.OCO:
        fields["stop_price_ticks"] = price + (2 if side == Side.BUY else -2)
    if fields["type"] in (OrderType.MARKET, OrderType.STOP, OrderType.TRAILING_STOP):
        price = 0
    return venue.order(venue.traders[who], side, price, lots, self_trade=self_trade, **fields)


def make_venue(terms):
    venue = Venue(terms=terms)
    participant = venue.participant()
    siblings = [venue.trader(10**6, 40, participant) for _ in range(2)]
    venue.traders = [*siblings, venue.ann, venue.bob]
    return venue


@settings(max_examples=150, deadline=None)
@given(
    st.lists(wishes, min_size=1, max_size=25),
    st.sampled_from([Terms(), Terms(dynamic_band_ppm=30_000), Terms(taker_ppm=33_333, lot_rtu=3_000_000)]),
)
def test_a_dry_run_foresees_the_real_order_and_changes_nothing(taken, terms):
    """Refused alike, or with the limit, the hold and the trades foretold; the state is that of an idle moment."""
    venue = make_venue(terms)
    for wish in taken:
        real = wished(venue, wish)
        dry, idle = (Engine.restore(venue.engine.snapshot()) for _ in range(2))
        sequence, now = venue.sequence, venue.now_ns
        real.flags |= DRY
        asked = list(EVENTS.decode_all(dry.apply(venue.stamped([real]))))
        venue.sequence, venue.now_ns = sequence, now
        idle.apply(venue.stamped([c.Clock()]))
        venue.sequence, venue.now_ns = sequence, now
        assert dry.state_hash() == idle.state_hash()
        real.flags &= ~DRY
        hold_to(asked[-1], venue.does(real), real)


def hold_to(asked, happened, real):
    if isinstance(asked, CommandRefused):
        (refused,) = happened
        assert (refused.reason, refused.decision) == (asked.reason, asked.decision)
        return
    accepted = next(each for each in happened if isinstance(each, OrderAccepted))
    fills = [each.lots for each in happened if isinstance(each, Trade) and each.taker_order_id == accepted.order_id]
    told = (asked.price_ticks, asked.lots, asked.hold, asked.side, asked.type, asked.tif)
    assert told == (accepted.price_ticks, accepted.lots, accepted.hold, real.side, real.type, real.tif)
    if real.type == OrderType.PEGGED:
        # Its first price; what trades there may move the price that it follows.
        assert asked.trades_lots <= sum(fills)
    else:
        assert asked.trades_lots == sum(fills)
