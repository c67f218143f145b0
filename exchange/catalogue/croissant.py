"""Croissant 1.1 metadata in, a listing out: the standard's validator first, then what the exchange requires on top."""

import hashlib
import re
from datetime import date
from typing import Any

from exchange.assay.recipe import Recipe
from exchange.catalogue.licences import spdx_id
from exchange.catalogue.listing import (
    ACQUISITIONS,
    CONSENT_EVIDENCE,
    DATA_LEVELS,
    DATASET_CLASSES,
    LICENCE_EVIDENCE,
    Evidence,
    FileEntry,
    Listing,
    ListingError,
    Source,
    Terms,
    safe_path,
)
from exchange.catalogue.metadata import objects, parse_metadata, text, texts
from exchange.catalogue.recipes import read_recipe
from exchange.vocabulary.instruments import Purpose

CROISSANT_VERSIONS = frozenset({"http://mlcommons.org/croissant/1.1"})
_SIZE = re.compile(r"(\d{1,15})(?: ?B)?")
_SHA256 = re.compile(r"[0-9a-f]{64}")


def read_listing(received: bytes) -> Listing:
    """The listing that the JSON-LD in `received` states; ListingError with the first thing that is wrong with it."""
    metadata = parse_metadata(received)
    if not CROISSANT_VERSIONS & set(texts(metadata.get("conformsTo"))):
        raise ListingError("BAD_CROISSANT", f"conformsTo must name {', '.join(CROISSANT_VERSIONS)}")
    files = _files(metadata)
    return Listing(
        name=text(metadata, "name"),
        version=text(metadata, "version"),
        description=text(metadata, "description"),
        creator=_creator(metadata),
        licence=_licence(metadata),
        date_published=_date(metadata),
        url=text(metadata, "url"),
        languages=_required(metadata, "inLanguage"),
        keywords=texts(metadata.get("keywords")),
        files=files,
        sources=_sources(metadata),
        terms=read_terms(metadata),
        personal_data="; ".join(_required(metadata, "rai:personalSensitiveInformation")),
        collection="; ".join(_required(metadata, "rai:dataCollection")),
        evidence=_evidence(metadata),
        data_level=_one_of(metadata, "tex:dataLevel", DATA_LEVELS),
        dataset_class=_one_of(metadata, "tex:datasetClass", DATASET_CLASSES),
        sector=next(iter(texts(metadata.get("tex:sector"))), None),
        profile=next(iter(texts(metadata.get("tex:profile"))), None),
        lot_rtu=_wish(metadata, "tex:lotRtu"),
        copies=_wish(metadata, "tex:copies"),
        recipe=read_recipe(metadata, files),
        sha256=hashlib.sha256(received).hexdigest(),
    )


def read_stated_recipe(received: bytes) -> Recipe:
    """The recipe out of metadata that is valid Croissant and not yet a listing; ListingError where it has none."""
    metadata = parse_metadata(received)
    return read_recipe(metadata, _files(metadata))


def _required(metadata: dict[str, Any], key: str) -> tuple[str, ...]:
    found = texts(metadata.get(key))
    if not found:
        raise ListingError("MISSING_FIELD", key)
    return found


def _one_of(metadata: dict[str, Any], key: str, allowed: tuple[str, ...]) -> str:
    found = text(metadata, key)
    if found not in allowed:
        raise ListingError("BAD_FIELD", f"{key} is {found[:100]!r}, not of {', '.join(allowed)}")
    return found


def _creator(metadata: dict[str, Any]) -> str:
    creators = objects(metadata, "creator")
    names = [text(creator, "name") for creator in creators] or list(texts(metadata.get("creator")))
    if not names:
        raise ListingError("MISSING_FIELD", "creator")
    return "; ".join(names)


def _licence(metadata: dict[str, Any]) -> str:
    licences = _required(metadata, "license")
    if len(licences) > 1:
        raise ListingError("BAD_LICENCE", "an edition is offered under one licence; list it twice for two")
    return spdx_id(licences[0])


def _date(metadata: dict[str, Any]) -> str:
    stated = text(metadata, "datePublished")
    try:
        return date.fromisoformat(stated[:10]).isoformat()
    except ValueError:
        raise ListingError("BAD_FIELD", f"datePublished is {stated[:40]!r}, no ISO date") from None


def _files(metadata: dict[str, Any]) -> tuple[FileEntry, ...]:
    found = [_file(node) for node in objects(metadata, "distribution") if node.get("@type") in _FILE_TYPES]
    if not found:
        raise ListingError("MISSING_FIELD", "distribution")
    for paths in ([entry.path for entry in found], [entry.id for entry in found]):
        if len(set(paths)) < len(paths):
            raise ListingError("BAD_FIELD", "distribution names a file twice")
    return tuple(found)


_FILE_TYPES = ("cr:FileObject", "FileObject", "http://mlcommons.org/croissant/FileObject")


def _file(node: dict[str, Any]) -> FileEntry:
    """One file. Where the URL only puts folders before the `@id`, the `@id` is the place inside the set's folder."""
    file_id, url = text(node, "@id"), safe_path(text(node, "contentUrl"))
    sha256 = text(node, "sha256").lower()
    if not _SHA256.fullmatch(sha256):
        raise ListingError("BAD_FIELD", f"sha256 of {file_id[:100]!r} is not 64 hex digits")
    size = _SIZE.fullmatch(str(node.get("contentSize", "")))
    return FileEntry(
        id=file_id,
        path=safe_path(file_id) if url.endswith("/" + file_id) else url,
        encoding_format=text(node, "encodingFormat"),
        sha256=sha256,
        size_bytes=int(size[1]) if size else None,
    )


def _sources(metadata: dict[str, Any]) -> tuple[Source, ...]:
    """What is stated of sources, none where nothing is: to do without is the gate's to refuse, with its article."""
    stated = metadata.get("prov:wasDerivedFrom") or []
    found = []
    for node in stated if isinstance(stated, list) else [stated]:
        ids = texts(node)
        licences = texts(node.get("license")) if isinstance(node, dict) else ()
        if len(ids) != 1 or len(licences) > 1:
            raise ListingError("MISSING_FIELD", "prov:wasDerivedFrom, each source with one id and at most one licence")
        found.append(Source(ids[0], spdx_id(licences[0]) if licences else None, _acquisition(node)))
    return tuple(found)


def _acquisition(node: Any) -> str:
    if isinstance(node, dict) and "tex:acquisition" in node:
        return _one_of(node, "tex:acquisition", ACQUISITIONS)
    return "open"


def _evidence(metadata: dict[str, Any]) -> tuple[Evidence, ...]:
    """Licence and consent evidence under their own keys, any other kind in the object `tex:evidence`."""
    named = {
        LICENCE_EVIDENCE: metadata.get("rai:dataLicenseEvidence"),
        CONSENT_EVIDENCE: metadata.get("tex:consentEvidence"),
    }
    others = metadata.get("tex:evidence", {})
    if not isinstance(others, dict) or others.keys() & named.keys():
        raise ListingError("BAD_FIELD", "tex:evidence must be an object of other kinds of evidence and their files")
    stated = [(kind, path) for kind, paths in (named | others).items() for path in texts(paths)]
    return tuple(Evidence(kind, safe_path(path)) for kind, path in stated)


def _wish(metadata: dict[str, Any], key: str) -> int | None:
    value = metadata.get(key)
    if value is None:
        return None
    if type(value) is not int or not 0 < value < 2**40:
        raise ListingError("BAD_FIELD", f"{key} must be a positive whole number")
    return value


def read_terms(metadata: dict[str, Any]) -> Terms:
    """The offer in `usageInfo`. What the gate cannot enforce is refused: to drop it would widen the licence."""
    offers = [node for node in objects(metadata, "usageInfo") if "odrl:Offer" in texts(node.get("@type"))]
    if len(offers) != 1:
        raise ListingError("MISSING_FIELD", "usageInfo with one odrl:Offer")
    permissions = objects(offers[0], "odrl:permission")
    if len(permissions) != 1 or _codes(permissions[0].get("odrl:action")) != ("use",):
        raise ListingError("UNSUPPORTED_TERMS", "an offer has one odrl:permission, to odrl:use")
    stated = [_constraint(node) for node in objects(permissions[0], "odrl:constraint")]
    constraints = dict(stated)
    if len(constraints) < len(stated):
        raise ListingError("UNSUPPORTED_TERMS", "an offer constrains purpose and territory once each")
    if not constraints.get("purpose"):
        raise ListingError("MISSING_FIELD", "odrl:purpose in the offer")
    return Terms(
        purposes=_purposes(constraints["purpose"]),
        territory=constraints.get("spatial", ()),
        prohibitions=_actions(offers[0], "odrl:prohibition"),
        duties=_actions(permissions[0], "odrl:duty"),
    )


def _purposes(codes: tuple[str, ...]) -> Purpose:
    """`genai-training`, as the trade has it, is training and fine-tuning; an unknown purpose permits nothing."""
    purposes = Purpose(0)
    for code in codes:
        name = code.upper().replace("-", "_")
        if name == "GENAI_TRAINING":
            purposes |= Purpose.TRAINING | Purpose.FINE_TUNING
        elif name in Purpose.__members__:
            purposes |= Purpose[name]
        else:
            raise ListingError("BAD_FIELD", f"unknown purpose {code[:100]!r}")
    return purposes


def _constraint(node: dict[str, Any]) -> tuple[str, tuple[str, ...]]:
    operand, operator = _codes(node.get("odrl:leftOperand")), _codes(node.get("odrl:operator"))
    if operand not in (("purpose",), ("spatial",)) or operator not in (("eq",), ("isAnyOf",), ("isPartOf",)):
        raise ListingError("UNSUPPORTED_TERMS", f"constraint {operand} {operator}")
    return operand[0], _codes(node.get("odrl:rightOperand"))


def _actions(node: dict[str, Any], key: str) -> tuple[str, ...]:
    return tuple(code for rule in objects(node, key) for code in _codes(rule.get("odrl:action")))


def _codes(value: Any) -> tuple[str, ...]:
    """The last part of each name or IRI: `CN`, `odrl:use`, `http://www.w3.org/ns/odrl/2/use`."""
    return tuple(re.split(r"[:/#]", code)[-1] for code in texts(value))
