"""The machine as a whole: random streams keep the invariants, replay alike, and survive a snapshot at any point."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from venue import Venue

from exchange.matching.engine import Engine
from exchange.vocabulary import commands
from exchange.vocabulary.codec import COMMAND_BYTES, COMMANDS, EVENT_BYTES, EVENTS
from exchange.vocabulary.events import CommandRefused
from exchange.vocabulary.instruments import OrderFlag, OrderType, Peg, Phase, SelfTrade, Side, TimeInForce
from exchange.vocabulary.reasons import Reason
from exchange.vocabulary.refusals import REFUSALS
from exchange.vocabulary.state import SnapshotError, decode_snapshot, snapshot_hash
from simulations.sandbox import Terms

SIDES, TIFS = st.sampled_from(list(Side)), st.sampled_from([TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK])
TRADERS = st.integers(0, 3)
STEPS = st.one_of(
    st.tuples(
        st.just("order"),
        TRADERS,
        SIDES,
        st.integers(95, 105),
        st.integers(1, 20),
        TIFS,
        st.sampled_from(list(SelfTrade)),
        st.booleans(),
        st.sampled_from(["", "", "a", "b", "c"]),
    ),
    st.tuples(st.just("market"), TRADERS, SIDES, st.integers(1, 30)),
    st.tuples(st.just("spend"), TRADERS, st.integers(1, 3_000)),
    st.tuples(st.just("iceberg"), TRADERS, SIDES, st.integers(95, 105), st.integers(1, 40), st.integers(1, 10)),
    st.tuples(st.just("at_least"), TRADERS, SIDES, st.integers(95, 105), st.integers(1, 20), st.integers(1, 20)),
    st.tuples(st.just("expiring"), TRADERS, SIDES, st.integers(95, 105), st.integers(1, 10**14), st.booleans()),
    st.tuples(st.just("stop"), TRADERS, SIDES, st.integers(95, 105), st.integers(0, 105), st.integers(1, 20)),
    st.tuples(st.just("trail"), TRADERS, SIDES, st.integers(1, 6), st.integers(1, 20)),
    st.tuples(
        st.just("peg"),
        TRADERS,
        SIDES,
        st.integers(95, 105),
        st.integers(1, 20),
        st.sampled_from(list(Peg)),
        st.integers(-2, 2),
        st.booleans(),
    ),
    st.tuples(st.just("both"), TRADERS, SIDES, st.integers(95, 105), st.integers(1, 8), st.integers(1, 20)),
    st.tuples(
        st.just("bracket"),
        TRADERS,
        SIDES,
        st.integers(95, 105),
        st.integers(1, 20),
        st.integers(0, 4),
        st.integers(0, 4),
    ),
    st.tuples(st.just("move"), TRADERS, st.integers(1, 60), st.integers(0, 5), st.integers(0, 105)),
    st.tuples(st.just("cancel"), TRADERS, st.integers(1, 60)),
    st.tuples(st.just("amend"), TRADERS, st.integers(1, 60), st.integers(0, 105), st.integers(0, 25)),
    st.tuples(st.just("mass"), TRADERS, st.integers(0, 2)),
    st.tuples(st.just("deliver"), TRADERS, st.integers(1, 5)),
    st.tuples(st.just("phase"), st.sampled_from(list(Phase))),
    st.tuples(st.just("phase"), st.sampled_from([Phase.CONTINUOUS, Phase.CLOSING_AUCTION, Phase.VOLATILITY_AUCTION])),
    st.tuples(st.just("call"), st.integers(1, 10**14)),
    st.tuples(
        st.just("auction"), TRADERS, SIDES, st.integers(90, 110), st.integers(1, 20), st.booleans(), st.booleans()
    ),
    st.tuples(st.just("reference"), st.integers(95, 105)),
    st.tuples(st.just("withdraw"), TRADERS, st.integers(1, 10**6)),
    st.tuples(
        st.just("offer"), TRADERS, SIDES, st.integers(90, 110), st.integers(1, 20), st.sets(TRADERS), st.booleans()
    ),
    st.tuples(st.just("accept"), TRADERS, st.integers(0, 10), st.integers(0, 5), st.sampled_from(["", "a", "b"])),
    st.tuples(st.just("unoffer"), TRADERS, st.integers(0, 10)),
    st.tuples(st.just("dry"), TRADERS, SIDES, st.integers(95, 105), st.integers(1, 20), TIFS),
    st.tuples(st.just("timer"), TRADERS, st.integers(-1, 10**14)),
    st.tuples(st.just("guard"), TRADERS),
    st.tuples(st.just("unguard"), TRADERS, st.integers(0, 10)),
    st.tuples(st.just("lose"), TRADERS, st.integers(0, 10)),
    st.tuples(st.just("wait"), st.integers(1, 10**14)),
)


class Market:
    """Four traders, the last two of one owner, and the commands that steps name."""

    def __init__(self) -> None:
        self.venue = Venue(terms=Terms(lots=5_000, copies=2, dynamic_band_ppm=30_000, static_band_ppm=80_000))
        owner = self.venue.participant()
        family = [self.venue.trader(claims=200, participant=self.venue.participant(owner=owner)) for _ in range(2)]
        self.traders = [self.venue.ann, self.venue.bob, *family]
        self.first = self.venue.sequence
        self.journal: list[bytes] = []

    def step(self, step) -> None:
        if step[0] == "wait":
            self.venue.now_ns += step[1]
            return
        stamped = self.venue.stamped([getattr(self, step[0])(*step[1:])])
        self.journal.append(stamped)
        for event in EVENTS.decode_all(self.venue.engine.apply(stamped)):
            if isinstance(event, CommandRefused):
                assert Reason(event.reason) in REFUSALS[COMMANDS.kinds[event.command_kind]], "no documented refusal"
        self.venue.engine.check_invariants()

    def order(self, trader, side, price, lots, tif, mode, post_only, client_id):
        flags = OrderFlag.POST_ONLY if post_only else 0
        more = {"self_trade": mode, "flags": flags, "client_order_id": client_id, "fingerprint": bytes([lots] * 16)}
        return self.venue.order(self.traders[trader], side, price, lots, tif, **more)

    def market(self, trader, side, lots):
        return self.venue.order(self.traders[trader], side, 0, lots, TimeInForce.IOC, type=OrderType.MARKET)

    def spend(self, trader, funds):
        more = {"type": OrderType.MARKET, "funds_minor": funds}
        return self.venue.order(self.traders[trader], Side.BUY, 0, 0, TimeInForce.IOC, **more)

    def iceberg(self, trader, side, price, lots, display):
        return self.venue.order(self.traders[trader], side, price, lots, display_lots=min(display, lots))

    def at_least(self, trader, side, price, lots, least):
        return self.venue.order(self.traders[trader], side, price, lots, TimeInForce.IOC, min_lots=min(least, lots))

    def expiring(self, trader, side, price, after_ns, day):
        if day:
            return self.venue.order(self.traders[trader], side, price, 3, TimeInForce.DAY)
        expire = self.venue.now_ns + after_ns
        return self.venue.order(self.traders[trader], side, price, 3, TimeInForce.GTD, expire_at_ns=expire)

    def stop(self, trader, side, stop, price, lots):
        more = {"type": OrderType.STOP_LIMIT if price else OrderType.STOP, "stop_price_ticks": stop}
        return self.venue.order(self.traders[trader], side, price, lots, **more)

    def trail(self, trader, side, trail, lots):
        return self.venue.order(self.traders[trader], side, 0, lots, type=OrderType.TRAILING_STOP, trail_ticks=trail)

    def peg(self, trader, side, cap, lots, peg, offset, post_only):
        more = {"peg": peg, "offset_ticks": offset, "flags": OrderFlag.POST_ONLY if post_only else 0}
        return self.venue.order(self.traders[trader], side, cap, lots, type=OrderType.PEGGED, **more)

    def both(self, trader, side, price, apart, lots):
        stop = price + apart if side is Side.BUY else price - apart
        return self.venue.order(self.traders[trader], side, price, lots, type=OrderType.OCO, stop_price_ticks=stop)

    def bracket(self, trader, side, price, lots, gain, loss):
        sign = 1 if side is Side.BUY else -1
        exits = {"exit_price_ticks": price + sign * gain if gain else 0, "exit_stop_ticks": price - sign * loss}
        return self.venue.order(self.traders[trader], side, price, lots, **exits)

    def move(self, trader, ago, display, stop):
        order = max(self.venue.sequence - ago, 0) * 16
        return commands.AmendOrder(
            account=self.traders[trader], order_id=order, display_lots=display, stop_price_ticks=stop
        )

    def cancel(self, trader, ago):
        return commands.CancelOrder(account=self.traders[trader], order_id=max(self.venue.sequence - ago, 0) * 16)

    def amend(self, trader, ago, price, lots):
        order = max(self.venue.sequence - ago, 0) * 16
        return commands.AmendOrder(account=self.traders[trader], order_id=order, price_ticks=price, lots=lots)

    def mass(self, trader, side):
        return commands.MassCancel(account=self.traders[trader], side=side)

    def deliver(self, trader, lots):
        key = str(self.venue.sequence)
        return commands.TakeDelivery(
            account=self.traders[trader], base=self.venue.base, lots=lots, decision=b"d" * 32, key=key
        )

    def phase(self, phase):
        return commands.SetPhase(instrument=self.venue.instrument, phase=phase)

    def call(self, ends_after_ns):
        ends = self.venue.now_ns + ends_after_ns
        return commands.SetPhase(instrument=self.venue.instrument, phase=Phase.CLOSING_AUCTION, ends_at_ns=ends)

    def auction(self, trader, side, price, lots, opening, market):
        tif = TimeInForce.AT_OPEN if opening else TimeInForce.AT_CLOSE
        more = {"type": OrderType.MARKET} if market else {}
        return self.venue.order(self.traders[trader], side, 0 if market else price, lots, tif, **more)

    def reference(self, price):
        return commands.SetReferencePrice(instrument=self.venue.instrument, price_ticks=price)

    def offer(self, trader, side, price, lots, to, expires):
        terms = {"part": lots % 2, "expire_at_ns": self.venue.now_ns + 10**13 if expires else 0}
        named = tuple(self.traders[each] for each in sorted(to))
        return self.venue.offering(self.traders[trader], side, price, lots, named, **terms)

    def accept(self, trader, ago, lots, client_id):
        offer = max(self.venue.sequence - ago, 0) * 16
        return commands.AcceptOffer(
            account=self.traders[trader], offer=offer, lots=lots, client_order_id=client_id, fingerprint=b"f" * 16
        )

    def unoffer(self, trader, ago):
        return commands.WithdrawOffer(account=self.traders[trader], offer=max(self.venue.sequence - ago, 0) * 16)

    def dry(self, trader, side, price, lots, tif):
        return self.venue.order(self.traders[trader], side, price, lots, tif, flags=OrderFlag.DRY_RUN)

    def timer(self, trader, after_ns):
        fires = self.venue.now_ns + after_ns if after_ns else 0
        return commands.SetDeadMan(account=self.traders[trader], fires_at_ns=fires)

    def guard(self, trader):
        return commands.ArmDisconnect(account=self.traders[trader])

    def unguard(self, trader, ago):
        return commands.DisarmDisconnect(account=self.traders[trader], guard=max(self.venue.sequence - ago, 0))

    def lose(self, trader, ago):
        return commands.Disconnect(account=self.traders[trader], guard=max(self.venue.sequence - ago, 0))

    def withdraw(self, trader, amount):
        key = str(self.venue.sequence)
        return commands.BeginWithdrawal(account=self.traders[trader], asset=self.venue.asset, amount=amount, key=key)


@settings(max_examples=150, deadline=None)
@given(st.lists(STEPS, max_size=60))
def test_every_stream_keeps_the_invariants_after_each_step(steps):
    market = Market()
    for step in steps:
        market.step(step)


@settings(max_examples=40, deadline=None)
@given(st.lists(STEPS, max_size=50), st.integers(0, 50), st.integers(1, 7))
def test_a_snapshot_at_any_point_continues_to_the_same_state_and_events(steps, cut, batch):
    market = Market()
    for step in steps[:cut]:
        market.step(step)
    snapshot, done = market.venue.engine.snapshot(), len(market.journal)
    for step in steps[cut:]:
        market.step(step)
    restored = Engine.restore(snapshot)
    rest = market.journal[done:]
    for at in range(0, len(rest), batch):
        restored.apply(b"".join(rest[at : at + batch]))
    restored.check_invariants()
    assert restored.state_hash() == market.venue.engine.state_hash()
    assert restored.snapshot() == market.venue.engine.snapshot()


@settings(max_examples=40, deadline=None)
@given(st.binary(min_size=COMMAND_BYTES - 18, max_size=COMMAND_BYTES - 18), st.sampled_from(sorted(COMMANDS.kinds)))
def test_any_bytes_of_a_known_kind_are_answered_and_break_nothing(noise, kind):
    venue = Venue()
    header = bytearray(venue.stamped([commands.Clock()]))
    header[16] = kind
    command = bytes(header[:18]) + noise
    answer = venue.engine.apply(command)
    assert answer
    assert len(answer) % EVENT_BYTES == 0
    list(EVENTS.decode_all(answer))
    venue.engine.check_invariants()


def test_every_event_carries_its_commands_sequence_and_a_running_index(venue):
    venue.sell(venue.ann, 100, 5)
    venue.sell(venue.ann, 101, 5)
    answers = venue.buy(venue.bob, 101, 10)
    assert [(event.sequence, event.index) for event in answers] == [(venue.sequence, at) for at in range(3)]


def test_the_state_hash_is_the_snapshots_and_a_refusal_leaves_it(venue):
    before = venue.engine.state_hash()
    assert snapshot_hash(venue.engine.snapshot()) == before
    venue.cancel(venue.ann, 999)
    assert venue.engine.state_hash() == before
    assert decode_snapshot(venue.engine.snapshot()).sequence == venue.sequence


@pytest.mark.parametrize("damage", [lambda s: s[:-1], lambda s: b"X" + s[1:], lambda s: s[:20], lambda s: s[:0]])
def test_what_is_no_snapshot_is_refused_by_name(venue, damage):
    with pytest.raises(SnapshotError):
        Engine.restore(damage(venue.engine.snapshot()))


def test_a_sequence_that_goes_back_is_a_bug_and_not_a_refusal(venue):
    stamped = venue.stamped([commands.Clock()])
    venue.engine.apply(stamped)
    with pytest.raises(AssertionError):
        venue.engine.apply(stamped)
