"""Scenarios: the project's own come out as written, and one that does not is told so that anyone sees why."""

import re
from collections import Counter
from itertools import combinations, product
from pathlib import Path

import pytest

from exchange.vocabulary import commands
from exchange.vocabulary.reasons import Reason
from exchange.vocabulary.refusals import REFUSALS
from simulations.scenario import ScenarioError, read_scenarios, run
from simulations.scenario_steps import known_steps

SCENARIOS = Path(__file__).parents[2] / "simulations" / "scenarios"
FILES = sorted(SCENARIOS.glob("*.scenario"))
R = Reason
UNREACHABLE = {
    commands.AmendOrder: {
        R.ACCOUNT_BLOCKED: "blocking an account ends its orders",
        R.TOO_MANY_HOLDERS: "who has a bid open is a holder",
        R.TIF_NOT_IN_PHASE: "what a phase does not take ended when it began",
    },
    commands.AcceptOffer: {R.MODE_NOT_LICENSED: "where offers are not licensed none is made"},
}
"""Refusals that no scenario can show, and why."""

PROPOSED = (
    commands.SetRulesVersion, commands.AdoptPolicies, commands.SetWithdrawalLimit, commands.ConfirmTransfer,
    commands.Unkill, commands.BustTrade, commands.AdjustTrade, commands.WithdrawClaims,
)  # fmt: skip
ALSO = {commands.Approve: {reason for command in PROPOSED for reason in REFUSALS[command]}}
"""What refuses the command that an approval would carry out refuses the approval."""

EXCLUSIVE = {
    frozenset(pair)
    for pairs in (
        # Without a grant there is nothing that it could say.
        product([R.NOT_ENTITLED], [R.ENTITLEMENT_EXPIRED, R.QUOTA_EXCEEDED, R.TOO_EARLY]),
        combinations([R.INSTRUMENT_CLOSED, R.INSTRUMENT_HALTED, R.CANCEL_ONLY], 2),
        # Without a reference price there is no band.
        [(R.NO_REFERENCE_PRICE, R.PRICE_OUTSIDE_BAND)],
        # An order by funds takes at once and has no exit, and what is not there has no price.
        product([R.TOO_MANY_OPEN_ORDERS, R.NO_LIQUIDITY], [R.FUNDS_TOO_SMALL]),
        # A buyer needs cash, a seller claims.
        product([R.INSUFFICIENT_CLAIMS], [R.INSUFFICIENT_FUNDS, R.FUNDS_TOO_SMALL]),
        combinations([R.POST_ONLY_WOULD_TAKE, R.FOK_NOT_FILLABLE, R.MIN_NOT_FILLABLE], 2),
        # What is not known is nobody's and in no state.
        product([R.UNKNOWN_ORDER], [R.NOT_OWNER, R.TOO_LATE, R.AUCTION_FROZEN, R.BAD_TIF, R.BAD_COMBINATION]),
        product([R.UNKNOWN_ACCOUNT, R.UNKNOWN_KEY, R.UNKNOWN_TRANSFER], [R.BAD_STATE]),
        [(R.UNKNOWN_TRANSFER, R.BALANCE_TOO_LARGE), (R.UNKNOWN_BASE, R.ALREADY_ISSUED)],
        # What is not known is in no state, and nobody's.
        product([R.UNKNOWN_TRADE], [R.BAD_STATE, R.BUST_IMPOSSIBLE, R.INSUFFICIENT_FUNDS]),
        product(
            [R.UNKNOWN_PROPOSAL],
            [R.SAME_USER, R.UNKNOWN_TRADE, R.BAD_STATE, R.BUST_IMPOSSIBLE, R.INSUFFICIENT_FUNDS],
        ),
        # Only claims that are withdrawn have a key, and may be too few.
        product(
            [R.DUPLICATE_TRANSFER_KEY, R.INSUFFICIENT_CLAIMS],
            [R.UNKNOWN_PROPOSAL, R.UNKNOWN_TRADE, R.BAD_STATE, R.BUST_IMPOSSIBLE],
        ),
        # Only a bust is impossible, and only an adjustment lacks funds, in whatever state its trade is.
        product([R.INSUFFICIENT_FUNDS], [R.BUST_IMPOSSIBLE, R.BAD_STATE]),
        # What is killed has no orders left.
        [(R.KILLED, R.CROSSED_BOOK)],
        # A key that is missing was not used before.
        [(R.BAD_VALUE, R.DUPLICATE_TRANSFER_KEY)],
    )
    for pair in pairs
}
"""Reasons that one command never has both of."""

ONE_OR_THE_OTHER = {commands.Approve: {frozenset((R.INSUFFICIENT_FUNDS, R.DUPLICATE_TRANSFER_KEY))}}
"""The same of one command alone: an approval carries out an adjustment or a withdrawal of claims."""

RULES_IN_FORCE = set(range(1, 29))
OPENING = "scenario: one\naccount ann\naccount bob\nann sell 5 @ 100 as maker\n"


@pytest.fixture(scope="module")
def outcomes():
    return [run(scenario) for scenario in read_scenarios(SCENARIOS)]


def test_the_machine_does_what_the_scenarios_say(outcomes):
    differences = [outcome.difference for outcome in outcomes if not outcome.ok]
    assert not differences, "\n".join(differences)


def test_there_are_enough_scenarios_and_no_two_of_one_name(outcomes):
    titles = {(outcome.scenario.path, outcome.scenario.title) for outcome in outcomes}
    assert len(titles) == len(outcomes) >= 200


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_machine_that_comes_back_from_a_snapshot_after_each_step_does_the_same(path):
    for scenario in read_scenarios(path):
        assert run(scenario, recovering=True).ok, scenario.title


def test_each_rule_in_force_is_named_by_several_scenarios(outcomes):
    named = Counter(rule for outcome in outcomes for rule in outcome.scenario.rules)
    assert set(named) == RULES_IN_FORCE
    assert min(named.values()) >= 5
    assert all(outcome.scenario.rules for outcome in outcomes)


@pytest.mark.parametrize("command", REFUSALS, ids=lambda command: command.__name__)
def test_each_refusal_is_reached_by_a_scenario_or_cannot_be(outcomes, command):
    reached = {reason for outcome in outcomes for kind, reason in outcome.refused if kind == command.KIND}
    listed = set(REFUSALS[command])
    assert listed - reached == set(UNREACHABLE.get(command, {}))
    assert reached - listed <= ALSO.get(command, set())


@pytest.mark.parametrize("command", REFUSALS, ids=lambda command: command.__name__)
def test_of_two_refusals_next_to_each_other_a_scenario_shows_that_the_earlier_is_told(outcomes, command):
    shown = {
        (earlier, later) for outcome in outcomes for kind, earlier, later in outcome.ranked if kind == command.KIND
    }
    reasons = [reason for reason in REFUSALS[command] if reason not in UNREACHABLE.get(command, {})]
    assert all(reasons.index(earlier) < reasons.index(later) for earlier, later in shown)
    assert not {frozenset(pair) for pair in shown} & EXCLUSIVE
    missing = neighbours(reasons, EXCLUSIVE | ONE_OR_THE_OTHER.get(command, set())) - shown
    assert not missing, [f"{earlier.name} before {later.name}" for earlier, later in missing]


def neighbours(reasons, exclusive):
    """Each reason with the next one that the same command may give, and with the one before."""
    pairs = set()
    for at, reason in enumerate(reasons):
        later = [(reason, other) for other in reasons[at + 1 :] if {reason, other} not in exclusive]
        earlier = [(other, reason) for other in reversed(reasons[:at]) if {reason, other} not in exclusive]
        pairs.update(later[:1] + earlier[:1])
    return pairs


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_what_is_said_to_come_before_another_refusal_is_followed_by_that_alone(outcomes, path):
    of_file = [outcome for outcome in outcomes if outcome.scenario.path == path]
    later = {(kind, later) for outcome in of_file for kind, _, later in outcome.ranked}
    assert later <= {refusal for outcome in of_file for refusal in outcome.refused}


def test_every_step_is_documented():
    page = (SCENARIOS.parents[1] / "docs" / "reference" / "scenarios.md").read_text()
    missing = [step for step in known_steps() if not re.search(rf"`{step}\b", page)]
    assert len(known_steps()) > 40 and not missing


def played(tmp_path, text):
    path = tmp_path / "one.scenario"
    path.write_text(text)
    (scenario,) = read_scenarios(path)
    return run(scenario)


@pytest.mark.parametrize(
    ("steps", "happened"),
    [
        ("bob buy 5 @ 100\n    trade 5 @ 101 with maker\n", "trade 5 @ 100 with maker"),
        ("bob buy 5 @ 100\n    trade 5 @ 100 with other\n", "trade 5 @ 100 with maker"),
        ("bob buy 5 @ 100\n    nothing\n", "trade 5 @ 100 with maker"),
        ("bob buy 5 @ 99\n    trade 5 @ 99\n", "nothing"),
        ("bob buy 5 @ 100 post-only\n", "refused POST_ONLY_WOULD_TAKE"),
        ("book\n    ask 4 @ 100\n", "ask 5 @ 100"),
        ("balance ann claims 1000 held 4\n", "1000 held 5"),
    ],
)
def test_a_difference_shows_the_step_and_what_happened(tmp_path, steps, happened):
    outcome = played(tmp_path, OPENING + steps)
    assert not outcome.ok
    assert outcome.difference.startswith(f"{tmp_path / 'one.scenario'}:5: one\n")
    assert f"  happened  {happened}" in outcome.difference


def test_looks_find_what_is_there(tmp_path):
    steps = """orders ann
    maker sell 5 of 5 @ 100 holds 5
last none
now continuous
bob buy 2 @ 100
last 100
orders ann
    maker sell 3 of 5 @ 100 holds 3
orders bob
    nothing
balance bob claims 1002 held 0
balance bob cash 999999999800 held 0
"""
    assert played(tmp_path, OPENING + steps).ok
    assert not played(tmp_path, OPENING + "last 100\n").ok
    assert not played(tmp_path, OPENING + "now halted\n").ok
    assert not played(tmp_path, OPENING + "orders ann\n").ok


def test_a_command_may_be_asked_for_by_somebody_and_with_fields_as_they_come(tmp_path):
    steps = """phase halted by ann
    refused NOT_PERMITTED
user olga of=bob roles=operator
phase halted by olga
    nothing
ann sell 5 @ 100 as other raw side=9 price_ticks=0
    refused BAD_SIDE before BAD_PRICE
ann deliver 1 raw decision=none
    refused NO_DECISION
"""
    outcome = played(tmp_path, OPENING + steps)
    assert outcome.ok
    assert {reason.name for _, reason in outcome.refused} == {"NOT_PERMITTED", "BAD_SIDE", "NO_DECISION"}


def test_an_account_begins_with_just_what_its_line_says_and_no_price(tmp_path):
    steps = "account carl cash=7 claims=3\nbalance carl cash 7 held 0\nbalance carl claims 3 held 0\nlast none\n"
    assert played(tmp_path, f"scenario: one\nterms: modes=call_auction tick_minor=10\n{steps}").ok


def test_what_is_expected_in_full_and_in_order_is_all_that_passes(tmp_path):
    steps = "bob buy 7 @ 100 IOC as ioc\n    trade 5 @ 100\n    done ioc IOC_REMAINDER\n"
    assert played(tmp_path, OPENING + steps).ok
    assert not played(tmp_path, OPENING + steps.replace("    trade 5 @ 100\n", "")).ok


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("ann buy 5 @ 100\n", "a scenario begins with"),
        ("scenario: one\n    trade 1 @ 1\n", "expected of no step"),
        ("scenario: one\nterms: colour=1\n", "is no term"),
        ("scenario: one\ncarol buy 5 @ 100\n", "there is no account 'carol'"),
        ("scenario: one\naccount ann\nann juggles 5\n", "does not 'juggles'"),
        ("scenario: one\naccount ann\nann buy 5 @ cheap\n", "is no step"),
        ("scenario: one\naccount ann\nann cancel ghost\n", "there is no order 'ghost'"),
        ("scenario: one\nwait soon\n", "is no time"),
        ("scenario: one\nterms: modes=barter\n", "is no term"),
        ("scenario: one\naccount ann colour=red\n", "no option 'colour'"),
        ("scenario: one\nbalance issuer luck 5 held 0\n", "not of 'luck'"),
        ("scenario: one\nreference 5 raw price_ticks\n", "no NAME=VALUE"),
        ("scenario: one\naccount ann claims=9999999999\n", "was refused"),
        ("scenario: one\naccount ann\nann buy 5 @ 1 raw side=999\n", "is no step"),
        ("scenario: one\nphase continuous by nobody\n", "no user 'nobody'"),
        ("scenario: one\ncancel first\n", "only an account"),
        ("scenario: one\nreference 0\n    refused BAD_PRICE before WINTER\n", "no reason 'WINTER'"),
        ("scenario: one\naccount ann\nann buy 5 @ 100 quickly\n", "an order has no 'quickly'"),
        ("scenario: one\naccount ann\nann buy 5 @ cheap\n", "'cheap' is no whole number"),
        ("scenario: one\naccount ann\nann buy 5 @\n", "something is missing"),
        ("scenario: one\naccount ann\naccount ann\n", "the account 'ann' already"),
        ("scenario: one\naccount ann\nann buy 5 @ 100 raw colour=1\n", "PlaceOrder has no field 'colour'"),
        ("scenario: one\naccount ann cash=-5\n", "BeginDeposit was refused: BAD_AMOUNT"),
        ("scenario: one\naccount ann's\n", "a quotation is not closed"),
        ("scenario: one\nrules: price\n", "rules are named by their numbers"),
        ("scenario: one\nterms: tick_minor=0\naccount ann\n", "no market of these terms"),
        (f"scenario: one\nterms: max_lots={2**70}\naccount ann\n", "no market of these terms"),
    ],
)
def test_a_file_that_is_no_scenario_is_refused_with_its_line(tmp_path, text, what):
    path = tmp_path / "bad.scenario"
    path.write_text(text)
    with pytest.raises(ScenarioError, match=what):
        [run(each) for each in read_scenarios(path)]


def test_a_file_that_is_no_text_is_refused_by_its_name(tmp_path):
    path = tmp_path / "bad.scenario"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ScenarioError, match=r"bad\.scenario: a scenario is text"):
        list(read_scenarios(path))
