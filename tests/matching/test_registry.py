"""Who may do what to whom, and what is defined only once."""

import pytest
from venue import refusal

from exchange.vocabulary import commands
from exchange.vocabulary.events import InstrumentDefined
from exchange.vocabulary.participants import ParticipantState, Role, Scope
from simulations.sandbox import digest


def operator_key(venue, scopes=Scope.MANAGE, roles=Role.OPERATOR, **more):
    user = venue.must(commands.RegisterUser(participant=venue.participant(), roles=roles))
    return venue.must(commands.RegisterKey(user=user, scopes=scopes, fingerprint=digest(f"key {user}"), **more))


def test_an_operators_key_may_manage_and_a_traders_may_not(venue):
    assert not refusal(venue.does(commands.BlockAccount(actor=operator_key(venue), account=venue.ann)))
    for key in (operator_key(venue, roles=Role.BUYER), operator_key(venue, scopes=Scope.TRADE)):
        assert refusal(venue.does(commands.UnblockAccount(actor=key, account=venue.ann))) == "NOT_PERMITTED"


def test_a_revoked_or_expired_key_may_not_manage(venue):
    key = operator_key(venue)
    venue.must(commands.RevokeKey(key=key))
    expired = operator_key(venue, expires_at_ns=venue.now_ns)
    for actor in (key, expired):
        assert refusal(venue.does(commands.BlockAccount(actor=actor, account=venue.ann))) == "NOT_PERMITTED"


MANAGING = [
    commands.SetRulesVersion(rules_version=1),
    commands.RegisterParticipant(),
    commands.SetParticipantState(participant=1, state=2),
    commands.RegisterUser(),
    commands.RegisterKey(),
    commands.RevokeKey(),
    commands.OpenAccount(),
    commands.BlockAccount(),
    commands.UnblockAccount(),
    commands.DefineAsset(code="USD"),
    commands.DefineBase(),
    commands.DefineInstrument(),
    commands.RecordDecision(),
    commands.SetPhase(),
    commands.SetReferencePrice(),
    commands.ConfirmTransfer(),
    commands.AbortTransfer(),
    commands.GrantEntitlement(),
    commands.RevokeEntitlement(),
    commands.Issue(),
]


@pytest.mark.parametrize("command", MANAGING, ids=lambda each: type(each).__name__)
def test_what_only_an_operator_may_do_is_refused_to_others(venue, command):
    command.actor = 424_242
    before = venue.engine.state_hash()
    assert refusal(venue.does(command)) == "NOT_PERMITTED"
    assert venue.engine.state_hash() == before


def test_participants_move_only_along_their_states(venue):
    participant = venue.must(commands.RegisterParticipant())
    for state, answer in (
        (ParticipantState.ACTIVE, "BAD_STATE"),
        (ParticipantState.VERIFIED, ""),
        (ParticipantState.ACTIVE, ""),
        (ParticipantState.SUSPENDED, ""),
        (ParticipantState.LEFT, ""),
        (ParticipantState.ACTIVE, "BAD_STATE"),
        (77, "BAD_STATE"),
    ):
        assert refusal(venue.does(commands.SetParticipantState(participant=participant, state=state))) == answer


def test_codes_and_symbols_are_taken_once(venue):
    assert refusal(venue.does(commands.DefineAsset(code="CNY"))) == "DUPLICATE_CODE"
    assert refusal(venue.does(commands.DefineAsset(code="lower"))) == "BAD_VALUE"
    assert refusal(venue.does(commands.DefineInstrument(base=venue.base, quote=venue.asset, symbol="TEXT-CNY"))) == (
        "DUPLICATE_CODE"
    )


def instrument(venue, **more):
    terms = {
        "base": venue.base,
        "quote": venue.asset,
        "tick_minor": 1,
        "lot_rtu": 1_000_000,
        "max_lots": 10,
        "max_notional_minor": 10**9,
        "taker_ppm": 10,
        "modes": 1,
        "symbol": "MORE-CNY",
    }
    return commands.DefineInstrument(**(terms | more))


@pytest.mark.parametrize(
    "more",
    [
        {"tick_minor": 0},
        {"lot_rtu": 450_000},
        {"symbol": "MORECNY"},
        {"symbol": "MO-RE-CNY"},
        {"symbol": "more-CNY"},
        {"maker_ppm": 11},
        {"taker_ppm": 100_001},
        {"collar_ppm": 1_000_000},
        {"max_lots": 0},
        {"max_notional_minor": 2**53 + 1},
        {"modes": 0},
        {"modes": 64},
    ],
    ids=str,
)
def test_an_unsound_instrument_is_refused(venue, more):
    assert refusal(venue.does(instrument(venue, **more))) == "BAD_INSTRUMENT"


def test_a_sound_instrument_says_what_a_tick_on_a_lot_is_worth(venue):
    defined = venue.does(instrument(venue, tick_minor=20))[0]
    assert isinstance(defined, InstrumentDefined)
    assert (defined.minor_per_tick_lot, defined.instrument) == (20, venue.sequence)


def test_unknown_rules_are_refused(venue):
    assert refusal(venue.does(commands.SetRulesVersion(rules_version=99))) == "UNKNOWN_RULES_VERSION"
