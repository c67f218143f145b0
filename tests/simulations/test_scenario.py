"""Scenarios: the project's own come out as written, and one that does not is told so that anyone sees why."""

from pathlib import Path

import pytest

from simulations.scenario import ScenarioError, read_scenarios, run

SCENARIOS = Path(__file__).parents[2] / "simulations" / "scenarios"
RULES_IN_FORCE = {1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 15, 16, 17, 18, 19}
OPENING = "scenario: one\naccount ann\naccount bob\nann sell 5 @ 100 as maker\n"


@pytest.mark.parametrize(
    "scenario", list(read_scenarios(SCENARIOS)), ids=lambda each: f"{each.path.stem}: {each.title}"
)
def test_the_machine_does_what_the_scenario_says(scenario):
    outcome = run(scenario)
    assert outcome.ok, outcome.difference


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
        ("scenario: one\naccount ann\nann cancel ghost\n", "no order is called 'ghost'"),
        ("scenario: one\nwait soon\n", "is no time"),
        ("scenario: one\naccount ann\nann buy 5 @ 100 quickly\n", "an order has no 'quickly'"),
    ],
)
def test_a_file_that_is_no_scenario_is_refused_with_its_line(tmp_path, text, what):
    path = tmp_path / "bad.scenario"
    path.write_text(text)
    with pytest.raises(ScenarioError, match=what):
        [run(each) for each in read_scenarios(path)]
