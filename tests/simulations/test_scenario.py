"""Scenarios: the project's own come out as written, and one that does not is told so that anyone sees why."""

from pathlib import Path

import pytest

from simulations.scenario import ScenarioError, read_scenarios, run

SCENARIOS = Path(__file__).parents[2] / "simulations" / "scenarios"
RULES_IN_FORCE = {1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 23, 24, 25, 26}
OPENING = "scenario: one\naccount ann\naccount bob\nann sell 5 @ 100 as maker\n"


@pytest.mark.parametrize(
    "scenario", list(read_scenarios(SCENARIOS)), ids=lambda each: f"{each.path.stem}: {each.title}"
)
def test_the_machine_does_what_the_scenario_says(scenario):
    outcome = run(scenario)
    assert outcome.ok, outcome.difference


@pytest.mark.parametrize("path", sorted(SCENARIOS.glob("*.scenario")), ids=lambda path: path.stem)
def test_a_machine_that_comes_back_from_a_snapshot_after_each_step_does_the_same(path):
    for scenario in read_scenarios(path):
        assert run(scenario, recovering=True).ok, scenario.title


def test_each_rule_in_force_is_named_by_a_scenario():
    assert {rule for each in read_scenarios(SCENARIOS) for rule in each.rules} == RULES_IN_FORCE


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
        ("scenario: one\naccount ann\nann buy 5 @ 100 quickly\n", "an order has no 'quickly'"),
    ],
)
def test_a_file_that_is_no_scenario_is_refused_with_its_line(tmp_path, text, what):
    path = tmp_path / "bad.scenario"
    path.write_text(text)
    with pytest.raises(ScenarioError, match=what):
        [run(each) for each in read_scenarios(path)]
