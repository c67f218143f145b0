import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.marketdata import messages
from exchange.marketdata.depth import Depth
from exchange.marketdata.tape import DAY_NS, MINUTE_NS, TRADES_KEPT, Tape, print_of
from exchange.vocabulary.events import Trade, TradeBusted
from exchange.vocabulary.instruments import MatchType, Side
from exchange.vocabulary.wire import Scales

NOON_NS = 1_700_000_000_000_000_000
SCALES = Scales(tick_minor=100, quote_scale=2, lot_rtu=100_000)


def trade(number, price, lots=1, at_ns=NOON_NS, match_type=MatchType.CONTINUOUS):
    return Trade(
        trade_id=number,
        product_sequence=number,
        price_ticks=price,
        lots=lots,
        timestamp_ns=at_ns,
        taker_side=Side.BUY,
        match_type=match_type,
    )


@pytest.fixture
def tape():
    tape = Tape()
    for number, price in enumerate((100, 140, 90, 120), 1):
        tape.apply(trade(number, price, lots=number, at_ns=NOON_NS + number * MINUTE_NS))
    return tape


def test_the_day_has_its_open_high_low_last_and_volume(tape):
    assert tuple(tape.stats(NOON_NS + 5 * MINUTE_NS)) == (100, 140, 90, 120, 10)


def test_what_traded_a_day_ago_counts_no_more(tape):
    assert tuple(tape.stats(NOON_NS + DAY_NS + 3 * MINUTE_NS)) == (120, 120, 120, 120, 4)
    assert tuple(tape.stats(NOON_NS + 2 * DAY_NS)) == (0, 0, 0, 120, 0)


def test_a_negotiated_trade_prints_and_moves_no_price(tape):
    tape.apply(trade(5, 500, match_type=MatchType.NEGOTIATED))
    assert tape.last.price_ticks == 500
    assert tape.last_price_ticks == 120
    assert tape.stats(NOON_NS + 5 * MINUTE_NS).high_ticks == 140
    told = messages.ticker("P-Q", Depth(), tape, SCALES, NOON_NS)
    assert (told["trade_id"], told["price"], told["last_size"]) == (5, "120.00", "0.400000")


def test_the_side_of_a_print_is_the_makers_and_of_a_ticker_the_takers(tape):
    assert messages.trade(tape.last, SCALES)["side"] == "sell"
    assert messages.ticker("P-Q", Depth(), tape, SCALES, NOON_NS)["side"] == "buy"


def test_a_trade_left_out_is_a_bug(tape):
    with pytest.raises(AssertionError, match="trade 7 follows 4"):
        tape.apply(trade(7, 100))


def test_the_tape_keeps_the_newest_trades_and_says_from_where_on(tape):
    for number in range(5, TRADES_KEPT + 3):
        tape.apply(trade(number, 100))
    assert next(tape.newest_first()).trade_id == TRADES_KEPT + 2
    assert tape.oldest_kept == 3


def bust_of(each):
    return TradeBusted(
        trade_id=each.trade_id,
        product_sequence=99,
        price_ticks=each.price_ticks,
        lots=each.lots,
        traded_ns=each.timestamp_ns,
        match_type=each.match_type,
    )


def test_a_busted_trade_leaves_tape_statistics_and_last_price(tape):
    tape.bust(bust_of(trade(4, 120, 4, NOON_NS + 4 * MINUTE_NS)))
    assert [each.trade_id for each in tape.newest_first()] == [3, 2, 1]
    assert tuple(tape.stats(NOON_NS + 5 * MINUTE_NS)) == (100, 140, 90, 90, 6)
    tape.apply(trade(5, 110))
    assert tape.last_trade_id == 5


def test_the_ticker_after_a_bust_is_that_of_the_trade_before(tape):
    tape.bust(bust_of(trade(4, 120, 4, NOON_NS + 4 * MINUTE_NS)))
    told = messages.ticker("P-Q", Depth(), tape, SCALES, NOON_NS)
    assert (told["price"], told["last_size"], told["trade_id"]) == ("90.00", "0.300000", 4)


def test_a_tape_whose_only_trade_was_busted_keeps_its_price_and_shows_no_trade():
    tape = Tape()
    tape.apply(trade(1, 100))
    tape.bust(bust_of(trade(1, 100)))
    assert tape.last is None
    assert tuple(tape.stats(NOON_NS)) == (0, 0, 0, 100, 0)


def test_a_busted_negotiated_trade_moves_no_price_either(tape):
    negotiated = trade(5, 500, match_type=MatchType.NEGOTIATED)
    tape.apply(negotiated)
    before = tape.stats(NOON_NS + 5 * MINUTE_NS)
    tape.bust(bust_of(negotiated))
    assert tape.last.trade_id == 4
    assert tape.stats(NOON_NS + 5 * MINUTE_NS) == before


def test_a_bust_of_what_a_restart_did_not_read_again_changes_nothing(tape):
    restarted = Tape(last_trade_id=4, last_price_ticks=120)
    for each in (trade(3, 90, 3, NOON_NS), trade(4, 120, 4, NOON_NS)):
        restarted.load(print_of(each))
    before = restarted.stats(NOON_NS)
    restarted.bust(bust_of(trade(2, 140, 2, NOON_NS)))
    assert restarted.stats(NOON_NS) == before


def test_a_tape_without_its_last_trade_goes_on_numbering():
    restarted = Tape(last_trade_id=2, last_price_ticks=140)
    restarted.load(print_of(trade(1, 100)))
    assert (restarted.last_trade_id, restarted.last_price_ticks) == (2, 100)
    restarted.apply(trade(3, 90))


prints = st.lists(st.tuples(st.integers(95, 105), st.integers(1, 5), st.integers(0, 1)), min_size=1, max_size=30)


@given(prints, st.data())
def test_a_tape_with_busts_equals_one_on_which_they_were_never_printed(made, data):
    trades, now_ns = [], NOON_NS
    for number, (price, lots, minutes) in enumerate(made, 1):
        now_ns += minutes * MINUTE_NS
        trades.append(trade(number, price, lots, now_ns))
    busted = data.draw(st.lists(st.sampled_from(trades), unique_by=lambda each: each.trade_id, max_size=len(made) - 1))
    tape, never = Tape(), Tape()
    for each in trades:
        tape.apply(each)
        if each not in busted:
            never.load(print_of(each))
    for each in busted:
        tape.bust(bust_of(each))
    assert (tape.last, tape.last_priced) == (never.last, never.last_priced)
    assert list(tape.newest_first()) == list(never.newest_first())
    assert tape.stats(now_ns) == never.stats(now_ns)
