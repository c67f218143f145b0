"""A small dataset with its Croissant metadata, for tests to spoil one thing at a time."""

import copy
import hashlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

LISTINGS = Path(__file__).parents[2] / "simulations" / "listings"
TRAIN = b'{"question": "1+1?", "answer": "2"}\n{"question": "2+2?", "answer": "4"}\n'
Spoil = Callable[[dict[str, Any]], object]


@pytest.fixture
def files() -> dict[str, bytes]:
    return {"train.jsonl": TRAIN, "LICENSE": b"Permission is hereby granted to everyone."}


@pytest.fixture
def metadata(files: dict[str, bytes]) -> dict[str, Any]:
    """Valid metadata of the small set; a copy for each test."""
    stated: dict[str, Any] = json.loads((LISTINGS / "gsm8k.croissant.json").read_bytes())
    for node in stated["distribution"]:
        content = files[node["@id"]]
        node |= {"sha256": hashlib.sha256(content).hexdigest(), "contentSize": f"{len(content)} B"}
    return stated


@pytest.fixture
def spoilt(metadata: dict[str, Any]) -> Callable[[Spoil], bytes]:
    """The small set's metadata as bytes after one change."""

    def spoil(change: Spoil) -> bytes:
        changed = copy.deepcopy(metadata)
        change(changed)
        return json.dumps(changed, ensure_ascii=False).encode()

    return spoil
