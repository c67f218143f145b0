"""Finding datasets: by what they are, what may be done with them, how large they are and what they cost."""

import threading
from collections import deque
from collections.abc import Sequence
from itertools import islice
from typing import Annotated, Any, Final, Literal, cast

from anyio import to_thread
from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from api.answers import answer
from api.dataset_views import DatasetViews, TheDatasets
from api.errors import PROBLEMS, ApiError
from api.prices import Price, Prices
from api.resource_models import Dataset
from api.state import TheExchange
from exchange.assay.quality import PROFILES
from exchange.catalogue.listing import DATASET_CLASSES
from exchange.catalogue.search import FACETS, GRADES, Found, Order, SearchError, SearchIndex, Wanted
from exchange.compliance.licences import purpose_names, purposes_named
from exchange.operations.entitling import ALL_PURPOSES
from exchange.runtime import Exchange
from exchange.vocabulary.units import parse_scaled
from exchange.vocabulary.wire import SIZE_SCALE

router = APIRouter(tags=["datasets"])

PAGE: Final = 50
MAX_PAGE: Final = 200
FALLING: Final = frozenset({Order.SIZE, Order.GRADE})
"""Orders in which the largest, or the best, comes first unless asked otherwise."""

_WORDS: Final = (
    "Words, each the beginning of one in code, name, description, keywords or the vendor's name; "
    "Chinese as characters that follow each other there"
)
_PRICE: Final = "Quote currency per 1,000,000 RTU: the best ask, else the last trade, else the reference price"

Values = Annotated[str, Field(max_length=400)]


class SearchQuery(BaseModel):
    """Of a facet several values may stand, with commas between."""

    q: str = Field("", max_length=100, description=_WORDS)
    sector: Values = Field("", description="As listings state it: `education`, `law`, …; any of several")
    language: Values = Field("", description="As listings state it: `en`, `zh`, …; any of several")
    kind: Values = Field("", description="The quality profile that the assay applied: `qa-sft`, `zh-prose`, …")
    dataset_class: Values = Field("", description="`tongshi`, `hangye-tongshi`, `hangye-zhuanshi`")
    grade: Values = Field("", description="`G1`, `G2`, `G3`, `ungraded`")
    licence: Values = Field("", description="SPDX identifier")
    purpose: Values = Field("", description="What must be permitted: `training`, …; each of several")
    min_size: str = Field("", max_length=40, description="In millions of RTU, of all documents together")
    max_size: str = Field("", max_length=40)
    min_price: str = Field("", max_length=40, description=_PRICE)
    max_price: str = Field("", max_length=40)
    sorted_by: str = Field("listed", alias="sortedBy", description="`listed`, `name`, `price`, `size`, `grade`")
    sorting: Literal["asc", "desc", ""] = Field("", description="`desc` for size and grade where absent, else `asc`")
    limit: int = Field(PAGE, ge=1, le=MAX_PAGE)
    after: str = Field("", max_length=500, description="Go on after this cursor, from CB-AFTER")


FILTERS: Final = sorted(field.alias or name for name, field in SearchQuery.model_fields.items())


class DatasetSearch:
    """The index over one exchange's listings, and what it costs. `find` reads documents and belongs into a thread."""

    def __init__(self, exchange: Exchange, views: DatasetViews, prices: Prices) -> None:
        self.prices = prices
        self._exchange = exchange
        self._views = views
        self._index = SearchIndex()
        self._taken_in = 0
        self._gone: set[int] = set()
        """Recalled and withdrawn, which nobody finds."""
        self._known: dict[int, int | None] = {}
        """The last price of each base, of what is gone too."""
        self._moved: deque[tuple[int, Price | None]] = deque()
        self._lock = threading.Lock()

    def note_prices(self) -> None:
        """What has moved, for the next search; on the loop's thread."""
        self._moved.extend(self.prices.moved().items())

    def take_in(self) -> None:
        """Read every listing, about two thousand in a second, so that no search has to."""
        with self._lock:
            self._follow()

    def find(self, wanted: Wanted) -> Found:
        """A page, after new listings have come in and prices have moved; SearchError."""
        with self._lock:
            self._follow()
            return self._index.search(wanted)

    def _follow(self) -> None:
        """New listings, what moved, what left the market, and what came back with the price that it has by now."""
        for entry in islice(list(self._exchange.directory.bases.values()), self._taken_in, None):
            self._index.add(self._views.entry(entry))
            self._taken_in += 1
        recalled = set(self._exchange.recalled)
        for base in recalled - self._gone:
            self._index.remove(base)
        for base in self._gone - recalled:
            self._index.add(self._views.entry(self._exchange.directory.bases[base]))
            self._index.reprice(base, self._known.get(base))
        self._gone = recalled
        for _ in range(len(self._moved)):
            base, price = self._moved.popleft()
            self._known[base] = price.minor if price else None
            if base in self._index:
                self._index.reprice(base, self._known[base])


async def _search(connection: HTTPConnection) -> DatasetSearch:
    return cast(DatasetSearch, connection.app.state.dataset_search)


TheSearch = Annotated[DatasetSearch, Depends(_search)]


@router.get("/datasets", response_model=list[Dataset], summary="Find datasets", responses=PROBLEMS)
async def datasets(
    request: Request,
    asked: Annotated[SearchQuery, Query()],
    search: TheSearch,
    views: TheDatasets,
    exchange: TheExchange,
) -> Response:
    """What is on offer, by facets, words, size and price; in the order in which it was listed, or another.

    A price moves: what moved between two pages may be seen twice, or not at all. What has no price comes last.
    `UNKNOWN_FILTER` names what is no filter, `BAD_FILTER` a value that a filter cannot have, `BAD_ORDER` an order that
    there is not, `BAD_CURSOR` a cursor that is not of this order.
    """
    if strange := sorted(set(request.query_params) - set(FILTERS)):
        raise ApiError(400, f"there is no filter {strange[0][:40]!r}", "UNKNOWN_FILTER", {"known": FILTERS})
    wanted = _wanted(exchange, asked)
    search.note_prices()
    try:
        found = await to_thread.run_sync(search.find, wanted)
    except SearchError as error:
        raise ApiError(400, error.detail, error.code) from None
    priced = [(exchange.directory.bases[base], search.prices.of(base)) for base in found.bases]

    def show() -> list[dict[str, Any]]:
        return [views.shown(views.of(entry), price) for entry, price in priced]

    return answer(await to_thread.run_sync(show), {"CB-AFTER": found.cursor} if found.cursor else None)


def _wanted(exchange: Exchange, asked: SearchQuery) -> Wanted:
    """The search in the index's terms; ApiError names what it does not know."""
    facets = {facet: _values(getattr(asked, facet)) for facet in FACETS if facet != "purpose" and getattr(asked, facet)}
    _check_known("grade", facets.get("grade", ()), GRADES)
    _check_known("kind", facets.get("kind", ()), sorted(PROFILES))
    _check_known("dataset_class", facets.get("dataset_class", ()), DATASET_CLASSES)
    if asked.sorted_by not in set(Order):
        raise ApiError(400, f"there is no order {asked.sorted_by[:40]!r}", "BAD_ORDER", {"known": list(Order)})
    order = Order(asked.sorted_by)
    quote = exchange.directory.asset(exchange.settings.quote)
    assert quote is not None, "the venue was set up"
    return Wanted(
        words=asked.q,
        facets=facets,
        purposes=_purposes(asked.purpose),
        rtu=(_bound(asked.min_size, SIZE_SCALE, "BAD_SIZE"), _bound(asked.max_size, SIZE_SCALE, "BAD_SIZE")),
        price=(_bound(asked.min_price, quote.scale, "BAD_PRICE"), _bound(asked.max_price, quote.scale, "BAD_PRICE")),
        order=order,
        falling=asked.sorting == "desc" or (not asked.sorting and order in FALLING),
        limit=asked.limit,
        after=asked.after,
    )


def _values(stated: str) -> tuple[str, ...]:
    return tuple(value.strip() for value in stated.split(",") if value.strip())


def _check_known(name: str, values: Sequence[str], known: Sequence[str]) -> None:
    if strange := {value.lower() for value in values} - {value.lower() for value in known}:
        raise ApiError(400, f"no {name} is {min(strange)[:40]!r}", "BAD_FILTER", {"filter": name, "known": list(known)})


def _purposes(stated: str) -> tuple[str, ...]:
    try:
        return tuple(purpose_names(purposes_named(_values(stated.lower()))))
    except KeyError as error:
        known = purpose_names(ALL_PURPOSES)
        raise ApiError(
            400, f"no purpose is {error}"[:80], "BAD_FILTER", {"filter": "purpose", "known": known}
        ) from None


def _bound(stated: str, scale: int, code: str) -> int | None:
    try:
        return parse_scaled(stated, scale) if stated else None
    except ValueError as error:
        raise ApiError(400, str(error)[:200], code) from None
