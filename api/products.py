"""Public market data: instruments, books, tickers, statistics and trades."""

from collections.abc import Sequence
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from api.answers import MAX_PAGE, PAGE, After, Before, Limit, answer, id_of, page
from api.causes import CAUSES
from api.errors import NOT_FOUND, PROBLEMS
from api.market import Book, print_of_row
from api.models import CURSOR_NOTE, Auction, BookAnswer, Product, PublicTrade, Stats, Ticker
from api.records import read_records
from api.state import TheExchange, TheMarket, TheSettings
from exchange.marketdata import messages
from exchange.marketdata.tape import Print
from exchange.runtime import Exchange
from exchange.store.reader import Row
from exchange.vocabulary.instruments import CALLS, Cause, MatchType, Phase
from exchange.vocabulary.units import MAX_LOTS, PPM, format_scaled
from exchange.vocabulary.wire import iso_time

router = APIRouter(tags=["products"], responses=PROBLEMS | NOT_FOUND)

ProductId = Annotated[str, Path(max_length=64, description="As GSM8K-CNY")]

_AUCTIONS: Final = frozenset({Phase.OPENING_AUCTION, Phase.VOLATILITY_AUCTION, Phase.CLOSING_AUCTION})
_OPEN: Final = CALLS | {Phase.CONTINUOUS}
_AS_PLANNED: Final = frozenset({Cause.NONE, Cause.SCHEDULE})
_PPM_DIGITS: Final = len(str(PPM)) - 1


def product(exchange: Exchange, book: Book) -> dict[str, Any]:
    """An instrument of the dialect, with what is the venue's own behind it."""
    entry, scales = book.entry, book.scales
    lot = scales.size(1)
    lots, copies = _lots(exchange, entry.base)
    return {
        "id": book.product_id,
        "base_currency": book.base_code,
        "quote_currency": book.quote_code,
        "quote_increment": scales.price(1),
        "base_increment": lot,
        "base_min_size": lot,
        "base_max_size": scales.size(min(entry.max_lots, MAX_LOTS)),
        "min_market_funds": scales.money(entry.minor_per_tick_lot),
        "display_name": f"{book.base_code}/{book.quote_code}",
        "status": "online" if book.phase in _OPEN else "offline",
        "status_message": _status_message(book),
        "trading_disabled": book.phase not in _OPEN,
        "cancel_only": book.phase == Phase.CANCEL_ONLY,
        "post_only": False,
        "limit_only": False,
        "auction_mode": book.phase in _AUCTIONS,
        "phase": messages.PHASES[book.phase],
        "phase_cause": CAUSES[book.call.cause],
        "killed": bool(exchange.directory.instruments[book.instrument].killed or exchange.directory.killed),
        "lot_rtu": str(entry.lot_rtu),
        "lots": str(lots),
        "copies": str(copies),
        "maker_fee_rate": format_scaled(entry.maker_ppm, _PPM_DIGITS),
        "taker_fee_rate": format_scaled(entry.taker_ppm, _PPM_DIGITS),
        "base_id": str(entry.base),
        "instrument_id": str(book.instrument),
    }


def _lots(exchange: Exchange, asset: int) -> tuple[int, int]:
    """Lots and copies; of a pool, the claims that it has and has not delivered, each for one lot."""
    base = exchange.directory.bases.get(asset)
    return (base.lots, base.copies) if base else (sum(exchange.directory.pooled.get(asset, {}).values()), 1)


def _status_message(book: Book) -> str:
    """Why it does not simply trade, where somebody or the venue itself stepped in."""
    told = book.phase != Phase.CONTINUOUS and book.call.cause not in _AS_PLANNED
    return f"{messages.PHASES[book.phase]}: {CAUSES[book.call.cause]}" if told else ""


@router.get("/products", response_model=list[Product], summary="All instruments")
async def products(exchange: TheExchange, market: TheMarket) -> Response:
    """What can be traded, with the steps that prices and sizes come in."""
    return answer([product(exchange, book) for book in market.books.values()])


@router.get("/products/spark-lines", response_model=dict[str, list[tuple[int, str]]], summary="A day's course")
async def spark_lines(market: TheMarket) -> Response:
    """Per product, the last prices of the tape as (second, price), oldest first."""
    return answer({book.product_id: _spark_line(book) for book in market.books.values()})


def _spark_line(book: Book) -> list[tuple[int, str]]:
    priced = [each for each in book.tape.newest_first() if each.match_type != MatchType.NEGOTIATED]
    seconds = {each.time_ns // 10**9: each.price_ticks for each in reversed(priced)}
    return [(second, book.scales.price(ticks)) for second, ticks in list(seconds.items())[-PAGE:]]


@router.get("/products/{product_id}", response_model=Product, summary="One instrument")
async def one_product(exchange: TheExchange, market: TheMarket, product_id: ProductId) -> Response:
    return answer(product(exchange, market.book(product_id)))


@router.get("/products/{product_id}/book", response_model=BookAnswer, summary="The order book")
async def book(
    market: TheMarket,
    product_id: ProductId,
    level: Annotated[int, Query(ge=1, le=3, description="1 the best prices, 2 fifty levels, 3 every order")] = 1,
) -> Response:
    """`sequence` and `checksum` are those of the websocket's book at the same point.

    On level 3 the third item is an order's public id, which is not the id its owner knows it by.
    """
    found = market.book(product_id)
    return answer(messages.book(found.depth, found.scales, level))


@router.get("/products/{product_id}/ticker", response_model=Ticker, summary="Last trade and best prices")
async def ticker(exchange: TheExchange, market: TheMarket, product_id: ProductId) -> Response:
    """Prices that do not exist yet are empty strings."""
    found = market.book(product_id)
    return answer(messages.ticker_answer(found.depth, found.tape, found.scales, exchange.now_ns()))


@router.get("/products/{product_id}/auction", response_model=Auction, summary="What the running call would come to")
async def auction(exchange: TheExchange, market: TheMarket, product_id: ProductId) -> Response:
    """Price, size and imbalance as if the call ended now, hidden sizes and market orders counted.

    Empty strings where no call runs, nothing would trade, or the venue has set no time.
    """
    found = market.book(product_id)
    told = messages.auction(found.call, found.scales)
    return answer({"sequence": found.sequence, **told, "time": iso_time(exchange.now_ns())})


@router.get("/products/{product_id}/stats", response_model=Stats, summary="Statistics of 24 hours")
async def stats(exchange: TheExchange, market: TheMarket, product_id: ProductId) -> Response:
    found = market.book(product_id)
    return answer(messages.stats(found.tape.stats(exchange.now_ns()), found.scales))


@router.get(
    "/products/{product_id}/trades",
    response_model=list[PublicTrade],
    summary="Trades",
    description=f"Who took and who made is not told; `side` is the maker's. {CURSOR_NOTE}",
)
async def trades(
    exchange: TheExchange,
    market: TheMarket,
    settings: TheSettings,
    product_id: ProductId,
    limit: Limit = MAX_PAGE,
    before: Before = None,
    after: After = None,
) -> Response:
    found = market.book(product_id)
    older_than, newer_than = id_of(after), id_of(before)
    prints = _from_tape(found, older_than, newer_than, limit)
    if prints is None:

        def read() -> Sequence[Row]:
            return exchange.history.trades(
                found.instrument, before=older_than, after=newer_than, limit=limit, busted=False
            )

        prints = [print_of_row(row) for row in await read_records(exchange, settings, read)]
    told = [messages.trade(printed, found.scales) for printed in prints]
    return page(told, told and told[0]["trade_id"], told and told[-1]["trade_id"])


def _from_tape(found: Book, older_than: int | None, newer_than: int | None, limit: int) -> list[Print] | None:
    """The page out of memory; None where it reaches further back than the tape."""
    lowest = (newer_than or 0) + 1
    chosen: list[Print] = []
    for printed in found.tape.newest_first():
        if printed.trade_id < lowest or len(chosen) == limit:
            return chosen
        if older_than is None or printed.trade_id < older_than:
            chosen.append(printed)
    return chosen if len(chosen) == limit or found.tape.oldest_kept <= lowest else None
