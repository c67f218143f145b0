"""Rows of what is rare: participants, accounts, instruments, entitlements, transfers, phases, decisions, options."""

from typing import Any, Final

from sqlalchemy import Connection, delete, select, update

from exchange.store import tables
from exchange.store.rare import Handlers
from exchange.store.rare import add_row as _add
from exchange.store.rare import set_row as _set
from exchange.vocabulary import events as ev
from exchange.vocabulary.codec import NO_DIGEST, Record
from exchange.vocabulary.instruments import OF_ITSELF, Phase
from exchange.vocabulary.participants import BY_OPERATOR, WITH_PARTICIPANT, WITH_VENUE, ParticipantState

TRANSFER_BEGUN, TRANSFER_CONFIRMED, TRANSFER_ABORTED = 1, 2, 3
_NEW_BASE: Final = {"issued_claims": 0, "withdrawn_claims": 0, "withheld": 0}

_HANDLERS: Final = Handlers()
_on = _HANDLERS.on
write_registry: Final = _HANDLERS.write


@_on(ev.ParticipantRegistered)
def _participant_registered(connection: Connection, event: ev.ParticipantRegistered) -> None:
    state = ParticipantState.APPLIED
    registered = {"registered_ns": event.timestamp_ns, "evidence": NO_DIGEST}
    _add(connection, tables.participants, event, state=state, killed=0, **registered)


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
    """Of a killed participant, or on a killed venue, it is born blocked."""
    owner, venue = tables.participants.c, tables.venue.c
    with_participant = connection.execute(select(owner.killed).where(owner.participant == event.participant)).scalar()
    with_venue = connection.execute(select(venue.killed)).scalar()
    blocked = WITH_PARTICIPANT * bool(with_participant) | WITH_VENUE * bool(with_venue)
    _add(connection, tables.accounts, event, blocked=blocked, opened_ns=event.timestamp_ns)


@_on(ev.AccountBlocked)
def _account_blocked(connection: Connection, event: ev.AccountBlocked) -> None:
    blocked = tables.accounts.c.blocked.bitwise_or(BY_OPERATOR)
    _set(connection, tables.accounts, event.account, blocked=blocked)


@_on(ev.AccountUnblocked)
def _account_unblocked(connection: Connection, event: ev.AccountUnblocked) -> None:
    blocked = tables.accounts.c.blocked.bitwise_and(~BY_OPERATOR)
    _set(connection, tables.accounts, event.account, blocked=blocked)


@_on(ev.Killed, ev.Unkilled)
def _killed(connection: Connection, event: ev.Killed | ev.Unkilled) -> None:
    """A participant or the venue with all accounts, or an instrument."""
    killed = int(isinstance(event, ev.Killed))
    if event.instrument:
        return _set(connection, tables.instruments, event.instrument, killed=killed)
    accounts, bit = tables.accounts, WITH_PARTICIPANT if event.participant else WITH_VENUE
    change = accounts.c.blocked.bitwise_or(bit) if killed else accounts.c.blocked.bitwise_and(~bit)
    block = update(accounts).values(blocked=change)
    if event.participant:
        _set(connection, tables.participants, event.participant, killed=killed)
        block = block.where(accounts.c.participant == event.participant)
    else:
        connection.execute(update(tables.venue).values(killed=killed))
    connection.execute(block)
    return None


@_on(ev.AssetDefined)
def _asset_defined(connection: Connection, event: ev.AssetDefined) -> None:
    _add(connection, tables.assets, event, is_claim=0, defined_ns=event.timestamp_ns)


@_on(ev.BaseDefined)
def _base_defined(connection: Connection, event: ev.BaseDefined) -> None:
    """A base, and the asset of the same id: the claims on it."""
    defined = event.timestamp_ns
    _add(connection, tables.bases, event, issuer=event.account, defined_ns=defined, **_NEW_BASE)
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


@_on(ev.BaseWithheld)
def _base_withheld(connection: Connection, event: ev.BaseWithheld) -> None:
    _set(connection, tables.bases, event.base, withheld=event.withheld)
    _decide(connection, event, event.decision, base=event.base)


@_on(ev.ClaimsWithdrawn)
def _claims_withdrawn(connection: Connection, event: ev.ClaimsWithdrawn) -> None:
    withdrawn = tables.bases.c.withdrawn_claims + event.claims
    _set(connection, tables.bases, event.base, withdrawn_claims=withdrawn)


@_on(ev.OrderOptions)
def _order_options(connection: Connection, event: ev.OrderOptions) -> None:
    """Told once more where an amend changes the limit of a pegged order."""
    told = tables.order_options
    connection.execute(delete(told).where(told.c.order_id == event.order_id))
    _add(connection, told, event)


@_on(ev.ClaimsIssued)
def _claims_issued(connection: Connection, event: ev.ClaimsIssued) -> None:
    _set(connection, tables.bases, event.base, issued_claims=event.claims)


@_on(ev.InstrumentDefined)
def _instrument_defined(connection: Connection, event: ev.InstrumentDefined) -> None:
    start: dict[str, Any] = {"phase": Phase.CLOSED, "trading_day": 0, "reference_price_ticks": 0, "killed": 0}
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
