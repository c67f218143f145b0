"""A window of time at whose end whatever happened in it is told at once."""

import asyncio
from collections.abc import Callable


class Window:
    """Begins with the first who wants to be called, and calls each once at its end."""

    def __init__(self, loop: asyncio.AbstractEventLoop, length_s: float) -> None:
        self._loop = loop
        self._length_s = length_s
        self._due: dict[Callable[[], None], None] = {}

    def want(self, flush: Callable[[], None]) -> None:
        if not self._due:
            self._loop.call_later(self._length_s, self._end)
        self._due[flush] = None

    def _end(self) -> None:
        due, self._due = self._due, {}
        for flush in due:
            flush()
