"""What a listing states for the gate beyond what the catalogue needs: `tex:` keys of the metadata, with safe readings.

    tex:origin         country the data is about, as CN; ZZ where not stated
    tex:persons        number of people the data is about
    tex:anonymised, tex:sensitiveData, tex:under14, tex:humanGenetic, tex:publicData, tex:rightHolderAuthority

Where a flag is not stated, the words of `rai:personalSensitiveInformation` are read for it, and a word that points to
it counts: the vendor can only be taken to say too much.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from exchange.catalogue.listing import Listing
from exchange.operations.refusals import OperationRefused

UNSTATED_COUNTRY: Final = "ZZ"
"""Kept free by ISO 3166 for its users; here: the vendor did not say."""

_SENSITIVE = re.compile(
    r"sensitive|health|medical|patient|biometric|religio|financ|bank|location|whereabouts|identity (?:card|number)"
    r"|敏感|健康|医疗|病|生物识别|宗教|金融|银行|行踪|身份证",
    re.IGNORECASE,
)
_CHILDREN = re.compile(r"under (?:14|fourteen)|child|minors?\b|儿童|未成年|十四", re.IGNORECASE)
_GENETIC = re.compile(r"genetic|genom|\bdna\b|基因|遗传", re.IGNORECASE)
_HEALTH = re.compile(
    r"\bhealth|\bmedic|\bpatient|\bclinic|\bdiagnos|\bdisease|\bhospital|健康|医|药|病|患者|诊", re.IGNORECASE
)
HEALTH: Final = "health"
_COUNTRY = re.compile(r"[A-Z]{2}")


@dataclass(frozen=True, slots=True)
class Statements:
    """`persons` None: personal data is declared and nobody said of how many."""

    origin: str
    declares_sensitive: bool
    declares_under_14: bool
    human_genetic: bool
    anonymised: bool
    persons: int | None
    right_holder_authority: bool | None


def read_statements(croissant: bytes, listing: Listing) -> Statements:
    """The statements of metadata that the catalogue has already read; OperationRefused BAD_STATEMENT."""
    metadata: dict[str, Any] = json.loads(croissant)
    told = listing.personal_data if listing.declares_personal_data else ""
    return Statements(
        origin=_country(metadata),
        declares_sensitive=_flag(metadata, "tex:sensitiveData", bool(_SENSITIVE.search(told))),
        declares_under_14=_flag(metadata, "tex:under14", bool(_CHILDREN.search(told))),
        human_genetic=_flag(metadata, "tex:humanGenetic", bool(_GENETIC.search(told))),
        anonymised=_flag(metadata, "tex:anonymised", default=False),
        persons=_persons(metadata, 0 if not listing.declares_personal_data else None),
        right_holder_authority=_flag(metadata, "tex:rightHolderAuthority", None),
    )


def read_sector(listing: Listing) -> str:
    """In lower case, empty where not stated; `health` where name, description or a keyword points to it."""
    told = " ".join((listing.sector or "", listing.name, listing.description, *listing.keywords))
    return HEALTH if _HEALTH.search(told) else (listing.sector or "").lower()


def read_sampling(report: bytes) -> dict[str, int]:
    """The whole numbers of a sampling report, a flat JSON object; OperationRefused BAD_EVIDENCE for anything else."""
    try:
        stated = json.loads(report)
    except ValueError:
        stated = None
    if not isinstance(stated, dict) or not all(type(value) is int and value >= 0 for value in stated.values()):
        raise OperationRefused("BAD_EVIDENCE", "a sampling report is a JSON object of whole numbers")
    return stated


def _flag(metadata: Mapping[str, Any], key: str, default: Any) -> Any:
    value = metadata.get(key, default)
    if value is not default and type(value) is not bool:
        raise OperationRefused("BAD_STATEMENT", f"{key} is neither true nor false")
    return value


def _country(metadata: Mapping[str, Any]) -> str:
    value = metadata.get("tex:origin", UNSTATED_COUNTRY)
    if not isinstance(value, str) or not _COUNTRY.fullmatch(value):
        raise OperationRefused("BAD_STATEMENT", "tex:origin is no country code such as CN")
    return value


def _persons(metadata: Mapping[str, Any], default: int | None) -> int | None:
    value = metadata.get("tex:persons", default)
    if value is not None and (type(value) is not int or not 0 <= value < 2**40):
        raise OperationRefused("BAD_STATEMENT", "tex:persons is no number of people")
    return value
