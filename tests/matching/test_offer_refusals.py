"""Each refusal of an offer, and of an acceptance, is told in the documented order: a command that is wrong in every
way is put right one thing at a time."""

from venue import Venue, refusal

from exchange.vocabulary import commands
from exchange.vocabulary.commands import AcceptOffer, MakeOffer, WithdrawOffer
from exchange.vocabulary.instruments import Mode, Phase, Side
from exchange.vocabulary.reasons import Reason
from exchange.vocabulary.refusals import REFUSALS
from simulations.sandbox import Terms, digest

BUY, SELL = Side.BUY, Side.SELL


class Trying:
    """A command that is refused again and again, and why each time."""

    def __init__(self, venue: Venue, command) -> None:
        self.venue = venue
        self.command = command
        self.told: list[Reason] = []

    def ask(self, **changes) -> None:
        """Put fields right, and ask again: refused, nothing but the sequence changes."""
        for name, value in changes.items():
            setattr(self.command, name, value)
        before = self.venue.engine.state_hash()
        self.told.append(Reason[refusal(self.venue.does(self.command))])
        assert self.venue.engine.state_hash() == before

    def ask_until_taken(self, **changes) -> None:
        for name, value in changes.items():
            setattr(self.command, name, value)
        assert not refusal(self.venue.does(self.command))

    def permitted(self, account: int) -> None:
        """Ask as a blocked account is let in step by step, up to its days between opposite trades."""
        venue = self.venue
        self.ask()
        venue.must(commands.UnblockAccount(account=account))
        self.ask()
        venue.entitle(account, expires_at_ns=venue.now_ns + 10_000, position_limit_lots=1)
        venue.now_ns += 20_000
        venue.does(commands.Clock())
        self.ask()
        venue.entitle(account, position_limit_lots=1)
        self.ask()

    def opened(self) -> None:
        """Ask in a halt, and when only cancels are taken; then the instrument is closed, which stops no offer."""
        self.ask()
        self.venue.phase(Phase.CANCEL_ONLY)
        self.ask()
        self.venue.phase(Phase.CLOSED)


def shut_out(venue: Venue, account: int) -> None:
    """The account has used up its client ids, lost its rights, is blocked, and the instrument halted."""
    venue.must(venue.order(account, SELL, 500, 1, client_order_id="first", fingerprint=b"f" * 16))
    for side in Side:
        revoke = commands.RevokeEntitlement(
            account=account, instrument=venue.instrument, side=side, decision=digest("revoked")
        )
        venue.must(revoke)
    venue.must(commands.BlockAccount(account=account))


def test_an_offer_is_refused_in_the_documented_order():
    venue = Venue(terms=Terms(max_lots=2_000, max_notional_minor=10**6))
    account = venue.trader(cash_minor=1_000, claims=2, max_client_ids=1, max_open_orders=2)
    venue.entitle(account)
    shut_out(venue, account)
    venue.phase(Phase.HALTED)
    wrong = {"side": 3, "expire_at_ns": 1, "part": 2, "price_ticks": 0, "lots": 0, "client_order_id": "first"}
    trying = Trying(venue, MakeOffer(account=999, instrument=999, **wrong))
    trying.ask()
    trying.ask(instrument=venue.instrument)
    trying.ask(account=account)
    trying.ask(side=BUY)
    trying.ask(expire_at_ns=0)
    trying.ask(part=0)
    trying.ask(price_ticks=100_000)
    trying.ask(lots=2_001)
    trying.ask(client_order_id="second")
    trying.command.client_order_id = ""
    trying.permitted(account)
    venue.phase(Phase.CLOSED)
    venue.entitle(account)
    for _ in range(2):
        venue.must(venue.offering(account, SELL, 1, 1))
    venue.phase(Phase.HALTED)
    venue.entitle(account, min_days=5)
    trying.ask()
    venue.entitle(account)
    trying.opened()
    trying.ask()
    trying.ask(lots=100)
    trying.ask(lots=10)
    venue.does(commands.MassCancel(account=account))
    trying.ask()
    trying.ask(side=SELL)
    trying.ask_until_taken(lots=2)
    told_elsewhere = {Reason.TOO_MANY_HOLDERS, Reason.MODE_NOT_LICENSED}
    assert trying.told == [each for each in REFUSALS[MakeOffer] if each not in told_elsewhere]


def test_an_acceptance_is_refused_in_the_documented_order():
    venue = Venue()
    account = venue.trader(cash_minor=1_000, claims=2, max_client_ids=1)
    sibling = venue.trader(claims=5, participant=venue.participant(owner=account - 3))
    venue.offer(sibling, SELL, 100_000, 5)
    own = venue.last_order
    venue.offer(venue.ann, SELL, 100_000, 5)
    offer = venue.last_order
    venue.offer(venue.ann, SELL, 1, 1)
    venue.withdraw(venue.ann, venue.last_order)
    gone = venue.last_order - 16
    shut_out(venue, account)
    venue.phase(Phase.HALTED)
    trying = Trying(venue, AcceptOffer(account=999, offer=999, lots=-1, client_order_id="first", flags=1))
    trying.ask()
    trying.ask(account=account)
    trying.ask(flags=0)
    trying.ask(client_order_id="second")
    trying.ask(client_order_id="")
    trying.ask(offer=gone)
    trying.ask(offer=own)
    trying.ask(lots=0)
    trying.command.offer = offer
    trying.permitted(account)
    venue.phase(Phase.CLOSED)
    venue.entitle(account)
    venue.must(venue.offering(account, SELL, 1, 1))
    venue.phase(Phase.HALTED)
    venue.entitle(account, min_days=5)
    trying.ask()
    venue.entitle(account)
    trying.opened()
    trying.ask()
    venue.deposit(account, 10**6)
    trying.ask_until_taken()
    told_elsewhere = {Reason.TOO_MANY_HOLDERS, Reason.MODE_NOT_LICENSED, Reason.INSUFFICIENT_CLAIMS}
    assert trying.told == [each for each in REFUSALS[AcceptOffer] if each not in told_elsewhere]


def test_the_cap_on_holders_comes_between_days_and_phase():
    venue = Venue(terms=Terms(max_holders=4))
    newcomer, carl = venue.trader(), venue.trader()
    venue.offer(venue.ann, SELL, 1, 9, part=1)
    offer = venue.last_order
    venue.accept(newcomer, offer, 1)
    venue.entitle(venue.bob, min_days=1)
    venue.offer(newcomer, SELL, 1, 1)
    venue.accept(venue.bob, venue.last_order)
    venue.accept(carl, offer, 1)
    venue.entitle(newcomer, min_days=5)
    venue.phase(Phase.HALTED)
    buying = {"side": BUY, "price_ticks": 1, "lots": 1}
    make = Trying(venue, MakeOffer(account=newcomer, instrument=venue.instrument, **buying))
    accept = Trying(venue, AcceptOffer(account=newcomer, offer=offer, lots=1))
    for trying in (make, accept):
        trying.ask()
    venue.entitle(newcomer)
    for trying in (make, accept):
        trying.ask()
        assert trying.told == [Reason.TOO_EARLY, Reason.TOO_MANY_HOLDERS]


def test_the_licence_is_asked_after_the_phase_and_before_size_and_money():
    venue = Venue(terms=Terms(modes=int(Mode.CONTINUOUS), max_lots=2_000))
    make = Trying(
        venue, MakeOffer(account=venue.ann, instrument=venue.instrument, side=SELL, price_ticks=1, lots=9_999)
    )
    venue.phase(Phase.HALTED)
    make.ask()
    venue.phase(Phase.CLOSED)
    make.ask()
    assert make.told == [Reason.INSTRUMENT_HALTED, Reason.MODE_NOT_LICENSED]


def test_an_acceptance_of_an_offer_to_buy_lacks_claims(venue):
    poor = venue.trader()
    venue.offer(venue.ann, BUY, 100, 5)
    assert refusal(venue.accept(poor, venue.last_order)) == "INSUFFICIENT_CLAIMS"


def test_a_withdrawal_is_refused_in_the_documented_order(venue):
    venue.offer(venue.ann, SELL, 100, 5)
    offer = venue.last_order
    trying = Trying(venue, WithdrawOffer(account=venue.bob, offer=offer + 1))
    trying.ask()
    trying.ask(offer=offer)
    venue.withdraw(venue.ann, offer)
    trying.ask(account=venue.ann)
    assert tuple(trying.told) == REFUSALS[WithdrawOffer]


def test_an_offer_names_accounts_that_exist_and_an_id_that_prints(venue):
    for spoilt in ({"to": (999_999).to_bytes(8, "little") + bytes(56)}, {"client_order_id": "\x07"}, {"flags": 2}):
        command = venue.offering(venue.ann, SELL, 100, 5)
        for name, value in spoilt.items():
            setattr(command, name, value)
        assert refusal(venue.does(command)) == "BAD_COMBINATION"
        assert venue.answers[0].client_order_id == ""
