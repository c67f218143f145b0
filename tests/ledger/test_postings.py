import numpy as np
import pytest
from small_ledger import encoded, trade

from exchange.ledger.accounts import Bucket, Entry
from exchange.ledger.postings import POSTING, LedgerError, gather, groups, select
from exchange.vocabulary import events as ev


def row(sequence, asset, amount, index=0, line=0):
    return (sequence, index, line, 0, 1, asset, Bucket.AVAILABLE, Entry.MATCH, amount)


def rows(*lines):
    return np.array(list(lines), POSTING)


def test_lines_of_one_event_that_sum_to_zero_pass():
    assert gather([rows(row(1, 1, 5), row(1, 2, -7)), rows(row(1, 1, -5), row(1, 2, 7))]).size == 4


@pytest.mark.parametrize(
    "lines",
    [
        [row(1, 1, 5)],
        [row(1, 1, 5), row(1, 2, -5)],
        [row(1, 1, 5), row(2, 1, -5)],
        [row(1, 1, 5, index=0), row(1, 1, -5, index=1)],
    ],
    ids=["alone", "another asset", "another command", "another event"],
)
def test_lines_that_do_not_sum_to_zero_name_their_event(lines):
    with pytest.raises(LedgerError, match=r"event 1\.0 "):
        gather([rows(*lines)])


def test_selecting_takes_one_kind_and_no_answers_given_again():
    stream = encoded(trade(1), ev.ClockTicked(sequence=2), trade(3, flags=ev.REPLAYED), trade(4))
    assert select(stream, ev.Trade)["sequence"].tolist() == [1, 4]
    assert select(stream, ev.LotDelivered).size == 0


def test_groups_keep_the_order_within():
    order, starts = groups(rows(row(2, 1, 1), row(1, 1, 2), row(2, 1, 3)), ("sequence",))
    assert order.tolist() == [1, 0, 2]
    assert starts.tolist() == [0, 1]
