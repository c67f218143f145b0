"""RTU-1 against the reference table, and between its two implementations."""

import csv
import hashlib
import io
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.assay.errors import CountError, VocabularyError
from exchange.assay.pipeline import rtu1_counter
from exchange.assay.tokens import TokenCounter
from exchange.vocabulary.documents import canonical_text

DATA = Path(__file__).parents[3] / "shared" / "data"
SETS = DATA / "datasets"
needs_data = pytest.mark.skipif(not SETS.is_dir(), reason="the real datasets are not beside the repository")


def jsonl(path: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in (SETS / path).read_text("utf-8").splitlines() if line]


def blocks(path: str) -> list[str]:
    return [block for block in (SETS / path).read_text("utf-8").split("\n\n") if block.strip()]


def questions_and_answers(path: str) -> list[str]:
    return [f"{row['question']}\n{row['answer']}" for row in jsonl(path)]


def medical_dialogues() -> list[str]:
    text = (SETS / "cn-medical-dialogue/internal_medicine_sample.csv").read_bytes().decode("gb18030", "replace")
    rows = list(csv.reader(io.StringIO(text, newline="")))
    return ["\n".join(row[1:]) for row in rows[1:]]


def poems() -> list[str]:
    files = [SETS / f"cn-poetry/poet.tang.{number}.json" for number in range(0, 6000, 1000)]
    return ["\n".join([poem["title"], *poem["paragraphs"]]) for file in files for poem in json.loads(file.read_bytes())]


def sayings() -> list[str]:
    rows = json.loads((SETS / "cn-xiehouyu/xiehouyu.json").read_bytes())
    return [f"{row['riddle']}——{row['answer']}" for row in rows]


def work_orders() -> list[str]:
    return [
        " ".join(line.partition("\t")[0] for line in block.split("\n") if line)
        for block in blocks("industry-maintnorm/train.norm")
    ]


def relations() -> list[str]:
    lines = (SETS / "agri-kg-relations/train_data.txt").read_text("utf-8").split("\n")
    return [line.split("\t")[4].strip('"') for line in lines if line.count("\t") >= 5]


def definitions() -> list[str]:
    text = (SETS / "agri-plant-ontology/po.obo").read_text("utf-8")
    return re.findall(r'^def: "((?:[^"\\]|\\.)*)"', text, re.MULTILINE)


EXTRACTORS: dict[str, Callable[[], list[str]]] = {
    "gsm8k": lambda: questions_and_answers("gsm8k/train.jsonl"),
    "medquad": lambda: questions_and_answers("medquad/medquad.jsonl"),
    "cn-medical-dialogue": medical_dialogues,
    "cn-poetry": poems,
    "cn-xiehouyu": sayings,
    "cn-laws": lambda: [row["text"] for row in jsonl("cn-laws/laws.jsonl")],
    "code-thealgorithms": lambda: [row["text"] for row in jsonl("code-thealgorithms/python.jsonl")],
    "tiny-shakespeare": lambda: blocks("tiny-shakespeare/input.txt"),
    "industry-maintnorm": work_orders,
    "agri-kg-relations": relations,
    "agri-plant-ontology": definitions,
}


@needs_data
@pytest.mark.parametrize("name", EXTRACTORS)
def test_every_line_of_the_reference_table_is_reproduced_by_both_implementations(name: str) -> None:
    with (DATA / "rtu1_counts.tsv").open(encoding="utf-8", newline="") as table:
        row = {line["dataset"]: line for line in csv.DictReader(table, delimiter="\t")}[name]
    texts = [canonical_text(text) for text in EXTRACTORS[name]()]
    contents = [text.encode() for text in texts]
    counts = [rtu1_counter().checked_count(text) for text in texts]
    sha256s = [hashlib.sha256(content).digest() for content in contents]
    assert {
        "documents": len(texts),
        "distinct_documents": len(set(sha256s)),
        "canonical_utf8_bytes": sum(map(len, contents)),
        "rtu1": sum(counts),
        "largest_document_rtu1": max(counts),
        "sha256_of_document_sha256s": hashlib.sha256(b"".join(sha256s)).hexdigest(),
    } == {
        column: value if column.startswith("sha256") else int(value)
        for column, value in row.items()
        if column not in {"dataset", "file", "document"}
    }


@needs_data
def test_the_reference_table_names_no_set_that_is_not_tested() -> None:
    with (DATA / "rtu1_counts.tsv").open(encoding="utf-8", newline="") as table:
        assert {row["dataset"] for row in csv.DictReader(table, delimiter="\t")} == set(EXTRACTORS)


@pytest.mark.parametrize(
    ("text", "rtu"),
    [("", 0), ("a", 1), ("2026", 4), ("Hello, world", 3), ("you're", 2), ("\n\n\n", 1), ("<|endoftext|>", 7)],
)
def test_small_texts_have_known_counts(text: str, rtu: int) -> None:
    assert rtu1_counter().checked_count(text) == rtu


def test_another_vocabulary_is_refused_by_name() -> None:
    with pytest.raises(VocabularyError) as refusal:
        TokenCounter(b"YQ== 0\nYg== 1\n")
    assert refusal.value.code == "VOCABULARY_UNKNOWN"


def test_one_changed_byte_makes_another_vocabulary(tmp_path: Path) -> None:
    altered = tmp_path / "qwen.tiktoken"
    altered.write_bytes(b"IQ== 1\n")
    with pytest.raises(VocabularyError, match="VOCABULARY_UNKNOWN"):
        rtu1_counter(altered)


def test_a_vocabulary_file_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(VocabularyError) as refusal:
        rtu1_counter(tmp_path / "absent")
    assert refusal.value.code == "VOCABULARY_MISSING"


def test_a_disagreement_between_the_implementations_is_an_error() -> None:
    # U+113C2 twice composes since Unicode 16, which RTU-1 does not follow and the second implementation does.
    with pytest.raises(CountError) as refusal:
        rtu1_counter().checked_count("\U000113c2\U000113c2")
    assert refusal.value.code == "TOKENIZER_DISAGREEMENT"


@given(st.text(st.characters(exclude_categories=("Cs", "Cn", "Co"))))
def test_both_implementations_agree_on_any_assigned_text(text: str) -> None:
    rtu1_counter().checked_count(canonical_text(text))


@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=40))
def test_no_document_has_more_tokens_than_bytes(text: str) -> None:
    assert 0 <= rtu1_counter().count(canonical_text(text)) <= len(canonical_text(text).encode())
