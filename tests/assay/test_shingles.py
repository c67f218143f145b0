"""Hashed shingles against the shingles spelled out as strings."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.assay.duplicates import shingles
from exchange.assay.shingles import shingle_hashes

WORDS = st.lists(st.sampled_from(["a", "bb", "你好吗", "世界", "é", "\x1f", "\u3000", "\n", " "]), max_size=40)
TEXTS = st.lists(st.one_of(WORDS.map("".join), WORDS.map(" ".join), st.text(max_size=30)), max_size=8)


def hashes_of(texts: list[str]) -> list[list[int]]:
    found = shingle_hashes(texts)
    assert found.offsets[-1] == len(found.hashes)
    return [found.hashes[start:end].tolist() for start, end in zip(found.offsets, found.offsets[1:], strict=False)]


@given(TEXTS)
def test_hashes_are_equal_just_where_shingles_are(texts: list[str]) -> None:
    spelled = [shingles(text) for text in texts]
    hashed = [set(found) for found in hashes_of(texts)]
    assert [len(found) for found in hashed] == [len(found) for found in spelled]
    assert len(set().union(*hashed)) == len(set().union(*spelled))


@given(TEXTS)
def test_a_text_has_the_same_hashes_in_any_company(texts: list[str]) -> None:
    assert hashes_of(texts) == [found for text in texts for found in hashes_of([text])]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the quick brown fox jumps", [14_915_124_079_615_059_619]),
        ("床前明月光", [14_803_185_977_746_755_472]),
        ("one", [12_005_836_012_066_741_811]),
        (" \n", []),
    ],
)
def test_the_hashes_are_those_of_the_certificates_already_signed(text: str, expected: list[int]) -> None:
    assert hashes_of([text]) == [expected]


def test_a_text_longer_than_any_part_is_hashed_alike() -> None:
    words = [f"w{number}" for number in range(150_000)]
    (whole,) = hashes_of([" ".join(words)])
    (end,) = hashes_of([" ".join(words[-1000:])])
    assert len(" ".join(words)) > 1 << 19
    assert whole[-996:] == end
    assert len(np.unique(whole)) == len(words) - 4
