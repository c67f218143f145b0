"""What the venue's own licence allows: modes of trading, days between opposite trades, holders of an instrument."""

import tomllib
from dataclasses import dataclass
from typing import Any

from exchange.compliance.errors import PolicyError
from exchange.vocabulary.instruments import Mode


@dataclass(frozen=True, slots=True)
class Profile:
    """`min_days` counts trading days between opposite trades of one holder; `max_holders` 0 means no limit."""

    name: str
    modes: Mode
    require_sampling_report: bool
    min_days: int
    max_holders: int


def mode_names(modes: Mode) -> list[str]:
    """The modes as the rules and documents spell them, in alphabetical order."""
    return sorted(str(mode.name).lower() for mode in modes)


def profile_names(text: str) -> list[str]:
    """The profiles that `profiles.toml` offers, in its order."""
    return list(_table(text))


def read_profile(text: str, name: str) -> Profile:
    """One profile out of `profiles.toml`; raises PolicyError PROFILE_UNKNOWN or PROFILE_INVALID."""
    table = _table(text)
    if name not in table:
        raise PolicyError("PROFILE_UNKNOWN", f"{name!r} is none of {sorted(table)}")
    try:
        return _profile(name, **table[name])
    except (KeyError, TypeError, AttributeError) as error:
        raise PolicyError("PROFILE_INVALID", f"{name}: {error}") from error


def _table(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PolicyError("PROFILE_INVALID", str(error)) from error


def _profile(name: str, *, modes: Any, require_sampling_report: Any, min_days: Any, max_holders: Any) -> Profile:
    if type(require_sampling_report) is not bool or type(min_days) is not int or type(max_holders) is not int:
        raise TypeError("a flag must be true or false, a limit a whole number")
    if min_days < 0 or max_holders < 0:
        raise TypeError("a limit is negative")
    allowed = Mode(0)
    for mode in modes:
        allowed |= Mode[mode.upper()]
    return Profile(name, allowed, require_sampling_report, min_days, max_holders)
