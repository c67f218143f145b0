"""Who and what there is: participants, keys, accounts, instruments, and the decisions and deliveries about them."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import literal, select, union_all

from exchange.store import tables
from exchange.store.reader import PAGE, Reader, Row, given
from exchange.store.registry import TRANSFER_BEGUN
from exchange.vocabulary.events import Killed, PhaseSet
from exchange.vocabulary.instruments import OF_ITSELF, Phase

_INTERVENTION: Final = tuple(column.name for column in tables.interventions.columns)


class Directory(Reader):
    """Registers as they stand; what belongs to a course of events comes newest first."""

    def participants(self) -> Sequence[Row]:
        return self._rows(select(tables.participants).order_by(tables.participants.c.participant))

    def users(self, participant: int | None = None) -> Sequence[Row]:
        user = tables.users.c
        query = select(tables.users).where(*given((user.participant, participant)))
        return self._rows(query.order_by(user.user_id))

    def keys(self, participant: int | None = None) -> Sequence[Row]:
        """API keys, revoked ones too: `revoked_ns` is zero while a key is good."""
        key = tables.keys.c
        query = select(tables.keys).where(*given((key.participant, participant)))
        return self._rows(query.order_by(key.key_id))

    def accounts(self, participant: int | None = None) -> Sequence[Row]:
        account = tables.accounts.c
        query = select(tables.accounts).where(*given((account.participant, participant)))
        return self._rows(query.order_by(account.account))

    def assets(self) -> Sequence[Row]:
        """Cash assets, and claims, which are the assets of their bases' ids."""
        return self._rows(select(tables.assets).order_by(tables.assets.c.asset))

    def bases(self) -> Sequence[Row]:
        return self._rows(select(tables.bases).order_by(tables.bases.c.base))

    def pools(self) -> Sequence[Row]:
        return self._rows(select(tables.pools).order_by(tables.pools.c.pool))

    def poolings(self, account: int | None = None, pool: int | None = None) -> Sequence[Row]:
        """Claims turned into claims on pools, by falling sequence."""
        pooling = tables.poolings.c
        query = select(tables.poolings).where(*given((pooling.account, account), (pooling.pool, pool)))
        return self._rows(query.order_by(pooling.sequence.desc()))

    def instruments(self) -> Sequence[Row]:
        return self._rows(select(tables.instruments).order_by(tables.instruments.c.instrument))

    def phases(self, instrument: int, *, limit: int = PAGE) -> Sequence[Row]:
        phase = tables.phases.c
        query = select(tables.phases).where(phase.instrument == instrument)
        return self._rows(query.order_by(phase.sequence.desc(), phase.event_index.desc()).limit(limit))

    def entitlements(
        self, account: int | None = None, instrument: int | None = None, *, in_force: bool = False
    ) -> Sequence[Row]:
        """Entitlements by falling id; with `in_force` only those neither ended nor replaced."""
        entitlement = tables.entitlements.c
        where = given((entitlement.account, account), (entitlement.instrument, instrument))
        if in_force:
            where.append(entitlement.ended_ns == 0)
        query = select(tables.entitlements).where(*where)
        return self._rows(query.order_by(entitlement.entitlement.desc()))

    def decisions(self, *, before: int | None = None, limit: int = PAGE) -> Sequence[Row]:
        """The gate's decisions that entered the journal, by falling sequence."""
        decision = tables.decisions.c
        where = [] if before is None else [decision.sequence < before]
        query = select(tables.decisions).where(*where)
        return self._rows(query.order_by(decision.sequence.desc(), decision.event_index.desc()).limit(limit))

    def decision(self, digest: bytes) -> Sequence[Row]:
        """Where a decision was used, oldest first."""
        decision = tables.decisions.c
        query = select(tables.decisions).where(decision.decision == digest)
        return self._rows(query.order_by(decision.sequence, decision.event_index))

    def deliveries(
        self, participant: int | None = None, base: int | None = None, account: int | None = None
    ) -> Sequence[Row]:
        """Lots delivered, by falling sequence, and those of one in the order in which they were chosen."""
        delivery = tables.deliveries.c
        where = given((delivery.participant, participant), (delivery.base, base), (delivery.account, account))
        query = select(tables.deliveries).where(*where)
        return self._rows(query.order_by(delivery.sequence.desc(), delivery.event_index))

    def suspensions(self, instrument: int) -> Sequence[Row]:
        """The move with which it first came to trade, and all that persons made, the first one first."""
        phase = tables.phases.c
        moves = select(tables.phases).where(phase.instrument == instrument).order_by(phase.sequence, phase.event_index)
        first = self._first(moves.where(phase.phase.not_in([Phase.HALTED, Phase.CANCEL_ONLY, Phase.CLOSED])))
        by_persons = self._rows(moves.where(phase.reason.not_in(OF_ITSELF)))
        return [*([first] if first and first["reason"] in OF_ITSELF else []), *by_persons]

    def proposals(self, state: int | None = None, *, limit: int = PAGE) -> Sequence[Row]:
        """What took or takes a second user, by falling id."""
        proposal = tables.proposals.c
        query = select(tables.proposals).where(*given((proposal.state, state)))
        return self._rows(query.order_by(proposal.proposal.desc()).limit(limit))

    def interventions(self, *, limit: int = PAGE) -> Sequence[Row]:
        """Blocks, kills and moves of a phase that somebody asked for, and how they were lifted, by falling sequence.

        Of a move `phase` and `old_phase` tell which, zero in the other rows. What a kill halts is left to its own row.
        """
        done, moved, zero = tables.interventions, tables.phases, literal(0)
        stops = select(*(done.c[name] for name in _INTERVENTION), zero.label("phase"), zero.label("old_phase"))
        made = {"event_kind": literal(PhaseSet.KIND), "account": zero, "participant": zero}
        columns = [made[name].label(name) if name in made else moved.c[name] for name in _INTERVENTION]
        asked = moved.c.reason.not_in(OF_ITSELF) & moved.c.sequence.not_in(select(done.c.sequence))
        moves = select(*columns, moved.c.phase, moved.c.old_phase).where(asked)
        newest = []
        for query, table in ((stops, done), (moves, moved)):
            some = query.order_by(table.c.sequence.desc(), table.c.event_index.desc()).limit(limit)
            newest.append(select(some.subquery()))
        both = union_all(*newest).subquery()
        return self._rows(select(both).order_by(both.c.sequence.desc(), both.c.event_index.desc()).limit(limit))

    def last_kill(self, participant: int, instrument: int) -> Row | None:
        """The newest of a participant, an instrument, or where both are zero of the venue."""
        done = tables.interventions.c
        where = (done.event_kind == Killed.KIND, done.participant == participant, done.instrument == instrument)
        return self._first(select(tables.interventions).where(*where).order_by(done.sequence.desc()))

    def withdrawal_limits(self) -> Sequence[Row]:
        return self._rows(select(tables.withdrawal_limits).order_by(tables.withdrawal_limits.c.asset))

    def transfer(self, transfer: int) -> Row | None:
        return self._first(select(tables.transfers).where(tables.transfers.c.transfer == transfer))

    def transfers_begun(self, *, limit: int = PAGE) -> Sequence[Row]:
        """Deposits and withdrawals that were neither confirmed nor aborted, by falling id."""
        transfer = tables.transfers.c
        query = select(tables.transfers).where(transfer.state == TRANSFER_BEGUN)
        return self._rows(query.order_by(transfer.transfer.desc()).limit(limit))

    def refusals(self) -> Sequence[Row]:
        """How often each kind of command was refused for each reason."""
        refusal = tables.refusals.c
        return self._rows(select(tables.refusals).order_by(refusal.reason, refusal.command_kind))
