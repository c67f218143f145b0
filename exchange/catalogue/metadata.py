"""JSON-LD as it comes in: parsed within limits, checked by the Croissant validator, and read field by field."""

import copy
import json
import logging
import re
from typing import Any, NoReturn

import mlcroissant
import rdflib

from exchange.catalogue.listing import ListingError

MAXIMUM_JSON_BYTES = 2**20
MAXIMUM_DEPTH = 32
MAXIMUM_VALUES = 20_000
MAXIMUM_EXPANDED_NODES = 200_000

_PREFIXES = {
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "prov": "http://www.w3.org/ns/prov#",
    "odrl": "http://www.w3.org/ns/odrl/2/",
    "tex": "https://example.invalid/ns/token-exchange#",
}
_CROISSANT_WORDS = (
    "column",
    "extract",
    "field",
    "fileObject",
    "fileProperty",
    "fileSet",
    "includes",
    "jsonPath",
    "recordSet",
    "regex",
    "separator",
    "source",
    "transform",
)
_SCHEMA_WORDS = (
    "contentSize",
    "contentUrl",
    "creator",
    "datePublished",
    "description",
    "distribution",
    "encodingFormat",
    "inLanguage",
    "keywords",
    "license",
    "name",
    "sha256",
    "url",
    "usageInfo",
    "version",
)
_WARNINGS = re.compile(r" ?Found the following \d+ warning")

# The libraries log what they also return, and would write a vendor's text into the operator's log.
for _library in ("absl", "rdflib"):
    logging.getLogger(_library).setLevel(logging.CRITICAL)


def parse_metadata(received: bytes) -> dict[str, Any]:
    """The JSON object in `received`, valid Croissant with an offline, standard context; ListingError otherwise."""
    metadata = _parse(received)
    _check_context(metadata)
    _validate(metadata)
    return metadata


def _parse(received: bytes) -> dict[str, Any]:
    if len(received) > MAXIMUM_JSON_BYTES:
        raise ListingError("BAD_JSON", f"{len(received)} bytes, over {MAXIMUM_JSON_BYTES}")
    try:
        metadata = json.loads(
            received.decode(), parse_constant=_refuse_constant, object_pairs_hook=_object_without_duplicates
        )
        json.dumps(metadata, ensure_ascii=False).encode()
    except RecursionError:
        raise ListingError("BAD_JSON", "nested too deep") from None
    except ValueError as error:
        raise ListingError("BAD_JSON", str(error)[:300]) from None
    if not isinstance(metadata, dict):
        raise ListingError("BAD_JSON", "not an object")
    _check_shape(metadata)
    return metadata


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


def _object_without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("an object names a key twice")
    return found


def _check_shape(metadata: dict[str, Any]) -> None:
    """Bound depth and number of values: the validator takes about 0.1 ms for each value."""
    level: list[Any] = [metadata]
    values = 0
    for _ in range(MAXIMUM_DEPTH):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        values += len(level)
        if values > MAXIMUM_VALUES:
            raise ListingError("BAD_JSON", f"over {MAXIMUM_VALUES} values")
        if not level:
            return
    raise ListingError("BAD_JSON", f"nested deeper than {MAXIMUM_DEPTH}")


def _check_context(metadata: dict[str, Any]) -> None:
    """Refuse a context that would be fetched, and one in which a word we read by name means something else."""
    context = metadata.get("@context")
    if not isinstance(context, dict):
        raise ListingError("BAD_CONTEXT", "@context must be an object in the document, nothing is fetched")
    if _holds_key({**metadata, "@context": None}, "@context") or _holds_key(context, "@context", "@import"):
        raise ListingError("BAD_CONTEXT", "only one @context, without imports")
    meanings = dict(_PREFIXES)
    meanings |= {word: f"cr:{word}" for word in _CROISSANT_WORDS}
    meanings |= {word: f"sc:{word}" for word in _SCHEMA_WORDS}
    for word in meanings.keys() & context.keys():
        if context[word] != meanings[word] and context[word] != {"@container": "@language"}:
            raise ListingError("BAD_CONTEXT", f"{word!r} must mean {meanings[word]!r}, not {context[word]!r}")


def _holds_key(value: Any, *keys: str) -> bool:
    if isinstance(value, list):
        return any(_holds_key(inner, *keys) for inner in value)
    if not isinstance(value, dict):
        return False
    return any((key in keys and inner is not None) or _holds_key(inner, *keys) for key, inner in value.items())


def _validate(metadata: dict[str, Any]) -> None:
    """Let mlcroissant judge. It writes into what it is given, and fails on hostile input in its own many ways."""
    try:
        _refuse_expansion(metadata)
        dataset = mlcroissant.Dataset(jsonld=copy.deepcopy(metadata))
    except ListingError:
        raise
    except mlcroissant.ValidationError as error:
        report = _WARNINGS.split(" ".join(str(error).split()))[0]
        raise ListingError("BAD_CROISSANT", report[:1000] or "the Croissant validator refuses it") from None
    except Exception as error:  # noqa: BLE001 - whatever a validator raises on hostile input is a refusal
        why = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
        told = f"the Croissant validator breaks off at it, as at objects where texts should be ({why})"
        raise ListingError("BAD_CROISSANT", told) from None
    errors = sorted(dataset.metadata.issues.errors)
    if errors:
        raise ListingError("BAD_CROISSANT", "; ".join(errors)[:1000])


def _refuse_expansion(metadata: dict[str, Any]) -> None:
    """Refuse references that lead in circles or multiply: the validator follows each one, time and again."""
    graph = rdflib.Graph().parse(data=json.dumps(metadata), format="json-ld")
    nodes = {node["@id"]: node for node in json.loads(graph.serialize(format="json-ld")) if "@id" in node}
    sizes: dict[str, int] = {}
    for node_id in nodes:
        if _expanded_size(node_id, nodes, sizes, ()) > MAXIMUM_EXPANDED_NODES:
            raise ListingError("BAD_CROISSANT", "references multiply beyond any use")


def _expanded_size(node_id: str, nodes: dict[str, Any], sizes: dict[str, int], above: tuple[str, ...]) -> int:
    if node_id in above or len(above) > MAXIMUM_DEPTH:
        raise ListingError("BAD_CROISSANT", f"references lead in a circle or too deep at {node_id!r}")
    if node_id not in sizes:
        inner = [
            _expanded_size(value["@id"], nodes, sizes, (*above, node_id))
            for values in nodes[node_id].values()
            if isinstance(values, list)
            for value in values
            if isinstance(value, dict) and value.get("@id") in nodes
        ]
        sizes[node_id] = 1 + sum(inner)
    return sizes[node_id]


def texts(value: Any) -> tuple[str, ...]:
    """The texts of a JSON-LD value: one, a list, `@id` or `@value` objects; anything else is not a text."""
    if isinstance(value, list):
        return tuple(text for inner in value for text in texts(inner))
    if isinstance(value, dict):
        return texts(value.get("@id", value.get("@value")))
    return (value.strip(),) if isinstance(value, str) and value.strip() else ()


def text(metadata: dict[str, Any], key: str) -> str:
    """The one text at `key`; of several languages the English, else the first; MISSING_FIELD where there is none."""
    value = metadata.get(key)
    if isinstance(value, dict) and not value.keys() & {"@id", "@value"}:
        value = value.get("en", next(iter(value.values()), None))
    found = texts(value)
    if not found:
        raise ListingError("MISSING_FIELD", key)
    return found[0]


def objects(metadata: dict[str, Any], key: str) -> list[dict[str, Any]]:
    """The objects at `key`, one or a list of them."""
    value = metadata.get(key, [])
    return [inner for inner in (value if isinstance(value, list) else [value]) if isinstance(inner, dict)]
