"""A venue of one vendor and two buyers on the real engine, and the batches of events that it gives."""

from dataclasses import dataclass

from exchange.matching.engine import Engine
from exchange.vocabulary import commands as c
from exchange.vocabulary.instruments import Mode, OrderType, Phase, Purpose, SelfTrade, Side, TimeInForce
from exchange.vocabulary.offering import packed_accounts
from exchange.vocabulary.participants import ParticipantState, Role, Scope
from exchange.vocabulary.units import NO_LIMIT_LOTS, NS_PER_SECOND

START_NS = 1_700_000_000 * NS_PER_SECOND
DIGEST = bytes(range(32))


@dataclass(frozen=True)
class Batch:
    events: bytes
    first_sequence: int
    count: int


class SmallVenue:
    """`apply` sequences commands and returns their batch; ids are sequences, so they can be noted as it goes."""

    def __init__(self):
        self.engine = Engine()
        self.sequence = 0
        self.batches = []
        self.participants = []

    def apply(self, *commands):
        first = self.sequence + 1
        for command in commands:
            self.sequence += 1
            command.sequence, command.timestamp_ns = self.sequence, START_NS + self.sequence * NS_PER_SECOND
        events = self.engine.apply(b"".join(command.encode() for command in commands))
        self.batches.append(Batch(events, first, len(commands)))
        return self.batches[-1]

    def make(self, command):
        """The id of what one command creates."""
        self.apply(command)
        return self.sequence

    def participant(self):
        participant = self.make(c.RegisterParticipant(profile=DIGEST))
        for state in (ParticipantState.VERIFIED, ParticipantState.ACTIVE):
            self.apply(c.SetParticipantState(participant=participant, state=state, evidence=DIGEST))
        return participant

    def account(self):
        self.participants.append(self.participant())
        return self.make(c.OpenAccount(participant=self.participants[-1]))

    def deposit(self, account, amount, key="d"):
        transfer = self.make(c.BeginDeposit(account=account, asset=self.cny, amount=amount, key=key))
        self.apply(c.ConfirmTransfer(transfer=transfer))
        return transfer

    def order(self, account, side, price_ticks, lots, **fields):
        terms = {"type": OrderType.LIMIT, "tif": TimeInForce.GTC, "self_trade": SelfTrade.DECREMENT} | fields
        return c.PlaceOrder(
            account=account,
            instrument=self.instrument,
            side=side,
            price_ticks=price_ticks,
            lots=lots,
            **terms,
        )

    def special(self, account, side, price_ticks, lots, kind):
        """An order of a kind that shows in part, waits unseen, or has no size of its own."""
        match kind:
            case "iceberg":
                return self.order(account, side, price_ticks, lots, display_lots=1 + lots // 3)
            case "stop":
                return self.order(account, side, 0, lots, type=OrderType.STOP, stop_price_ticks=price_ticks)
            case "stop limit":
                terms = {"type": OrderType.STOP_LIMIT, "stop_price_ticks": price_ticks}
                return self.order(account, side, price_ticks, lots, **terms)
            case "at close":
                return self.order(account, side, price_ticks, lots, tif=TimeInForce.AT_CLOSE)
            case "funds":
                terms = {"type": OrderType.MARKET, "tif": TimeInForce.IOC, "funds_minor": price_ticks * 10 * lots + 7}
                return self.order(account, Side.BUY, 0, 0, **terms)

    def offer(self, account, side, price_ticks, lots, to=(), **fields):
        terms = {"side": side, "price_ticks": price_ticks, "lots": lots, "to": packed_accounts(to)} | fields
        return c.MakeOffer(account=account, instrument=self.instrument, **terms)

    def phase(self, phase):
        return c.SetPhase(instrument=self.instrument, phase=phase)

    def open(self, lots=100, cash=1_000_000, static_band_ppm=0):
        """Claims on `lots` lots with the vendor, cash with two buyers, a market of 10 cents a tick and lot."""
        self.cny = self.make(c.DefineAsset(code="CNY", scale=2))
        self.vendor, self.buyer, self.other = (self.account() for _ in range(3))
        named = {"listing": DIGEST, "certificate": DIGEST, "decision": DIGEST}
        base = c.DefineBase(account=self.vendor, lots=lots, copies=1, lot_rtu=100_000, code="MEDZH", **named)
        self.base = self.make(base)
        self.apply(c.Issue(base=self.base))
        self.instrument = self.make(
            c.DefineInstrument(
                base=self.base,
                quote=self.cny,
                tick_minor=100,
                lot_rtu=100_000,
                max_lots=1_000_000,
                max_notional_minor=2**50,
                maker_ppm=1_000,
                taker_ppm=2_000,
                auction_ppm=1_000,
                negotiated_ppm=1_000,
                static_band_ppm=static_band_ppm,
                modes=Mode.CONTINUOUS | Mode.CALL_AUCTION | Mode.NEGOTIATED,
                symbol="MEDZH-CNY",
            )
        )
        for account in (self.vendor, self.buyer, self.other):
            for side in Side:
                self.grant(account, side)
        for phase in (Phase.HALTED, Phase.CONTINUOUS):
            self.apply(c.SetPhase(instrument=self.instrument, phase=phase, trading_day=20_000))
        for account in (self.buyer, self.other):
            self.deposit(account, cash)
        return self

    def grant(self, account, side):
        limits = {"position_limit_lots": NO_LIMIT_LOTS, "expires_at_ns": 2**62, "purpose": Purpose.TRAINING}
        return self.make(
            c.GrantEntitlement(account=account, instrument=self.instrument, side=side, decision=DIGEST, **limits)
        )

    def open_pool(self):
        """A pool with an instrument on it, which all accounts may trade, after `open`."""
        made = self.make(c.DefinePool(code="GRADED", lot_rtu=100_000, listing=DIGEST, decision=DIGEST))
        self.pool = made
        first = self.instrument
        self.instrument = self.graded = self.make(
            c.DefineInstrument(
                base=made, quote=self.cny, tick_minor=100, lot_rtu=100_000, max_lots=1_000_000,
                max_notional_minor=2**50, maker_ppm=1_000, taker_ppm=2_000, modes=Mode.CONTINUOUS, symbol="GRADED-CNY",
            )
        )  # fmt: skip
        for account in (self.vendor, self.buyer, self.other):
            for side in Side:
                self.grant(account, side)
        for phase in (Phase.HALTED, Phase.CONTINUOUS):
            self.apply(self.phase(phase))
        self.instrument = first
        return self

    def pooling(self, account, lots, key):
        return c.PoolClaims(account=account, base=self.base, pool=self.pool, lots=lots, decision=DIGEST, key=key)

    def operator_key(self):
        user = self.make(c.RegisterUser(participant=self.participant(), roles=Role.OPERATOR))
        return self.make(c.RegisterKey(user=user, scopes=Scope.MANAGE, fingerprint=DIGEST))

    def intervention(self, what, number):
        """What an operator does about one of the first trades, or to an account, or to all."""
        about = {"instrument": self.instrument, "trade_id": 1 + number}
        accounts = (self.vendor, self.buyer, self.other)
        payer, payee = accounts[number % 3], accounts[(number + 1) % 3]
        match what:
            case "bust":
                return c.BustTrade(**about)
            case "adjust":
                return c.AdjustTrade(**about, payer=payer, payee=payee, amount=1 + number)
            case "adjust back":
                return c.AdjustTrade(**about, payer=payee, payee=payer, amount=1 + number)
            case "block":
                return c.BlockAccount(account=payer)
            case "unblock":
                return c.UnblockAccount(account=payer)
            case "kill" | "unkill":
                kind = c.Kill if what == "kill" else c.Unkill
                participant = self.participants[number % 3]
                return (kind(participant=participant), kind(instrument=self.instrument), kind())[number // 3 % 3]


INTERVENTIONS = ("bust", "bust", "adjust", "adjust back", "block", "unblock", "kill", "unkill")
