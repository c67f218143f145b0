import hashlib

import pytest
from assayed import RESIDENT_ID, SECRET, documents, questions

from exchange.assay.duplicates import DIGEST_BYTES, minhash_digests
from exchange.assay.errors import TextError
from exchange.assay.pipeline import rtu1_counter
from exchange.assay.scan import Scanner
from exchange.vocabulary.documents import Document
from exchange.vocabulary.merkle import document_salt, leaf_hash


@pytest.fixture(scope="module")
def scanner() -> Scanner:
    return Scanner(rtu1_counter(), SECRET, "qa-sft")


def test_a_document_is_measured_whole(scanner: Scanner) -> None:
    text = f"Who is it?\nThe number in the passport office is {RESIDENT_ID}."
    (facts,), digest = scanner.scan([Document("a.jsonl", 3, text)], 9)
    assert (facts.path, facts.record, facts.utf8_bytes) == ("a.jsonl", 3, len(text))
    assert facts.sha256 == hashlib.sha256(text.encode()).digest()
    assert facts.rtu == facts.second_rtu == rtu1_counter().count(text)
    assert facts.leaf == leaf_hash(document_salt(SECRET, 9), text.encode())
    assert (facts.language, facts.language_judged, facts.garbled, facts.failed) == ("en", True, False, ())
    assert [(finding.kind, finding.document) for finding in facts.findings] == [("cn_resident_id", 9)]
    assert digest == minhash_digests([text])


def test_a_run_of_documents_gives_what_each_gives_alone(scanner: Scanner) -> None:
    run = documents(*questions(6), "", "床前明月光\n疑是地上霜")
    facts, digests = scanner.scan(run, 100)
    alone = [scanner.scan([document], 100 + place) for place, document in enumerate(run)]
    assert facts == [fact for (fact,), _ in alone]
    assert digests == b"".join(digest for _, digest in alone)
    assert len(digests) == len(run) * DIGEST_BYTES


def test_nothing_gives_nothing(scanner: Scanner) -> None:
    assert scanner.scan([], 0) == ([], b"")


@pytest.mark.parametrize(("text", "code"), [("a\rb", "TEXT_NOT_CANONICAL"), ("a\udfff", "TEXT_NOT_UNICODE")])
def test_text_that_is_not_canonical_is_refused_with_its_place(scanner: Scanner, text: str, code: str) -> None:
    with pytest.raises(TextError) as refusal:
        scanner.scan([Document("dir/b.csv", 12, text)], 0)
    assert refusal.value.code == code
    assert refusal.value.detail.startswith("dir/b.csv record 12")
