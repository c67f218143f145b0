import hashlib
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.assay.duplicates import (
    DIGEST_BYTES,
    SLOTS,
    Duplicates,
    find_duplicates,
    minhash_digests,
    shingles,
)

ENGLISH = "the quick brown fox jumps over the lazy dog near the river bank"
CHINESE = "床前明月光，疑是地上霜。举头望明月，低头思故乡。"


def duplicates_of(texts: list[str]) -> Duplicates:
    return found_in(texts, minhash_digests(texts))


def found_in(texts: list[str], digests: bytes) -> Duplicates:
    sha256s = b"".join(hashlib.sha256(text.encode()).digest() for text in texts)
    return find_duplicates(
        np.frombuffer(sha256s, "u1").reshape(-1, 32), np.frombuffer(digests, "<u4").reshape(-1, SLOTS)
    )


def sentences(seed: int, words: int) -> list[str]:
    return [f"w{random.Random(seed * 1000 + place).randrange(10**6)}" for place in range(words)]


@pytest.mark.parametrize(
    ("text", "sha256"),
    [
        ("", "9f56cda75fefeab90f6fa5d5ddc9601544b121732c5ecccab32e631060453a5d"),
        (ENGLISH, "3adcda60dee203f38ea3da6f227c436e69c8557e22f9f384442509f2803b65c7"),
        (CHINESE, "bf7d11fd3933f05d6c3e597e6b7ec773629646e114bd6ed5096bb6eeb92bfb43"),
    ],
)
def test_digests_are_those_of_the_certificates_already_signed(text: str, sha256: str) -> None:
    digest = minhash_digests([text])
    assert len(digest) == DIGEST_BYTES
    assert hashlib.sha256(digest).hexdigest() == sha256


def test_the_first_slots_of_a_digest_are_known_numbers() -> None:
    digest = minhash_digests(["a b c d e f"])
    assert np.frombuffer(digest, "<u4")[:4].tolist() == [3547867231, 3291870320, 3823516011, 3879525352]


def test_chinese_is_cut_by_characters_and_english_by_words() -> None:
    assert "床前明月光" in shingles(CHINESE)
    assert len(shingles(CHINESE)) == len(CHINESE) - 4
    assert "the quick brown fox jumps" in shingles(ENGLISH)
    assert len(shingles(ENGLISH)) == len(ENGLISH.split()) - 4


@pytest.mark.parametrize(
    ("text", "expected"), [("", set()), (" \n", set()), ("one two", {"one two"}), ("你好", {"你好"})]
)
def test_a_text_shorter_than_a_shingle_is_one(text: str, expected: set[str]) -> None:
    assert shingles(text) == expected


def test_exact_duplicates_are_flagged_from_the_second_on() -> None:
    result = duplicates_of([ENGLISH, CHINESE, ENGLISH, ENGLISH])
    assert list(result.exact) == [False, False, True, True]
    assert list(result.near) == [False, False, True, True]
    assert list(result.clusters) == [0, 1, 0, 0]


def test_planted_near_duplicates_are_found_and_others_are_not() -> None:
    originals = [sentences(seed, 200) for seed in range(100)]
    # Two of two hundred words changed: some 95 % of the shingles stay.
    altered = [[*words[:50], "changed", *words[51:150], "too", *words[151:]] for words in originals]
    rewritten = [[*words[:80], *sentences(seed + 500, 120)] for seed, words in enumerate(originals)]
    result = duplicates_of([" ".join(words) for words in originals + altered + rewritten])
    assert list(result.exact) == [False] * 300
    assert list(result.near) == [False] * 100 + [True] * 100 + [False] * 100
    assert list(result.clusters[100:200]) == list(range(100))


def test_planted_near_duplicates_in_chinese_are_found() -> None:
    characters = [chr(0x4E00 + random.Random(place).randrange(5000)) for place in range(400)]
    original = "".join(characters)
    altered = original[:200] + "改" + original[201:]
    assert duplicates_of([original, original[::-1], altered]).clusters.tolist() == [0, 1, 0]


def test_a_chain_of_likenesses_is_one_cluster() -> None:
    words = sentences(1, 300)
    chain = [" ".join(words[start : start + 200]) for start in range(0, 100, 20)]
    assert duplicates_of(chain).clusters.tolist() == [0] * 5


def test_a_large_bucket_of_like_documents_stays_one_cluster() -> None:
    words = sentences(7, 200)
    texts = [" ".join([*words[:place], "x", *words[place + 1 :]]) for place in range(200)]
    assert set(duplicates_of(texts).clusters) == {0}


def test_bands_miss_no_pair_that_comparing_all_with_all_finds() -> None:
    generator = random.Random(5)
    originals = [sentences(seed, 60) for seed in range(150)]
    texts = [" ".join(words) for words in originals]
    texts += [
        " ".join(
            generator.choice([word, word, word, f"{word}x"]) if generator.random() < 0.06 else word for word in words
        )
        for words in originals
    ]
    digests = minhash_digests(texts)
    table = np.frombuffer(digests, "<u4").reshape(len(texts), -1)
    alike = {later for later in range(len(texts)) if ((table[:later] == table[later]).sum(axis=1) >= 90).any()}
    near = found_in(texts, digests).near
    assert {index for index, flag in enumerate(near) if flag} == alike
    assert 30 < len(alike) < 150


@settings(max_examples=40)
@given(st.lists(st.sampled_from([ENGLISH, CHINESE, "", "short", f"{ENGLISH} and on"]), max_size=12), st.randoms())
def test_how_many_repeat_does_not_depend_on_the_order(texts: list[str], generator: random.Random) -> None:
    shuffled = list(texts)
    generator.shuffle(shuffled)
    before, after = duplicates_of(texts), duplicates_of(shuffled)
    assert (sum(before.exact), sum(before.near)) == (sum(after.exact), sum(after.near))
    assert sum(before.exact) == len(texts) - len(set(texts))
    assert sum(before.near) >= sum(before.exact)
