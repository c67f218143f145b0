"""What a venue without approval for centralised trading may do: offers, and calls in which only the issuer sells."""

import pytest
from venue import refusal, trades

from exchange.vocabulary import commands
from exchange.vocabulary.events import Event
from exchange.vocabulary.instruments import Mode, OrderType, Phase, Side, TimeInForce
from exchange.vocabulary.offering import packed_accounts
from exchange.vocabulary.rows import AccountRow
from exchange.vocabulary.state import decode_snapshot
from simulations.sandbox import Sandbox, Terms

BUY, SELL = Side.BUY, Side.SELL
DAY = 20_000


class Unapproved(Sandbox):
    """Three members without claims, five trading days between their opposite trades."""

    def __init__(self, max_holders: int = 199) -> None:
        modes = int(Mode.NEGOTIATED | Mode.SINGLE_SELLER_AUCTION)
        super().__init__(terms=Terms(modes=modes, max_holders=max_holders))
        self.members = [self.trader() for _ in range(3)]
        for member in (self.issuer, *self.members):
            self.entitle(member, min_days=5)
        self.days = 0
        self.turn(0)

    def turn(self, days: int) -> None:
        """So many trading days later, closed."""
        for each in [1] * days or [0]:
            self.days += each
            for phase in (Phase.HALTED, Phase.CLOSED):
                self.phase(phase, DAY + self.days)

    def sibling_of(self, account: int) -> int:
        """An account of another participant of the same beneficial owner."""
        rows = decode_snapshot(self.engine.snapshot()).rows(AccountRow)
        (owner,) = [row.participant for row in rows if row.account == account]
        sibling = self.trader(participant=self.participant(owner=owner))
        self.entitle(sibling, min_days=5)
        return sibling

    def does(self, command: commands.Command) -> list[Event]:
        answers = self.apply(command)
        self.engine.check_invariants()
        return answers

    def offer(self, account: int, side: Side, price: int, lots: int, **more: int) -> int:
        terms = {"side": side, "price_ticks": price, "lots": lots, "to": packed_accounts(())} | more
        return 16 * self.must(commands.MakeOffer(account=account, instrument=self.instrument, **terms))

    def accept(self, account: int, offer: int, lots: int = 0) -> list[Event]:
        return self.does(commands.AcceptOffer(account=account, offer=offer, lots=lots))

    def places(self, account: int, side: Side, price: int, lots: int, **more: object) -> str:
        return refusal(self.does(self.order(account, side, price, lots, **more)))


@pytest.fixture
def venue():
    return Unapproved()


def test_continuous_trading_is_not_licensed_whoever_trades(venue):
    for phase in (Phase.HALTED, Phase.CONTINUOUS):
        venue.phase(phase)
    for account, side in ((venue.members[0], BUY), (venue.issuer, SELL)):
        for more in ({}, {"tif": TimeInForce.IOC}, {"tif": TimeInForce.AT_CLOSE}):
            assert venue.places(account, side, 100, 1, **more) == "MODE_NOT_LICENSED"
    market = {"type": OrderType.MARKET, "tif": TimeInForce.IOC}
    assert venue.places(venue.members[0], BUY, 0, 1, **market) == "MODE_NOT_LICENSED"


def test_in_a_call_members_buy_of_the_issuer_and_nobody_else_sells(venue):
    ann, bob, _ = venue.members
    venue.accept(bob, venue.offer(venue.issuer, SELL, 90, 5))
    venue.turn(5)
    for phase in (Phase.PRE_OPEN, Phase.OPENING_AUCTION):
        venue.phase(phase)
        assert venue.places(bob, SELL, 100, 5) == "MODE_NOT_LICENSED"
    assert not venue.places(venue.issuer, SELL, 100, 10)
    assert not venue.places(ann, BUY, 105, 7)
    uncrossed = venue.does(commands.SetPhase(instrument=venue.instrument, phase=Phase.CONTINUOUS))
    assert [(price, lots) for _, price, lots in trades(uncrossed)] == [(100, 7)]


def test_what_is_bought_by_offer_is_sold_by_offer_five_trading_days_later(venue):
    ann, bob, _ = venue.members
    assert trades(venue.accept(ann, venue.offer(venue.issuer, SELL, 100, 5)))
    resale = commands.MakeOffer(account=ann, instrument=venue.instrument, side=SELL, price_ticks=110, lots=5)
    wanted = venue.offer(bob, BUY, 110, 5)
    for days in (0, 4):
        venue.turn(days)
        assert refusal(venue.does(resale)) == "TOO_EARLY"
        assert refusal(venue.accept(ann, wanted)) == "TOO_EARLY"
    venue.turn(1)
    assert trades(venue.accept(ann, wanted)) == [(wanted, 110, 5)]
    back = venue.offer(venue.issuer, SELL, 100, 5)
    assert refusal(venue.accept(ann, back)) == "TOO_EARLY"


def test_an_open_offer_of_any_account_of_the_owner_counts_as_its_trade(venue):
    ann, _, _ = venue.members
    venue.accept(ann, venue.offer(venue.issuer, SELL, 100, 5))
    venue.turn(5)
    venue.offer(ann, SELL, 110, 5)
    sibling = venue.sibling_of(ann)
    assert refusal(venue.accept(sibling, venue.offer(venue.issuer, SELL, 100, 1))) == "TOO_EARLY"


def test_the_cap_on_holders_holds_in_offers_and_in_calls():
    venue = Unapproved(max_holders=3)
    ann, bob, carl = venue.members
    offer = venue.offer(venue.issuer, SELL, 100, 9, part=1)
    for member in (ann, bob):
        assert trades(venue.accept(member, offer, 1))
    assert refusal(venue.accept(carl, offer, 1)) == "TOO_MANY_HOLDERS"
    venue.phase(Phase.PRE_OPEN)
    assert venue.places(carl, BUY, 100, 1) == "TOO_MANY_HOLDERS"
    assert not venue.places(ann, BUY, 100, 1)
