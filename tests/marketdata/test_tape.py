import pytest

from exchange.marketdata import messages
from exchange.marketdata.depth import Depth
from exchange.marketdata.tape import DAY_NS, MINUTE_NS, TRADES_KEPT, Tape
from exchange.vocabulary.events import Trade
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
    assert (told["trade_id"], told["price"], told["last_size"]) == (4, "120.00", "0.400000")


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
