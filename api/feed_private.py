"""The private channels: `user`, what happens to the orders of a participant, and `balance`, what its accounts own.

Sequences of `user` count its messages on one connection. They begin at the microsecond of subscribing, so that they
rise over reconnections and restarts too: clients drop what seems older than what they have.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

from api.auth import Caller
from api.feed_connection import Connection
from api.feed_outbox import as_text
from api.feed_requests import EVERY_PRODUCT, PRIVATE, Subscription
from api.market import Book, Market
from exchange.portfolio.balances import Balance
from exchange.portfolio.messages import Message, accounts_of, offer, offer_of, user_messages
from exchange.vocabulary.events import (
    AccountOpened,
    ClaimsIssued,
    ClaimsPooled,
    ClaimsWithdrawn,
    Event,
    LotDelivered,
    TransferEvent,
)
from exchange.vocabulary.units import format_scaled
from exchange.vocabulary.wire import SIZE_SCALE, iso_time

_ALL_ORDERS: Subscription = ("user", EVERY_PRODUCT)
_BALANCE: Subscription = ("balance", EVERY_PRODUCT)
_NS_PER_US = 1_000


class PrivateFeed:
    def __init__(self, market: Market, now_ns: Callable[[], int]) -> None:
        self._market = market
        self._now_ns = now_ns
        self._listening: dict[int, dict[Connection, None]] = {}
        """Who is told of an account."""
        self._told: dict[tuple[int, int], tuple[int, int]] = {}
        """Total and held by (account, asset), as `balance` told them last."""

    def add(self, channel: str, connection: Connection, caller: Caller) -> None:
        connection.caller = caller
        connection.user_sequence = connection.user_sequence or self._now_ns() // _NS_PER_US
        for account in caller.accounts:
            self._listening.setdefault(account, {})[connection] = None
            if channel == "balance":
                for asset, balance in self._market.portfolio.balances.of(account).items():
                    self._tell_balance([connection], account, asset, balance)

    def remove(self, connection: Connection) -> None:
        """Tell a connection nothing private any more."""
        for account in [account for account, listening in self._listening.items() if connection in listening]:
            del self._listening[account][connection]
            if not self._listening[account]:
                del self._listening[account]
                self._told = {key: told for key, told in self._told.items() if key[0] != account}
        connection.caller = None

    def follow(self, events: Sequence[Event]) -> None:
        """Pass on the events of a batch, then the balances that it moved."""
        if not self._listening:
            return
        moved: dict[int, None] = {}
        for event in events:
            accounts = _moved_by(event)
            if isinstance(event, AccountOpened):
                self._open(event)
            for account in accounts:
                if account in self._listening:
                    moved[account] = None
                    self._tell_orders(event, account)
            self._tell_offers(event)
        for account in moved:
            self._tell_balances(account)

    def _open(self, event: AccountOpened) -> None:
        """A new account of a participant who listens is listened to as well."""
        listening = {connection: None for others in self._listening.values() for connection in others}
        of_participant = [each for each in listening if each.caller and each.caller.participant == event.participant]
        if of_participant:
            self._listening[event.account] = dict.fromkeys(of_participant)

    def _tell_orders(self, event: Event, account: int) -> None:
        book = self._market.books.get(event.instrument)
        if book is not None:
            self._tell_user(account, book, user_messages(event, account, book.product_id, book.scales))

    def _tell_offers(self, event: Event) -> None:
        """Those to whom a private offer is made are told of it, and again whenever something becomes of it."""
        offer_id = offer_of(event)
        view = self._market.portfolio.orders.by_id(offer_id) if offer_id else None
        if view is None or view.offered is None:
            return
        book = self._market.books[view.instrument]
        for account in view.offered.to:
            if account != view.account and account in self._listening:
                now = {"type": "offer", "time": iso_time(event.timestamp_ns)}
                self._tell_user(account, book, [now | offer(view, account, book.product_id, book.scales)])

    def _tell_user(self, account: int, book: Book, messages: Iterable[Message]) -> None:
        """To the account's connections; messages that come one by one are made only where somebody listens."""
        wanted = {_ALL_ORDERS, ("user", book.product_id)}
        listening = [each for each in self._listening[account] if not wanted.isdisjoint(each.subscriptions)]
        if listening:
            for message in messages:
                for connection in listening:
                    connection.user_sequence += 1
                    sequence = connection.user_sequence
                    connection.send(as_text(message | {"sequence": sequence}), "user", sequence)

    def _tell_balances(self, account: int) -> None:
        listening = [each for each in self._listening[account] if _BALANCE in each.subscriptions]
        if listening:
            for asset, balance in self._market.portfolio.balances.of(account).items():
                if self._told.get((account, asset)) != (balance.total, balance.held):
                    self._tell_balance(listening, account, asset, balance)

    def _tell_balance(self, listening: Sequence[Connection], account: int, asset: int, balance: Balance) -> None:
        self._told[account, asset] = (balance.total, balance.held)
        code, written = self._written(asset)
        now = iso_time(self._now_ns())
        text = as_text({
            "type": "balance", "account_id": f"{account}-{code}", "currency": code, "profile_id": str(account),
            "holds": written(balance.held), "available": written(balance.available), "updated": now, "timestamp": now,
        })  # fmt: skip
        for connection in listening:
            connection.send_newest(("balance", f"{account}-{code}"), text)

    def _written(self, asset: int) -> tuple[str, Callable[[int], str]]:
        """The code of an asset and how its amounts are written: cash in its scale, claims in millions of RTU."""
        directory = self._market.directory
        cash = directory.assets.get(asset)
        if cash is not None:
            return cash.code, lambda minor: format_scaled(minor, cash.scale)
        claimed = directory.claimed(asset)
        return claimed.code, lambda lots: format_scaled(lots * claimed.lot_rtu, SIZE_SCALE)


def _moved_by(event: Event) -> Sequence[int]:
    """The accounts whose orders or balances an event concerns."""
    if isinstance(event, TransferEvent | ClaimsIssued | ClaimsPooled | ClaimsWithdrawn | LotDelivered):
        return (event.account,)
    return accounts_of(event)


def private_of(subscriptions: dict[Subscription, None]) -> Iterator[Subscription]:
    return (each for each in subscriptions if each[0] in PRIVATE)
