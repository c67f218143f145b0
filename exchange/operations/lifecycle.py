"""Where a listing stands, how it came there with the evidence of each step, and taking it off the market."""

import json
from collections.abc import Mapping
from itertools import count
from typing import Any, Final, NamedTuple

from exchange.catalogue.lifecycle import (
    RECORDED_MOVES,
    UNDELIVERABLE,
    LifecycleError,
    ListingState,
    Move,
    moved,
)
from exchange.catalogue.metadata import texts
from exchange.operations.asking import ask
from exchange.operations.dossier import Dossier, read_dossier
from exchange.operations.entries import BaseEntry, InstrumentEntry
from exchange.operations.notes import keep_note, read_note
from exchange.operations.recalls import Moved, moves_of
from exchange.operations.refusals import OperationRefused
from exchange.runtime import Exchange
from exchange.store.reader import Row
from exchange.vocabulary import commands
from exchange.vocabulary.commands import Command
from exchange.vocabulary.instruments import OF_ITSELF, Cause, Phase
from exchange.vocabulary.units import NS_PER_SECOND

HALT_TRIES: Final = 5
_STOPPED: Final = frozenset({Phase.HALTED, Phase.CANCEL_ONLY})
_VENUE: Final = "venue"


class Stage(NamedTuple):
    """A state that a listing came to. `at_ns` is None where only the vendor's words say when; `evidence` kinds of
    document with their SHA-256s."""

    state: ListingState
    at_ns: int | None
    by: str
    told: str
    evidence: Mapping[str, str]


def state_of(exchange: Exchange, entry: BaseEntry) -> ListingState:
    """Where the listing stands now."""
    recalled = exchange.recalled.get(entry.base)
    if recalled is not None:
        return recalled
    product = exchange.directory.instrument_of(entry.base)
    if product is None or not entry.issued_claims:
        return ListingState.LISTED
    return ListingState.SUSPENDED if _is_suspended(product.phase, product.cause) else ListingState.TRADING


def move_listing(exchange: Exchange, actor: int, entry: BaseEntry, move: Move, reason: Cause, note: str) -> Moved:
    """Recall, reinstate or withdraw a listing: on record and, where it leaves the market, withheld from delivery and
    halted with cause RECALL.

    OperationRefused: ILLEGAL_MOVE, or the machine's reasons.
    """
    with exchange.listing_lock, exchange.pool_lock, exchange.recall_lock:
        state = state_of(exchange, entry)
        assert move in RECORDED_MOVES, "a move that no person makes"
        try:
            after = moved(state, move)
        except LifecycleError as error:
            raise OperationRefused(error.code, error.detail) from None
        record = Moved(
            base=entry.base,
            listing=entry.listing.hex(),
            move=move,
            state=after,
            reason=reason.name.lower(),
            note=note.strip(),
            actor=actor,
            at_ns=exchange.now_ns(),
        )
        digest = bytes.fromhex(exchange.vault.put(record.document()))
        told = commands.RecordDecision(
            actor=actor, account=entry.issuer, permitted=1, subject=entry.listing, decision=digest
        )
        off = after in UNDELIVERABLE
        withheld = _withhold(exchange, actor, entry.base, off, digest)
        try:
            ask(exchange, told, *withheld, *(_halt(exchange, actor, entry, note) if off else ()))
        except OperationRefused:
            if digest not in exchange.directory.permits.get(entry.listing, ()):
                raise
        _note_state(exchange, entry.base, after)
        if off:
            _halt_at_last(exchange, actor, entry, note)
    return record


def _halt_at_last(exchange: Exchange, actor: int, entry: BaseEntry, note: str) -> None:
    """Where the product's phase has moved since the halt was asked for, halt it from where it is now."""
    for tried in count(1):
        halts = _halt(exchange, actor, entry, note)
        if not halts:
            return
        try:
            ask(exchange, *halts)
        except OperationRefused:
            if tried == HALT_TRIES:
                raise


def _withhold(exchange: Exchange, actor: int, base: int, withheld: bool, decision: bytes) -> list[Command]:
    """What tells the machine, so that pools draw on other bases; nothing where it knows."""
    if exchange.directory.bases[base].withheld == withheld:
        return []
    return [commands.WithholdBase(actor=actor, base=base, withheld=int(withheld), decision=decision)]


def _note_state(exchange: Exchange, base: int, state: ListingState) -> None:
    if state in UNDELIVERABLE:
        exchange.recalled[base] = state
    else:
        exchange.recalled.pop(base, None)


def _halt(exchange: Exchange, actor: int, entry: BaseEntry, note: str) -> list[Command]:
    """Halted with this cause, by way of `cancel_only` where it is halted with another; a killed one is halted."""
    product = exchange.directory.instrument_of(entry.base)
    if product is None or product.killed or exchange.directory.killed:
        return []
    if (product.phase, product.cause) == (Phase.HALTED, Cause.RECALL):
        return []
    evidence = keep_note(exchange.vault, note)
    by_way = [Phase.CANCEL_ONLY] if product.phase == Phase.HALTED else []
    return [
        commands.SetPhase(
            actor=actor, instrument=product.instrument, phase=phase, reason=Cause.RECALL, evidence=evidence
        )
        for phase in (*by_way, Phase.HALTED)
    ]


def history(exchange: Exchange, entry: BaseEntry) -> list[Stage]:
    """How the listing came to stand where it does, the first state first; each with its evidence."""
    dossier = read_dossier(exchange.vault, entry.listing)
    product = exchange.directory.instrument_of(entry.base)
    phases = list(exchange.register.suspensions(product.instrument)) if product else []
    moves = [_recorded(digest, record) for digest, record in moves_of(exchange.vault, exchange.directory, entry)]
    return [*_before(exchange, entry, dossier), *_merged(_traded(exchange, phases), moves)]


def _merged(traded: list[Stage], moves: list[Stage]) -> list[Stage]:
    """By time, without phases that change nothing: the same state again, or any while it is off the market."""
    told: list[Stage] = []
    for stage in sorted([*traded, *moves], key=lambda each: each.at_ns or 0):
        before = told[-1].state if told else None
        if stage in moves or (before is not stage.state and before not in UNDELIVERABLE):
            told.append(stage)
    return told


def _before(exchange: Exchange, entry: BaseEntry, dossier: Dossier) -> list[Stage]:
    """Up to the listing: what the vendor states, what the assay certified, what the gate admitted."""
    metadata = json.loads(exchange.vault.get(dossier.croissant))
    certified = json.loads(exchange.vault.get(dossier.certificate))["body"]
    vendor = f"participant {exchange.directory.accounts[dossier.account].participant}"
    stated = {"croissant": dossier.croissant}
    return [
        Stage(ListingState.COLLECTED, None, vendor, _stated(metadata, _COLLECTED), stated | dict(dossier.evidence)),
        Stage(ListingState.PROCESSED, None, vendor, _stated(metadata, _PROCESSED), stated | dict(dossier.files)),
        Stage(
            ListingState.ASSAYED,
            certified["issued_at_s"] * NS_PER_SECOND,
            f"assayer {certified['assayer']}",
            f"grade {certified['assay']['grade']}",
            {"certificate": dossier.certificate},
        ),
        Stage(
            ListingState.LISTED,
            entry.defined_ns,
            _VENUE,
            f"{entry.lots} lots in {entry.copies} copies, handed in with key {dossier.submitted_by}",
            {"dossier": entry.listing.hex(), "decision": entry.decision.hex()},
        ),
    ]


_COLLECTED: Final = ("rai:dataCollection", "rai:dataCollectionTimeframe")
_PROCESSED: Final = ("rai:dataPreprocessingProtocol", "rai:dataManipulationProtocol", "datePublished")


def _stated(metadata: Mapping[str, Any], keys: tuple[str, ...]) -> str:
    return "; ".join(each for key in keys for each in texts(metadata.get(key)))


def _traded(exchange: Exchange, phases: list[Row]) -> list[Stage]:
    """Out of the phases: when it came to trade, and each time that somebody suspended it or let it go on.

    A recall's own halt is none of them: the record tells of it.
    """
    found: list[Stage] = []
    for row in phases:
        suspended = _is_suspended(row["phase"], row["reason"])
        state = ListingState.SUSPENDED if suspended else ListingState.TRADING
        if row["reason"] == Cause.RECALL or (row["phase"] in _STOPPED and not found):
            continue
        note = read_note(exchange.vault, row["evidence"])
        cause = Cause(row["reason"])
        words = ": ".join(each for each in (cause.name.lower() if cause else "", note) if each)
        by = _VENUE if cause in OF_ITSELF else "operator"
        found.append(Stage(state, row["timestamp_ns"], by, words, _digest_of("phase", row["evidence"])))
    return found


def _recorded(digest: bytes, record: Moved) -> Stage:
    words = f"{record.reason}: {record.note}" if record.note else record.reason
    return Stage(record.state, record.at_ns, f"key {record.actor}", words, {"record": digest.hex()})


def _digest_of(kind: str, digest: bytes) -> dict[str, str]:
    return {kind: digest.hex()} if any(digest) else {}


def _is_suspended(phase: int, cause: int) -> bool:
    """Whether a person keeps it from trading."""
    return phase in _STOPPED and cause not in OF_ITSELF


def open_product(exchange: Exchange, command: commands.SetPhase) -> None:
    """Carry out an operator's phase command; OperationRefused RECALLED, or the machine's reasons."""
    with exchange.recall_lock:
        refuse_recalled(exchange, exchange.directory.instruments[command.instrument])
        ask(exchange, command)


def refuse_recalled(exchange: Exchange, product: InstrumentEntry) -> None:
    """RECALLED where what the product is on was recalled or withdrawn: it trades no more."""
    state = exchange.recalled.get(product.base)
    if state is not None:
        raise OperationRefused("RECALLED", f"{product.symbol} is {state}", {"state": str(state)})
