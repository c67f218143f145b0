"""What a vendor, or the listing on its behalf, states about a dataset that no measurement of its text can tell."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from exchange.assay.errors import DeclarationError
from exchange.assay.grade import INDICATORS
from exchange.assay.quality import PROFILES

Sample = tuple[int, int]


class Declaration(NamedTuple):
    """`profile` and `language` are empty where not declared. A sample is (number looked at, number found wanting).

    `licence_evidence`: the licence's text was given. `files_verified`: every file had the SHA-256 its metadata states;
    None where that was not checked. `source_stated`: where the documents come from is said. `personal_data_consent`:
    consent, or another ground, is evidenced for the personal data in them. `documentation`: for each of 0101–0104, the
    fields asked for and those missing. `label_sample`: labels judged again by people. `value_sample`: values of fields,
    and those of an unusual kind, where documents come without the records they were taken from. `provenance`: what the
    body is to say of the origin, of integers, strings, lists and objects; it is repeated there and not judged.
    """

    profile: str = ""
    language: str = ""
    licence_evidence: bool = False
    files_verified: bool | None = None
    source_stated: bool | None = None
    personal_data_consent: bool = False
    documentation: Mapping[str, Sample] = {}
    label_sample: Sample | None = None
    value_sample: Sample | None = None
    provenance: Mapping[str, Any] = {}


def read_declaration(declared: Mapping[str, object]) -> Declaration:
    """`declared` by the names of Declaration, with `class` for the profile; DeclarationError for anything else."""
    known = {"class", *Declaration._fields} - {"profile"}
    for name in declared:
        if name not in known:
            raise DeclarationError("DECLARATION_INVALID", f"unknown key {name!r}; known: {', '.join(sorted(known))}")
    return Declaration(
        profile=_profile(declared),
        language=_text(declared, "language"),
        licence_evidence=bool(_flag(declared, "licence_evidence")),
        files_verified=_flag(declared, "files_verified"),
        source_stated=_flag(declared, "source_stated"),
        personal_data_consent=bool(_flag(declared, "personal_data_consent")),
        documentation=_documentation(declared),
        label_sample=_sample(declared["label_sample"]) if "label_sample" in declared else None,
        value_sample=_sample(declared["value_sample"]) if "value_sample" in declared else None,
        provenance=_table(declared, "provenance"),
    )


def _profile(declared: Mapping[str, object]) -> str:
    profile = _text(declared, "class")
    if profile and profile not in PROFILES:
        raise DeclarationError("DECLARATION_INVALID", f"class {profile!r} is none of {', '.join(PROFILES)}")
    return profile


def _text(declared: Mapping[str, object], name: str) -> str:
    value = declared.get(name, "")
    if not isinstance(value, str):
        raise DeclarationError("DECLARATION_INVALID", f"{name} is not text")
    return value


def _flag(declared: Mapping[str, object], name: str) -> bool | None:
    value = declared.get(name)
    if value is not None and not isinstance(value, bool):
        raise DeclarationError("DECLARATION_INVALID", f"{name} is neither true nor false")
    return value


def _table(declared: Mapping[str, object], name: str) -> Mapping[str, Any]:
    value = declared.get(name, {})
    if not isinstance(value, Mapping):
        raise DeclarationError("DECLARATION_INVALID", f"{name} is not a table")
    return value


def _documentation(declared: Mapping[str, object]) -> dict[str, Sample]:
    value = _table(declared, "documentation")
    for code in value:
        if code not in INDICATORS or INDICATORS[code][0] != "documentation":
            raise DeclarationError("DECLARATION_INVALID", f"documentation has no indicator {code!r}")
    return {code: _sample(sample) for code, sample in value.items()}


def _sample(value: object) -> Sample:
    match value:
        case (int(n), int(defects)) if n > 0 and 0 <= defects <= n:
            return n, defects
    raise DeclarationError("DECLARATION_INVALID", f"{value!r} is not (number, defects among them)")
