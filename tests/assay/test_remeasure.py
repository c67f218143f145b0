"""Certificates held against some of their documents, and against all of them."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exchange.assay.errors import CertificateError
from exchange.assay.pipeline import assay_documents
from exchange.assay.remeasure import Fact, differences, regrade, remeasure, reproduce
from exchange.vocabulary.documents import BadDocument, Document

SECRET = b"the dataset's secret"
SENTENCES = [
    "The river rises in the hills and runs down to the sea through the old town of the millers.",
    "Write to Anna at anna.mueller@posteo.de before the end of the month, and she will answer.",
    "词句之间没有空格，所以这里按照字符来计算相似的程度。",
    "Das ist ein Satz in deutscher Sprache, der nicht zu den anderen passt und lang genug ist.",
    "",
    "x",
    "The river rises in the hills and runs down to the sea through the old town of the millers.",
]
DECLARED: dict[str, object] = {
    "language": "en",
    "class": "web-prose",
    "licence_evidence": True,
    "files_verified": True,
    "source_stated": True,
    "documentation": {"0101": (9, 1), "0104": (2, 0)},
    "provenance": {"origin": "a test"},
}


def certified(texts, bad=0, **declared):
    documents = [Document("set.txt", number, text) for number, text in enumerate(texts)]
    taken = [*documents, *(BadDocument("set.txt", 9, "BAD_ENCODING", "") for _ in range(bad))]
    result = assay_documents(taken, name="set", version="1", secret=SECRET, declared=DECLARED | declared)
    return documents, result.body


@pytest.fixture(scope="module")
def whole():
    return certified(SENTENCES, bad=2)


def fact(found: list[Fact], name: str) -> Fact:
    return next(each for each in found if each.name.startswith(name))


@pytest.mark.parametrize("declared", [{}, {"language": "", "class": "code"}, {"source_stated": False}])
def test_all_documents_and_the_secret_give_the_same_body(declared) -> None:
    documents, body = certified(SENTENCES, bad=2, **declared)
    assert differences(body, reproduce(body, documents, SECRET)) == []
    assert differences(body, reproduce(body, documents, b"another")) == ["merkle_root"]
    assert "sha256_of_document_sha256s" in differences(body, reproduce(body, documents[::-1], SECRET))


def test_all_documents_are_equal_in_every_fact(whole) -> None:
    documents, body = whole
    found = remeasure(body, documents)
    assert found.is_whole and found.same_code and not found.contradictions
    assert {each.how for each in found.facts} == {"equal", "at most", "bounds", "stated"}


@settings(max_examples=25, deadline=None)
@given(st.sets(st.integers(0, len(SENTENCES) - 1), min_size=1))
def test_no_part_of_a_dataset_contradicts_its_certificate(whole, chosen: set[int]) -> None:
    documents, body = whole
    found = remeasure(body, [documents[index] for index in sorted(chosen)])
    assert not found.contradictions
    for each in found.facts:
        if each.whole_ppm and each.certified_n:
            lowest, highest = each.whole_ppm
            assert lowest <= each.certified * 10**6 // each.certified_n <= highest


@pytest.mark.parametrize(
    ("lie", "name"),
    [
        (lambda body: body["privacy"]["kinds"].clear(), "personal data email"),
        (lambda body: body.update(rtu=1), "rtu"),
        (lambda body: body.update(documents=2), "documents"),
        (lambda body: body.update(distinct_documents=1), "distinct_documents"),
        (lambda body: body["languages"].update(de=0), "language de"),
        (lambda body: body["rule_failures"].clear(), "rule"),
        (lambda body: indicator(body, "0204").update(defects=0), "0204"),
        (lambda body: indicator(body, "0204").update(defects=7), "0204"),
        (lambda body: indicator(body, "0206").update(n=1, defects=0), "0206"),
        (lambda body: body.update(grade="G1"), "grade"),
        (lambda body: indicator(body, "0301").update(score_ppm=999_999), "grade"),
    ],
)
def test_what_some_documents_contradict_is_named(whole, lie: Callable[[Any], object], name: str) -> None:
    documents, honest = whole
    body = copy.deepcopy(honest)
    lie(body)
    found = remeasure(body, documents[:5])
    assert any(each.name.startswith(name) for each in found.contradictions), found.contradictions


def indicator(body: Any, code: str) -> Any:
    return next(row for row in body["indicators"] if row["code"] == code)


def test_a_lie_about_duplicates_needs_all_documents_to_be_found(whole) -> None:
    documents, honest = whole
    body = copy.deepcopy(honest)
    body["duplicates"]["near_documents"] = 0
    assert not remeasure(body, documents[:6]).contradictions
    assert fact(remeasure(body, documents).contradictions, "near duplicates").found == 1


def test_another_version_of_the_code_is_told(whole) -> None:
    documents, honest = whole
    assert not remeasure(honest | {"code_sha256": "0" * 64}, documents[:2]).same_code
    assert not remeasure(honest | {"libraries": {}}, documents[:2]).same_code


def test_the_grade_follows_from_the_indicators(whole) -> None:
    assert regrade(whole[1])
    assert not regrade(whole[1] | {"unmeasured_indicators": []})


@pytest.mark.parametrize(
    "change",
    [
        {"documents": "7"},
        {"indicators": {}},
        {"indicators": [{"code": "0201"}]},
        {"indicators": [[]]},
        {"languages": {"en": "7"}},
        {"duplicates": {}},
        {"privacy": {}},
        {"bad_documents": {"BAD_ENCODING": -1}},
    ],
)
def test_a_body_that_is_none_is_refused(whole, change: dict[str, Any]) -> None:
    with pytest.raises(CertificateError, match="CERTIFICATE_MALFORMED"):
        remeasure(whole[1] | change, whole[0])


def test_a_certificate_cannot_make_anyone_count_for_ever(whole) -> None:
    with pytest.raises(CertificateError, match="bad documents"):
        reproduce(whole[1] | {"bad_documents": {"BAD_ENCODING": 10**12}}, whole[0], SECRET)
