"""A small venue's commands and answers, for the checks beside scenarios."""

from exchange.matching.engine import Engine
from exchange.vocabulary import commands as c
from exchange.vocabulary.events import CommandRefused, LotDelivered, OrderDone
from exchange.vocabulary.instruments import Phase
from exchange.vocabulary.reasons import DoneReason, Reason
from simulations.sandbox import Sandbox, digest


def refusal(box: Sandbox, command: c.Command) -> str:
    """Apply it; the name of its refusal, or an empty string."""
    refused = [each for each in box.apply(command) if isinstance(each, CommandRefused)]
    box.engine.check_invariants()
    return Reason(refused[0].reason).name if refused else ""


def ends(box: Sandbox, command: c.Command) -> list[str]:
    """Apply it; why orders ended."""
    done = [each for each in box.apply(command) if isinstance(each, OrderDone)]
    box.engine.check_invariants()
    return [DoneReason(each.reason).name for each in done]


def next_day(box: Sandbox, day: int) -> None:
    box.phase(Phase.HALTED)
    box.phase(Phase.CONTINUOUS, trading_day=day)


def restarted(box: Sandbox) -> Sandbox:
    """A second venue, which goes on from the first one's snapshot."""
    known = {name: getattr(box, name) for name in ("sequence", "now_ns", "asset", "base", "instrument", "issuer")}
    return Sandbox(box.terms, Engine.restore(box.engine.snapshot()), **known)


def cash(box: Sandbox, account: int) -> tuple[int, int]:
    """(total, held)."""
    return {(who, what): (total, held) for who, what, total, held in box.engine.balances()}[account, box.asset]


def withdrawal(box: Sandbox, account: int, amount: int, key: str) -> c.BeginWithdrawal:
    return c.BeginWithdrawal(account=account, asset=box.asset, amount=amount, key=key)


def delivery(box: Sandbox, account: int, lots: int, key: str, base: int = 0) -> c.TakeDelivery:
    return c.TakeDelivery(account=account, base=base or box.base, lots=lots, decision=digest("deliver"), key=key)


def delivered(box: Sandbox, command: c.Command) -> list[tuple[int, int]]:
    """Apply it; (base, lot) of what was delivered, or told again."""
    told = [(each.base, each.lot) for each in box.apply(command) if isinstance(each, LotDelivered)]
    box.engine.check_invariants()
    return told
