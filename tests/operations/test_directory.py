"""The directory is one thing come by on two ways: from the records at a start, from events ever after."""

import itertools
import random
from contextlib import contextmanager
from copy import deepcopy

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from open_venue import market, opened, seen

from exchange.operations.directory import Directory
from exchange.operations.directory_events import HANDLERS
from exchange.vocabulary import commands as c
from exchange.vocabulary.codec import EVENTS
from exchange.vocabulary.events import CommandRefused
from exchange.vocabulary.instruments import Cause, OrderType, Phase, SelfTrade, Side, TimeInForce
from exchange.vocabulary.participants import VENUE, ParticipantState, Role, Scope
from exchange.vocabulary.units import FOREVER_NS


@contextmanager
def flowing_venue(folder):
    exchange = opened(folder / "venue", clock_idle_s=3600.0)
    there = market(exchange, copies=50)
    there.exchange = exchange
    yield there
    exchange.close()


@pytest.fixture(scope="module")
def flowing(tmp_path_factory):
    """A venue that random commands flow through, one example's after the other's."""
    with flowing_venue(tmp_path_factory.mktemp("flowing")) as there:
        yield there


@pytest.fixture
def untouched(tmp_path):
    with flowing_venue(tmp_path) as there:
        yield there


def reloaded(exchange):
    """A second directory, out of the records."""
    assert exchange.projector.wait_for(exchange.sequence, 10)
    directory = Directory()
    with exchange.database.connect() as connection:
        directory.load(connection)
    return directory


class Flow:
    """Commands by name, about what there is by now and what there never is; `numbers` gives whole numbers from zero."""

    def __init__(self, there, numbers):
        self.there = there
        self.directory = there.exchange.directory
        self.numbers = numbers

    def command(self, name):
        return (self.parties() | self.markets())[name]()

    def of(self, values):
        return list(values)[self.numbers() % len(values)]

    def one(self, table):
        return self.of([*list(table)[-6:], 10**6])

    def digest(self):
        return bytes([self.of([1, 2, 3])]) * 32

    def word(self):
        return "".join(self.of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") for _ in range(4))

    def trader(self):
        return self.of([self.there.vendor_account, self.there.buyer_account])

    def parties(self):
        of, one, digest, directory = self.of, self.one, self.digest, self.directory
        return {
            "participant": lambda: c.RegisterParticipant(profile=digest(), expires_at_ns=of([0, 1, FOREVER_NS])),
            "state": lambda: c.SetParticipantState(
                participant=one(directory.participants), state=of(ParticipantState), evidence=digest()
            ),
            "user": lambda: c.RegisterUser(participant=one(directory.participants), roles=of(Role)),
            "key": lambda: c.RegisterKey(
                user=one(directory.users), scopes=of(Scope), fingerprint=self.word().encode() * 8,
                expires_at_ns=of([0, FOREVER_NS]),
            ),
            "revoke key": lambda: c.RevokeKey(key=one(directory.keys)),
            "account": lambda: c.OpenAccount(participant=one(directory.participants)),
            "block": lambda: c.BlockAccount(account=one(directory.accounts)),
            "unblock": lambda: c.UnblockAccount(account=one(directory.accounts)),
            "kill": lambda: self.stop(c.Kill),
            "unkill": lambda: self.stop(c.Unkill),
            "policies": lambda: c.AdoptPolicies(policies=digest()),
            "decision": lambda: c.RecordDecision(permitted=of([0, 1]), subject=digest(), decision=digest()),
            "grant": lambda: c.GrantEntitlement(
                account=one(directory.accounts), instrument=one(directory.instruments), side=of(Side), purpose=1,
                position_limit_lots=of(range(1, 9)), decision=digest(),
                expires_at_ns=self.there.exchange.now_ns() + of([2_000_000, 10**15]),
            ),
            "revoke": lambda: c.RevokeEntitlement(
                account=one(directory.accounts), instrument=one(directory.instruments), side=of(Side), decision=digest()
            ),
        }  # fmt: skip

    def stop(self, kind):
        what = self.of(["participant", "instrument", "venue"])
        if what == "venue":
            return kind()
        return kind(**{what: self.one(getattr(self.directory, f"{what}s"))})

    def markets(self):
        of, one, digest, directory, listed = self.of, self.one, self.digest, self.directory, self.there.listed
        return {
            "asset": lambda: c.DefineAsset(code=of([self.word(), "CNY", "RIDDLES"]), scale=2),
            "base": lambda: c.DefineBase(
                account=one(directory.accounts), lots=4, copies=2, lot_rtu=10_000, listing=digest(), code=self.word(),
                certificate=digest(), decision=digest(),
            ),
            "pool": lambda: c.DefinePool(
                lot_rtu=of([listed.lot_rtu, 10_000]), code=self.word(), listing=digest(), decision=digest()
            ),
            "pooling": lambda: c.PoolClaims(
                account=self.trader(), base=listed.base, pool=one(directory.pools), lots=1, decision=digest(),
                key=of(["a", "b", "c", "d", "e", "f"]),
            ),
            "withhold": lambda: c.WithholdBase(base=one(directory.bases), withheld=of([0, 0, 0, 1]), decision=digest()),
            "withdraw": lambda: c.WithdrawClaims(
                account=self.trader(), base=listed.base, lots=1, key=of(["a", "b", "c", "d", "e", "f"])
            ),
            "issue": lambda: c.Issue(account=of(directory.bases.values()).issuer, base=one(directory.bases)),
            "instrument": lambda: c.DefineInstrument(
                base=one(directory.bases), quote=one(directory.assets), tick_minor=100, lot_rtu=10_000, max_lots=10,
                max_notional_minor=10**9, modes=1, symbol=f"{self.word()}-CNY",
            ),
            "phase": lambda: c.SetPhase(
                instrument=one(directory.instruments), phase=of(Phase), trading_day=20_000, reason=of(Cause)
            ),
            "schedule": lambda: c.AssignSchedule(instrument=one(directory.instruments), schedule=digest()),
            "order": lambda: c.PlaceOrder(
                account=self.trader(), side=of(Side), tif=TimeInForce.GTC, instrument=listed.instrument,
                type=OrderType.LIMIT, self_trade=SelfTrade.DECREMENT, price_ticks=500, lots=1,
            ),
            "delivery": lambda: c.TakeDelivery(
                account=self.trader(), base=of([listed.base, one(directory.pools)]), lots=1, decision=digest(),
                key=of(["a", "b", "c"]),
            ),
        }  # fmt: skip


NAMES = (
    "participant", "state", "user", "key", "revoke key", "account", "block", "unblock", "asset", "base", "issue",
    "kill", "unkill", "policies", "instrument", "phase", "schedule", "grant", "revoke", "decision", "order",
    "delivery", "pool", "pooling", "withhold", "withdraw",
)  # fmt: skip


def sent(there, name, numbers):
    """The kinds of the events that answer one command of a flow."""
    command = Flow(there, numbers).command(name)
    command.actor = VENUE
    reply = there.exchange.submit(command.encode()).result(10)
    return {event.KIND for event in EVENTS.decode_all(reply.events[0])}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(flow=st.lists(st.tuples(st.sampled_from(NAMES), st.lists(st.integers(0, 99), min_size=4, max_size=4))))
def test_the_directory_that_followed_events_equals_the_one_read_from_the_records(flowing, flow):
    for name, numbers in flow:
        sent(flowing, name, itertools.cycle(numbers).__next__)
    assert seen(reloaded(flowing.exchange)) == seen(flowing.exchange.directory)


def test_it_is_equal_after_every_kind_of_event_that_it_follows(untouched):
    chance, reached = random.Random(3), set()
    for _ in range(60):
        for name in NAMES:
            reached |= sent(untouched, name, lambda: chance.randrange(10**6))
    assert reached >= set(HANDLERS)
    assert seen(reloaded(untouched.exchange)) == seen(untouched.exchange.directory)


def test_the_directory_finds_by_name_what_it_knows_by_id(standing, venue):
    directory, listed = venue.directory, standing.listed
    assert directory.by_symbol(listed.symbol).instrument == listed.instrument
    assert directory.instrument_of(listed.base).instrument == listed.instrument
    assert directory.base_of(listed.listing).base == listed.base
    assert directory.asset("CNY").code == "CNY"
    assert standing.buyer_account in {entry.account for entry in directory.accounts_of(standing.buyer)}
    assert {entry.participant for entry in directory.accounts_of(standing.buyer)} == {standing.buyer}
    assert {"CNY", "RIDDLES", listed.symbol} <= directory.codes()


def test_what_is_unknown_is_found_by_no_name(venue):
    directory = venue.directory
    assert directory.by_symbol("NONE-CNY") is None
    assert directory.instrument_of(10**6) is None
    assert directory.base_of(bytes(32)) is None
    assert directory.asset("XXX") is None
    assert directory.key_of(bytes(32)) is None
    assert directory.accounts_of(10**6) == []


def test_a_refusal_changes_nothing_in_the_directory(venue):
    before = deepcopy(seen(venue.directory))
    reply = venue.submit(c.OpenAccount(actor=VENUE, participant=10**6).encode()).result(10)
    assert isinstance(EVENTS.decode(reply.events[0]), CommandRefused)
    assert seen(venue.directory) == before
