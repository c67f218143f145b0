"""The venue's day: time, phases, the reference price, what is traded, and a machine that comes back from a snapshot."""

from collections.abc import Sequence
from typing import Any

from exchange.vocabulary import commands as c
from exchange.vocabulary.instruments import Cause, Mode, Phase
from exchange.vocabulary.rows import InstrumentRow
from simulations.sandbox import digest
from simulations.scenario_steps.market import Market, bits, named, options, word_of
from simulations.scenario_steps.registry import verb


@verb("wait")
def _wait(market: Market, words: Sequence[str]) -> list[str]:
    market.sandbox.now_ns = market.in_ns(words[0])
    return market.apply(c.Clock())


@verb("snapshot")
def _snapshot(market: Market, _words: Sequence[str]) -> list[str]:
    """Everything after must go on as if nothing had been."""
    market.recover()
    return []


@verb("phase")
def _phase(market: Market, words: Sequence[str]) -> list[str]:
    """NAME [freezes=TIME] [ends=TIME] [day=N] [reason=REASON]."""
    given = options(words[1:], "freezes", "ends", "day", "reason")
    command = c.SetPhase(
        instrument=market.sandbox.instrument,
        phase=word_of(Phase, words[0]),
        trading_day=int(given.get("day", 0)),
        freezes_at_ns=market.in_ns(given["freezes"]) if "freezes" in given else 0,
        ends_at_ns=market.in_ns(given["ends"]) if "ends" in given else 0,
        reason=word_of(Cause, given.get("reason", "none")),
    )
    return market.apply(command)


@verb("days")
def _days(market: Market, words: Sequence[str]) -> list[str]:
    """N: so many trading days begin one after the other, each by a move to `halted`, or from it, and back."""
    happened: list[str] = []
    for _ in range(int(words[0])):
        row = market.rows(InstrumentRow)[0]
        away = Phase.CLOSED if row.phase == Phase.HALTED else Phase.HALTED
        for phase, day in ((away, row.trading_day + 1), (Phase(row.phase), 0)):
            command = c.SetPhase(instrument=market.sandbox.instrument, phase=phase, trading_day=day)
            happened += market.apply(command)
    return happened


@verb("reference")
def _reference(market: Market, words: Sequence[str]) -> list[str]:
    return market.apply(c.SetReferencePrice(instrument=market.sandbox.instrument, price_ticks=int(words[0])))


@verb("rules")
def _rules(market: Market, words: Sequence[str]) -> list[str]:
    return market.apply(c.SetRulesVersion(rules_version=int(words[0])))


@verb("asset")
def _asset(market: Market, words: Sequence[str]) -> list[str]:
    """CODE [scale=N]."""
    given = options(words[1:], "scale")
    market.name("asset", words[0], market.next_sequence)
    return market.apply(c.DefineAsset(code=words[0], scale=int(given.get("scale", 2))))


@verb("base")
def _base(market: Market, words: Sequence[str]) -> list[str]:
    """CODE issuer=NAME lots=N [copies=N]."""
    given = options(words[1:], "issuer", "lots", "copies")
    for kind in ("base", "asset"):
        market.name(kind, words[0], market.next_sequence)
    command = c.DefineBase(
        account=market.find("account", given["issuer"]),
        lots=int(given["lots"]),
        copies=int(given.get("copies", 1)),
        lot_rtu=market.sandbox.terms.lot_rtu,
        code=words[0],
        listing=digest("listing"),
        certificate=digest("certificate"),
        decision=digest("decision"),
    )
    return market.apply(command)


@verb("instrument")
def _instrument(market: Market, words: Sequence[str]) -> list[str]:
    """SYMBOL base=CODE quote=CODE and any terms that are to be other than those of `TEXT-CNY`."""
    given = dict(named(word) for word in words[1:])
    terms = market.sandbox.terms
    fields: dict[str, Any] = {
        "tick_minor": terms.tick_minor,
        "lot_rtu": terms.lot_rtu,
        "max_lots": terms.max_lots,
        "max_notional_minor": terms.max_notional_minor,
        "taker_ppm": terms.taker_ppm,
        "modes": terms.modes,
    }
    base, quote = market.find("base", given.pop("base")), market.find("asset", given.pop("quote"))
    fields |= {name: bits(Mode, value) if name == "modes" else int(value) for name, value in given.items()}
    market.name("instrument", words[0], market.next_sequence)
    return market.apply(c.DefineInstrument(base=base, quote=quote, symbol=words[0], **fields))


@verb("decision")
def _decision(market: Market, words: Sequence[str]) -> list[str]:
    """SUBJECT: the gate's word on a listing, for the record."""
    return market.apply(c.RecordDecision(permitted=1, subject=digest(words[0]), decision=digest("decision")))
