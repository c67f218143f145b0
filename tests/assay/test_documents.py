"""Documents out of small files of every format, and files that are not what their metadata says."""

import contextlib
import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.assay.documents import read_documents
from exchange.assay.recipe import DocumentError, Field, Recipe
from exchange.assay.streams import ReadLimits
from exchange.vocabulary.documents import BadDocument, canonical_text

QUESTION_ANSWER = (Field("question"), Field("answer"))


def read(content: bytes, recipe: Recipe, **limits: int) -> list[tuple[int, str]]:
    documents = list(read_documents({"file": content}, recipe, ReadLimits(**limits)))
    assert all(document.path == "file" for document in documents)
    for bad in documents:
        if isinstance(bad, BadDocument):
            raise DocumentError(bad.code, f"{bad.path} record {bad.record} {bad.detail}")
    return [(document.record, document.text) for document in documents]


def refused(content: bytes, recipe: Recipe, **limits: int) -> tuple[str, str]:
    with pytest.raises(DocumentError) as caught:
        read(content, recipe, **limits)
    return caught.value.code, caught.value.detail


def recipe(form: str, *fields: Field, **options: object) -> Recipe:
    return Recipe(("file",), form, fields or (Field(),), **options)  # type: ignore[arg-type]


def test_fields_of_a_json_line_are_joined_by_a_line_feed() -> None:
    content = b'{"question": "1+1?", "answer": "2"}\n\n{"answer": "4", "question": "2+2?"}'
    assert read(content, recipe("jsonl", *QUESTION_ANSWER)) == [(0, "1+1?\n2"), (1, "2+2?\n4")]


def test_a_list_of_lines_in_a_json_array_is_joined() -> None:
    content = '[{"title": "靜夜思", "paragraphs": ["床前明月光，", "疑是地上霜。"]}]'.encode()
    fields = (Field("$[*].title"), Field("$[*].paragraphs[*]"))
    assert read(content, recipe("json", *fields)) == [(0, "靜夜思\n床前明月光，\n疑是地上霜。")]


def test_a_json_path_leads_through_objects_lists_and_quoted_keys() -> None:
    content = b'{"a": [{"b.c": {"d": "found"}}]}'
    assert read(content, recipe("jsonl", Field("$.a[0]['b.c'].d"))) == [(0, "found")]


def test_a_dash_may_join_and_a_missing_optional_field_is_empty() -> None:
    fields = (Field("riddle"), Field("answer", optional=True))
    assert read(b'{"riddle": "x"}', recipe("jsonl", *fields, joiner="——")) == [(0, "x——")]


def test_numbers_of_json_keep_the_digits_they_were_written_with() -> None:
    assert read(b'{"n": 0.10000000000000000555}', recipe("jsonl", Field("n"))) == [(0, "0.10000000000000000555")]


def test_all_columns_of_a_table_but_the_first_are_joined() -> None:
    content = '科室,标题,回答\r\n内科,"一, 二","三\r\n四"\r\n'.encode("gb18030")
    assert read(content, recipe("csv", columns_from=1, encoding="gb18030")) == [(0, "一, 二\n三\n四")]


def test_columns_of_a_table_go_by_name_or_without_a_header_by_number() -> None:
    assert read(b"a\tb\n1\t2\n", recipe("tsv", Field("b"), Field("a"))) == [(0, "2\n1")]
    assert read(b"1\t2\n3\t4\n", recipe("tsv", Field("1"), header=False)) == [(0, "2"), (1, "4")]


def test_blocks_between_blank_lines_keep_their_place_when_white_ones_are_dropped() -> None:
    content = b"first\nline\r\n\r\n \n\nsecond\n"
    blocks = recipe("text", splitter="blank-lines", drop_blank=True)
    assert read(content, blocks) == [(0, "first\nline"), (2, "second\n")]


def test_the_first_column_of_each_line_of_a_block_is_joined_by_a_space() -> None:
    content = b"REPL\treplace\nPOS\tposition\n\nOK\tok\n"
    tokens = Field("0", list_joiner=" ")
    assert read(content, recipe("text", tokens, splitter="blank-lines", delimiter="\t")) == [(0, "REPL POS"), (1, "OK")]


def test_lines_are_filtered_by_prefix_and_by_tabs() -> None:
    content = b'name: x\ndef: "a \\"b\\" c" [y]\n'
    quoted = Field(pattern=r'def: "([^"\\]*+(?:\\.[^"\\]*+)*+)"')
    assert read(content, recipe("text", quoted, line_prefix="def:")) == [(1, 'a \\"b\\" c')]
    rows = recipe("text", Field("1", strip='"'), delimiter="\t", minimum_tabs=2)
    assert read(b'1\t"two"\t3\n1\t2\n', rows) == [(0, "two")]


def test_a_whole_file_is_one_document_and_empty_documents_are_kept() -> None:
    assert read(b"a\n\nb\n", recipe("text", splitter="file")) == [(0, "a\n\nb\n")]
    assert read(b"a\n\nb\n", recipe("text")) == [(0, "a"), (1, ""), (2, "b")]
    assert read(b'{"text": ""}', recipe("jsonl", Field("text"))) == [(0, "")]


def test_documents_come_in_canonical_text_without_the_mark_of_the_encoding() -> None:
    assert read("\ufeffe\u0301".encode(), recipe("text")) == [(0, "é")]
    assert read("bé".encode("utf-16"), recipe("text", encoding="utf-16")) == [(0, "bé")]


def test_files_are_read_in_the_order_of_the_recipe() -> None:
    files = {"a": b"1", "b": b"2", "c": b"3"}
    documents = read_documents(files, Recipe(("c", "a"), "text"))
    assert [(document.path, document.text) for document in documents] == [("c", "3"), ("a", "1")]


def test_bytes_of_another_encoding_are_refused_or_replaced_as_declared() -> None:
    content = "a,b\n高血压,x\n".encode("gb18030")[:-4] + b"\xff,x\n"
    code, detail = refused(content, recipe("csv", Field("a"), encoding="gb18030"))
    assert code == "ENCODING_ERROR"
    assert "byte" in detail
    assert "file" in detail
    [(_, text)] = read(content, recipe("csv", Field("a"), encoding="gb18030", errors="replace"))
    assert text.endswith("\ufffd")


def test_half_a_surrogate_pair_is_no_text() -> None:
    assert refused(b'{"t": "\\ud800"}', recipe("jsonl", Field("t")))[0] == "ENCODING_ERROR"


@pytest.mark.parametrize(
    ("form", "content"),
    [
        ("csv", b'{"question": "a", "answer": "b"}\n'),
        ("csv", b"other,columns\n1,2\n"),
        ("csv", b"question,answer,answer\n1,2,3\n"),
        ("jsonl", b"question,answer\n1,2\n"),
        ("json", b'{"question": "a"}'),
        ("json", b"[1, 2"),
        ("jsonl", gzip.compress(b'{"question": "a", "answer": "b"}')),
        ("jsonl", b"PK\x03\x04rest of a zip"),
        ("jsonl", '{"question": "a"}'.encode("utf-16-le")),
    ],
)
def test_a_file_that_is_not_what_its_metadata_says_is_refused(form: str, content: bytes) -> None:
    code, detail = refused(content, recipe(form, *QUESTION_ANSWER))
    assert code == "FORMAT_MISMATCH"
    assert detail.startswith("file ")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b'{"question": "a"}', "MISSING_FIELD"),
        (b'{"question": "a", "answer": null}', "MISSING_FIELD"),
        (b"[]", "MISSING_FIELD"),
        (b'"text"', "MISSING_FIELD"),
        (b'{"question": "a", "answer": {"b": "c"}}', "FIELD_NOT_TEXT"),
        (b'{"question": "a", "answer": true}', "FIELD_NOT_TEXT"),
        (b'{"question": "a", "answer": [["b"]]}', "FIELD_NOT_TEXT"),
        (b'{"question": "a", "answer": NaN}', "MALFORMED_RECORD"),
        (b'{"question": "a", "answer": ', "MALFORMED_RECORD"),
        (b"[" * 100_000, "MALFORMED_RECORD"),
    ],
)
def test_a_bad_record_is_named(content: bytes, code: str) -> None:
    good = b'{"question": "a", "answer": "b"}\n'
    found, detail = refused(good + content, recipe("jsonl", *QUESTION_ANSWER))
    assert (found, detail[:13]) == (code, "file record 1")


def test_a_ragged_table_is_refused_at_its_row() -> None:
    assert refused(b"a,b\n1,2\n3\n", recipe("csv", Field("a"))) == (
        "MALFORMED_RECORD",
        "file record 1 has 1 columns, not 2",
    )


def test_too_large_a_file_or_document_is_refused() -> None:
    assert refused(b"12345", recipe("text"), file_bytes=4)[0] == "FILE_TOO_LARGE"
    assert refused(b"1\n12345", recipe("text"), document_bytes=4)[1].startswith("file record 1")


def test_a_file_that_was_not_given_is_named() -> None:
    with pytest.raises(DocumentError, match="FILE_MISSING: other"):
        list(read_documents({"file": b""}, Recipe(("other",), "text")))


@pytest.mark.parametrize(
    "options",
    [
        {"encoding": "latin-1"},
        {"errors": "ignore"},
        {"splitter": "words"},
        {"columns_from": 1},
        {"minimum_tabs": 1, "splitter": "file"},
        {"minimum_tabs": -1},
        {"fields": ()},
        {"fields": (Field("name"),)},
        {"fields": (Field(pattern="(a+)+"),)},
        {"files": ()},
        {"files": ("a", "a")},
        {"format": "parquet"},
        {"format": "jsonl", "fields": (Field("$..secret"),)},
        {"format": "jsonl", "delimiter": "\t"},
    ],
)
def test_a_recipe_that_contradicts_itself_is_refused_at_once(options: dict[str, object]) -> None:
    with pytest.raises(DocumentError, match="BAD_RECIPE"):
        Recipe(**{"files": ("a",), "format": "text", **options})  # type: ignore[arg-type]


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


@given(st.lists(st.tuples(TEXTS, TEXTS)))
def test_whatever_is_written_as_json_lines_is_read_back(pairs: list[tuple[str, str]]) -> None:
    lines = [json.dumps({"question": question, "answer": answer}) for question, answer in pairs]
    expected = [canonical_text(f"{question}\n{answer}") for question, answer in pairs]
    documents = read("\n".join(lines).encode(), recipe("jsonl", *QUESTION_ANSWER))
    assert documents == list(enumerate(expected))


@given(st.binary(max_size=200), st.sampled_from(["jsonl", "json", "csv", "tsv", "text"]))
def test_no_bytes_bring_anything_but_documents_or_a_named_error(content: bytes, form: str) -> None:
    fields = (Field("0" if form in ("csv", "tsv") else ""),)
    for policy in ("strict", "replace"):
        with contextlib.suppress(DocumentError):
            assert all(text == canonical_text(text) for _, text in read(content, recipe(form, *fields, errors=policy)))
