import hashlib

import pytest
import quicktok
from assayed import SECRET, documents, questions

from exchange.assay.pipeline import assay_documents
from exchange.assay.vocabularies import FIRST_DOCUMENTS, ONE_OF, VOCABULARIES, is_counted, other_counts


def test_other_vocabularies_are_counted_beside_the_same_documents() -> None:
    texts = questions(FIRST_DOCUMENTS + 100)
    declared = {"licence_evidence": True}
    result = assay_documents(documents(*texts), name="n", version="1", secret=SECRET, declared=declared)
    chosen = [index for index, text in enumerate(texts) if is_counted(index, hashlib.sha256(text.encode()).digest())]
    assert FIRST_DOCUMENTS < len(chosen) < FIRST_DOCUMENTS + 100 // ONE_OF * 3
    told = result.body["other_vocabularies"]
    assert list(told) == sorted(VOCABULARIES)
    for name, row in told.items():
        tokens = sum(quicktok.get_encoding(name).count(texts[index]) for index in chosen)
        rtu = sum(result.documents[index].rtu for index in chosen)
        assert (row["documents"], row["rtu"], row["tokens"]) == (len(chosen), rtu, tokens)
        assert row["tokens_per_rtu_ppm"] == tokens * 1_000_000 // rtu


@pytest.mark.parametrize(("text", "counts"), [("", (0, 0, 0)), ("hello world", (2, 2, 2)), ("床前明月光", (7, 5, 5))])
def test_known_texts_have_known_counts(text: str, counts: tuple[int, ...]) -> None:
    assert other_counts(text) == counts


def test_the_vocabularies_are_those_of_the_certificates_already_signed() -> None:
    declared = {"licence_evidence": True}
    body = assay_documents(documents(*questions(3)), name="n", version="1", secret=SECRET, declared=declared).body
    assert {name: sha256[:16] for name, sha256 in body["other_vocabulary_sha256s"].items()} == {
        "cl100k_base": "4a945d497c213acd",
        "llama3": "124bfc185ea93e66",
        "o200k_base": "6b17521f79788c7a",
    }
