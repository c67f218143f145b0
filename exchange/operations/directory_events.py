"""What each kind of event changes in the directory: its own methods, kept apart because they are many."""

# ruff: noqa: SLF001

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, TypeVar

from exchange.operations.entries import (
    AccountEntry,
    AssetEntry,
    BaseEntry,
    EntitlementEntry,
    InstrumentEntry,
    KeyEntry,
    ParticipantEntry,
    PoolEntry,
    UserEntry,
    made,
)
from exchange.vocabulary import events as ev
from exchange.vocabulary.codec import Record
from exchange.vocabulary.instruments import OF_ITSELF
from exchange.vocabulary.participants import BY_OPERATOR, WITH_PARTICIPANT, WITH_VENUE, ParticipantState

if TYPE_CHECKING:
    from exchange.operations.directory import Directory


HANDLERS: Final[dict[int, Callable[[Directory, Any], None]]] = {}
H = TypeVar("H", bound=Callable[[Any, Any], None])


def _on(*kinds: type[Record]) -> Callable[[H], H]:
    def register(handler: H) -> H:
        HANDLERS.update({kind.KIND: handler for kind in kinds})
        return handler

    return register


@_on(ev.ParticipantRegistered)
def _participant_registered(directory: Directory, event: ev.ParticipantRegistered) -> None:
    entry = made(ParticipantEntry, event, state=int(ParticipantState.APPLIED))
    directory.participants[event.participant] = entry


@_on(ev.ParticipantStateSet)
def _participant_state_set(directory: Directory, event: ev.ParticipantStateSet) -> None:
    entry = directory.participants[event.participant]
    directory.participants[event.participant] = replace(entry, state=event.state)


@_on(ev.UserRegistered)
def _user_registered(directory: Directory, event: ev.UserRegistered) -> None:
    directory.users[event.user] = made(UserEntry, event)


@_on(ev.KeyRegistered)
def _key_registered(directory: Directory, event: ev.KeyRegistered) -> None:
    directory._add_key(made(KeyEntry, event))


@_on(ev.KeyRevoked)
def _key_revoked(directory: Directory, event: ev.KeyRevoked) -> None:
    directory.keys[event.key] = replace(directory.keys[event.key], revoked=True)


@_on(ev.AccountOpened)
def _account_opened(directory: Directory, event: ev.AccountOpened) -> None:
    """Of a killed participant, or on a killed venue, it is born blocked."""
    blocked = WITH_PARTICIPANT * directory.participants[event.participant].killed | WITH_VENUE * directory.killed
    directory.accounts[event.account] = made(AccountEntry, event, blocked=blocked)


@_on(ev.AccountBlocked, ev.AccountUnblocked)
def _account_blocked(directory: Directory, event: ev.AccountBlocked | ev.AccountUnblocked) -> None:
    entry = directory.accounts[event.account]
    blocked = entry.blocked | BY_OPERATOR if isinstance(event, ev.AccountBlocked) else entry.blocked & ~BY_OPERATOR
    directory.accounts[event.account] = replace(entry, blocked=blocked)


@_on(ev.Killed, ev.Unkilled)
def _killed(directory: Directory, event: ev.Killed | ev.Unkilled) -> None:
    """A participant or the venue with all accounts, or an instrument."""
    killed = int(isinstance(event, ev.Killed))
    if event.instrument:
        instrument = directory.instruments[event.instrument]
        directory.instruments[event.instrument] = replace(instrument, killed=killed)
        return
    if event.participant:
        participant = directory.participants[event.participant]
        directory.participants[event.participant] = replace(participant, killed=killed)
        reached, bit = directory.accounts_of(event.participant), WITH_PARTICIPANT
    else:
        directory.killed = killed
        reached, bit = list(directory.accounts.values()), WITH_VENUE
    for entry in reached:
        blocked = entry.blocked | bit if killed else entry.blocked & ~bit
        directory.accounts[entry.account] = replace(entry, blocked=blocked)


@_on(ev.PoliciesAdopted)
def _policies_adopted(directory: Directory, event: ev.PoliciesAdopted) -> None:
    directory.policies = event.policies


@_on(ev.AssetDefined)
def _asset_defined(directory: Directory, event: ev.AssetDefined) -> None:
    directory._add_asset(made(AssetEntry, event))


@_on(ev.BaseDefined)
def _base_defined(directory: Directory, event: ev.BaseDefined) -> None:
    directory._add_base(made(BaseEntry, event, issuer=event.account, defined_ns=event.timestamp_ns))


@_on(ev.PoolDefined)
def _pool_defined(directory: Directory, event: ev.PoolDefined) -> None:
    directory.pools[event.pool] = made(PoolEntry, event)


@_on(ev.ClaimsPooled)
def _claims_pooled(directory: Directory, event: ev.ClaimsPooled) -> None:
    directory._pool(event)


@_on(ev.BaseWithheld)
def _base_withheld(directory: Directory, event: ev.BaseWithheld) -> None:
    directory.bases[event.base] = replace(directory.bases[event.base], withheld=event.withheld)


@_on(ev.ClaimsWithdrawn)
def _claims_withdrawn(directory: Directory, event: ev.ClaimsWithdrawn) -> None:
    entry = directory.bases[event.base]
    directory.bases[event.base] = replace(entry, withdrawn_claims=entry.withdrawn_claims + event.claims)


@_on(ev.ClaimsIssued)
def _claims_issued(directory: Directory, event: ev.ClaimsIssued) -> None:
    directory.bases[event.base] = replace(directory.bases[event.base], issued_claims=event.claims)


@_on(ev.InstrumentDefined)
def _instrument_defined(directory: Directory, event: ev.InstrumentDefined) -> None:
    directory._add_instrument(made(InstrumentEntry, event))


@_on(ev.PhaseSet)
def _phase_set(directory: Directory, event: ev.PhaseSet) -> None:
    entry = directory.instruments[event.instrument]
    directory.instruments[event.instrument] = replace(
        entry,
        phase=event.phase,
        cause=event.reason,
        trading_day=event.trading_day,
        ends_at_ns=event.ends_at_ns,
        overridden_ns=entry.overridden_ns if event.reason in OF_ITSELF else event.timestamp_ns,
    )


@_on(ev.ScheduleAssigned)
def _schedule_assigned(directory: Directory, event: ev.ScheduleAssigned) -> None:
    entry = directory.instruments[event.instrument]
    scheduled = replace(entry, schedule=event.schedule, scheduled_ns=event.timestamp_ns)
    directory.instruments[event.instrument] = scheduled


@_on(ev.EntitlementGranted)
def _entitlement_granted(directory: Directory, event: ev.EntitlementGranted) -> None:
    key = (event.account, event.instrument, event.side)
    directory.entitlements[key] = made(EntitlementEntry, event, entitlement=event.sequence)


@_on(ev.EntitlementEnded)
def _entitlement_ended(directory: Directory, event: ev.EntitlementEnded) -> None:
    directory.entitlements.pop((event.account, event.instrument, event.side), None)


@_on(ev.LotDelivered)
def _lot_delivered(directory: Directory, event: ev.LotDelivered) -> None:
    directory._deliver(event)


@_on(ev.DecisionRecorded)
def _decision_recorded(directory: Directory, event: ev.DecisionRecorded) -> None:
    directory._decide(event)
