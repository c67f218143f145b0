"""One bad document is told of and counted, the rest goes on; a file of nothing else is refused, with why."""

import tracemalloc
from collections import Counter

import pytest
from assayed import SECRET, questions

from exchange.assay.account import BAD_KEPT, Account, recipe_statement
from exchange.assay.documents import BAD_FROM_THE_START, read_documents
from exchange.assay.pipeline import assay_documents
from exchange.assay.recipe import DocumentError, Field, Recipe
from exchange.assay.streams import ReadLimits
from exchange.vocabulary.documents import BadDocument, Document

TEXT = (Field("text"),)


def read(content: bytes, form: str = "jsonl", **options: object) -> list[tuple[int, str]]:
    """Each document's number with its text, each bad one's with its code."""
    recipe = Recipe(("file",), form, options.pop("fields", TEXT), **options)  # type: ignore[arg-type]
    limits = ReadLimits(document_bytes=1_000)
    return [
        (taken.record, taken.text if isinstance(taken, Document) else taken.code)
        for taken in read_documents({"file": content}, recipe, limits)
    ]


GOOD = b'{"text": "good"}\n'


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b'{"text": ', "MALFORMED_RECORD"),
        (b'{"other": "x"}', "MISSING_FIELD"),
        (b'{"text": {"a": "b"}}', "FIELD_NOT_TEXT"),
        (b'{"text": "\xff\xfe"}', "ENCODING_ERROR"),
        (b'{"text": "\\ud800"}', "ENCODING_ERROR"),
        (b'{"text": "' + b"x" * 1_001 + b'"}', "DOCUMENT_TOO_LARGE"),
        (b'{"text": "' + b"x" * 3_000_000 + b'"}', "DOCUMENT_TOO_LARGE"),
    ],
)
def test_a_bad_line_of_json_stands_in_its_place_and_the_rest_goes_on(line: bytes, code: str) -> None:
    assert read(GOOD + line + b"\n" + GOOD) == [(0, "good"), (1, code), (2, "good")]


@pytest.mark.parametrize(
    ("line", "fields"),
    [
        (b'{"text": "' + b"x" * 900 + b'"}', TEXT * 50_000),
        (b'{"text": [' + b",".join([b'""'] * 1_000) + b"]}", (Field("text", list_joiner="x" * 100_000),)),
    ],
)
def test_what_a_recipe_makes_of_a_small_record_is_bounded_too(line: bytes, fields: tuple[Field, ...]) -> None:
    tracemalloc.start()
    assert read(b'{"text": [""]}\n' + line, fields=fields, joiner="")[1] == (1, "DOCUMENT_TOO_LARGE")
    assert tracemalloc.get_traced_memory()[1] < 20 * 2**20
    tracemalloc.stop()


@pytest.mark.parametrize("content", [b"\n" * 300_000, b'{"text": "' + b"x" * 900 + b'"}\n' * 110_000])
def test_documents_that_are_too_many_in_all_are_refused(content: bytes) -> None:
    form = "text" if content.startswith(b"\n") else "jsonl"
    recipe = Recipe(("file",), form, (Field("" if form == "text" else "text"),))
    with pytest.raises(DocumentError, match="DATASET_TOO_LARGE: file record"):
        list(read_documents({"file": content}, recipe, ReadLimits(dataset_chars=1_000_000)))


def test_bad_rows_of_a_table_stand_in_their_place() -> None:
    content = b"text,other\na,1\nb\n\xff,2\n" + b"x" * 3_000_000 + b",3\nc,4\n"
    found = [(0, "a"), (1, "MALFORMED_RECORD"), (2, "ENCODING_ERROR"), (3, "DOCUMENT_TOO_LARGE"), (4, "c")]
    assert read(content, "csv") == found


def test_a_quotation_mark_that_is_never_closed_makes_no_document_of_the_rest() -> None:
    assert read(b'text\na\n"b\nc\nd\n', "csv") == [(0, "a"), (1, "MALFORMED_RECORD")]
    assert read(b'text\na\n"b\nc"', "csv") == [(0, "a"), (1, "b\nc")]
    assert read(b"text", "csv") == []


def test_a_semicolon_divides_only_a_table_that_no_comma_divides() -> None:
    assert read(b"text;other\na, b;c\n", "csv") == [(0, "a, b")]
    assert read(b"text,other\na; b,c\n", "csv") == [(0, "a; b")]
    assert read(b"text; it\na\n", "csv", fields=(Field("text; it"),)) == [(0, "a")]
    assert read(b"text; it\n", "csv", fields=(Field("text; it"),)) == []


def test_one_nul_spoils_its_document_and_not_the_file() -> None:
    rows = b"".join(b"row %d of the table\n" % number for number in range(50))
    found = dict(read(b"text\n" + rows + b"a\0b\n", "csv"))
    assert (len(found), found[0], found[50]) == (51, "row 0 of the table", "FORMAT_MISMATCH")


def test_bad_bytes_in_a_field_that_is_not_taken_spoil_nothing() -> None:
    assert read(b"text,other\na,\xff\n", "csv") == [(0, "a")]


def test_bad_lines_and_blocks_of_text_stand_in_their_place() -> None:
    whole = (Field(),)
    lines = b"a\n\xff\n" + b"b\n" * 40_000 + b"c\0\n"
    found = read(lines, "text", fields=whole)
    assert [found[0], found[1], found[-1]] == [(0, "a"), (1, "ENCODING_ERROR"), (40_002, "FORMAT_MISMATCH")]
    blocks = read(b"a\n\n" + b"x" * 3_000_000 + b"\n\nb", "text", fields=whole, splitter="blank-lines")
    assert blocks == [(0, "a"), (1, "DOCUMENT_TOO_LARGE"), (2, "b")]


def test_a_bad_file_among_files_that_are_documents_is_one_bad_document() -> None:
    recipe = Recipe(("a", "b", "c"), "text", splitter="file")
    taken = list(read_documents({"a": b"one", "b": b"\xff\xff", "c": b"three"}, recipe))
    assert [type(one) for one in taken] == [Document, BadDocument, Document]
    assert taken[1] == BadDocument("b", 0, "ENCODING_ERROR", "holds bytes that are not utf-8")


def test_a_file_that_is_no_text_among_files_that_are_documents_is_one_bad_document() -> None:
    files = {"a": b"one", "b": "Die Tür".encode("latin-1"), "c": b"PK\x03\x04", "d": b"x\0y", "e": b"four"}
    taken = list(read_documents(files, Recipe(tuple(files), "text", encoding="detect", splitter="file")))
    assert [one.code if isinstance(one, BadDocument) else one.text for one in taken] == [
        "one",
        "ENCODING_UNKNOWN",
        "FORMAT_MISMATCH",
        "FORMAT_MISMATCH",
        "four",
    ]
    with pytest.raises(DocumentError, match="FILE_MISSING"):
        list(read_documents({"a": b"one"}, Recipe(("a", "b"), "text", splitter="file")))


def test_a_file_of_nothing_but_bad_documents_is_refused_for_the_first_of_them() -> None:
    with pytest.raises(DocumentError) as caught:
        read(b'{"txt": "x"}\n' * 3)
    assert (caught.value.code, caught.value.detail) == ("MISSING_FIELD", "file record 0 has no 'text'")
    with pytest.raises(DocumentError, match="MISSING_FIELD"):
        read(b'{"txt": "x"}\n' * BAD_FROM_THE_START + GOOD)
    assert read(b'{"txt": "x"}\n' * (BAD_FROM_THE_START - 1) + GOOD)[-1] == (BAD_FROM_THE_START - 1, "good")
    with pytest.raises(DocumentError, match="ENCODING_ERROR"):
        read(b"\xff", "text", fields=(Field(),), splitter="file")


def test_bad_documents_are_counted_and_lower_the_indicator_of_format() -> None:
    good = [Document("data.jsonl", number, text) for number, text in enumerate(questions(9))]
    bad = BadDocument("data.jsonl", 9, "MALFORMED_RECORD", "is not JSON")
    result = assay_documents([*good, bad], name="small", version="1", secret=SECRET, declared={})
    assert result.bad == [bad]
    assert result.body["documents"] == 9
    assert result.body["bad_documents"] == {"MALFORMED_RECORD": 1}
    (form,) = [row for row in result.body["indicators"] if row["code"] == "0201"]
    assert (form["n"], form["defects"]) == (10, 1)


def test_of_endless_bad_documents_only_the_number_is_kept() -> None:
    account = Account()
    bad = BadDocument("x", 0, "MALFORMED_RECORD", "")
    assert not list(account.documents(iter([bad] * (BAD_KEPT + 5))))
    assert len(account.bad) == BAD_KEPT
    assert account.bad_tally() == {"MALFORMED_RECORD": BAD_KEPT + 5}


def test_the_account_says_how_documents_were_taken() -> None:
    recipe = Recipe(("a", "b"), "text", encoding="detect", drop_blank=True)
    account = Account(recipe, Counter(binary=2))
    files = {"a": "床前明月光\n".encode("gb18030") * 9, "b": b"plain\n"}
    assert len(list(account.documents(read_documents(files, recipe, encodings=account.encodings)))) == 10
    stated = account.statement()
    assert stated["encodings"] == {"gb18030": 1, "utf-8": 1}
    assert stated["skipped_files"] == {"binary": 2}
    assert (stated["files"], stated["splitter"], stated["drop_blank"]) == (2, "lines", 1)
    assert stated["fields"] == [{"selector": ""}]
    assert recipe_statement(Recipe(("b", "a"), "text"))["sha256_of_paths"] != stated["sha256_of_paths"]
