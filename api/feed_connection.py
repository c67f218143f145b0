"""One client as the feed sees it: what it is subscribed to, what waits for it, and when it is cut.

There is no socket here: whoever holds the socket takes messages out, is woken when there are some, and aborts it when
told to.
"""

from collections.abc import Callable
from typing import Final

from api.auth import Caller
from api.feed_outbox import Key, Message, Outbox, Render, Update, as_text
from api.feed_requests import Subscription
from api.feed_settings import FeedSettings
from api.limits import Limiter

POLICY_VIOLATION: Final = 1008
TRY_AGAIN_LATER: Final = 1013
"""Codes of RFC 6455 and its registry with which the feed closes a connection."""


class Connection:
    """`closing` is the code to close with once nothing waits any more, zero while the client is welcome."""

    def __init__(
        self, settings: FeedSettings, clock: Callable[[], float], wake: Callable[[], None], abort: Callable[[], None]
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._wake = wake
        self._abort = abort
        self._outbox = Outbox(settings.max_waiting_bytes)
        self._allowance = Limiter("feed", settings.message_rate, settings.message_burst)
        self._refused_in_a_row = 0
        self._closing_since_s = 0.0
        self._sending_since_s: float | None = None
        self.closing = 0
        self.subscriptions: dict[Subscription, None] = {}
        self.caller: Caller | None = None
        self.user_sequence = 0

    @property
    def waiting_bytes(self) -> int:
        return self._outbox.bytes

    def may_ask(self) -> bool:
        """Take one message from the client's allowance."""
        return self._allowance.take("", self._clock()).granted

    def send(self, message: str, topic: str = "", sequence: int = 0) -> None:
        """A message that must reach the client whole, or the client is cut."""
        if self.closing:
            return
        if self._outbox.put(message, self._clock(), topic, sequence):
            self._wake()
        else:
            self._cut_slow()

    def send_newest(self, key: Key, content: str | Render) -> None:
        if not self.closing:
            self._outbox.put_newest(key, content, self._clock())
            self._wake()

    def send_update(self, key: Key, update: Update, snapshot: Render) -> None:
        if not self.closing:
            self._outbox.put_update(key, update, snapshot, self._clock())
            self._wake()

    def forget(self, key: Key) -> None:
        self._outbox.forget(key)

    def accept(self) -> None:
        """The client's last message was a good one."""
        self._refused_in_a_row = 0

    def refuse(self, error: Message) -> None:
        """Tell what was wrong with a message; a client that sends nothing else is closed."""
        self.send(as_text(error))
        self._refused_in_a_row += 1
        if self._refused_in_a_row >= self._settings.max_refused_in_a_row:
            self.close(POLICY_VIOLATION)

    def close(self, code: int) -> None:
        """Close once what waits is sent."""
        if not self.closing:
            self.closing, self._closing_since_s = code, self._clock()
            self._wake()

    def take(self) -> str | None:
        """The next message to send, which counts as being sent until `sent` or the next one."""
        text = self._outbox.take()
        self._sending_since_s = None if text is None else self._clock()
        return text

    def check(self) -> None:
        """Cut a client that is too slow, and let go of one that does not even read why. Call every second or so."""
        now_s = self._clock()
        if self.closing:
            if now_s - self._closing_since_s > self._settings.cut_grace_s:
                self._abort()
        elif self._outbox.age_s(now_s) > self._settings.max_waiting_s:
            self._cut_slow()
        elif self._sending_since_s is not None and now_s - self._sending_since_s > self._settings.stall_s:
            self._abort()

    def _cut_slow(self) -> None:
        """Drop what waits: the client is told the last sequences it was sent, from which to begin again."""
        last = self._outbox.sent
        self._outbox.clear()
        error = {
            "type": "error",
            "message": "Slow consumer",
            "reason": "messages came faster than they were read",
            "code": "SLOW_CONSUMER",
            "sequences": last,
        }
        self._outbox.put(as_text(error), self._clock())
        self.close(TRY_AGAIN_LATER)
