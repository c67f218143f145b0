"""Dataset cards: what their front matter says, and front matter that is none."""

import pytest

from exchange.catalogue.cards import Card, read_card
from exchange.catalogue.listing import ListingError


def test_a_readme_without_front_matter_is_no_card() -> None:
    assert read_card(b"# A set\n---\n") is None
    assert read_card(b"") is None


@pytest.mark.parametrize(
    ("data_files", "patterns"),
    [
        ("data_files: a.jsonl", ("a.jsonl",)),
        ("data_files: [./a.jsonl, b/*.csv]", ("a.jsonl", "b/*.csv")),
        ("data_files: [{split: train, path: [a, b]}, {split: test, path: c}]", ("a", "b", "c")),
        ("data_files: [5, {path: {}}]", ()),
        ("other: 1", ()),
        ("data_dir: en", ("en/**",)),
        ("data_dir: ./en/\n  data_files: [{path: a*}, {path: en/b*}]", ("en/a*", "en/b*")),
        ("data_dir: .\n  data_files: a*", ("a*",)),
    ],
)
def test_files_of_a_configuration_are_read_however_they_are_written(data_files: str, patterns: tuple[str, ...]) -> None:
    front = f"---\nlicense: [mit, other]\nconfigs:\n- config_name: x\n  {data_files}\n---\n"
    assert read_card(front.encode()) == Card("mit", None, "x", patterns)


@pytest.mark.parametrize(
    "front",
    [
        b"---\nlicense: mit\n",
        b"---\n- list\n---\n",
        b"---\n{\n---\n",
        b"---\na: &x [1]\nb: [*x, *x]\n---\n",
        b"---\na: !!python/object/apply:os.getcwd []\n---\n",
        b"---\n" + b"[" * 50_000 + b"\n---\n",
    ],
)
def test_front_matter_that_is_none_is_refused(front: bytes) -> None:
    with pytest.raises(ListingError, match="BAD_CARD"):
        read_card(front)


def test_a_pattern_that_names_no_file_is_refused() -> None:
    card = Card(None, None, "x", ("a*", "b*"))
    assert card.chosen(["a1", "a2", "b1", "b0"]) == ["a1", "a2", "b1", "b0"]
    with pytest.raises(ListingError, match="FILE_MISSING"):
        card.chosen(["a"])


@pytest.mark.parametrize(
    ("pattern", "chosen"),
    [
        ("*.csv", ["a.csv"]),
        ("en/*", ["en/a.csv"]),
        ("en/**", ["en/a.csv", "en/more/b.csv"]),
        ("**/*.csv", ["a.csv", "en/a.csv", "en/more/b.csv"]),
        ("en/**/[ab].csv", ["en/a.csv", "en/more/b.csv"]),
    ],
)
def test_a_star_stays_within_its_folder_and_two_stars_do_not(pattern: str, chosen: list[str]) -> None:
    """So that a configuration never takes another one's files."""
    assert Card(None, None, "x", (pattern,)).chosen(["a.csv", "en/a.csv", "en/more/b.csv"]) == chosen
