"""The record of every question that was answered about a dataset's novelty, and how many a participant has left."""

import threading
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from exchange.delivery.chain import ChainedLog, read_chain


@dataclass(frozen=True, slots=True)
class Query:
    """One answer given, `at_ns` after 1970, to `key` of `participant` about `base`.

    `sketch` is the SHA-256 of the corpus's sketch, which itself is not kept; `evaluations` how many other collections
    were asked about; `estimate_ppm` what was told of the corpus.
    """

    participant: int
    key: int
    base: int
    at_ns: int
    sketch: str
    evaluations: int
    estimate_ppm: int


class QueryLog:
    """The log, and what it counts for each participant and base. Safe for many threads."""

    def __init__(self, path: Path) -> None:
        self._asked = Counter((query.participant, query.base) for query in read_chain(path, Query))
        self._log = ChainedLog(path, Query)
        self._lock = threading.Lock()

    def asked(self, participant: int, base: int) -> int:
        return self._asked[participant, base]

    def take(self, query: Query, limit: int) -> bool:
        """Record a query that is about to be answered; False, and no record, where the participant has none left."""
        place = query.participant, query.base
        with self._lock:
            if self._asked[place] >= limit:
                return False
            self._log.append(query)
            self._asked[place] += 1
        return True

    @property
    def head(self) -> str:
        """The SHA-256 of the last line."""
        return self._log.head

    def close(self) -> None:
        self._log.close()
