"""The kill switch: a participant, an instrument, the venue; and blocks with their reasons."""

import pytest
from venue import Venue, kinds, refusal

from exchange.matching.engine import Engine
from exchange.vocabulary import commands
from exchange.vocabulary.events import AccountBlocked, Killed, OrderDone, PhaseSet
from exchange.vocabulary.instruments import Cause, OrderType, Phase, Side, TimeInForce
from exchange.vocabulary.reasons import DoneReason
from exchange.vocabulary.rows import AccountRow, InstrumentRow, ParticipantRow, VenueRow
from simulations.sandbox import Terms


@pytest.fixture
def call():
    """A call with an order of each kind that stands or waits: bob's ask, ann's bid, stop and market order."""
    venue = Venue(terms=Terms(static_band_ppm=500_000))
    venue.must(commands.SetReferencePrice(instrument=venue.instrument, price_ticks=100))
    venue.phase(Phase.CLOSING_AUCTION)
    venue.sell(venue.bob, 120, 5)
    venue.buy(venue.ann, 90, 5)
    venue.buy(venue.ann, 0, 2, type=OrderType.STOP, stop_price_ticks=110)
    venue.does(venue.order(venue.ann, Side.BUY, 0, 3, TimeInForce.IOC, type=OrderType.MARKET))
    return venue


def participant_of(venue, account):
    return next(row.participant for row in venue.rows(AccountRow) if row.account == account)


def blocked(venue, account):
    return next(row.blocked for row in venue.rows(AccountRow) if row.account == account)


def terms(venue):
    return venue.rows(InstrumentRow)[0]


def ends(answers):
    return [(each.order_id, each.reason) for each in answers if isinstance(each, OrderDone)]


def kill(**fields):
    return commands.Kill(**({"reason": Cause.RISK} | fields))


def unkill(**fields):
    return commands.Unkill(**({"reason": Cause.OPERATOR} | fields))


def test_a_killed_participants_orders_all_end_lowest_id_first_and_the_others_stay(call):
    answers = call.does(kill(participant=participant_of(call, call.ann)))
    assert kinds(answers) == ["Killed", "OrderDone", "OrderDone", "OrderDone"]
    assert ends(answers) == [((call.sequence - each) * 16, DoneReason.KILLED) for each in (3, 2, 1)]
    assert (answers[0].participant, answers[0].reason) == (participant_of(call, call.ann), Cause.RISK)
    assert len(call.book()["asks"]) == 1


def test_a_killed_participant_trades_no_more_through_any_account_until_that_is_lifted(venue):
    participant = participant_of(venue, venue.ann)
    venue.does(kill(participant=participant))
    later = venue.must(commands.OpenAccount(participant=participant))
    for account in (venue.ann, later):
        venue.entitle(account)
        assert refusal(venue.buy(account, 10, 1)) == "ACCOUNT_BLOCKED"
    venue.does(unkill(participant=participant))
    assert not refusal(venue.buy(venue.ann, 10, 1))
    assert (blocked(venue, venue.ann), blocked(venue, later)) == (0, 0)


def test_lifting_a_kill_leaves_what_an_operator_blocked(venue):
    participant = participant_of(venue, venue.ann)
    venue.must(commands.BlockAccount(account=venue.ann, reason=Cause.CONDUCT))
    venue.must(kill(participant=participant))
    venue.must(unkill(participant=participant))
    assert refusal(venue.buy(venue.ann, 10, 1)) == "ACCOUNT_BLOCKED"
    venue.must(kill(participant=participant))
    venue.must(commands.UnblockAccount(account=venue.ann, reason=Cause.CONDUCT))
    assert refusal(venue.buy(venue.ann, 10, 1)) == "ACCOUNT_BLOCKED"


def test_a_killed_instrument_halts_without_orders_and_no_phase_but_after_the_kill_is_lifted(call):
    answers = call.does(kill(instrument=call.instrument))
    assert kinds(answers) == ["Killed", *["OrderDone"] * 4, "PhaseSet"]
    halted = answers[-1]
    assert isinstance(halted, PhaseSet)
    assert (halted.phase, halted.old_phase, halted.reason) == (Phase.HALTED, Phase.CLOSING_AUCTION, Cause.RISK)
    assert (terms(call).killed, terms(call).cause) == (1, Cause.RISK)
    back = commands.SetPhase(instrument=call.instrument, phase=Phase.CONTINUOUS)
    assert refusal(call.does(back)) == "KILLED"
    call.does(unkill(instrument=call.instrument))
    assert terms(call).phase == Phase.HALTED
    assert not refusal(call.does(back))
    assert terms(call).cause == Cause.NONE


def test_orders_of_a_frozen_call_end_with_the_kill(venue):
    freeze = {"freezes_at_ns": venue.now_ns + 2_000, "ends_at_ns": 0}
    venue.must(commands.SetPhase(instrument=venue.instrument, phase=Phase.CLOSING_AUCTION, **freeze))
    venue.buy(venue.ann, 90, 5)
    venue.now_ns += 1_000_000
    assert refusal(venue.cancel(venue.ann, venue.last_order)) == "AUCTION_FROZEN"
    venue.does(kill(instrument=venue.instrument))
    assert venue.book()["bids"] == []


def test_a_killed_venue_ends_everything_and_what_comes_after_is_born_stopped(call):
    answers = call.does(kill())
    assert kinds(answers) == ["Killed", *["OrderDone"] * 4, "PhaseSet"]
    newcomer = call.account()
    defined = call.does(
        commands.DefineInstrument(
            base=call.base, quote=call.asset, tick_minor=1, lot_rtu=1_000_000, max_lots=9, max_notional_minor=9,
            taker_ppm=1, modes=1, symbol="MORE-CNY",
        )
    )  # fmt: skip
    assert kinds(defined) == ["InstrumentDefined", "PhaseSet"]
    assert [row.phase for row in call.rows(InstrumentRow)] == [Phase.HALTED, Phase.HALTED]
    assert blocked(call, newcomer) == blocked(call, call.ann) == 4
    assert refusal(call.does(commands.SetPhase(instrument=call.sequence, phase=Phase.CLOSED))) == "KILLED"
    call.does(unkill())
    assert blocked(call, newcomer) == blocked(call, call.ann) == call.rows(VenueRow)[0].killed == 0


def test_kills_survive_a_snapshot(call):
    call.does(kill(participant=participant_of(call, call.ann)), kill(instrument=call.instrument), kill())
    again = Engine.restore(call.engine.snapshot())
    again.check_invariants()
    assert again.state_hash() == call.engine.state_hash()
    assert [row.killed for row in call.rows(ParticipantRow)].count(1) == 1


@pytest.mark.parametrize("command", [kill, unkill])
def test_the_first_reason_that_refuses_a_kill_is_told(venue, command):
    ann = participant_of(venue, venue.ann)
    for fields, answer in (
        ({"actor": 999, "participant": 99, "instrument": 99, "reason": 99}, "NOT_PERMITTED"),
        ({"participant": 99, "instrument": 99, "reason": 99}, "UNKNOWN_PARTICIPANT"),
        ({"participant": ann, "instrument": 99, "reason": 99}, "UNKNOWN_INSTRUMENT"),
        ({"participant": ann, "instrument": venue.instrument}, "BAD_VALUE"),
        ({"participant": ann, "reason": 99}, "BAD_VALUE"),
    ):
        before = venue.engine.state_hash()
        assert refusal(venue.does(command(**fields))) == answer
        assert venue.engine.state_hash() == before


def test_what_is_killed_is_not_killed_again_nor_lifted_twice(venue):
    ann = participant_of(venue, venue.ann)
    for what in ({"participant": ann}, {"instrument": venue.instrument}, {}):
        assert refusal(venue.does(unkill(**what))) == "BAD_STATE"
        assert not refusal(venue.does(kill(**what)))
        assert refusal(venue.does(kill(**what))) == "BAD_STATE"
        assert not refusal(venue.does(unkill(**what)))


def test_a_block_tells_its_cause_and_takes_no_other(venue):
    block = commands.BlockAccount(account=venue.ann, reason=Cause.REGULATOR)
    answers = venue.does(block)
    assert isinstance(answers[0], AccountBlocked)
    assert answers[0].reason == Cause.REGULATOR
    assert refusal(venue.does(block)) == "BAD_STATE"
    for command in (commands.BlockAccount, commands.UnblockAccount):
        assert refusal(venue.does(command(account=venue.ann, reason=77))) == "BAD_VALUE"


def test_a_halt_keeps_its_cause_while_it_lasts(venue):
    halt = commands.SetPhase(instrument=venue.instrument, phase=Phase.HALTED, reason=Cause.TECHNICAL)
    venue.does(halt)
    assert terms(venue).cause == Cause.TECHNICAL
    venue.phase(Phase.CONTINUOUS)
    assert terms(venue).cause == Cause.NONE
    halt.reason = 77
    assert refusal(venue.does(halt)) == "BAD_VALUE"


def test_the_venues_own_fees_account_is_never_blocked(venue):
    assert isinstance(venue.does(kill())[0], Killed)
    assert venue.engine.restore(venue.engine.snapshot()).balances() == venue.engine.balances()
