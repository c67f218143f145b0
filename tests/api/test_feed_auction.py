"""The `auction` channel: what a running call would come to, told once a window, and at once when the phase changes."""

import feed_venue
import pytest
from feed_rig import Rig
from feed_venue import placing
from feed_wire import feed_client

from exchange.operations.asking import ask
from exchange.vocabulary import commands as c
from exchange.vocabulary.instruments import OrderType, Phase, Side, TimeInForce
from exchange.vocabulary.participants import VENUE

venue, empty_books = feed_venue.venue, feed_venue.empty_books
FIGURES = ("indicative_price", "indicative_size", "imbalance", "imbalance_side")


@pytest.fixture
def rig():
    return Rig()


def move(rig, phase, **times):
    rig.apply(c.SetPhase(instrument=rig.venue.instrument, phase=phase, **times))


def end_window(rig):
    """How many flushes were wanted; the channel wants one at most."""
    wanted = list(dict.fromkeys(rig.untold))
    rig.untold.clear()
    for flush in wanted:
        flush()
    return len(wanted)


def figures(message):
    return tuple(message[name] for name in FIGURES)


def cross(rig, lots=2):
    rig.place(rig.venue.vendor, Side.SELL, 100, lots)
    rig.place(rig.venue.buyer, Side.BUY, 100, lots + 1)


def test_whoever_joins_hears_the_phase_and_the_figures_at_once(rig):
    (told,) = rig.reader("auction").read()
    assert (told["type"], told["product_id"], told["phase"]) == ("auction", "MEDZH-CNY", "continuous")
    assert told["sequence"] == rig.book.sequence
    assert figures(told) == ("", "", "", "") and told["freezes_at"] == told["ends_at"] == ""
    move(rig, Phase.CLOSING_AUCTION)
    cross(rig)
    (told,) = rig.reader("auction").read()
    assert figures(told) == ("100.00", "0.200000", "0.100000", "buy")


def test_many_changes_within_one_window_are_told_once(rig):
    reader = rig.reader("auction")
    move(rig, Phase.CLOSING_AUCTION)
    reader.read()
    cross(rig, 2)
    cross(rig, 3)
    assert reader.read() == []
    assert end_window(rig) == 1
    assert [figures(each) for each in reader.read()] == [("100.00", "0.500000", "0.200000", "buy")]


def test_what_leaves_the_figures_as_they_are_is_not_told(rig):
    reader = rig.reader("auction")
    move(rig, Phase.CLOSING_AUCTION)
    cross(rig)
    end_window(rig)
    reader.read()
    rig.place(rig.venue.other, Side.BUY, 50, 1)
    end_window(rig)
    assert reader.read() == []


def test_a_new_phase_is_told_at_once_and_outside_calls_nothing_else(rig):
    reader = rig.reader("auction")
    reader.read()
    freezes_at_ns, ends_at_ns = (10**9 * seconds for seconds in (1_800_000_000, 1_800_000_060))
    move(rig, Phase.CLOSING_AUCTION, freezes_at_ns=freezes_at_ns, ends_at_ns=ends_at_ns)
    (told,) = reader.read()
    assert told["phase"] == "closing_auction"
    assert (told["freezes_at"], told["ends_at"]) == ("2027-01-15T08:00:00.000000Z", "2027-01-15T08:01:00.000000Z")
    cross(rig)
    move(rig, Phase.CLOSED)
    (told,) = reader.read()
    assert (told["phase"], figures(told)) == ("closed", ("", "", "", ""))
    end_window(rig)
    move(rig, Phase.HALTED)
    move(rig, Phase.CONTINUOUS)
    reader.read()
    cross(rig)
    assert end_window(rig) == 0 and reader.read() == []


def test_those_who_are_there_miss_nothing_when_another_joins_before_the_window_ends(rig):
    first = rig.reader("auction")
    move(rig, Phase.CLOSING_AUCTION)
    first.read()
    cross(rig)
    second = rig.reader("auction")
    end_window(rig)
    assert [figures(each) for each in first.read()] == [figures(each) for each in second.read()]


def test_a_market_order_that_joins_is_no_public_event_and_yet_moves_the_figures():
    rig = Rig(static_band_ppm=100_000)
    rig.apply(c.SetReferencePrice(instrument=rig.venue.instrument, price_ticks=100))
    move(rig, Phase.CLOSING_AUCTION)
    cross(rig)
    reader = rig.reader("auction", "full", "level2_raw")
    before = reader.read()[0]
    rig.place(rig.venue.vendor, Side.SELL, 0, 7, type=OrderType.MARKET, tif=TimeInForce.IOC)
    assert end_window(rig) == 1
    (told,) = reader.read()
    assert figures(told) == ("90.00", "0.300000", "0.400000", "sell")
    assert told["sequence"] == before["sequence"]


def test_a_slow_client_hears_the_newest(rig):
    reader = rig.reader("auction")
    for lots in (1, 2):
        move(rig, Phase.CLOSING_AUCTION if lots == 1 else Phase.HALTED)
    (told,) = reader.read()
    assert told["phase"] == "halted"


def test_whoever_has_left_hears_no_calls(rig):
    reader = rig.reader("auction")
    reader.read()
    rig.feed.remove("auction", reader.connection)
    move(rig, Phase.CLOSING_AUCTION)
    assert reader.read() == []


def test_an_uncross_is_told_on_full_in_its_place_of_the_sequence(rig):
    move(rig, Phase.CLOSING_AUCTION)
    cross(rig)
    reader = rig.reader("full")
    sequence = rig.book.sequence
    move(rig, Phase.CLOSED)
    told = [each for each in reader.read() if "sequence" in each]
    assert [each["type"] for each in told[:3]] == ["phase", "uncrossed", "match"]
    assert [each["sequence"] for each in told] == list(range(sequence + 1, rig.book.sequence + 1))
    assert (told[1]["price"], told[1]["size"], told[1]["imbalance"]) == ("100.00", "0.200000", "0.100000")


def test_a_call_over_a_real_websocket_and_over_rest(venue):
    product = venue.product_id
    with feed_client(venue) as client:
        client.subscribe([product], "auction")
        assert client.until("auction")["phase"] == "continuous"
        set_phase(venue, Phase.CLOSING_AUCTION)
        try:
            assert figures(client.until("auction", phase="closing_auction")) == ("", "", "", "")
            instrument = venue.listed.instrument
            ask(venue.exchange, placing(venue.vendor, instrument, Side.SELL, 500, 5, display_lots=1))
            ask(venue.exchange, placing(venue.buyer, instrument, Side.BUY, 501, 2))
            told = client.until("auction", indicative_size=venue.size(2))
            assert figures(told) == (venue.price(500), venue.size(2), venue.size(3), "sell")
            rest = venue.public.get(f"/products/{product}/auction").json()
            same = {name: value for name, value in told.items() if name not in {"type", "product_id", "time"}}
            assert {name: value for name, value in rest.items() if name != "time"} == same
        finally:
            set_phase(venue, Phase.CLOSED)
            set_phase(venue, Phase.HALTED)
            set_phase(venue, Phase.CONTINUOUS)
        assert figures(client.until("auction", phase="closed")) == ("", "", "", "")
        assert client.until("auction", phase="continuous")["sequence"] > told["sequence"]


def set_phase(venue, phase):
    ask(venue.exchange, c.SetPhase(actor=VENUE, instrument=venue.listed.instrument, phase=phase))
