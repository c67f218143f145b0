"""Finding datasets: facets, words, sizes and prices of what is on offer, in memory, in an order and by pages.

Facets and words are inverted indexes, orders are sorted lists. So a search looks at no more entries than the rarest of
what it asks for has, and one that asks for nothing at no more than its page, whatever the number of listings.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple

from sortedcontainers import SortedDict, SortedList

UNGRADED: Final = "ungraded"
GRADES: Final = (UNGRADED, "G3", "G2", "G1")
"""From the lowest."""

_WORD: Final = re.compile(r"[^\W_]+")
_HAN: Final = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+")

FACETS: Final = ("sector", "language", "kind", "dataset_class", "grade", "licence", "purpose")


class Order(StrEnum):
    """What results are sorted by; equal ones by the id of their base, in the same direction."""

    LISTED = "listed"
    NAME = "name"
    PRICE = "price"
    SIZE = "size"
    GRADE = "grade"


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchEntry:
    """What a listing is found by; `rtu` are the tokens of all its documents, `purposes` those that its licence permits.

    `texts` are the places where words are looked for. A language `zh-Hans` is found as `zh` too.
    """

    base: int
    name: str
    texts: tuple[str, ...]
    sector: str
    languages: tuple[str, ...]
    kind: str
    dataset_class: str
    grade: str
    licence: str
    purposes: tuple[str, ...]
    rtu: int

    def facets(self) -> Iterator[tuple[str, str]]:
        named = {"sector": self.sector, "kind": self.kind, "dataset_class": self.dataset_class}
        named |= {"grade": self.grade, "licence": self.licence}
        yield from ((facet, value.lower()) for facet, value in named.items())
        for language in self.languages:
            yield from {("language", language.lower()), ("language", language.lower().split("-")[0])}
        yield from (("purpose", purpose) for purpose in self.purposes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is looked for. Of a facet any of its values will do, but every one of `purposes` must be permitted.

    Bounds are inclusive; with one of a price, what has no price is not found. `after` is a cursor that a page gave.
    """

    words: str = ""
    facets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    purposes: tuple[str, ...] = ()
    rtu: tuple[int | None, int | None] = (None, None)
    price: tuple[int | None, int | None] = (None, None)
    order: Order = Order.LISTED
    falling: bool = False
    limit: int = 50
    after: str = ""


class Found(NamedTuple):
    """Bases in order, the cursor to go on after the last of them, and how many entries were looked at."""

    bases: list[int]
    cursor: str
    looked_at: int


class SearchError(Exception):
    """BAD_CURSOR: a cursor that no page of this order gave."""

    code = "BAD_CURSOR"

    def __init__(self, cursor: str) -> None:
        self.detail = f"{cursor[:64]!r} is no cursor of this order"
        super().__init__(f"{self.code}: {self.detail}")


Key = tuple[int | str, int]
"""What is sorted by, and the base."""


class SearchIndex:
    """Not safe for threads by itself. Prices are whole minor units per 1,000,000 RTU."""

    def __init__(self) -> None:
        self._entries: dict[int, SearchEntry] = {}
        self._prices: dict[int, int] = {}
        self._facets: dict[tuple[str, str], set[int]] = {}
        self._words: SortedDict = SortedDict()
        """Bases by word, in the words' order, so that those with a beginning lie together."""
        self._orders: dict[Order, SortedList] = {order: SortedList() for order in Order}

    def __contains__(self, base: int) -> bool:
        return base in self._entries

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, entry: SearchEntry) -> None:
        """Once for each base, which may come back after it was removed."""
        assert entry.base not in self._entries, "an entry is added once"
        self._entries[entry.base] = entry
        for facet in entry.facets():
            self._facets.setdefault(facet, set()).add(entry.base)
        for word in words_of(entry.texts):
            self._words.setdefault(word, set()).add(entry.base)
        for order in Order:
            if (key := self._key(order, entry.base)) is not None:
                self._orders[order].add(key)

    def remove(self, base: int) -> None:
        """What is no longer on offer. Its last price is forgotten."""
        for order in Order:
            if (key := self._key(order, base)) is not None:
                self._orders[order].remove(key)
        entry = self._entries.pop(base)
        self._prices.pop(base, None)
        for facet in entry.facets():
            self._facets[facet].discard(base)
        for word in words_of(entry.texts):
            self._words[word].discard(base)

    def reprice(self, base: int, price: int | None) -> None:
        """What it costs now; None where nothing says."""
        if (key := self._key(Order.PRICE, base)) is not None:
            self._orders[Order.PRICE].remove(key)
        self._prices.pop(base, None)
        if price is not None:
            self._prices[base] = price
            self._orders[Order.PRICE].add((price, base))

    def search(self, wanted: Wanted) -> Found:
        """One page. What has no price comes after all that has one, by rising base, in whichever direction."""
        sets = self._candidates(wanted)
        if sets is None:
            return self._page(self._walk(wanted), wanted)
        fewest = min(sets, key=len)
        matching = [base for base in fewest if all(base in others for others in sets)]
        return self._page(self._sorted(matching, wanted), wanted, len(fewest))

    def _candidates(self, wanted: Wanted) -> list[set[int]] | None:
        """Sets that a result must be in; None where nothing narrows the search but bounds."""
        sets = [
            _any_of([self._facets.get((facet, value.lower()), set()) for value in values])
            for facet, values in wanted.facets.items()
        ]
        sets += [self._facets.get(("purpose", purpose), set()) for purpose in wanted.purposes]
        asked = words_asked(wanted.words)
        sets += [self._with_word(word) for word in asked]
        if wanted.words.strip() and not asked:
            sets.append(set())  # Signs alone are in no text.
        if wanted.rtu != (None, None):
            sets.append(self._between(Order.SIZE, wanted.rtu))
        if wanted.price != (None, None):
            sets.append(self._between(Order.PRICE, wanted.price))
        return sets or None

    def _with_word(self, beginning: str) -> set[int]:
        found: set[int] = set()
        for word in self._words.irange(beginning, beginning + "\U0010ffff"):
            found |= self._words[word]
        return found

    def _between(self, order: Order, bounds: tuple[int | None, int | None]) -> set[int]:
        least, most = bounds
        low = None if least is None else (least, 0)
        high = None if most is None else (most + 1, 0)
        return {base for _, base in self._orders[order].irange(low, high, inclusive=(True, False))}

    def _walk(self, wanted: Wanted) -> Iterator[Key | int]:
        """All keys beyond the cursor, out of the order itself; then, by their base alone, those without a price."""
        beyond = self._beyond(wanted)
        if not isinstance(beyond, int):
            keys = self._orders[wanted.order]
            low, high = (None, beyond) if wanted.falling else (beyond, None)
            yield from keys.irange(low, high, inclusive=(False, False), reverse=wanted.falling)
        if wanted.order is Order.PRICE:
            least = beyond + 1 if isinstance(beyond, int) else 0
            listed = self._orders[Order.LISTED].irange((least, least))
            yield from (base for _, base in listed if base not in self._prices)

    def _sorted(self, bases: Iterable[int], wanted: Wanted) -> Iterator[Key | int]:
        beyond, keyed = self._beyond(wanted), list(bases)
        keys = [key for base in keyed if (key := self._key(wanted.order, base)) is not None]
        if not isinstance(beyond, int):
            ahead = [key for key in keys if beyond is None or (key < beyond if wanted.falling else key > beyond)]
            yield from sorted(ahead, reverse=wanted.falling)
        if wanted.order is Order.PRICE:
            least = beyond if isinstance(beyond, int) else 0
            yield from sorted(base for base in keyed if base not in self._prices and base > least)

    def _page(self, keys: Iterator[Key | int], wanted: Wanted, looked_at: int = 0) -> Found:
        taken: list[Key | int] = [key for key, _ in zip(keys, range(wanted.limit), strict=False)]
        bases = [key if isinstance(key, int) else key[1] for key in taken]
        return Found(bases, _cursor(wanted.order, taken[-1]) if taken else "", max(looked_at, len(taken)))

    def _key(self, order: Order, base: int) -> Key | None:
        """None where it has no place in the order: it has no price."""
        entry = self._entries[base]
        if order is Order.PRICE:
            price = self._prices.get(base)
            return None if price is None else (price, base)
        named: dict[Order, int | str] = {
            Order.LISTED: base,
            Order.NAME: entry.name.casefold(),
            Order.SIZE: entry.rtu,
            Order.GRADE: GRADES.index(entry.grade),
        }
        return named[order], base

    def _beyond(self, wanted: Wanted) -> Key | int | None:
        """The key that the cursor stands for; of what had no price the base alone."""
        return _read_cursor(wanted.order, wanted.after) if wanted.after else None


def _any_of(sets: list[set[int]]) -> set[int]:
    return sets[0] if len(sets) == 1 else set[int]().union(*sets)


def _cursor(order: Order, last: Key | int) -> str:
    if isinstance(last, int):
        return f"-.{last}"
    key, base = last
    if order is Order.LISTED:
        return str(base)
    return f"{key.encode().hex() if isinstance(key, str) else key}.{base}"


def _read_cursor(order: Order, cursor: str) -> Key | int:
    key, _, base = cursor.rpartition(".")
    if not (base.isascii() and base.isdigit() and len(base) <= 18):
        raise SearchError(cursor)
    number = int(base)
    if order is Order.LISTED and not key:
        return number, number
    if order is Order.PRICE and key == "-":
        return number
    if order is Order.NAME:
        try:
            return bytes.fromhex(key).decode(), number
        except ValueError:
            raise SearchError(cursor) from None
    if order is Order.LISTED or not (key.isascii() and key.isdigit() and len(key) <= 18):
        raise SearchError(cursor)
    return int(key), number


def _folded(text: str) -> str:
    """In one case, width and composition: `Ｃｏｄｅ` is `code`, and a letter with its accent is one however it came."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def words_of(texts: Iterable[str]) -> set[str]:
    """The words to find by: of Chinese every two characters that follow each other, and each one."""
    found: set[str] = set()
    for text in texts:
        for word in _WORD.findall(_folded(text)):
            found.add(word)
            for run in _HAN.findall(word):
                found |= set(run) | {run[place : place + 2] for place in range(len(run) - 1)}
    return found


def words_asked(words: str) -> list[str]:
    """What each word of a search must find: the beginning of a word, or every pair of Chinese characters."""
    asked: list[str] = []
    for word in _WORD.findall(_folded(words)):
        runs = _HAN.findall(word)
        asked += [word for _ in range(not runs)]
        for run in runs:
            asked += [run[place : place + 2] for place in range(len(run) - 1)] or [run]
        asked += _WORD.findall(_HAN.sub(" ", word)) if runs else []
    return asked
