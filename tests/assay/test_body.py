"""How facts are summed up; the facts here are made by hand, so that every figure can be checked by eye."""

import pytest

from exchange.assay.body import assay_body, hard_failures, is_grave, measure
from exchange.assay.certificate import canonical_json
from exchange.assay.declaration import Declaration
from exchange.assay.duplicates import Duplicates
from exchange.assay.privacy import Category, Finding
from exchange.assay.scan import ScannedDocument

LICENSED = Declaration(licence_evidence=True)


def finding(kind: str, category: Category) -> Finding:
    return Finding(kind, 0, 0, 4, "****", category, sensitive=False)


def fact(sha256: bytes = b"a", rtu: int = 10, **changes: object) -> ScannedDocument:
    plain = ScannedDocument("f", 0, sha256, rtu * 4, rtu, rtu, b"l" * 32, "en", True, False, (), ())
    return plain._replace(**changes)


def alone(count: int) -> Duplicates:
    return Duplicates([False] * count, [False] * count, list(range(count)))


def test_counts_are_sums_over_the_documents() -> None:
    facts = [fact(b"a", 10), fact(b"b", 30), fact(b"a", 10), fact(b"c", 50, language="fr")]
    repeats = Duplicates([False, False, True, False], [False, False, True, True], [0, 1, 0, 1])
    body = assay_body(facts, repeats, LICENSED, "web-prose", {"name": "n", "version": "1"})
    assert (body["documents"], body["distinct_documents"], body["rtu"], body["largest_document_rtu"]) == (4, 3, 100, 50)
    assert body["canonical_utf8_bytes"] == 400
    assert body["languages"] == {"en": 3, "fr": 1}
    assert body["duplicates"] == {
        "exact_documents": 1,
        "exact_ppm": 250_000,
        "exact_rtu_ppm": 100_000,
        "near_documents": 2,
        "near_ppm": 500_000,
        "near_rtu_ppm": 600_000,
    }
    assert canonical_json(body)


def test_rare_languages_are_counted_together() -> None:
    facts = [fact(language=code) for code in ("aa", "bb", "cc", "dd", "ee", "ff", "gg", "hh", "ii", "jj", "aa")]
    body = assay_body(facts, alone(len(facts)), LICENSED, "web-prose", {})
    assert body["languages"] == dict.fromkeys(("bb", "cc", "dd", "ee", "ff", "gg", "hh"), 1) | {"aa": 2, "other": 2}


def test_cleanliness_counts_tokens_once_however_often_they_fail() -> None:
    facts = [fact(rtu=10, failed=("empty",), garbled=True), fact(rtu=30), fact(rtu=60)]
    repeats = Duplicates([False] * 3, [True, True, False], [0, 0, 2])
    rows = {row.code: row for row in measure(facts, repeats, LICENSED, "web-prose")}
    assert (rows["0208"].n, rows["0208"].defects) == (100, 40)
    assert (rows["0201"].n, rows["0201"].defects) == (3, 1)
    assert (rows["0301"].n, rows["0301"].defects) == (3, 2)


def test_an_empty_document_is_a_defect_of_structure_and_not_of_diversity() -> None:
    facts = [fact(), fact(utf8_bytes=0, rtu=0), fact(utf8_bytes=0, rtu=0)]
    repeats = Duplicates([False, False, True], [False, False, True], [0, 1, 1])
    rows = {row.code: row for row in measure(facts, repeats, LICENSED, "web-prose")}
    assert (rows["0204"].n, rows["0204"].defects) == (3, 2)
    assert (rows["0301"].n, rows["0301"].defects) == (1, 0)


def test_language_is_measured_only_where_declared_and_judged_and_never_on_code() -> None:
    facts = [fact(language="en"), fact(language="fr", language_judged=False), fact(language="fr")]
    declared = LICENSED._replace(language="en-GB")
    rows = {row.code: row for row in measure(facts, alone(3), declared, "web-prose")}
    assert (rows["0206"].n, rows["0206"].defects) == (2, 1)
    assert "0206" not in {row.code for row in measure(facts, alone(3), declared, "code")}
    assert "0206" not in {row.code for row in measure(facts, alone(3), LICENSED, "web-prose")}


@pytest.mark.parametrize(("stated", "defects"), [(True, 0), (False, 2)])
def test_a_source_stated_or_missing_counts_for_every_document(stated: bool, defects: int) -> None:
    rows = {row.code: row for row in measure([fact(), fact()], alone(2), Declaration(source_stated=stated), "code")}
    assert (rows["0205"].n, rows["0205"].defects) == (2, defects)


@pytest.mark.parametrize(
    ("found", "grave"),
    [
        (finding("cn_resident_id", "personal"), True),
        (finding("cn_mobile", "personal"), True),
        (finding("private_key", "secret"), True),
        (finding("email", "personal"), False),
        (finding("ipv4", "personal"), False),
        (finding("cn_uscc", "organisation"), False),
    ],
)
def test_some_findings_make_a_document_unsafe_and_some_do_not(found: Finding, grave: bool) -> None:
    assert is_grave(found) is grave


def test_hard_failures_come_in_a_fixed_order() -> None:
    found = (finding("private_key", "secret"), finding("cn_mobile", "personal"))
    facts = [fact(findings=found), fact(second_rtu=9)]
    assert hard_failures(facts, Declaration(files_verified=False)) == [
        "SECRET_FOUND",
        "PERSONAL_DATA_UNREMEDIATED",
        "MISSING_LICENCE_EVIDENCE",
        "HASH_MISMATCH",
        "TOKENIZER_DISAGREEMENT",
    ]
    assert hard_failures([fact()], LICENSED) == []
