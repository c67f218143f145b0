import pytest
from small_venue import DIGEST, SmallVenue

from exchange.store.directory import Directory
from exchange.store.projection import Projection
from exchange.vocabulary import commands as c
from exchange.vocabulary import events as ev
from exchange.vocabulary.instruments import Cause, Phase, Side
from exchange.vocabulary.participants import ParticipantState, Role, Scope
from exchange.vocabulary.reasons import Reason

OTHER = bytes(range(1, 33))


@pytest.fixture
def venue():
    return SmallVenue().open()


@pytest.fixture
def read(database, venue):
    """The directory with everything of the venue in it."""

    def project():
        Projection(database).apply(venue.batches)
        return Directory(database)

    return project


def test_participants_with_their_states_and_evidence(read, venue):
    suspended = venue.participant()
    venue.apply(c.SetParticipantState(participant=suspended, state=ParticipantState.SUSPENDED, evidence=OTHER))
    told = {row["participant"]: row for row in read().participants()}
    assert len(told) == 4
    assert told[suspended]["state"] == ParticipantState.SUSPENDED
    assert (told[suspended]["profile"], told[suspended]["evidence"]) == (DIGEST, OTHER)
    assert {row["state"] for row in told.values()} == {ParticipantState.ACTIVE, ParticipantState.SUSPENDED}


def test_users_and_keys_until_revoked(read, venue):
    key = venue.operator_key()
    (told,) = read().keys()
    assert (told["key_id"], told["scopes"], told["revoked_ns"]) == (key, Scope.MANAGE, 0)
    (user,) = read().users(told["participant"])
    assert (user["user_id"], user["roles"]) == (told["user_id"], Role.OPERATOR)
    venue.apply(c.RevokeKey(key=key))
    assert read().keys(told["participant"])[0]["revoked_ns"] > 0
    assert read().keys(999) == []


def test_accounts_blocked_and_free_again(read, venue):
    venue.apply(c.BlockAccount(account=venue.buyer, evidence=DIGEST))
    assert {row["account"] for row in read().accounts() if row["blocked"]} == {venue.buyer}
    venue.apply(c.UnblockAccount(account=venue.buyer, evidence=DIGEST))
    assert not any(row["blocked"] for row in read().accounts())


def test_assets_are_cash_and_the_claims_on_bases(read, venue):
    told = [(row["asset"], row["code"], row["is_claim"], row["scale"]) for row in read().assets()]
    assert told == [(venue.cny, "CNY", 0, 2), (venue.base, "MEDZH", 1, 0)]


def test_a_base_tells_its_documents_and_what_was_issued(read, venue):
    (base,) = read().bases()
    assert (base["issuer"], base["lots"], base["copies"], base["issued_claims"]) == (
        venue.vendor,
        100,
        1,
        100,
    )
    assert base["listing"] == base["certificate"] == base["decision"] == DIGEST


def test_an_instrument_with_its_phase_and_its_phases(read, venue):
    venue.apply(c.SetReferencePrice(instrument=venue.instrument, price_ticks=512))
    (instrument,) = read().instruments()
    assert (instrument["symbol"], instrument["phase"]) == ("MEDZH-CNY", Phase.CONTINUOUS)
    assert (instrument["reference_price_ticks"], instrument["minor_per_tick_lot"]) == (512, 10)
    phases = [(row["old_phase"], row["phase"]) for row in read().phases(venue.instrument)]
    assert phases == [(Phase.HALTED, Phase.CONTINUOUS), (Phase.CLOSED, Phase.HALTED)]


def test_an_instrument_tells_its_schedule_and_when_a_person_last_moved_it(read, venue):
    venue.apply(c.AssignSchedule(instrument=venue.instrument, schedule=OTHER))
    (instrument,) = read().instruments()
    assert (instrument["schedule"], instrument["overridden_ns"]) == (OTHER, 0)
    scheduled_ns = instrument["scheduled_ns"]
    for cause, phase in ((Cause.RECALL, Phase.CLOSED), (Cause.SCHEDULE, Phase.PRE_OPEN)):
        venue.apply(c.SetPhase(instrument=venue.instrument, phase=phase, reason=cause))
    (instrument,) = read().instruments()
    assert instrument["cause"] == Cause.SCHEDULE
    assert instrument["overridden_ns"] > scheduled_ns > 0
    assert [row["reason"] for row in read().phases(venue.instrument)][:2] == [Cause.SCHEDULE, Cause.RECALL]


def test_a_new_entitlement_replaces_the_one_before(read, venue):
    before = read().entitlements(venue.buyer, venue.instrument, in_force=True)
    assert {row["side"] for row in before} == set(Side)
    renewed = venue.grant(venue.buyer, Side.BUY)
    in_force = read().entitlements(venue.buyer, in_force=True)
    assert [row["entitlement"] for row in in_force if row["side"] == Side.BUY] == [renewed]
    assert len(read().entitlements(venue.buyer)) == 3


def test_a_revoked_entitlement_tells_why(read, venue):
    venue.apply(c.RevokeEntitlement(account=venue.buyer, instrument=venue.instrument, side=Side.BUY, decision=OTHER))
    assert [row["side"] for row in read().entitlements(venue.buyer, in_force=True)] == [Side.SELL]
    ended = next(row for row in read().entitlements(venue.buyer) if row["ended_ns"])
    assert (ended["end_decision"], ended["expired"]) == (OTHER, 0)


def test_decisions_are_found_by_what_carried_them(read, venue):
    venue.apply(c.RecordDecision(permitted=0, subject=DIGEST, decision=OTHER))
    (refused,) = read().decision(OTHER)
    assert (refused["event_kind"], refused["permitted"]) == (ev.DecisionRecorded.KIND, 0)
    assert refused["subject"] == DIGEST
    newest = read().decisions(limit=2)
    assert [row["sequence"] for row in newest] == sorted((row["sequence"] for row in newest), reverse=True)
    assert newest[0]["decision"] == OTHER
    assert all(row["sequence"] < refused["sequence"] for row in read().decisions(before=refused["sequence"]))
    kinds = {row["event_kind"] for row in read().decision(DIGEST)}
    assert kinds == {ev.BaseDefined.KIND, ev.EntitlementGranted.KIND}


def test_lots_delivered_and_asked_for_again_are_there_once(read, venue):
    taken = {"account": venue.vendor, "base": venue.base, "lots": 3, "decision": OTHER, "key": "first"}
    for _ in range(2):
        venue.apply(c.TakeDelivery(**taken))
    delivered = read().deliveries(base=venue.base)
    assert [row["lot"] for row in delivered] == [0, 1, 2]
    assert {(row["account"], row["decision"], row["key"]) for row in delivered} == {(venue.vendor, OTHER, "first")}
    assert read().deliveries(account=venue.buyer) == []


def test_pools_with_what_was_pooled_and_delivered_out_of_them(read, venue):
    venue.open_pool()
    for _ in range(2):
        venue.apply(venue.pooling(venue.vendor, 5, "p"))
    taken = {"account": venue.vendor, "base": venue.pool, "lots": 2, "decision": OTHER, "key": "first"}
    venue.apply(c.TakeDelivery(**taken))
    (pool,) = read().pools()
    assert (pool["pool"], pool["code"], pool["lot_rtu"], pool["listing"]) == (venue.pool, "GRADED", 100_000, DIGEST)
    (pooled,) = read().poolings(pool=venue.pool)
    assert (pooled["account"], pooled["base"], pooled["claims"], pooled["key"]) == (venue.vendor, venue.base, 5, "p")
    assert read().poolings(account=venue.buyer) == []
    assert [(row["base"], row["pool"], row["lot"]) for row in read().deliveries()] == [
        (venue.base, venue.pool, 0), (venue.base, venue.pool, 1),
    ]  # fmt: skip
    assert [base["base"] for base in read().bases()] == [venue.base]
    kinds = {row["event_kind"] for row in read().decision(DIGEST)}
    assert {ev.PoolDefined.KIND, ev.ClaimsPooled.KIND} <= kinds


def test_refusals_are_counted_by_reason(read, venue):
    for _ in range(3):
        venue.apply(c.ConfirmTransfer(transfer=999))
    (refused,) = read().refusals()
    assert (refused["reason"], refused["refused"]) == (Reason.UNKNOWN_TRANSFER, 3)
    assert refused["last_sequence"] == venue.sequence
