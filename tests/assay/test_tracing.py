"""Leaked documents are found among listed ones, exactly and nearly."""

import random

import pytest
from assayed import questions

from exchange.assay.errors import SketchError
from exchange.assay.tracing import match_documents, read_document_sketches, sketch_documents
from simulations.planted.overlaps import perturbed

LISTED = questions(200)


def counts(leaked, listed=LISTED):
    matches = match_documents(sketch_documents(leaked), sketch_documents(listed))
    return [int(flags.sum()) for flags in matches]


def test_copies_are_found_exactly_and_nothing_else():
    assert counts([*LISTED[20:50], "a text that nobody has listed here, of some more words"]) == [30, 0, 30, 0]
    matches = match_documents(sketch_documents(LISTED[20:50]), sketch_documents(LISTED))
    assert matches.listed_exact.nonzero()[0].tolist() == list(range(20, 50))


def test_edited_copies_are_found_nearly():
    chance = random.Random(1)
    edited = [" ".join(word for word in text.split() if chance.random() > 0.03) for text in LISTED[:100]]
    listed_exact, listed_near, leaked_exact, leaked_near = counts(edited)
    assert 90 <= listed_near + listed_exact <= 100
    assert 90 <= leaked_near + leaked_exact <= 100


def test_what_was_rewritten_is_not_found():
    chance = random.Random(2)
    rewritten = [perturbed(perturbed(perturbed(perturbed(text, chance), chance), chance), chance) for text in LISTED]
    assert counts(rewritten)[2:] == [0, 0]


def test_blank_documents_are_found_nowhere_since_everybody_has_them():
    assert counts(["", " "], ["  ", "\n"]) == [0, 0, 0, 0]
    assert counts(["", " ", "x"], ["", " ", "x"]) == [1, 0, 1, 0]


def test_more_like_documents_than_are_compared_are_found_all_the_same_by_their_hashes():
    assert counts(["the same text in every place of it"], ["the same text in every place of it"] * 100)[0] == 100


def test_document_sketches_are_read_as_they_were_written():
    sketched = sketch_documents(LISTED)
    assert read_document_sketches(sketched.document()) == sketched
    with pytest.raises(SketchError, match="SKETCH_MALFORMED"):
        read_document_sketches(sketched.document()[:-1])
    with pytest.raises(SketchError, match="SKETCH_TOO_SMALL"):
        read_document_sketches(sketch_documents([]).document())


def test_near_documents_are_those_that_a_comparison_of_all_with_all_finds():
    """Banding may miss a pair near the threshold, and never makes one up."""
    chance = random.Random(4)
    leaked = [perturbed(text, chance) if number % 2 else text for number, text in enumerate(LISTED[:80])]
    left, right = sketch_documents(leaked), sketch_documents(LISTED)
    alike = (left.table()[:, None, :] == right.table()[None, :, :]).sum(axis=2) >= 64
    matches = match_documents(left, right)
    found = matches.leaked_exact | matches.leaked_near
    assert not (found & ~alike.any(axis=1)).any()
    sure = ((left.table()[:, None, :] == right.table()[None, :, :]).sum(axis=2) >= 96).any(axis=1)
    assert (found | ~sure).all()
