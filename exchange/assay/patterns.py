"""Regular expressions that a vendor may declare, held to a form that cannot run away on hostile text."""

import re
from functools import lru_cache

MAXIMUM_PATTERN_CHARS = 200
_CLASS = r"\[\^?\]?(?:\\.|[^\]\\])*\]"
_TOKEN = re.compile(
    rf"(?P<literal>\\[^0-9]|{_CLASS}|[^\\\[\](){{}}*+?|])"
    r"|(?P<opens>\((?:\?:|\?P<\w+>)?(?!\?))|(?P<closes>\))"
    r"|(?P<repeats>[*+?]|\{\d{1,3}(?:,\d{0,3})?\})(?P<mode>[+?]?)"
)


class PatternError(ValueError):
    """The pattern is malformed, or not of the bounded form; the message says how."""


@lru_cache(maxsize=256)
def bounded_pattern(pattern: str) -> re.Pattern[str]:
    """Compile `pattern`, refusing any that could take more than linear time on a line.

    Matching by back-tracking is exponential for alternation and repeated groups and polynomial for quantifiers in a
    row. So there is no alternation, no back-reference, no look-around; of the quantifiers at most one may back off,
    the others, and all on groups, must be possessive (`*+`, `++`, `?+`), which never give back what they took.
    """
    if len(pattern) > MAXIMUM_PATTERN_CHARS:
        raise PatternError(f"a pattern may have {MAXIMUM_PATTERN_CHARS} characters")
    if _backing_off(pattern) > 1:
        raise PatternError("only one quantifier may back off; make the others possessive (`*+`, `++`, `?+`)")
    try:
        return re.compile(pattern)
    except (re.error, OverflowError) as error:
        raise PatternError(f"not a pattern: {error}") from None


def _backing_off(pattern: str) -> int:
    """How many quantifiers may give back what they took; a quantified group that may is refused here."""
    position, count, after_group = 0, 0, False
    while position < len(pattern):
        token = _TOKEN.match(pattern, position)
        if token is None:
            raise PatternError(f"unsupported at character {position}: {pattern[position : position + 8]!r}")
        if token["repeats"] and token["mode"] != "+":
            if after_group:
                raise PatternError("a repeated group must be possessive (`(?:…)*+`)")
            count += 1
        after_group = token["closes"] is not None
        position = token.end()
    return count
