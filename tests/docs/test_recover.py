"""Whatever keeps an exchange from starting is a code that the page on recovery knows."""

import re
from pathlib import Path

import pytest

from exchange.operations.recovery import StartRefused
from exchange.spine.errors import JournalDamaged, JournalFull
from exchange.store.secrets import SecretsError

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "recover.md").read_text(encoding="utf-8")
CODE = re.compile(r"^ +([A-Z_]{6,})  ", re.MULTILINE)
DOCUMENTED = {code for error in (StartRefused, SecretsError) for code in CODE.findall(error.__doc__)}


@pytest.mark.parametrize("code", sorted({*DOCUMENTED, JournalDamaged.code, JournalFull.code, "ADDRESS_UNUSABLE"}))
def test_a_code_has_its_remedy(code):
    assert re.search(rf"^\| `{code}` \| \S", PAGE, re.MULTILINE)


def test_the_codes_were_found_where_they_are_documented():
    assert {"FOLDER_IN_USE", "BOOKS_DIFFER", "SECRETS_KEY_EXPOSED"} <= DOCUMENTED
