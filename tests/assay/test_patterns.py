"""Patterns that a vendor declares: what is understood, and what could run away is refused before it runs."""

import time

import pytest

from exchange.assay.patterns import MAXIMUM_PATTERN_CHARS, PatternError, bounded_pattern

HOSTILE_TEXT = "a" * 50_000 + "!"


@pytest.mark.parametrize(
    "pattern",
    [
        r"(a+)+$",
        r"(a|a)*$",
        r"a*a*a*b",
        r"a?a?a?aaa",
        r"(a*)\1",
        r"(?=a)a",
        r"(?:a+){10}",
        r"a|b",
        r"((?:a)*+a*)*",
    ],
)
def test_a_pattern_that_could_run_away_is_refused(pattern: str) -> None:
    with pytest.raises(PatternError):
        bounded_pattern(pattern)


@pytest.mark.parametrize("pattern", ["(", "a)", "[a", "*a", "a{5,2}", "a" * (MAXIMUM_PATTERN_CHARS + 1)])
def test_a_malformed_or_endless_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(PatternError):
        bounded_pattern(pattern)


@pytest.mark.parametrize(
    ("pattern", "text", "group"),
    [
        (r"def: \"([^\"]*)\"", 'def: "a leaf" [x]', "a leaf"),
        (r'def: "([^"\\]*+(?:\\.[^"\\]*+)*+)"', r'def: "a \"true\" leaf" "b"', r"a \"true\" leaf"),
        (r"(?P<year>\d{4})-", "2026-11", "2026"),
        (r"\[([^\]]++)\]", "[x]y]", "x"),
    ],
)
def test_a_bounded_pattern_matches_as_usual(pattern: str, text: str, group: str) -> None:
    match = bounded_pattern(pattern).match(text)
    assert match is not None
    assert match[1] == group


@pytest.mark.parametrize("pattern", [r"a*b", r"(?:[^b]++)*+b", r"a*+a*b", r"(a.*)b", r"[^c]{1,999}+c"])
def test_an_admitted_pattern_stays_quick_on_hostile_text(pattern: str) -> None:
    began = time.process_time()
    assert bounded_pattern(pattern).match(HOSTILE_TEXT) is None
    assert time.process_time() - began < 0.5
