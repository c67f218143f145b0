"""When a client is cut: too slow, too deaf, too often wrong; and that nobody else notices."""

import json

import pytest
from feed_rig import Reader, Rig

from exchange.vocabulary.instruments import Side

SMALL = {"max_waiting_bytes": 4096, "max_waiting_s": 5.0, "cut_grace_s": 2.0, "stall_s": 30.0}


@pytest.fixture
def rig():
    return Rig()


def busy(rig, orders=40):
    """Orders that come and go, two events each."""
    for _ in range(orders):
        rig.cancel(rig.venue.vendor, rig.place(rig.venue.vendor, Side.SELL, 101, 1))


def test_who_does_not_read_what_must_be_whole_is_cut_and_told_the_last_sequence(rig):
    reader = rig.reader("level2_raw", **SMALL)
    (snapshot,) = reader.read()
    busy(rig)
    (error,) = reader.read()
    assert (error["type"], error["code"]) == ("error", "SLOW_CONSUMER")
    assert error["sequences"] == {"MEDZH-CNY": snapshot["sequence"]}
    assert reader.connection.closing == 1013


def test_nothing_more_waits_for_who_is_cut(rig):
    reader = rig.reader("level2_raw", "full", **SMALL)
    busy(rig, orders=200)
    assert reader.connection.waiting_bytes < 1000


def test_who_only_watches_states_is_never_cut_for_not_reading(rig):
    reader = rig.reader("level2", "ticker", "heartbeat", **SMALL)
    for _ in range(50):
        busy(rig, orders=2)
        rig.flush()
        rig.feed.beat()
        rig.now_s += 1
        reader.connection.check()
        assert reader.connection.waiting_bytes <= 4096 + 1000
    assert not reader.connection.closing
    reader.read()
    assert reader.book.sequence == rig.book.sequence


def test_a_reader_is_not_cut_because_another_is(rig):
    deaf, good = rig.reader("level2_raw", **SMALL), rig.reader("level2_raw", **SMALL)
    for _ in range(100):
        busy(rig, orders=1)
        good.read()
    assert deaf.connection.closing and not good.connection.closing
    assert good.book.sequence == rig.book.sequence


def test_messages_that_wait_too_long_cut_even_where_there_is_room(rig):
    reader = rig.reader("level2_raw", **SMALL)
    rig.now_s = 5.0
    reader.connection.check()
    assert not reader.connection.closing
    rig.now_s = 5.1
    reader.connection.check()
    assert reader.connection.closing == 1013


def test_who_does_not_even_read_why_is_let_go_of_after_the_grace(rig):
    reader = rig.reader("level2_raw", **SMALL)
    busy(rig)
    rig.now_s = 2.0
    reader.connection.check()
    assert not reader.aborted
    rig.now_s = 2.1
    reader.connection.check()
    assert reader.aborted


def test_one_message_may_not_take_for_ever(rig):
    reader = rig.reader("level2", **SMALL)
    assert reader.connection.take()
    rig.now_s = 30.1
    reader.connection.check()
    assert reader.aborted


def test_a_connection_with_nothing_to_send_may_be_quiet_for_ever(rig):
    reader = rig.reader("level2", **SMALL)
    reader.read()
    rig.now_s = 10_000.0
    reader.connection.check()
    assert not reader.aborted and not reader.connection.closing


def test_only_errors_in_a_row_close_a_connection(rig):
    reader = Reader(rig, max_refused_in_a_row=3)
    for _ in range(4):
        reader.connection.refuse({"type": "error"})
        reader.connection.refuse({"type": "error"})
        reader.connection.accept()
    assert not reader.connection.closing
    for _ in range(3):
        reader.connection.refuse({"type": "error"})
    assert reader.connection.closing == 1008
    assert len(reader.read()) == 11, "also the last refusal is told"


def test_messages_beyond_the_allowance_are_not_taken(rig):
    reader = Reader(rig, message_rate=1, message_burst=2)
    assert [reader.connection.may_ask() for _ in range(3)] == [True, True, False]
    rig.now_s = 1.0
    assert reader.connection.may_ask()


def test_what_is_sent_to_a_closing_connection_is_dropped(rig):
    reader = Reader(rig)
    reader.connection.close(1008)
    reader.connection.send(json.dumps({"type": "late"}))
    assert reader.read() == []
