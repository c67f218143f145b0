"""MB of text per second of processor time: the whole assay and each operator, beside datatrove on the same text.

    python benchmarks/assay.py [--data FOLDER] [--turns 3]

FOLDER holds the real sets by name; those that are not there are left out and named. All runs in one process, the best
of the turns counts, loading of models and vocabularies does not. datatrove runs the same rules of quality (Gopher's,
with its line repetition) and the same deduplication (MinHash of 5-word shingles, 32 bands of 4). Its words are cut by
`str.split`, the cheapest cut there is: its own for English needs spaCy and is slower.
"""

import argparse
import csv
import hashlib
import io
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from exchange.assay.duplicates import duplicates_among, minhash_digests
from exchange.assay.language import language_of
from exchange.assay.pipeline import assay_documents, rtu1_counter
from exchange.assay.privacy import find_personal_data
from exchange.assay.quality import failed_rules, is_garbled
from exchange.assay.secrets import find_secrets
from exchange.assay.shingles import shingle_hashes
from exchange.vocabulary.documents import Document, canonical_text
from exchange.vocabulary.merkle import document_salt, leaf_hash, merkle_root

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "datasets"
SECRET = bytes(32)
MB = 1_000_000
PART = 512
"""Documents scanned at a time, as the pipeline does."""
COMPARED = ("gsm8k", "medquad", "code-thealgorithms")
"""Sets whose words are divided by spaces, which datatrove needs."""

Texts = Sequence[str]
Run = Callable[[Texts], object]


def _lines(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line]


def _asked(path: Path) -> list[str]:
    return [f"{row['question']}\n{row['answer']}" for row in _lines(path)]


def _dialogues(path: Path) -> list[str]:
    rows = csv.reader(io.StringIO(path.read_bytes().decode("gb18030", "replace"), newline=""))
    return ["\n".join(row[1:]) for row in rows][1:]


SETS: dict[str, tuple[str, str, Callable[[Path], list[str]]]] = {
    "gsm8k": ("train.jsonl", "web-prose", _asked),
    "medquad": ("medquad.jsonl", "web-prose", _asked),
    "cn-medical-dialogue": ("internal_medicine_sample.csv", "zh-prose", _dialogues),
    "cn-laws": ("laws.jsonl", "zh-prose", lambda path: [row["text"] for row in _lines(path)]),
    "code-thealgorithms": ("python.jsonl", "code", lambda path: [row["text"] for row in _lines(path)]),
}


def operators(profile: str) -> dict[str, Run]:
    """Each as the pipeline runs it: over a part of the documents before the next operator's turn."""
    counter = rtu1_counter()
    return {
        "canonical text": lambda texts: [canonical_text(text) == text for text in texts],
        "hashes, Merkle tree": _hashes,
        "tiktoken": lambda texts: [counter.count(text) for text in texts],
        "quicktok": lambda texts: [counter.second_count(text) for text in texts],
        "language": lambda texts: [language_of(text) for text in texts],
        "encoding": lambda texts: [is_garbled(text) for text in texts],
        "quality": lambda texts: [failed_rules(text, profile) for text in texts],
        "personal data": lambda texts: [find_personal_data(text, 0) for text in texts],
        "secrets": lambda texts: [find_secrets(text, 0) for text in texts],
        "shingles": lambda texts: [shingle_hashes(part) for part in _parts(texts)],
        "shingles, MinHash": lambda texts: [minhash_digests(part) for part in _parts(texts)],
    }


def _hashes(texts: Texts) -> bytes:
    contents = [text.encode() for text in texts]
    for content in contents:
        hashlib.sha256(content).digest()
    return merkle_root(leaf_hash(document_salt(SECRET, index), content) for index, content in enumerate(contents))


def _parts(texts: Texts) -> list[Texts]:
    return [texts[start : start + PART] for start in range(0, len(texts), PART)]


def whole(profile: str, language: str) -> Run:
    declared = {"class": profile, "language": language, "licence_evidence": True}

    def run(texts: Texts) -> object:
        documents = [Document("data", record, text) for record, text in enumerate(texts)]
        return assay_documents(documents, name="bench", version="1", secret=SECRET, declared=declared)

    return run


def seconds_of(run: Run, texts: Texts, turns: int) -> float:
    """Processor time of the quickest turn."""
    best = float("inf")
    for _ in range(turns):
        started = time.process_time()
        run(texts)
        best = min(best, time.process_time() - started)
    return best


def table(loaded: dict[str, list[str]], turns: int) -> None:
    print(f"{'MB per CPU-second':22}" + "".join(f"{name:>22}" for name in loaded))
    rows: dict[str, list[float]] = {}
    for name, texts in loaded.items():
        profile = SETS[name][1]
        size = _size_mb(texts)
        runs = operators(profile) | {
            "duplicates of all": duplicates_among,
            "the whole assay": whole(profile, "zh" if name.startswith("cn") else "en"),
        }
        for label, run in runs.items():
            rows.setdefault(label, []).append(size / seconds_of(run, texts, turns))
    for label, rates in rows.items():
        print(f"{label:22}" + "".join(f"{rate:22,.1f}" for rate in rates))


def compare(loaded: dict[str, list[str]], turns: int) -> None:
    """The same filters and deduplication by datatrove, in turn with ours."""
    try:
        from datatrove_peer import Quality  # noqa: PLC0415 - only where it is installed.
        from datatrove_peer import deduplicate as peer_deduplicate  # noqa: PLC0415
    except ImportError as error:
        print(f"datatrove is not installed, so nothing is compared: {error}")
        return
    peer = Quality()
    print(f"{'':22}{'ours':>12}{'datatrove':>12}{'ratio':>8}")
    for name in filter(loaded.__contains__, COMPARED):
        texts = loaded[name]
        pairs: dict[str, tuple[Run, Run]] = {
            "quality": (lambda texts: [failed_rules(text, "web-prose") for text in texts], peer),
            "deduplication": (duplicates_among, peer_deduplicate),
        }
        ours, theirs = 0.0, 0.0
        for label, (one, other) in pairs.items():
            mine, its = seconds_of(one, texts, turns), seconds_of(other, texts, turns)
            ours, theirs = ours + mine, theirs + its
            _row(f"{name}, {label}", texts, mine, its)
        _row(f"{name}, both", texts, ours, theirs)


def _row(label: str, texts: Texts, ours_s: float, theirs_s: float) -> None:
    size = _size_mb(texts)
    print(f"{label:34}{size / ours_s:8.1f}{size / theirs_s:12.2f}{theirs_s / ours_s:8.1f}")


def _size_mb(texts: Texts) -> float:
    return sum(len(text.encode()) for text in texts) / MB


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--turns", type=int, default=3)
    chosen = parser.parse_args()
    loaded = {}
    for name, (file, _, read) in SETS.items():
        path = chosen.data / name / file
        if path.is_file():
            loaded[name] = [canonical_text(text) for text in read(path)]
        else:
            print(f"{name} is not at {path}")
    if loaded:
        table(loaded, chosen.turns)
        compare(loaded, chosen.turns)


if __name__ == "__main__":
    main()
