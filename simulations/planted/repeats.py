"""Duplicates planted at known places: the same document again, the same with words changed, and others that are new."""

from random import Random
from typing import NamedTuple

from simulations.planted.corpus import neutral
from simulations.planted.texts import Language

SENTENCES = 14
# Changed words of a hundred: enough steps that similarities spread from nearly 1 to far below the threshold.
CHANGES = (0, 1, 2, 3, 4, 5, 6, 8, 10)


class Repeat(NamedTuple):
    """A document that was made from an earlier one; `changed_percent` 0 is the same text."""

    document: int
    source: int
    changed_percent: int


class Repeats(NamedTuple):
    texts: list[str]
    repeats: list[Repeat]


def repeats_corpus(seed: int, each: int) -> Repeats:
    """`each` sources for every step of change, English and Chinese in turn, and each one's copy after all of them."""
    random = Random(seed)
    texts: list[str] = []
    planned: list[tuple[int, int]] = []
    for step in CHANGES:
        for number in range(each):
            language: Language = "en" if number % 2 else "zh"
            planned.append((len(texts), step))
            texts.append(neutral(random, language, SENTENCES))
    repeats: list[Repeat] = []
    for source, step in planned:
        repeats.append(Repeat(len(texts), source, step))
        texts.append(_changed(random, texts[source], step))
    return Repeats(texts, repeats)


def _changed(random: Random, text: str, percent: int) -> str:
    """The text with words, or where there are none characters, replaced by ones that stand nowhere else."""
    pieces, joint = (text.split(" "), " ") if text.isascii() else (list(text), "")
    number = -(-len(pieces) * percent // 100)
    for place in random.sample(range(len(pieces)), number):
        pieces[place] = f"w{random.randrange(10**6)}" if joint else chr(random.randrange(0x5000, 0x9000))
    return joint.join(pieces)
