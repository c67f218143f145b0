"""A venue whose tests read as trading: two funded traders, orders in one line, answers in words."""

from dataclasses import dataclass, field

from exchange.vocabulary import commands
from exchange.vocabulary.events import CommandRefused, Event, Trade
from exchange.vocabulary.instruments import Side, TimeInForce
from exchange.vocabulary.offering import packed_accounts
from exchange.vocabulary.reasons import Reason
from exchange.vocabulary.rows import BalanceRow, OrderRow
from exchange.vocabulary.state import decode_snapshot
from simulations.sandbox import Sandbox

GTC, IOC, FOK = TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK


@dataclass
class Venue(Sandbox):
    """`ann` and `bob` are traders of different owners, each with 1,000 claims and cash; every answer is checked for
    the invariants before it is handed on."""

    ann: int = 0
    bob: int = 0
    answers: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.ann = self.trader(claims=1_000)
        self.bob = self.trader(claims=1_000)

    def does(self, *batch: commands.Command) -> list[Event]:
        self.answers = self.apply(*batch)
        self.engine.check_invariants()
        return self.answers

    def buy(self, account: int, price: int, lots: int, tif: TimeInForce = GTC, **more: object) -> list[Event]:
        return self.does(self.order(account, Side.BUY, price, lots, tif, **more))

    def sell(self, account: int, price: int, lots: int, tif: TimeInForce = GTC, **more: object) -> list[Event]:
        return self.does(self.order(account, Side.SELL, price, lots, tif, **more))

    def cancel(self, account: int, order_id: int) -> list[Event]:
        return self.does(commands.CancelOrder(account=account, order_id=order_id))

    def amend(self, account: int, order_id: int, price: int = 0, lots: int = 0, **more: str) -> list[Event]:
        return self.does(commands.AmendOrder(account=account, order_id=order_id, price_ticks=price, lots=lots, **more))

    def offer(
        self, account: int, side: Side, price: int, lots: int, to: tuple[int, ...] = (), **more: object
    ) -> list[Event]:
        """Posted to all where `to` names nobody."""
        return self.does(self.offering(account, side, price, lots, to, **more))

    def offering(
        self, account: int, side: Side, price: int, lots: int, to: tuple[int, ...] = (), **more: object
    ) -> commands.MakeOffer:
        terms = {"side": side, "price_ticks": price, "lots": lots, "to": packed_accounts(to)} | more
        return commands.MakeOffer(account=account, instrument=self.instrument, **terms)

    def accept(self, account: int, offer: int, lots: int = 0, **more: object) -> list[Event]:
        return self.does(commands.AcceptOffer(account=account, offer=offer, lots=lots, **more))

    def withdraw(self, account: int, offer: int = 0, client_order_id: str = "") -> list[Event]:
        return self.does(commands.WithdrawOffer(account=account, offer=offer, client_order_id=client_order_id))

    @property
    def last_order(self) -> int:
        """The id that the last command's order has."""
        return self.sequence * 16

    def rows(self, row: type) -> list:
        return decode_snapshot(self.engine.snapshot()).rows(row)

    def book(self) -> dict[str, list[tuple[int, int, int]]]:
        """(price, lots, order id) of what rests, best and earliest first."""
        resting = sorted((row for row in self.rows(OrderRow) if row.place), key=lambda row: row.place)
        told = {
            name: [(row.price_ticks, row.leaves_lots, row.order_id) for row in resting if row.side == side]
            for name, side in (("bids", Side.BUY), ("asks", Side.SELL))
        }
        told["bids"].sort(key=lambda each: -each[0])
        told["asks"].sort(key=lambda each: each[0])
        return told

    def balance(self, account: int, asset: int | None = None) -> tuple[int, int]:
        """(total, held), of cash where no asset is named."""
        wanted = (account, self.asset if asset is None else asset)
        rows = [row for row in self.rows(BalanceRow) if (row.account, row.asset) == wanted]
        return (rows[0].total, rows[0].held) if rows else (0, 0)


def refusal(answers: list[Event]) -> str:
    """The name of the refusal, or an empty string."""
    refused = [event for event in answers if isinstance(event, CommandRefused)]
    return Reason(refused[0].reason).name if refused else ""


def trades(answers: list[Event]) -> list[tuple[int, int, int]]:
    """(maker's order id, price, lots) of each fill."""
    return [(each.maker_order_id, each.price_ticks, each.lots) for each in answers if isinstance(each, Trade)]


def kinds(answers: list[Event]) -> list[str]:
    return [type(event).__name__ for event in answers]
