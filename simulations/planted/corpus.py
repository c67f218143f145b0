"""The planted corpus: neutral documents, each with one thing at a known place, or with nothing."""

from collections.abc import Sequence
from random import Random
from typing import NamedTuple

from simulations.planted.kinds import Kind, Planted
from simulations.planted.personal import BARE_KINDS, PERSONAL_KINDS
from simulations.planted.secrets import SECRET_KINDS
from simulations.planted.texts import LANGUAGES, Language, joiner, sentence

FINDING_KINDS: tuple[Kind, ...] = (*PERSONAL_KINDS, *BARE_KINDS, *SECRET_KINDS)
WORD_LIST = "[weather]\ndrizzle\nhailstone\n雷阵雨\n[tools]\nspanner\ntorque wrench\n螺丝刀\n"
"""A tiny neutral list: what the words mean does not matter to finding them."""
_WORDS = {"en": ("Drizzle", "hailstone", "spanner", "torque wrench"), "zh": ("雷阵雨", "螺丝刀"), "code": ("spanner",)}
_NEARLY = {"en": ("drizzled", "hailstones", "spanners"), "zh": ("雷雨", "螺丝"), "code": ("spanner_size", "respanner")}
_SENTENCES = 6


class Corpus(NamedTuple):
    texts: list[str]
    planted: list[Planted]


def findings_corpus(seed: int, each: int) -> Corpus:
    """`each` real and `each` false ones of every kind, over the languages, and as many documents with nothing."""
    random = Random(seed)
    texts: list[str] = []
    planted: list[Planted] = []
    for kind in FINDING_KINDS:
        for number in range(2 * each):
            language, is_real = LANGUAGES[number // 2 % len(LANGUAGES)], number % 2 == 0
            value = kind.real(random) if is_real else kind.decoy(random)
            text, offset = _around(random, language, kind.contexts[language], value)
            planted.append(Planted(kind.name, kind.title, len(texts), offset, len(value), is_real))
            texts.append(text)
    texts += [neutral(random, LANGUAGES[number % len(LANGUAGES)]) for number in range(each * len(LANGUAGES))]
    return Corpus(texts, planted)


def words_corpus(seed: int, each: int) -> Corpus:
    """Words of `WORD_LIST`, and longer or shorter ones that are not in it."""
    random = Random(seed)
    texts: list[str] = []
    planted: list[Planted] = []
    for number in range(2 * each):
        language, is_real = LANGUAGES[number // 2 % len(LANGUAGES)], number % 2 == 0
        value = random.choice((_WORDS if is_real else _NEARLY)[language])
        context = {"en": "with {} in it.", "zh": "说到{}的时候。", "code": "# {} here"}[language]
        text, offset = _around(random, language, context, value)
        planted.append(Planted("word", "sensitive word", number, offset, len(value), is_real))
        texts.append(text)
    return Corpus(texts, planted)


def neutral(random: Random, language: Language, sentences: int = _SENTENCES) -> str:
    return joiner(language).join(sentence(random, language) for _ in range(sentences))


def _around(random: Random, language: Language, context: str, value: str) -> tuple[str, int]:
    """Neutral text with the value among it, and the value's place."""
    before, _, after = context.partition("{}")
    sentences: Sequence[str] = [sentence(random, language) for _ in range(_SENTENCES)]
    cut, gap = random.randrange(_SENTENCES + 1), joiner(language) or "\n"
    head = joiner(language).join(sentences[:cut]) + gap + before
    return head + value + after + gap + joiner(language).join(sentences[cut:]), len(head)
