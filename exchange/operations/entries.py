"""Entries of the directory, named after the events and columns they come from."""

from dataclasses import dataclass, fields
from typing import Any, TypeVar

from exchange.vocabulary.codec import NO_DIGEST
from exchange.vocabulary.instruments import Cause, Phase

E = TypeVar("E")


def made(entry: type[E], source: Any, **values: Any) -> E:
    """An entry out of a row or an event with fields of the same names, unless given."""
    names = [field.name for field in fields(entry)]  # type: ignore[arg-type]
    taken = {name: getattr(source, name) for name in names if name not in values and hasattr(source, name)}
    return entry(**taken, **values)


@dataclass(frozen=True, slots=True)
class ParticipantEntry:
    participant: int
    owner: int
    state: int
    expires_at_ns: int
    profile: bytes
    killed: int = 0


@dataclass(frozen=True, slots=True)
class UserEntry:
    user: int
    participant: int
    roles: int
    person: bytes


@dataclass(frozen=True, slots=True)
class KeyEntry:
    key: int
    user: int
    participant: int
    scopes: int
    expires_at_ns: int
    fingerprint: bytes
    revoked: bool = False


@dataclass(frozen=True, slots=True)
class AccountEntry:
    """`blocked` is why, bit by bit, as in the state."""

    account: int
    participant: int
    blocked: int = 0


@dataclass(frozen=True, slots=True)
class AssetEntry:
    asset: int
    code: str
    scale: int


@dataclass(frozen=True, slots=True)
class BaseEntry:
    """`listing` is the digest of the listing's dossier, `defined_ns` when it was admitted."""

    base: int
    issuer: int
    lots: int
    copies: int
    lot_rtu: int
    code: str
    listing: bytes
    certificate: bytes
    decision: bytes
    issued_claims: int = 0
    withdrawn_claims: int = 0
    withheld: int = 0
    defined_ns: int = 0


@dataclass(frozen=True, slots=True)
class PoolEntry:
    """`listing` is the digest of the class's document."""

    pool: int
    lot_rtu: int
    code: str
    listing: bytes
    decision: bytes


@dataclass(frozen=True, slots=True)
class InstrumentEntry:
    """`cause` is why the phase is what it is, `overridden_ns` when a person last moved it, and `scheduled_ns` when the
    schedule was assigned, whose document's digest is `schedule`."""

    instrument: int
    symbol: str
    base: int
    quote: int
    tick_minor: int
    lot_rtu: int
    minor_per_tick_lot: int
    maker_ppm: int
    taker_ppm: int
    max_lots: int
    max_holders: int
    modes: int
    phase: int = Phase.CLOSED
    killed: int = 0
    cause: int = Cause.NONE
    trading_day: int = 0
    ends_at_ns: int = 0
    overridden_ns: int = 0
    scheduled_ns: int = 0
    schedule: bytes = NO_DIGEST


@dataclass(frozen=True, slots=True)
class EntitlementEntry:
    """The grant in force for an account, instrument and side."""

    entitlement: int
    account: int
    instrument: int
    side: int
    purpose: int
    position_limit_lots: int
    expires_at_ns: int
    decision: bytes
