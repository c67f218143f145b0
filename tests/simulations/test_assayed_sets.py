"""The page of the eleven sets says what an assay of them says."""

import csv
from pathlib import Path

import pytest

from simulations.assayed_sets import BEGIN, END, Assayed, assay_set, row, set_names, stable_cells, with_table

PAGE = (Path(__file__).parents[2] / "docs" / "explanation" / "assayed-sets.md").read_text(encoding="utf-8")
DATA = Path(__file__).parents[3] / "shared" / "data"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the reference sets are not beside the repository")
# Small enough for every run of the tests; together they have each kind of grade that a text can get here.
QUICK_SETS = ("agri-plant-ontology", "industry-maintnorm", "tiny-shakespeare")
BODY = {
    "profile": "code",
    "documents": 1_234,
    "rtu": 5_678,
    "grade": "G2",
    "dimension_scores_ppm": {"data": 912_345, "model": 990_000},
    "hard_failures": ["SECRET_FOUND"],
    "canonical_utf8_bytes": 4_000_000,
}


def test_every_set_has_a_line_and_a_sentence_on_its_grade():
    for name in set_names():
        assert f"\n| {name} |" in PAGE
        assert f"- **{name}**" in PAGE


@needs_data
def test_the_tokens_on_the_page_are_those_of_the_reference():
    with (DATA / "rtu1_counts.tsv").open(encoding="utf-8", newline="") as table:
        for reference in csv.DictReader(table, delimiter="\t"):
            documents, rtu = int(reference["documents"]), int(reference["rtu1"])
            line = next(line for line in PAGE.splitlines() if line.startswith(f"| {reference['dataset']} |"))
            assert f"| {documents:,} | {rtu:,} |" in line


@needs_data
@pytest.mark.parametrize("name", QUICK_SETS)
def test_an_assay_gives_the_line_on_the_page(name):
    assert stable_cells(name, assay_set(name, DATA / "datasets").body) in PAGE


def test_a_line_tells_grade_weakest_dimension_failures_and_speed():
    assert row(Assayed("set", BODY, 2.0)) == (
        "| set | code | 1,234 | 5,678 | G2 | data 91.23 % | `SECRET_FOUND` | 2.0 | 2.0 |"
    )


def test_the_table_is_written_between_its_marks_and_nowhere_else():
    page = f"before\n{BEGIN}old\n{END}after\n"
    once = with_table(page, ["| a |"])
    assert once.startswith("before\n")
    assert once.endswith("after\n")
    assert "old" not in once
    assert with_table(once, ["| a |"]) == once
