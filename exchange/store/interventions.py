"""Rows of what operators do: busts and adjustments, blocks and kills, limits, and proposals for a second user."""

from typing import Any, Final

from sqlalchemy import Connection, delete, insert, update

from exchange.store import tables
from exchange.store.rare import Handlers, add_row, set_row
from exchange.vocabulary import events as ev
from exchange.vocabulary.codec import NO_DIGEST

WAITING, APPROVED, REJECTED = 1, 2, 3

_HANDLERS: Final = Handlers()
_on = _HANDLERS.on
write_interventions: Final = _HANDLERS.write
"""After the trades of the same events, because a bust marks one."""


@_on(ev.TradeBusted)
def _trade_busted(connection: Connection, event: ev.TradeBusted) -> None:
    table = tables.trades
    this = (table.c.instrument == event.instrument, table.c.trade_id == event.trade_id)
    marked = {"bust_sequence": event.sequence, "bust_reason": event.reason}
    result = connection.execute(update(table).where(*this).values(marked))
    assert result.rowcount == 1, f"trade {event.trade_id} of instrument {event.instrument} is not in the table"
    add_row(connection, tables.busts, event, event_index=event.index)


@_on(ev.TradeAdjusted)
def _trade_adjusted(connection: Connection, event: ev.TradeAdjusted) -> None:
    add_row(connection, tables.adjustments, event, event_index=event.index)


@_on(ev.AccountBlocked, ev.AccountUnblocked)
def _block(connection: Connection, event: ev.AccountBlocked | ev.AccountUnblocked) -> None:
    about = {"event_index": event.index, "event_kind": event.KIND, "participant": 0}
    add_row(connection, tables.interventions, event, **about)


@_on(ev.Killed, ev.Unkilled)
def _kill(connection: Connection, event: ev.Killed | ev.Unkilled) -> None:
    add_row(connection, tables.interventions, event, event_index=event.index, event_kind=event.KIND)


@_on(ev.Proposed)
def _proposed(connection: Connection, event: ev.Proposed) -> None:
    waiting: dict[str, Any] = {"proposed_ns": event.timestamp_ns, "ended_ns": 0, "ended_by": 0, "state": WAITING}
    waiting |= {"end_reason": 0, "end_evidence": NO_DIGEST}
    add_row(connection, tables.proposals, event, user_id=event.user, **waiting)


@_on(ev.ProposalEnded)
def _proposal_ended(connection: Connection, event: ev.ProposalEnded) -> None:
    ended: dict[str, Any] = {"ended_ns": event.timestamp_ns, "ended_by": event.user}
    ended |= {"end_reason": event.reason, "end_evidence": event.evidence}
    set_row(connection, tables.proposals, event.proposal, state=APPROVED if event.approved else REJECTED, **ended)


@_on(ev.WithdrawalLimitSet)
def _withdrawal_limit_set(connection: Connection, event: ev.WithdrawalLimitSet) -> None:
    table = tables.withdrawal_limits
    connection.execute(delete(table).where(table.c.asset == event.asset))
    limit = {"asset": event.asset, "amount": event.amount, "sequence": event.sequence}
    connection.execute(insert(table), limit)


@_on(ev.PoliciesAdopted)
def _policies_adopted(connection: Connection, event: ev.PoliciesAdopted) -> None:
    connection.execute(update(tables.venue).values(policies=event.policies))
