"""Sets larger than memory, interrupted runs, and clusters: the result is that of one short run in one process."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from textwrap import indent

import pytest
from assayed import SECRET, documents, questions

from exchange.assay import pipeline, store
from exchange.assay.certificate import canonical_json
from exchange.assay.errors import VocabularyError, WorkerError
from exchange.assay.parts import PartFolder
from exchange.assay.pipeline import AssayResult, ReferenceFiles, Way, assay_documents
from exchange.vocabulary.documents import Document

ROOT = Path(__file__).parents[2]
TEXTS = [*questions(50), *questions(10), "", "床前明月光\n疑是地上霜"]


def assay(
    stream: Iterator[Document] | list[Document], way: Way, reference: ReferenceFiles | None = None
) -> AssayResult:
    declared = {"language": "en", "licence_evidence": True}
    return assay_documents(
        stream, name="large", version="1", secret=SECRET, declared=declared, way=way, reference=reference
    )


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "CHUNK_DOCUMENTS", 7)


@pytest.mark.usefixtures("small_parts")
def test_facts_in_files_are_those_in_memory(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    held = assay(documents(*TEXTS), Way())
    monkeypatch.setattr(store, "HELD_DOCUMENTS", 10)
    spilled = assay(documents(*TEXTS), Way())
    assert spilled == held
    assert spilled.documents[60] == held.documents[60]
    assert spilled.leaves[-3:] == held.leaves[-3:]
    assert canonical_json(spilled.body) == canonical_json(held.body)


class StoppedError(Exception):
    pass


def stopping(count: int) -> Iterator[Document]:
    yield from documents(*TEXTS)[:count]
    raise StoppedError


@pytest.mark.usefixtures("small_parts")
@pytest.mark.parametrize("workers", [1, 2])
def test_an_interrupted_assay_goes_on_where_it_stopped(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, workers: int
) -> None:
    whole = assay(documents(*TEXTS), Way())
    monkeypatch.setattr(pipeline, "PROFILE_SAMPLE_DOCUMENTS", 5)
    with pytest.raises(StoppedError):
        assay(stopping(52), Way(folder=tmp_path))
    assert len(list(tmp_path.glob("*.part"))) == 7
    scanned: list[int] = []
    scan = pipeline._scan_in_worker
    if workers == 1:
        monkeypatch.setattr(
            pipeline, "_scan_in_worker", lambda settings, chunk: scanned.append(chunk[0]) or scan(settings, chunk)
        )
    resumed = assay(documents(*TEXTS), Way(workers, folder=tmp_path))
    assert resumed == whole
    assert scanned == ([49, 56] if workers == 1 else [])
    assert len(list(tmp_path.glob("*.part"))) == 9


@pytest.mark.usefixtures("small_parts")
def test_parts_of_other_text_or_damaged_ones_are_scanned_again(tmp_path: Path) -> None:
    assay(documents(*TEXTS), Way(folder=tmp_path))
    first, second = sorted(tmp_path.glob("*.part"))[:2]
    first.write_bytes(first.read_bytes()[:-1])
    second.write_bytes(b"")
    changed = ["Was it another?\nIt was.", *TEXTS[1:]]
    assert assay(documents(*changed), Way(folder=tmp_path)) == assay(documents(*changed), Way())
    assert assay(documents(*TEXTS), Way(folder=tmp_path)) == assay(documents(*TEXTS), Way())


def test_a_part_is_named_by_all_it_depends_on(tmp_path: Path) -> None:
    run = documents(*questions(3))
    folder = PartFolder(tmp_path, ("code", SECRET))
    names = {
        folder.path_of(0, run),
        folder.path_of(1, run),
        folder.path_of(0, run[:2]),
        folder.path_of(0, [run[0]._replace(path="other"), *run[1:]]),
        folder.path_of(0, [run[0]._replace(record=9), *run[1:]]),
        PartFolder(tmp_path, ("other code", SECRET)).path_of(0, run),
    }
    assert len(names) == 6


LIMITED = """
import json, resource, sys
from exchange.assay.pipeline import Way, assay_documents
from exchange.assay import store
from exchange.vocabulary.documents import Document

store.HELD_DOCUMENTS = 2_000

def stream(count, width):
    for number in range(count):
        words = " ".join(f"word{number * 31 + place}" for place in range(width))
        yield Document("data.jsonl", number, f"Question {number} of the committee?\\n{words}")

def assay(count, width):
    declared = {"class": "qa-sft", "language": "en", "licence_evidence": True}
    return assay_documents(stream(count, width), name="n", version="1", secret=b"s" * 32, declared=declared)

def data_bytes():
    status = open("/proc/self/status").read()
    return int(status.partition("VmData:")[2].split()[0]) * 1024

assay(1_200, 300)
headroom = 10 * 2**20
limit = data_bytes() + headroom
resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
body = assay(7_000, 300).body
print(json.dumps({"bytes": body["canonical_utf8_bytes"], "documents": body["documents"], "headroom": headroom}))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the limit on data is Linux's")
def test_a_set_larger_than_the_memory_allowed_is_assayed() -> None:
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "1"}
    command = [sys.executable, "-c", LIMITED]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr[-2000:]
    told = json.loads(ran.stdout)
    assert told["documents"] == 7_000
    assert told["bytes"] > 2 * told["headroom"]


KILLED = """
import json, sys
from pathlib import Path
from exchange.assay import pipeline
from exchange.vocabulary.documents import Document

pipeline.CHUNK_DOCUMENTS = 50
folder = Path(sys.argv[1]) if len(sys.argv) > 1 else None
texts = (f"Who asked {number} of them?\\n{'They have been there. ' * (number % 40)}" for number in range(3_000))
stream = (Document("data.jsonl", number, text) for number, text in enumerate(texts))
declared = {"class": "qa-sft", "language": "en", "licence_evidence": True}
way = pipeline.Way(2 if folder else 1, folder=folder)
result = pipeline.assay_documents(stream, name="n", version="1", secret=b"s" * 32, declared=declared, way=way)
print(json.dumps(result.body, sort_keys=True))
"""


def started(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", "if __name__ == '__main__':\n" + indent(KILLED, " "), *arguments]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True)


def test_a_killed_assay_loses_only_the_parts_in_hand(tmp_path: Path) -> None:
    with started(str(tmp_path)) as first:
        while len(list(tmp_path.glob("*.part"))) < 5:
            assert first.poll() is None
            time.sleep(0.01)
        os.killpg(first.pid, signal.SIGKILL)
    kept = {path: path.stat().st_mtime_ns for path in tmp_path.glob("*.part")}
    assert len(kept) < 60
    told = [started(*arguments).communicate()[0] for arguments in ((str(tmp_path),), ())]
    assert told[0] == told[1] != ""
    assert len(list(tmp_path.glob("*.part"))) == 60
    assert {path: path.stat().st_mtime_ns for path in kept} == kept


def test_the_workers_of_a_killed_assay_end_with_it(tmp_path: Path) -> None:
    with started(str(tmp_path)) as first:
        while not list(tmp_path.glob("*.part")):
            assert first.poll() is None
            time.sleep(0.01)
        first.kill()
        try:
            first.communicate(timeout=30)  # They hold its output open as long as they live.
        finally:
            with suppress(ProcessLookupError):
                os.killpg(first.pid, signal.SIGKILL)


def test_a_cluster_without_ray_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(WorkerError) as refusal:
        assay(documents(*TEXTS), Way(cluster="local"))
    assert refusal.value.code == "CLUSTER_MISSING"


@pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed; it comes with the extra `cluster`")
@pytest.mark.filterwarnings("ignore")
def test_a_ray_cluster_gives_the_same_result(monkeypatch: pytest.MonkeyPatch) -> None:
    ray = pytest.importorskip("ray")
    monkeypatch.setattr(pipeline, "CHUNK_DOCUMENTS", 20)
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    ray.init(address="local", num_cpus=2, include_dashboard=False, log_to_driver=False)
    try:
        distributed = assay(documents(*TEXTS), Way(cluster="auto"))
        with pytest.raises(VocabularyError) as refusal:
            assay(documents(*TEXTS), Way(cluster="auto"), ReferenceFiles(vocabulary=ROOT / "LICENSE"))
    finally:
        ray.shutdown()
    assert distributed == assay(documents(*TEXTS), Way())
    assert str(refusal.value).startswith("VOCABULARY_UNKNOWN: SHA-256 ")
