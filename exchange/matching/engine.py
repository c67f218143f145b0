"""The reference engine: a batch of commands in, events out, the same on every machine and every day.

It has no clock, no randomness and no IO. Time comes in with each command; ids are made of sequence numbers.
A refusal is an event and changes nothing; what cannot happen is an assertion.
"""

import hashlib
from typing import Self

from exchange.matching import invariants, restoring, tables
from exchange.matching.aftermath import Aftermath
from exchange.matching.desks import Desks
from exchange.matching.state import CALL_END, DEAD_MAN, ENTITLEMENT_EXPIRY, MachineState, next_hour
from exchange.matching.writer import EventWriter
from exchange.vocabulary import commands, state
from exchange.vocabulary.codec import COMMAND_BYTES, COMMANDS, RecordError
from exchange.vocabulary.commands import Command
from exchange.vocabulary.reasons import Reason
from exchange.vocabulary.rows import TradeRow
from exchange.vocabulary.units import DONE_ORDERS_KEPT_NS, TRADES_KEPT_NS

_PLACE, _CANCEL = commands.PlaceOrder.KIND, commands.CancelOrder.KIND
_HEADER = commands.Clock.STRUCT.unpack_from
_NONE = Reason.NONE


class Engine:
    """One venue's machine behind `apply`; its state can be hashed, saved, restored and checked."""

    def __init__(self, machine: MachineState | None = None) -> None:
        self._state = machine or MachineState()
        self._writer = EventWriter()
        matcher = self._matcher = Aftermath(self._state, self._writer)
        desks = self._desks = Desks(self._state, self._writer, matcher)
        self._place, self._cancel = desks.orders.place, desks.orders.cancel
        self._own_answers, self._handlers = desks.own_answers(), desks.handlers()

    @property
    def sequence(self) -> int:
        """The sequence of the last command applied."""
        return self._state.sequence

    @property
    def timestamp_ns(self) -> int:
        """The time of the last command applied."""
        return self._state.timestamp_ns

    def apply(self, batch: bytes) -> bytes:
        """Apply encoded, sequenced commands in order; returns their encoded events, at least one for each.

        The sequencer hands over whole records of known kinds with rising sequences and times that never go back.
        """
        machine, writer, matcher = self._state, self._writer, self._matcher
        for offset in range(0, len(batch), COMMAND_BYTES):
            sequence, now, kind, _, _, _, actor, _, _ = _HEADER(batch, offset)
            assert sequence > machine.sequence and now >= machine.timestamp_ns, "the sequencer's order is broken"
            machine.sequence, machine.timestamp_ns = sequence, now
            writer.begin(sequence, now, actor)
            if machine.timers or machine.done_orders:
                self._fire_timers(now)
            if now >= machine.forgets_at_ns:
                self._forget_trades(now)
            if kind == _PLACE:
                self._place(batch, offset)
            elif kind == _CANCEL:
                self._cancel(batch, offset)
            else:
                self._apply_other(batch, offset)
            if matcher.reached or matcher.linked or matcher.pegged:
                matcher.settle_down()
        return writer.take()

    def _apply_other(self, batch: bytes, offset: int) -> None:
        try:
            command = COMMANDS.decode(batch, offset)
        except RecordError:
            # Text that is not ASCII, or a kind of a later version: named and journalled like any refusal.
            kind = batch[offset + 16]
            return self._writer.refused(Reason.BAD_VALUE, kind)
        assert isinstance(command, Command)
        answer = self._own_answers.get(command.KIND)
        if answer is not None:
            return answer(command)
        reason = self._handlers[command.KIND](command)
        if reason is not _NONE:
            self._writer.refused(reason, command.KIND, command.account, command.instrument)
        return None

    def _fire_timers(self, now: int) -> None:
        """Everything due before this command, ordered by (time, kind, id) (rule 18)."""
        machine = self._state
        # Forgetting comes first here and last by kind, which nobody can tell: it makes no event, it drops orders that
        # were done a day ago and their ids, and every other timer looks at open orders alone and at no client id. A
        # bracket's other half that is forgotten counts as done, as it is; and what ends now is not forgotten at once.
        done = machine.done_orders
        while done and done[0].done_ns < now - DONE_ORDERS_KEPT_NS:
            order = done.popleft()
            del machine.orders[order.order_id]
            for client_id in (order.client_order_id, order.last_client_order_id):
                order.account.client_ids.pop(client_id, None)
        timers = machine.timers
        while timers and timers.peekitem(0)[0][0] < now:
            (_, kind, _), subject = timers.popitem(0)
            if kind == ENTITLEMENT_EXPIRY:
                self._desks.claims.expire(*subject)
            elif kind == CALL_END:
                self._desks.phases.end_call(subject[0])
            elif kind == DEAD_MAN:
                self._desks.guards.fire_dead_man(subject[0])
            else:
                self._matcher.expire(subject[0])
            if kind == CALL_END or self._matcher.pegged:
                self._matcher.settle_down()
                # What a timer traded was traded before the command, whether or not a clock command came between.
                for book in machine.books.values():
                    book.band_sequence = 0

    def _forget_trades(self, now: int) -> None:
        """What is older than seven days goes once an hour; until then corrections pass it over."""
        for book in self._state.books.values():
            while book.trades and TradeRow.decode(book.trades[0]).timestamp_ns < now - TRADES_KEPT_NS:
                book.trades.popleft()
        self._state.forgets_at_ns = next_hour(now)

    def state_hash(self) -> bytes:
        """SHA-256 over the state's tables, equal wherever the same journal was applied."""
        return hashlib.sha256(tables.encode(self._state)).digest()

    def snapshot(self) -> bytes:
        machine = self._state
        return state.encode_snapshot(machine.sequence, machine.timestamp_ns, tables.encode(machine))

    @classmethod
    def restore(cls, snapshot: bytes) -> Self:
        """The engine that `snapshot` was taken of; `SnapshotError` where the bytes are none."""
        return cls(restoring.restore(state.decode_snapshot(snapshot)))

    def balances(self) -> list[tuple[int, int, int, int]]:
        """(account, asset, total, held) of every balance that is not empty, for reconciliation."""
        return tables.balances(self._state)

    def check_invariants(self) -> None:
        """Raise AssertionError naming the first thing that does not hold."""
        invariants.check(self._state)
