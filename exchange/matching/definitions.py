"""What is traded: cash assets, bases and the instruments on them, and the gate's decisions about listings."""

from exchange.matching.bases import Base
from exchange.matching.order_book import Book
from exchange.matching.phases import PhaseDesk
from exchange.matching.registry import Registry
from exchange.matching.state import Asset, MachineState
from exchange.matching.writer import EventWriter
from exchange.vocabulary import commands, events
from exchange.vocabulary.codec import NO_DIGEST
from exchange.vocabulary.instruments import Cause, Mode
from exchange.vocabulary.reasons import Reason
from exchange.vocabulary.rows import InstrumentRow
from exchange.vocabulary.units import MAX_FEE_PPM, MAX_LOTS, MAX_NOTIONAL_MINOR, PPM, minor_per_tick_lot

OK = Reason.NONE


class Definitions:
    """As `Registry`: each method returns the reason of a refusal, or changes the state and returns `NONE`."""

    def __init__(self, state: MachineState, writer: EventWriter, registry: Registry, phases: PhaseDesk) -> None:
        self.state = state
        self.writer = writer
        self.registry = registry
        self.phases = phases

    def define_asset(self, command: commands.DefineAsset) -> Reason:
        code = command.code.encode()
        if not self.registry.may_manage(command.actor):
            return Reason.NOT_PERMITTED
        if not is_code(command.code) or command.scale > 18:
            return Reason.BAD_VALUE
        if code in self.state.codes:
            return Reason.DUPLICATE_CODE
        self.add_asset(command.sequence, 0, command.scale, code)
        self.writer.event(events.AssetDefined(asset=command.sequence, scale=command.scale, code=command.code))
        return OK

    def define_base(self, command: commands.DefineBase) -> Reason:
        code = command.code.encode()
        if not self.registry.may_manage(command.actor):
            return Reason.NOT_PERMITTED
        if command.account not in self.state.accounts or not command.account:
            return Reason.UNKNOWN_ACCOUNT
        if not is_code(command.code) or not 0 < command.lots * command.copies <= MAX_LOTS or command.lot_rtu <= 0:
            return Reason.BAD_VALUE
        if code in self.state.codes:
            return Reason.DUPLICATE_CODE
        if NO_DIGEST in {command.listing, command.certificate, command.decision}:
            return Reason.NO_DECISION
        base = command.sequence
        self.add_asset(base, 1, 0, code)
        self.state.bases[base] = Base(
            base, command.account, command.lots, command.copies, command.lot_rtu, 0, code.ljust(16, b"\0")
        )
        self.writer.event(
            events.BaseDefined(
                account=command.account,
                base=base,
                lots=command.lots,
                copies=command.copies,
                lot_rtu=command.lot_rtu,
                code=command.code,
                listing=command.listing,
                certificate=command.certificate,
                decision=command.decision,
            )
        )
        return OK

    def define_instrument(self, command: commands.DefineInstrument) -> Reason:
        """A new instrument is closed, or halted while the venue is killed."""
        state, symbol = self.state, command.symbol.encode()
        if not self.registry.may_manage(command.actor):
            return Reason.NOT_PERMITTED
        if command.base not in state.bases:
            return Reason.UNKNOWN_BASE
        if command.quote not in state.assets or state.assets[command.quote].is_claim:
            return Reason.UNKNOWN_ASSET
        if symbol in state.codes:
            return Reason.DUPLICATE_CODE
        worth = minor_per_tick_lot(command.tick_minor, command.lot_rtu) if command.tick_minor > 0 else None
        same_lot = command.lot_rtu == state.bases[command.base].lot_rtu
        # Of a larger worth one lot at one tick would exceed every notional.
        sound = worth is not None and worth <= MAX_NOTIONAL_MINOR and _terms_are_sound(command)
        if worth is None or not same_lot or not sound:
            return Reason.BAD_INSTRUMENT
        defined = events.InstrumentDefined(instrument=command.sequence, minor_per_tick_lot=worth)
        terms = InstrumentRow(instrument=command.sequence, minor_per_tick_lot=worth, phase=1)
        for name in _TERMS:
            setattr(defined, name, getattr(command, name))
            setattr(terms, name, getattr(command, name))
        defined.symbol, terms.symbol = command.symbol, symbol.ljust(32, b"\0")
        book = state.books[terms.instrument] = Book(terms, state.bases[command.base].issuer)
        state.codes.add(symbol)
        self.writer.event(defined)
        if state.killed:
            self.phases.halt(book, Cause.OPERATOR)
        return OK

    def record_decision(self, command: commands.RecordDecision) -> Reason:
        if not self.registry.may_manage(command.actor):
            return Reason.NOT_PERMITTED
        if NO_DIGEST in {command.decision, command.subject}:
            return Reason.NO_DECISION
        self.writer.event(
            events.DecisionRecorded(
                account=command.account,
                instrument=command.instrument,
                permitted=command.permitted,
                subject=command.subject,
                decision=command.decision,
            )
        )
        return OK

    def add_asset(self, asset: int, is_claim: int, scale: int, code: bytes) -> None:
        self.state.assets[asset] = Asset(asset, is_claim, scale, code.ljust(16, b"\0"))
        self.state.codes.add(code)


_TERMS = (
    "base",
    "quote",
    "tick_minor",
    "lot_rtu",
    "max_lots",
    "max_notional_minor",
    "maker_ppm",
    "taker_ppm",
    "auction_ppm",
    "negotiated_ppm",
    "collar_ppm",
    "static_band_ppm",
    "dynamic_band_ppm",
    "max_holders",
    "volatility_s",
    "modes",
)


def is_code(code: str) -> bool:
    """One word of A-Z and 0-9, as assets and bases are called."""
    return 0 < len(code) <= 16 and code.isalnum() and code.isascii() and code.upper() == code


def _terms_are_sound(command: commands.DefineInstrument) -> bool:
    base, dash, quote = command.symbol.partition("-")
    fees = (command.maker_ppm, command.auction_ppm, command.negotiated_ppm)
    bands = (command.collar_ppm, command.static_band_ppm, command.dynamic_band_ppm)
    return (
        bool(dash)
        and is_code(base)
        and is_code(quote)
        and max(fees) <= command.taker_ppm <= MAX_FEE_PPM
        and max(bands) < PPM
        and 0 < command.max_lots <= MAX_LOTS
        and 0 < command.max_notional_minor <= MAX_NOTIONAL_MINOR
        and 0 < command.modes < 2 * max(Mode)
    )
