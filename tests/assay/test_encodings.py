"""Which encoding bytes are in: told by the rule, or said to be unknown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.assay import encodings
from exchange.assay.documents import read_documents
from exchange.assay.encodings import detect_encoding
from exchange.assay.recipe import DocumentError, Recipe
from exchange.vocabulary.documents import Document

POEM = "床前明月光，疑是地上霜。\n举头望明月，低头思故乡。\n"


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (b"", "utf-8"),
        (b"plain", "utf-8"),
        (POEM.encode(), "utf-8"),
        (POEM.encode("utf-8-sig"), "utf-8"),
        (POEM.encode("utf-16"), "utf-16"),
        (b"\xfe\xff" + POEM.encode("utf-16-be"), "utf-16"),
        (POEM.encode("gb18030"), "gb18030"),
        (b"plain\n" * 50 + POEM.encode("gb18030"), "gb18030"),
        (POEM.encode() * 5 + b"caf\xe9\n", "utf-8"),
        (POEM.encode("gb18030") * 5 + b"\xff\xff\n", "gb18030"),
    ],
)
def test_an_encoding_is_told_from_bytes(content: bytes, encoding: str) -> None:
    assert detect_encoding(content, "file") == encoding


@pytest.mark.parametrize(
    "content",
    [
        "Die Tür über München, größer\n".encode("latin-1"),
        "Où êtes-vous allée, señor?\n".encode("cp1252"),
        b"\xff\xff\xff\xff",
    ],
)
def test_bytes_that_no_rule_tells_have_to_be_stated(content: bytes) -> None:
    with pytest.raises(DocumentError, match="ENCODING_UNKNOWN: file is neither"):
        detect_encoding(content, "file")


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
@pytest.mark.parametrize("cut", [97, 98, 99, 100])
def test_a_sample_may_end_within_a_character(encoding: str, cut: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encodings, "SAMPLE_BYTES", cut)
    assert detect_encoding(("月" * 50 + "\n").encode(encoding)[:cut], "file") == encoding


@given(st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=1))
def test_chinese_text_is_never_taken_for_another_encoding(text: str) -> None:
    assert detect_encoding(text.encode(), "file") == "utf-8"


def test_each_file_of_a_set_may_have_an_encoding_of_its_own() -> None:
    files = {name: POEM.encode(name) for name in ("utf-8", "utf-8-sig", "utf-16", "gb18030")}
    recipe = Recipe(tuple(files), "text", encoding="detect", splitter="file")
    texts = {one.text for one in read_documents(files, recipe) if isinstance(one, Document)}
    assert texts == {POEM}


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_can_be_stated(encoding: str) -> None:
    recipe = Recipe(("a",), "text", encoding=encoding)
    assert [one.text for one in read_documents({"a": "月\n光\n".encode(encoding)}, recipe)] == ["月", "光"]  # type: ignore[union-attr]
