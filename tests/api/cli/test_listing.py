import json

import pytest


def test_an_assay_reports_grade_tokens_and_lots(tlx, dataset_folder):
    result = tlx("assay", dataset_folder)
    assert result.exit_code == 0, result.stderr
    for told in ("Grade ", "240 (240 distinct)", "RTU-1", "Merkle root", "Lots"):
        assert told in result.stdout


def test_an_assay_as_json_is_what_a_certificate_would_say(tlx, dataset_folder):
    result = tlx("assay", dataset_folder, "--json", "--workers", "1")
    body = json.loads(result.stdout)
    assert (body["name"], body["documents"], body["rtu_version"]) == ("riddles", 240, "RTU-1")


def test_an_assay_is_written_as_a_page_beside_what_is_printed(tlx, dataset_folder, tmp_path):
    words = tmp_path / "words.txt"
    words.write_text("[things]\nzeppelin\n")
    page = tmp_path / "report.html"
    result = tlx("assay", dataset_folder, "--json", "--html", page, "--words", words)
    assert result.exit_code == 0, result.stderr
    body = json.loads(result.stdout)
    assert body["word_list"]["words"] == 1
    assert body["merkle_root"] in page.read_text(encoding="utf-8")


def test_a_page_that_cannot_be_written_and_a_list_that_is_none_are_refused_by_name(tlx, dataset_folder, tmp_path):
    parts = tmp_path / "parts"
    refused = tlx("assay", dataset_folder, "--html", tmp_path / "no" / "report.html", "--resume", parts)
    assert refused.stderr.startswith("CANNOT_READ_OR_WRITE: ")
    assert not parts.exists(), "it was measured before"
    empty = tmp_path / "empty"
    empty.write_text("# nothing\n")
    assert tlx("assay", dataset_folder, "--words", empty).stderr.startswith("WORDS_INVALID: ")


def spoil(name, change):
    return lambda folder: (folder / name).write_bytes(change((folder / name).read_bytes()))


@pytest.mark.parametrize(
    ("spoiled", "code"),
    [
        (lambda folder: (folder / "two.croissant.json").write_bytes(b"{}"), "WHICH_METADATA"),
        (spoil("croissant.json", lambda content: content[:-1]), "BAD_JSON"),
        (spoil("croissant.json", lambda content: content.replace(b"croissant/1.1", b"croissant/9.9")), "BAD_CROISSANT"),
        (lambda folder: (folder / "data.jsonl").unlink(), "FILE_MISSING"),
        (spoil("data.jsonl", lambda content: content + b"\n"), "FILE_SIZE_MISMATCH"),
        (spoil("data.jsonl", lambda content: content.replace(b"a", b"b")), "FILE_HASH_MISMATCH"),
    ],
)
def test_bad_input_is_refused_by_name(tlx, dataset_folder, spoiled, code):
    spoiled(dataset_folder)
    result = tlx("assay", dataset_folder)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"{code}: ")
    assert not result.stdout


def test_a_folder_that_is_not_there_is_refused(tlx, tmp_path):
    assert tlx("assay", tmp_path / "nowhere").stderr.startswith("FILE_MISSING: ")


def test_metadata_may_stand_elsewhere(tlx, dataset_folder, tmp_path):
    elsewhere = (dataset_folder / "croissant.json").rename(tmp_path / "metadata.json")
    assert tlx("assay", dataset_folder, "--croissant", elsewhere).exit_code == 0


def test_an_assay_that_is_resumed_says_the_same_with_the_same_secret(tlx, dataset_folder, tmp_path):
    work = tmp_path / "work"
    first = tlx("assay", dataset_folder, "--json", "--resume", work)
    parts = {path: path.stat().st_mtime_ns for path in work.glob("*.part")}
    assert parts
    assert (work / "secret").stat().st_mode & 0o777 == 0o600
    assert tlx("assay", dataset_folder, "--json", "--resume", work).stdout == first.stdout
    assert {path: path.stat().st_mtime_ns for path in work.glob("*.part")} == parts
    alone = tlx("assay", dataset_folder, "--json", "--secret", work / "secret", "--workers", "2")
    assert alone.stdout == first.stdout


@pytest.mark.parametrize("content", ["no hex", "ab" * 31])
def test_a_secret_that_is_none_is_refused(tlx, dataset_folder, tmp_path, content):
    (tmp_path / "secret").write_text(content)
    assert tlx("assay", dataset_folder, "--secret", tmp_path / "secret").stderr.startswith("BAD_SECRET: ")
