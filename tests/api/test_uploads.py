"""Multipart forms: taken apart as clients send them, or refused by name."""

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.errors import ApiError
from api.uploads import MAX_FIELD_BYTES, MAX_PARTS, parse_form

FIELDS, FILES = ("copies", "profile_id"), ("croissant", "files")


def built(fields=(), files=()):
    """(body, boundary) as httpx sends them."""
    parts = [(name, (None, value)) for name, value in fields] + [(name, pair) for name, *pair in files]
    request = httpx.Request("POST", "http://venue/", files=[(name, tuple(pair)) for name, pair in parts])
    return request.read(), request.headers["content-type"].partition("boundary=")[2].encode()


def parsed(body, boundary):
    return parse_form(body, boundary, fields=FIELDS, files=FILES)


def refusal(body, boundary):
    with pytest.raises(ApiError) as caught:
        parsed(body, boundary)
    assert caught.value.status == 400
    return caught.value.code


def test_fields_and_files_come_out_by_name():
    form = parsed(*built([("copies", "3")], [("croissant", "a.json", b"{}"), ("files", "诗/一.jsonl", b"\r\n--\r\n")]))
    assert form.fields == {"copies": "3"}
    assert form.files == {"croissant": {"a.json": b"{}"}, "files": {"诗/一.jsonl": b"\r\n--\r\n"}}
    assert form.one_file("croissant") == b"{}"


@given(st.lists(st.binary(max_size=200), min_size=1, max_size=5))
def test_whatever_bytes_a_file_has_come_out(contents):
    files = {f"{number}.bin": content for number, content in enumerate(contents)}
    body, boundary = built((), [("files", name, content) for name, content in files.items()])
    assert parsed(body, boundary).files["files"] == files


@given(st.data())
def test_a_form_that_is_cut_anywhere_is_refused(data):
    body, boundary = built([("copies", "3")], [("files", "a", b"content\r\n")])
    kept = data.draw(st.integers(0, len(body) - len(b"--\r\n") - 1))
    assert refusal(body[:kept], boundary) in {"MALFORMED_UPLOAD", "UNKNOWN_FIELD"}


@pytest.mark.parametrize("name", ["../up", "/etc/passwd", "a/../../b", "a\\\\b", ""])
def test_a_name_that_leads_out_of_the_folder_is_refused(name):
    body, boundary = built((), [("files", "honest", b"x")])
    assert refusal(body.replace(b'"honest"', f'"{name}"'.encode()), boundary) == "UNSAFE_PATH"


@pytest.mark.parametrize(
    ("fields", "files", "code"),
    [
        ([("colour", "red")], [], "UNKNOWN_FIELD"),
        ([], [("file", "a", b"")], "UNKNOWN_FIELD"),
        ([("files", "text where a file belongs")], [], "UNKNOWN_FIELD"),
        ([("copies", "1"), ("copies", "2")], [], "DUPLICATE_PART"),
        ([], [("files", "a", b"1"), ("files", "./a", b"2")], "DUPLICATE_PART"),
        ([("copies", "9" * (MAX_FIELD_BYTES + 1))], [], "MALFORMED_UPLOAD"),
        ([], [("files", str(number), b"") for number in range(MAX_PARTS + 1)], "TOO_MANY_FILES"),
    ],
)
def test_a_form_with_something_else_in_it_is_refused(fields, files, code):
    assert refusal(*built(fields, files)) == code


def test_a_name_that_is_no_text_is_refused():
    body, boundary = built((), [("files", "honest", b"x")])
    assert refusal(body.replace(b"honest", b"\xff\xfe"), boundary) == "MALFORMED_UPLOAD"


def test_a_field_that_is_missing_or_blank_is_named():
    form = parsed(*built([("copies", " ")], []))
    for lacking in (lambda: form.text("copies"), lambda: form.text("profile_id"), lambda: form.one_file("croissant")):
        with pytest.raises(ApiError, match="MISSING_FIELD"):
            lacking()
