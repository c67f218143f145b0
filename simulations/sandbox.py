"""A small venue in memory: an engine with one instrument and as many funded, entitled accounts as asked for.

For replays, benchmarks and tests, which want to speak to the machine itself and not through a server.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field

from exchange.matching.engine import Engine
from exchange.vocabulary import commands
from exchange.vocabulary.codec import EVENTS
from exchange.vocabulary.commands import Command
from exchange.vocabulary.events import CommandRefused, Event
from exchange.vocabulary.instruments import Mode, OrderType, Phase, Purpose, SelfTrade, Side, TimeInForce
from exchange.vocabulary.participants import ParticipantState
from exchange.vocabulary.reasons import Reason
from exchange.vocabulary.units import FOREVER_NS, MAX_LOTS, MAX_NOTIONAL_MINOR, NS_PER_SECOND

START_NS = 1_790_000_000 * NS_PER_SECOND


class SandboxError(AssertionError):
    """A set-up command was refused, which is a mistake of whoever set the sandbox up."""


@dataclass
class Terms:
    """The instrument's terms: one tick on one lot is worth `tick_minor × lot_rtu / 1,000,000` minor units."""

    tick_minor: int = 1
    lot_rtu: int = 1_000_000
    lots: int = MAX_LOTS
    copies: int = 1
    maker_ppm: int = 500
    taker_ppm: int = 1_000
    auction_ppm: int | None = None
    """As `negotiated_ppm`, the maker's where it is not told."""
    negotiated_ppm: int | None = None
    collar_ppm: int = 50_000
    static_band_ppm: int = 0
    dynamic_band_ppm: int = 0
    volatility_s: int = 300
    max_lots: int = MAX_LOTS
    max_notional_minor: int = MAX_NOTIONAL_MINOR
    max_holders: int = 0
    modes: int = int(Mode.CONTINUOUS | Mode.CALL_AUCTION | Mode.NEGOTIATED)


@dataclass
class Sandbox:
    """Numbers and stamps commands as a sequencer would, and keeps no journal."""

    terms: Terms = field(default_factory=Terms)
    engine: Engine = field(default_factory=Engine)
    sequence: int = 0
    now_ns: int = START_NS
    asset: int = 0
    base: int = 0
    instrument: int = 0
    issuer: int = 0
    setup_events: bytearray = field(default_factory=bytearray)
    """Every event since the start that `apply` decoded: the set-up, for who keeps a ledger beside the engine."""

    def __post_init__(self) -> None:
        if self.sequence:
            return
        self.asset = self.must(commands.DefineAsset(code="CNY", scale=2))
        self.issuer = self.account()
        terms = self.terms
        self.base = self.must(
            commands.DefineBase(
                account=self.issuer,
                lots=terms.lots,
                copies=terms.copies,
                lot_rtu=terms.lot_rtu,
                code="TEXT",
                listing=digest("listing"),
                certificate=digest("certificate"),
                decision=digest("decision"),
            )
        )
        self.instrument = self.must(
            commands.DefineInstrument(
                base=self.base,
                quote=self.asset,
                tick_minor=terms.tick_minor,
                lot_rtu=terms.lot_rtu,
                max_lots=terms.max_lots,
                max_notional_minor=terms.max_notional_minor,
                maker_ppm=terms.maker_ppm,
                taker_ppm=terms.taker_ppm,
                auction_ppm=terms.maker_ppm if terms.auction_ppm is None else terms.auction_ppm,
                negotiated_ppm=terms.maker_ppm if terms.negotiated_ppm is None else terms.negotiated_ppm,
                collar_ppm=terms.collar_ppm,
                static_band_ppm=terms.static_band_ppm,
                dynamic_band_ppm=terms.dynamic_band_ppm,
                volatility_s=terms.volatility_s,
                max_holders=terms.max_holders,
                modes=terms.modes,
                symbol="TEXT-CNY",
            )
        )
        self.must(commands.Issue(base=self.base))
        self.entitle(self.issuer)
        self.phase(Phase.HALTED)
        self.phase(Phase.CONTINUOUS)

    def stamped(self, batch: Iterable[Command]) -> bytes:
        """Encode commands with the next sequence numbers, a microsecond apart."""
        parts = []
        for command in batch:
            self.sequence += 1
            self.now_ns += 1_000
            command.sequence, command.timestamp_ns = self.sequence, self.now_ns
            parts.append(command.encode())
        return b"".join(parts)

    def apply(self, *batch: Command) -> list[Event]:
        encoded = self.engine.apply(self.stamped(batch))
        self.setup_events += encoded
        events = EVENTS.decode_all(encoded)
        return [event for event in events if isinstance(event, Event)]

    def must(self, command: Command) -> int:
        """Apply a command that may not be refused; returns its sequence, the id of what it made."""
        refused = [event for event in self.apply(command) if isinstance(event, CommandRefused)]
        if refused:
            raise SandboxError(f"{type(command).__name__} was refused: {Reason(refused[0].reason).name}")
        return self.sequence

    def participant(self, owner: int = 0) -> int:
        participant = self.must(commands.RegisterParticipant(owner=owner, profile=digest("profile")))
        for state in (ParticipantState.VERIFIED, ParticipantState.ACTIVE):
            self.must(commands.SetParticipantState(participant=participant, state=state, evidence=digest("evidence")))
        return participant

    def account(self, participant: int = 0, **limits: int) -> int:
        """A new account, of a new participant where none is given."""
        participant = participant or self.participant()
        return self.must(commands.OpenAccount(participant=participant, **limits))

    def entitle(self, account: int, **terms: int) -> None:
        for side in Side:
            granted = {"purpose": int(Purpose.TRAINING), "position_limit_lots": MAX_LOTS, "expires_at_ns": FOREVER_NS}
            self.must(
                commands.GrantEntitlement(
                    account=account,
                    instrument=self.instrument,
                    side=side,
                    decision=digest(f"{account} {side}"),
                    **(granted | terms),
                )
            )

    def trader(self, cash_minor: int = 10**15, claims: int = 0, participant: int = 0, **limits: int) -> int:
        """An account that may trade both sides, with cash paid in and claims bought from the issuer at one tick."""
        account = self.account(participant, **limits)
        self.entitle(account)
        if cash_minor:
            self.deposit(account, cash_minor)
        if claims:
            self.must(self.order(self.issuer, Side.SELL, 1, claims))
            self.must(self.order(account, Side.BUY, 1, claims))
        return account

    def deposit(self, account: int, amount_minor: int) -> None:
        key = f"deposit {self.sequence}"
        transfer = self.must(commands.BeginDeposit(account=account, asset=self.asset, amount=amount_minor, key=key))
        self.must(commands.ConfirmTransfer(transfer=transfer))

    def phase(self, phase: Phase, trading_day: int = 0) -> None:
        self.must(commands.SetPhase(instrument=self.instrument, phase=phase, trading_day=trading_day))

    def order(
        self,
        account: int,
        side: Side,
        price_ticks: int,
        lots: int,
        tif: TimeInForce = TimeInForce.GTC,
        **more: int | str | bytes,
    ) -> commands.PlaceOrder:
        """A limit order, or a market order where `type` says so; a `fingerprint` or `flags` go along."""
        made = {"type": OrderType.LIMIT, "self_trade": SelfTrade.DECREMENT} | more
        return commands.PlaceOrder(
            account=account,
            instrument=self.instrument,
            side=side,
            price_ticks=price_ticks,
            lots=lots,
            tif=tif,
            **made,  # type: ignore[arg-type]  # The caller's keywords are the record's fields.
        )


def digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
