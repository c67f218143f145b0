"""The page of the assay names what the code measures, by the code's own names."""

import re
from pathlib import Path
from typing import get_args

import pytest

from exchange.assay.duplicates import BANDS, SHINGLE_CHARS_CJK, SHINGLE_WORDS, SLOTS, SLOTS_PER_BAND, THRESHOLD_PPM
from exchange.assay.grade import GRADE_FLOORS_PPM, INDICATORS, HardFailure
from exchange.assay.language import SAMPLE_CHARS
from exchange.assay.privacy import LOW_GRADE_KINDS, RECOGNISERS
from exchange.assay.quality import PROFILE_SAMPLE_DOCUMENTS, PROFILES
from exchange.assay.secrets import SECRET_PATTERNS
from exchange.assay.tokens import VOCABULARY_RANKS, VOCABULARY_SHA256

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "assay.md").read_text(encoding="utf-8")


def rows(title):
    section = PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line[:1] == "|"]


def names(text):
    return re.findall(r"`(\w+)`", text)


def test_the_unit_is_that_of_the_code():
    assert f"`{VOCABULARY_SHA256}`" in PAGE
    assert f"{VOCABULARY_RANKS:,} ranks" in PAGE


@pytest.mark.parametrize("code", INDICATORS)
def test_every_indicator_is_listed_with_its_dimension(code):
    dimension, name = INDICATORS[code]
    assert [code, name, dimension] in [row[:3] for row in rows("Grade")]


def test_the_floors_of_the_grades_are_those_of_the_code():
    floors = [(row[0], row[1]) for row in rows("Grade") if row[0].startswith("G") and row[0] != "Grade"]
    assert floors == [(grade, f"{ppm // 10_000} %") for grade, ppm in GRADE_FLOORS_PPM]


def test_every_profile_is_listed_with_its_rules():
    profiles = [row for row in rows("Profiles of quality")[2:] if len(row) == 2]
    assert {row[0].strip("`"): names(row[1]) for row in profiles} == {
        profile: list(rules) for profile, rules in PROFILES.items()
    }


def test_every_rule_is_listed_once_with_its_limit():
    told = [row[0].strip("`") for row in rows("Profiles of quality") if len(row) == 3][2:]
    assert sorted(told) == sorted({rule for rules in PROFILES.values() for rule in rules})


def test_every_kind_of_finding_is_listed_as_what_it_is():
    told = {kind: row[1] for row in rows("Personal data and secrets")[2:] for kind in names(row[0])}
    assert set(told) == {each.kind for each in RECOGNISERS}
    for each in RECOGNISERS:
        assert told[each.kind].startswith("yes") == (each.category == "personal")
        assert ("sensitive" in told[each.kind]) == each.sensitive
        assert ("low grade" in told[each.kind]) == (each.kind in LOW_GRADE_KINDS)
    assert names(PAGE[PAGE.index("Secrets are") : PAGE.index("## Sensitive words")]) == [
        each.kind for each in SECRET_PATTERNS
    ]


def test_every_hard_failure_is_listed():
    assert [names(row[0])[0] for row in rows("Hard failures")[2:]] == list(get_args(HardFailure))


def test_the_numbers_in_its_sentences_are_those_of_the_code():
    for told in (
        f"at least {THRESHOLD_PPM / 1_000_000} between",
        f"digests of {SLOTS} slots",
        f"{BANDS} bands of {SLOTS_PER_BAND} slots",
        f"Shingles are {SHINGLE_CHARS_CJK} characters",
        f"else {SHINGLE_WORDS} words",
        f"the first {SAMPLE_CHARS} characters",
        f"the first {PROFILE_SAMPLE_DOCUMENTS} documents",
    ):
        assert told in PAGE
