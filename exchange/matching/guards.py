"""What ends an account's orders when it is not heard of: its dead-man timer, and guards on its connections (rule 10).

All of it is journalled: armed, disarmed and fired by commands or by the clock of commands, never by a socket itself.
"""

from exchange.matching.orders import OrderDesk
from exchange.matching.registry import Registry
from exchange.matching.state import DEAD_MAN, Account, MachineState
from exchange.matching.writer import EventWriter
from exchange.vocabulary import commands, events
from exchange.vocabulary.reasons import DoneReason, Reason

OK = Reason.NONE


class GuardDesk:
    """Each method applies one command: it returns the reason of a refusal, or changes the state and returns `NONE`."""

    def __init__(self, state: MachineState, writer: EventWriter, orders: OrderDesk, registry: Registry) -> None:
        self.state = state
        self.writer = writer
        self.orders = orders
        self.registry = registry

    def set_dead_man(self, command: commands.SetDeadMan) -> Reason:
        """Set again, the timer moves; zero takes it away."""
        account = self._account(command)
        if account is None:
            return Reason.UNKNOWN_ACCOUNT
        fires_at_ns = command.fires_at_ns
        if fires_at_ns and fires_at_ns <= self.writer.timestamp_ns:
            return Reason.BAD_VALUE
        timers = self.state.timers
        timers.pop((account.dead_man_ns, DEAD_MAN, account.account), None)
        account.dead_man_ns = fires_at_ns
        if fires_at_ns:
            timers[fires_at_ns, DEAD_MAN, account.account] = (account.account, 0, 0)
        self.writer.event(events.DeadManSet(account=account.account, fires_at_ns=fires_at_ns))
        return OK

    def fire_dead_man(self, number: int) -> None:
        """An account was not heard of in time: the timer's doing, and its end."""
        account = self.state.accounts[number]
        account.dead_man_ns = 0
        canceled = self.orders.end_all(account.open_orders.values(), DoneReason.DEAD_MAN)
        self.writer.event(events.DeadManFired(account=number, canceled=canceled))

    def arm(self, command: commands.ArmDisconnect) -> Reason:
        """One more connection of the account is guarded; the guard's id is the command's sequence."""
        if self._account(command) is None:
            return Reason.UNKNOWN_ACCOUNT
        guard = command.sequence
        self.state.guards[guard] = command.account
        self.writer.event(events.DisconnectArmed(account=command.account, guard=guard))
        return OK

    def disarm(self, command: commands.DisarmDisconnect) -> Reason:
        _, reason = self._guarded(command, command.guard)
        if reason is OK:
            del self.state.guards[command.guard]
            self.writer.event(events.DisconnectDisarmed(account=command.account, guard=command.guard))
        return reason

    def disconnect(self, command: commands.Disconnect) -> Reason:
        """A guarded connection broke, as the venue saw: its guard has done its work."""
        if not self.registry.may_manage(command.actor):
            return Reason.NOT_PERMITTED
        account, reason = self._guarded(command, command.guard)
        if account is None:
            return reason
        del self.state.guards[command.guard]
        canceled = self.orders.end_all(account.open_orders.values(), DoneReason.DISCONNECTED)
        self.writer.event(events.Disconnected(account=command.account, guard=command.guard, canceled=canceled))
        return OK

    def _guarded(self, command: commands.Command, guard: int) -> tuple[Account | None, Reason]:
        """The account, where the guard is its own."""
        account = self._account(command)
        if account is None:
            return None, Reason.UNKNOWN_ACCOUNT
        return (account, OK) if self.state.guards.get(guard) == command.account else (None, Reason.UNKNOWN_GUARD)

    def _account(self, command: commands.Command) -> Account | None:
        """The header's account; the venue's own trades nothing and has no guards."""
        return self.state.accounts.get(command.account) if command.account else None
