"""Arrays and files too large for memory, in a folder of their own that goes when they are done with."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

HELD_BYTES = 64 * 2**20
"""An array of more lies in a file and is mapped."""


@contextmanager
def scratch_array(shape: tuple[int, ...], dtype: Any, folder: Path | None = None) -> Iterator[npt.NDArray[Any]]:
    """An array of zeros: in memory if small, else in a nameless file in `folder`, or where the system keeps such."""
    if int(np.prod(shape)) * np.dtype(dtype).itemsize <= HELD_BYTES:
        yield np.zeros(shape, dtype)
        return
    with tempfile.TemporaryFile(dir=folder) as file:
        yield np.memmap(file, dtype=dtype, mode="w+", shape=shape)
