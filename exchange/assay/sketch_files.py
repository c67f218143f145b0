"""The form that sketches are kept and sent in: a line of canonical JSON, then arrays of fixed-width integers."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from exchange.assay.certificate import canonical_json
from exchange.assay.errors import SketchError

Header = dict[str, Any]
MAXIMUM_HEADER_BYTES = 1 << 16


def join_file(header: Header, *arrays: npt.NDArray[Any]) -> bytes:
    """`header` must name the arrays' common length as `hashes`; integers are written little-endian."""
    written = [array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes() for array in arrays]
    return canonical_json(header) + b"\n" + b"".join(written)


def split_file(content: bytes, name: str, kinds: Sequence[str]) -> tuple[Header, list[npt.NDArray[Any]]]:
    """The header, which is of the format `name`, and the arrays of these kinds; SketchError SKETCH_MALFORMED."""
    line, newline, _ = content[:MAXIMUM_HEADER_BYTES].partition(b"\n")
    try:
        header = json.loads(line)
    except (ValueError, RecursionError):
        header = None
    if not newline or not isinstance(header, dict) or header.get("format") != name:
        raise SketchError("SKETCH_MALFORMED", f"it does not begin with the header of {name}")
    count = header.get("hashes")
    width = sum(np.dtype(kind).itemsize for kind in kinds)
    body = memoryview(content)[len(line) + 1 :]
    if type(count) is not int or count < 0 or len(body) != count * width:
        raise SketchError("SKETCH_MALFORMED", "it has more or fewer hashes than its header says")
    arrays, start = [], 0
    for kind in kinds:
        array = np.frombuffer(body, dtype=kind, count=count, offset=start)
        arrays.append(array)
        start += array.nbytes
    return header, arrays
