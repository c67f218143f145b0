"""`tlx assay` without metadata: what it takes, how it says so, and what it refuses."""

import gzip
import io
import json
import os
import tarfile
import time
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from exchange.assay.certificate import verify_certificate

ROWS = [{"question": f"What is {n} and {n}?", "answer": f"It is {2 * n}, as anybody can see."} for n in range(60)]
LINES = b"".join(json.dumps(row).encode() + b"\n" for row in ROWS)


def zipped(files):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items():
            archive.writestr(path, content)
    return packed.getvalue()


def tarred(files, mode):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode=mode) as archive:
        for path, content in files.items():
            member = tarfile.TarInfo(path)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def parquet():
    written = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(ROWS), written)
    return written.getvalue()


IN_A_FOLDER = {"set-1.0/train.jsonl": LINES, "set-1.0/LICENSE": b"MIT License"}


def body_of(tlx, place, *options):
    result = tlx("assay", place, "--json", "--workers", "1", *options)
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("set.jsonl", LINES),
        ("set.jsonl.gz", gzip.compress(LINES)),
        ("set.parquet", parquet()),
        ("set.zip", zipped(IN_A_FOLDER)),
        ("set.tar", tarred(IN_A_FOLDER, "w")),
        ("set.tgz", tarred(IN_A_FOLDER, "w:gz")),
    ],
)
def test_one_dataset_however_it_is_packed_is_the_same_documents(tlx, tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    body = body_of(tlx, tmp_path / name)
    assert (body["name"], body["documents"]) == (name, 60)
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain/set.jsonl").write_bytes(LINES)
    plain = body_of(tlx, tmp_path / "plain")
    assert body["sha256_of_document_sha256s"] == plain["sha256_of_document_sha256s"]
    assert [field["selector"] for field in body["taken"]["fields"]] == ["question", "answer"]


def test_the_report_says_how_documents_were_taken_and_what_a_listing_lacks(tlx, tmp_path):
    (tmp_path / "set.zip").write_bytes(zipped(IN_A_FOLDER))
    result = tlx("assay", tmp_path / "set.zip", "--workers", "1")
    assert result.exit_code == 0, result.stderr
    for told in (
        "question + answer",
        "1 jsonl",
        "utf-8 1 in detected",
        "MIT, by LICENSE",
        "Croissant 1.1 metadata",
        "Lots",
    ):
        assert told in result.stdout


def test_one_bad_document_is_told_of_and_the_rest_is_measured(tlx, tmp_path):
    (tmp_path / "set.jsonl").write_bytes(LINES + b'{"question": \n' + LINES)
    result = tlx("assay", tmp_path, "--workers", "1")
    assert result.exit_code == 0, result.stderr
    assert "could not be read: 1" in result.stdout
    assert "MALFORMED_RECORD" in result.stdout
    body = body_of(tlx, tmp_path)
    assert (body["documents"], body["bad_documents"]) == (120, {"MALFORMED_RECORD": 1})


def test_options_correct_what_was_inferred(tlx, tmp_path):
    (tmp_path / "set.jsonl").write_bytes(LINES)
    assert body_of(tlx, tmp_path, "--field", "answer")["taken"]["fields"] == [{"selector": "answer"}]
    lines = body_of(tlx, tmp_path, "--format", "text", "--splitter", "lines", "--files", "*.jsonl")
    assert (lines["taken"]["format"], lines["documents"]) == ("text", 60)
    assert tlx("assay", tmp_path, "--format", "docx").exit_code == 2


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("set.zip", zipped({"inner.zip": zipped(IN_A_FOLDER)}), "ARCHIVE_NESTED"),
        ("set.zip", zipped({"../up.jsonl": LINES}), "ARCHIVE_UNSAFE_PATH"),
        ("set.zip", zipped(IN_A_FOLDER)[:-30], "ARCHIVE_DAMAGED"),
        ("set.zip", LINES, "ARCHIVE_DAMAGED"),
        ("set.zip", zipped({"zeros.txt": b"\0" * 100_000_000}), "ARCHIVE_TOO_LARGE"),
        ("set.jsonl", b"\0\1\2", "FORMAT_MISMATCH"),
        ("set.jsonl.gz", gzip.compress(LINES)[:-9], "FILE_DAMAGED"),
        ("set.parquet", LINES, "FORMAT_MISMATCH"),
        ("set.png", b"\x89PNG\r\n", "FORMAT_MISMATCH"),
    ],
)
def test_what_cannot_be_taken_is_named_without_a_trace(tlx, tmp_path, name, content, code):
    (tmp_path / name).write_bytes(content)
    result = tlx("assay", tmp_path / name)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"{code}: ")
    assert "Traceback" not in result.stderr
    assert not result.stdout


def test_a_pipe_and_a_device_are_named_and_not_waited_for(tlx, tmp_path):
    os.mkfifo(tmp_path / "pipe.jsonl")
    for place in (tmp_path / "pipe.jsonl", "/dev/null"):
        result = tlx("assay", place)
        assert (result.exit_code, result.stderr.split(":")[0]) == (1, "NOT_A_FILE")


def test_what_is_no_file_is_not_taken_for_metadata(tlx, tmp_path):
    (tmp_path / "set.jsonl").write_bytes(LINES)
    os.mkfifo(tmp_path / "croissant.json")
    (tmp_path / "gone.json").symlink_to("nowhere")
    (tmp_path / "folder.json").mkdir()
    assert body_of(tlx, tmp_path)["documents"] == 60


def test_a_name_that_is_no_utf8_is_told_with_a_mark(tlx, tmp_path):
    folder = tmp_path / os.fsdecode(b"set\xff")
    folder.mkdir()
    (folder / os.fsdecode(b"\xb0\xa2.jsonl")).write_bytes(LINES)
    body = body_of(tlx, folder, "--resume", tmp_path / "parts", "--html", tmp_path / "page.html")
    assert (body["name"], body["documents"]) == ("set\ufffd", 60)
    (folder / os.fsdecode(b"\xb0.jsonl.gz")).write_bytes(LINES * 2)
    assert tlx("assay", folder).stderr.startswith("FILE_DAMAGED: \ufffd.jsonl.gz")


def test_names_from_the_data_do_not_steer_the_terminal(tlx, tmp_path):
    (tmp_path / "set.csv").write_text('id,te\x1b[2Jxt[/]\u202e\n1,"Good morning, all of you"\n', "utf-8")
    result = tlx("assay", tmp_path)
    assert result.exit_code == 0, result.stderr
    assert "te\ufffd[2Jxt[/]\ufffd" in result.stdout


def test_a_folder_whose_metadata_was_taken_away_is_measured_without_it(tlx, dataset_folder):
    listed = body_of(tlx, dataset_folder)
    (dataset_folder / "croissant.json").unlink()
    inferred = body_of(tlx, dataset_folder)
    assert inferred["sha256_of_document_sha256s"] == listed["sha256_of_document_sha256s"]
    assert (inferred["version"], inferred["unmeasured_indicators"][:1]) == ("unlisted", ["0101"])


def test_metadata_that_is_not_yet_a_listings_is_measured_by_its_record_set(tlx, dataset_folder):
    listed = body_of(tlx, dataset_folder)
    metadata = dataset_folder / "croissant.json"
    told = json.loads(metadata.read_bytes())
    del told["rai:dataCollection"]
    told["recordSet"][0]["tex:join"] = " "
    metadata.write_text(json.dumps(told))
    body = body_of(tlx, dataset_folder)
    assert (body["documents"], body["taken"]["joiner"]) == (listed["documents"], " ")
    assert "the metadata first of all: MISSING_FIELD: rai:dataCollection" in tlx("assay", dataset_folder).stdout
    told["recordSet"] = []
    metadata.write_text(json.dumps(told))
    assert body_of(tlx, dataset_folder)["sha256_of_document_sha256s"] == listed["sha256_of_document_sha256s"]


def test_an_archive_may_hold_the_metadata_too(tlx, dataset_folder, tmp_path):
    files = {f"riddles/{path.name}": path.read_bytes() for path in dataset_folder.iterdir()}
    (tmp_path / "set.zip").write_bytes(zipped(files))
    assert body_of(tlx, tmp_path / "set.zip")["name"] == "riddles"


def test_anyone_may_sign_what_was_measured(tlx, tmp_path):
    (tmp_path / "set.jsonl").write_bytes(LINES)
    secret = tmp_path / "secret.hex"
    secret.write_text("07" * 32)
    options = ["--secret", secret, "--signing-key", tmp_path / "mine.key", "--workers", "1"]
    told = []
    for name in ("first.json", "second.json"):
        result = tlx("assay", tmp_path / "set.jsonl", "--certificate", tmp_path / name, *options)
        assert result.exit_code == 0, result.stderr
        told.append(result.stderr.split("by the key ")[1].replace("\n", "").rstrip("."))
    assert told[0] == told[1]
    assert (tmp_path / "mine.key").stat().st_mode & 0o077 == 0
    certificates = [
        verify_certificate(
            (tmp_path / name).read_bytes(), trusted_assayers=[bytes.fromhex(told[0])], now_s=int(time.time())
        )
        for name in ("first.json", "second.json")
    ]
    assert certificates[0].assay == certificates[1].assay == body_of(tlx, tmp_path / "set.jsonl", "--secret", secret)


def test_what_is_no_key_signs_nothing(tlx, tmp_path):
    (tmp_path / "set.jsonl").write_bytes(LINES)
    (tmp_path / "bad.key").write_text("not hex")
    options = ["--certificate", tmp_path / "signed.json", "--signing-key", tmp_path / "bad.key"]
    result = tlx("assay", tmp_path / "set.jsonl", *options)
    assert (result.exit_code, result.stderr.split(":")[0]) == (1, "BAD_KEY")
    assert not (tmp_path / "signed.json").exists()
