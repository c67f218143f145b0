"""What every account owns and what of it is held, kept by following events; account 0 is the venue's."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from exchange.vocabulary.events import (
    REPLAYED,
    ClaimsIssued,
    ClaimsPooled,
    ClaimsWithdrawn,
    Event,
    LotDelivered,
    OrderEvent,
    Trade,
    TradeAdjusted,
    TradeBusted,
    TransferAborted,
    TransferBegun,
    TransferConfirmed,
    TransferEvent,
)
from exchange.vocabulary.instruments import Side
from exchange.vocabulary.participants import VENUE
from exchange.vocabulary.rows import BalanceRow

_BUY: Final = int(Side.BUY)


@dataclass(slots=True)
class Balance:
    """`total` includes what is `held`; cash in minor units, claims in lots."""

    total: int = 0
    held: int = 0

    @property
    def available(self) -> int:
        return self.total - self.held


class Pair(NamedTuple):
    """The assets that an instrument trades: claims on `base` against cash `quote`."""

    base: int
    quote: int


class Balances:
    def __init__(self, pairs: Mapping[int, Pair], rows: Iterable[BalanceRow] = ()) -> None:
        self._pairs = pairs
        self._accounts: dict[int, dict[int, Balance]] = {}
        for row in rows:
            self._accounts.setdefault(row.account, {})[row.asset] = Balance(row.total, row.held)

    def of(self, account: int) -> Mapping[int, Balance]:
        """An account's balances by asset."""
        return self._accounts.get(account, {})

    def apply(self, event: Event) -> None:
        if event.flags & REPLAYED:
            return
        if isinstance(event, Trade):
            self._trade(event)
        elif isinstance(event, TradeBusted | TradeAdjusted):
            self._correct(event)
        elif isinstance(event, OrderEvent):
            if event.hold_change:
                pair = self._pairs[event.instrument]
                asset = pair.quote if event.side == _BUY else pair.base
                self._change(event.account, asset, 0, event.hold_change)
        elif isinstance(event, TransferEvent):
            self._transfer(event)
        elif isinstance(event, ClaimsIssued):
            self._change(event.account, event.base, event.claims, 0)
        elif isinstance(event, LotDelivered):
            self._change(event.account, event.pool or event.base, -1, 0)
        elif isinstance(event, ClaimsPooled):
            self._change(event.account, event.base, -event.claims, 0)
            self._change(event.account, event.pool, event.claims, 0)
        elif isinstance(event, ClaimsWithdrawn):
            self._change(event.account, event.base, -event.claims, 0)

    def _trade(self, trade: Trade) -> None:
        """Delivery versus payment: the buyer's hold is cash, the seller's is claims."""
        taker = (trade.account, trade.taker_fee_minor, trade.taker_hold_change)
        maker = (trade.maker_account, trade.maker_fee_minor, trade.maker_hold_change)
        buyer, seller = (taker, maker) if trade.taker_side == _BUY else (maker, taker)
        self._change(buyer[0], trade.quote, -trade.notional_minor - buyer[1], buyer[2])
        self._change(buyer[0], trade.base, trade.lots, 0)
        self._change(seller[0], trade.base, -trade.lots, seller[2])
        self._change(seller[0], trade.quote, trade.notional_minor - seller[1], 0)
        self._change(VENUE, trade.quote, buyer[1] + seller[1], 0)

    def _correct(self, event: TradeBusted | TradeAdjusted) -> None:
        """A bust is the trade's transfers the other way round; an adjustment moves cash alone."""
        if isinstance(event, TradeAdjusted):
            self._change(event.payer, event.quote, -event.amount, 0)
            return self._change(event.payee, event.quote, event.amount, 0)
        self._change(event.buyer, event.base, -event.lots, 0)
        self._change(event.seller, event.base, event.lots, 0)
        self._change(event.seller, event.quote, event.seller_fee_minor - event.notional_minor, 0)
        self._change(event.buyer, event.quote, event.notional_minor + event.buyer_fee_minor, 0)
        return self._change(VENUE, event.quote, -event.buyer_fee_minor - event.seller_fee_minor, 0)

    def _transfer(self, event: TransferEvent) -> None:
        amount = event.amount
        if isinstance(event, TransferBegun) and event.withdrawal:
            self._change(event.account, event.asset, 0, amount)
        elif isinstance(event, TransferConfirmed):
            total, held = (-amount, -amount) if event.withdrawal else (amount, 0)
            self._change(event.account, event.asset, total, held)
        elif isinstance(event, TransferAborted) and event.withdrawal:
            self._change(event.account, event.asset, 0, -amount)

    def _change(self, account: int, asset: int, total: int, held: int) -> None:
        balance = self._accounts.setdefault(account, {}).setdefault(asset, Balance())
        balance.total += total
        balance.held += held
        assert 0 <= balance.held <= balance.total, f"account {account} holds {balance.held} of {balance.total}"
