"""The page of codes against the code: whatever the API may say is on it."""

import ast
import re
from pathlib import Path

from api.codes_page import documented, page, sections
from exchange.vocabulary.reasons import Reason

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference" / "codes.md"
CODE = re.compile(r"[A-Z]+(?:_[A-Z]+)+")
LOTS = ROOT / "exchange" / "catalogue" / "lots.py"


def said_by_the_api():
    """Codes that the API's own sources refuse with, those of the websocket left to its own page."""
    for path in sorted((ROOT / "api").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"ApiError", "busy"}:
                for inner in ast.walk(node):
                    if isinstance(inner, ast.Constant) and isinstance(inner.value, str) and CODE.fullmatch(inner.value):
                        yield inner.value


def test_the_page_is_what_the_code_says():
    written = REFERENCE.read_text(encoding="utf-8")
    assert written == page(), "run python -m api.codes_page docs/reference/codes.md"


def test_every_code_that_the_api_refuses_with_is_explained():
    explained = {code for codes in sections().values() for code in codes} | {reason.name for reason in Reason}
    said = set(said_by_the_api())
    assert {"NOT_SIGNED", "MISSING_SCOPE", "LISTING_BUSY"} <= said
    assert said <= explained


def test_codes_and_meanings_come_from_where_they_are_documented():
    listed = documented("Text.\n\n    FIRST_CODE    what it\n    SECOND_CODE   another\n    Not one\n")
    assert listed == {"FIRST_CODE": "what it", "SECOND_CODE": "another"}
    for title, codes in sections().items():
        assert codes, title
    assert {code for code in sections()["Lots"] if f"{code}:" in LOTS.read_text(encoding="utf-8")} == set(
        sections()["Lots"]
    )
