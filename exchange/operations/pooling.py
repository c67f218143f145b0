"""Pools: defining one with its market, and turning claims on a certified dataset into claims on it.

Where the dataset does not belong to the pool's class, the decision that says so is on record, and is raised.
"""

import re
from dataclasses import dataclass
from typing import Final

from exchange.assay.certificate import verify_certificate
from exchange.assay.errors import CertificateError
from exchange.assay.quality import PROFILES
from exchange.catalogue.croissant import read_listing
from exchange.catalogue.lots import LotError, is_exact, propose_tick_minor
from exchange.compliance.licences import purposes_named
from exchange.compliance.pools import GRADES, Candidate, PoolClass, PoolDecision, admit_class, belongs
from exchange.operations.asking import ask, ask_one
from exchange.operations.delivering import base_named
from exchange.operations.dossier import read_dossier
from exchange.operations.entries import BaseEntry, InstrumentEntry, PoolEntry
from exchange.operations.facts import WORLDWIDE, account_of, listed_facts
from exchange.operations.issuing import instrument_on, opening
from exchange.operations.lifecycle import refuse_recalled
from exchange.operations.refusals import OperationRefused, gate_refused
from exchange.runtime import Exchange
from exchange.vocabulary import commands, events
from exchange.vocabulary.participants import VENUE
from exchange.vocabulary.units import NS_PER_SECOND

_LANGUAGE: Final = re.compile(r"[a-z]{2,3}")
_SECTOR: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_TERRITORY: Final = re.compile(rf"[A-Z]{{2}}|{WORLDWIDE}")


@dataclass(frozen=True, slots=True)
class Pooled:
    """`replayed` where the same key had pooled before."""

    pool: int
    base: int
    claims: int
    decision: bytes
    replayed: bool


def define_pool(exchange: Exchange, actor: int, code: str, pool_class: PoolClass) -> tuple[PoolEntry, InstrumentEntry]:
    """A pool with an open market in it. OperationRefused: BAD_CLASS, GATE_REFUSED, or the machine's reasons."""
    _check(pool_class)
    decision = admit_class(pool_class, exchange.gate, decided_at_ns=exchange.now_ns())
    listing = bytes.fromhex(exchange.vault.put(pool_class.document()))
    _keep(exchange, decision, 0, listing, f"a pool {code}")
    command = commands.DefinePool(
        actor=actor, lot_rtu=pool_class.lot_rtu, code=code, listing=listing, decision=decision.digest
    )
    with exchange.listing_lock:
        pool = ask_one(exchange, command, events.PoolDefined).pool
        return exchange.directory.pools[pool], _open_market(exchange, exchange.directory.pools[pool])


def finish_pools(exchange: Exchange) -> list[int]:
    """Go on with the pools that an interrupted definition left without an instrument; those that have one now."""
    left = [
        entry for entry in exchange.directory.pools.values() if exchange.directory.instrument_of(entry.pool) is None
    ]
    for entry in left:
        _open_market(exchange, entry)
    return [entry.pool for entry in left]


def pool_claims(exchange: Exchange, actor: int, account: int, base: int, pool: int, lots: int, key: str) -> Pooled:
    """Turn free claims into claims on the pool; the same key gets the first answer. Raises OperationRefused."""
    account_of(exchange, account)
    entry, into = base_named(exchange, base), exchange.directory.pools.get(pool)
    if into is None:
        raise OperationRefused("UNKNOWN_PRODUCT", f"there is no pool {pool}")
    with exchange.pool_lock:
        digest = exchange.directory.pooling_keys.get((account, key))
        if digest is None:
            product = exchange.directory.instrument_of(base)
            if product is not None:
                refuse_recalled(exchange, product)
            decision = belongs(
                class_of(exchange, into),
                candidate(exchange, entry),
                exchange.gate,
                decided_at_ns=exchange.now_ns(),
            )
            _keep(exchange, decision, account, entry.listing, f"pooling {entry.code} into {into.code}")
            digest = decision.digest
        command = commands.PoolClaims(
            actor=actor, account=account, base=base, pool=pool, lots=lots, decision=digest, key=key
        )
        told = ask_one(exchange, command, events.ClaimsPooled)
    return Pooled(pool, base, told.claims, told.decision, replayed=bool(told.flags & events.REPLAYED))


def class_of(exchange: Exchange, pool: PoolEntry) -> PoolClass:
    return PoolClass.read(exchange.vault.get(pool.listing.hex()))


def candidate(exchange: Exchange, entry: BaseEntry) -> Candidate:
    """What is known of a listed dataset: its certificate as it stands now, its metadata, and its facts."""
    dossier = read_dossier(exchange.vault, entry.listing)
    listing = read_listing(exchange.vault.get(dossier.croissant))
    content = exchange.vault.get(dossier.certificate)
    now_s = exchange.now_ns() // NS_PER_SECOND
    try:
        assay, certified = verify_certificate(content, trusted_assayers=[exchange.assayer], now_s=now_s).assay, True
    except CertificateError:
        assay, certified = {"profile": "", "grade": ""}, False
    return Candidate(
        base=entry.base,
        certificate=dossier.certificate,
        certified=certified,
        lot_rtu=entry.lot_rtu,
        sector=listing.sector or "",
        language=listing.languages[0],
        kind=assay["profile"],
        grade=assay["grade"],
        facts=listed_facts(exchange, entry, dossier),
    )


def _open_market(exchange: Exchange, entry: PoolEntry) -> InstrumentEntry:
    defined = instrument_on(exchange, entry, entry.pool, class_of(exchange, entry).tick_minor)
    instrument = exchange.directory.instruments[ask_one(exchange, defined, events.InstrumentDefined).instrument]
    ask(exchange, *opening(exchange, instrument))
    return exchange.directory.instruments[instrument.instrument]


def _keep(exchange: Exchange, decision: PoolDecision, account: int, subject: bytes, what: str) -> None:
    """Into the vault before any command names it; a denial into the journal, and raised."""
    exchange.vault.put(decision.document())
    if decision.permitted:
        return
    command = commands.RecordDecision(
        actor=VENUE, account=account, permitted=0, subject=subject, decision=decision.digest
    )
    ask_one(exchange, command, events.DecisionRecorded)
    raise gate_refused(what, decision.reasons, decision.digest)


def proposed_tick_minor(exchange: Exchange, lot_rtu: int) -> int:
    """The tick that a dataset with such lots would get; OperationRefused BAD_CLASS where there is none."""
    try:
        return propose_tick_minor(lot_rtu, exchange.settings.least_tick_minor)
    except LotError as error:
        raise OperationRefused("BAD_CLASS", error.detail) from None


def _check(stated: PoolClass) -> None:
    try:
        known_purposes = bool(purposes_named(stated.purposes))
    except KeyError:
        known_purposes = False
    rules = {
        "sector": _SECTOR.fullmatch(stated.sector),
        "language": _LANGUAGE.fullmatch(stated.language),
        "kind": stated.kind in PROFILES,
        "grade": stated.grade in GRADES,
        "purposes": known_purposes,
        "territories": stated.territories and all(map(_TERRITORY.fullmatch, stated.territories)),
        "lot_rtu": stated.lot_rtu > 0,
        "tick": stated.tick_minor > 0 and is_exact(stated.lot_rtu, stated.tick_minor),
    }
    wrong = [name for name, right in rules.items() if not right]
    if wrong:
        raise OperationRefused("BAD_CLASS", f"{', '.join(wrong)} cannot be so", {"fields": wrong})
