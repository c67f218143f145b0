"""Replay recorded order flow through an engine and hold every fill to the record.

The file has one command a line, `seq,ns,cmd,id,side,qty,price,fills` without a header: SEED and ADD must rest, IOC
must trade exactly `fills` (`id:qty@price|…`), REDUCE and FORCE take size off and keep the place, CANCEL cancels. A
price unit becomes a tick, a share a lot. Resting orders belong to one of a few makers, aggressors to a taker.
"""

import csv
import lzma
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from exchange.ledger.accounts import PARTICIPANT_BUCKETS, Bucket
from exchange.ledger.balances import post
from exchange.ledger.settlement import markets_defined, settle
from exchange.vocabulary import commands
from exchange.vocabulary.codec import EVENTS
from exchange.vocabulary.events import CommandRefused, Trade
from exchange.vocabulary.instruments import Side, TimeInForce
from exchange.vocabulary.units import MAX_LOTS
from simulations.sandbox import Sandbox, Terms

MAKERS = 4
CASH_MINOR = 10**16
CLAIMS = 10**7
_OWNED = PARTICIPANT_BUCKETS | {Bucket.FEES}
_SIDES = {"B": Side.BUY, "S": Side.SELL}
_RESTING = frozenset({"SEED", "ADD"})
_REDUCING = frozenset({"REDUCE", "FORCE"})
_KINDS = _RESTING | _REDUCING | {"IOC", "CANCEL"}


class ReplayError(ValueError):
    """The file is no such recording; says where and why."""


class Line(NamedTuple):
    number: int
    kind: str
    order: int
    side: Side
    lots: int
    price_ticks: int
    fills: str


@dataclass
class ReplayReport:
    """What the replay found; `difference` is the first fill that departs from the record, or None."""

    commands: int = 0
    aggressors: int = 0
    aggressors_exact: int = 0
    resting_orders_traded: int = 0
    orders_left: int = 0
    trial_balance: dict[str, int] = field(default_factory=dict)
    reconciled: bool = False
    state_hash: str = ""
    difference: str | None = None

    @property
    def ok(self) -> bool:
        return (
            self.difference is None
            and self.aggressors_exact == self.aggressors
            and not self.resting_orders_traded
            and not any(self.trial_balance.values())
            and self.reconciled
        )

    def render(self) -> str:
        balance = ", ".join(f"{code} {amount}" for code, amount in self.trial_balance.items())
        lines = [
            f"{self.commands:,} commands",
            f"{self.aggressors_exact:,} of {self.aggressors:,} aggressors got exactly the stated fills",
            f"{self.resting_orders_traded:,} resting orders traded on entry",
            f"{self.orders_left:,} orders are left in the book",
            f"trial balance after settling: {balance}",
            f"ledger {'equals' if self.reconciled else 'DIFFERS FROM'} the engine's balances",
            f"state hash {self.state_hash}",
        ]
        if self.difference:
            lines.append(f"first difference: {self.difference}")
        return "\n".join(lines)


def replay_file(path: Path, progress: Callable[[int], None] | None = None) -> ReplayReport:
    """Replay a recording, plain or .xz; `progress` is told the number of commands done. ReplayError for a bad file."""
    replay = Replay()
    for done, line in enumerate(read_lines(path), start=1):
        replay.step(line)
        if progress and not done % 1_000:
            progress(done)
    return replay.finish()


def read_lines(path: Path) -> Iterator[Line]:
    try:
        with lzma.open(path, "rt") if path.suffix == ".xz" else path.open() as file:
            for row in csv.reader(file):
                yield _parsed(row)
    except (OSError, UnicodeDecodeError, lzma.LZMAError, EOFError, csv.Error) as error:
        raise ReplayError(f"{path}: {error}") from None


def _parsed(row: list[str]) -> Line:
    try:
        number, _, kind, order, side, lots, price, fills = row
        line = Line(int(number), kind, int(order), _SIDES[side], int(lots), int(price), fills)
    except (ValueError, KeyError):
        raise ReplayError(f"not a command: {','.join(row)[:80]}") from None
    if kind not in _KINDS or line.lots <= 0 or line.price_ticks <= 0:
        raise ReplayError(f"not a command: {','.join(row)[:80]}")
    return line


@dataclass
class _Resting:
    """A recorded order in the engine: whose it is, its id there, its whole size and what is left of it."""

    account: int
    order_id: int
    lots: int
    leaves: int


class Replay:
    """One engine and the record's names for its orders."""

    def __init__(self) -> None:
        self.sandbox = Sandbox(Terms(lots=MAKERS * CLAIMS * 10, max_lots=MAX_LOTS))
        self._makers = [self.sandbox.trader(CASH_MINOR, CLAIMS) for _ in range(MAKERS)]
        self._taker = self.sandbox.trader(CASH_MINOR, CLAIMS)
        self._resting: dict[int, _Resting] = {}
        self._recorded_of: dict[int, int] = {}
        self._events: list[bytes] = []
        self.report = ReplayReport()

    def step(self, line: Line) -> None:
        self.report.commands += 1
        if line.kind in _RESTING:
            self._rest(line)
        elif line.kind == "IOC":
            self._aggress(line)
        else:
            self._reduce(line)

    def _rest(self, line: Line) -> None:
        account = self._makers[line.order % MAKERS]
        order = self.sandbox.order(account, line.side, line.price_ticks, line.lots)
        trades = self._apply(order, line)
        self.report.resting_orders_traded += bool(trades)
        if trades:
            self._differ(line, "was to rest", f"traded {_told(trades, self._recorded_of)}")
        order_id = self.sandbox.sequence * 16
        self._resting[line.order] = _Resting(account, order_id, line.lots, line.lots)
        self._recorded_of[order_id] = line.order

    def _aggress(self, line: Line) -> None:
        self.report.aggressors += 1
        order = self.sandbox.order(self._taker, line.side, line.price_ticks, line.lots, TimeInForce.IOC)
        trades = self._apply(order, line)
        for trade in trades:
            recorded = self._recorded_of[trade.maker_order_id]
            self._resting[recorded].leaves -= trade.lots
            if not self._resting[recorded].leaves:
                del self._resting[recorded]
        told = _told(trades, self._recorded_of)
        if told == line.fills:
            self.report.aggressors_exact += 1
        else:
            self._differ(line, f"was to trade {line.fills}", f"traded {told or 'nothing'}")

    def _reduce(self, line: Line) -> None:
        resting = self._resting.get(line.order)
        if resting is None:
            return self._differ(line, f"names order {line.order}", "which does not rest")
        if line.kind == "CANCEL" or line.lots >= resting.leaves:
            del self._resting[line.order]
            self._apply(commands.CancelOrder(account=resting.account, order_id=resting.order_id), line)
            return None
        resting.lots -= line.lots
        resting.leaves -= line.lots
        amend = commands.AmendOrder(account=resting.account, order_id=resting.order_id, lots=resting.lots)
        self._apply(amend, line)
        return None

    def _apply(self, command: commands.Command, line: Line) -> list[Trade]:
        encoded = self.sandbox.engine.apply(self.sandbox.stamped([command]))
        self._events.append(encoded)
        events = list(EVENTS.decode_all(encoded))
        for event in events:
            if isinstance(event, CommandRefused):
                self._differ(line, "was to be accepted", f"was refused with reason {event.reason}")
        return [event for event in events if isinstance(event, Trade)]

    def _differ(self, line: Line, expected: str, found: str) -> None:
        if self.report.difference is None:
            self.report.difference = f"line {line.number} ({line.kind} {line.order}) {expected}, but {found}"

    def finish(self) -> ReplayReport:
        """Settle everything through the ledger, compare it with the engine, and check the engine itself."""
        report, engine = self.report, self.sandbox.engine
        engine.check_invariants()
        report.orders_left = len(self._resting)
        report.state_hash = engine.state_hash().hex()
        owned = self._settled(b"".join([self.sandbox.setup_events, *self._events]))
        report.reconciled = owned == {(account, asset): total for account, asset, total, _ in engine.balances()}
        return report

    def _settled(self, events: bytes) -> dict[tuple[int, int], int]:
        """What accounts own by the ledger's postings; the sum of all buckets goes into the report."""
        rows = settle(events, markets_defined(events), [self.sandbox.sequence])
        codes = {self.sandbox.asset: "CNY", self.sandbox.base: "claims"}
        owned: dict[tuple[int, int], int] = defaultdict(int)
        for (account, asset, bucket), amount in post(rows, {}).changes.items():
            self.report.trial_balance[codes[asset]] = self.report.trial_balance.get(codes[asset], 0) + amount
            if bucket in _OWNED:
                owned[account, asset] += amount
        return {key: amount for key, amount in owned.items() if amount}


def _told(trades: list[Trade], recorded_of: dict[int, int]) -> str:
    """Trades as the record writes fills."""
    return "|".join(f"{recorded_of[trade.maker_order_id]}:{trade.lots}@{trade.price_ticks}" for trade in trades)
