"""From an admitted base to a market in it: the instrument, the claims, the vendor's right to sell, the opening.

The ids of what a command creates are known only from its answer, so this takes three submissions. Interrupted between
them, a base stands there that nobody trades; `finish_issues` goes on with it at the next start.
"""

import re

from exchange.operations.asking import ask, ask_one
from exchange.operations.dossier import read_dossier
from exchange.operations.entitling import judge
from exchange.operations.entries import BaseEntry, InstrumentEntry, PoolEntry
from exchange.operations.facts import listed_facts
from exchange.operations.refusals import OperationRefused
from exchange.runtime import Exchange
from exchange.vocabulary import commands, events
from exchange.vocabulary.commands import Command
from exchange.vocabulary.instruments import Mode, Phase, Side
from exchange.vocabulary.participants import VENUE
from exchange.vocabulary.units import MAX_LOTS, MAX_NOTIONAL_MINOR, NS_PER_SECOND

CODE_CHARS = 16
_NOT_CODE = re.compile(r"[^A-Z0-9]+")


def base_code(exchange: Exchange, name: str) -> str:
    """A free code for a dataset: its name's letters A-Z and digits, a number behind it where that is taken."""
    taken, quote = exchange.directory.codes(), exchange.settings.quote
    stem = _NOT_CODE.sub("", name.upper())[:CODE_CHARS] or "DATASET"
    number, code = 1, stem
    while code in taken or f"{code}-{quote}" in taken:
        number += 1
        code = stem[: CODE_CHARS - len(str(number))] + str(number)
    return code


def issue(exchange: Exchange, base: int) -> tuple[InstrumentEntry, int | None]:
    """Give the base its market: the instrument, and the id of the vendor's entitlement to sell, if it gets one."""
    entry = exchange.directory.bases[base]
    dossier = read_dossier(exchange.vault, entry.listing)
    instrument = exchange.directory.instrument_of(base)
    if instrument is None:
        ask_one(exchange, instrument_on(exchange, entry, base, dossier.tick_minor), events.InstrumentDefined)
        instrument = exchange.directory.instrument_of(base)
        assert instrument is not None
    group: list[Command] = [commands.Issue(actor=VENUE, account=entry.issuer, base=base)]
    purposes = listed_facts(exchange, entry, dossier).offered_purposes
    verdict = judge(exchange, entry.issuer, instrument.instrument, Side.SELL, purposes, MAX_LOTS)
    exchange.vault.put(verdict.document())
    if verdict.permitted:
        group.append(verdict.grant(VENUE))
    else:
        group.append(
            commands.RecordDecision(
                actor=VENUE,
                account=entry.issuer,
                instrument=instrument.instrument,
                permitted=0,
                subject=entry.listing,
                decision=verdict.digest,
            )
        )
    answers = ask(exchange, *group, *opening(exchange, instrument))
    granted = [event for event in answers[1] if isinstance(event, events.EntitlementGranted)]
    return exchange.directory.instruments[instrument.instrument], granted[0].sequence if granted else None


def finish_issues(exchange: Exchange) -> list[int]:
    """Go on with the bases that an interrupted listing left without claims; those that have them now.

    One that is refused now, its issuer having left since, stays as it is and keeps nothing else from starting.
    """
    finished = []
    for entry in list(exchange.directory.bases.values()):
        if not entry.issued_claims:
            try:
                issue(exchange, entry.base)
            except OperationRefused as refused:
                exchange.log.warning("base is not issued", base=entry.base, refused=str(refused))
            else:
                finished.append(entry.base)
    return finished


def instrument_on(
    exchange: Exchange, entry: BaseEntry | PoolEntry, asset: int, tick_minor: int
) -> commands.DefineInstrument:
    """The instrument on the claims of this asset, with the venue's terms."""
    settings = exchange.settings
    quote = exchange.directory.asset(settings.quote)
    assert quote is not None, "the venue was set up"
    return commands.DefineInstrument(
        actor=VENUE,
        base=asset,
        quote=quote.asset,
        tick_minor=tick_minor,
        lot_rtu=entry.lot_rtu,
        max_lots=min(settings.max_order_lots, MAX_LOTS),
        max_notional_minor=min(settings.max_notional_minor, MAX_NOTIONAL_MINOR),
        maker_ppm=settings.maker_ppm,
        taker_ppm=settings.taker_ppm,
        auction_ppm=settings.maker_ppm,
        negotiated_ppm=settings.maker_ppm,
        collar_ppm=settings.collar_ppm,
        static_band_ppm=settings.static_band_ppm,
        dynamic_band_ppm=settings.dynamic_band_ppm,
        volatility_s=settings.volatility_s,
        max_holders=exchange.gate.profile.max_holders,
        modes=exchange.gate.profile.modes,
        symbol=f"{entry.code}-{settings.quote}",
    )


def opening(exchange: Exchange, instrument: InstrumentEntry) -> list[Command]:
    """Open for continuous trading, by way of `halted`, where the venue's licence has that mode. Elsewhere it stays
    closed, with today as its trading day: what is negotiated from now on counts as of today."""
    opened = Phase.CONTINUOUS if instrument.modes & Mode.CONTINUOUS else Phase.CLOSED
    day = trading_day(exchange.now_ns(), exchange.settings.utc_offset_hours)
    return [
        commands.SetPhase(actor=VENUE, instrument=instrument.instrument, phase=phase, trading_day=day)
        for phase in (Phase.HALTED, opened)
    ]


def trading_day(at_ns: int, utc_offset_hours: int) -> int:
    """The venue's calendar day, counted from 1970-01-01."""
    return (at_ns // NS_PER_SECOND + utc_offset_hours * 3600) // 86_400
