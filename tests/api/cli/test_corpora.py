"""Texts of a corpus on one's own machine."""

import gzip
import json

import pytest

from api.cli.console import CommandError
from api.cli.corpora import corpus_texts


def test_every_file_below_a_folder_is_read_in_order_and_hidden_ones_are_not(tmp_path):
    (tmp_path / "b").mkdir()
    (tmp_path / ".git").mkdir()
    (tmp_path / "a.txt").write_bytes("one\r\nte\u0301xt".encode())
    (tmp_path / "b" / "c.jsonl").write_bytes(b'{"text":"two"}\n\n"three"\n{"q":"four","n":4,"a":"five"}\n')
    (tmp_path / ".git" / "d.txt").write_bytes(b"six")
    assert list(corpus_texts(tmp_path)) == ["one\nt\u00e9xt", "two", "three", "four\nfive"]


def test_a_named_field_is_the_document(tmp_path):
    path = tmp_path / "c.jsonl"
    path.write_bytes(b'{"text":"two","body":"one"}\n')
    assert list(corpus_texts(path, "body")) == ["one"]


def test_a_folder_with_metadata_is_read_as_that_says(dataset_folder):
    texts = list(corpus_texts(dataset_folder))
    assert len(texts) == 240
    assert not any("{" in text for text in texts)


def test_what_is_left_of_a_damaged_file_is_taken_where_damage_is_expected(tmp_path):
    (tmp_path / "a.jsonl").write_bytes(b'{"text":"one"}\n{"n":1}\n"\\ud800"\n"two"\n{"text":"cut sh')
    (tmp_path / "b.txt").write_bytes("thr\u00e9".encode()[:-1])
    damaged = []
    assert list(corpus_texts(tmp_path, None, damaged)) == ["one", "two", "thr\ufffd"]
    assert [told.removeprefix(f"{tmp_path}/") for told in damaged] == [
        "a.jsonl line 2 has no text in it",
        "a.jsonl line 3 holds half a surrogate pair",
        "a.jsonl line 5 is no JSON",
        "b.txt is not UTF-8 at byte 3",
    ]
    with pytest.raises(CommandError, match="line 2 has no text"):
        list(corpus_texts(tmp_path))


def test_tables_and_what_is_compressed_are_read_as_an_assay_reads_them(tmp_path):
    rows = "".join(f"title {number},a longer body of text that is number {number}\n" for number in range(30))
    (tmp_path / "a.csv").write_text(f"title,body\n{rows}")
    with gzip.open(tmp_path / "b.jsonl.gz", "wt") as file:
        file.writelines(json.dumps({"text": f"packed text number {number}"}) + "\n" for number in range(5))
    texts = list(corpus_texts(tmp_path))
    assert len(texts) == 35
    assert "a longer body of text that is number 7" in texts[7]
    assert texts[-1] == "packed text number 4"
    assert list(corpus_texts(tmp_path / "a.csv", "title"))[3] == "title 3"


def test_a_place_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(CommandError, match="NO_CORPUS"):
        list(corpus_texts(tmp_path / "nowhere"))
