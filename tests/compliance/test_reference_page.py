from pathlib import Path

import pytest

from exchange.compliance import reference_page

PAGE = Path(__file__).parents[2] / "docs/reference/compliance.md"


@pytest.mark.parametrize("place", range(5), ids=["rules", "own reasons", "pools", "profiles", "licences"])
def test_the_page_shows_what_is_in_force(place):
    tables = reference_page.tables()
    assert len(tables) == 5
    assert tables[place] in PAGE.read_text(encoding="utf-8")


def test_the_page_says_that_it_is_no_legal_advice():
    assert "not legal advice" in PAGE.read_text(encoding="utf-8")
