"""Accounts: what a participant owns, what is held of it, what changed it, and what it traded."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Final, NamedTuple

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from api.answers import After, Limit, ProfileId, answer, id_of, page
from api.auth import Caller, Viewer
from api.errors import NOT_FOUND, SIGNED_PROBLEMS, ApiError
from api.market import Market
from api.models import CURSOR_NOTE, Account, Fill, Hold, LedgerEntry, Transfer
from api.records import read_records
from api.state import TheExchange, TheMarket, TheSettings
from exchange.ledger.accounts import ENTRY_TYPES, Entry
from exchange.operations.directory import Directory
from exchange.portfolio import messages
from exchange.portfolio.balances import Balance
from exchange.portfolio.orders import fills_of
from exchange.runtime import Exchange
from exchange.store.reader import Row
from exchange.store.reports import trade_of
from exchange.vocabulary.units import format_scaled
from exchange.vocabulary.wire import SIZE_SCALE, iso_time

router = APIRouter(tags=["accounts"], responses=SIGNED_PROBLEMS | NOT_FOUND)

AccountId = Annotated[str, Path(max_length=40, description="Engine account and asset, as 21-CNY")]
_CURSOR_PARTS: Final = 3
_STATES: Final = {1: "begun", 2: "confirmed", 3: "aborted"}


class _Asset(NamedTuple):
    """An asset as amounts of it are written: cash in its scale, claims in millions of RTU."""

    asset: int
    code: str
    unit: int
    scale: int
    is_cash: bool

    def text(self, amount: int) -> str:
        return format_scaled(amount * self.unit, self.scale)


def _assets(directory: Directory) -> Iterator[_Asset]:
    for cash in list(directory.assets.values()):
        yield _Asset(cash.asset, cash.code, 1, cash.scale, is_cash=True)
    for asset, claimed in directory.claims():
        yield _Asset(asset, claimed.code, claimed.lot_rtu, SIZE_SCALE, is_cash=False)


@router.get("/accounts", response_model=list[Account], summary="Balances")
async def accounts(caller: Viewer, exchange: TheExchange, market: TheMarket, profile_id: ProfileId = None) -> Response:
    """One entry for each account and asset: all cash assets, and of claims those it has."""
    chosen = (caller.account_of(profile_id),) if profile_id else caller.accounts
    assets = list(_assets(exchange.directory))
    told = []
    for account in chosen:
        held = market.portfolio.balances.of(account)
        owned = {asset for asset, balance in held.items() if balance.total}
        told += [_balance(exchange, account, a, held.get(a.asset)) for a in assets if a.asset in owned or a.is_cash]
    return answer(told)


@router.get("/accounts/{account_id}", response_model=Account, summary="One balance")
async def one_account(account_id: AccountId, caller: Viewer, exchange: TheExchange, market: TheMarket) -> Response:
    account, asset = _named(exchange, caller, account_id)
    return answer(_balance(exchange, account, asset, market.portfolio.balances.of(account).get(asset.asset)))


@router.get(
    "/accounts/{account_id}/ledger",
    response_model=list[LedgerEntry],
    summary="What changed a balance",
    description=CURSOR_NOTE,
)
async def ledger(
    account_id: AccountId,
    caller: Viewer,
    exchange: TheExchange,
    settings: TheSettings,
    limit: Limit = 100,
    after: After = None,
) -> Response:
    account, asset = _named(exchange, caller, account_id)
    before = _place(after)

    def read() -> Sequence[Row]:
        return exchange.history.ledger(account, asset.asset, before=before, limit=limit)

    told = [_entry(exchange, account, asset, row) for row in await read_records(exchange, settings, read)]
    return page(told, told and told[0]["id"], told and told[-1]["id"])


@router.get(
    "/accounts/{account_id}/holds",
    response_model=list[Hold],
    summary="What is held for orders",
    description=CURSOR_NOTE,
)
async def holds(
    account_id: AccountId,
    caller: Viewer,
    exchange: TheExchange,
    settings: TheSettings,
    limit: Limit = 100,
    after: After = None,
) -> Response:
    account, asset = _named(exchange, caller, account_id)
    before = id_of(after, "after")

    def read() -> Sequence[Row]:
        return exchange.history.holds(account, asset.asset, before=before, limit=limit)

    told = [_hold(asset, row) for row in await read_records(exchange, settings, read)]
    return page(told, told and told[0]["id"], told and told[-1]["id"])


@router.get(
    "/accounts/{account_id}/transfers",
    response_model=list[Transfer],
    summary="Deposits and withdrawals",
    description=CURSOR_NOTE,
)
async def transfers(
    account_id: AccountId,
    caller: Viewer,
    exchange: TheExchange,
    settings: TheSettings,
    limit: Limit = 100,
    after: After = None,
) -> Response:
    account, asset = _named(exchange, caller, account_id)
    before = id_of(after, "after")

    def read() -> Sequence[Row]:
        return exchange.history.transfers(account, asset.asset, before=before, limit=limit)

    told = [_transfer(account_id, asset, row) for row in await read_records(exchange, settings, read)]
    return page(told, told and told[0]["id"], told and told[-1]["id"])


@router.get("/fills", response_model=list[Fill], summary="Fills", description=CURSOR_NOTE)
async def fills(
    caller: Viewer,
    exchange: TheExchange,
    market: TheMarket,
    settings: TheSettings,
    product_id: str | None = None,
    order_id: Annotated[str | None, Query(max_length=20)] = None,
    limit: Limit = 100,
    after: After = None,
    profile_id: ProfileId = None,
) -> Response:
    """The caller's side of trades, of one product or one order where that is named."""
    account = caller.account_of(profile_id)
    instrument = market.book(product_id).instrument if product_id else None
    order, before = id_of(order_id, "order_id"), _place(after)

    def read() -> Sequence[Row]:
        cursor = before[:2] if before else None
        return exchange.history.fills(account, instrument, order_id=order, before=cursor, limit=limit)

    rows = list(await read_records(exchange, settings, read))
    told = [each for row in rows for each in _fills(market, account, order, row)]
    return page(told, rows and _cursor(rows[0]), rows and _cursor(rows[-1]))


def _fills(market: Market, account: int, order: int | None, row: Row) -> Iterator[dict[str, Any]]:
    book = market.books[row["instrument"]]
    for one in fills_of(trade_of(row)):
        if one.account == account and order in (None, one.order_id):
            yield messages.fill(one, book.product_id, book.scales, busted=bool(row["bust_sequence"]))


def _named(exchange: Exchange, caller: Caller, account_id: str) -> tuple[int, _Asset]:
    """The account and asset of an id, or of an account's id alone, which means its cash."""
    account, _, code = account_id.partition("-")
    mine = caller.account_of(account)
    for asset in _assets(exchange.directory):
        if asset.code == (code or exchange.settings.quote):
            return mine, asset
    raise ApiError(404, "NotFound", "UNKNOWN_ASSET", {"account_id": account_id})


def _balance(exchange: Exchange, account: int, asset: _Asset, owned: Balance | None) -> dict[str, Any]:
    balance = owned or Balance()
    return {
        "id": f"{account}-{asset.code}",
        "currency": asset.code,
        "balance": asset.text(balance.total),
        "available": asset.text(balance.available),
        "hold": asset.text(balance.held),
        "profile_id": str(account),
        "trading_enabled": not exchange.directory.accounts[account].blocked,
    }


def _hold(asset: _Asset, order: Row) -> dict[str, Any]:
    told = {"id": str(order["order_id"]), "created_at": iso_time(order["created_ns"])}
    return told | {"amount": asset.text(order["hold"]), "type": "order", "ref": str(order["order_id"])}


def _entry(exchange: Exchange, account: int, asset: _Asset, row: Row) -> dict[str, Any]:
    details: dict[str, str] = {}
    if row["trade_id"]:
        order_id = row["taker_order_id"] if row["taker_account"] == account else row["maker_order_id"]
        product = exchange.directory.instruments[row["instrument"]].symbol
        details = {"trade_id": str(row["trade_id"]), "product_id": product, "order_id": str(order_id)}
    return {
        "id": _cursor(row, row["line"]),
        "created_at": iso_time(row["timestamp_ns"]),
        "amount": asset.text(row["amount"]),
        "balance": asset.text(row["balance"]),
        "type": ENTRY_TYPES[Entry(row["entry"])],
        "details": details,
    }


def _transfer(account_id: str, asset: _Asset, row: Row) -> dict[str, Any]:
    state = _STATES[row["state"]]
    ended = iso_time(row["ended_ns"]) if row["ended_ns"] else None
    return {
        "id": str(row["transfer"]),
        "type": "withdraw" if row["withdrawal"] else "deposit",
        "created_at": iso_time(row["begun_ns"]),
        "completed_at": ended if state == "confirmed" else None,
        "canceled_at": ended if state == "aborted" else None,
        "account_id": account_id,
        "currency": asset.code,
        "amount": asset.text(row["amount"]),
        "status": state,
        "details": {"key": row["key"]},
    }


def _cursor(row: Row, *line: int) -> str:
    return "-".join(str(part) for part in (row["sequence"], row["event_index"], *line))


def _place(cursor: str | None) -> tuple[int, int, int] | None:
    """A cursor of `_cursor`; what it lacks counts as zero."""
    if cursor is None:
        return None
    parts = [id_of(part) or 0 for part in cursor.split("-")]
    if len(parts) > _CURSOR_PARTS:
        raise ApiError(400, "Invalid cursor", "BAD_ID", {"cursor": cursor[:64]})
    first, second, third = [*parts, 0, 0][:_CURSOR_PARTS]
    return first, second, third
