"""Novelty against the truth: planted overlaps lie within the stated bounds at the stated rate."""

import random
from fractions import Fraction
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.assay.grade import ONE_PPM
from exchange.assay.novelty import STEP_PPM, exact_held, found_share, held_share, share_bounds
from exchange.assay.sketches import ListedSketch, Sketch, bit_lengths, sketch_corpus, sketch_dataset
from simulations.planted.overlaps import measure, planted_corpora, real_set

KEY = bytes(range(16))
KEYS = 60
WORDS = [f"word{number}" for number in range(400)]


def texts(count, seed, words=60):
    chance = random.Random(seed)
    return [" ".join(chance.choice(WORDS) for _ in range(words)) for _ in range(count)]


def counted(documents):
    return [(text, len(text.split()) * 4 // 3) for text in documents]


def missed_too_often(missed, tries):
    """Whether so many misses of a bound that holds 95 times of 100 would be seen less than once in 10,000."""
    fewer = sum(comb(tries, misses) * 5**misses * 95 ** (tries - misses) for misses in range(missed))
    return (100**tries - fewer) * 10_000 < 100**tries


@pytest.mark.parametrize("rate_log2", [2, 4])
def test_the_truth_lies_within_the_bounds_at_the_stated_rate(rate_log2):
    documents, own = counted(texts(60, seed=1)), texts(60, seed=2)
    corpora = list(planted_corpora([text for text, _ in documents], own))
    outcomes = measure(documents, corpora, KEYS, rate_log2)
    assert [each.planted.share_percent for each in outcomes] == [0, 1, 1, 10, 10, 50, 50, 90, 90, 100, 100]
    for outcome in outcomes:
        assert not missed_too_often(outcome.below, KEYS), outcome
        assert not missed_too_often(outcome.above, KEYS), outcome
        assert abs(outcome.mean_ppm - outcome.truth_ppm) < 15_000, outcome
    assert sum(each.below + each.above for each in outcomes) <= 2 * KEYS * len(outcomes) * 5 // 100


@pytest.mark.parametrize(
    ("name", "count"), [("gsm8k", 60), ("cn-poetry", 100), ("industry-maintnorm", 100), ("code-thealgorithms", 60)]
)
def test_the_bounds_hold_on_real_sets(name, count):
    found = real_set(name, count)
    if found is None:
        pytest.skip("the real datasets are not beside the repository")
    documents, own = found
    outcomes = measure(documents, list(planted_corpora([text for text, _ in documents], own)), 25, 3)
    for outcome in outcomes:
        assert not missed_too_often(outcome.below, 25), outcome
        assert not missed_too_often(outcome.above, 25), outcome


def test_a_few_heavy_shingles_widen_the_bound_and_do_not_break_it():
    """A notice in every document is a third of all tokens in a dozen shingles: most samples have none, or one."""
    notice = " ".join(f"notice{number}" for number in range(16))
    documents = counted([f"{text} {notice}" for text in texts(80, seed=3, words=24)])
    corpora = list(planted_corpora([text for text, _ in documents], [notice]))[:1]
    (outcome,) = measure(documents, corpora, 100, 5)
    assert outcome.truth_ppm > 250_000
    assert not missed_too_often(outcome.below, 100)
    assert not missed_too_often(outcome.above, 100)


SKEWED = {
    "a stratum as heavy as the next": np.concatenate([np.full(4 << (12 - bits), 1000 << bits) for bits in range(13)]),
    "as words are": np.array([20_000_000 // rank + 1_000 for rank in range(1, 20_001)]),
    "ten as heavy as all others": np.concatenate([np.full(5_000, 1_000), np.full(10, 500_000)]),
}


@pytest.mark.parametrize("kind", SKEWED)
@pytest.mark.parametrize("held", ["one in fifty", "half", "all but one in fifty", "the heavy", "the light"])
def test_the_bounds_hold_however_unequal_the_weights(kind, held):
    """Weights worse than those of any text, with hashes drawn in place of keys."""
    weights, chance = SKEWED[kind], np.random.default_rng(1)
    heavy, drawn = weights > 2 * np.median(weights), chance.random(len(weights))
    shares = {"one in fifty": 0.02, "half": 0.5, "all but one in fifty": 0.98}
    is_held = drawn < shares[held] if held in shares else heavy if held == "the heavy" else ~heavy
    bits = bit_lengths(weights)
    strata = {int(each): int(weights[bits == each].sum()) for each in np.unique(bits)}
    truth, below, above = Fraction(int(weights[is_held].sum()) * ONE_PPM, int(weights.sum())), 0, 0
    for _ in range(100):
        hashes = chance.integers(0, 2**63, len(weights), dtype=np.uint64) << np.uint64(1)
        order = np.argsort(hashes)
        listed = ListedSketch(Sketch(KEY, 1, hashes[order]), weights[order], strata).thinned(4)
        share = held_share(listed, [Sketch(KEY, 1, np.sort(hashes[is_held]))])
        below, above = below + (truth < share.low_ppm), above + (truth > share.high_ppm)
    assert not missed_too_often(below, 100)
    assert not missed_too_often(above, 100)


@pytest.mark.parametrize(("heavy", "light"), [(50, 2_500), (80, 3_000), (100, 5_200), (240, 11_800), (300, 9_000)])
def test_the_bounds_hold_where_just_the_heavier_half_of_a_stratum_is_held(heavy, light):
    """Of nearly twice the weight of the others; one in 64 is sampled, and all numbers of hits are gone through."""
    sampled_light, strata = light // 64, {20: heavy * (2**20 - 1) + light * 2**19}
    truth = Fraction(heavy * (2**20 - 1) * ONE_PPM, strata[20])
    below = above = Fraction(0)
    for hits in range(heavy + 1):
        hashes = np.arange(sampled_light + hits, dtype=np.uint64)
        weights = np.concatenate([np.full(hits, 2**20 - 1), np.full(sampled_light, 2**19)])
        share = held_share(ListedSketch(Sketch(KEY, 6, hashes), weights, strata), [Sketch(KEY, 6, hashes[:hits])])
        chance = Fraction(comb(heavy, hits) * 63 ** (heavy - hits), 64**heavy)
        below, above = below + chance * (truth < share.low_ppm), above + chance * (truth > share.high_ppm)
    assert below <= Fraction(5, 100)
    assert above <= Fraction(5, 100)


def test_a_corpus_that_holds_all_holds_all_and_a_strange_one_nothing():
    documents = counted(texts(100, seed=4))
    listed = sketch_dataset(KEY, documents)
    rate_log2 = listed.sketch.rate_log2
    whole = held_share(listed, [sketch_corpus(KEY, rate_log2, [text for text, _ in documents])])
    nothing = held_share(listed, [sketch_corpus(KEY, rate_log2, ["of quite other words than any of those there"])])
    assert (whole.estimate_ppm, whole.high_ppm) == (ONE_PPM, ONE_PPM)
    assert (nothing.estimate_ppm, nothing.low_ppm) == (0, 0)
    assert whole.low_ppm >= 980_000
    assert nothing.high_ppm <= 20_000
    assert nothing.rest() == (ONE_PPM, ONE_PPM - nothing.high_ppm, ONE_PPM, nothing.sampled)


def test_several_corpora_hold_what_any_of_them_holds():
    documents = counted(texts(90, seed=5))
    plain = [text for text, _ in documents]
    listed = sketch_dataset(KEY, documents)
    parts = [sketch_corpus(KEY, listed.sketch.rate_log2, plain[start : start + 30]) for start in (0, 30, 60)]
    whole = sketch_corpus(KEY, listed.sketch.rate_log2, plain[:60])
    assert held_share(listed, parts[:2]) == held_share(listed, [whole])
    assert held_share(listed, parts).estimate_ppm == ONE_PPM


def test_a_corpus_sampled_less_is_compared_at_its_rate():
    documents = counted(texts(90, seed=6))
    listed, corpus = sketch_dataset(KEY, documents), [text for text, _ in documents[:45]]
    fine, coarse = (held_share(listed, [sketch_corpus(KEY, rate, corpus)]) for rate in (2, 6))
    assert coarse.sampled < fine.sampled // 8
    assert coarse.high_ppm - coarse.low_ppm > fine.high_ppm - fine.low_ppm
    assert coarse == held_share(sketch_dataset(KEY, documents, 6), [sketch_corpus(KEY, 6, corpus)])


def test_the_share_of_an_evaluation_set_that_a_dataset_has_is_found():
    documents, evaluation = texts(300, seed=7), texts(100, seed=8)
    listed = sketch_dataset(KEY, counted([*documents, *evaluation[:25]]), 2)
    found = found_share(sketch_corpus(KEY, 2, evaluation), listed)
    assert found.low_ppm <= 250_000 <= found.high_ppm
    assert found.high_ppm - found.low_ppm < 60_000


def test_what_cannot_be_known_is_bounded_by_nothing_and_all():
    empty = ListedSketch(Sketch(KEY, 4, np.empty(0, np.uint64)), np.empty(0, np.int64), {20: 10**9})
    corpus = sketch_corpus(KEY, 4, texts(10, seed=9))
    assert held_share(empty, [corpus])[:3] == (500_000, 0, ONE_PPM)
    assert found_share(empty.sketch, empty)[:3] == (500_000, 0, ONE_PPM)


def test_held_tokens_are_counted_from_the_texts():
    documents = [("a b c d e f", 12), ("a b c d e", 10), ("不可分割的文字", 9), ("  ", 1)]
    assert exact_held(documents, ["x a b c d e y", "可分割的文"]) == (6_000_000 + 10_000_000 + 3_000_000, 31_000_000)
    assert exact_held(documents, []).share == 0
    assert exact_held([], ["a"]).share == 0


@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_bounds_enclose_what_was_seen(seen):
    good, n = map(Fraction, seen)
    low, high = share_bounds(good, n)
    assert 0 <= low <= good / n <= high <= 1


@pytest.mark.parametrize(("good", "exact"), [(1, "0.0513"), (2, "0.3554"), (3, "0.8177"), (10, "5.425")])
def test_rare_hits_are_bounded_as_the_exact_interval_bounds_them(good, exact):
    """Beside the one-sided 95 % limit of a Poisson count; Wilson's own would miss one hit in 6."""
    low, _ = share_bounds(Fraction(good), Fraction(100_000))
    assert low * 100_000 <= Fraction(exact)


def test_answers_are_told_in_steps():
    listed = sketch_dataset(KEY, counted(texts(50, seed=10)))
    share = held_share(listed, [sketch_corpus(KEY, 2, texts(20, seed=10))])
    assert all(part % STEP_PPM == 0 for part in share[:3])
