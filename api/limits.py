"""Rate limits as token buckets: a bucket fills at a steady rate up to its burst, and every request takes from it."""

import math
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Final

BUCKETS_KEPT: Final = 50_000
"""Buckets beyond this are forgotten, longest unused first; a forgotten one is full."""


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_s: float


@dataclass(frozen=True, slots=True)
class Allowance:
    """What one request got. Times in whole seconds, rounded up: until the bucket is full, and until a retry helps."""

    policy: str
    limit: int
    window_s: int
    remaining: int
    reset_s: int
    retry_s: int

    @property
    def granted(self) -> bool:
        return self.retry_s == 0

    def headers(self) -> list[tuple[bytes, bytes]]:
        """The fields of the IETF draft "RateLimit header fields for HTTP"."""
        policy = f'"{self.policy}";q={self.limit};w={self.window_s}'
        state = f'"{self.policy}";r={self.remaining};t={self.reset_s}'
        return [(b"ratelimit-policy", policy.encode()), (b"ratelimit", state.encode())]


class Limiter:
    """Buckets of one policy, by whom they limit."""

    def __init__(self, policy: str, rate: int, burst: int) -> None:
        self.policy = policy
        self._rate = rate
        self._burst = burst
        self._window_s = math.ceil(burst / rate)
        self._buckets: OrderedDict[Hashable, _Bucket] = OrderedDict()

    def take(self, whom: Hashable, now_s: float, cost: int = 1) -> Allowance:
        """Take `cost` requests' worth, or nothing where there is not enough; `now_s` is any steady clock."""
        bucket = self._buckets.get(whom)
        if bucket is None:
            bucket = self._buckets[whom] = _Bucket(float(self._burst), now_s)
            if len(self._buckets) > BUCKETS_KEPT:
                self._buckets.popitem(last=False)
        else:
            self._buckets.move_to_end(whom)
        bucket.tokens = min(self._burst, bucket.tokens + (now_s - bucket.filled_s) * self._rate)
        bucket.filled_s = now_s
        missing = cost - bucket.tokens
        if missing <= 0:
            bucket.tokens -= cost
        return Allowance(
            self.policy,
            self._burst,
            self._window_s,
            int(bucket.tokens),
            math.ceil((self._burst - bucket.tokens) / self._rate),
            max(1, math.ceil(missing / self._rate)) if missing > 0 else 0,
        )
