"""Neutral text in English, Chinese and code: made by rule from short lists, about nothing, and never twice the same.

It holds numbers, dates, versions, digests and identifiers such as any real set has, since text without them would make
every detector look precise.
"""

from collections.abc import Callable
from random import Random
from typing import Literal

Language = Literal["en", "zh", "code"]
LANGUAGES: tuple[Language, ...] = ("en", "zh", "code")

# fmt: off
_ADJECTIVES = (
    "quiet", "old", "wide", "narrow", "early", "late", "bright", "plain", "round", "heavy", "light", "distant",
    "empty", "careful", "slow", "steady",
)
_NOUNS = (
    "river", "bridge", "garden", "window", "market", "engine", "letter", "season", "valley", "signal", "harbour",
    "lantern", "meadow", "ladder", "orchard", "basin", "ledger", "pump", "kettle", "gate", "wheel", "field", "tower",
)
_VERBS = ("crosses", "follows", "measures", "carries", "opens", "repairs", "counts", "joins", "reaches", "covers")
_PLACES = ("near the mill", "behind the station", "along the coast", "under the roof", "beside the road")
_ZH_SUBJECTS = (
    "村口的桥", "旧仓库", "河边的风车", "小镇的集市", "山下的果园", "北面的水渠", "新修的码头", "学校的花园",
    "城外的灯塔", "林间的小路",
)
_ZH_VERBS = ("连接着", "面对着", "挨着", "通向", "环绕着", "照亮了", "穿过", "靠近")
_ZH_OBJECTS = (
    "一片稻田", "几间瓦房", "宽阔的河面", "古老的城墙", "安静的街道", "成排的柳树", "远处的山谷", "热闹的广场",
)
_ZH_TAILS = ("春天最热闹", "清晨常有薄雾", "夏天十分凉爽", "傍晚很安静", "每年都会修整", "已有多年历史")
# fmt: on
_CODE_NAMES = ["total", "index", "buffer", "offset", "weight", "cursor", "window", "depth", "factor", "margin"]


def sentence(random: Random, language: Language) -> str:
    """One sentence, or for code one small function."""
    return _MAKERS[language](random)


def joiner(language: Language) -> str:
    return {"en": " ", "zh": "", "code": "\n\n"}[language]


def _english(random: Random) -> str:
    first, second = random.sample(_NOUNS, 2)
    text = f"The {random.choice(_ADJECTIVES)} {first} {random.choice(_VERBS)} the {random.choice(_ADJECTIVES)} {second}"
    text += f" {random.choice(_PLACES)}"
    if random.random() < 0.4:
        text += f", {_number(random, 'en')}"
    return text + "."


def _chinese(random: Random) -> str:
    text = f"{random.choice(_ZH_SUBJECTS)}{random.choice(_ZH_VERBS)}{random.choice(_ZH_OBJECTS)}"
    text += f"，{random.choice(_ZH_TAILS)}"
    if random.random() < 0.4:
        text += f"，{_number(random, 'zh')}"
    return text + "。"


def _code(random: Random) -> str:
    name, other = random.sample(_CODE_NAMES, 2)
    factor = random.randrange(2, 10**6)
    lines = [
        f"def {name}_of_{other}_{random.randrange(10**4)}({other}):",
        f"    {name} = {other} * {factor}",
        f"    limits = [{random.randrange(10**8)}, {random.randrange(10**13, 10**16)}]",
        f"    limits.append(0x{random.getrandbits(64):016x})",
        f"    return {name} % limits[{random.randrange(3)}]",
    ]
    return "\n".join(lines)


def _number(random: Random, language: Language) -> str:
    """A number of the kind that detectors are tempted by, and that is none of theirs."""
    year, month, day = random.randrange(1990, 2026), random.randrange(1, 13), random.randrange(1, 29)
    tempting = {
        "en": (
            lambda: f"order {random.randrange(10**15, 10**16)}",
            lambda: (
                f"build {random.randrange(1, 20)}.{random.randrange(20)}.{random.randrange(300)}.{random.randrange(9)}"
            ),
            lambda: f"digest {random.getrandbits(160):040x}",
            lambda: f"on {year}-{month:02d}-{day:02d} at {random.randrange(24)}:{random.randrange(60):02d}",
            lambda: f"part {random.randrange(10**10, 10**11)}",
            lambda: f"see user@host{random.randrange(99)} in the log",
        ),
        "zh": (
            lambda: f"订单编号{random.randrange(10**17, 10**18)}",
            lambda: f"建于{year}年{month}月{day}日",
            lambda: f"批次{random.randrange(10**10, 10**11)}",
            lambda: f"面积{random.randrange(100, 10**5)}平方米",
            lambda: f"坐标{random.random() * 90:.6f}",
        ),
    }
    makers: tuple[Callable[[], str], ...] = tempting[language]
    return random.choice(makers)()


_MAKERS: dict[Language, Callable[[Random], str]] = {"en": _english, "zh": _chinese, "code": _code}
