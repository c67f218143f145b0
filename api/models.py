"""The shapes of answers and requests as the documentation shows them, with an example each.

Routes write their answers as plain values; these models describe them, and the tests hold answers to them.
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Decimal = str
"""A fixed-scale decimal string."""

CURSOR_NOTE = "Lists come newest first; the headers CB-BEFORE and CB-AFTER are the cursors of the page."


def _example(**values: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"example": values})


class ServerTime(BaseModel):
    model_config = _example(iso="2026-11-24T08:30:00.000000Z", epoch=1795509000.0)

    iso: str
    epoch: float = Field(description="Seconds since 1970")


class Health(BaseModel):
    status: str = Field(description="`ok`, `records unavailable` or `failed`")
    sequence: int = Field(description="The last command applied")
    market_sequence: int = Field(description="The last command that books and balances show")
    projection_lag: int = Field(description="Commands that the SQL records are behind")
    products: int
    venue: str


class Currency(BaseModel):
    id: str
    name: str
    min_size: Decimal
    status: Literal["online"]
    message: str
    max_precision: Decimal
    convertible_to: list[str]
    details: dict[str, str] = Field(description="`type` is `fiat` for cash and `claim` for lots of a dataset")
    supported_networks: list[str]


class Fees(BaseModel):
    maker_fee_rate: Decimal
    taker_fee_rate: Decimal
    usd_volume: None = Field(description="Rates do not depend on volume here")


class Product(BaseModel):
    model_config = _example(
        id="GSM8K-CNY",
        base_currency="GSM8K",
        quote_currency="CNY",
        quote_increment="0.20",
        base_increment="0.450000",
        base_min_size="0.450000",
        base_max_size="4500.000000",
        min_market_funds="0.09",
        display_name="GSM8K/CNY",
        status="online",
        status_message="",
        trading_disabled=False,
        cancel_only=False,
        post_only=False,
        limit_only=False,
        auction_mode=False,
        phase="continuous",
        phase_cause="schedule",
        killed=False,
        lot_rtu="450000",
        lots="8",
        copies="1",
        maker_fee_rate="0.000500",
        taker_fee_rate="0.001000",
        base_id="17",
        instrument_id="18",
    )

    id: str
    base_currency: str
    quote_currency: str
    quote_increment: Decimal = Field(description="The tick: quote currency per 1,000,000 RTU")
    base_increment: Decimal = Field(description="One lot, in millions of RTU")
    base_min_size: Decimal
    base_max_size: Decimal
    min_market_funds: Decimal = Field(description="What one lot costs at one tick")
    display_name: str
    status: Literal["online", "offline"]
    status_message: str = Field(description="Such as `halted: regulator`; empty where all goes as planned")
    trading_disabled: bool
    cancel_only: bool
    post_only: bool
    limit_only: bool
    auction_mode: bool
    phase: str
    phase_cause: str = Field(
        description="Why: schedule, volatility, operator, recall, regulator, technical, conduct, risk, or empty"
    )
    killed: bool = Field(description="Whether the kill switch holds it, or the whole venue, stopped")
    lot_rtu: str
    lots: str
    copies: str
    maker_fee_rate: Decimal
    taker_fee_rate: Decimal
    base_id: str
    instrument_id: str


class BookAnswer(BaseModel):
    model_config = _example(
        sequence=412,
        bids=[["499.80", "0.900000", 2]],
        asks=[["500.00", "1.350000", 1]],
        time="2026-11-24T08:30:00.000000Z",
        checksum=974947235,
    )

    sequence: int = Field(description="The product's sequence, without gaps; the websocket counts the same")
    bids: list[tuple[Decimal, Decimal, int | str]] = Field(description="Price, size, number of orders or order id")
    asks: list[tuple[Decimal, Decimal, int | str]]
    time: str
    checksum: int = Field(description="CRC32 of the top ten levels")


class Ticker(BaseModel):
    trade_id: int
    price: Decimal
    size: Decimal
    time: str
    bid: Decimal
    ask: Decimal
    volume: Decimal
    sequence: int


class Auction(BaseModel):
    model_config = _example(
        sequence=412,
        phase="opening_auction",
        indicative_price="500.00",
        indicative_size="1.350000",
        imbalance="0.450000",
        imbalance_side="buy",
        freezes_at="2026-11-24T08:59:00.000000Z",
        ends_at="2026-11-24T09:00:00.000000Z",
        time="2026-11-24T08:30:00.000000Z",
    )

    sequence: int = Field(description="Of the last public event; a market order that joins a call is none")
    phase: str
    indicative_price: Decimal = Field(description="Empty where no call runs, or nothing would trade")
    indicative_size: Decimal
    imbalance: Decimal = Field(description="What would be left over at that price")
    imbalance_side: Literal["buy", "sell", ""]
    freezes_at: str = Field(description="From when on nothing is taken back; empty where no time is set")
    ends_at: str = Field(description="When the call ends by itself; empty where no time is set")
    time: str


class Stats(BaseModel):
    open: Decimal = Field(description="Of the last 24 hours; empty where nothing traded")
    high: Decimal
    low: Decimal
    last: Decimal
    volume: Decimal


class PublicTrade(BaseModel):
    model_config = _example(
        trade_id=7, side="sell", size="0.450000", price="500.00", time="2026-11-24T08:30:00.000000Z",
        match_type="continuous",
    )  # fmt: skip

    trade_id: int
    side: Literal["buy", "sell"] = Field(description="The maker's side")
    size: Decimal
    price: Decimal
    time: str
    match_type: str


class Account(BaseModel):
    model_config = _example(
        id="21-CNY",
        currency="CNY",
        balance="1000000.00",
        available="999549.55",
        hold="450.45",
        profile_id="21",
        trading_enabled=True,
    )

    id: str = Field(description="Engine account and asset")
    currency: str
    balance: Decimal
    available: Decimal
    hold: Decimal
    profile_id: str
    trading_enabled: bool


class Fill(BaseModel):
    model_config = _example(
        trade_id=7, product_id="GSM8K-CNY", order_id="9024", profile_id="21", side="buy", liquidity="T",
        price="500.00", size="0.450000", funds="225.00", fee="0.23", settled=True, busted=False,
        created_at="2026-11-24T08:30:00.000000Z", match_type="continuous",
    )  # fmt: skip

    trade_id: int
    product_id: str
    order_id: str
    profile_id: str
    side: Literal["buy", "sell"]
    liquidity: Literal["M", "T"] = Field(description="Whether the caller's side made or took")
    price: Decimal
    size: Decimal
    funds: Decimal
    fee: Decimal
    settled: bool
    busted: bool = Field(description="Whether the venue undid the trade: claims, cash and fees went back")
    created_at: str
    match_type: Literal["continuous", "auction", "negotiated"]


class LedgerEntry(BaseModel):
    id: str
    created_at: str
    amount: Decimal
    balance: Decimal = Field(description="After the entry")
    type: str = Field(
        description="`match`, `fee`, `transfer`, `issue`, `delivery`, `pool`, `withdrawal`, `bust` or `adjustment`"
    )
    details: dict[str, str]


class Hold(BaseModel):
    id: str
    created_at: str
    amount: Decimal
    type: Literal["order"]
    ref: str = Field(description="The order that holds it")


class Transfer(BaseModel):
    id: str
    type: Literal["deposit", "withdraw"]
    created_at: str
    completed_at: str | None
    canceled_at: str | None
    account_id: str
    currency: str
    amount: Decimal
    status: Literal["begun", "confirmed", "aborted"]
    details: dict[str, str]
