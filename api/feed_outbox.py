"""What waits to be sent on one connection, bounded in bytes and age. No sockets here, and no clock.

Three kinds of message wait in one line. What must reach the client whole waits as it is. Of what tells a current state
(a ticker, a heartbeat, a book) only the newest waits, in the place of the one before. Updates of a book merge into one,
and where even that grows too large, a new snapshot takes their place.
"""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

Message = dict[str, Any]
Key = tuple[str, ...]
Render = Callable[[], str]

_CHANGE_BYTES: Final = 40
"""About what one changed level takes, in a message and in memory."""

_encode = msgspec.json.Encoder().encode


def as_text(message: Mapping[str, Any]) -> str:
    return _encode(message).decode()


class Update:
    """An `l2update` that many connections share: written as JSON once, and only where somebody reads it."""

    __slots__ = ("_message", "_text")

    def __init__(self, message: Message) -> None:
        self._message = message
        self._text = ""

    @property
    def text(self) -> str:
        self._text = self._text or as_text(self._message)
        return self._text

    @property
    def bytes(self) -> int:
        return _CHANGE_BYTES * len(self._message["changes"])

    def then(self, later: "Update") -> "Update":
        """Both in one: whoever applies it stands where it would stand after one and the other."""
        earlier, newest = self._message, later._message  # noqa: SLF001 - of its own class
        assert newest["prev_sequence"] == earlier["sequence"], "an update does not follow the one before"
        levels = {(side, price): size for side, price, size in earlier["changes"]}
        levels.update({(side, price): size for side, price, size in newest["changes"]})
        changes = [[side, price, size] for (side, price), size in levels.items()]
        return Update({**newest, "prev_sequence": earlier["prev_sequence"], "changes": changes})


@dataclass(slots=True)
class _Waiting:
    content: str | Update | Render | None
    since_s: float
    bytes: int
    key: Key | None
    topic: str = ""
    sequence: int = 0


class Outbox:
    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._line: deque[_Waiting] = deque()
        self._newest: dict[Key, _Waiting] = {}
        self._whole: deque[_Waiting] = deque()
        self.bytes = 0
        self.sent: dict[str, int] = {}
        """The last sequence taken out, by topic, of what is sent whole."""

    def __len__(self) -> int:
        return len(self._line)

    def put(self, text: str, now_s: float, topic: str = "", sequence: int = 0) -> bool:
        """Let a message wait that must be sent whole; False, and nothing done, where there is no room for it."""
        if self.bytes + len(text) > self._max_bytes and self._line:
            return False
        waiting = _Waiting(text, now_s, len(text), None, topic, sequence)
        self._whole.append(waiting)
        self._append(waiting)
        return True

    def put_newest(self, key: Key, content: str | Render, now_s: float) -> None:
        """Let the state that `key` names wait, instead of an older one. A `Render` is asked when its turn comes."""
        size = len(content) if isinstance(content, str) else 0
        waiting = self._newest.get(key)
        if waiting is None:
            waiting = self._newest[key] = _Waiting(content, now_s, size, key)
            self._append(waiting)
        else:
            self._replace(waiting, content, size)

    def put_update(self, key: Key, update: Update, snapshot: Render, now_s: float) -> None:
        """Let an update of a book wait, merged with what waits of it; `snapshot` renders the book instead."""
        waiting = self._newest.get(key)
        if waiting is not None and not isinstance(waiting.content, Update):
            return  # The snapshot that waits will show what this update tells.
        before = 0
        if waiting is not None and isinstance(waiting.content, Update):
            before = waiting.bytes
            update = waiting.content.then(update)
        if self.bytes - before + update.bytes > self._max_bytes:
            self.put_newest(key, snapshot, now_s)
        elif waiting is None:
            waiting = self._newest[key] = _Waiting(update, now_s, update.bytes, key)
            self._append(waiting)
        else:
            self._replace(waiting, update, update.bytes)

    def take(self) -> str | None:
        """The next message, or None where nothing waits."""
        while self._line:
            waiting = self._line[0]
            content = waiting.content
            # Rendering may let more messages wait, behind this one: it leaves its place only afterwards.
            text = content.text if isinstance(content, Update) else content() if callable(content) else content
            self._line.popleft()
            self.bytes -= waiting.bytes
            if waiting.key is None:
                self._whole.popleft()
                if waiting.topic:
                    self.sent[waiting.topic] = waiting.sequence
            elif text is not None:
                del self._newest[waiting.key]
            if text is not None:
                return text
        return None

    def forget(self, key: Key) -> None:
        """Send nothing of this state any more."""
        waiting = self._newest.pop(key, None)
        if waiting is not None:
            self._replace(waiting, None, 0)

    def age_s(self, now_s: float) -> float:
        """How long the oldest waits of what must be sent whole."""
        return now_s - self._whole[0].since_s if self._whole else 0.0

    def clear(self) -> None:
        self._line.clear()
        self._newest.clear()
        self._whole.clear()
        self.bytes = 0

    def _append(self, waiting: _Waiting) -> None:
        self._line.append(waiting)
        self.bytes += waiting.bytes

    def _replace(self, waiting: _Waiting, content: str | Update | Render | None, size: int) -> None:
        self.bytes += size - waiting.bytes
        waiting.content, waiting.bytes = content, size
