import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_ledger import BUYER, CNY, DATA, VENDOR, buy_order, post_events, trade

from exchange.ledger.accounts import Bucket, Entry
from exchange.ledger.balances import LedgerAccount, post
from exchange.ledger.postings import POSTING, LedgerError

CASH = LedgerAccount(BUYER, CNY, Bucket.AVAILABLE)
HELD = LedgerAccount(BUYER, CNY, Bucket.HELD)
CLAIMS = LedgerAccount(VENDOR, DATA, Bucket.AVAILABLE)
CLAIMS_HELD = LedgerAccount(VENDOR, DATA, Bucket.HELD)


def test_a_trade_out_of_holds_leaves_what_was_not_needed_free():
    opening = {CASH: 398, HELD: 602, CLAIMS: 97, CLAIMS_HELD: 3}
    changes = post(post_events(trade(9)), opening).changes
    assert changes == {
        CASH: 398,
        HELD: 0,
        CLAIMS: 97,
        CLAIMS_HELD: 0,
        LedgerAccount(VENDOR, CNY, Bucket.AVAILABLE): 599,
        LedgerAccount(BUYER, DATA, Bucket.AVAILABLE): 3,
        LedgerAccount(0, CNY, Bucket.FEES): 3,
    }
    assert opening == {CASH: 398, HELD: 602, CLAIMS: 97, CLAIMS_HELD: 3}


def test_the_running_balance_is_what_the_account_owns_held_or_not():
    rows = post_events(trade(9))
    running = post(rows, {CASH: 398, HELD: 602, CLAIMS: 97, CLAIMS_HELD: 3}).running
    buyers_cash = (rows["account"] == BUYER) & (rows["asset"] == CNY)
    assert running[buyers_cash].tolist() == [400, 398, 398, 398]
    assert running[(rows["account"] == 0)].tolist() == [3]


def test_a_hold_beyond_what_is_free_is_a_bug_found_at_once():
    with pytest.raises(LedgerError, match="would be -1"):
        post(post_events(buy_order(1, 101)), {CASH: 100})


def test_outside_accounts_may_go_below_zero():
    rows = np.array([(1, 0, 0, 0, 0, CNY, Bucket.DEPOSITS, Entry.DEPOSIT, -5)], POSTING)
    assert post(rows, {}).changes == {LedgerAccount(0, CNY, Bucket.DEPOSITS): -5}


def test_nothing_posted_changes_nothing():
    posted = post(np.empty(0, POSTING), {CASH: 1})
    assert posted.changes == {}
    assert len(posted.running) == 0


postings = st.tuples(
    st.integers(1, 3),
    st.integers(1, 2),
    st.sampled_from([Bucket.AVAILABLE, Bucket.HELD]),
    st.integers(0, 2**40),
)


@given(st.lists(postings, max_size=40), st.integers(0, 100))
def test_running_balances_are_the_sums_so_far(lines, opening):
    rows = np.array(
        [(n, 0, 0, 0, account, asset, bucket, Entry.MATCH, amount)
         for n, (account, asset, bucket, amount) in enumerate(lines)],
        POSTING,
    )  # fmt: skip
    balances = {LedgerAccount(1, 1, Bucket.AVAILABLE): opening}
    posted = post(rows, balances)
    owned = {(1, 1): opening}
    for (account, asset, _, amount), running in zip(lines, posted.running.tolist(), strict=True):
        owned[account, asset] = owned.get((account, asset), 0) + amount
        assert running == owned[account, asset]
