"""The one spelling of a JSON value in manifests and lots: sorted keys, no spaces, UTF-8, integers and text only."""

import json
from typing import Any, NoReturn


def canonical_json(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def parse_canonical(content: bytes) -> Any:
    """The value of `content`; ValueError unless `content` is its one canonical spelling."""
    try:
        value = json.loads(content, parse_float=_refuse, parse_constant=_refuse)
        spelling = canonical_json(value)
    except RecursionError:
        raise ValueError("nested too deep") from None
    if spelling != content:
        raise ValueError("not in canonical form")
    return value


def _refuse(number: str) -> NoReturn:
    raise ValueError(f"{number} is no integer")
