"""Rows of what is rare: participants, accounts, instruments, entitlements, transfers, phases, decisions.

One event, one statement or a few, in the order of the events.
"""

from collections.abc import Callable
from typing import Any, Final, TypeVar

import numpy as np
from sqlalchemy import Connection, Table, insert, update

from exchange.store import tables
from exchange.vocabulary import events as ev
from exchange.vocabulary.codec import EVENT_BYTES, EVENTS, KIND_OFFSET, NO_DIGEST, Record
from exchange.vocabulary.instruments import OF_ITSELF, Phase
from exchange.vocabulary.participants import ParticipantState

TRANSFER_BEGUN, TRANSFER_CONFIRMED, TRANSFER_ABORTED = 1, 2, 3

E = TypeVar("E", bound=Record)
_HANDLERS: Final[dict[int, Callable[[Connection, Any], None]]] = {}


def _on(*kinds: type[E]) -> Callable[[Callable[[Connection, E], None]], Callable[[Connection, E], None]]:
    def register(handler: Callable[[Connection, E], None]) -> Callable[[Connection, E], None]:
        _HANDLERS.update({kind.KIND: handler for kind in kinds})
        return handler

    return register


def write_registry(connection: Connection, events: bytes) -> None:
    """Write the rows of the rare events among `events`; answers given again change nothing."""
    kinds = np.frombuffer(events, np.uint8)[KIND_OFFSET::EVENT_BYTES]
    for position in np.flatnonzero(np.isin(kinds, list(_HANDLERS))).tolist():
        event = EVENTS.decode(events, position * EVENT_BYTES)
        if not event.flags & ev.REPLAYED:
            _HANDLERS[event.KIND](connection, event)


def _add(connection: Connection, table: Table, event: Record, **values: Any) -> None:
    """Insert a row whose columns are the event's fields of the same name, unless given."""
    names = [column.name for column in table.columns]
    row = {name: values[name] if name in values else getattr(event, name) for name in names}
    connection.execute(insert(table), row)


def _set(connection: Connection, table: Table, key: int, **values: Any) -> None:
    """Change the row whose first key column is `key`."""
    (column,) = table.primary_key.columns
    result = connection.execute(update(table).where(column == key).values(**values))
    assert result.rowcount == 1, f"{table.name} has no row {key}"


@_on(ev.ParticipantRegistered)
def _participant_registered(connection: Connection, event: ev.ParticipantRegistered) -> None:
    state = ParticipantState.APPLIED
    registered = {"registered_ns": event.timestamp_ns, "evidence": NO_DIGEST}
    _add(connection, tables.participants, event, state=state, **registered)


@_on(ev.ParticipantStateSet)
def _participant_state_set(connection: Connection, event: ev.ParticipantStateSet) -> None:
    _set(connection, tables.participants, event.participant, state=event.state, evidence=event.evidence)


@_on(ev.UserRegistered)
def _user_registered(connection: Connection, event: ev.UserRegistered) -> None:
    _add(connection, tables.users, event, user_id=event.user, registered_ns=event.timestamp_ns)


@_on(ev.KeyRegistered)
def _key_registered(connection: Connection, event: ev.KeyRegistered) -> None:
    ids = {"key_id": event.key, "user_id": event.user}
    _add(connection, tables.keys, event, **ids, registered_ns=event.timestamp_ns, revoked_ns=0)


@_on(ev.KeyRevoked)
def _key_revoked(connection: Connection, event: ev.KeyRevoked) -> None:
    _set(connection, tables.keys, event.key, revoked_ns=event.timestamp_ns)


@_on(ev.AccountOpened)
def _account_opened(connection: Connection, event: ev.AccountOpened) -> None:
    _add(connection, tables.accounts, event, blocked=0, opened_ns=event.timestamp_ns)


@_on(ev.AccountBlocked)
def _account_blocked(connection: Connection, event: ev.AccountBlocked) -> None:
    _set(connection, tables.accounts, event.account, blocked=1)


@_on(ev.AccountUnblocked)
def _account_unblocked(connection: Connection, event: ev.AccountUnblocked) -> None:
    _set(connection, tables.accounts, event.account, blocked=0)


@_on(ev.AssetDefined)
def _asset_defined(connection: Connection, event: ev.AssetDefined) -> None:
    _add(connection, tables.assets, event, is_claim=0, defined_ns=event.timestamp_ns)


@_on(ev.BaseDefined)
def _base_defined(connection: Connection, event: ev.BaseDefined) -> None:
    """A base, and the asset of the same id: the claims on it."""
    defined = event.timestamp_ns
    _add(connection, tables.bases, event, issuer=event.account, issued_claims=0, defined_ns=defined)
    _add(connection, tables.assets, event, asset=event.base, is_claim=1, scale=0, defined_ns=defined)
    _decide(connection, event, event.decision, base=event.base, subject=event.listing)


@_on(ev.PoolDefined)
def _pool_defined(connection: Connection, event: ev.PoolDefined) -> None:
    """A pool, and the asset of the same id, as of a base."""
    defined = event.timestamp_ns
    _add(connection, tables.pools, event, defined_ns=defined)
    _add(connection, tables.assets, event, asset=event.pool, is_claim=1, scale=0, defined_ns=defined)
    _decide(connection, event, event.decision, base=event.pool, subject=event.listing)


@_on(ev.ClaimsPooled)
def _claims_pooled(connection: Connection, event: ev.ClaimsPooled) -> None:
    _add(connection, tables.poolings, event)
    _decide(connection, event, event.decision, base=event.base)


@_on(ev.ClaimsIssued)
def _claims_issued(connection: Connection, event: ev.ClaimsIssued) -> None:
    _set(connection, tables.bases, event.base, issued_claims=event.claims)


@_on(ev.InstrumentDefined)
def _instrument_defined(connection: Connection, event: ev.InstrumentDefined) -> None:
    start: dict[str, Any] = {"phase": Phase.CLOSED, "trading_day": 0, "reference_price_ticks": 0}
    start |= {"cause": 0, "ends_at_ns": 0, "overridden_ns": 0, "scheduled_ns": 0, "schedule": NO_DIGEST}
    _add(connection, tables.instruments, event, **start, defined_ns=event.timestamp_ns)


@_on(ev.PhaseSet)
def _phase_set(connection: Connection, event: ev.PhaseSet) -> None:
    _add(connection, tables.phases, event, event_index=event.index)
    now = {"phase": event.phase, "trading_day": event.trading_day, "cause": event.reason}
    if event.reason not in OF_ITSELF:
        now["overridden_ns"] = event.timestamp_ns
    _set(connection, tables.instruments, event.instrument, **now, ends_at_ns=event.ends_at_ns)


@_on(ev.ScheduleAssigned)
def _schedule_assigned(connection: Connection, event: ev.ScheduleAssigned) -> None:
    scheduled = {"schedule": event.schedule, "scheduled_ns": event.timestamp_ns}
    _set(connection, tables.instruments, event.instrument, **scheduled)


@_on(ev.ReferencePriceSet)
def _reference_price_set(connection: Connection, event: ev.ReferencePriceSet) -> None:
    _set(connection, tables.instruments, event.instrument, reference_price_ticks=event.price_ticks)


@_on(ev.TransferBegun)
def _transfer_begun(connection: Connection, event: ev.TransferBegun) -> None:
    _add(connection, tables.transfers, event, state=TRANSFER_BEGUN, begun_ns=event.timestamp_ns, ended_ns=0)


@_on(ev.TransferConfirmed, ev.TransferAborted)
def _transfer_ended(connection: Connection, event: ev.TransferEvent) -> None:
    state = TRANSFER_CONFIRMED if isinstance(event, ev.TransferConfirmed) else TRANSFER_ABORTED
    _set(connection, tables.transfers, event.transfer, state=state, ended_ns=event.timestamp_ns)


@_on(ev.EntitlementGranted)
def _entitlement_granted(connection: Connection, event: ev.EntitlementGranted) -> None:
    """The grant before it on the same account, instrument and side ends where this one begins."""
    before, now = tables.entitlements, event.timestamp_ns
    same = (
        before.c.account == event.account,
        before.c.instrument == event.instrument,
        before.c.side == event.side,
    )
    connection.execute(update(before).where(*same, before.c.ended_ns == 0).values(ended_ns=now))
    granted = {"entitlement": event.sequence, "granted_ns": now, "ended_ns": 0, "expired": 0}
    _add(connection, before, event, **granted, end_decision=NO_DIGEST)
    _decide(connection, event, event.decision)


@_on(ev.EntitlementEnded)
def _entitlement_ended(connection: Connection, event: ev.EntitlementEnded) -> None:
    ended = {"ended_ns": event.timestamp_ns, "expired": event.expired, "end_decision": event.decision}
    _set(connection, tables.entitlements, event.entitlement, **ended)
    _decide(connection, event, event.decision, permitted=0)


@_on(ev.DecisionRecorded)
def _decision_recorded(connection: Connection, event: ev.DecisionRecorded) -> None:
    _decide(connection, event, event.decision, permitted=event.permitted, subject=event.subject)


@_on(ev.LotDelivered)
def _lot_delivered(connection: Connection, event: ev.LotDelivered) -> None:
    _add(connection, tables.deliveries, event, event_index=event.index)
    _decide(connection, event, event.decision, base=event.base)


def _decide(
    connection: Connection,
    event: Record,
    decision: bytes,
    *,
    permitted: int = 1,
    base: int = 0,
    subject: bytes = NO_DIGEST,
) -> None:
    """Note the gate's decision that an event carries, where it carries one."""
    if decision != NO_DIGEST:
        about = {"permitted": permitted, "base": base, "subject": subject, "decision": decision}
        _add(connection, tables.decisions, event, event_index=event.index, event_kind=event.KIND, **about)
