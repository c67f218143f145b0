from hypothesis import given
from hypothesis import strategies as st

from exchange.vocabulary.documents import canonical_text


def test_every_line_end_becomes_a_line_feed() -> None:
    assert canonical_text("a\r\nb\rc\nd\r\r\n") == "a\nb\nc\nd\n\n"


def test_letters_and_marks_are_composed() -> None:
    assert canonical_text("e\u0301") == "é"


def test_compatibility_forms_are_kept_apart() -> None:
    assert canonical_text("ﬁ ① Ａ") == "ﬁ ① Ａ"


def test_a_singleton_is_replaced_by_its_ordinary_character() -> None:
    assert canonical_text("\u212b \uf900") == "Å 豈"


def test_code_points_unassigned_in_unicode_14_pass_unchanged() -> None:
    # U+113C2 twice composes since Unicode 16.
    assert canonical_text("\U000113c2\U000113c2") == "\U000113c2\U000113c2"


@given(st.text())
def test_canonical_text_is_a_fixed_point_without_carriage_returns(text: str) -> None:
    canonical = canonical_text(text)
    assert canonical_text(canonical) == canonical
    assert "\r" not in canonical
