"""Encodings gone wrong: text decoded as what it is not, as it stands in sets that were joined from many sources."""

from collections.abc import Callable
from random import Random
from typing import NamedTuple

from simulations.planted.corpus import neutral
from simulations.planted.texts import Language

_ACCENTED = (
    "The café near the fjord serves crème brûlée, señor Muñoz said.",
    "Größere Brücken führen über die schöne Straße nach Süden.",
    "L’été, la forêt s’étend jusqu’à la côte ; « voilà » dit-elle.",
    "Põhjala jäääärne tee on märtsis külm ja tühi.",
    "Það er langt síðan skipið fór frá höfninni.",
    "São João não está aqui; amanhã também não estará.",
)
_OTHERS = (
    "Мост у старой мельницы чинят каждую весну.",
    "橋の近くに古い市場があります。",
    "다리 옆에 오래된 시장이 있다.",
)


class Damage(NamedTuple):
    name: str
    language: Language
    spoil: Callable[[str], str]


def _accented(text: str, random: Random) -> str:
    return f"{text} {random.choice(_ACCENTED)}"


def _control(text: str) -> str:
    return text.replace(" ", "\x02 ", 3)


DAMAGES: tuple[Damage, ...] = (
    Damage("UTF-8 read as Latin-1, accents", "en", lambda text: text.encode().decode("latin-1")),
    Damage("UTF-8 read as Windows-1252, accents", "en", lambda text: text.encode().decode("cp1252", "replace")),
    Damage("UTF-8 read as Latin-1, Chinese", "zh", lambda text: text.encode().decode("latin-1")),
    Damage("UTF-8 read as Windows-1252, Chinese", "zh", lambda text: text.encode().decode("cp1252", "ignore")),
    Damage("GB 18030 read as Latin-1", "zh", lambda text: text.encode("gb18030").decode("latin-1")),
    Damage("GB 18030 read as UTF-8", "zh", lambda text: text.encode("gb18030").decode("utf-8", "replace")),
    Damage("UTF-8 read as GB 18030", "zh", lambda text: text.encode().decode("gb18030", "ignore")),
    Damage("replacement characters read as GBK", "zh", lambda text: text[:40] + "锟斤拷锟斤拷" + text[40:]),
    Damage("control characters", "en", _control),
)


def damaged(seed: int, each: int) -> dict[str, list[str]]:
    """Documents by the name of their damage."""
    random = Random(seed)
    return {
        damage.name: [
            damage.spoil(_accented(neutral(random, "en"), random) if damage.language == "en" else neutral(random, "zh"))
            for _ in range(each)
        ]
        for damage in DAMAGES
    }


def sound(seed: int, each: int) -> list[str]:
    """Documents whose letters only look strange: accents, quotation marks, other scripts."""
    random = Random(seed)
    texts = [_accented(neutral(random, "en"), random) for _ in range(each)]
    texts += [neutral(random, "zh") + "“引号”——破折号……㎡ №7" for _ in range(each)]
    texts += [f"{random.choice(_OTHERS)} {neutral(random, 'code')}" for _ in range(each)]
    return texts
