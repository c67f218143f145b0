"""Pools: claims on any lot of a class, pooled out of several bases and delivered out of the oldest (rule 19)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from venue import Venue, refusal

from exchange.matching.engine import Engine
from exchange.vocabulary import commands
from exchange.vocabulary.events import REPLAYED, ClaimsPooled, LotDelivered, PoolDefined
from exchange.vocabulary.instruments import Phase, Side
from exchange.vocabulary.reasons import Reason
from exchange.vocabulary.refusals import REFUSALS
from exchange.vocabulary.rows import BaseRow, DeliveryRow, PooledRow
from simulations.sandbox import Terms, digest

CLASS, VERDICT, LOT_RTU = digest("class"), digest("verdict"), 1_000_000


class PoolVenue(Venue):
    """A venue whose first base is joined by a second, `other`, issued to `other_issuer`, and by a `pool` with an
    instrument, `graded`."""

    other = other_issuer = pool = graded = 0

    def found(self, other_lots: int = 4, other_copies: int = 1, max_holders: int = 0) -> "PoolVenue":
        self.other_issuer = self.account()
        self.other = self.must(self.base_of(self.other_issuer, "OTHER", other_lots, other_copies))
        self.must(commands.Issue(base=self.other))
        self.pool = self.must(commands.DefinePool(lot_rtu=LOT_RTU, code="GRADED", listing=CLASS, decision=VERDICT))
        self.graded = self.instrument_on(self.pool, "GRADED-CNY", max_holders)
        return self

    def base_of(self, account: int, code: str, lots: int, copies: int, lot_rtu: int = LOT_RTU) -> commands.DefineBase:
        digests = {"listing": digest(code), "certificate": digest(code), "decision": digest(code)}
        return commands.DefineBase(account=account, lots=lots, copies=copies, lot_rtu=lot_rtu, code=code, **digests)

    def instrument_on(self, base: int, symbol: str, max_holders: int = 0) -> int:
        first, terms = self.instrument, self.terms
        defined = commands.DefineInstrument(
            base=base, quote=self.asset, tick_minor=1, lot_rtu=LOT_RTU, max_lots=terms.max_lots,
            max_notional_minor=terms.max_notional_minor, max_holders=max_holders, collar_ppm=50_000,
            modes=terms.modes, symbol=symbol,
        )  # fmt: skip
        self.instrument = made = self.must(defined)
        for phase in (Phase.HALTED, Phase.CONTINUOUS):
            self.phase(phase)
        self.instrument = first
        return made

    def pools(self, account: int, base: int, lots: int, key: str = "p", **more: object):
        made = {"base": base, "pool": self.pool, "lots": lots, "decision": VERDICT, "key": key} | more
        return self.does(commands.PoolClaims(account=account, **made))

    def delivers(self, account: int, lots: int, key: str = "d", base: int = 0) -> list[tuple[int, int, int]]:
        """(base, pool, lot) of each lot that came."""
        command = commands.TakeDelivery(
            account=account, base=base or self.pool, lots=lots, decision=digest("deliver"), key=key
        )
        return [(e.base, e.pool, e.lot) for e in self.does(command) if isinstance(e, LotDelivered)]

    def trades_graded(self, seller: int, buyer: int, lots: int, price: int = 10) -> None:
        first, self.instrument = self.instrument, self.graded
        for account in (seller, buyer):
            self.entitle(account)
        self.must(self.order(seller, Side.SELL, price, lots))
        self.must(self.order(buyer, Side.BUY, price, lots))
        self.instrument = first
        self.engine.check_invariants()


@pytest.fixture
def pooled():
    return PoolVenue(terms=Terms(lots=3_000, copies=1)).found()


def test_a_pool_is_a_base_of_the_venues_without_lots(pooled):
    row = next(row for row in pooled.rows(BaseRow) if row.base == pooled.pool)
    assert (row.is_pool, row.issuer, row.lots, row.lot_rtu) == (1, 0, 0, LOT_RTU)


def test_a_definition_tells_the_class_and_the_decision(pooled):
    (told,) = pooled.does(commands.DefinePool(lot_rtu=5, code="MORE", listing=CLASS, decision=VERDICT))
    assert isinstance(told, PoolDefined)
    assert (told.pool, told.lot_rtu, told.code, told.listing) == (pooled.sequence, 5, "MORE", CLASS)


def test_pooling_turns_free_claims_into_claims_on_the_pool(pooled):
    (told,) = pooled.pools(pooled.ann, pooled.base, 7)
    assert isinstance(told, ClaimsPooled)
    assert (told.base, told.pool, told.claims, told.decision) == (pooled.base, pooled.pool, 7, VERDICT)
    assert pooled.balance(pooled.ann, pooled.base) == (993, 0)
    assert pooled.balance(pooled.ann, pooled.pool) == (7, 0)
    assert [(row.base, row.claims) for row in pooled.rows(PooledRow)] == [(pooled.base, 7)]


def test_a_repeated_pooling_is_answered_again_and_moves_nothing(pooled):
    pooled.pools(pooled.ann, pooled.base, 7)
    (again,) = pooled.pools(pooled.ann, pooled.base, 7)
    assert again.flags & REPLAYED
    assert pooled.balance(pooled.ann, pooled.pool) == (7, 0)
    assert refusal(pooled.pools(pooled.ann, pooled.base, 8)) == "DUPLICATE_TRANSFER_KEY"


def test_claims_on_a_pool_trade_like_any_others(pooled):
    pooled.pools(pooled.ann, pooled.base, 7)
    pooled.trades_graded(pooled.ann, pooled.bob, 5)
    assert pooled.balance(pooled.bob, pooled.pool) == (5, 0)


def test_delivery_draws_on_the_oldest_base_first_and_goes_on_with_the_next(pooled):
    pooled.pools(pooled.other_issuer, pooled.other, 2)
    pooled.pools(pooled.ann, pooled.base, 7)
    pooled.pools(pooled.other_issuer, pooled.other, 1, key="more of the first")
    pooled.trades_graded(pooled.ann, pooled.bob, 5)
    came = pooled.delivers(pooled.bob, 5)
    assert came == [(pooled.other, pooled.pool, lot) for lot in (0, 1, 2)] + [
        (pooled.base, pooled.pool, lot) for lot in (0, 1)
    ]
    assert [(row.base, row.claims) for row in pooled.rows(PooledRow)] == [(pooled.other, 0), (pooled.base, 5)]


def test_a_base_whose_lots_the_participant_all_has_is_passed_over():
    venue = PoolVenue(terms=Terms(lots=3_000, copies=1)).found(other_lots=2, other_copies=3)
    venue.pools(venue.other_issuer, venue.other, 6)
    venue.pools(venue.ann, venue.base, 2)
    venue.trades_graded(venue.other_issuer, venue.bob, 4)
    assert refusal(venue.does(venue_delivery(venue, venue.bob, 5))) == "INSUFFICIENT_CLAIMS"
    assert venue.delivers(venue.bob, 3) == [
        (venue.other, venue.pool, 0), (venue.other, venue.pool, 1), (venue.base, venue.pool, 0),
    ]  # fmt: skip
    assert venue.delivers(venue.bob, 1, key="last") == [(venue.base, venue.pool, 1)]


def test_more_than_the_participant_lacks_is_refused_whole():
    venue = PoolVenue(terms=Terms(lots=3_000, copies=1)).found(other_lots=2, other_copies=3)
    venue.pools(venue.other_issuer, venue.other, 6)
    before = venue.engine.state_hash()
    assert refusal(venue.does(venue_delivery(venue, venue.other_issuer, 3))) == "NOTHING_LEFT_TO_DELIVER"
    assert venue.engine.state_hash() == before


def test_a_lot_that_came_by_its_own_claim_does_not_come_again_by_the_pools(pooled):
    assert pooled.delivers(pooled.ann, 2, base=pooled.base) == [(pooled.base, 0, 0), (pooled.base, 0, 1)]
    pooled.pools(pooled.ann, pooled.base, 2)
    assert pooled.delivers(pooled.ann, 2, key="graded") == [(pooled.base, pooled.pool, lot) for lot in (2, 3)]


def test_a_repeated_delivery_out_of_a_pool_is_answered_again(pooled):
    pooled.pools(pooled.other_issuer, pooled.other, 1)
    pooled.pools(pooled.ann, pooled.base, 2)
    pooled.trades_graded(pooled.ann, pooled.bob, 2)
    first = pooled.delivers(pooled.bob, 2)
    pooled.engine = Engine.restore(pooled.engine.snapshot())
    assert pooled.delivers(pooled.bob, 2) == first
    assert pooled.delivers(pooled.bob, 2, base=pooled.base) == []
    assert refusal(pooled.answers) == "DUPLICATE_TRANSFER_KEY"
    assert pooled.balance(pooled.bob, pooled.pool) == (0, 0)


def test_what_a_pool_delivered_counts_where_it_was_traded(pooled):
    """Against the position limit on the pool's instrument, not on that of the base the lots came from."""
    pooled.pools(pooled.ann, pooled.base, 3)
    pooled.delivers(pooled.ann, 3)
    pooled.entitle(pooled.ann, position_limit_lots=998)
    assert not refusal(pooled.buy(pooled.ann, 1, 1))
    pooled.instrument = pooled.graded
    pooled.entitle(pooled.ann, position_limit_lots=3)
    assert refusal(pooled.buy(pooled.ann, 1, 1)) == "QUOTA_EXCEEDED"


def test_who_pooled_or_was_delivered_is_a_holder_of_the_pool():
    venue = PoolVenue(terms=Terms(lots=3_000, copies=1)).found(max_holders=1)
    venue.pools(venue.ann, venue.base, 1)
    venue.delivers(venue.ann, 1)
    venue.instrument = venue.graded
    venue.entitle(venue.bob)
    venue.entitle(venue.ann)
    assert refusal(venue.buy(venue.bob, 1, 1)) == "TOO_MANY_HOLDERS"
    assert not refusal(venue.buy(venue.ann, 1, 1))


def venue_delivery(venue: PoolVenue, account: int, lots: int) -> commands.TakeDelivery:
    return commands.TakeDelivery(account=account, base=venue.pool, lots=lots, decision=digest("d"), key="other")


def blocked(venue, command):
    venue.must(commands.BlockAccount(account=command.account))


def used_key(venue, command):
    venue.pools(venue.ann, venue.base, 1, key=command.key)


def wrong(name, value):
    return lambda _venue, command: setattr(command, name, value)


def withheld(venue, _command):
    venue.must(commands.WithholdBase(base=venue.base, withheld=1, decision=VERDICT))


# In the order in which they are checked; what comes later is spoiled first, so that a key is used while it may be.
POOLING = [
    (Reason.UNKNOWN_ACCOUNT, wrong("account", 9_999)),
    (Reason.UNKNOWN_BASE, wrong("base", 9_999)),
    (Reason.UNKNOWN_POOL, wrong("pool", 9_999)),
    (Reason.BAD_SIZE, wrong("lots", 0)),
    (Reason.BAD_VALUE, wrong("key", "")),
    (Reason.DUPLICATE_TRANSFER_KEY, used_key),
    (Reason.ACCOUNT_BLOCKED, blocked),
    (Reason.NO_DECISION, wrong("decision", bytes(32))),
    (Reason.WITHHELD, withheld),
    (Reason.INSUFFICIENT_CLAIMS, wrong("lots", 5_000)),
]


def spoiled(*spoils):
    venue = PoolVenue(terms=Terms(lots=3_000, copies=1)).found()
    command = commands.PoolClaims(
        account=venue.ann, base=venue.base, pool=venue.pool, lots=2, decision=VERDICT, key="k"
    )
    for spoil in spoils:
        spoil(venue, command)
    return venue, command


def test_each_refusal_of_pooling_is_reached_in_the_documented_order():
    assert tuple(reason for reason, _ in POOLING) == REFUSALS[commands.PoolClaims]


@pytest.mark.parametrize(("first", "spoil"), POOLING, ids=lambda each: getattr(each, "name", ""))
def test_a_refused_pooling_names_the_first_reason_and_changes_nothing(first, spoil):
    venue, command = spoiled(spoil)
    before = venue.engine.state_hash()
    assert refusal(venue.does(command)) == first.name
    assert venue.engine.state_hash() == before


@pytest.mark.parametrize("at", range(len(POOLING) - 1), ids=lambda at: POOLING[at][0].name)
def test_of_two_reasons_against_pooling_the_earlier_is_told(at):
    later = POOLING[at + 2] if POOLING[at][0] is Reason.BAD_VALUE else POOLING[at + 1]
    venue, command = spoiled(POOLING[at][1], later[1])
    assert refusal(venue.does(command)) == POOLING[at][0].name


@pytest.mark.parametrize(
    ("reason", "fields"),
    [
        (Reason.NOT_PERMITTED, {"actor": 9_999, "code": ""}),
        (Reason.BAD_VALUE, {"code": "graded", "lot_rtu": 0}),
        (Reason.BAD_VALUE, {"lot_rtu": 0}),
        (Reason.DUPLICATE_CODE, {"code": "TEXT", "listing": bytes(32)}),
        (Reason.NO_DECISION, {"listing": bytes(32)}),
        (Reason.NO_DECISION, {"decision": bytes(32)}),
    ],
)
def test_a_refused_definition_names_the_first_reason(pooled, reason, fields):
    defined = {"lot_rtu": LOT_RTU, "code": "NEW", "listing": CLASS, "decision": VERDICT} | fields
    before = pooled.engine.state_hash()
    assert refusal(pooled.does(commands.DefinePool(**defined))) == reason.name
    assert pooled.engine.state_hash() == before


def test_a_pool_takes_no_other_lot_size_and_no_other_pool(pooled):
    odd = pooled.must(pooled.base_of(pooled.issuer, "ODD", 5, 1, lot_rtu=2_000_000))
    pooled.must(commands.Issue(base=odd))
    assert refusal(pooled.pools(pooled.issuer, odd, 1)) == "UNKNOWN_POOL"
    assert refusal(pooled.pools(pooled.issuer, pooled.base, 1, pool=pooled.other)) == "UNKNOWN_POOL"
    assert refusal(pooled.pools(pooled.issuer, pooled.pool, 1)) == "UNKNOWN_BASE"


def test_nothing_is_issued_on_a_pool(pooled):
    assert refusal(pooled.does(commands.Issue(base=pooled.pool))) == "ALREADY_ISSUED"


def test_claims_held_for_a_sale_are_not_pooled(pooled):
    pooled.sell(pooled.ann, 100, 999)
    assert refusal(pooled.pools(pooled.ann, pooled.base, 2)) == "INSUFFICIENT_CLAIMS"


STEPS = st.one_of(
    st.tuples(st.just("pool"), st.integers(0, 2), st.booleans(), st.integers(1, 6)),
    st.tuples(st.just("trade"), st.integers(0, 2), st.integers(0, 2), st.integers(1, 6)),
    st.tuples(st.just("take"), st.integers(0, 2), st.integers(0, 2), st.integers(1, 4)),
    st.tuples(st.just("restart")),
)


@settings(max_examples=25, deadline=None)
@given(st.lists(STEPS, max_size=25), st.integers(1, 3))
def test_whatever_is_pooled_traded_and_delivered_is_conserved_and_no_lot_comes_twice(steps, copies):
    venue = PoolVenue(terms=Terms(lots=3_000, copies=1)).found(other_lots=6, other_copies=copies)
    traders = [venue.ann, venue.bob, venue.other_issuer]
    first, came = venue.instrument, []
    venue.instrument = venue.graded
    for trader in traders:
        venue.entitle(trader)
    venue.deposit(venue.other_issuer, 10**6)
    for number, step in enumerate(steps):
        if step[0] == "pool":
            venue.pools(traders[step[1]], venue.base if step[2] else venue.other, step[3], key=str(number))
        elif step[0] == "trade":
            venue.sell(traders[step[1]], 10, step[3])
            venue.buy(traders[step[2]], 10, step[3])
        elif step[0] == "take":
            base = (venue.base, venue.other, venue.pool)[step[2]]
            lots = venue.delivers(traders[step[1]], step[3], key=str(number), base=base)
            came += [(traders[step[1]], base, lot) for base, _, lot in lots]
        else:
            before = venue.engine.state_hash()
            venue.engine = Engine.restore(venue.engine.snapshot())
            assert venue.engine.state_hash() == before
    venue.instrument = first
    venue.engine.check_invariants()
    assert len(came) == len(set(came)) == len(venue.rows(DeliveryRow))
    of_other = [row.claims for row in venue.rows(PooledRow) if row.base == venue.other]
    held = sum(venue.balance(trader, venue.other)[0] for trader in traders)
    delivered = sum(base == venue.other for _, base, _ in came)
    assert held + sum(of_other) + delivered == 6 * copies
