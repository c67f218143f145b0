"""Licences by SPDX identifier: what each allows, and whether data of a source may be sold under an offer.

The traits are data (`policies/licences.toml`); this module only knows how they combine.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from exchange.compliance.errors import PolicyError
from exchange.vocabulary.instruments import Purpose

SPDX_URL_PREFIXES = ("https://spdx.org/licenses/", "http://spdx.org/licenses/")
FLAGS = ("commercial", "attribution", "derivatives", "share_alike")
TRAITS = frozenset({*FLAGS, "purposes", "passes_to"})


class Conflict(StrEnum):
    """Why an offer does not agree with a source; the first that applies is reported for each source."""

    UNKNOWN_LICENCE = "UNKNOWN_LICENCE"
    NON_COMMERCIAL = "NON_COMMERCIAL"
    SHARE_ALIKE = "SHARE_ALIKE"
    NO_DERIVATIVES = "NO_DERIVATIVES"
    ATTRIBUTION_DROPPED = "ATTRIBUTION_DROPPED"


@dataclass(frozen=True, slots=True)
class Licence:
    spdx: str
    commercial: bool
    attribution: bool
    derivatives: bool
    share_alike: bool
    purposes: Purpose
    passes_to: frozenset[str]


def purpose_names(purposes: Purpose) -> list[str]:
    """The purposes as the rules and documents spell them: lower case, with a dash, in alphabetical order."""
    return sorted(str(purpose.name).lower().replace("_", "-") for purpose in purposes)


def purposes_named(names: Iterable[str]) -> Purpose:
    """The reverse of `purpose_names`; KeyError names what is no purpose."""
    purposes = Purpose(0)
    for name in names:
        purposes |= Purpose[name.upper().replace("-", "_")]
    return purposes


def spdx_id(licence: str) -> str:
    """`https://spdx.org/licenses/MIT.html`, as Croissant files have it, and `MIT` name the same licence."""
    for prefix in SPDX_URL_PREFIXES:
        if licence.startswith(prefix):
            return licence.removeprefix(prefix).removesuffix(".html").removesuffix(".json")
    return licence.strip()


class Licences:
    """The table of licences known to the venue, and of the evidence each way of acquiring a source must show."""

    def __init__(self, known: Mapping[str, Licence], evidence: Mapping[str, frozenset[str]]) -> None:
        self._known = known
        self._evidence = evidence

    @classmethod
    def parse(cls, text: str) -> "Licences":
        """Read `licences.toml`; raises PolicyError LICENCES_INVALID with the place of the fault."""
        try:
            table = tomllib.loads(text)
            defaults = table["defaults"]
            known = {spdx: _licence(spdx, defaults | own) for spdx, own in table["licences"].items()}
            evidence = {way: frozenset(kinds) for way, kinds in table["evidence"].items()}
        except (tomllib.TOMLDecodeError, KeyError, TypeError, AttributeError) as error:
            raise PolicyError("LICENCES_INVALID", repr(error)) from error
        for licence in known.values():
            if strangers := licence.passes_to - known.keys():
                raise PolicyError("LICENCES_INVALID", f"{licence.spdx} passes to unknown {sorted(strangers)}")
        return cls(known, evidence)

    def __iter__(self) -> Iterator[Licence]:
        return iter(self._known.values())

    def get(self, licence: str) -> Licence | None:
        return self._known.get(spdx_id(licence))

    def permitted(self, offer: str, offered: Purpose) -> Purpose:
        """The offered purposes that the licence allows; none where the licence is unknown."""
        licence = self.get(offer)
        return offered & licence.purposes if licence else Purpose(0)

    def missing_evidence(self, acquisition: str, shown: Iterable[str]) -> list[str]:
        """What a source so acquired still has to show; an unknown way of acquiring is itself what is missing."""
        required = self._evidence.get(acquisition)
        if required is None:
            return ["way-of-acquisition"]
        return sorted(required.difference(shown))

    def conflict(self, source: str, offer: str) -> Conflict | None:
        """Why data under `source` may not be sold under `offer`, or None where it may."""
        of_source, of_offer = self.get(source), self.get(offer)
        if of_source is None or of_offer is None:
            return Conflict.UNKNOWN_LICENCE
        if not of_source.commercial:
            return Conflict.NON_COMMERCIAL
        if of_source.share_alike and of_offer.spdx not in of_source.passes_to:
            return Conflict.SHARE_ALIKE
        if not of_source.derivatives and of_offer.spdx != of_source.spdx:
            return Conflict.NO_DERIVATIVES
        if of_source.attribution and not of_offer.attribution:
            return Conflict.ATTRIBUTION_DROPPED
        return None

    def conflicts(self, sources: Iterable[str], offer: str) -> list[str]:
        """One line for each conflict: code, licence of the source, licence of the offer."""
        offered = spdx_id(offer)
        if self.get(offered) is None:
            return [f"{Conflict.UNKNOWN_LICENCE} {offered or 'none'}"]
        named = {spdx_id(source) for source in sources}
        found = {source: self.conflict(source, offered) for source in named}
        return sorted(f"{why} {source or 'none'} > {offered}" for source, why in found.items() if why)


def _licence(spdx: str, traits: Mapping[str, Any]) -> Licence:
    if unknown := traits.keys() - TRAITS:
        raise KeyError(f"{spdx}: unknown trait {sorted(unknown)}")
    flags: dict[str, bool] = {name: traits[name] for name in FLAGS}
    if not all(type(flag) is bool for flag in flags.values()):
        raise TypeError(f"{spdx}: a flag is neither true nor false")
    purposes, passes_to = purposes_named(traits["purposes"]), frozenset(traits.get("passes_to", []))
    return Licence(spdx, **flags, purposes=purposes, passes_to=passes_to)
