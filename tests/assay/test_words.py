import hashlib

import pytest
from assayed import SECRET, documents, questions
from hypothesis import given
from hypothesis import strategies as st

from exchange.assay.certificate import canonical_json
from exchange.assay.errors import WordListError
from exchange.assay.pipeline import ReferenceFiles, Way, assay_documents
from exchange.assay.words import MAXIMUM_WORD_CHARS, read_word_list

# Neutral words: the product ships no list, and neither do its tests.
LIST = """# fruit and tools
plum
[fruit]
Green Apple
apple
苹果
梨
[tools]
hammer
apple
锤子
"""


def found(text):
    return [(f.kind, f.offset, f.length) for f in read_word_list(LIST.encode()).find(text, 0)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("an Apple a day", [("word:fruit", 3, 5)]),
        ("a green apple", [("word:fruit", 2, 11)]),
        ("a green apple's core, hammer", [("word:fruit", 2, 11), ("word:tools", 22, 6)]),
        ("plum", [("word:unsorted", 0, 4)]),
        ("我有苹果和锤子", [("word:fruit", 2, 2), ("word:tools", 5, 2)]),
        ("apple苹果", [("word:fruit", 0, 5), ("word:fruit", 5, 2)]),
        ("İİ apple", [("word:fruit", 3, 5)]),
    ],
)
def test_listed_words_are_found_where_they_stand(text, expected):
    assert found(text) == expected


@pytest.mark.parametrize("text", ["pineapple", "apples", "apple_tree", "hammer2", "green appl", "", "苹 果"])
def test_parts_of_other_words_are_not(text):
    assert found(text) == []


def test_a_shorter_word_is_found_where_a_longer_one_does_not_stand_alone():
    words = read_word_list(b"red\nred fo\n")
    assert [(f.offset, f.length) for f in words.find("red fox", 0)] == [(0, 3)]


def test_of_words_that_begin_at_one_place_the_longest_counts():
    words = read_word_list(b"red\nred fox\nred f\n")
    assert [(f.offset, f.length) for f in words.find("a red fox", 0)] == [(2, 7)]


def test_a_finding_shows_nothing_of_the_word():
    (finding,) = read_word_list(LIST.encode()).find("one apple", 4)
    assert (finding.document, finding.masked, finding.category, finding.sensitive) == (4, "*****", "word", False)


@given(st.lists(st.sampled_from(["apple", "Apple", "锤子", "xapple", "İ", " ", "\n", "hammer", "的"]), max_size=20))
def test_every_finding_covers_a_listed_word(pieces):
    text = "".join(pieces)
    end = 0
    for kind, offset, length in found(text):
        assert offset >= end
        end = offset + length
        assert text[offset:end].lower() in {"apple", "锤子", "hammer"}
        assert kind in {"word:fruit", "word:tools"}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"# only remarks\n[and]\n",
        b"\xff\xfe",
        b"[]\nword",
        b"[" + b"c" * 41 + b"]\n",
        b"w" * (MAXIMUM_WORD_CHARS + 1),
    ],
)
def test_a_list_that_is_none_is_refused(content):
    with pytest.raises(WordListError) as refusal:
        read_word_list(content)
    assert refusal.value.code == "WORDS_INVALID"


def assay(texts, words_file, workers=1):
    declared = {"class": "qa-sft", "licence_evidence": True}
    return assay_documents(
        documents(*texts),
        name="n",
        version="1",
        secret=SECRET,
        declared=declared,
        way=Way(workers),
        reference=ReferenceFiles(words=words_file),
    )


@pytest.fixture
def words_file(tmp_path):
    path = tmp_path / "words.txt"
    path.write_text("[things]\nzeppelin\n齐柏林\n", encoding="utf-8")
    return path


def test_words_count_by_category_in_safety_and_with_the_list_that_was_used(words_file):
    result = assay([*questions(30), "Which?\nA zeppelin and a zeppelin"], words_file)
    body = result.body
    assert body["words"] == {"categories": {"things": 2}, "documents": 1}
    assert body["word_list"] == {"sha256": hashlib.sha256(words_file.read_bytes()).hexdigest(), "words": 2}
    assert [(row["n"], row["defects"]) for row in body["indicators"] if row["code"] == "0202"] == [(31, 1)]
    assert body["privacy"]["kinds"] == {}
    assert body["hard_failures"] == []


def test_too_many_documents_with_words_are_a_hard_failure(words_file):
    assert assay([*questions(10), "Which?\nA zeppelin"], words_file).body["hard_failures"] == [
        "SENSITIVE_WORDS_OVER_LIMIT"
    ]


def test_without_a_list_none_are_looked_for():
    body = assay([*questions(3), "Which?\nA zeppelin"], None).body
    assert (body["word_list"], body["words"]) == ({}, {"categories": {}, "documents": 0})


def test_workers_find_the_same_words(words_file):
    texts = [*questions(20), "Which?\nA zeppelin"]
    assert canonical_json(assay(texts, words_file).body) == canonical_json(assay(texts, words_file, workers=2).body)


def test_a_list_that_is_not_there_is_refused_by_name(tmp_path):
    with pytest.raises(WordListError) as refusal:
        assay(questions(2), tmp_path / "absent")
    assert refusal.value.code == "WORDS_MISSING"
