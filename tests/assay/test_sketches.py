"""Sketches: what is sampled, what it weighs, and the form they are kept and sent in."""

import hashlib

import numpy as np
import pytest
from assayed import questions
from hypothesis import given
from hypothesis import strategies as st

from exchange.assay import sketches
from exchange.assay.duplicates import shingles
from exchange.assay.errors import SketchError
from exchange.assay.sketches import (
    MICRO,
    SAMPLED,
    Sketcher,
    bit_lengths,
    read_listed,
    read_sketch,
    shingle_hashes,
    sketch_corpus,
    sketch_dataset,
)

KEY, OTHER = bytes(range(16)), bytes(16)
TEXTS = questions(60)
DOCUMENTS = [(text, len(text) // 4) for text in TEXTS]


def test_a_shingle_hashes_as_it_always_has():
    english = sorted(shingle_hashes(KEY, shingles("the quick brown fox jumps over")).tolist())
    assert english == [13453321767545976177, 15748152674160277571]
    assert shingle_hashes(KEY, ["天地玄黄宇"]).tolist() == [822813491038155887]
    assert shingle_hashes(OTHER, ["天地玄黄宇"]).tolist() != shingle_hashes(KEY, ["天地玄黄宇"]).tolist()


def test_a_sketch_is_as_it_always_was():
    digest = hashlib.sha256(sketch_corpus(KEY, 3, TEXTS).document()).hexdigest()
    assert digest == "db93794759957055341958cb019be0f64346d8ed38b17d2faeba66f53ae0cb39"
    assert (
        hashlib.sha256(sketch_dataset(KEY, DOCUMENTS).document()).hexdigest()
        == "b40a6d7d01f0af4f7846eec1ddeaddf6b86a2fd92c10655c03746be03e81853a"
    )


def test_a_sketch_holds_the_lowest_hashes_of_all_shingles():
    every = np.unique(np.concatenate([shingle_hashes(KEY, shingles(text)) for text in TEXTS]))
    sampled = sketch_corpus(KEY, 3, TEXTS).hashes
    assert sampled.tolist() == [each for each in every.tolist() if each < 2**61]
    assert 0 < len(sampled) < len(every) // 4


def test_a_lower_rate_is_a_part_of_a_higher_one():
    high, low = sketch_corpus(KEY, 2, TEXTS), sketch_corpus(KEY, 5, TEXTS)
    assert high.thinned(5).hashes.tolist() == low.hashes.tolist()
    assert sketch_dataset(KEY, DOCUMENTS, 2).thinned(5).weights.tolist() == (
        sketch_dataset(KEY, DOCUMENTS, 5).weights.tolist()
    )


@given(order=st.permutations(range(12)))
def test_the_order_of_documents_does_not_matter(order):
    shuffled = [DOCUMENTS[index] for index in order]
    assert sketch_dataset(KEY, shuffled).document() == sketch_dataset(KEY, DOCUMENTS[:12]).document()
    assert sketch_corpus(KEY, 2, [text for text, _ in shuffled]).document() == (
        sketch_corpus(KEY, 2, TEXTS[:12]).document()
    )


def test_a_sketch_that_grows_too_large_goes_down_to_half_the_rate():
    sketcher = Sketcher(KEY, 1, limit=100)
    for text in TEXTS:
        sketcher.add(text)
    sketch = sketcher.sketch()
    assert 40 < len(sketch.hashes) <= 100
    assert sketch.hashes.tolist() == sketch_corpus(KEY, sketch.rate_log2, TEXTS).hashes.tolist()


def test_strata_hold_every_token_once():
    listed = sketch_dataset(KEY, DOCUMENTS)
    rtu = sum(rtu for _, rtu in DOCUMENTS)
    # Each document's tokens are divided by its shingles, rounded down.
    assert rtu * MICRO - 200 * len(DOCUMENTS) <= listed.total <= rtu * MICRO
    assert set(bit_lengths(listed.weights).tolist()) <= set(listed.strata)


def test_of_a_large_dataset_strata_are_summed_over_a_sample(monkeypatch):
    whole = sketch_dataset(KEY, DOCUMENTS, 3)
    monkeypatch.setattr(sketches, "POPULATION", 500)
    monkeypatch.setattr(sketches, "_PENDING", 200)
    sampled = sketch_dataset(KEY, DOCUMENTS, 3)
    assert abs(sampled.total - whole.total) <= len(sampled.strata)
    assert sampled.sketch.hashes.tolist() == whole.sketch.hashes.tolist()
    assert sampled.weights.tolist() == whole.weights.tolist()


@pytest.mark.parametrize(("least", "rate_log2"), [(SAMPLED, 2), (400, 2), (100, 4), (50, 5)])
def test_the_rate_keeps_enough_hashes_and_never_more_than_a_fourth(monkeypatch, least, rate_log2):
    monkeypatch.setattr(sketches, "SAMPLED", least)
    assert sketch_dataset(KEY, DOCUMENTS).sketch.rate_log2 == rate_log2


@pytest.mark.parametrize("texts", [[], ["", "  \n"]])
def test_nothing_makes_an_empty_sketch(texts):
    assert not len(sketch_corpus(KEY, 2, texts).hashes)
    listed = sketch_dataset(KEY, [(text, 1) for text in texts])
    assert (len(listed.weights), listed.total) == (0, 0)
    assert read_listed(listed.document()).strata == {}


@given(st.lists(st.integers(0, 2**62), max_size=40))
def test_bit_lengths_are_exact(weights):
    assert bit_lengths(np.array(weights, dtype=np.int64)).tolist() == [each.bit_length() for each in weights]


def test_sketches_are_read_as_they_were_written():
    sketch, listed = sketch_corpus(KEY, 3, TEXTS), sketch_dataset(KEY, DOCUMENTS)
    again = read_sketch(sketch.document())
    assert (again.key, again.rate_log2, again.hashes.tolist()) == (KEY, 3, sketch.hashes.tolist())
    assert read_listed(listed.document()).document() == listed.document()


def spoilt(change):
    header, _, hashes = sketch_corpus(KEY, 3, TEXTS).document().partition(b"\n")
    return change(header, hashes)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}\n",
        b"[]\n",
        b"[" * 70_000,
        spoilt(lambda header, hashes: header + hashes),
        spoilt(lambda header, hashes: header + b"\n" + hashes[:-1]),
        spoilt(lambda header, hashes: header + b"\n" + hashes + b"12345678"),
        spoilt(lambda header, hashes: header + b"\n" + hashes[8:16] + hashes[:8] + hashes[16:]),
        spoilt(lambda header, hashes: header + b"\n" + hashes[:8] + hashes[:8] + hashes[16:]),
        spoilt(lambda header, hashes: header.replace(b'"rate_log2":3', b'"rate_log2":4') + b"\n" + hashes),
        spoilt(lambda header, hashes: header.replace(b'"rate_log2":3', b'"rate_log2":0') + b"\n" + hashes),
        spoilt(lambda header, hashes: header.replace(b'"rate_log2":3', b'"rate_log2":true') + b"\n" + hashes),
        spoilt(lambda header, hashes: header.replace(b'"rate_log2":3', b'"rate_log2":900') + b"\n" + hashes),
        spoilt(lambda header, hashes: header.replace(KEY.hex().encode(), b"00") + b"\n" + hashes),
        spoilt(lambda header, hashes: header.replace(KEY.hex().encode(), b"xy" * 16) + b"\n" + hashes),
        spoilt(lambda header, hashes: header.replace(b"tlx-sketch/1", b"tlx-sketch/2") + b"\n" + hashes),
        spoilt(lambda header, hashes: b'{"format":"tlx-sketch/1","hashes":-1}' + b"\n" + hashes),
        sketch_dataset(KEY, DOCUMENTS).document(),
    ],
)
def test_what_is_no_sketch_is_refused(content):
    with pytest.raises(SketchError, match="SKETCH_MALFORMED"):
        read_sketch(content)
