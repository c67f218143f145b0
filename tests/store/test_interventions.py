"""What operators did, as the records keep it."""

import pytest
from small_venue import DIGEST, SmallVenue
from sqlalchemy import select

from exchange.ledger.accounts import Entry
from exchange.store import tables
from exchange.store.directory import Directory
from exchange.store.history import History
from exchange.store.projection import Projection
from exchange.store.reconcile import reconcile
from exchange.store.reports import Reports
from exchange.vocabulary import commands as c
from exchange.vocabulary.instruments import Cause, Phase, Side

CORRECTIONS = (Entry.BUST, Entry.ADJUSTMENT)


@pytest.fixture
def traded():
    """The vendor has sold 4 lots for 20,000 and 10 are left; two operators, the first with a key."""
    venue = SmallVenue().open()
    venue.apply(venue.order(venue.vendor, Side.SELL, 500, 10), venue.order(venue.buyer, Side.BUY, 500, 4))
    venue.first, venue.second = venue.operator_key(), venue.operator_key()
    return venue


def bust(venue, **fields):
    made = {"instrument": venue.instrument, "trade_id": 1, "reason": Cause.OPERATOR, "evidence": DIGEST}
    return c.BustTrade(**(made | fields))


def rows(database, venue, table):
    """All rows of a table once everything was projected, and the books agree."""
    projection = Projection(database)
    projection.apply(venue.batches)
    outcome = reconcile(database, venue.sequence, venue.engine.balances())
    assert outcome.agrees, outcome
    with database.connect() as connection:
        return list(connection.execute(select(table)))


def test_a_busted_trade_stays_marked_and_off_the_public_list(database, traded):
    traded.apply(bust(traded))
    (kept,) = rows(database, traded, tables.trades)
    assert (kept.bust_sequence, kept.bust_reason, kept.lots) == (traded.sequence, Cause.OPERATOR, 4)
    history = History(database)
    assert len(history.trades(traded.instrument)) == len(history.fills(traded.buyer)) == 1
    assert history.trades(traded.instrument, busted=False) == []


def test_a_bust_is_kept_with_its_reason_and_evidence(database, traded):
    traded.apply(bust(traded))
    (kept,) = rows(database, traded, tables.busts)
    assert (kept.sequence, kept.instrument, kept.trade_id) == (traded.sequence, traded.instrument, 1)
    assert (kept.reason, kept.evidence) == (Cause.OPERATOR, DIGEST)


def test_the_ledger_names_the_trade_that_a_bust_or_an_adjustment_corrects(database, traded):
    parties = {"payer": traded.buyer, "payee": traded.vendor, "amount": 250}
    traded.apply(c.AdjustTrade(instrument=traded.instrument, trade_id=1, **parties), bust(traded))
    (trade,) = rows(database, traded, tables.trades)
    history = History(database)
    for account, corrections in ((traded.buyer, 3), (traded.vendor, 3)):
        told = [line for line in history.ledger(account, traded.cny) if line["entry"] in CORRECTIONS]
        assert len(told) == corrections
        for line in told:
            assert (line["instrument"], line["trade_id"]) == (traded.instrument, 1)
            assert (line["taker_account"], line["taker_order_id"], line["maker_order_id"]) == (
                traded.buyer, trade.taker_order_id, trade.maker_order_id,
            )  # fmt: skip


def test_a_trade_may_be_done_and_busted_in_one_batch(database, traded):
    venue = SmallVenue().open()
    ask = venue.order(venue.vendor, Side.SELL, 500, 10)
    venue.apply(ask, venue.order(venue.buyer, Side.BUY, 500, 4), bust(venue))
    (kept,) = rows(database, venue, tables.trades)
    assert kept.bust_sequence == venue.sequence


def test_statements_show_a_bust_and_an_adjustment(database, traded):
    parties = {"payer": traded.buyer, "payee": traded.vendor, "amount": 250}
    traded.apply(c.AdjustTrade(instrument=traded.instrument, trade_id=1, reason=Cause.REGULATOR, **parties))
    adjusted = traded.sequence
    traded.apply(bust(traded))
    (kept,) = rows(database, traded, tables.adjustments)
    assert (kept.sequence, kept.trade_id, kept.payer, kept.payee, kept.amount, kept.reason) == (
        adjusted, 1, traded.buyer, traded.vendor, 250, Cause.REGULATOR,
    )  # fmt: skip
    told = Reports(database).statement(traded.buyer, traded.cny)
    assert [(line.type, line.amount) for line in told.lines[-4:]] == [
        ("fee", "-0.40"), ("adjustment", "-2.50"), ("bust", "200.00"), ("bust", "0.40"),
    ]  # fmt: skip


def test_a_proposal_is_kept_from_its_making_to_its_end(database, traded):
    proposals = [traded.make(bust(traded, actor=traded.first)) for _ in range(3)]
    traded.apply(c.Approve(actor=traded.second, proposal=proposals[0]))
    traded.apply(c.Reject(actor=traded.first, proposal=proposals[1], reason=Cause.RISK, evidence=DIGEST))
    kept = {row.proposal: row for row in rows(database, traded, tables.proposals)}
    assert [kept[each].state for each in proposals] == [2, 3, 1]
    assert kept[proposals[0]].ended_by != kept[proposals[0]].user_id == kept[proposals[1]].ended_by
    assert [kept[each].end_reason for each in proposals] == [Cause.NONE, Cause.RISK, Cause.NONE]
    assert kept[proposals[1]].end_evidence == DIGEST
    waiting = kept[proposals[2]]
    assert (waiting.subject, waiting.command_kind, waiting.evidence, waiting.ended_ns) == (
        1, c.BustTrade.KIND, DIGEST, 0,
    )  # fmt: skip


def test_blocks_and_kills_are_kept_with_their_causes(database, traded):
    traded.apply(c.BlockAccount(account=traded.buyer, reason=Cause.CONDUCT, evidence=DIGEST))
    traded.apply(c.Kill(instrument=traded.instrument, reason=Cause.RISK))
    traded.apply(c.Kill(participant=traded.participants[0], reason=Cause.REGULATOR))
    traded.apply(c.UnblockAccount(account=traded.buyer))
    kept = rows(database, traded, tables.interventions)
    assert [row.reason for row in kept] == [Cause.CONDUCT, Cause.RISK, Cause.REGULATOR, Cause.NONE]
    assert [row.account for row in kept] == [traded.buyer, 0, 0, traded.buyer]
    assert (kept[1].instrument, kept[2].participant) == (traded.instrument, traded.participants[0])


def test_interventions_are_what_somebody_did_and_a_kills_halts_are_its_own(database, traded):
    moved = {"instrument": traded.instrument, "actor": traded.first}
    traded.apply(c.SetPhase(**moved, phase=Phase.HALTED, reason=Cause.RECALL, evidence=DIGEST))
    traded.apply(c.BlockAccount(actor=traded.first, account=traded.buyer, reason=Cause.CONDUCT))
    traded.apply(c.SetPhase(**moved, phase=Phase.CONTINUOUS, reason=Cause.OPERATOR))
    traded.apply(c.Kill(actor=traded.second, instrument=traded.instrument, reason=Cause.RISK))
    traded.apply(c.Kill(actor=traded.second, participant=traded.participants[1], reason=Cause.CONDUCT))
    rows(database, traded, tables.phases)
    directory = Directory(database)
    told = directory.interventions()
    assert [(row["reason"], row["phase"], row["old_phase"]) for row in told] == [
        (Cause.CONDUCT, 0, 0), (Cause.RISK, 0, 0), (Cause.OPERATOR, Phase.CONTINUOUS, Phase.HALTED),
        (Cause.CONDUCT, 0, 0), (Cause.RECALL, Phase.HALTED, Phase.CONTINUOUS),
    ]  # fmt: skip
    assert [row["actor"] for row in told] == [traded.second] * 2 + [traded.first] * 3
    assert (told[-1]["instrument"], told[-1]["evidence"]) == (traded.instrument, DIGEST)
    assert directory.interventions(limit=2) == told[:2]
    assert directory.last_kill(0, traded.instrument)["reason"] == Cause.RISK
    assert directory.last_kill(traded.participants[1], 0)["reason"] == Cause.CONDUCT
    assert directory.last_kill(0, 0) is None


def blocks(database, venue):
    return {row.account: row.blocked for row in rows(database, venue, tables.accounts)}


def test_accounts_are_blocked_bit_by_bit_as_in_the_machine(database, traded):
    traded.apply(c.BlockAccount(account=traded.vendor))
    traded.apply(c.Kill(participant=traded.participants[0]), c.Kill())
    later = traded.account()
    assert blocks(database, traded) == {traded.vendor: 7, traded.buyer: 4, traded.other: 4, later: 4}
    traded.apply(c.UnblockAccount(account=traded.vendor), c.Unkill())
    assert blocks(database, traded) == {traded.vendor: 2, traded.buyer: 0, traded.other: 0, later: 0}


def test_limits_policies_and_kills_stand_in_the_records(database, traded):
    traded.apply(*(c.SetWithdrawalLimit(asset=traded.cny, amount=amount) for amount in (7, 9)))
    traded.apply(c.AdoptPolicies(policies=DIGEST), c.Kill(), c.Kill(instrument=traded.instrument))
    (limit,) = rows(database, traded, tables.withdrawal_limits)
    (venue,) = rows(database, traded, tables.venue)
    (instrument,) = rows(database, traded, tables.instruments)
    assert (limit.asset, limit.amount) == (traded.cny, 9)
    assert (venue.killed, venue.policies, instrument.killed) == (1, DIGEST, 1)


def test_contract_notes_tell_of_busts_and_of_adjustments_both_ways(database, traded):
    for payer, payee, amount in ((traded.buyer, traded.vendor, 250), (traded.vendor, traded.buyer, 100)):
        parties = {"payer": payer, "payee": payee, "amount": amount}
        traded.apply(c.AdjustTrade(instrument=traded.instrument, trade_id=1, reason=Cause.TECHNICAL, **parties))
    rows(database, traded, tables.adjustments)
    reports = Reports(database)
    notes = [reports.contract_note(traded.instrument, 1, account) for account in (traded.vendor, traded.buyer)]
    assert [(note.status, note.adjusted) for note in notes] == [("settled", "1.50"), ("settled", "-1.50")]


def test_a_busted_trade_keeps_its_contract_note(database, traded):
    traded.apply(bust(traded))
    rows(database, traded, tables.trades)
    note = Reports(database).contract_note(traded.instrument, 1, traded.buyer)
    assert (note.status, note.lots, note.adjusted) == ("busted", 4, "0.00")
