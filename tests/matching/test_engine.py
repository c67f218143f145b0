"""The machine as a whole: random streams keep the invariants, replay alike, and survive a snapshot at any point."""

import inspect
import re

import pytest
import streams
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from streams import STEPS, Market
from venue import Venue

from exchange.matching.engine import Engine
from exchange.vocabulary import commands
from exchange.vocabulary.codec import COMMAND_BYTES, COMMANDS, EVENT_BYTES, EVENTS
from exchange.vocabulary.state import SnapshotError, decode_snapshot, snapshot_hash


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


def test_the_streams_ask_for_every_command():
    """By its name in a step, or through the sandbox, which places orders and makes offers."""
    named = set(re.findall(r"commands\.(\w+)", inspect.getsource(streams))) | {"PlaceOrder", "MakeOffer"}
    assert {kind.__name__ for kind in COMMANDS.kinds.values()} <= named


class VenueMachine(RuleBasedStateMachine):
    """The streams' steps as a state machine: after each the invariants hold, and recovery may come between any two."""

    def __init__(self):
        super().__init__()
        self.market = Market()

    @rule(step=STEPS)
    def ask(self, step):
        self.market.step(step)

    @rule()
    def recover(self):
        """Go on with the machine that comes out of the snapshot."""
        self.market.venue.engine = Engine.restore(self.market.venue.engine.snapshot())

    @invariant()
    def all_is_well(self):
        self.market.venue.engine.check_invariants()


TestVenueMachine = VenueMachine.TestCase
TestVenueMachine.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


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
