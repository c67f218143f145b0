"""Pools: claims on any lot of a class, made of claims on the bases certified to it (rule 19)."""

from collections.abc import Container
from itertools import islice

from exchange.matching.bases import Base, Pooling
from exchange.matching.definitions import Definitions, is_code
from exchange.matching.state import MachineState
from exchange.matching.writer import EventWriter
from exchange.vocabulary import commands, events
from exchange.vocabulary.codec import NO_DIGEST
from exchange.vocabulary.participants import VENUE, ParticipantState
from exchange.vocabulary.reasons import Reason
from exchange.vocabulary.units import MAX_LOTS

OK = Reason.NONE


class PoolDesk:
    """As `Registry`: each method returns the reason of a refusal, or changes the state and returns `NONE`."""

    def __init__(self, state: MachineState, writer: EventWriter, definitions: Definitions) -> None:
        self.state = state
        self.writer = writer
        self.definitions = definitions

    def define(self, command: commands.DefinePool) -> Reason:
        """A base of the venue's own without lots: its claims come of pooling, and its instrument is as any other."""
        pool, code = command.sequence, command.code.encode()
        if not self.definitions.registry.may_manage(command.actor):
            return Reason.NOT_PERMITTED
        if not is_code(command.code) or command.lot_rtu <= 0:
            return Reason.BAD_VALUE
        if code in self.state.codes:
            return Reason.DUPLICATE_CODE
        if NO_DIGEST in {command.listing, command.decision}:
            return Reason.NO_DECISION
        self.definitions.add_asset(pool, 1, 0, code)
        base = self.state.bases[pool] = Base(pool, VENUE, 0, 0, command.lot_rtu, 0, code.ljust(16, b"\0"))
        base.is_pool = 1
        self.writer.event(
            events.PoolDefined(
                pool=pool,
                lot_rtu=command.lot_rtu,
                code=command.code,
                listing=command.listing,
                decision=command.decision,
            )
        )
        return OK

    def pool_claims(self, command: commands.PoolClaims) -> Reason:
        """Turn free claims on a base into as many on the pool; neither quotas nor the cap on holders stop it."""
        state, account = self.state, self.state.accounts.get(command.account)
        base, pool = state.bases.get(command.base), state.bases.get(command.pool)
        if account is None or not command.account:
            return Reason.UNKNOWN_ACCOUNT
        if base is None or base.is_pool:
            return Reason.UNKNOWN_BASE
        if pool is None or not pool.is_pool or pool.lot_rtu != base.lot_rtu:
            return Reason.UNKNOWN_POOL
        if not 1 <= command.lots <= MAX_LOTS:
            return Reason.BAD_SIZE
        if not command.key:
            return Reason.BAD_VALUE
        known = state.pooling_keys.get((command.account, command.key.encode()))
        if known is not None:
            return self._repeat(known, command)
        if account.blocked or account.participant.state != ParticipantState.ACTIVE:
            return Reason.ACCOUNT_BLOCKED
        if command.decision == NO_DIGEST:
            return Reason.NO_DECISION
        if base.withheld:
            return Reason.WITHHELD
        balance = account.balance(base.base)
        if balance.total - balance.held < command.lots:
            return Reason.INSUFFICIENT_CLAIMS
        balance.total -= command.lots
        state.assets[base.base].supply -= command.lots
        account.balance(pool.base).total += command.lots
        state.assets[pool.base].supply += command.lots
        pool.pooled[base.base] = pool.pooled.get(base.base, 0) + command.lots
        self._remember(command)
        return OK

    def _remember(self, command: commands.PoolClaims) -> None:
        key = command.key.encode()
        pooling = Pooling(
            command.sequence, command.account, command.base, command.pool, command.lots, command.decision, key
        )
        self.state.pooling_keys[command.account, key] = pooling
        self._tell(pooling)

    def _repeat(self, known: Pooling, command: commands.PoolClaims) -> Reason:
        if (known.base, known.pool, known.claims) != (command.base, command.pool, command.lots):
            return Reason.DUPLICATE_TRANSFER_KEY
        self._tell(known, events.REPLAYED)
        return OK

    def _tell(self, pooling: Pooling, flags: int = 0) -> None:
        self.writer.event(
            events.ClaimsPooled(
                flags=flags,
                account=pooling.account,
                base=pooling.base,
                pool=pooling.pool,
                claims=pooling.claims,
                decision=pooling.decision,
                key=pooling.key.decode(),
            )
        )


def bases_behind(state: MachineState, base: Base) -> list[Base]:
    """The bases whose lots claims on this one deliver: itself, or those ever pooled, the first pooled first."""
    return [state.bases[each] for each in base.pooled] if base.is_pool else [base]


def drawn(state: MachineState, base: Base, participant: int, count: int) -> list[tuple[Base, int]]:
    """The lots, with their bases, that `count` claims deliver to a participant; fewer where it lacks no more.

    Of each base the least delivered that the participant lacks, the lowest number first among equals; a pool draws on
    the oldest base that is not withheld and still has claims in it and such a lot.
    """
    chosen: list[tuple[Base, int]] = []
    for source in bases_behind(state, base):
        if source.withheld:
            continue
        owned = source.lots_of.get(participant, {})
        wanted = min(count - len(chosen), source.lots - len(owned))
        if base.is_pool:
            wanted = min(wanted, base.pooled[source.base])
        chosen.extend((source, lot) for lot in _least_delivered(source, owned, wanted))
    return chosen


def _least_delivered(base: Base, owned: Container[int], count: int) -> list[int]:
    delivered = base.deliveries_per_lot
    chosen = list(islice((lot for lot in range(base.lots) if lot not in delivered), count))
    again = sorted((times, lot) for lot, times in delivered.items() if lot not in owned)
    return chosen + [lot for _, lot in again[: count - len(chosen)]]
