import hashlib
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from assayed import RESIDENT_ID, SECRET, die, documents, questions
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from exchange.assay import pipeline
from exchange.assay.certificate import body_digest, canonical_json, sign_certificate, verify_certificate
from exchange.assay.errors import AssayError, VocabularyError, WorkerError
from exchange.assay.executors import PARTS_AHEAD
from exchange.assay.pipeline import AssayResult, ReferenceFiles, Way, assay_documents, code_version, rtu1_counter
from exchange.vocabulary.documents import Document, canonical_text
from exchange.vocabulary.merkle import document_salt, leaf_hash, merkle_root

DATA = Path(__file__).parents[3] / "shared" / "data"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the real datasets are not beside the repository")
FULL = {"class": "qa-sft", "language": "en", "licence_evidence": True, "source_stated": True}


def assay(texts: list[str], declared: dict[str, Any] | None = None, **options: Any) -> AssayResult:
    declared = FULL if declared is None else declared
    return assay_documents(documents(*texts), name="small", version="1", secret=SECRET, declared=declared, **options)


def test_a_clean_dataset_counts_hashes_and_grades() -> None:
    texts = questions(40)
    result = assay(texts)
    body = result.body
    assert body["documents"] == body["distinct_documents"] == 40
    assert body["rtu"] == sum(rtu1_counter().count(text) for text in texts) == sum(d.rtu for d in result.documents)
    assert body["canonical_utf8_bytes"] == sum(len(text.encode()) for text in texts)
    assert body["languages"] == {"en": 40}
    assert body["hard_failures"] == []
    assert body["dimension_scores_ppm"] == {"data": 1_000_000, "model": 1_000_000}
    # Nobody measured the documentation.
    assert body["grade"] == "G2"


def test_a_documented_dataset_reaches_the_first_grade() -> None:
    declared = {**FULL, "documentation": dict.fromkeys(("0101", "0102", "0103", "0104"), (10, 0))}
    assert assay(questions(40), declared).body["grade"] == "G1"


def test_leaves_are_salted_by_place_and_lead_to_the_root() -> None:
    texts = questions(5)
    result = assay(texts)
    assert result.leaves == [leaf_hash(document_salt(SECRET, i), text.encode()) for i, text in enumerate(texts)]
    assert result.body["merkle_root"] == merkle_root(result.leaves).hex()
    assert [document.sha256 for document in result.documents] == [hashlib.sha256(t.encode()).digest() for t in texts]


def test_another_secret_gives_another_root_and_the_same_counts() -> None:
    one = assay(questions(5)).body
    other = assay_documents(documents(*questions(5)), name="small", version="1", secret=b"other", declared=FULL).body
    assert {key for key in one if one[key] != other[key]} == {"merkle_root"}


def test_the_body_is_canonical_and_can_be_certified() -> None:
    body = assay(questions(5)).body
    key = Ed25519PrivateKey.from_private_bytes(bytes(32))
    content = sign_certificate(body, key, issued_at_s=1, expires_at_s=100)
    read = verify_certificate(content, trusted_assayers=[key.public_key().public_bytes_raw()], now_s=50)
    assert canonical_json(read.assay) == canonical_json(body)


def test_the_body_does_not_depend_on_the_number_of_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "CHUNK_DOCUMENTS", 7)
    texts = [*questions(60), *questions(5), f"Who?\n{RESIDENT_ID}", "", "床前明月光\n疑是地上霜"]
    told: list[tuple[int, int]] = []
    alone = assay(texts)
    together = assay(texts, way=Way(workers=2), progress=lambda *so_far: told.append(so_far))
    assert canonical_json(alone.body) == canonical_json(together.body)
    assert alone == together
    assert told == sorted(told)
    assert told[-1] == (len(texts), alone.body["canonical_utf8_bytes"])


def test_refusals_reach_the_caller_from_a_worker(tmp_path: Path) -> None:
    (tmp_path / "other.tiktoken").write_bytes(b"YQ== 0\n")
    with pytest.raises(VocabularyError, match="VOCABULARY_UNKNOWN"):
        assay(questions(2), way=Way(workers=2), reference=ReferenceFiles(vocabulary=tmp_path / "other.tiktoken"))


def test_a_document_no_scanner_can_take_is_told_of_and_the_rest_is_assayed() -> None:
    texts = questions(6)
    result = assay([texts[0], "bad\r\nline", *texts[1:], "\ud800"])
    assert result.documents == [row._replace(record=row.record + (row.record > 0)) for row in assay(texts).documents]
    assert [(bad.record, bad.code) for bad in result.bad] == [(1, "TEXT_NOT_CANONICAL"), (7, "TEXT_NOT_UNICODE")]
    assert result.body["bad_documents"] == {"TEXT_NOT_CANONICAL": 1, "TEXT_NOT_UNICODE": 1}
    (row,) = (row for row in result.body["indicators"] if row["code"] == "0201")
    assert (row["n"], row["defects"]) == (8, 2)
    assert result.body["merkle_root"] == assay(texts).body["merkle_root"]


def test_a_worker_that_dies_is_an_error_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "_scan_in_worker", die)
    with pytest.raises(WorkerError) as refusal:
        assay(questions(2), way=Way(workers=2))
    assert refusal.value.code == "WORKER_LOST"


def test_documents_are_taken_no_faster_than_they_are_scanned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "CHUNK_DOCUMENTS", 1)
    monkeypatch.setattr(pipeline, "PROFILE_SAMPLE_DOCUMENTS", 1)
    taken, ahead = 0, []

    def stream() -> Iterator[Document]:
        nonlocal taken
        for document in documents(*questions(30)):
            taken += 1
            yield document

    assay_documents(
        stream(),
        name="small",
        version="1",
        secret=SECRET,
        declared=FULL,
        way=Way(workers=2),
        progress=lambda done, _bytes: ahead.append(taken - done),
    )
    assert 0 < max(ahead) < 2 * PARTS_AHEAD


def test_planted_defects_are_found_and_graded_down() -> None:
    clean = questions(40)
    key = "ghp_" + "q7Rw2LzX9vKbT4mNcY8eHs5JdPfG3aUo6iBt"
    texts = [*clean, *clean[:10], "", f"Who?\n{RESIDENT_ID} and a@qq.com", f"Key?\nIt is {key}."]
    result = assay(texts)
    body = result.body
    assert body["hard_failures"] == ["SECRET_FOUND", "PERSONAL_DATA_UNREMEDIATED"]
    assert body["privacy"] == {
        "kinds": {"cn_resident_id": 1, "email": 1, "github_token": 1},
        "personal": 2,
        "sensitive": 1,
        "secrets": 1,
    }
    assert body["duplicates"]["exact_documents"] == body["duplicates"]["near_documents"] == 10
    assert body["duplicates"]["exact_ppm"] == 10 * 1_000_000 // 53
    assert body["rule_failures"] == {"empty": 1}
    assert body["grade"] == "G3"
    assert [(finding.document, finding.kind) for finding in result.findings] == [
        (51, "cn_resident_id"),
        (51, "email"),
        (52, "github_token"),
    ]
    spelled = canonical_json(body).decode() + repr(result.findings)
    assert RESIDENT_ID not in spelled
    assert key not in spelled


def test_consent_remedies_personal_data_but_not_a_secret() -> None:
    texts = [*questions(3), f"Who?\n{RESIDENT_ID}"]
    assert assay(texts, {**FULL, "personal_data_consent": True}).body["hard_failures"] == []


def test_an_authors_address_alone_is_no_hard_failure() -> None:
    assert assay(["Who wrote it?\nLi Wei <li.wei@qq.com>"]).body["hard_failures"] == []


@pytest.mark.parametrize(
    ("declared", "failure"),
    [({}, "MISSING_LICENCE_EVIDENCE"), ({"licence_evidence": True, "files_verified": False}, "HASH_MISMATCH")],
)
def test_what_the_declaration_lacks_is_a_hard_failure(declared: dict[str, object], failure: str) -> None:
    assert assay(questions(3), declared).body["hard_failures"] == [failure]


def test_a_count_the_implementations_disagree_on_is_a_hard_failure() -> None:
    assert "TOKENIZER_DISAGREEMENT" in assay(["a\n\U000113c2\U000113c2"]).body["hard_failures"]


def test_documents_in_another_language_than_declared_are_defects() -> None:
    body = assay([*questions(9), "床前明月光\n疑是地上霜，举头望明月。"]).body
    (row,) = (row for row in body["indicators"] if row["code"] == "0206")
    assert (row["n"], row["defects"], row["score_ppm"]) == (10, 1, 900_000)


def test_a_region_or_script_in_the_declared_language_does_not_matter() -> None:
    body = assay(["床前明月光\n疑是地上霜，举头望明月。"], {**FULL, "language": "zh-Hant"}).body
    assert body["dimension_scores_ppm"]["data"] == 1_000_000


def test_labels_judged_again_count_by_their_lower_bound() -> None:
    body = assay(questions(3), {**FULL, "label_sample": (100, 0)}).body
    (row,) = (row for row in body["indicators"] if row["code"] == "0304")
    assert (row["basis"], row["score_ppm"]) == ("sample, 95% lower bound", 973_652)


def test_a_dataset_of_empty_documents_is_ungraded() -> None:
    body = assay(["", "", ""]).body
    assert (body["rtu"], body["grade"], body["profile"]) == (0, "ungraded", "qa-sft")


@pytest.mark.parametrize(
    ("texts", "code"),
    [
        ([], "NO_DOCUMENTS"),
        (["a\r\nb"], "TEXT_NOT_CANONICAL"),
        (["e\u0301"], "TEXT_NOT_CANONICAL"),
        (["\ud800"], "TEXT_NOT_UNICODE"),
        (["x" + " " * 1_000_001], "TEXT_NOT_COUNTABLE"),
    ],
)
def test_what_cannot_be_assayed_is_refused_by_name(texts: list[str], code: str) -> None:
    with pytest.raises(AssayError) as refusal:
        assay(texts)
    assert refusal.value.code == code


def test_a_foreign_vocabulary_stops_the_assay(tmp_path: Path) -> None:
    foreign = tmp_path / "other.tiktoken"
    foreign.write_bytes(b"YQ== 0\n")
    with pytest.raises(VocabularyError, match="VOCABULARY_UNKNOWN"):
        assay(questions(2), reference=ReferenceFiles(vocabulary=foreign))


def test_the_code_version_covers_every_source_file() -> None:
    digest = hashlib.sha256()
    for path in sorted(Path(pipeline.__file__).parent.glob("*.py")):
        digest.update(f"{path.name} {path.stat().st_size}\n".encode() + path.read_bytes())
    assert code_version() == digest.hexdigest() == assay(questions(1)).body["code_sha256"]


@needs_data
def test_a_real_dataset_keeps_its_known_figures() -> None:
    rows = json.loads((DATA / "datasets/cn-poetry/poet.tang.0.json").read_bytes())
    texts = [canonical_text("\n".join([row["title"], *row["paragraphs"]])) for row in rows]
    declared = {**FULL, "class": "zh-prose", "language": "zh-Hant"}
    body = assay_documents(
        [Document("poet.tang.0.json", record, text) for record, text in enumerate(texts)],
        name="poems",
        version="1",
        secret=SECRET,
        declared=declared,
    ).body
    assert body["languages"] == {"zh": len(texts)}
    assert body["hard_failures"] == []
    assert body["grade"] == "G2"


@needs_data
def test_code_is_recognised_and_assayed_at_more_than_half_a_megabyte_a_second() -> None:
    lines = (DATA / "datasets/code-thealgorithms/python.jsonl").read_text("utf-8").splitlines()
    texts = [canonical_text(json.loads(line)["text"]) for line in lines]
    rtu1_counter()
    started = time.process_time()
    body = assay(texts, {"licence_evidence": True}).body
    seconds = time.process_time() - started
    assert body["profile"] == "code"
    assert body["privacy"]["secrets"] == body["privacy"]["sensitive"] == 0
    assert body["duplicates"]["exact_documents"] == 220
    assert body["rtu"] == 1_028_796
    # Some 3.5 MB/s on an idle core; the floor only catches what became quadratic.
    assert body["canonical_utf8_bytes"] / seconds > 500_000


def test_the_digest_of_a_body_is_that_of_its_canonical_spelling() -> None:
    body = assay(questions(1)).body
    assert body_digest(body) == hashlib.sha256(canonical_json(body)).hexdigest()
