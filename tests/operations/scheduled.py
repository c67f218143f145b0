"""A real machine and directory under a runner, on a clock that the test sets: no files but the vault's."""

from concurrent.futures import Future
from datetime import datetime
from zoneinfo import ZoneInfo

import structlog

from exchange.delivery.vault import Vault
from exchange.operations.directory import Directory
from exchange.operations.schedule import Schedule
from exchange.operations.scheduling import Scheduler
from exchange.spine.sequencer import Reply
from exchange.vocabulary import commands
from exchange.vocabulary.codec import COMMANDS, EVENTS
from exchange.vocabulary.events import CommandRefused, Event
from exchange.vocabulary.instruments import Cause, Phase, TimeInForce
from exchange.vocabulary.reasons import Reason
from simulations.sandbox import Sandbox, Terms


def at_ns(text, zone="Asia/Shanghai"):
    """A little past a local time, as it is when the runner looks."""
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()) * 10**9 + 1_000_000


class Scheduled:
    """A product in continuous trading since September, and its runner; `log` is what that one said."""

    def __init__(self, folder, **terms):
        self.sandbox = Sandbox(terms=Terms(**terms))
        self.instrument = self.sandbox.instrument
        self.directory = Directory()
        self.directory.apply(bytes(self.sandbox.setup_events))
        self.vault = Vault(folder / "vault")
        self.scheduler = Scheduler(self.directory, self.vault, self.submit)
        self.moves = []
        self.refusals = []
        self.happened = []

    def watch(self, does, *arguments):
        """The encoded events of what `does` asks for."""
        self.happened.clear()
        does(*arguments)
        return self.happened

    def submit(self, encoded):
        future = Future()
        future.set_result(Reply(self.sandbox.sequence + 1, tuple(map(self._apply, COMMANDS.decode_all(encoded)))))
        return future

    def _apply(self, command):
        events = self.sandbox.engine.apply(self.sandbox.stamped([command]))
        self.directory.apply(events)
        self.happened.append(events)
        self.sandbox.engine.check_invariants()
        refused = [event for event in EVENTS.decode_all(events) if isinstance(event, CommandRefused)]
        self.refusals += [Reason(event.reason).name for event in refused]
        if isinstance(command, commands.SetPhase) and not refused:
            self.moves.append(Phase(command.phase).name.lower())
        return events

    def does(self, command):
        """Anyone's command; its events."""
        return [event for event in EVENTS.decode_all(self._apply(command)) if isinstance(event, Event)]

    def follows(self, calendar="XSHG", **lengths):
        digest = bytes.fromhex(self.vault.put(Schedule(calendar, **lengths).document()))
        self.does(commands.AssignSchedule(instrument=self.instrument, schedule=digest))
        return self

    def at(self, text, zone="Asia/Shanghai"):
        """One beat of the runner at a time; the moves it made."""
        self.set(text, zone)
        return self.beat()

    def beat(self):
        """One beat of the runner; the moves it made."""
        self.moves.clear()
        with structlog.testing.capture_logs() as self.log:
            self.scheduler.run_due(self.sandbox.now_ns)
        return self.moves

    def set(self, text, zone="Asia/Shanghai"):
        self.sandbox.now_ns = at_ns(text, zone)

    def operator(self, phase, cause=Cause.OPERATOR, **more):
        self.does(commands.SetPhase(instrument=self.instrument, phase=phase, reason=cause, **more))

    @property
    def entry(self):
        return self.directory.instruments[self.instrument]

    @property
    def phase(self):
        return Phase(self.entry.phase).name.lower()

    @property
    def said(self):
        return [entry["event"] for entry in self.log]


def order(product, account, side, price, lots=1, tif=TimeInForce.GTC):
    return product.does(product.sandbox.order(account, side, price, lots, tif))
