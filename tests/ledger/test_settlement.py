import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_ledger import (
    BUYER,
    CNY,
    DATA,
    MARKETS,
    POOL,
    VENDOR,
    buy_order,
    encoded,
    ledger,
    post_events,
    sell_order,
    trade,
    written,
)

from exchange.ledger.accounts import Bucket, Entry
from exchange.ledger.postings import HOLD_INDEX
from exchange.ledger.settlement import Market, markets_defined, settle
from exchange.vocabulary import events as ev
from exchange.vocabulary.instruments import Side


def transfer(kind, sequence, withdrawal, **fields):
    return kind(sequence=sequence, account=BUYER, transfer=1, asset=CNY, amount=500, withdrawal=withdrawal, **fields)


def test_a_trade_moves_cash_claims_and_fees_and_frees_what_was_held():
    rows = post_events(trade(9))
    assert written(rows) == ledger("""
        9 buyer   CNY   available  match  -600
        9 vendor  CNY   available  match  +600
        9 vendor  DATA  available  match    -3
        9 buyer   DATA  available  match    +3
        9 buyer   CNY   available  fee      -2
        9 vendor  CNY   available  fee      -1
        9 venue   CNY   fees       fee      +3
        9 vendor  DATA  available  hold     +3
        9 vendor  DATA  held       hold     -3
        9 buyer   CNY   available  hold   +602
        9 buyer   CNY   held       hold   -602
    """)


BUSTED = {
    "instrument": 3, "trade_id": 1, "base": DATA, "quote": CNY, "lots": 3, "notional_minor": 600, "buyer": BUYER,
    "seller": VENDOR, "buyer_fee_minor": 2, "seller_fee_minor": 1,
}  # fmt: skip


def test_a_bust_is_the_trade_the_other_way_round_with_both_fees():
    assert written(post_events(ev.TradeBusted(sequence=9, **BUSTED))) == ledger("""
        9 buyer   CNY   available  bust  +600
        9 vendor  CNY   available  bust  -600
        9 vendor  DATA  available  bust    +3
        9 buyer   DATA  available  bust    -3
        9 buyer   CNY   available  bust    +2
        9 vendor  CNY   available  bust    +1
        9 venue   CNY   fees       bust    -3
    """)


def test_a_trade_and_its_bust_leave_every_account_as_it_was():
    rows = post_events(trade(9, taker_hold_change=0, maker_hold_change=0), ev.TradeBusted(sequence=10, **BUSTED))
    sums = {}
    for row in rows:
        key = (row["account"], row["asset"], row["bucket"])
        sums[key] = sums.get(key, 0) + row["amount"]
    assert len(rows) == 14
    assert set(sums.values()) == {0}


def test_an_adjustment_moves_cash_between_the_parties():
    adjusted = ev.TradeAdjusted(sequence=9, quote=CNY, payer=VENDOR, payee=BUYER, amount=70)
    assert written(post_events(adjusted)) == ledger("""
        9 vendor  CNY   available  adjustment  -70
        9 buyer   CNY   available  adjustment  +70
    """)


def test_when_the_taker_sells_the_maker_pays():
    taken = {"taker_side": Side.SELL, "account": VENDOR, "maker_account": BUYER}
    rows = post_events(trade(9, **taken, taker_hold_change=-3, maker_hold_change=-601))
    assert written(rows) == ledger("""
        9 buyer   CNY   available  match  -600
        9 vendor  CNY   available  match  +600
        9 vendor  DATA  available  match    -3
        9 buyer   DATA  available  match    +3
        9 buyer   CNY   available  fee      -1
        9 vendor  CNY   available  fee      -2
        9 venue   CNY   fees       fee      +3
        9 vendor  DATA  available  hold     +3
        9 vendor  DATA  held       hold     -3
        9 buyer   CNY   available  hold   +601
        9 buyer   CNY   held       hold   -601
    """)


def test_a_trade_without_fees_has_no_fee_lines():
    rows = post_events(trade(9, maker_fee_minor=0, taker_fee_minor=0))
    assert not (rows["entry"] == Entry.FEE).any()


def test_a_deposit_counts_only_when_confirmed():
    assert written(post_events(transfer(ev.TransferBegun, 1, withdrawal=0))) == []
    assert written(post_events(transfer(ev.TransferAborted, 1, withdrawal=0))) == []
    assert written(post_events(transfer(ev.TransferConfirmed, 2, withdrawal=0))) == ledger("""
        2 buyer  CNY  available  deposit  +500
        2 venue  CNY  deposits   deposit  -500
    """)


def test_a_withdrawal_is_held_then_leaves():
    begun, confirmed = (transfer(kind, n, 1) for kind, n in ((ev.TransferBegun, 1), (ev.TransferConfirmed, 2)))
    rows = post_events(begun, confirmed, batch_ends=[1, 2])
    assert written(rows) == ledger("""
        1 buyer  CNY  available    hold        -500
        1 buyer  CNY  held         hold        +500
        2 buyer  CNY  available    withdrawal  -500
        2 venue  CNY  withdrawals  withdrawal  +500
        2 buyer  CNY  available    hold        +500
        2 buyer  CNY  held         hold        -500
    """)


def test_an_aborted_withdrawal_frees_what_it_held():
    begun, aborted = (transfer(kind, n, 1) for kind, n in ((ev.TransferBegun, 1), (ev.TransferAborted, 2)))
    assert written(post_events(begun, aborted, batch_ends=[1, 2]))[2:] == ledger("""
        2 buyer  CNY  available  hold  +500
        2 buyer  CNY  held       hold  -500
    """)


def test_claims_come_from_issue_and_end_in_delivery():
    issued = ev.ClaimsIssued(sequence=1, account=VENDOR, base=DATA, claims=100)
    lots = [ev.LotDelivered(sequence=2, index=n, account=VENDOR, base=DATA, participant=5, lot=n) for n in (0, 1)]
    assert written(post_events(issued, *lots)) == ledger("""
        1 vendor  DATA  available  issue     +100
        1 venue   DATA  issued     issue     -100
        2 vendor  DATA  available  delivery    -1
        2 venue   DATA  delivered  delivery    +1
        2 vendor  DATA  available  delivery    -1
        2 venue   DATA  delivered  delivery    +1
    """)


def test_pooled_claims_stand_with_the_venue_until_the_pool_delivers_them():
    pooled = ev.ClaimsPooled(sequence=1, account=VENDOR, base=DATA, pool=POOL, claims=5)
    lot = ev.LotDelivered(sequence=2, account=BUYER, base=DATA, pool=POOL, participant=5, lot=0)
    assert written(post_events(pooled, lot)) == ledger("""
        1 vendor  DATA  available  pool        -5
        1 venue   DATA  pooled     pool        +5
        1 vendor  POOL  available  pool        +5
        1 venue   POOL  issued     pool        -5
        2 buyer   POOL  available  delivery    -1
        2 venue   POOL  delivered  delivery    +1
        2 venue   DATA  pooled     delivery    -1
        2 venue   DATA  delivered  delivery    +1
    """)


def test_withdrawn_claims_stand_with_the_venue_apart_from_delivered_ones():
    assert written(post_events(ev.ClaimsWithdrawn(sequence=1, account=VENDOR, base=DATA, claims=5))) == ledger("""
        1 vendor  DATA  available         claim_withdrawal  -5
        1 venue   DATA  claims_withdrawn  claim_withdrawal  +5
    """)


def test_orders_that_come_and_go_in_one_batch_post_nothing():
    rows = post_events(buy_order(1, 700), buy_order(2, -700, ev.OrderDone), sell_order(3, 4))
    assert written(rows) == ledger("""
        3 vendor  DATA  available  hold  -4
        3 vendor  DATA  held       hold  +4
    """)


def test_holds_are_one_net_entry_for_each_account_asset_and_batch():
    orders = [buy_order(n, 100) for n in (1, 2, 3)]
    rows = post_events(*orders, batch_ends=[2, 3])
    assert written(rows) == ledger("""
        2 buyer  CNY  available  hold  -200
        2 buyer  CNY  held       hold  +200
        3 buyer  CNY  available  hold  -100
        3 buyer  CNY  held       hold  +100
    """)
    assert set(rows["event_index"].tolist()) == {HOLD_INDEX}


@pytest.mark.parametrize("kind", [ev.OrderRested, ev.OrderAmended, ev.OrderDone])
def test_every_kind_of_order_event_may_change_a_hold(kind):
    assert len(post_events(buy_order(1, 100), buy_order(2, -40, kind), batch_ends=[1, 2])) == 4


def test_an_answer_given_again_posts_nothing():
    replays = (
        buy_order(1, 100, ev.OrderReplayed),
        transfer(ev.TransferBegun, 2, 1, flags=ev.REPLAYED),
        ev.LotDelivered(sequence=3, flags=ev.REPLAYED, account=VENDOR, base=DATA),
        ev.ClaimsPooled(sequence=4, flags=ev.REPLAYED, account=VENDOR, base=DATA, pool=POOL, claims=5),
        ev.ClaimsWithdrawn(sequence=5, flags=ev.REPLAYED, account=VENDOR, base=DATA, claims=5),
    )
    assert written(post_events(*replays)) == []


def test_an_instrument_defined_in_the_same_batch_is_known():
    defined = ev.InstrumentDefined(sequence=1, instrument=77, base=DATA, quote=CNY)
    order = buy_order(2, 100)
    order.instrument = 77
    stream = encoded(defined, order)
    assert markets_defined(stream) == {77: Market(DATA, CNY)}
    assert len(settle(stream, markets_defined(stream), [2])) == 2


def test_an_event_of_an_unknown_instrument_is_a_bug():
    with pytest.raises(KeyError):
        settle(encoded(buy_order(1, 100)), {}, [1])


def test_no_events_no_postings():
    assert len(settle(b"", MARKETS, [])) == 0


amounts = st.integers(1, 2**50)
fees = st.integers(0, 2**30)


@st.composite
def event_streams(draw):
    made = []
    for sequence in range(1, draw(st.integers(1, 30)) + 1):
        kind = draw(st.sampled_from(["trade", "order", "transfer", "issue", "delivery"]))
        if kind == "trade":
            made.append(
                trade(
                    sequence,
                    taker_side=draw(st.sampled_from(Side)),
                    notional_minor=draw(amounts),
                    lots=draw(amounts),
                    maker_fee_minor=draw(fees),
                    taker_fee_minor=draw(fees),
                    maker_hold_change=-draw(fees),
                    taker_hold_change=-draw(fees),
                )
            )
        elif kind == "order":
            made.append(draw(st.sampled_from([buy_order, sell_order]))(sequence, draw(amounts)))
        elif kind == "transfer":
            steps = [ev.TransferBegun, ev.TransferConfirmed, ev.TransferAborted]
            made.append(transfer(draw(st.sampled_from(steps)), sequence, draw(st.integers(0, 1))))
        elif kind == "issue":
            made.append(ev.ClaimsIssued(sequence=sequence, account=VENDOR, base=DATA, claims=draw(amounts)))
        else:
            made.append(ev.LotDelivered(sequence=sequence, account=BUYER, base=DATA))
    return made


@given(event_streams(), st.data())
def test_every_event_sums_to_zero_and_batching_changes_no_balance(made, data):
    last = made[-1].sequence
    cuts = data.draw(st.sets(st.integers(1, last)))
    whole, cut = post_events(*made), post_events(*made, batch_ends=sorted(cuts | {last}))
    for asset in (CNY, DATA):
        assert whole["amount"][whole["asset"] == asset].sum() == 0
    for bucket in Bucket:
        for account in (0, VENDOR, BUYER):
            own = [rows[(rows["bucket"] == bucket) & (rows["account"] == account)] for rows in (whole, cut)]
            for asset in (CNY, DATA):
                first, second = (rows["amount"][rows["asset"] == asset].sum() for rows in own)
                assert first == second
    settled = [rows[rows["entry"] != Entry.HOLD] for rows in (whole, cut)]
    assert np.array_equal(*settled)


def test_lines_come_in_the_order_of_the_events():
    rows = post_events(trade(5), trade(6), buy_order(7, 10))
    keys = list(zip(*(rows[name].tolist() for name in ("sequence", "event_index", "line")), strict=True))
    assert keys == sorted(set(keys))
