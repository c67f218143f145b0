import zlib

import pytest

from api.cli.console import CommandError, show
from api.cli.watch import _follow, _picture
from api.cli.watched_book import WatchedBook, checksum

BIDS, ASKS = [["99.80", "0.900000"], ["100.00", "0.450000"]], [["100.20", "1.350000"]]


def snapshot(bids=BIDS, asks=ASKS, sequence=7, told=None):
    own = checksum(sorted(map(tuple, asks)), sorted(map(tuple, bids), key=lambda level: -float(level[0])))
    told = own if told is None else told
    return {"type": "snapshot", "bids": bids, "asks": asks, "sequence": sequence, "checksum": told}


def update(changes, bids, asks, prev=7, sequence=9):
    after = snapshot(bids, asks)["checksum"]
    stamp = {"prev_sequence": prev, "sequence": sequence, "checksum": after}
    return {"type": "l2update", "changes": changes, **stamp}


def book():
    made = WatchedBook("X-CNY")
    made.apply(snapshot())
    return made


def test_a_checksum_is_of_asks_upwards_then_bids_downwards_without_points_and_leading_zeros():
    assert checksum([("0.20", "1.350000")], [("0.10", "0.450000")]) == zlib.crc32(b"20135000010450000")


def test_a_snapshot_is_the_book_with_the_best_prices_first():
    made = book()
    assert made.best("bids", 10) == [("100.00", "0.450000"), ("99.80", "0.900000")]
    assert made.best("asks", 10) == [("100.20", "1.350000")]
    assert (made.sequence, made.checked) == (7, 1)


def test_prices_are_compared_as_numbers():
    made = WatchedBook("X-CNY")
    made.apply(snapshot(bids=[["99.00", "1.000000"], ["100.00", "1.000000"]], asks=[]))
    assert made.best("bids", 1) == [("100.00", "1.000000")]


def test_an_update_changes_adds_and_removes_levels():
    made = book()
    changes = [["buy", "100.00", "0.000000"], ["buy", "99.80", "0.450000"], ["sell", "100.40", "0.450000"]]
    made.apply(update(changes, [["99.80", "0.450000"]], [*ASKS, ["100.40", "0.450000"]]))
    assert made.bids == {"99.80": "0.450000"}
    assert made.best("asks", 2) == [("100.20", "1.350000"), ("100.40", "0.450000")]
    assert (made.sequence, made.checked) == (9, 2)


def test_an_update_after_a_missing_one_is_a_gap():
    with pytest.raises(CommandError, match="FEED_GAP"):
        book().apply(update([], BIDS, ASKS, prev=8))


def test_a_book_that_is_not_the_exchanges_is_noticed():
    with pytest.raises(CommandError, match="CHECKSUM_MISMATCH"):
        WatchedBook("X-CNY").apply(snapshot(told=1))


def test_a_trade_before_the_subscription_shows_and_is_not_counted():
    made = book()
    trade = {"side": "sell", "price": "100.00", "size": "0.450000", "time": "now"}
    made.apply({"type": "last_match", **trade})
    made.apply({"type": "match", **trade})
    assert (len(made.trades), made.traded) == (2, 1)


def auction(**fields):
    nothing = dict.fromkeys(["indicative_price", "indicative_size", "imbalance", "imbalance_side"], "")
    times = {"freezes_at": "", "ends_at": ""}
    return {"type": "auction", "phase": "closing_auction"} | nothing | times | fields


def test_a_running_call_is_told_in_a_line_as_if_it_ended_now():
    made = book()
    assert made.call() == ""
    made.apply(auction(ends_at="noon"))
    assert made.call() == "closing_auction: nothing would trade; ends noon"
    found = {"indicative_price": "100.00", "indicative_size": "0.450000"}
    made.apply(auction(**found, imbalance="0.900000", imbalance_side="buy", freezes_at="ten", ends_at="noon"))
    told = "0.450000 would trade at 100.00; 0.900000 left to buy; freezes ten; ends noon"
    assert made.call() == f"closing_auction: {told}"
    made.apply(auction(phase="continuous"))
    assert made.call() == ""


def test_who_watches_sees_a_running_call_above_the_book(capsys):
    _follow(WatchedBook("X-CNY"), iter([snapshot(), auction(ends_at="noon"), auction(phase="closed")]))
    line, heading, *_ = capsys.readouterr().out.splitlines()
    assert line == "closing_auction: nothing would trade; ends noon"
    assert heading.startswith("X-CNY  sequence 7")
    made = book()
    made.apply(auction(phase="opening_auction"))
    show(_picture(made))
    assert capsys.readouterr().out.splitlines()[1] == "opening_auction: nothing would trade"


def test_an_error_of_the_feed_keeps_its_code():
    with pytest.raises(CommandError, match="UNKNOWN_PRODUCT: Failed: there is none"):
        book().apply({"type": "error", "code": "UNKNOWN_PRODUCT", "message": "Failed", "reason": "there is none"})
