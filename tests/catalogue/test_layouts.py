"""Layouts without metadata: which files are taken, and how, by the stated rules."""

import contextlib
import gzip
import json
import os
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from backports import zstd
from hypothesis import given, settings
from hypothesis import strategies as st
from trees import taken, tree

from exchange.assay.documents import read_documents
from exchange.assay.recipe import DocumentError, Field
from exchange.catalogue.layouts import Wishes, infer_layout
from exchange.catalogue.listing import ListingError
from exchange.vocabulary.documents import BadDocument, Document

LINES = '{"question": "a?", "answer": "b"}\n{"question": "c?", "answer": "d"}\n'
TEXTS = ["a?\nb", "c?\nd"]


def refusal(place: Path, **wishes: object) -> str:
    with pytest.raises((ListingError, DocumentError)) as caught:
        taken(place, **wishes)
    return caught.value.code


def array(text: str) -> str:
    return json.dumps([json.loads(line) for line in text.splitlines()])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("set.jsonl", LINES),
        ("set.ndjson", LINES),
        ("set.json", array(LINES)),
        ("set.json", LINES),
        ("set.csv", "question,answer\na?,b\nc?,d\n"),
        ("set.tsv", "question\tanswer\na?\tb\nc?\td\n"),
        ("set.jsonl.gz", gzip.compress(LINES.encode())),
        ("set.jsonl.zst", zstd.compress(LINES.encode())),
        ("set.csv", "question,answer\na?,b\nc?,d\n".encode("utf-16")),
        ("set.csv", "question;answer\na?;b\nc?;d\n"),
        ("set.csv", "question\tanswer\na?\tb\nc?\td\n"),
        ("set.csv", "question|answer\na?|b\nc?|d\n"),
    ],
)
@pytest.mark.parametrize("pick", [lambda folder, name: folder, lambda folder, name: folder / name])
def test_data_files_are_taken_by_their_format_alone_or_in_a_folder(
    tmp_path: Path, name: str, content: bytes | str, pick: Callable[[Path, str], Path]
) -> None:
    layout, texts = taken(pick(tree(tmp_path, {name: content, "LICENSE": "MIT License"}), name))
    assert texts == {name: TEXTS}
    assert [field.selector for field in layout.recipe.fields] == ["question", "answer"]
    assert layout.licence.identifier == "MIT"


def test_the_format_with_the_most_bytes_is_taken_and_the_rest_counted(tmp_path: Path) -> None:
    files = {
        "a.jsonl": LINES,
        "b/b.jsonl": LINES,
        "notes.csv": "x,y\n",
        "README.md": "# about",
        "picture.png": b"\x89PNG",
    }
    layout, texts = taken(tree(tmp_path, files))
    assert texts == {"a.jsonl": TEXTS, "b/b.jsonl": TEXTS}
    assert layout.skipped == {"of another format": 2}
    assert any("most bytes" in why for why in layout.why)


def test_files_come_in_the_order_of_their_paths(tmp_path: Path) -> None:
    _, texts = taken(tree(tmp_path, dict.fromkeys(("b.jsonl", "a/z.jsonl", "a.jsonl", "A.jsonl"), LINES)))
    assert list(texts) == ["A.jsonl", "a.jsonl", "a/z.jsonl", "b.jsonl"]


def test_files_whose_records_differ_give_fields_of_them_all(tmp_path: Path) -> None:
    files = {f"{number:02}.jsonl": '{"title": "x", "lines": ["y", "z"]}\n' for number in range(30)}
    layout, texts = taken(tree(tmp_path, {**files, "29.jsonl": '{"chapter": "v", "lines": ["w"]}\n'}))
    assert [(field.selector, field.optional) for field in layout.recipe.fields] == [
        ("title", True),
        ("lines", False),
        ("chapter", True),
    ]
    assert texts["00.jsonl"] == ["x\ny\nz\n"]
    assert texts["29.jsonl"] == ["\nw\nv"]


def test_text_files_are_documents_and_one_alone_is_cut(tmp_path: Path) -> None:
    _, texts = taken(tree(tmp_path / "many", {"a.txt": "one\n\ntwo\n", "b.txt": "three\n"}))
    assert texts == {"a.txt": ["one\n\ntwo\n"], "b.txt": ["three\n"]}
    _, texts = taken(
        tree(tmp_path / "any", {"a.norm": "one\n", "b.norm": "two\n", "c.png": b"\x89PNG", "DATA.md": "x"})
    )
    assert texts == {"a.norm": ["one\n"], "b.norm": ["two\n"]}
    _, texts = taken(tree(tmp_path / "blocks", {"a.txt": "one\nline\n\ntwo\n"}))
    assert texts == {"a.txt": ["one\nline", "two\n"]}
    _, texts = taken(tree(tmp_path / "lines", {"a.txt": "one\ntwo\n"}))
    assert texts == {"a.txt": ["one", "two"]}


def test_one_text_that_cannot_be_unpacked_is_one_bad_document(tmp_path: Path) -> None:
    cut = gzip.compress(b"plain text of some length\n" * 9)[:-9]
    source, layout = infer_layout(tree(tmp_path, {"a.txt": "one\n", "b.txt.gz": cut, "c.txt": "three\n"}), Wishes())
    taken_anyway = list(read_documents(source, layout.recipe))
    assert [type(one) for one in taken_anyway] == [Document, BadDocument, Document]
    assert taken_anyway[1].code == "FILE_DAMAGED"


def test_a_source_tree_is_taken_file_by_file(tmp_path: Path) -> None:
    files = {"src/b.py": "b = 1\n", "src/a.py": "a = 1\n", "README.md": "# tool\n", "LICENSE": "MIT License"}
    layout, texts = taken(tree(tmp_path, {**files, ".git/config": "x", "data.bin": b"\0\1", "src/run.js": "run()\n"}))
    assert texts == {"src/a.py": ["a = 1\n"], "src/b.py": ["b = 1\n"], "src/run.js": ["run()\n"]}
    assert layout.skipped["binary file"] == 1
    assert layout.recipe.splitter == "file"


def test_what_the_rules_take_the_vendor_may_correct(tmp_path: Path) -> None:
    folder = tree(tmp_path, {"a.jsonl": LINES, "b.csv": "1,x y\n2,z w\n", "c.txt": "床前明月光\n".encode("gb18030")})
    assert taken(folder, fields=("answer",))[1] == {"a.jsonl": ["b", "d"]}
    assert taken(folder, format="csv", header=False, fields=("1",))[1] == {"b.csv": ["x y", "z w"]}
    assert taken(folder, format="text", splitter="file")[1] == {"c.txt": ["床前明月光\n"]}
    assert taken(folder, files=("c.txt",), encoding="gb18030", splitter="lines")[1] == {"c.txt": ["床前明月光"]}
    assert taken(folder / "a.jsonl", format="text", splitter="lines")[1]["a.jsonl"][0].startswith("{")


def test_a_table_without_a_header_goes_by_numbers(tmp_path: Path) -> None:
    layout, texts = taken(tree(tmp_path, {"a.csv": "1,It rains.\n2,It pours.\n"}))
    assert texts == {"a.csv": ["It rains.", "It pours."]}
    assert not layout.recipe.header


CARD = """---
license: cc-by-4.0
language:
- zh
configs:
- config_name: extra
  data_files: extra.jsonl
- config_name: main
  default: true
  data_files:
  - split: train
    path: data/train-*.jsonl
  - split: test
    path: ["data/test.jsonl"]
---
# A set
"""
HUB = {
    "README.md": CARD,
    "extra.jsonl": LINES,
    "data/train-1.jsonl": LINES,
    "data/train-0.jsonl": LINES,
    "data/test.jsonl": LINES,
    ".gitattributes": "",
}


def test_a_dataset_card_names_files_licence_and_language(tmp_path: Path) -> None:
    layout, texts = taken(tree(tmp_path, HUB))
    assert list(texts) == ["data/train-0.jsonl", "data/train-1.jsonl", "data/test.jsonl"]
    assert (layout.licence.identifier, layout.licence.said_by, layout.language) == ("CC-BY-4.0", "the card", "zh")
    assert list(taken(tmp_path, config="extra")[1]) == ["extra.jsonl"]
    assert refusal(tmp_path, config="other") == "BAD_CARD"
    (tmp_path / "data/test.jsonl").unlink()
    assert refusal(tmp_path) == "FILE_MISSING"


def test_a_card_without_configurations_leaves_the_files_to_the_rules(tmp_path: Path) -> None:
    layout, texts = taken(tree(tmp_path, {**HUB, "README.md": "---\nlicense: other\nlanguage: en\n---\n"}))
    assert len(texts) == 4
    assert (layout.licence.identifier, layout.language) == (None, "en")


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ({}, "NO_DATA_FILES"),
        ({"a.png": b"\x89PNG", "b.bin": b"\0"}, "NO_DATA_FILES"),
        ({"a.jsonl": '{"id": 1, "score": 2}\n'}, "NO_TEXT_FIELD"),
        ({"a.jsonl": "[1]\n"}, "NO_TEXT_FIELD"),
        ({"a.csv": ""}, "NO_TEXT_FIELD"),
        ({"a.csv": "id,text\n1,one, and two\n2,three, and four\n"}, "MALFORMED_RECORD"),
        ({"a.json": '{"data":\n []}'}, "FORMAT_MISMATCH"),
        ({"a.jsonl": "no json\n"}, "FORMAT_MISMATCH"),
        ({"a.jsonl.gz": b"\x1f\x8bnothing"}, "FILE_DAMAGED"),
        ({"a.jsonl.gz": gzip.compress(LINES.encode() * 99)[:-9]}, "FILE_DAMAGED"),
        ({"a.jsonl.gz": LINES}, "FILE_DAMAGED"),
        ({"a.jsonl.gz": gzip.compress(gzip.compress(LINES.encode()))}, "FORMAT_MISMATCH"),
        ({"a.csv": "Grüße,Tür\n".encode("latin-1")}, "ENCODING_UNKNOWN"),
        ({"README.md": "---\nconfigs: [\n---\n", "a.jsonl": LINES}, "BAD_CARD"),
    ],
)
def test_what_cannot_be_taken_is_refused_by_name(tmp_path: Path, files: dict[str, bytes | str], code: str) -> None:
    assert refusal(tree(tmp_path, files)) == code


@pytest.mark.parametrize(
    ("name", "empty", "content"),
    [("jsonl", b"", LINES), ("csv", b"", "question,answer\na?,b\nc?,d\n"), ("json", b"[]", array(LINES))],
)
def test_an_empty_file_among_others_is_no_hindrance(tmp_path: Path, name: str, empty: bytes, content: str) -> None:
    _, texts = taken(tree(tmp_path, {f"0.{name}": empty, f"1.{name}": content}))
    assert texts == {f"1.{name}": TEXTS}


def test_columns_of_pictures_and_of_times_beyond_reason_hide_no_text(tmp_path: Path) -> None:
    late = pa.array([9 * 10**12], pa.timestamp("s", "UTC"))
    exact = pa.array([10**18 + 1], pa.timestamp("ns"))
    pq.write_table(
        pa.table({"picture": [b"\xff\xd8"], "late": late, "exact": exact, "caption": ["A cow."]}),
        tmp_path / "a.parquet",
    )
    layout, texts = taken(tmp_path)
    assert (layout.recipe.fields, texts) == ((Field("caption"),), {"a.parquet": ["A cow."]})
    _, texts = taken(tmp_path, fields=("exact", "caption"))
    assert texts == {"a.parquet": ["2001-09-09 01:46:40.000000001\nA cow."]}
    assert len(taken(tmp_path, fields=("late",))[1]["a.parquet"]) == 1


def test_files_of_two_formats_that_were_named_are_refused(tmp_path: Path) -> None:
    folder = tree(tmp_path, {"a.jsonl": LINES, "b.csv": "text\nx\n"})
    assert refusal(folder, files=("*",)) == "WHICH_FORMAT"
    assert refusal(folder, files=("c*",)) == "NO_DATA_FILES"


def test_a_folder_that_cannot_be_read_is_not_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tree(tmp_path, {"a.jsonl": LINES, "locked/b.jsonl": LINES})
    real = os.scandir
    monkeypatch.setattr(os, "scandir", lambda place: real(place if "locked" not in str(place) else tmp_path / "none"))
    with pytest.raises(OSError, match="none"):
        taken(folder)


def test_archives_in_a_folder_are_named_and_not_opened(tmp_path: Path) -> None:
    with pytest.raises(ListingError, match="1 archive, to be measured by itself"):
        infer_layout(tree(tmp_path, {"a.zip": b"PK\x03\x04"}), Wishes())
    layout, _ = taken(tree(tmp_path, {"a.jsonl": LINES}))
    assert layout.skipped == {"archive, to be measured by itself": 1}


def test_links_are_not_followed(tmp_path: Path) -> None:
    outside = tree(tmp_path / "outside", {"secret.jsonl": LINES})
    folder = tree(tmp_path / "set", {"a.jsonl": LINES})
    (folder / "b.jsonl").symlink_to(outside / "secret.jsonl")
    (folder / "more").symlink_to(outside)
    layout, texts = taken(folder)
    assert list(texts) == ["a.jsonl"]
    assert layout.skipped == {"link or device": 1, "folder of tools, or a link": 1}


NAMES = (
    "a.jsonl",
    "a.json",
    "a.csv",
    "a.tsv",
    "a.txt",
    "a.py",
    "a.parquet",
    "a.jsonl.gz",
    "a.txt.zst",
    "README.md",
    "a",
)
SEEDS = (LINES.encode(), CARD.encode(), b"a,b\n1,x\n", gzip.compress(LINES.encode()), zstd.compress(b"text\n" * 9), b"")


@given(st.dictionaries(st.sampled_from(NAMES), st.sampled_from(SEEDS) | st.binary(max_size=60), min_size=1))
@settings(max_examples=60)
def test_no_folder_brings_anything_but_documents_or_a_named_error(files: dict[str, bytes]) -> None:
    with TemporaryDirectory() as folder, contextlib.suppress(ListingError, DocumentError):
        source, layout = infer_layout(tree(Path(folder), files), Wishes())
        for one in read_documents(source, layout.recipe):
            assert one.path in files


def test_a_layout_says_why_it_is_what_it_is(tmp_path: Path) -> None:
    _, layout = infer_layout(tree(tmp_path, HUB), Wishes())
    assert layout.why == ("the card's configuration 'main'", "fields inferred from the first records")
