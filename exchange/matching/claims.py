"""Claims on lots: issued once, entitled by the gate, burnt on delivery (rules 19 and 20)."""

from exchange.matching.bases import Base, Delivery
from exchange.matching.orders import covered
from exchange.matching.pools import bases_behind, drawn
from exchange.matching.registry import Registry
from exchange.matching.state import ENTITLEMENT_EXPIRY, Account, Entitlement, MachineState
from exchange.matching.trading import Matcher
from exchange.matching.writer import EventWriter
from exchange.vocabulary import commands, events
from exchange.vocabulary.codec import NO_DIGEST
from exchange.vocabulary.instruments import Purpose
from exchange.vocabulary.participants import ParticipantState
from exchange.vocabulary.reasons import DoneReason, Reason
from exchange.vocabulary.units import MAX_LOTS

OK = Reason.NONE


class ClaimsDesk:
    def __init__(self, state: MachineState, writer: EventWriter, matcher: Matcher, registry: Registry) -> None:
        self.state = state
        self.writer = writer
        self.matcher = matcher
        self.registry = registry

    def issue(self, command: commands.Issue) -> Reason:
        """Mint lots × copies claims to the issuer; more of the same data needs a new base."""
        if not self.registry.may_manage(command.actor):
            return Reason.NOT_PERMITTED
        base = self.state.bases.get(command.base)
        if base is None:
            return Reason.UNKNOWN_BASE
        if base.issued or base.is_pool:
            return Reason.ALREADY_ISSUED
        base.issued = 1
        claims = base.lots * base.copies
        self.state.accounts[base.issuer].balance(base.base).total += claims
        self.state.assets[base.base].supply += claims
        self.writer.event(events.ClaimsIssued(account=base.issuer, base=base.base, claims=claims))
        return OK

    def take_delivery(self, command: commands.TakeDelivery) -> Reason:
        """Burn free claims and assign as many lots that the participant lacks, as `drawn` chooses them."""
        state, key = self.state, command.key.encode()
        account, base = state.accounts.get(command.account), state.bases.get(command.base)
        if account is None or not command.account:
            return Reason.UNKNOWN_ACCOUNT
        if base is None:
            return Reason.UNKNOWN_BASE
        if not 1 <= command.lots <= MAX_LOTS:
            return Reason.BAD_SIZE
        if not key:
            return Reason.BAD_VALUE
        if (command.account, key) in state.delivery_keys:
            return self._repeat(base, command, key)
        if account.blocked or account.participant.state != ParticipantState.ACTIVE:
            return Reason.ACCOUNT_BLOCKED
        if command.decision == NO_DIGEST:
            return Reason.NO_DECISION
        if base.withheld:
            return Reason.WITHHELD
        balance = account.balance(base.base)
        if balance.total - balance.held < command.lots:
            return Reason.INSUFFICIENT_CLAIMS
        chosen = drawn(state, base, account.participant.participant, command.lots)
        if len(chosen) < command.lots:
            return Reason.NOTHING_LEFT_TO_DELIVER
        for source, lot in chosen:
            self._deliver(account, base, source, lot, command)
        balance.total -= command.lots
        state.assets[base.base].supply -= command.lots
        account.delivered_lots[base.base] = account.delivered_lots.get(base.base, 0) + command.lots
        state.delivery_keys[command.account, key] = (base.base, command.sequence)
        return OK

    def _deliver(self, account: Account, base: Base, source: Base, lot: int, command: commands.TakeDelivery) -> None:
        """One lot of `source`, for a claim on `base`: the same, or a pool that draws on it."""
        participant, pool = account.participant.participant, base.base if base.is_pool else 0
        delivery = Delivery(command.account, command.sequence, command.decision, command.key.encode(), pool)
        source.lots_of.setdefault(participant, {})[lot] = delivery
        source.deliveries_per_lot[lot] = source.deliveries_per_lot.get(lot, 0) + 1
        if pool:
            base.pooled[source.base] -= 1
        self._tell_delivery(source, participant, lot, delivery)

    def _repeat(self, base: Base, command: commands.TakeDelivery, key: bytes) -> Reason:
        known_base, sequence = self.state.delivery_keys[command.account, key]
        participant = self.state.accounts[command.account].participant.participant
        lots = [
            (source, lot, delivery)
            for source in bases_behind(self.state, base)
            for lot, delivery in sorted(source.lots_of.get(participant, {}).items())
            if delivery.sequence == sequence
        ]
        if known_base != base.base or len(lots) != command.lots:
            return Reason.DUPLICATE_TRANSFER_KEY
        for source, lot, delivery in lots:
            self._tell_delivery(source, participant, lot, delivery, events.REPLAYED)
        return OK

    def _tell_delivery(self, base: Base, participant: int, lot: int, delivery: Delivery, flags: int = 0) -> None:
        self.writer.event(
            events.LotDelivered(
                flags=flags,
                account=delivery.account,
                base=base.base,
                pool=delivery.pool,
                participant=participant,
                lot=lot,
                decision=delivery.decision,
                key=delivery.key.decode(),
            )
        )

    def grant(self, command: commands.GrantEntitlement) -> Reason:
        """A new grant replaces the one before and keeps its counters."""
        reason = self._entitled_pair(command)
        if reason is not OK:
            return reason
        if command.position_limit_lots < 0 or command.expires_at_ns <= command.timestamp_ns:
            return Reason.BAD_VALUE
        if not 0 < command.purpose < 2 * max(Purpose):
            return Reason.BAD_VALUE
        account = self.state.accounts[command.account]
        pair = (command.instrument, command.side)
        entitlement = account.entitlements.get(pair)
        if entitlement is None:
            entitlement = account.entitlements[pair] = Entitlement(
                command.account, command.instrument, command.side, 0, 0, 0, 0, 0, NO_DIGEST
            )
        else:
            self.state.timers.pop(_timer(entitlement), None)
        entitlement.entitlement = command.sequence
        entitlement.purpose = command.purpose
        entitlement.min_days = command.min_days
        entitlement.position_limit_lots = command.position_limit_lots
        entitlement.expires_at_ns = command.expires_at_ns
        entitlement.decision = command.decision
        self.state.timers[_timer(entitlement)] = (command.account, *pair)
        self.writer.event(
            events.EntitlementGranted(
                account=command.account,
                instrument=command.instrument,
                side=command.side,
                purpose=command.purpose,
                min_days=command.min_days,
                position_limit_lots=command.position_limit_lots,
                expires_at_ns=command.expires_at_ns,
                decision=command.decision,
            )
        )
        return OK

    def revoke(self, command: commands.RevokeEntitlement) -> Reason:
        """The verdict is taken back, and with it the orders that it let rest."""
        reason = self._entitled_pair(command)
        if reason is not OK:
            return reason
        account = self.state.accounts[command.account]
        entitlement = account.entitlements.pop((command.instrument, command.side), None)
        if entitlement is None:
            return Reason.UNKNOWN_ENTITLEMENT
        self.state.timers.pop(_timer(entitlement), None)
        self._tell_end(entitlement, command.decision, expired=0)
        self._end_covered(entitlement, DoneReason.ENTITLEMENT_REVOKED)
        return OK

    def expire(self, account_id: int, instrument: int, side: int) -> None:
        """The timer's doing. The entitlement stays, so that later orders are told that it expired."""
        entitlement = self.state.accounts[account_id].entitlements[instrument, side]
        self._tell_end(entitlement, entitlement.decision, expired=1)
        self._end_covered(entitlement, DoneReason.ENTITLEMENT_EXPIRED)

    def _entitled_pair(self, command: commands.GrantEntitlement | commands.RevokeEntitlement) -> Reason:
        if not self.registry.may_manage(command.actor):
            return Reason.NOT_PERMITTED
        if command.account not in self.state.accounts or not command.account:
            return Reason.UNKNOWN_ACCOUNT
        if command.instrument not in self.state.books:
            return Reason.UNKNOWN_INSTRUMENT
        if command.side not in (1, 2):
            return Reason.BAD_SIDE
        return OK if command.decision != NO_DIGEST else Reason.NO_DECISION

    def _tell_end(self, entitlement: Entitlement, decision: bytes, expired: int) -> None:
        self.writer.event(
            events.EntitlementEnded(
                account=entitlement.account,
                instrument=entitlement.instrument,
                side=entitlement.side,
                expired=expired,
                entitlement=entitlement.entitlement,
                decision=decision,
            )
        )

    def _end_covered(self, entitlement: Entitlement, reason: DoneReason) -> None:
        account, book = self.state.accounts[entitlement.account], self.state.books[entitlement.instrument]
        for order in covered(account, book, entitlement.side):
            self.matcher.end(order, reason)


def _timer(entitlement: Entitlement) -> tuple[int, int, int]:
    return (entitlement.expires_at_ns, ENTITLEMENT_EXPIRY, entitlement.entitlement)
